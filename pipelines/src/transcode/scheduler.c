/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/scheduler.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/pipeline/error.h"
#include "common/progress-bar.h"
#include "transcode/progress.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sysexits.h>

#define MAX_TRIES 2
#define SHOW_INTERVAL 250

/* Memory of a segment: frames in flight in decoder, denoiser (looking ahead, 24 of them) and
 * encoder, and bytes besides. Measured at 720p and 1080p with x264, which needs most. */
#define FRAMES_IN_FLIGHT 264
#define FIXED_BYTES (90 << 20)

typedef struct
{
  const Manifest *manifest;
  const gchar *workdir;
  GMainLoop *loop;
  guint count;                  /* segments at a time */
  guint next;                   /* segment to start */
  guint64 all;                  /* frames of the film */
  guint64 found, found_bytes;   /* finished by earlier runs */
  guint64 done, bytes;          /* finished by this run */
  GPtrArray *tasks;             /* Task */
  gint64 started;
  gboolean stopped;             /* starts no more segments */
  GError *error;                /* the first */
} Scheduler;

typedef struct
{
  Scheduler *scheduler;
  guint number, tries;
  GSubprocess *process;
  GDataInputStream *lines;
  guint64 frames, bytes;        /* so far */
  gchar *error_text;
  gboolean full;                /* the error is a full disk */
} Task;

/* --- number of jobs --- */

guint
scheduler_job_count (guint wanted)
{
  return wanted ? wanted : MAX (1, g_get_num_processors () / 2);
}

static guint64
free_memory (void)
{
  gchar *text = NULL;
  guint64 kib = 0;
  const gchar *line;

  if (g_file_get_contents ("/proc/meminfo", &text, NULL, NULL)) {
    line = g_strstr_len (text, -1, "MemAvailable:");
    if (line)
      sscanf (line, "MemAvailable: %" G_GUINT64_FORMAT, &kib);
  }
  g_free (text);
  return kib << 10;
}

guint
scheduler_jobs_in_memory (guint count, gint width, gint height)
{
  const guint64 each = FIXED_BYTES +
      (guint64) width * (guint64) height * 3 / 2 * FRAMES_IN_FLIGHT;
  const guint64 memory = free_memory ();

  return memory == 0 ? count : (guint) CLAMP (memory / each, 1, count);
}

/* --- tasks --- */

static void start_more (Scheduler * scheduler);

static void
task_free (gpointer data)
{
  Task *task = data;

  g_clear_object (&task->process);
  g_clear_object (&task->lines);
  g_free (task->error_text);
  g_free (task);
}

static void
stop (Scheduler * scheduler, GError * error)
{
  guint i;

  scheduler->stopped = TRUE;
  if (scheduler->error == NULL)
    scheduler->error = error;
  else
    g_error_free (error);
  for (i = 0; i < scheduler->tasks->len; i++) {
    const Task *task = scheduler->tasks->pdata[i];

    g_subprocess_send_signal (task->process, SIGTERM);
  }
}

static const JsonField report_fields[] = {
  JSON_FIELD ("frames", UINT64, Task, frames),
  JSON_FIELD ("bytes", UINT64, Task, bytes),
  JSON_FIELD ("error", STRING, Task, error_text),
  JSON_FIELD ("full", BOOLEAN, Task, full),
  JSON_END
};

static void
read_line (Task * task, const gchar * line)
{
  JsonObject *object = json_parse (line, -1);

  if (object) {
    json_fields_read (report_fields, task, object);
    json_object_unref (object);
  }
}

static gboolean spawn (Task * task, GError ** error);

/* Error of an exited process; NULL on success. Killed processes are worth a retry (EX_TEMPFAIL). */
static GError *
exit_error (const Task * task)
{
  GSubprocess *process = task->process;

  if (g_subprocess_get_successful (process))
    return NULL;
  if (g_subprocess_get_if_signaled (process))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY, "%s: segment %u was "
        "killed by signal %d, %u times; --resume tries it again",
        task->scheduler->manifest->source, task->number,
        g_subprocess_get_term_sig (process), task->tries);
  return g_error_new (G_IO_ERROR, task->full ? G_IO_ERROR_NO_SPACE :
      g_subprocess_get_exit_status (process) == EX_TEMPFAIL ?
      G_IO_ERROR_BUSY : G_IO_ERROR_FAILED, "%s", task->error_text ?
      task->error_text : "a segment failed without an error message");
}

static void
on_end (Task * task)
{
  Scheduler *scheduler = task->scheduler;
  const guint number = task->number;
  GError *error = exit_error (task), *local_error = NULL;
  SegmentResult result = { 0 };

  if (error && !scheduler->stopped && task->tries < MAX_TRIES
      && g_subprocess_get_if_signaled (task->process)) {
    g_error_free (error);
    if (spawn (task, &local_error))
      return;
    error = local_error;
  }
  g_ptr_array_remove_fast (scheduler->tasks, task);
  if (error)
    stop (scheduler, error);
  else if (segment_result_read (&result, scheduler->workdir, number)) {
    scheduler->done += result.frames;
    scheduler->bytes += result.bytes;
  }
  segment_result_clear (&result);
  start_more (scheduler);
}

static void
on_exited (GObject * process, GAsyncResult * result, gpointer data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (process), result, NULL);
  on_end (data);
}

/* The process is about to exit once its output ends. */
static void
on_line (GObject * stream, GAsyncResult * result, gpointer data)
{
  Task *task = data;
  gchar *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM
      (stream), result, NULL, NULL);

  if (line) {
    read_line (task, line);
    g_data_input_stream_read_line_async (task->lines, G_PRIORITY_DEFAULT, NULL,
        on_line, task);
    g_free (line);
  } else {
    g_subprocess_wait_async (task->process, NULL, on_exited, task);
  }
}

/* Kills the segments when this process dies. */
static void
die_with_parent (gpointer data G_GNUC_UNUSED)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
spawn (Task * task, GError ** error)
{
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  gchar *number = g_strdup_printf ("%u", task->number);

  g_clear_object (&task->process);
  g_clear_object (&task->lines);
  task->tries++;
  task->frames = task->bytes = 0;
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  task->process = g_subprocess_launcher_spawn (launcher, error,
      "/proc/self/exe", "--report", "--step", "segment", "--number", number,
      "--", task->scheduler->workdir, NULL);
  if (task->process) {
    task->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe
        (task->process));
    g_data_input_stream_read_line_async (task->lines, G_PRIORITY_DEFAULT, NULL,
        on_line, task);
  }
  g_free (number);
  g_object_unref (launcher);
  return task->process != NULL;
}

/* --- all segments --- */

static gboolean
is_done (Scheduler * scheduler, guint number)
{
  SegmentResult result;
  const gboolean done =
      segment_result_read (&result, scheduler->workdir, number)
      && segment_result_is_intact (&result, scheduler->workdir);

  if (done) {
    scheduler->found += result.frames;
    scheduler->found_bytes += result.bytes;
  }
  segment_result_clear (&result);
  return done;
}

static void
start_next (Scheduler * scheduler)
{
  Task *task = g_new0 (Task, 1);
  GError *error = NULL;

  task->scheduler = scheduler;
  task->number = scheduler->next++;
  if (is_done (scheduler, task->number)) {
    task_free (task);
  } else if (spawn (task, &error)) {
    g_ptr_array_add (scheduler->tasks, task);
  } else {
    task_free (task);
    stop (scheduler, error);
  }
}

static void
start_more (Scheduler * scheduler)
{
  while (!scheduler->stopped && scheduler->tasks->len < scheduler->count
      && scheduler->next < scheduler->manifest->segments->len)
    start_next (scheduler);
  if (scheduler->tasks->len == 0)
    g_main_loop_quit (scheduler->loop);
}

/* `frames` and `bytes` count the segments of this run. */
static void
show_progress (const Scheduler * scheduler, guint64 frames, guint64 bytes)
{
  const guint64 there = scheduler->found + frames;
  const gdouble seconds = clock_seconds_since (scheduler->started);

  progress_part (MIN (1.0, (gdouble) there / (gdouble) MAX (scheduler->all,
              1)), scheduler->manifest->id.bytes,
      seconds > 0 ? (gdouble) frames / seconds : 0,
      scheduler->found_bytes + bytes);
}

static gboolean
on_tick (gpointer data)
{
  Scheduler *scheduler = data;
  guint64 frames = scheduler->done, bytes = scheduler->bytes;
  guint i;

  for (i = 0; i < scheduler->tasks->len; i++) {
    const Task *task = scheduler->tasks->pdata[i];

    frames += task->frames;
    bytes += task->bytes;
  }
  show_progress (scheduler, frames, bytes);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  Scheduler *scheduler = data;

  stop (scheduler, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
          "%s: stopped; continue with the same command and --resume",
          scheduler->manifest->out));
  return G_SOURCE_CONTINUE;
}

gboolean
scheduler_run (const Manifest * manifest, const gchar * workdir, guint count,
    GError ** error)
{
  Scheduler scheduler = {
    .manifest = manifest,
    .workdir = workdir,
    .count = count,
    .all = manifest_frames (manifest),
    .started = g_get_monotonic_time (),
  };
  const guint sources[] = {
    g_timeout_add (SHOW_INTERVAL, on_tick, &scheduler),
    g_unix_signal_add (SIGINT, on_signal, &scheduler),
    g_unix_signal_add (SIGTERM, on_signal, &scheduler),
  };
  gsize i;

  scheduler.loop = g_main_loop_new (NULL, FALSE);
  scheduler.tasks = g_ptr_array_new_with_free_func (task_free);
  start_more (&scheduler);
  if (scheduler.tasks->len > 0)
    g_main_loop_run (scheduler.loop);
  for (i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  progress_bar_clear ();
  g_ptr_array_unref (scheduler.tasks);
  g_main_loop_unref (scheduler.loop);
  if (scheduler.error)
    g_propagate_error (error, scheduler.error);
  return scheduler.error == NULL;
}

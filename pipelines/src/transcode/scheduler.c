/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/scheduler.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/pipeline-error.h"
#include "common/progress-bar.h"
#include "film/workdir.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sysexits.h>

#define TRIES 2
#define SHOW_MILLISECONDS 250

/* Frames that decoder, denoiser and encoder of a segment hold at a time, and what they take
 * besides, in bytes; measured at 720p and 1080p with x264, which takes most. */
#define FRAMES_HELD 240
#define BYTES_BESIDES (90 << 20)

typedef struct
{
  const Manifest *manifest;
  const gchar *workdir;
  GMainLoop *loop;
  guint count;                  /* at a time */
  guint next;                   /* to be looked at */
  guint64 all;                  /* frames */
  guint64 found, found_bytes;   /* in segments that were there before */
  guint64 done, bytes;          /* in those that were made since */
  GPtrArray *tasks;             /* of Task */
  gint64 started;
  gboolean stopped;             /* no more are started */
  GError *error;                /* the first one */
} Jobs;

typedef struct
{
  Jobs *jobs;
  guint number, tries;
  GSubprocess *process;
  GDataInputStream *lines;
  guint64 frames, bytes;        /* so far */
  gchar *fault;
} Task;

/* --- how many --- */

guint
jobs_count (guint wanted)
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
jobs_that_fit (guint count, gint width, gint height)
{
  const guint64 each = BYTES_BESIDES +
      (guint64) width * (guint64) height * 3 / 2 * FRAMES_HELD;
  const guint64 memory = free_memory ();

  return memory == 0 ? count : (guint) CLAMP (memory / each, 1, count);
}

/* --- one task --- */

static void start_more (Jobs * jobs);

static void
task_free (gpointer data)
{
  Task *task = data;

  g_clear_object (&task->process);
  g_clear_object (&task->lines);
  g_free (task->fault);
  g_free (task);
}

static void
stop (Jobs * jobs, GError * error)
{
  guint i;

  jobs->stopped = TRUE;
  if (jobs->error == NULL)
    jobs->error = error;
  else
    g_error_free (error);
  for (i = 0; i < jobs->tasks->len; i++) {
    const Task *task = jobs->tasks->pdata[i];

    g_subprocess_send_signal (task->process, SIGTERM);
  }
}

static const JsonField report_fields[] = {
  JSON_FIELD ("frames", UINT64, Task, frames),
  JSON_FIELD ("bytes", UINT64, Task, bytes),
  JSON_FIELD ("error", STRING, Task, fault),
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

/* A process that was killed may fare better a second time. */
static GError *
judge (const Task * task)
{
  GSubprocess *process = task->process;

  if (g_subprocess_get_successful (process))
    return NULL;
  if (g_subprocess_get_if_signaled (process))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY, "%s: segment %u was "
        "killed by signal %d, %u times; --resume tries it again",
        task->jobs->manifest->source, task->number,
        g_subprocess_get_term_sig (process), task->tries);
  return g_error_new (G_IO_ERROR,
      g_subprocess_get_exit_status (process) == EX_TEMPFAIL ?
      G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED, "%s", task->fault ?
      task->fault : "a segment has failed without a word");
}

static void
on_end (Task * task)
{
  Jobs *jobs = task->jobs;
  const guint number = task->number;
  GError *error = judge (task), *fault = NULL;
  SegmentResult result = { 0 };

  if (error && !jobs->stopped && task->tries < TRIES
      && g_subprocess_get_if_signaled (task->process)) {
    g_error_free (error);
    if (spawn (task, &fault))
      return;
    error = fault;
  }
  g_ptr_array_remove_fast (jobs->tasks, task);
  if (error)
    stop (jobs, error);
  else if (segment_result_read (&result, jobs->workdir, number)) {
    jobs->done += result.frames;
    jobs->bytes += result.bytes;
  }
  segment_result_clear (&result);
  start_more (jobs);
}

static void
on_exited (GObject * process, GAsyncResult * result, gpointer data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (process), result, NULL);
  on_end (data);
}

/* It has exited when there is nothing more to read. */
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

/* Nothing goes on after this process has been killed. */
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
      task->jobs->workdir, NULL);
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

/* --- all of them --- */

static gboolean
is_done (Jobs * jobs, guint number)
{
  gchar *file = workdir_file (jobs->workdir, "out", number, "gdp");
  SegmentResult result;
  const gboolean done = segment_result_read (&result, jobs->workdir, number)
      && file_matches (file, result.bytes, result.sha256);

  if (done) {
    jobs->found += result.frames;
    jobs->found_bytes += result.bytes;
  }
  segment_result_clear (&result);
  g_free (file);
  return done;
}

static void
start_next (Jobs * jobs)
{
  Task *task = g_new0 (Task, 1);
  GError *error = NULL;

  task->jobs = jobs;
  task->number = jobs->next++;
  if (is_done (jobs, task->number)) {
    task_free (task);
  } else if (spawn (task, &error)) {
    g_ptr_array_add (jobs->tasks, task);
  } else {
    task_free (task);
    stop (jobs, error);
  }
}

static void
start_more (Jobs * jobs)
{
  while (!jobs->stopped && jobs->tasks->len < jobs->count
      && jobs->next < jobs->manifest->segments->len)
    start_next (jobs);
  if (jobs->tasks->len == 0)
    g_main_loop_quit (jobs->loop);
}

/* `frames` and `bytes`: of the segments of this run so far. */
static void
show_progress (const Jobs * jobs, guint64 frames, guint64 bytes)
{
  const guint64 all = jobs->all, there = jobs->found + frames;
  const gdouble part = all ? MIN (1.0, (gdouble) there / (gdouble) all) : 0;
  const gdouble seconds = clock_seconds_since (jobs->started);
  const gdouble rate = seconds > 0 ? (gdouble) frames / seconds : 0;
  const gint left = rate > 0 && all > there ?
      (gint) ((gdouble) (all - there) / rate) : 0;
  gchar *size = g_format_size (jobs->found_bytes + bytes);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%3.0f %%, %.1f frames/s, ", 100 * part, rate);
  if (rate > 0)
    g_string_append_printf (text, "%d:%02d:%02d left, ", left / 3600,
        left / 60 % 60, left % 60);
  g_string_append (text, size);
  progress_bar_show (part, text->str);
  g_string_free (text, TRUE);
  g_free (size);
}

static gboolean
on_tick (gpointer data)
{
  Jobs *jobs = data;
  guint64 frames = jobs->done, bytes = jobs->bytes;
  guint i;

  for (i = 0; i < jobs->tasks->len; i++) {
    const Task *task = jobs->tasks->pdata[i];

    frames += task->frames;
    bytes += task->bytes;
  }
  show_progress (jobs, frames, bytes);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  Jobs *jobs = data;

  stop (jobs, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: stopped; "
          "the same command with --resume goes on", jobs->manifest->out));
  return G_SOURCE_CONTINUE;
}

gboolean
jobs_run (const Manifest * manifest, const gchar * workdir, guint count,
    GError ** error)
{
  Jobs jobs = {.manifest = manifest,.workdir = workdir,.count = count,
    .all = manifest_frames (manifest),.started = g_get_monotonic_time ()
  };
  const guint sources[] = {
    g_timeout_add (SHOW_MILLISECONDS, on_tick, &jobs),
    g_unix_signal_add (SIGINT, on_signal, &jobs),
    g_unix_signal_add (SIGTERM, on_signal, &jobs),
  };
  gsize i;

  jobs.loop = g_main_loop_new (NULL, FALSE);
  jobs.tasks = g_ptr_array_new_with_free_func (task_free);
  start_more (&jobs);
  if (jobs.tasks->len > 0)
    g_main_loop_run (jobs.loop);
  for (i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  progress_bar_clear ();
  g_ptr_array_unref (jobs.tasks);
  g_main_loop_unref (jobs.loop);
  if (jobs.error)
    g_propagate_error (error, jobs.error);
  return jobs.error == NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/worker-process.h"

#include "serve/jobs/job.h"
#include "serve/jobs/sandbox.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Longest message of a worker, bytes. Workers read untrusted files and may be compromised: their
 * messages must not use unlimited memory. */
#define MAX_LINE 2048

/* Exit statuses above are those of processes ended by a signal. */
#define SIGNALED 128

struct WorkerProcess
{
  GSubprocess *process;
  pid_t pid;                    /* 0: it had ended before this was asked for */
  GCancellable *cancellable;
  gboolean exited, closed;      /* process has ended; end of its output was read */
  gboolean killed;              /* at the time limit */
  guint seconds, timer;
  gchar line[MAX_LINE];
  gsize length;
  gchar chunk[4096];
  gchar *fault;
  const gchar *reason;          /* of the fault */
  WorkerObserver observer;      /* `end` is NULL after worker_process_kill() */
};

static void
worker_process_free (WorkerProcess * worker)
{
  if (worker->timer)
    g_source_remove (worker->timer);
  g_object_unref (worker->process);
  g_object_unref (worker->cancellable);
  g_free (worker->fault);
  g_free (worker);
}

/* bubblewrap and all processes in its sandbox are in the group. */
static void
kill_group (WorkerProcess * worker)
{
  if (worker->pid > 0)
    kill (-worker->pid, SIGKILL);
}

/* --- end of the process --- */

static gchar *
describe_signal (WorkerProcess * worker, gint number, const gchar ** reason)
{
  if (worker->killed || number == SIGXCPU) {
    *reason = "time";
    return g_strdup_printf ("It took longer than the limit of %u s.",
        worker->seconds);
  }
  *reason = "memory";
  if (number == SIGKILL)
    return g_strdup ("Its process was killed, perhaps for lack of memory.");
  return g_strdup_printf ("Its process ended unexpectedly (signal %d): the "
      "file may be damaged, or need more memory than a job may use.", number);
}

static gchar *
describe_end (WorkerProcess * worker, const gchar ** reason)
{
  const gint status = g_subprocess_get_if_exited (worker->process) ?
      g_subprocess_get_exit_status (worker->process) : 0;

  if (g_subprocess_get_if_signaled (worker->process))
    return describe_signal (worker,
        g_subprocess_get_term_sig (worker->process), reason);
  if (status == 0)
    return NULL;
  if (worker->fault) {
    *reason = worker->reason;
    return g_steal_pointer (&worker->fault);
  }
  /* bubblewrap adds the signal that ended its child. */
  if (status > SIGNALED)
    return describe_signal (worker, status - SIGNALED, reason);
  return g_strdup_printf ("Its process ended unexpectedly (status %d).",
      status);
}

/* Reports the end and frees the worker when process and output have ended. */
static void
finish_if_ended (WorkerProcess * worker)
{
  const WorkerObserver *observer = &worker->observer;
  const gchar *reason = NULL;
  gchar *fault;

  if (!worker->exited || !worker->closed)
    return;
  if (observer->end) {
    fault = describe_end (worker, &reason);
    observer->end (fault, reason, observer->user);
    g_free (fault);
  }
  worker_process_free (worker);
}

static void
on_exited (GObject * source, GAsyncResult * result, gpointer data)
{
  WorkerProcess *worker = data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  worker->exited = TRUE;
  /* Children of the worker would keep its output open. */
  kill_group (worker);
  finish_if_ended (worker);
}

/* --- messages --- */

static void
handle_line (WorkerProcess * worker)
{
  JsonParser *parser = json_parser_new ();
  JsonNode *root;
  JsonObject *message;
  const gchar *fault;

  if (worker->observer.end
      && json_parser_load_from_data (parser, worker->line, worker->length, NULL)
      && (root = json_parser_get_root (parser)) != NULL
      && JSON_NODE_HOLDS_OBJECT (root)) {
    message = json_node_get_object (root);
    fault = json_get_string (message, "error");
    if (fault) {
      g_free (worker->fault);
      worker->fault = g_strdup (fault);
      worker->reason = job_find_reason (json_get_string (message, "reason"));
    } else if (worker->observer.progress) {
      worker->observer.progress (message, worker->observer.user);
    }
  }
  g_object_unref (parser);
}

static void
handle_output (WorkerProcess * worker, gsize count)
{
  gsize i;

  for (i = 0; i < count; i++)
    if (worker->chunk[i] == '\n') {
      if (worker->length < MAX_LINE)
        handle_line (worker);
      worker->length = 0;
    } else if (worker->length < MAX_LINE) {
      worker->line[worker->length++] = worker->chunk[i];
    }
}

static void read_output (WorkerProcess * worker, GInputStream * output);

static void
on_output (GObject * source, GAsyncResult * result, gpointer data)
{
  WorkerProcess *worker = data;
  const gssize count =
      g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (count > 0) {
    handle_output (worker, (gsize) count);
    read_output (worker, G_INPUT_STREAM (source));
    return;
  }
  worker->closed = TRUE;
  finish_if_ended (worker);
}

static void
read_output (WorkerProcess * worker, GInputStream * output)
{
  g_input_stream_read_async (output, worker->chunk, sizeof worker->chunk,
      G_PRIORITY_DEFAULT, worker->cancellable, on_output, worker);
}

/* --- start and kill --- */

static gboolean
on_timeout (gpointer data)
{
  WorkerProcess *worker = data;

  worker->timer = 0;
  worker->killed = TRUE;
  kill_group (worker);
  return G_SOURCE_REMOVE;
}

gchar *
worker_process_program (GError ** error)
{
  gchar *self = g_file_read_link ("/proc/self/exe", error);
  gchar *folder, *program;

  if (self == NULL)
    return NULL;
  folder = g_path_get_dirname (self);
  program = g_build_filename (folder, "zsdenoise-worker", NULL);
  if (!g_file_test (program, G_FILE_TEST_IS_EXECUTABLE)) {
    g_free (program);
    program = g_build_filename (LIBEXECDIR, "zsdenoise-worker", NULL);
  }
  g_free (folder);
  g_free (self);
  return program;
}

/* A session of its own has no terminal, and is a process group. */
static void
begin_session (gpointer data G_GNUC_UNUSED)
{
  setsid ();
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *
spawn (const gchar * folder, const gchar * const *arguments, gboolean sandbox,
    GError ** error)
{
  GSubprocessLauncher *launcher;
  GSubprocess *process;
  gchar *program = worker_process_program (error);
  GPtrArray *line;

  if (program == NULL)
    return NULL;
  line = g_ptr_array_new_with_free_func (g_free);
  if (sandbox)
    sandbox_append (line, program, folder);
  g_ptr_array_add (line, program);
  for (; *arguments; arguments++)
    g_ptr_array_add (line, g_strdup (*arguments));
  g_ptr_array_add (line, NULL);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_set_cwd (launcher, sandbox ? "/" : folder);
  g_subprocess_launcher_set_child_setup (launcher, begin_session, NULL, NULL);
  if (!sandbox)
    g_subprocess_launcher_setenv (launcher, "XDG_CACHE_HOME", folder, TRUE);
  process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) line->pdata, error);
  g_object_unref (launcher);
  g_ptr_array_unref (line);
  return process;
}

WorkerProcess *
worker_process_start (const gchar * folder, const gchar * const *arguments,
    guint seconds, gboolean sandbox, const WorkerObserver * observer,
    GError ** error)
{
  GSubprocess *process = spawn (folder, arguments, sandbox, error);
  const gchar *pid = process ? g_subprocess_get_identifier (process) : NULL;
  WorkerProcess *worker;

  if (process == NULL)
    return NULL;
  worker = g_new0 (WorkerProcess, 1);
  worker->process = process;
  worker->pid = pid ? (pid_t) g_ascii_strtoll (pid, NULL, 10) : 0;
  worker->cancellable = g_cancellable_new ();
  worker->seconds = seconds;
  worker->observer = *observer;
  worker->timer = g_timeout_add_seconds (seconds, on_timeout, worker);
  read_output (worker, g_subprocess_get_stdout_pipe (process));
  g_subprocess_wait_async (process, NULL, on_exited, worker);
  return worker;
}

void
worker_process_kill (WorkerProcess * worker)
{
  worker->observer.end = NULL;
  kill_group (worker);
  g_cancellable_cancel (worker->cancellable);
}

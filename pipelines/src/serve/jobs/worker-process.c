/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/worker-process.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>

/* A worker opens what strangers sent: it may have been taken over, and nothing that it says may
 * cost more than this. */
#define LINE_LENGTH 2048

struct Run
{
  GSubprocess *process;
  pid_t pid;
  GCancellable *cancellable;
  gboolean over, closed;        /* the process has ended; its output has */
  gboolean killed;              /* because its time was up */
  guint seconds, timer;
  gchar line[LINE_LENGTH];
  gsize length;
  gchar chunk[4096];
  gchar *fault;
  RunNews news;
  RunEnd end;
  gpointer user;
};

static void
run_free (Run * run)
{
  if (run->timer)
    g_source_remove (run->timer);
  g_object_unref (run->process);
  g_object_unref (run->cancellable);
  g_free (run->fault);
  g_free (run);
}

/* A worker leads a process group, but not in its very first moments. */
static void
kill_all (Run * run)
{
  kill (-run->pid, SIGKILL);
  if (!run->over)
    kill (run->pid, SIGKILL);
}

/* --- how it ended --- */

static gchar *
describe_signal (Run * run, gint number)
{
  if (run->killed || number == SIGXCPU)
    return g_strdup_printf ("It took longer than the %u s that a job has here.",
        run->seconds);
  if (number == SIGKILL)
    return g_strdup ("Its process was killed, perhaps for want of memory.");
  return g_strdup_printf ("Its process ended unexpectedly (signal %d): the "
      "file may be damaged, or take more memory than a job has here.", number);
}

static gchar *
describe_end (Run * run)
{
  if (g_subprocess_get_if_signaled (run->process))
    return describe_signal (run, g_subprocess_get_term_sig (run->process));
  if (g_subprocess_get_exit_status (run->process) == 0)
    return NULL;
  if (run->fault)
    return g_steal_pointer (&run->fault);
  return g_strdup_printf ("Its process ended unexpectedly (status %d).",
      g_subprocess_get_exit_status (run->process));
}

static void
end_if_over (Run * run)
{
  gchar *fault;

  if (!run->over || !run->closed)
    return;
  fault = describe_end (run);
  run->end (fault, run->user);
  g_free (fault);
  run_free (run);
}

static void
on_over (GObject * source, GAsyncResult * result, gpointer data)
{
  Run *run = data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  run->over = TRUE;
  /* If it has left others, they hold its output. */
  kill_all (run);
  if (run->end == NULL) {
    if (run->closed)
      run_free (run);
    return;
  }
  end_if_over (run);
}

/* --- what it says --- */

static void
take_line (Run * run)
{
  JsonParser *parser = json_parser_new ();
  JsonNode *root;
  JsonObject *news;
  JsonNode *fault;

  if (run->end
      && json_parser_load_from_data (parser, run->line, run->length, NULL)
      && (root = json_parser_get_root (parser)) != NULL
      && JSON_NODE_HOLDS_OBJECT (root)) {
    news = json_node_get_object (root);
    fault = json_object_get_member (news, "error");
    if (fault && JSON_NODE_HOLDS_VALUE (fault)) {
      g_free (run->fault);
      run->fault = json_node_dup_string (fault);
    } else {
      run->news (news, run->user);
    }
  }
  g_object_unref (parser);
}

static void
take (Run * run, gsize count)
{
  gsize i;

  for (i = 0; i < count; i++)
    if (run->chunk[i] == '\n') {
      if (run->length < LINE_LENGTH)
        take_line (run);
      run->length = 0;
    } else if (run->length < LINE_LENGTH) {
      run->line[run->length++] = run->chunk[i];
    }
}

static void listen (Run * run, GInputStream * output);

static void
on_output (GObject * source, GAsyncResult * result, gpointer data)
{
  Run *run = data;
  const gssize count =
      g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (count > 0) {
    take (run, (gsize) count);
    listen (run, G_INPUT_STREAM (source));
    return;
  }
  run->closed = TRUE;
  if (run->end)
    end_if_over (run);
  else if (run->over)
    run_free (run);
}

static void
listen (Run * run, GInputStream * output)
{
  g_input_stream_read_async (output, run->chunk, sizeof run->chunk,
      G_PRIORITY_DEFAULT, run->cancellable, on_output, run);
}

/* --- starting and ending --- */

static gboolean
on_late (gpointer data)
{
  Run *run = data;

  run->timer = 0;
  run->killed = TRUE;
  kill_all (run);
  return G_SOURCE_REMOVE;
}

/* The worker that was built or installed with this program. */
static gchar *
find_worker (GError ** error)
{
  gchar *self = g_file_read_link ("/proc/self/exe", error);
  gchar *folder, *worker;

  if (self == NULL)
    return NULL;
  folder = g_path_get_dirname (self);
  worker = g_build_filename (folder, "zsdenoise-worker", NULL);
  g_free (folder);
  g_free (self);
  return worker;
}

Run *
run_start (const gchar * folder, const gchar * const *arguments,
    guint seconds, RunNews news, RunEnd end, gpointer user, GError ** error)
{
  GSubprocessLauncher *launcher;
  GSubprocess *process;
  GPtrArray *line;
  gchar *worker = find_worker (error);
  Run *run;

  if (worker == NULL)
    return NULL;
  line = g_ptr_array_new ();
  g_ptr_array_add (line, worker);
  while (*arguments)
    g_ptr_array_add (line, (gpointer) * arguments++);
  g_ptr_array_add (line, NULL);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_set_cwd (launcher, folder);
  process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) line->pdata, error);
  g_object_unref (launcher);
  g_ptr_array_unref (line);
  g_free (worker);
  if (process == NULL)
    return NULL;

  run = g_new0 (Run, 1);
  run->process = process;
  run->pid = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (process),
      NULL, 10);
  run->cancellable = g_cancellable_new ();
  run->seconds = seconds;
  run->news = news;
  run->end = end;
  run->user = user;
  run->timer = g_timeout_add_seconds (seconds, on_late, run);
  listen (run, g_subprocess_get_stdout_pipe (process));
  g_subprocess_wait_async (process, NULL, on_over, run);
  return run;
}

void
run_kill (Run * run)
{
  run->end = NULL;
  kill_all (run);
  g_cancellable_cancel (run->cancellable);
}

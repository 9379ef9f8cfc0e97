/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/task.h"

#include "cluster/command.h"
#include "cluster/slurm.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Times that a task is requeued. */
#define MAX_RESTARTS 3

static GPid child;
static volatile sig_atomic_t was_signalled;

/* A signal means time limit or cancellation: the task is not requeued. */
static void
forward_signal (int signal)
{
  was_signalled = TRUE;
  kill (child, signal);
}

/* Kills the command together with this process. */
static void
die_with_parent (gpointer data)
{
  (void) data;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gint64
number_of (const gchar * name)
{
  const gchar *value = g_getenv (name);

  return value ? g_ascii_strtoll (value, NULL, 10) : 0;
}

static GStrv
add_number (const gchar * base, GStrv command)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  gchar *number;
  GStrv command_line;

  g_strv_builder_addv (builder, (const char **) command);
  if (strcmp (base, "-") != 0) {
    number = g_strdup_printf ("%" G_GINT64_FORMAT,
        g_ascii_strtoll (base, NULL, 10) + number_of ("SLURM_ARRAY_TASK_ID"));
    g_strv_builder_add_many (builder, "--number", number, NULL);
    g_free (number);
  }
  command_line = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return command_line;
}

/* Only failed tasks keep their logs: there may be hundreds of thousands. */
static void
remove_log (void)
{
  gchar *log = g_file_read_link ("/proc/self/fd/2", NULL);

  if (log && g_str_has_suffix (log, ".log"))
    g_unlink (log);
  g_free (log);
}

static void
requeue (void)
{
  GError *error = NULL;

  command_wait_for_controller ();
  if (number_of ("SLURM_RESTART_COUNT") < MAX_RESTARTS
      && !slurm_requeue ((guint64) number_of ("SLURM_JOB_ID"), &error)) {
    g_printerr ("cluster: %s\n", error->message);
    g_clear_error (&error);
  }
}

gint
task_run (const gchar * base, GStrv command)
{
  const struct sigaction action = {.sa_handler = forward_signal };
  const gboolean is_single = strcmp (base, "-") == 0;
  GStrv command_line = add_number (base, command);
  GError *error = NULL;
  int status = 0;

  if (!g_spawn_async (NULL, command_line, NULL, G_SPAWN_DO_NOT_REAP_CHILD
          | G_SPAWN_CHILD_INHERITS_STDIN, die_with_parent, NULL, &child,
          &error)) {
    g_printerr ("cluster: %s\n", error->message);
    g_clear_error (&error);
    g_strfreev (command_line);
    return 1;
  }
  g_strfreev (command_line);
  sigaction (SIGTERM, &action, NULL);
  while (waitpid (child, &status, 0) < 0);
  if (WIFSIGNALED (status))
    g_printerr ("cluster: killed by signal %d (%s)\n", WTERMSIG (status),
        g_strsignal (WTERMSIG (status)));
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    remove_log ();
  else if (!was_signalled && !is_single && (WIFSIGNALED (status)
          || WEXITSTATUS (status) == EX_TEMPFAIL))
    requeue ();
  return WIFEXITED (status) ? WEXITSTATUS (status) : EX_TEMPFAIL;
}

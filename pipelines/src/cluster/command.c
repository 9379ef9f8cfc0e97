/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/command.h"

#include <string.h>

#define RETRY_TIME (30 * 60 * G_USEC_PER_SEC)
#define RETRY_INTERVAL (5 * G_USEC_PER_SEC)

static gboolean waits_for_controller;

void
command_wait_for_controller (void)
{
  waits_for_controller = TRUE;
}

/* Slurm's messages when its controller is down, restarting or overloaded. */
static gboolean
is_unreachable (const gchar * messages)
{
  const gchar *const signs[] = { "Unable to contact slurm controller",
    "Connection refused", "Connection timed out", "Socket timed out",
    "Zero Bytes were transmitted", "Transport endpoint is not connected",
    "temporarily unable", "Message receive failure", "in standby mode"
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (signs); i++)
    if (strstr (messages, signs[i]))
      return TRUE;
  return FALSE;
}

/* Last line, without the name of the command and "error: ". */
static gchar *
last_message (const gchar * messages)
{
  gchar **lines = g_strsplit (messages, "\n", -1);
  const gchar *last = "it gave no reason";
  gchar **line, *result;

  for (line = lines; *line; line++)
    if (*g_strstrip (*line))
      last = *line;
  if (strstr (last, "error: "))
    last = strstr (last, "error: ") + strlen ("error: ");
  result = g_strdup (last);
  g_strfreev (lines);
  return result;
}

static void
set_error (GError ** error, const gchar * command, const gchar * messages)
{
  gchar *last = last_message (messages);

  if (is_unreachable (messages))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
        "Slurm's controller does not answer (%s); check it with "
        "\"scontrol ping\"", last);
  else if (strstr (messages, "configuration source")
      || strstr (messages, "process configuration file"))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "Slurm is installed here but not configured; it needs the "
        "cluster's slurm.conf");
  else
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", command,
        last);
  g_free (last);
}

/* Removes the variables of the current job, which would apply to the jobs it submits. */
static GStrv
clean_environment (void)
{
  GStrv environment = g_get_environ (), copy = g_get_environ ();
  gchar **variable;

  for (variable = copy; *variable; variable++) {
    gchar *name = g_strndup (*variable, strcspn (*variable, "="));

    if (g_str_has_prefix (name, "SLURM_") && strcmp (name, "SLURM_CONF") != 0)
      environment = g_environ_unsetenv (environment, name);
    g_free (name);
  }
  g_strfreev (copy);
  return environment;
}

/* Output of the command; NULL and an error if it fails. */
static gchar *
run_once (GStrv command, GError ** error)
{
  GStrv environment = clean_environment ();
  gchar *out = NULL, *messages = NULL;
  GError *local_error = NULL;
  gint status;
  gboolean ran = g_spawn_sync (NULL, command, environment,
      G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &messages, &status, &local_error);

  if (g_error_matches (local_error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s is missing: "
        "Slurm is not installed here; on Debian: apt install slurm-client",
        command[0]);
    g_clear_error (&local_error);
  } else if (!ran) {
    g_propagate_error (error, local_error);
  } else if (status != 0) {
    set_error (error, command[0], messages);
    g_clear_pointer (&out, g_free);
  }
  g_strfreev (environment);
  g_free (messages);
  return out;
}

gchar *
command_run (GStrv command, GError ** error)
{
  const gint64 end = g_get_monotonic_time () + RETRY_TIME;
  GError *local_error = NULL;
  gchar *out;

  while ((out = run_once (command, &local_error)) == NULL
      && waits_for_controller
      && g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_AGAIN)
      && g_get_monotonic_time () < end) {
    g_clear_error (&local_error);
    g_usleep (RETRY_INTERVAL);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  return out;
}

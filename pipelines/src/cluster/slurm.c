/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/slurm.h"

#include "cluster/command.h"

#include <string.h>

static gboolean
run_command (GError ** error, ...)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  const gchar *word;
  GStrv command;
  va_list words;
  gchar *out;

  va_start (words, error);
  for (word = va_arg (words, gchar *); word; word = va_arg (words, gchar *))
    g_strv_builder_add (builder, word);
  va_end (words);
  command = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  out = command_run (command, error);
  g_strfreev (command);
  g_free (out);
  return out != NULL;
}

/* --- limits --- */

static guint
find_number (const gchar * text, const gchar * key)
{
  const gchar *found = strstr (text, key);

  found = found ? strchr (found, '=') : NULL;
  return found ? (guint) g_ascii_strtoull (found + 1, NULL, 10) : 0;
}

gboolean
slurm_limits (SlurmLimits * limits, GError ** error)
{
  gchar *command[] = { "scontrol", "show", "config", NULL };
  gchar *text = command_run (command, error);

  if (text == NULL)
    return FALSE;
  limits->array = find_number (text, "\nMaxArraySize ");
  limits->jobs = find_number (text, "\nMaxJobCount ");
  g_free (text);
  if (limits->array < 2) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
        "this cluster allows no job arrays; increase MaxArraySize in "
        "its slurm.conf");
    return FALSE;
  }
  return TRUE;
}

/* --- submission --- */

static void
add (GStrvBuilder * builder, const gchar * option, const gchar * value)
{
  if (value) {
    gchar *whole = g_strconcat (option, value, NULL);

    g_strv_builder_add (builder, whole);
    g_free (whole);
  }
}

static void
add_number (GStrvBuilder * builder, const gchar * option, gint value,
    const gchar * unit)
{
  gchar *text = g_strdup_printf ("%d%s", value, unit);

  add (builder, option, text);
  g_free (text);
}

static GStrvBuilder *
begin_sbatch (const SlurmResources * resources)
{
  GStrvBuilder *builder = g_strv_builder_new ();

  g_strv_builder_add (builder, "sbatch");
  add (builder, "--partition=", resources->partition);
  add (builder, "--account=", resources->account);
  add (builder, "--qos=", resources->qos);
  add_number (builder, "--cpus-per-task=", resources->cpus, "");
  add_number (builder, "--mem=", resources->memory, "M");
  add_number (builder, "--time=", resources->minutes, "");
  return builder;
}

static gchar *
end (GStrvBuilder * builder, GError ** error)
{
  GStrv command = g_strv_builder_end (builder);
  gchar *out = command_run (command, error);

  g_strfreev (command);
  g_strv_builder_unref (builder);
  return out;
}

/* Minutes of "2-03:30:00", "30:00" or "infinite", rounded down. */
static guint
parse_time (const gchar * text)
{
  const gchar *dash = strchr (text, '-');
  gchar **parts;
  guint minutes = 0, n, i;

  if (!g_ascii_isdigit (*text))
    return G_MAXUINT;
  parts = g_strsplit (dash ? dash + 1 : text, ":", -1);
  n = g_strv_length (parts);
  for (i = 0; i + 1 < n; i++)
    minutes = 60 * minutes + (guint) g_ascii_strtoull (parts[i], NULL, 10);
  g_strfreev (parts);
  return minutes + (dash ? 24 * 60 * (guint) g_ascii_strtoull (text, NULL, 10) :
      0);
}

/* Slurm may accept jobs that exceed the partition's time limit and then never run them. */
static gboolean
check_time (const SlurmResources * resources, GError ** error)
{
  gchar *command[] = { "sinfo", "--noheader", "--format=%P|%l", NULL };
  gchar *out = command_run (command, error), **lines, **line;
  guint most = G_MAXUINT;
  gchar *name = NULL;

  if (out == NULL)
    return FALSE;
  lines = g_strsplit (out, "\n", -1);
  for (line = lines; *line && name == NULL; line++) {
    gchar *time = strchr (*line, '|'), *star = strchr (*line, '*');

    if (time == NULL)
      continue;
    *time = '\0';
    if (star)
      *star = '\0';
    if (resources->partition ? strcmp (*line, resources->partition) == 0 : star
        != NULL) {
      name = g_strdup (*line);
      most = parse_time (time + 1);
    }
  }
  if ((guint) resources->minutes > most)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--minutes: "
        "partition %s lets a job run for %u minutes at most; give less", name,
        most);
  g_strfreev (lines);
  g_free (name);
  g_free (out);
  return (guint) resources->minutes <= most;
}

gboolean
slurm_fits (const SlurmResources * resources, GError ** error)
{
  GStrvBuilder *builder = begin_sbatch (resources);
  GError *local_error = NULL;
  gchar *out;

  g_strv_builder_add (builder, "--test-only");
  g_strv_builder_add (builder, "--wrap=true");
  out = end (builder, &local_error);
  g_free (out);
  if (local_error == NULL)
    return check_time (resources, error);
  g_propagate_prefixed_error (error, local_error,
      "the cluster cannot run such tasks (--partition, --account, "
      "--qos, --cpus, --memory): ");
  return FALSE;
}

static gchar *
quote_command (GStrv command)
{
  GString *line = g_string_new ("exec");
  gchar **word, *quoted;

  for (word = command; *word; word++) {
    quoted = g_shell_quote (*word);
    g_string_append_printf (line, " %s", quoted);
    g_free (quoted);
  }
  return g_string_free (line, FALSE);
}

/* File name pattern for sbatch's --output. */
static gchar *
log_pattern (const SlurmJob * job)
{
  gchar *stem = g_strndup (job->log, strlen (job->log) - strlen (".log"));
  gchar **parts = g_strsplit (stem, "%", -1);
  gchar *quoted = g_strjoinv ("%%", parts);
  gchar *pattern = g_strconcat (quoted, job->array ? "-%a" : "", ".log", NULL);

  g_free (quoted);
  g_strfreev (parts);
  g_free (stem);
  return pattern;
}

guint64
slurm_submit (const SlurmJob * job, const SlurmResources * resources,
    GError ** error)
{
  GStrvBuilder *builder = begin_sbatch (resources);
  gchar *line = quote_command (job->command), *log = log_pattern (job), *out;
  guint64 number;

  g_strv_builder_add (builder, "--parsable");
  g_strv_builder_add (builder, "--requeue");
  g_strv_builder_add (builder, "--export=ALL");
  g_strv_builder_add (builder, "--kill-on-invalid-dep=yes");
  g_strv_builder_add (builder, "--open-mode=append");
  add (builder, "--job-name=", job->name);
  add (builder, "--chdir=", job->folder);
  add (builder, "--comment=", job->comment);
  add (builder, "--output=", log);
  add (builder, "--array=", job->array);
  add (builder, "--dependency=", job->dependency);
  add_number (builder, "--nice=", job->nice, "");
  add (builder, "--wrap=", line);
  out = end (builder, error);
  number = out ? g_ascii_strtoull (out, NULL, 10) : 0;
  g_free (log);
  g_free (line);
  g_free (out);
  return number;
}

/* --- the queue --- */

static void
free_task (gpointer data)
{
  SlurmTask *task = data;

  g_free (task->reason);
  g_free (task->comment);
  g_free (task);
}

GPtrArray *
slurm_queue (const gchar * name, GError ** error)
{
  gchar *option = g_strdup_printf ("--name=%s", name);
  gchar *command[] = { "squeue", "--noheader", "--array", option,
    "--format=%F|%T|%r|%k", NULL
  };
  gchar *out = command_run (command, error), **lines, **line;
  GPtrArray *tasks;

  g_free (option);
  if (out == NULL)
    return NULL;
  tasks = g_ptr_array_new_with_free_func (free_task);
  lines = g_strsplit (out, "\n", -1);
  for (line = lines; *line; line++) {
    gchar **fields = g_strsplit (*line, "|", 4);

    if (g_strv_length (fields) == 4) {
      SlurmTask *task = g_new (SlurmTask, 1);

      task->job = g_ascii_strtoull (fields[0], NULL, 10);
      task->running = strcmp (fields[1], "PENDING") != 0;
      task->reason = g_strdup (fields[2]);
      task->comment = g_strdup (fields[3]);
      g_ptr_array_add (tasks, task);
    }
    g_strfreev (fields);
  }
  g_strfreev (lines);
  g_free (out);
  return tasks;
}

gboolean
slurm_cancel_all (const gchar * name, GError ** error)
{
  gchar *option = g_strdup_printf ("--name=%s", name);
  const gboolean done = run_command (error, "scancel", "--quiet", option, NULL);

  g_free (option);
  return done;
}

gboolean
slurm_cancel (guint64 job, GError ** error)
{
  gchar *number = g_strdup_printf ("%" G_GUINT64_FORMAT, job);
  const gboolean done = run_command (error, "scancel", "--quiet", number, NULL);

  g_free (number);
  return done;
}

gboolean
slurm_requeue (guint64 job, GError ** error)
{
  gchar *number = g_strdup_printf ("%" G_GUINT64_FORMAT, job);
  const gboolean done =
      run_command (error, "scontrol", "requeue", number, NULL);

  g_free (number);
  return done;
}

gboolean
slurm_depend (guint64 job, const gchar * dependency, GError ** error)
{
  gchar *number = g_strdup_printf ("JobId=%" G_GUINT64_FORMAT, job);
  gchar *change = g_strdup_printf ("Dependency=%s", dependency);
  const gboolean done =
      run_command (error, "scontrol", "update", number, change,
      NULL);

  g_free (number);
  g_free (change);
  return done;
}

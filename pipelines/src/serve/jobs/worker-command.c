/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/worker-command.h"

#include "serve/jobs/sandbox.h"

#include <unistd.h>

/* Of all workers; found at the start. */
static Sandbox sandbox;

static void
G_GNUC_PRINTF (3, 4)
add (GPtrArray * arguments, const gchar * name, const gchar * format, ...)
{
  va_list values;

  g_ptr_array_add (arguments, g_strdup (name));
  va_start (values, format);
  g_ptr_array_add (arguments, g_strdup_vprintf (format, values));
  va_end (values);
}

static void
add_double (GPtrArray * arguments, const gchar * name, gdouble value)
{
  gchar digits[G_ASCII_DTOSTR_BUF_SIZE];

  add (arguments, name, "%s", g_ascii_dtostr (digits, sizeof digits, value));
}

static void
add_limits (GPtrArray * arguments, const ServeOptions * options)
{
  /* Processes in a sandbox do not see the server; bubblewrap ends them with it. */
  if (sandbox != SANDBOX_BUBBLEWRAP)
    add (arguments, "--parent", "%d", (gint) getpid ());
  if (sandbox == SANDBOX_LANDLOCK)
    g_ptr_array_add (arguments, g_strdup ("--landlock"));
  add (arguments, "--memory", "%d", options->memory);
  add (arguments, "--seconds", "%d", options->seconds);
  add (arguments, "--max-pixels", "%" G_GINT64_FORMAT, options->max_pixels);
  add (arguments, "--max-clip-pixels", "%" G_GINT64_FORMAT,
      options->max_clip_pixels);
  add (arguments, "--max-clip-seconds", "%d", options->max_clip_seconds);
  add (arguments, "--threads", "%d",
      MAX (1, (gint) g_get_num_processors () / options->workers));
}

static void
add_settings (GPtrArray * arguments, const Job * job)
{
  const ImageConfig *config = &job->config;

  add (arguments, "--profile", "%s", job->profile);
  add_double (arguments, "--sigma", job->set_sigma);
  add_double (arguments, "--learning-rate", config->learning_rate);
  add (arguments, "--epoch-count", "%" G_GINT64_FORMAT, config->epoch_count);
  add (arguments, "--step-size", "%" G_GINT64_FORMAT, config->step_size);
  add_double (arguments, "--gamma", config->gamma);
  add_double (arguments, "--degree", config->degree);
}

/* Frees `arguments`. */
static WorkerProcess *
start (const ServeOptions * options, const gchar * folder,
    GPtrArray * arguments, const WorkerObserver * observer, GError ** error)
{
  WorkerProcess *worker;

  add_limits (arguments, options);
  g_ptr_array_add (arguments, NULL);
  worker =
      worker_process_start (folder, (const gchar * const *) arguments->pdata,
      (guint) options->seconds, sandbox == SANDBOX_BUBBLEWRAP, observer, error);
  g_ptr_array_unref (arguments);
  return worker;
}

static WorkerProcess *
start_in_folder (const ServeOptions * options, Store * store, const Job * job,
    GPtrArray * arguments, const WorkerObserver * observer, GError ** error)
{
  gchar *folder = store_path (store, job, NULL);
  WorkerProcess *worker = start (options, folder, arguments, observer, error);

  g_free (folder);
  return worker;
}

WorkerProcess *
worker_command_denoise (const ServeOptions * options, Store * store,
    const Job * job, const WorkerObserver * observer, GError ** error)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (arguments, g_strdup (job->media->clip ? "clip" : "picture"));
  add_settings (arguments, job);
  return start_in_folder (options, store, job, arguments, observer, error);
}

gchar *
worker_command_result_name (guint strength)
{
  return g_strdup_printf (STORE_RESULT "-%u", strength);
}

WorkerProcess *
worker_command_render (const ServeOptions * options, Store * store,
    const Job * job, guint strength, const WorkerObserver * observer,
    GError ** error)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);
  gchar *name = worker_command_result_name (strength);

  g_ptr_array_add (arguments, g_strdup (job->media->clip ? "clip" :
          strength < 100 ? "blend" : "picture"));
  add_settings (arguments, job);
  add (arguments, "--strength", "%u", strength);
  add (arguments, "--result", "%s", name);
  g_free (name);
  return start_in_folder (options, store, job, arguments, observer, error);
}

/* --- check of the installation --- */

/* Minimum time limit: the first run scans all plugins of GStreamer. */
#define CHECK_SECONDS 120

typedef struct
{
  GMainLoop *loop;
  GError *error;
} Check;

static void
on_checked (const gchar * fault, const gchar * reason G_GNUC_UNUSED,
    gpointer user)
{
  Check *check = user;

  if (fault)
    g_set_error_literal (&check->error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        fault);
  g_main_loop_quit (check->loop);
}

static gboolean
choose_sandbox (const ServeOptions * options, GError ** error)
{
  gchar *program = worker_process_program (error);

  sandbox = program && !options->no_sandbox ?
      sandbox_find (program, options->state, error) : SANDBOX_NONE;
  g_free (program);
  return program && (options->no_sandbox || sandbox != SANDBOX_NONE);
}

static gboolean
check_worker (const ServeOptions * options, GError ** error)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);
  Check check = { g_main_loop_new (NULL, FALSE), NULL };
  const WorkerObserver observer = { NULL, on_checked, &check };
  ServeOptions patient = *options;

  patient.seconds = MAX (options->seconds, CHECK_SECONDS);
  g_ptr_array_add (arguments, g_strdup ("check"));
  if (start (&patient, options->state, arguments, &observer, &check.error))
    g_main_loop_run (check.loop);
  g_main_loop_unref (check.loop);
  if (check.error)
    g_propagate_error (error, check.error);
  return check.error == NULL;
}

gboolean
worker_command_check (const ServeOptions * options, GError ** error)
{
  return choose_sandbox (options, error) && check_worker (options, error);
}

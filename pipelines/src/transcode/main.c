/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises films: zsdenoise-transcode [OPTION...] IN [OUT]; see --help.
 *
 * A film is cut into segments, a model is trained, each segment is denoised, and the results are
 * joined. Each step can run by itself: --step cut IN OUT, --step learn PARTS, --step segment
 * --number N PARTS, --step join PARTS, where PARTS is the working directory OUT.parts that the
 * first one makes. */
#include "common/interrupt.h"
#include "common/json.h"
#include "common/pipeline/error.h"
#include "film/codec.h"
#include "film/inputs.h"
#include "transcode/film.h"
#include "transcode/preview.h"
#include "transcode/progress.h"
#include "transcode/scheduler.h"
#include "transcode/steps.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define DEFAULT_FOLDER "out"

/* Width of the original in a preview, from the left. */
#define PREVIEW_SPLIT 0.5

static gboolean
run_locked_step (const Options * options, WorkdirLock * lock, GError ** error)
{
  const gchar *in = options->in[0];

  if (g_str_equal (options->step, "cut") && options->out)
    return step_cut (options, in, options->out, lock, error);
  if (g_str_equal (options->step, "learn"))
    return step_learn (in, error);
  if (g_str_equal (options->step, "segment") && options->number >= 0)
    return step_segment (in, (guint) options->number, options->report, error);
  if (g_str_equal (options->step, "join"))
    return step_join (in, lock, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--step: give cut IN OUT, learn PARTS, segment --number N PARTS or join "
      "PARTS");
  return FALSE;
}

/* Segments run side by side. Those with --report belong to a run that has the lock. */
static gboolean
run_step (const Options * options, GError ** error)
{
  const gboolean cut = g_str_equal (options->step, "cut") && options->out;
  const gboolean shared = g_str_equal (options->step, "segment");
  gchar *workdir = cut ? workdir_path (options->out) :
      g_strdup (options->in[0]);
  WorkdirLock lock = WORKDIR_UNLOCKED;
  gboolean done;

  /* The scheduler reports for its segments. */
  if (!options->report)
    interrupt_catch ("transcode: stopped");
  done = (options->report || !workdir_exists (workdir)
      || workdir_lock (workdir, shared, &lock, error))
      && run_locked_step (options, &lock, error);

  workdir_unlock (&lock);
  g_free (workdir);
  return done;
}

/* --- all films --- */

static gchar *
output_path (const Options * options, const gchar * in)
{
  return options->out && !options->out_is_folder ? g_strdup (options->out) :
      inputs_output_path (options->out ? options->out : DEFAULT_FOLDER, in,
      options->preview > 0 ? "-preview" : "", options->settings.codec);
}

static gboolean
run_one (const Options * options, const gchar * in, GError ** error)
{
  gchar *out = output_path (options, in);
  Options sample = *options;
  gboolean done;

  if (options->compare) {
    done = preview_compare (options, in, error);
  } else if (options->dry_run) {
    done = preview_dry_run (options, in, out, error);
  } else if (options->preview > 0) {
    sample.settings.split = PREVIEW_SPLIT;
    done = preview_select_middle (&sample.settings, in, options->preview, error)
        && film_transcode (&sample, in, out, error);
  } else {
    done = film_transcode (options, in, out, error);
  }
  g_free (out);
  return done;
}

/* Plans the progress of the films that are not done yet. */
static void
plan_progress (const Options * options, GPtrArray * films)
{
  guint64 bytes = 0;
  guint number = 0, i;

  for (i = 0; i < films->len; i++) {
    gchar *out = output_path (options, films->pdata[i]);
    GStatBuf status;

    if (g_stat (films->pdata[i], &status) == 0 && (options->overwrite
            || !g_file_test (out, G_FILE_TEST_EXISTS))) {
      number++;
      bytes += (guint64) status.st_size;
    }
    g_free (out);
  }
  progress_plan (number, bytes);
}

/* Stops early only if cancelled or the disk is full. Returns the exit status. */
static int
run_all (const Options * options, GPtrArray * films)
{
  GError *error = NULL;
  int status = 0;
  guint i;

  plan_progress (options, films);
  for (i = 0; i < films->len; i++)
    if (!run_one (options, films->pdata[i], &error)) {
      const gboolean stopped = pipeline_error_is_cancelled (error)
          || pipeline_error_is_no_space (error);

      g_printerr ("transcode: %s\n", error->message);
      status = pipeline_error_exit_status (error);
      g_clear_error (&error);
      if (stopped)
        break;
    }
  return status;
}

/* Checks that no two films have the same result. */
static gboolean
have_distinct_outputs (const Options * options, GPtrArray * films,
    GError ** error)
{
  GHashTable *inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  const gchar *other = NULL;
  guint i;

  for (i = 0; i < films->len && other == NULL; i++) {
    gchar *out = output_path (options, films->pdata[i]);

    other = g_hash_table_lookup (inputs, out);
    if (other)
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s and %s would "
          "both go to %s; give them different folders", other,
          (const gchar *) films->pdata[i], out);
    g_hash_table_insert (inputs, out, films->pdata[i]);
  }
  g_hash_table_unref (inputs);
  return other == NULL;
}

static int
run (Options * options, GError ** error)
{
  GPtrArray *films = inputs_list (options->in, error);
  gboolean several;
  int status = 1;

  interrupt_catch ("transcode: stopped");
  if (films) {
    several = films->len > 1 || g_file_test (options->in[0],
        G_FILE_TEST_IS_DIR);
    options->out_is_folder = options->out_is_folder || several;
    if (options->compare || have_distinct_outputs (options, films, error))
      status = run_all (options, films);
    g_ptr_array_unref (films);
  }
  return status;
}

/* Reports an error to the user, or as JSON to the scheduler (--report). */
static void
report_error (const Options * options, const GError * error)
{
  JsonObject *object;
  gchar *line, *valid;

  if (!options->report) {
    g_printerr ("transcode: %s\n", error->message);
    return;
  }
  object = json_object_new ();
  valid = g_utf8_make_valid (error->message, -1);
  json_object_set_string_member (object, "error", valid);
  json_object_set_boolean_member (object, "full",
      pipeline_error_is_no_space (error));
  g_free (valid);
  line = json_print (object, FALSE);
  g_print ("%s\n", line);
  g_free (line);
}

int
main (int argc, char **argv)
{
  Options options;
  GError *error = NULL;
  int status = 0;

  setlocale (LC_CTYPE, "");
  if (!options_parse (&options, &argc, &argv, &error))
    status = 2;
  else if (options.step == NULL)
    status = run (&options, &error);
  else if (!run_step (&options, &error))
    status = pipeline_error_exit_status (error);
  if (error)
    report_error (&options, error);
  g_clear_error (&error);
  options_clear (&options);
  return status;
}

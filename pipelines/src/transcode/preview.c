/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/preview.h"

#include "common/pipeline-error.h"
#include "common/progress-bar.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/media/probe.h"
#include "transcode/scheduler.h"
#include "transcode/steps.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define COMPARE_SECONDS 10.0    /* length of the sample */

gboolean
preview_select_middle (Settings * settings, const gchar * in, gdouble seconds,
    GError ** error)
{
  Probe *probe = probe_new (in, error);
  gdouble length;

  if (probe == NULL)
    return FALSE;
  length = GST_CLOCK_TIME_IS_VALID (probe->duration) ?
      (gdouble) probe->duration / GST_SECOND : 0;
  if (length > seconds) {
    settings->start = (length - seconds) / 2;
    settings->end = settings->start + seconds;
  }
  probe_free (probe);
  return TRUE;
}

/* --- comparison --- */

/* Encodes the sample; sets its size in bytes and the noise found. */
static gboolean
encode (const Options * options, const gchar * in, const gchar * out,
    guint64 * bytes, gdouble * noise, GError ** error)
{
  gchar *workdir = workdir_path (out);
  Manifest *manifest = NULL;
  WorkdirLock lock = WORKDIR_UNLOCKED;
  gboolean done = step_cut (options, in, out, &lock, error)
      && (options->settings.strength <= 0 || step_learn (workdir, error))
      && (manifest = manifest_read (workdir, error))
      && scheduler_run (manifest, workdir,
      scheduler_jobs_in_memory (scheduler_job_count ((guint)
              options->jobs), manifest->width, manifest->height), error);
  guint i;

  *bytes = 0;
  for (i = 0; done && i < manifest->segments->len; i++) {
    SegmentResult result;

    done = segment_result_read (&result, workdir, i);
    if (!done)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
          "%s: the result of the sample is missing from %s", in, workdir);
    *bytes += result.coded;
    *noise = result.noise;
    segment_result_clear (&result);
  }
  g_clear_pointer (&manifest, manifest_free);
  if (workdir_exists (workdir))
    workdir_remove (workdir, &lock, NULL);
  workdir_unlock (&lock);
  g_free (workdir);
  return done;
}

static void
print_comparison (const Settings * settings, const gchar * in, guint64 before,
    guint64 after, gdouble noise)
{
  gchar *a = g_format_size (before), *b = g_format_size (after);

  g_print ("%s: a sample at %s, quality %d: %s as it is, %s denoised; %.0f %% "
      "of the bits saved; noise found %.1f of 255\n", in, settings->codec,
      settings->quality, a, b, 100.0 * (1.0 - (gdouble) after /
          (gdouble) MAX (before, 1)), noise);
  g_free (a);
  g_free (b);
}

gboolean
preview_compare (const Options * options, const gchar * in, GError ** error)
{
  Options with = *options, without;
  gchar *folder = g_dir_make_tmp ("zsdenoise-XXXXXX", error);
  gchar *out = folder ? g_build_filename (folder, "sample.mkv", NULL) : NULL;
  guint64 before, after;
  gdouble noise, none;
  GError *local_error = NULL;
  gboolean done = out
      && preview_select_middle (&with.settings, in, COMPARE_SECONDS, error);

  without = with;
  without.settings.strength = 0;
  progress_bar_show_phase (in, "comparing");
  done = done && encode (&with, in, out, &after, &noise, &local_error)
      && encode (&without, in, out, &before, &none, &local_error);
  progress_bar_clear ();
  if (pipeline_error_is_cancelled (local_error))
    g_set_error (error, local_error->domain, local_error->code, "%s: stopped",
        in);
  else if (local_error)
    g_propagate_error (error, g_steal_pointer (&local_error));
  g_clear_error (&local_error);
  if (done)
    print_comparison (&with.settings, in, before, after, noise);
  if (folder)
    g_rmdir (folder);
  g_free (out);
  g_free (folder);
  return done;
}

/* --- dry run --- */

gboolean
preview_dry_run (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  gchar *mux = codec_muxer_line (options->settings.codec, out, error);
  Probe *probe = mux ? probe_new (in, error) : NULL;
  const gboolean fits = probe && probe_fits_container (probe, mux, out, error);
  gchar *text = probe ? probe_describe (probe) : NULL;
  const guint jobs = scheduler_job_count ((guint) options->jobs);

  if (fits)
    g_print ("%s\n%s  to: %s, %s of quality %d, %u segment%s at a time%s\n", in,
        text, out, options->settings.codec, options->settings.quality, jobs,
        jobs == 1 ? "" : "s", g_file_test (out, G_FILE_TEST_EXISTS) ?
        "; exists already" : "");
  g_free (text);
  g_clear_pointer (&probe, probe_free);
  g_free (mux);
  return fits;
}

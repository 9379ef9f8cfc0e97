/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/preview.h"

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/noise-text.h"
#include "common/pipeline/error.h"
#include "common/progress-bar.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/media/probe.h"
#include "transcode/progress.h"
#include "transcode/scheduler.h"
#include "transcode/steps.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define COMPARE_SECONDS 10.0    /* length of the sample */
#define TRIAL_SECONDS 2.0       /* the same for the expected time and size */

/* Length of the wanted part of the film in seconds; 0: unknown. */
static gdouble
wanted_length (const Settings * settings, const Probe * probe)
{
  gdouble end = GST_CLOCK_TIME_IS_VALID (probe->duration) ?
      (gdouble) probe->duration / GST_SECOND : 0;

  if (settings->end > 0)
    end = end > 0 ? MIN (end, settings->end) : settings->end;
  return MAX (0, end - settings->start);
}

/* Restricts the wanted part to its middle. */
static void
select_middle (Settings * settings, const Probe * probe, gdouble seconds)
{
  const gdouble length = wanted_length (settings, probe);

  if (length > seconds) {
    settings->start += (length - seconds) / 2;
    settings->end = settings->start + seconds;
  }
}

gboolean
preview_select_middle (Settings * settings, const gchar * in, gdouble seconds,
    GError ** error)
{
  Probe *probe = probe_new (in, error);

  if (probe == NULL)
    return FALSE;
  select_middle (settings, probe, seconds);
  probe_free (probe);
  return TRUE;
}

/* --- samples --- */

/* A part of the film that was encoded for its figures. */
typedef struct
{
  guint frames;
  guint64 source_bytes, bytes;  /* of the frames in the source; of the coded frames */
  gdouble noise, chroma_noise;  /* of its last segment */
  gdouble preparing, coding;    /* seconds */
} Sample;

static gboolean
add_segments (Sample * sample, const Manifest * manifest,
    const gchar * workdir, GError ** error)
{
  gboolean done = TRUE;
  guint i;

  for (i = 0; done && i < manifest->segments->len; i++) {
    SegmentResult result;

    done = segment_result_read (&result, workdir, i);
    if (!done)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
          "%s: the result of the sample is missing from %s", manifest->source,
          workdir);
    sample->frames += result.frames;
    sample->bytes += result.coded;
    sample->source_bytes +=
        g_array_index (manifest->segments, Segment, i).bytes;
    sample->noise = result.noise;
    sample->chroma_noise = result.chroma_noise;
    segment_result_clear (&result);
  }
  return done;
}

static gboolean
encode (const Options * options, const gchar * in, const gchar * out,
    Sample * sample, GError ** error)
{
  const gint64 started = g_get_monotonic_time ();
  gchar *workdir = workdir_path (out);
  Manifest *manifest = NULL;
  WorkdirLock lock = WORKDIR_UNLOCKED;
  gboolean done = step_cut (options, in, out, &lock, error)
      && (options->settings.strength <= 0 || step_learn (workdir, error))
      && (manifest = manifest_read (workdir, error));

  memset (sample, 0, sizeof *sample);
  sample->preparing = clock_seconds_since (started);
  done = done && scheduler_run (manifest, workdir,
      scheduler_jobs_in_memory (scheduler_job_count ((guint) options->jobs),
          manifest->width, manifest->height), error);
  sample->coding = clock_seconds_since (started) - sample->preparing;
  done = done && add_segments (sample, manifest, workdir, error);
  g_clear_pointer (&manifest, manifest_free);
  if (workdir_exists (workdir))
    workdir_remove (workdir, &lock, NULL);
  workdir_unlock (&lock);
  g_free (workdir);
  return done;
}

/* Encodes the sample with each of `n` options in a temporary folder. */
static gboolean
encode_samples (const Options * const *options, guint n, const gchar * in,
    Sample * samples, GError ** error)
{
  gchar *folder = g_dir_make_tmp ("zsdenoise-XXXXXX", error);
  gchar *out = folder ? g_build_filename (folder, "sample.mkv", NULL) : NULL;
  gchar *sentence = g_strdup_printf ("transcode: %s: stopped", in);
  GError *local_error = NULL;
  gboolean done = out != NULL;
  guint i;

  for (i = 0; done && i < n; i++) {
    interrupt_catch (sentence);
    done = encode (options[i], in, out, &samples[i], &local_error);
  }
  progress_bar_clear ();
  if (pipeline_error_is_cancelled (local_error))
    g_set_error (error, local_error->domain, local_error->code, "%s: stopped",
        in);
  else if (local_error)
    g_propagate_error (error, g_steal_pointer (&local_error));
  g_clear_error (&local_error);
  if (folder)
    g_rmdir (folder);
  g_free (sentence);
  g_free (out);
  g_free (folder);
  return done;
}

/* --- comparison --- */

static void
print_comparison (const Settings * settings, const gchar * in,
    const Sample * with, const Sample * without)
{
  gchar *a = g_format_size (without->bytes), *b = g_format_size (with->bytes);
  gchar *noise = noise_text (with->noise, with->chroma_noise);

  g_print ("%s: a sample at %s, quality %d: %s as it is, %s denoised; %.0f %% "
      "of the bits saved%s%s\n", in, settings->codec, settings->quality, a, b,
      100.0 * (1.0 - (gdouble) with->bytes / (gdouble) MAX (without->bytes,
              1)), noise ? "; " : "", noise ? noise : "");
  g_free (noise);
  g_free (a);
  g_free (b);
}

gboolean
preview_compare (const Options * options, const gchar * in, GError ** error)
{
  Options with = *options, without;
  const Options *const both[] = { &with, &without };
  Sample samples[G_N_ELEMENTS (both)];
  gboolean done;

  progress_film (in);
  progress_phase ("comparing");
  done = preview_select_middle (&with.settings, in, COMPARE_SECONDS, error);
  without = with;
  without.settings.strength = 0;
  done = done && encode_samples (both, G_N_ELEMENTS (both), in, samples, error);
  if (done)
    print_comparison (&with.settings, in, &samples[0], &samples[1]);
  return done;
}

/* --- dry run --- */

/* Prints what a trial on the middle of the film lets expect. */
static void
print_expected (const Settings * settings, const Probe * probe,
    const Settings * tried, const Sample * trial, guint64 bytes)
{
  const gdouble whole = wanted_length (settings, probe);
  const gdouble part = tried->end > 0 ? tried->end - tried->start : whole;
  const gdouble factor = part > 0 ? MAX (1, whole / part) : 1;
  const gdouble video = factor * (gdouble) trial->source_bytes;
  const gdouble length = GST_CLOCK_TIME_IS_VALID (probe->duration) ?
      (gdouble) probe->duration / GST_SECOND : whole;
  const gdouble others = length > 0 ? (gdouble) bytes * whole / length - video :
      0;
  gchar *size = g_format_size ((guint64) (factor * (gdouble) trial->bytes +
          MAX (0, others)));
  gchar *time = progress_time (trial->preparing + factor * trial->coding);

  g_print ("  expected, by a trial on %.1f s: about %.0f frames, %s, %s\n",
      part > 0 ? part : whole, factor * trial->frames, size, time);
  g_free (time);
  g_free (size);
}

static gboolean
try_out (const Options * options, const gchar * in, const Probe * probe,
    GError ** error)
{
  Options middle = *options;
  const Options *const one[] = { &middle };
  Sample trial;
  GStatBuf status = { 0 };

  progress_film (in);
  progress_phase ("trying");
  select_middle (&middle.settings, probe, TRIAL_SECONDS);
  if (!encode_samples (one, G_N_ELEMENTS (one), in, &trial, error))
    return FALSE;
  g_stat (in, &status);
  print_expected (&options->settings, probe, &middle.settings, &trial,
      (guint64) status.st_size);
  return TRUE;
}

gboolean
preview_dry_run (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  gchar *mux = codec_muxer_line (options->settings.codec, out, error);
  Probe *probe = mux ? probe_new (in, error) : NULL;
  gboolean fits = probe && probe_fits_container (probe, mux, out, error);
  gchar *text = probe ? probe_describe (probe) : NULL;
  const guint jobs = scheduler_job_count ((guint) options->jobs);
  const gboolean exists = g_file_test (out, G_FILE_TEST_EXISTS);

  if (fits)
    g_print ("%s\n%s  to: %s, %s of quality %d, %u segment%s at a time%s\n", in,
        text, out, options->settings.codec, options->settings.quality, jobs,
        jobs == 1 ? "" : "s", exists ? "; exists already" : "");
  if (fits && (!exists || options->overwrite))
    fits = try_out (options, in, probe, error);
  g_free (text);
  g_clear_pointer (&probe, probe_free);
  g_free (mux);
  return fits;
}

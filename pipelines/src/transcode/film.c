/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/film.h"

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/noise-text.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/progress.h"
#include "transcode/scheduler.h"
#include "transcode/steps.h"

#include <glib/gstdio.h>

/* Totals over all segments. */
typedef struct
{
  guint64 frames, decoded;
  gdouble noise, chroma_noise;  /* means over the frames; negative: not estimated */
} Total;

static Total
sum_results (const Manifest * manifest, const gchar * workdir)
{
  Total total = { 0 };
  SegmentResult result;
  guint i;

  for (i = 0; i < manifest->segments->len; i++) {
    if (segment_result_read (&result, workdir, i)) {
      total.frames += result.frames;
      total.decoded += result.decoded;
      total.noise += result.noise * result.frames;
      total.chroma_noise += result.chroma_noise * result.frames;
    }
    segment_result_clear (&result);
  }
  total.noise /= (gdouble) MAX (total.frames, 1);
  total.chroma_noise /= (gdouble) MAX (total.frames, 1);
  return total;
}

static void
print_summary (const Manifest * manifest, const Total * total, gdouble seconds)
{
  const guint in = manifest_frames (manifest);
  GStatBuf status = { 0 };
  const guint64 lost = in > total->decoded ? in - total->decoded : 0;
  gchar *before = g_format_size (manifest->id.bytes), *after;
  gchar *noise = noise_text (total->noise, total->chroma_noise);

  g_stat (manifest->out, &status);
  after = g_format_size ((guint64) status.st_size);
  g_print ("%s: %u frame%s in, %" G_GUINT64_FORMAT " out; %.1f s, %.1f "
      "frames/s; %s, %.0f %% of %s%s%s\n", manifest->out,
      in, in == 1 ? "" : "s", total->frames, seconds,
      (gdouble) total->frames / MAX (seconds, 0.001), after,
      100.0 * (gdouble) status.st_size / (gdouble) MAX (manifest->id.bytes, 1),
      before, noise ? "; " : "", noise ? noise : "");
  if (lost > 0)
    g_printerr ("transcode: %s: %" G_GUINT64_FORMAT " of its frames %s "
        "damaged and could not be decoded; the rest is in %s\n",
        manifest->source, lost, lost == 1 ? "is" : "are", manifest->out);
  if (manifest->damaged)
    g_printerr ("transcode: %s: it is incomplete or damaged; the part before "
        "the damage is in %s\n", manifest->source, manifest->out);
  g_free (noise);
  g_free (after);
  g_free (before);
}

/* --- existing results --- */

typedef enum
{
  PROCESS,
  SKIP,
  REFUSE,
} Decision;

/* Refuses what an interrupted run left, unless it is to be continued or replaced. */
static gboolean
refuse_leftover (WorkdirState state, const gchar * workdir, GError ** error)
{
  if (state == WORKDIR_BEGUN)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s is left from an earlier run; continue it with --resume, "
        "or start over with --overwrite", workdir);
  else if (state == WORKDIR_LEFTOVER)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s is left from a run that was interrupted; remove it and go on with "
        "--resume", workdir);
  return state != WORKDIR_EMPTY;
}

static Decision
decide (const Options * options, const gchar * in, const gchar * out,
    const gchar * workdir, GError ** error)
{
  const WorkdirState state = workdir_state (workdir);
  GStatBuf a, b;

  if (g_stat (in, &a) == 0 && g_stat (out, &b) == 0 && a.st_dev == b.st_dev
      && a.st_ino == b.st_ino) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s would be replaced by its own result; give another OUT", in);
    return REFUSE;
  }
  if (options->overwrite || (state == WORKDIR_BEGUN && options->resume))
    return PROCESS;
  if (!options->resume && refuse_leftover (state, workdir, error))
    return REFUSE;
  if (!g_file_test (out, G_FILE_TEST_EXISTS))
    return PROCESS;
  if (options->resume || options->out_is_folder)
    return SKIP;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
      "%s exists already; give another OUT, or --overwrite", out);
  return REFUSE;
}

/* --- running the steps --- */

static gboolean
run_segments (const Options * options, const gchar * workdir, Total * total,
    Manifest ** manifest, GError ** error)
{
  guint jobs;

  *manifest = manifest_read (workdir, error);
  if (*manifest == NULL)
    return FALSE;
  jobs = scheduler_jobs_in_memory (scheduler_job_count ((guint) options->jobs),
      (*manifest)->width, (*manifest)->height);
  if (!scheduler_run (*manifest, workdir, jobs, error))
    return FALSE;
  *total = sum_results (*manifest, workdir);
  return TRUE;
}

/* Has Ctrl-C tell how to continue. The scheduler has handlers of its own, and none after it. */
static void
catch_interrupts (const gchar * out)
{
  gchar *sentence =
      g_strdup_printf ("transcode: %s: stopped; continue with the "
      "same command and --resume", out);

  interrupt_catch (sentence);
  g_free (sentence);
}

static gboolean
run_steps (const Options * options, const gchar * in, const gchar * out,
    const gchar * workdir, WorkdirLock * lock, GError ** error)
{
  const gint64 started = g_get_monotonic_time ();
  Manifest *manifest = NULL;
  Total total;
  gboolean done;

  progress_film (in);
  catch_interrupts (out);
  progress_phase ("cutting");
  done = step_cut (options, in, out, lock, error);
  if (done)
    progress_phase ("learning");
  done = done && step_learn (workdir, error)
      && run_segments (options, workdir, &total, &manifest, error);
  catch_interrupts (out);
  if (done)
    progress_phase ("joining");
  done = done && step_join (workdir, lock, error);
  progress_film_end (manifest ? manifest->id.bytes : 0);
  if (done)
    print_summary (manifest, &total, clock_seconds_since (started));
  g_clear_pointer (&manifest, manifest_free);
  return done;
}

/* The result is there; what a run left that was killed while it removed its files is removed. */
static gboolean
skip (const gchar * out, const gchar * workdir, WorkdirLock * lock,
    GError ** error)
{
  g_print ("%s: exists already\n", out);
  return lock->file < 0 || workdir_remove (workdir, lock, error);
}

static gboolean
transcode_locked (const Options * options, const gchar * in, const gchar * out,
    const gchar * workdir, WorkdirLock * lock, GError ** error)
{
  switch (decide (options, in, out, workdir, error)) {
    case PROCESS:
      return run_steps (options, in, out, workdir, lock, error);
    case SKIP:
      return skip (out, workdir, lock, error);
    default:
      return FALSE;
  }
}

gboolean
film_transcode (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  gchar *mux = codec_muxer_line (options->settings.codec, out, error);
  gchar *workdir = workdir_path (out);
  WorkdirLock lock = WORKDIR_UNLOCKED;
  const gboolean done = mux && (!workdir_exists (workdir)
      || workdir_lock (workdir, FALSE, &lock, error))
      && transcode_locked (options, in, out, workdir, &lock, error);

  workdir_unlock (&lock);
  g_free (workdir);
  g_free (mux);
  return done;
}

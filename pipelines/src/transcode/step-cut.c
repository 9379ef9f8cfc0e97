/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/file.h"
#include "common/pipeline/launch.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/media/probe-frame.h"
#include "transcode/media/probe.h"
#include "transcode/media/splitter.h"
#include "transcode/mkv/repair.h"
#include "transcode/scheduler.h"
#include "transcode/steps.h"
#include "transcode/ts/repair.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

static Manifest *
plan_manifest (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  const Settings *settings = &options->settings;
  Manifest *manifest = manifest_new ();

  if (!source_identify (in, &manifest->id, error)) {
    manifest_free (manifest);
    return NULL;
  }
  manifest->source = g_canonicalize_filename (in, NULL);
  manifest->out = g_canonicalize_filename (out, NULL);
  manifest->settings = *settings;
  manifest->settings.codec = g_strdup (settings->codec);
  manifest->settings.profile = g_strdup (settings->profile);
  manifest->settings.model = settings->model ?
      g_canonicalize_filename (settings->model, NULL) : NULL;
  return manifest;
}

/* Checks that the elements are there, and that the container of the result can hold every track of
 * the source. */
static gboolean
probe_source (Manifest * manifest, GError ** error)
{
  gchar *mux = codec_muxer_line (manifest->settings.codec, manifest->out,
      error);
  GstElement *filter = mux ? launch ("zsdenoise", GST_PARSE_FLAG_NONE, error) :
      NULL;
  Probe *probe = filter ? probe_new (manifest->source, error) : NULL;
  const gboolean fits = probe
      && probe_fits_container (probe, mux, manifest->out,
      error);

  if (probe)
    manifest->orientation = probe->orientation;
  manifest->duration = probe ? probe->duration : GST_CLOCK_TIME_NONE;
  g_clear_pointer (&probe, probe_free);
  g_clear_object (&filter);
  g_free (mux);
  return fits;
}

/* Makes an empty working directory under the lock. */
static gboolean
prepare_folder (const gchar * workdir, WorkdirLock * lock, GError ** error)
{
  return (lock->file >= 0 || (workdir_create (workdir, error)
          && workdir_lock (workdir, FALSE, lock, error)))
      && workdir_clear (workdir, error);
}

/* Checks that the codec preserves interlacing, depth and size. */
static gboolean
check_codec (Manifest * manifest, const gchar * workdir, GError ** error)
{
  const gchar *codec = manifest->settings.codec;

  if (!probe_frame (manifest, workdir, error))
    return FALSE;
  if (strstr (manifest->raw_caps, "field-order")
      && !codec_supports_interlaced (codec))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: it is interlaced, which %s does not preserve; give "
        "--codec h264 or ffv1", manifest->source, codec);
  else if (manifest->depth > codec_max_depth (codec))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: its samples have %u bits, and %s would keep %u of them; give "
        "another --codec, or convert it", manifest->source, manifest->depth,
        codec, codec_max_depth (codec));
  else if (manifest->odd_size && !codec_supports_odd_sizes (codec))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: it is %dx%d, and %s does not support odd sizes with "
        "subsampled chroma; give --codec vp9, av1 or ffv1", manifest->source,
        manifest->width, manifest->height, codec);
  else if (manifest->coded_format == NULL)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: its frames are %s, which %s does not preserve; give another "
        "--codec, or convert it", manifest->source, manifest->format, codec);
  else if (manifest->filter_format == NULL || (manifest->orientation
          && manifest->turn_format == NULL))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: its frames are %s, which cannot be denoised without a loss; "
        "convert it", manifest->source, manifest->format);
  else
    return TRUE;
  return FALSE;
}

static gboolean
cut_film (Manifest * manifest, const gchar * workdir, GError ** error)
{
  gchar *file = mkv_repair_path (manifest, workdir);
  const gboolean done = splitter_run (manifest, file, workdir, error);

  g_free (file);
  return done;
}

/* Cuts again, from the repaired copy. */
static gboolean
cut_repaired (Manifest * manifest, const gchar * workdir, GError ** error)
{
  g_array_set_size (manifest->segments, 0);
  g_clear_pointer (&manifest->caps, g_free);
  return cut_film (manifest, workdir, error);
}

/* Threads per segment: an equal share of the processors. */
static gint
threads_per_segment (const Options * options, guint segments)
{
  const guint at_once =
      MIN (scheduler_job_count ((guint) options->jobs), segments);

  return MAX (1, (gint) (g_get_num_processors () / MAX (1, at_once)));
}

static gboolean
run (Manifest * manifest, const Options * options, const gchar * workdir,
    GError ** error)
{
  GError *local_error = NULL;
  gboolean done = ts_repair (manifest, workdir, &local_error)
      && cut_film (manifest, workdir, &local_error);

  if (manifest->damaged && !source_check_readable (manifest->source, error)) {
    g_clear_error (&local_error);
    return FALSE;
  }
  if (manifest->damaged && mkv_repair (manifest, workdir)) {
    g_clear_error (&local_error);
    done = cut_repaired (manifest, workdir, &local_error);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  if (manifest->settings.threads == 0 && options->step == NULL)
    manifest->settings.threads =
        threads_per_segment (options, manifest->segments->len);
  return done && check_codec (manifest, workdir, error)
      && source_check (manifest->source, &manifest->id, error)
      && manifest_write (manifest, workdir, error);
}

static gboolean
is_same_task (const Manifest * found, const Manifest * wanted, GError ** error)
{
  const Settings *a = &found->settings, *b = &wanted->settings;

  if (g_str_equal (found->source, wanted->source)
      && source_id_equal (&found->id, &wanted->id)
      && g_str_equal (a->codec, b->codec) && a->quality == b->quality
      && g_strcmp0 (a->profile, b->profile) == 0
      && g_strcmp0 (a->model, b->model) == 0 && a->strength == b->strength
      && a->sigma == b->sigma && a->split == b->split
      && a->start == b->start && a->end == b->end && a->segment == b->segment)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s%s belongs to another source or other options; give "
      "those, or start over with --overwrite", found->out, WORKDIR_SUFFIX);
  return FALSE;
}

/* Whether there is nothing to cut: `done` if a usable manifest exists, else an error. A damaged
 * manifest is ignored. */
static gboolean
is_settled (const Manifest * wanted, const gchar * workdir, gboolean * done,
    GError ** error)
{
  gchar *file = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  GError *local_error = NULL;
  Manifest *found = NULL;
  gboolean settled = g_file_test (file, G_FILE_TEST_EXISTS);

  if (settled)
    found = manifest_read (workdir, &local_error);
  *done = found && is_same_task (found, wanted, error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
    settled = FALSE;
    g_clear_error (&local_error);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  g_clear_pointer (&found, manifest_free);
  g_free (file);
  return settled;
}

gboolean
step_cut (const Options * options, const gchar * in, const gchar * out,
    WorkdirLock * lock, GError ** error)
{
  Manifest *manifest = plan_manifest (options, in, out, error);
  gchar *workdir = workdir_path (out);
  gboolean done = FALSE;

  if (manifest && (options->overwrite
          || !is_settled (manifest, workdir, &done, error))) {
    done = probe_source (manifest, error)
        && prepare_folder (workdir, lock, error);
    if (done && !run (manifest, options, workdir, error)) {
      workdir_remove (workdir, lock, NULL);
      done = FALSE;
    }
  }
  g_clear_pointer (&manifest, manifest_free);
  g_free (workdir);
  return done;
}

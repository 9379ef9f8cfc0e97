/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/picture.h"

#include "common/file.h"
#include "common/pipeline/launch.h"
#include "picture/filter.h"
#include "picture/formats.h"
#include "picture/metrics.h"
#include "picture/read.h"
#include "picture/write.h"
#include "worker/events.h"
#include "worker/time-limit.h"

#include <unistd.h>

typedef struct
{
  const WorkerSettings *settings;
  gint64 started;               /* monotonic */
} Denoising;

static gboolean
write_as (VipsImage * picture, const gchar * suffix, const gchar * file,
    GError ** error)
{
  GBytes *bytes = picture_write_memory (picture, suffix, error);
  gboolean written;

  if (bytes == NULL)
    return FALSE;
  written = file_write (file, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), error);
  g_bytes_unref (bytes);
  return written;
}

/* Writes PNG copies of both pictures, of full strength only, if the format is TIFF, which browsers
 * do not show, and of a picture to which noise was added. */
static gboolean
write_views (VipsImage * before, VipsImage * after,
    const WorkerSettings * settings, GError ** error)
{
  const gboolean shown = !g_str_equal (picture_format_suffix (after), ".tif");

  return ((shown && settings->config.degree == 0)
      || write_as (before, ".png", WORKER_VIEW_BEFORE, error))
      && (shown || write_as (after, ".png", WORKER_VIEW_AFTER, error));
}

/* The element cannot be stopped from here; its threads work on while handlers of exit() would free
 * what they use. */
static void
check_time (const Denoising * denoising, gdouble eta)
{
  GError *error = NULL;

  if (time_limit_exceeded (denoising->settings, denoising->started, eta,
          &error)) {
    events_send_error (error);
    _exit (1);
  }
}

static void
on_progress (const PictureProgress * progress, gpointer user)
{
  check_time (user, progress->eta);
  events_send_progress (progress->loss < 0 ? "denoising" : "learning",
      (gdouble) progress->step / MAX (progress->steps, 1), progress->loss,
      progress->eta);
}

/* The picture with noise of the configured degree, or itself. */
static VipsImage *
add_noise (VipsImage * clean, const WorkerSettings * settings, GError ** error)
{
  VipsImage *noisy;
  GstElement *noise;

  if (settings->config.degree == 0)
    return g_object_ref (clean);
  noise = launch ("zsnoise", GST_PARSE_FLAG_NONE, error);
  if (noise == NULL)
    return NULL;
  gst_object_ref_sink (noise);
  g_object_set (noise, "degree", settings->config.degree, NULL);
  noisy = picture_filter (clean, noise, NULL, error);
  gst_object_unref (noise);
  return noisy;
}

static void
send_psnr (VipsImage * clean, VipsImage * before, VipsImage * after)
{
  Metrics noisy, denoised;

  if (metrics_compute (before, clean, &noisy)
      && metrics_compute (after, clean, &denoised))
    events_send_psnr (noisy.psnr, denoised.psnr);
}

static VipsImage *
denoise (VipsImage * picture, const WorkerSettings * settings, GError ** error)
{
  GstElement *filter = launch ("zsdenoise", GST_PARSE_FLAG_NONE, error);
  Denoising denoising = { settings, g_get_monotonic_time () };
  const PictureObserver observer = { on_progress, &denoising };
  VipsImage *result = NULL;
  gdouble sigma = -1;

  if (filter == NULL)
    return NULL;
  gst_object_ref_sink (filter);
  settings_apply (settings, filter);
  events_send_progress ("denoising", 0, -1, -1);
  result = picture_filter (picture, filter, &observer, error);
  g_object_get (filter, "estimated-sigma", &sigma, NULL);
  if (result)
    events_send_result (vips_image_get_width (result),
        vips_image_get_height (result), 0, sigma);
  gst_object_unref (filter);
  return result;
}

gboolean
worker_picture (const WorkerSettings * settings, GError ** error)
{
  const guint64 max_pixels = (guint64) settings->max_pixels;
  VipsImage *clean = picture_read (WORKER_UPLOAD, max_pixels, error);
  VipsImage *before = NULL, *after = NULL;
  gboolean done = FALSE;

  if (clean && picture_fits (clean, picture_format_suffix (clean), error))
    before = add_noise (clean, settings, error);
  if (before)
    after = denoise (before, settings, error);
  if (after) {
    events_send_progress ("writing", 0, -1, -1);
    if (settings->config.degree > 0 && settings->strength == 100)
      send_psnr (clean, before, after);
    done = (settings->strength != 100
        || write_views (before, after, settings, error))
        && write_as (after, picture_format_suffix (clean), settings->result,
        error);
  }
  g_clear_object (&clean);
  g_clear_object (&before);
  g_clear_object (&after);
  return done;
}

/* --- blending --- */

/* before + part * (after - before), rounded, with the metadata of `after`. The element computes the
 * same for the property strength, but before its result is rounded. */
static VipsImage *
blend (VipsImage * before, VipsImage * after, gdouble part)
{
  VipsImage *kept = NULL, *taken = NULL, *sum = NULL, *result = NULL;

  if (vips_linear1 (before, &kept, 1 - part, 0.5, NULL) == 0
      && vips_linear1 (after, &taken, part, 0, NULL) == 0
      && vips_add (taken, kept, &sum, NULL) == 0)
    vips_cast (sum, &result, vips_image_get_format (before), NULL);
  g_clear_object (&kept);
  g_clear_object (&taken);
  g_clear_object (&sum);
  return result;
}

gboolean
worker_blend (const WorkerSettings * settings, GError ** error)
{
  const guint64 max_pixels = (guint64) settings->max_pixels;
  VipsImage *before = picture_read (settings->config.degree > 0 ?
      WORKER_VIEW_BEFORE : WORKER_UPLOAD, max_pixels, error);
  VipsImage *after = before ? picture_read (WORKER_RESULT, max_pixels, error) :
      NULL;
  VipsImage *result =
      after ? blend (before, after, settings->strength / 100.0) : NULL;
  const gboolean done = result
      && write_as (result, picture_format_suffix (after), settings->result,
      error);

  if (after && result == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "there is not enough memory to blend it");
  g_clear_object (&before);
  g_clear_object (&after);
  g_clear_object (&result);
  return done;
}

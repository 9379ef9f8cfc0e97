/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/picture.h"

#include "common/launch.h"
#include "picture/filter.h"
#include "picture/formats.h"
#include "picture/read.h"
#include "picture/write.h"
#include "worker/events.h"

static gboolean
write_as (VipsImage * picture, const gchar * suffix, const gchar * file,
    GError ** error)
{
  GBytes *bytes = picture_write_memory (picture, suffix, error);
  gboolean written;

  if (bytes == NULL)
    return FALSE;
  written = g_file_set_contents (file, g_bytes_get_data (bytes, NULL),
      (gssize) g_bytes_get_size (bytes), error);
  g_bytes_unref (bytes);
  return written;
}

/* Writes PNG copies of both pictures, of full strength only, if the format is TIFF, which browsers do not show. */
static gboolean
write_views (VipsImage * before, VipsImage * after, GError ** error)
{
  return !g_str_equal (picture_format_suffix (before), ".tif")
      || (write_as (before, ".png", WORKER_VIEW_BEFORE, error)
      && write_as (after, ".png", WORKER_VIEW_AFTER, error));
}

static void
on_progress (const PictureProgress * progress, gpointer user G_GNUC_UNUSED)
{
  if (progress->step < progress->steps)
    events_send_progress ("learning",
        (gdouble) progress->step / progress->steps, progress->loss,
        progress->eta);
  else
    events_send_progress ("denoising", 0, progress->loss, -1);
}

static VipsImage *
denoise (VipsImage * picture, const WorkerSettings * settings, GError ** error)
{
  GstElement *filter = launch ("zsdenoise", GST_PARSE_FLAG_NONE, error);
  const PictureObserver observer = { on_progress, NULL };
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
  VipsImage *before = picture_read (WORKER_UPLOAD, max_pixels, error);
  VipsImage *after = NULL;
  gboolean done = FALSE;

  if (before && picture_fits (before, picture_format_suffix (before), error))
    after = denoise (before, settings, error);
  if (after) {
    events_send_progress ("writing", 0, -1, -1);
    done = (settings->strength != 100 || write_views (before, after, error))
        && write_as (after, picture_format_suffix (before), settings->result,
        error);
  }
  g_clear_object (&before);
  g_clear_object (&after);
  return done;
}

/* --- blending --- */

/* before + part * (after - before), rounded. The element computes the same for the property
 * strength, but before its result is rounded. */
static VipsImage *
blend (VipsImage * before, VipsImage * after, gdouble part)
{
  VipsImage *kept = NULL, *taken = NULL, *sum = NULL, *result = NULL;

  if (vips_linear1 (before, &kept, 1 - part, 0.5, NULL) == 0
      && vips_linear1 (after, &taken, part, 0, NULL) == 0
      && vips_add (kept, taken, &sum, NULL) == 0)
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
  VipsImage *before = picture_read (WORKER_UPLOAD, max_pixels, error);
  VipsImage *after = before ? picture_read (WORKER_RESULT, max_pixels, error) :
      NULL;
  VipsImage *result =
      after ? blend (before, after, settings->strength / 100.0) : NULL;
  const gboolean done = result
      && write_as (result, picture_format_suffix (before), settings->result,
      error);

  if (after && result == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "there is not enough memory to blend it");
  g_clear_object (&before);
  g_clear_object (&after);
  g_clear_object (&result);
  return done;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/mode.h"

#include <gst/video/video.h>
#include <string.h>

/* Largest size that is selected by default, preferred rate, and sufficient rate. */
#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define DEFAULT_RATE 30
#define SUFFICIENT_RATE 25

typedef struct
{
  GstCaps *caps;
  gint width, height;
  gdouble rate;
  gint preference;
} Mode;

/* Rank of the format, higher is better: raw video has no compression artifacts, and 4:2:0 costs
 * the denoiser least. 0: not supported. */
static gint
format_preference (const GstStructure * structure)
{
  const GstVideoFormatInfo *info;
  const gchar *format = gst_structure_get_string (structure, "format");

  if (gst_structure_has_name (structure, "image/jpeg"))
    return 2;
  if (!gst_structure_has_name (structure, "video/x-raw") || format == NULL)
    return 0;
  info = gst_video_format_get_info (gst_video_format_from_string (format));
  if (!GST_VIDEO_FORMAT_INFO_IS_YUV (info)
      || GST_VIDEO_FORMAT_INFO_W_SUB (info, 1) == 0)
    return 1;
  return GST_VIDEO_FORMAT_INFO_H_SUB (info, 1) ? 4 : 3;
}

/* The mode of one structure, with ranges fixated nearest to the requested values. */
static gboolean
read_mode (const GstStructure * offered, const Mode * wanted, Mode * mode)
{
  GstStructure *fixed = gst_structure_copy (offered);
  const gchar *format = gst_structure_get_string (fixed, "format");
  gint num = 0, den = 1;
  gboolean known;

  gst_structure_fixate_field_nearest_int (fixed, "width", wanted->width);
  gst_structure_fixate_field_nearest_int (fixed, "height", wanted->height);
  gst_structure_fixate_field_nearest_fraction (fixed, "framerate",
      (gint) wanted->rate, 1);
  mode->preference = format_preference (fixed);
  known = mode->preference && gst_structure_get (fixed, "width", G_TYPE_INT,
      &mode->width, "height", G_TYPE_INT, &mode->height, "framerate",
      GST_TYPE_FRACTION, &num, &den, NULL);
  if (known) {
    mode->rate = (gdouble) num / den;
    mode->caps = gst_caps_new_simple (gst_structure_get_name (fixed), "width",
        G_TYPE_INT, mode->width, "height", G_TYPE_INT, mode->height,
        "framerate", GST_TYPE_FRACTION, num, den, NULL);
    if (format)
      gst_caps_set_simple (mode->caps, "format", G_TYPE_STRING, format, NULL);
  }
  gst_structure_free (fixed);
  return known;
}

static void
clear_mode (gpointer mode)
{
  gst_caps_unref (((Mode *) mode)->caps);
}

static GArray *
read_modes (GstCaps * offered, const Mode * wanted)
{
  GArray *modes = g_array_new (FALSE, FALSE, sizeof (Mode));
  GstCaps *single = gst_caps_normalize (gst_caps_copy (offered));
  Mode mode;
  guint i;

  g_array_set_clear_func (modes, clear_mode);
  for (i = 0; i < gst_caps_get_size (single); i++)
    if (gst_caps_features_is_equal (gst_caps_get_features (single, i),
            GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY)
        && read_mode (gst_caps_get_structure (single, i), wanted, &mode))
      g_array_append_val (modes, mode);
  gst_caps_unref (single);
  return modes;
}

static gint
compare (gdouble a, gdouble b)
{
  return (a > b) - (a < b);
}

/* Greater than 0 if `a` is better than `b`: first by size within the requested one, then by
 * rate, size and format. */
static gint
compare_modes (const Mode * a, const Mode * b, const Mode * wanted,
    gdouble sufficient)
{
  const gboolean a_fits = a->width <= wanted->width
      && a->height <= wanted->height;
  const gboolean b_fits = b->width <= wanted->width
      && b->height <= wanted->height;
  const gint larger = compare ((gdouble) a->width * a->height,
      (gdouble) b->width * b->height);
  gint result = compare (a_fits, b_fits);

  if (result == 0)
    result = compare (MIN (a->rate, sufficient), MIN (b->rate, sufficient));
  if (result == 0)
    result = a_fits ? larger : -larger;
  if (result == 0)
    result = compare (a->preference, b->preference);
  if (result == 0)
    result = compare (ABS (b->rate - wanted->rate),
        ABS (a->rate - wanted->rate));
  return result;
}

static void
set_error (GError ** error, GArray * modes, const Mode * wanted)
{
  GString *sizes = g_string_new (NULL);
  gchar *size;
  guint i;

  for (i = 0; i < modes->len; i++) {
    const Mode *mode = &g_array_index (modes, Mode, i);
    size = g_strdup_printf (" %dx%d,", mode->width, mode->height);
    if (!strstr (sizes->str, size))
      g_string_append (sizes, size);
    g_free (size);
  }
  if (modes->len == 0)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "it offers neither raw video nor MJPEG; use another camera");
  else
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "it does not offer %dx%d; choose one of%.*s", wanted->width,
        wanted->height, (gint) sizes->len - 1, sizes->str);
  g_string_free (sizes, TRUE);
}

GstCaps *
mode_choose (GstCaps * offered, gint width, gint height, gint rate,
    GError ** error)
{
  const gdouble sufficient = rate ? rate : SUFFICIENT_RATE;
  const Mode wanted = {
    .width = width ? width : DEFAULT_WIDTH,
    .height = width ? height : DEFAULT_HEIGHT,
    .rate = rate ? rate : DEFAULT_RATE,
  };
  GArray *modes = read_modes (offered, &wanted);
  const Mode *best = NULL;
  GstCaps *caps = NULL;
  guint i;

  for (i = 0; i < modes->len; i++) {
    const Mode *mode = &g_array_index (modes, Mode, i);
    if ((width == 0 || (mode->width == width && mode->height == height))
        && (best == NULL
            || compare_modes (mode, best, &wanted, sufficient) > 0))
      best = mode;
  }
  if (best)
    caps = gst_caps_ref (best->caps);
  else
    set_error (error, modes, &wanted);
  g_array_unref (modes);
  return caps;
}

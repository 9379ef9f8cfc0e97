/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#define PATTERN(i) ((guint8) ((i) * 37 + 11))

GstVideoInfo
picture_info (const gchar * format, gint width, gint height)
{
  GstVideoInfo info;

  fail_unless (gst_video_info_set_format (&info,
          gst_video_format_from_string (format), width, height));
  GST_VIDEO_INFO_FPS_N (&info) = 25;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  return info;
}

/* --- samples --- */

static void
map (GstVideoFrame * frame, const GstVideoInfo * info, GstBuffer * buffer,
    GstMapFlags flags)
{
  fail_unless (gst_video_frame_map (frame, info, buffer, flags),
      "cannot map the frame");
}

static guint
n_colours (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_IS_GRAY (info) ? 1 : 3;
}

static gint
full_scale (const GstVideoFrame * frame, guint c)
{
  return (1 << GST_VIDEO_FRAME_COMP_DEPTH (frame, c)) - 1;
}

/* In GStreamer 1.22 the offset of P010's V is 1, within U's sample, instead of 2. */
static gint
offset_of (const GstVideoFrame * frame, guint c)
{
  const gint offset = GST_VIDEO_FRAME_COMP_POFFSET (frame, c);

  return GST_VIDEO_FRAME_COMP_DEPTH (frame, c) > 8 ? (offset + 1) / 2 * 2 :
      offset;
}

static guint8 *
sample_at (GstVideoFrame * frame, guint c, gint x, gint y)
{
  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame,
      GST_VIDEO_FRAME_COMP_PLANE (frame, c)) + offset_of (frame, c) +
      y * GST_VIDEO_FRAME_COMP_STRIDE (frame, c) +
      x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);
}

static gint
get_sample (GstVideoFrame * frame, guint c, gint x, gint y)
{
  const guint8 *sample = sample_at (frame, c, x, y);

  if (GST_VIDEO_FRAME_COMP_DEPTH (frame, c) == 8)
    return *sample;
  return GST_READ_UINT16_LE (sample) >>
      GST_VIDEO_FORMAT_INFO_SHIFT (frame->info.finfo, c);
}

/* Sets a sample to a part of full scale, rounded and clipped. */
static void
set_sample (GstVideoFrame * frame, guint c, gint x, gint y, gdouble value)
{
  const gint max = full_scale (frame, c);
  const gint word = (gint) (CLAMP (value, 0, 1) * max + 0.5);
  guint8 *sample = sample_at (frame, c, x, y);

  if (GST_VIDEO_FRAME_COMP_DEPTH (frame, c) == 8)
    *sample = (guint8) word;
  else
    GST_WRITE_UINT16_LE (sample,
        word << GST_VIDEO_FORMAT_INFO_SHIFT (frame->info.finfo, c));
}

#define FOR_EACH_SAMPLE(frame, c, x, y) \
  for (c = 0; c < n_colours (&(frame)->info); c++) \
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, c); y++) \
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (frame, c); x++)

/* --- pictures --- */

/* Default strides, and a pattern in all bytes. */
static GstBuffer *
new_frame (const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (GST_VIDEO_INFO_SIZE (info));
  GstMapInfo bytes;
  gsize i;

  fail_unless (gst_buffer_map (buffer, &bytes, GST_MAP_WRITE));
  for (i = 0; i < bytes.size; i++)
    bytes.data[i] = PATTERN (i);
  gst_buffer_unmap (buffer, &bytes);
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

static gdouble
wave (guint which, guint c, gdouble x, gdouble y)
{
  const gdouble angle = 0.4 + 2.4 * which + 0.9 * c;
  const gdouble along = (x * cos (angle) + y * sin (angle)) / (40 + 6 * c);
  const gdouble across = (y * cos (angle) - x * sin (angle)) / (55 - 7 * c);

  return 0.3 + 0.1 * sin (along + 2.1 * which) * cos (across + c);
}

static GstBuffer *
paint (const GstVideoInfo * info, guint which, gdouble right, gdouble down)
{
  GstBuffer *buffer = new_frame (info);
  GstVideoFrame frame;
  gint x, y;
  guint c;

  map (&frame, info, buffer, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y)
      set_sample (&frame, c, x, y, wave (which, c,
          right + (x << GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, c)),
          down + (y << GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, c))));
  gst_video_frame_unmap (&frame);
  return buffer;
}

GstBuffer *
picture_new (const GstVideoInfo * info, guint which)
{
  return paint (info, which, 0, 0);
}

GstBuffer *
picture_panned (const GstVideoInfo * info, gdouble right, gdouble down)
{
  return paint (info, 0, right, down);
}

GstBuffer *
picture_add_level (GstBuffer * buffer, const GstVideoInfo * info, gdouble level)
{
  GstVideoFrame frame;
  gint x, y;
  guint c;

  buffer = gst_buffer_make_writable (buffer);
  map (&frame, info, buffer, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y)
      set_sample (&frame, c, x, y, level +
      (gdouble) get_sample (&frame, c, x, y) / full_scale (&frame, c));
  gst_video_frame_unmap (&frame);
  return buffer;
}

GstBuffer *
picture_add_square (GstBuffer * buffer, const GstVideoInfo * info, gint left,
    gint top, gint size, gdouble level)
{
  GstVideoFrame frame;
  gint x, y;
  guint c;

  buffer = gst_buffer_make_writable (buffer);
  map (&frame, info, buffer, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y) {
    const gint column = x << GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, c);
    const gint row = y << GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, c);

    if (column >= left && column < left + size && row >= top
        && row < top + size)
      set_sample (&frame, c, x, y, level);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

GstBuffer *
picture_flat (const GstVideoInfo * info, gdouble level)
{
  GstBuffer *buffer = new_frame (info);
  GstVideoFrame frame;
  gint x, y;
  guint c;

  map (&frame, info, buffer, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y)
      set_sample (&frame, c, x, y, level);
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* --- noise --- */

/* Linear congruential generator of Numerical Recipes; the upper 32 bits are used. */
static guint32
next_random (guint64 * state)
{
  *state = *state * G_GUINT64_CONSTANT (6364136223846793005) +
      G_GUINT64_CONSTANT (1442695040888963407);
  return *state >> 32;
}

/* A table of normal deviates, as computing each one would take most of the tests' time. */
#define N_NORMALS (1 << 16)

static const gfloat *
normals (void)
{
  static gfloat table[N_NORMALS];
  guint64 state = 1;
  gint i;

  for (i = 0; table[N_NORMALS - 1] == 0 && i < N_NORMALS; i++) {
    const gdouble u = (next_random (&state) + 1.0) / 4294967296.0;
    const gdouble v = next_random (&state) / 4294967296.0;

    table[i] = sqrt (-2 * log (u)) * cos (2 * G_PI * v);
  }
  return table;
}

GstBuffer *
picture_add_noise (GstBuffer * buffer, const GstVideoInfo * info,
    gdouble sigma, guint seed)
{
  const gfloat *table = normals ();
  GstBuffer *noisy = gst_buffer_copy_deep (buffer);
  GstVideoFrame frame;
  guint64 state = seed * 7919 + 13;
  gint x, y;
  guint c;

  gst_buffer_unref (buffer);
  map (&frame, info, noisy, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y) {
    const gdouble noise = sigma / 255 * table[next_random (&state) % N_NORMALS];
    const gdouble value = get_sample (&frame, c, x, y);

    set_sample (&frame, c, x, y, value / full_scale (&frame, c) + noise);
  }
  gst_video_frame_unmap (&frame);
  return noisy;
}

GstBuffer *
picture_noisy (const GstVideoInfo * info, guint seed)
{
  return picture_add_noise (picture_new (info, 0), info, 20, seed);
}

/* --- comparing --- */

gdouble
picture_psnr (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info)
{
  gdouble worst = G_MAXDOUBLE;
  guint c, i, n;

  for (c = 0; c < n_colours (info); c++) {
    gdouble *samples_a = picture_samples (a, info, c, &n);
    gdouble *samples_b = picture_samples (b, info, c, &n);
    gdouble sum = 1e-12;

    for (i = 0; i < n; i++)
      sum += (samples_a[i] - samples_b[i]) * (samples_a[i] - samples_b[i]);
    worst = MIN (worst, -10 * log10 (sum / n));
    g_free (samples_a);
    g_free (samples_b);
  }
  return worst;
}

gboolean
picture_same_columns (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info,
    gint left, gint right)
{
  GstVideoFrame frame_a, frame_b;
  gboolean same = TRUE;
  gint x, y, column;
  guint c;

  map (&frame_a, info, a, GST_MAP_READ);
  map (&frame_b, info, b, GST_MAP_READ);
  FOR_EACH_SAMPLE (&frame_a, c, x, y) {
    column = x << GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, c);
    if (column >= left && column < right
        && get_sample (&frame_a, c, x, y) != get_sample (&frame_b, c, x, y))
      same = FALSE;
  }
  gst_video_frame_unmap (&frame_a);
  gst_video_frame_unmap (&frame_b);
  return same;
}

gboolean
picture_has_column (GstBuffer * buffer, const GstVideoInfo * info, gint column,
    gint level)
{
  const guint colours = GST_VIDEO_INFO_IS_RGB (info) ? 3 : 1;
  gboolean all = column >= 0 && column < GST_VIDEO_INFO_WIDTH (info);
  GstVideoFrame frame;
  guint c;
  gint y;

  map (&frame, info, buffer, GST_MAP_READ);
  for (c = 0; c < colours && all; c++)
    for (y = 0; y < GST_VIDEO_INFO_HEIGHT (info) && all; y++)
      all = get_sample (&frame, c, column, y) ==
          level << (GST_VIDEO_FRAME_COMP_DEPTH (&frame, c) - 8);
  gst_video_frame_unmap (&frame);
  return all;
}

/* A copy with all colour samples at 0. */
static GstBuffer *
without_colours (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstBuffer *copy = gst_buffer_copy_deep (buffer);
  GstVideoFrame frame;
  gint x, y;
  guint c;

  map (&frame, info, copy, GST_MAP_READWRITE);
  FOR_EACH_SAMPLE (&frame, c, x, y)
      set_sample (&frame, c, x, y, 0);
  gst_video_frame_unmap (&frame);
  return copy;
}

gboolean
picture_same_others (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info)
{
  GstBuffer *others_a = without_colours (a, info);
  GstBuffer *others_b = without_colours (b, info);
  const gboolean same = picture_same_bytes (others_a, others_b);

  gst_buffer_unref (others_a);
  gst_buffer_unref (others_b);
  return same;
}

gboolean
picture_same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo bytes;
  gboolean same;

  fail_unless (gst_buffer_map (a, &bytes, GST_MAP_READ));
  same = gst_buffer_get_size (b) == bytes.size
      && gst_buffer_memcmp (b, 0, bytes.data, bytes.size) == 0;
  gst_buffer_unmap (a, &bytes);
  return same;
}

gdouble *
picture_samples (GstBuffer * buffer, const GstVideoInfo * info,
    guint component, guint * n)
{
  GstVideoFrame frame;
  gdouble *samples;
  gint x, y;

  map (&frame, info, buffer, GST_MAP_READ);
  samples = g_new (gdouble, GST_VIDEO_FRAME_COMP_WIDTH (&frame, component) *
      GST_VIDEO_FRAME_COMP_HEIGHT (&frame, component));
  *n = 0;
  for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, component); y++)
    for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, component); x++)
      samples[(*n)++] = (gdouble) get_sample (&frame, component, x, y) /
          full_scale (&frame, component);
  gst_video_frame_unmap (&frame);
  return samples;
}

/* --- rows --- */

static gint
rows_of (const GstVideoInfo * info, guint plane)
{
  gint components[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (info->finfo, plane, components);
  return GST_VIDEO_INFO_COMP_HEIGHT (info, components[0]);
}

GstBuffer *
picture_padded (GstBuffer * buffer, const GstVideoInfo * info, guint padding)
{
  GstVideoInfo padded = *info;
  GstVideoFrame from, to;
  GstBuffer *copy;
  gsize size = 0;
  guint p;
  gint y;

  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    padded.stride[p] += padding;
    padded.offset[p] = size;
    size += (gsize) padded.stride[p] * rows_of (info, p);
  }
  GST_VIDEO_INFO_SIZE (&padded) = size;
  copy = new_frame (&padded);
  gst_buffer_add_video_meta_full (copy, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info), GST_VIDEO_INFO_N_PLANES (info),
      padded.offset, padded.stride);
  map (&from, info, buffer, GST_MAP_READ);
  map (&to, info, copy, GST_MAP_WRITE);
  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++)
    for (y = 0; y < rows_of (info, p); y++)
      memcpy ((guint8 *) to.data[p] + y * padded.stride[p],
          (guint8 *) from.data[p] + y * info->stride[p], info->stride[p]);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  return copy;
}

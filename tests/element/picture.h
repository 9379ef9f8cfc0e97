/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test pictures, independent of the code under test. */
#ifndef __PICTURE_H__
#define __PICTURE_H__

#include <gst/video/video.h>

GstVideoInfo picture_info (const gchar * format, gint width, gint height);

/* Large, smooth waves; bytes other than colour samples (alpha, padding) hold a pattern.
 * Pictures of different numbers are unrelated. */
GstBuffer *picture_new (const GstVideoInfo * info, guint which);

/* Picture 0, panned to the right and down. */
GstBuffer *picture_panned (const GstVideoInfo * info, gdouble right,
    gdouble down);

/* A flat picture; `level` relative to full scale. */
GstBuffer *picture_flat (const GstVideoInfo * info, gdouble level);

/* Returns a copy with white Gaussian noise of this standard deviation, on the scale of 0 to
 * 255. Takes the reference. */
GstBuffer *picture_add_noise (GstBuffer * frame, const GstVideoInfo * info,
    gdouble sigma, guint seed);

/* Adds a level, relative to full scale, to all colour samples. */
GstBuffer *picture_add_level (GstBuffer * frame, const GstVideoInfo * info,
    gdouble level);

/* Draws a square with all samples at this level, relative to full scale. */
GstBuffer *picture_add_square (GstBuffer * frame, const GstVideoInfo * info,
    gint left, gint top, gint size, gdouble level);

/* Picture 0 with noise of standard deviation 20. */
GstBuffer *picture_noisy (const GstVideoInfo * info, guint seed);

/* PSNR of the worst colour component, in dB. */
gdouble picture_psnr (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info);

/* Whether the colour samples of the luma columns [left, right) are equal. */
gboolean picture_same_columns (GstBuffer * a, GstBuffer * b,
    const GstVideoInfo * info, gint left, gint right);

/* Whether the luma samples of a column, or its red, green and blue ones, are all at this 8-bit
 * level, with zeros in further low bits. False for a column outside the picture. */
gboolean picture_has_column (GstBuffer * frame, const GstVideoInfo * info,
    gint column, gint level);

/* Whether the bytes other than colour samples are equal. */
gboolean picture_same_others (GstBuffer * a, GstBuffer * b,
    const GstVideoInfo * info);
gboolean picture_same_bytes (GstBuffer * a, GstBuffer * b);

/* A copy with strides larger by `padding` bytes, which hold a pattern. */
GstBuffer *picture_padded (GstBuffer * frame, const GstVideoInfo * info,
    guint padding);

/* The samples of a component relative to full scale; free with g_free(). */
gdouble *picture_samples (GstBuffer * frame, const GstVideoInfo * info,
    guint component, guint * n);

#endif

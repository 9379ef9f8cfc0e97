/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to test with. They owe nothing to the code under test. */
#ifndef __PICTURE_H__
#define __PICTURE_H__

#include <gst/video/video.h>

GstVideoInfo picture_info (const gchar * format, gint width, gint height);

/* Large, soft waves; the bytes that are no colour (alpha, padding) hold a pattern. Different
 * pictures have nothing in common. */
GstBuffer *picture_new (const GstVideoInfo * info, guint which);

/* The first one, as it is seen from further right and further down. */
GstBuffer *picture_panned (const GstVideoInfo * info, gdouble right,
    gdouble down);

/* All colour samples at this part of full scale. */
GstBuffer *picture_flat (const GstVideoInfo * info, gdouble level);

/* A copy of the frame, which it gives back, with white Gaussian noise of that deviation on the
 * scale of 0 to 255. */
GstBuffer *picture_add_noise (GstBuffer * frame, const GstVideoInfo * info,
    gdouble sigma, guint seed);

/* The frame with this part of full scale added to all colour samples. */
GstBuffer *picture_add_level (GstBuffer * frame, const GstVideoInfo * info,
    gdouble level);

/* The frame with a square on it the samples of which are at this part of full scale. */
GstBuffer *picture_add_square (GstBuffer * frame, const GstVideoInfo * info,
    gint left, gint top, gint size, gdouble level);

/* The usual frame: the first picture with strong noise. */
GstBuffer *picture_noisy (const GstVideoInfo * info, guint seed);

/* That of the worst colour component, in dB. */
gdouble picture_psnr (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info);

/* Whether the colour samples are the same whose column is in [left, right) of luma's. */
gboolean picture_same_columns (GstBuffer * a, GstBuffer * b,
    const GstVideoInfo * info, gint left, gint right);

/* Whether there is such a column and its luma samples (or red, green and blue ones) are all at
 * this level of 8 bits, with zeros below where there are more. */
gboolean picture_has_column (GstBuffer * frame, const GstVideoInfo * info,
    gint column, gint level);

/* Whether the bytes that are no colour are the same. */
gboolean picture_same_others (GstBuffer * a, GstBuffer * b,
    const GstVideoInfo * info);
gboolean picture_same_bytes (GstBuffer * a, GstBuffer * b);

/* A copy of the frame in rows that are longer by `padding` bytes, which hold a pattern. */
GstBuffer *picture_padded (GstBuffer * frame, const GstVideoInfo * info,
    guint padding);

/* All of one component's samples as parts of full scale; free with g_free(). */
gdouble *picture_samples (GstBuffer * frame, const GstVideoInfo * info,
    guint component, guint * n);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video encoders and the containers that hold their output. */
#ifndef FILM_CODEC_H
#define FILM_CODEC_H

#include <gst/gst.h>

#define CODEC_NAMES "h264, h265, vp9, av1 or ffv1"

gboolean codec_is_known (const gchar * codec);

/* Maximum bits per sample. */
guint codec_max_depth (const gchar * codec);

/* Encoder at constant quality (0..100) and its parser, as part of a pipeline description. */
gchar *codec_encoder_line (const gchar * codec, gint quality, gint threads);

/* Whether interlaced frames are coded as fields. */
gboolean codec_supports_interlaced (const gchar * codec);

/* Name of the encoder element. */
gchar *codec_encoder_element (const gchar * codec);

gboolean codec_is_lossless (const gchar * codec);

/* Whether odd widths and heights are possible with subsampled chroma. */
gboolean codec_supports_odd_sizes (const gchar * codec);

/* Output suffix, with dot: the source's if that container holds the codec, else .mkv. */
const gchar *codec_suffix (const gchar * codec, const gchar * source);

/* Muxer named "mux" for the suffix of `file`, as part of a pipeline description. NULL and an error
 * if the suffix is unknown or the container does not hold the codec. */
gchar *codec_muxer_line (const gchar * codec, const gchar * file,
    GError ** error);

/* Whether the name is that of a Matroska or WebM file. */
gboolean codec_is_matroska (const gchar * file);

#endif

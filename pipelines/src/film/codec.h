/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What films are encoded with, and what holds them. */
#ifndef FILM_CODEC_H
#define FILM_CODEC_H

#include <gst/gst.h>

#define CODEC_NAMES "h264, h265, vp9, av1 or ffv1"

gboolean codec_is_known (const gchar * codec);

/* How many bits a sample may have. */
guint codec_max_depth (const gchar * codec);

/* An encoder of constant quality, from 0 to 100, and its parser, as a part of a launch line. */
gchar *codec_encoder_line (const gchar * codec, gint quality, gint threads);

/* Whether the two fields of a frame can be encoded each by itself. */
gboolean codec_supports_interlaced (const gchar * codec);

/* Whether a picture may end in the middle of a chroma sample. */
gboolean codec_supports_odd_sizes (const gchar * codec);

/* The suffix, with its dot, of the usual file for this codec, where the source is such a file. */
const gchar *codec_suffix (const gchar * codec, const gchar * source);

/* The muxer of a file, told by its suffix, as a part of a launch line, with the name "mux". NULL
 * and an error if there is none for that suffix, or none that takes the codec. */
gchar *codec_muxer_line (const gchar * codec, const gchar * file,
    GError ** error);

/* Whether a file of that name is Matroska's. */
gboolean codec_is_matroska (const gchar * file);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codec delay of sound in Matroska files: a track plays so much earlier than its timestamps say. */
#ifndef TRANSCODE_MKV_CODEC_DELAY_H
#define TRANSCODE_MKV_CODEC_DELAY_H

#include <gst/gst.h>

/* CodecDelay of the track on that pad of a demuxer of `file`, which matroskademux applies to Opus
 * alone. 0: the track has none, or is Opus, or the file is of another kind. */
GstClockTime codec_delay_read (const gchar * file, GstPad * pad);

#endif

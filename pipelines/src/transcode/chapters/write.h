/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of MP4 and QuickTime files, which GStreamer's muxers do not write. */
#ifndef TRANSCODE_CHAPTERS_WRITE_H
#define TRANSCODE_CHAPTERS_WRITE_H

#include <gst/gst.h>

/* Makes the muxer write chapters; call before it starts. Muxers without support get them patched
 * into moov, which must precede the samples. Returns a description of what the format cannot hold;
 * NULL if it holds all. */
const gchar *chapters_write (GstElement * mux, GstToc * toc);

#endif

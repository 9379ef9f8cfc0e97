/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of MP4 and QuickTime files, which GStreamer's muxers do not write. */
#ifndef TRANSCODE_CHAPTERS_WRITE_H
#define TRANSCODE_CHAPTERS_WRITE_H

#include <gst/gst.h>

/* Lets the muxer write them, before it writes anything: if it does not do so itself, into the index
 * (moov), which is to come before the samples. What such a file does not hold of them; NULL: it
 * holds all. */
const gchar *chapters_write (GstElement * mux, GstToc * toc);

#endif

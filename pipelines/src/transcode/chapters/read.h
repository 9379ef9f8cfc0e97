/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of films: read from MP4 and QuickTime files and written to them, which GStreamer's
 * elements for those do not do. */
#ifndef TRANSCODE_CHAPTERS_H
#define TRANSCODE_CHAPTERS_H

#include <gst/gst.h>

/* Those of the list moov/udta/chpl or, where there is none, of a text track. NULL: there are none,
 * or the file is of another kind; with an error if they cannot be read. */
GstToc *chapters_read (const gchar * file, GError ** error);

/* What is between `from` and `to`, counted from there; NULL: there is none. */
GstToc *chapters_cut (GstToc * toc, GstClockTime from, GstClockTime to);

/* Lets the muxer write them, before it writes anything: if it does not do so itself, into the index
 * (moov), which is to come before the samples. What such a file does not hold of them; NULL: it
 * holds all. */
const gchar *chapters_write (GstElement * mux, GstToc * toc);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of MP4 and QuickTime files, which GStreamer's demuxer does not read. */
#ifndef TRANSCODE_CHAPTERS_READ_H
#define TRANSCODE_CHAPTERS_READ_H

#include <gst/gst.h>
#include <stdio.h>

/* Chapters from moov/udta/chpl (Nero) or else from a QuickTime text track. NULL if the file has
 * none or is of another type; NULL and an error if they are damaged. */
GstToc *chapters_read (const gchar * file, GError ** error);

/* Same for a seekable stream; `name` is used in the error. */
GstToc *chapters_parse (FILE * stream, const gchar * name, GError ** error);

#endif

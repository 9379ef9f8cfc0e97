/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of a part of a film. */
#ifndef TRANSCODE_CHAPTERS_TRIM_H
#define TRANSCODE_CHAPTERS_TRIM_H

#include <gst/gst.h>

/* Chapters between `from` and `to`, with times relative to `from`. NULL if there are none. */
GstToc *chapters_trim (GstToc * toc, GstClockTime from, GstClockTime to);

#endif

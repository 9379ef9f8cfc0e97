/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters of a part of a film. */
#ifndef TRANSCODE_CHAPTERS_TRIM_H
#define TRANSCODE_CHAPTERS_TRIM_H

#include <gst/gst.h>

/* What is between `from` and `to`, counted from there; NULL: there is none. */
GstToc *chapters_trim (GstToc * toc, GstClockTime from, GstClockTime to);

#endif

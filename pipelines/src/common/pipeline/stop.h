/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a pipeline, even of one that is stuck. */
#ifndef COMMON_PIPELINE_STOP_H
#define COMMON_PIPELINE_STOP_H

#include <gst/gst.h>

/* Sets the pipeline's state to NULL. If an element does not stop within ten seconds, the pipeline is
 * left as it is, and never freed: mp4mux waits for itself if its file for `faststart` cannot be
 * opened (GStreamer 1.22 to 1.28). FALSE then. */
gboolean pipeline_stop (GstElement * pipeline);

#endif

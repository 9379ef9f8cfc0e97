/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An element between two pads of the fuzzer's own. */
#ifndef __RIG_H__
#define __RIG_H__

#include "bytes.h"

#include <gst/video/video.h>

typedef struct
{
  GstElement *element;
  GstPad *src, *sink;
  GstBus *bus;
} Rig;

/* Initializes GStreamer and registers the elements; from then on a critical message ends the
 * process. */
void rig_init (void);

/* In PLAYING. */
Rig rig_new (const gchar * name);
void rig_free (Rig * rig);

/* A format that the elements take, and a size of up to `side` each way; interlaced or not. */
GstVideoInfo take_info (Bytes * b, gint side);

void rig_set_info (Rig * rig, const GstVideoInfo * info);

/* Takes the buffer. If that is an error, it must have been told in a message. */
GstFlowReturn rig_push (Rig * rig, GstBuffer * buffer);

/* Memory of exactly that size, with noise in it. */
GstMemory *take_memory (Bytes * b, gsize size);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipeline from a camera through zsdenoise to a window, a file and a virtual camera. */
#ifndef CAMERA_PIPELINE_H
#define CAMERA_PIPELINE_H

#include "camera/options.h"
#include "camera/recording.h"

typedef struct
{
  GstElement *element;
  GstElement *denoise;
  Recording *recording;         /* NULL: no recording */
  gint shown, dropped;          /* frames, atomic */
  gint undenoised;              /* frames among `shown` that passed unfiltered, atomic */
} CameraPipeline;

/* Opens source and outputs and builds the pipeline in state NULL. `again`: reconnecting after a
 * loss, so the recording continues in a new file. Returns NULL and an error of one sentence on
 * failure. */
CameraPipeline *pipeline_new (const CameraOptions * options, gboolean again,
    GError ** error);

/* Name of the source for messages, without passwords. Free with g_free(). */
gchar *pipeline_source_name (const CameraOptions * options);

/* Explains an error message of the pipeline in one sentence. NULL: the window was closed, which
 * is not an error. */
gchar *pipeline_explain_error (const CameraPipeline * pipeline,
    const CameraOptions * options, GstMessage * message);

/* Finishes the recording and stops the pipeline. */
void pipeline_free (CameraPipeline * pipeline);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline from a camera through zsdenoise to a window, a file and a virtual camera. */
#ifndef CAMERA_PIPELINE_H
#define CAMERA_PIPELINE_H

#include "camera/options.h"
#include "camera/recording.h"

typedef struct
{
  GstElement *element;
  GstElement *denoise;
  Recording *recording;         /* NULL: none */
  gint shown, dropped;          /* frames; atomic */
} CameraPipeline;

/* Opens everything and makes the pipeline, which does not play yet. `again`: the source had been
 * lost. NULL and an error with one sentence for the user if that cannot be done. */
CameraPipeline *pipeline_new (const CameraOptions * options, gboolean again,
    GError ** error);

/* Where video comes from, in words and without passwords. */
gchar *pipeline_source_name (const CameraOptions * options);

/* One sentence for an error message of the pipeline. NULL: nothing is wrong, the window has been
 * closed. */
gchar *pipeline_explain_error (const CameraPipeline * pipeline,
    const CameraOptions * options, GstMessage * message);

/* Brings a recording to its end and stops. */
void pipeline_free (CameraPipeline * pipeline);

#endif

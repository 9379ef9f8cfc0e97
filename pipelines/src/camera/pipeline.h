/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline from a camera through zsdenoise to a window, a file and a virtual camera. */
#ifndef VIEW_H
#define VIEW_H

#include "camera/options.h"
#include "camera/recording.h"

typedef struct
{
  GstElement *pipeline;
  GstElement *denoise;
  Recording *recording;         /* NULL: none */
  gint shown, dropped;          /* frames; atomic */
} View;

/* Opens everything and makes the pipeline, which does not play yet. `again`: the source had been
 * lost. NULL and an error with one sentence for the user if that cannot be done. */
View *view_new (const CameraOptions * options, gboolean again, GError ** error);

/* Where video comes from, in words and without passwords. */
gchar *view_source_name (const CameraOptions * options);

/* One sentence for an error message of the pipeline. NULL: nothing is wrong, the window has been
 * closed. */
gchar *view_explain (const View * view, const CameraOptions * options,
    GstMessage * message);

/* Brings a recording to its end and stops. */
void view_free (View * view);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user asks the camera program for. */
#ifndef CAMERA_OPTIONS_H
#define CAMERA_OPTIONS_H

#include <gst/gst.h>

typedef struct
{
  /* where video comes from: one of these; the first camera if none */
  gchar *device;
  gchar *rtsp;
  gchar *source;                /* a launch line */
  gboolean test;
  gint width, height, rate;     /* 0: what is best */

  gchar *profile;               /* NULL: the element's default */
  gdouble split;

  /* where it goes */
  gboolean no_window;
  gchar *virtual_device;
  gchar *record;

  gdouble seconds;              /* 0: without end */
} CameraOptions;

/* Reads the command line; FALSE and an error with one sentence if there is something wrong with it.
 * Initialises GStreamer. --help ends the program. */
gboolean camera_options_parse (CameraOptions * options, int *argc,
    char ***argv, GError ** error);

void camera_options_clear (CameraOptions * options);

#endif

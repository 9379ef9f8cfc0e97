/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of the camera program. */
#ifndef CAMERA_OPTIONS_H
#define CAMERA_OPTIONS_H

#include <gst/gst.h>

typedef struct
{
  /* sources, at most one; default: the first camera */
  gchar *device;
  gchar *rtsp;
  gchar *source;                /* launch line */
  gboolean test;
  gint width, height, rate;     /* 0: automatic */

  gchar *profile;               /* NULL: default of the element */
  gdouble strength, sigma;      /* of the properties */
  gdouble split;

  /* outputs */
  gboolean no_window;
  gchar *virtual_device;
  gchar *record;

  gdouble seconds;              /* run time; 0: unlimited */
} CameraOptions;

/* Reads the command line and initializes GStreamer. FALSE and an error of one sentence if an
 * option is invalid. --help ends the program. */
gboolean camera_options_parse (CameraOptions * options, int *argc,
    char ***argv, GError ** error);

void camera_options_clear (CameraOptions * options);

#endif

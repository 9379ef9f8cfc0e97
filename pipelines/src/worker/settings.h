/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of a worker, from its command line. */
#ifndef WORKER_SETTINGS_H
#define WORKER_SETTINGS_H

#include "picture/image-config.h"

#include <gst/gst.h>

/* Files of a job, in the current folder. */
#define WORKER_UPLOAD "upload"
#define WORKER_RESULT "result"
#define WORKER_VIEW_BEFORE "view-before"        /* the upload, in a format that browsers show */
#define WORKER_VIEW_AFTER "view-after"  /* the result, in a format that browsers show */

typedef struct
{
  gboolean landlock;            /* required, as there is no other sandbox */
  ImageConfig config;
  gchar *profile;
  gint strength;                /* per cent */
  gdouble sigma;                /* standard deviation of the noise, 0..255; 0: estimated */
  gchar *result;                /* file name */
  gint parent;                  /* process id of the server; 0: none */
  gint threads;
  gint memory;                  /* address space, MiB */
  gint seconds;                 /* processor time a thread */
  gint64 max_pixels;            /* of a picture */
  gint64 max_clip_pixels;       /* of a frame */
  gint max_clip_seconds;
} WorkerSettings;

/* Sets the properties of a zsdenoise element. */
void settings_apply (const WorkerSettings * settings, GstElement * filter);

#endif

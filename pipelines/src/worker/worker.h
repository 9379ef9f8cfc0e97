/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the worker share: it does one job of the server's in the current folder, where
 * the file is called "upload". */
#ifndef WORKER_H
#define WORKER_H

#include "picture/image-config.h"

#include <gst/gst.h>

typedef struct
{
  ImageConfig config;
  gchar *profile;
  gint strength;                /* per cent */
  gchar *result;                /* a name of a file */
  gint parent;                  /* the server's process; 0: there is none */
  gint threads;
  gint memory;                  /* MiB of address space */
  gint seconds;
  gint64 max_pixels, max_clip_pixels;
  gint max_clip_seconds;
} WorkerSettings;

#define WORKER_UPLOAD "upload"
#define WORKER_VIEW_BEFORE "view-before"
#define WORKER_VIEW_AFTER "view-after"

/* Gives up all that the job does not need, before the file is looked at. */
void sandbox_enter (const WorkerSettings * settings);

/* What goes to the server, as JSON in one line. -1: a number that is not known. */
void events_send_progress (const gchar * phase, gdouble part, gdouble loss,
    gdouble eta);
void events_send_result (gint width, gint height, guint frames, gdouble sigma);
void events_send_error (const gchar * sentence);

/* Keeps standard output for that: what libraries print goes nowhere. */
void events_take_stdout (void);

/* Gives the element zsdenoise its settings. */
void settings_apply (const WorkerSettings * settings, GstElement * filter);

/* The jobs. FALSE: an error, a sentence that begins with "it ". */
gboolean worker_picture (const WorkerSettings * settings, GError ** error);
gboolean worker_blend (const WorkerSettings * settings, GError ** error);
gboolean worker_clip (const WorkerSettings * settings, GError ** error);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user asks the server for. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "picture/image-config.h"

typedef struct
{
  gchar *address;
  gint port;                    /* 0: any that is free */
  gchar *state;                 /* a folder */
  ImageConfig config;

  gint workers;                 /* processes that denoise at the same time */
  gint queue;                   /* jobs that may wait */
  gint connections;

  /* of an upload */
  gint64 max_clip_bytes;        /* (max_bytes of the configuration: a picture's) */
  gint64 max_pixels;            /* of a picture */
  gint64 max_clip_pixels;       /* of a frame */
  gint max_clip_seconds;

  /* of a worker */
  gint memory;                  /* MiB */
  gint seconds;

  gint keep;                    /* minutes that a finished job stays */
  gint disk;                    /* MiB of all jobs: older ones go before their time */
  gint grace;                   /* seconds that jobs get at the end */
} ServeOptions;

/* Reads the command line and the configuration; FALSE and an error with one sentence if there is
 * something wrong with them. --help ends the program. */
gboolean serve_options_parse (ServeOptions * options, int *argc,
    char ***argv, GError ** error);

#endif

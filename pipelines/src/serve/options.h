/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of the server. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "picture/image-config.h"

typedef struct
{
  gchar *address;
  gint port;                    /* 0: any free port */
  gchar *state;                 /* folder of the jobs */
  ImageConfig config;

  gint workers;                 /* maximum number of running jobs */
  gint queue;                   /* maximum number of waiting jobs */
  gint connections;
  gint client_connections;      /* of them, those of one client address */
  gchar *proxy;                 /* address of a proxy; NULL: none */
  GStrv hosts;                  /* names of this server besides addresses and names without a dot */

  /* limits of an upload */
  gint64 max_clip_bytes;        /* of a clip; for pictures see config.max_bytes */
  gint64 max_pixels;            /* of a picture */
  gint64 max_clip_pixels;       /* of a frame of a clip */
  gint max_clip_seconds;

  /* limits of a worker */
  gint memory;                  /* address space, MiB */
  gint seconds;
  gboolean no_sandbox;          /* without bubblewrap */

  gint keep;                    /* minutes until a finished job is removed */
  gint disk;                    /* MiB of all jobs; the oldest are removed first */
  gint grace;                   /* seconds that running jobs have to finish at shutdown */
} ServeOptions;

/* Reads the command line and the configuration. FALSE and an error of one sentence if an option
 * is invalid. --help ends the program. */
gboolean serve_options_parse (ServeOptions * options, int *argc,
    char ***argv, GError ** error);

#endif

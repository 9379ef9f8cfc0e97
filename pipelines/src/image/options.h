/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user asks the program for pictures for. */
#ifndef IMAGE_OPTIONS_H
#define IMAGE_OPTIONS_H

#include "picture/image-config.h"

typedef struct
{
  ImageConfig config;
  gboolean sample;              /* the picture is the one shipped with the project */
  gdouble degree;               /* of the noise to add; 0: none */

  gchar *in;                    /* a file, a folder or a pattern */
  gchar *out;                   /* NULL: none is named */
  gchar *profile, *pairs;       /* NULL: the element's default */
  gdouble strength;
  gint jobs;
  gchar *report;                /* NULL: no report */
  gboolean overwrite;
} ImageOptions;

/* Reads the command line and the configuration; FALSE and an error with one sentence if there is
 * something wrong with them. Initialises GStreamer. --help ends the program. */
gboolean image_options_parse (ImageOptions * options, int *argc,
    char ***argv, GError ** error);

void image_options_clear (ImageOptions * options);

#endif

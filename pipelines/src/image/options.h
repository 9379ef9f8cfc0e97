/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of the image program. */
#ifndef IMAGE_OPTIONS_H
#define IMAGE_OPTIONS_H

#include "picture/image-config.h"

typedef struct
{
  ImageConfig config;
  gboolean sample;              /* the input is the sample of the project */
  gdouble degree;               /* noise to add, standard deviation of full scale; 0: none */

  GStrv in;                     /* files, folders or patterns */
  gboolean named;               /* on the command line, not by the key `image` */
  gchar *out;                   /* NULL: default folder */
  gboolean out_is_folder;       /* given by --out */
  gchar *profile, *pairs;       /* NULL: default of the element */
  gdouble strength, sigma;      /* of the properties */
  gint jobs;
  gchar *report;                /* folder; NULL: no report */
  gboolean overwrite;
  gboolean json, quiet;         /* output: an object a line; nothing but errors */
} ImageOptions;

/* Reads the command line and the configuration and initializes GStreamer. FALSE and an error of
 * one sentence if an option is invalid. --help ends the program. */
gboolean image_options_parse (ImageOptions * options, int *argc,
    char ***argv, GError ** error);

void image_options_clear (ImageOptions * options);

#endif

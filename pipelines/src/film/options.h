/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user asks the program for films for. */
#ifndef FILM_OPTIONS_H
#define FILM_OPTIONS_H

#include <gst/gst.h>

/* What the frames of the result depend on; kept in the manifest. */
typedef struct
{
  gchar *codec;
  gint quality;                 /* 0 (worst) to 100 */
  gchar *profile;               /* NULL: the element's default */
  gdouble strength, split;
  gchar *model;                 /* to begin with; NULL: the built-in one */
  gdouble start, end;           /* seconds of the source's; end 0: to its end */
  gdouble segment;              /* seconds at least from cut to cut; 0: no cut */
  gint threads;                 /* of a segment's task; 0: all cores, shared by the jobs */
} Settings;

typedef struct
{
  Settings settings;
  gchar **in;
  gchar *out;                   /* NULL: none is named */
  gboolean out_is_folder;       /* for each of many, or because --out says so */
  gint jobs;                    /* 0: as many as fit */
  gdouble preview;              /* seconds; 0: none */
  gboolean compare, dry_run, resume, overwrite, report;

  gchar *step;                  /* NULL: all of them */
  gint number;                  /* of the segment */
} Options;

/* Reads the command line; FALSE and an error of one sentence if there is something wrong with it.
 * Initialises GStreamer. --help ends the program. */
gboolean options_parse (Options * options, int *argc, char ***argv,
    GError ** error);

void options_clear (Options * options);
void settings_clear (Settings * settings);

#endif

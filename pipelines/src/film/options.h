/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command line of transcode. */
#ifndef FILM_OPTIONS_H
#define FILM_OPTIONS_H

#include <gst/gst.h>

/* Settings that the frames of the result depend on; stored in the manifest. */
typedef struct
{
  gchar *codec;
  gint quality;                 /* 0 (worst) to 100 */
  gchar *profile;               /* NULL: the element's default */
  gdouble strength;             /* of the property, 0..2 */
  gdouble sigma;                /* standard deviation of the noise, 0..255; 0: estimated */
  gdouble split;
  gchar *model;                 /* initial weights; NULL: the built-in ones */
  gdouble start, end;           /* seconds of the source; end 0: to its end */
  gdouble segment;              /* minimum length of a segment in seconds; 0: a single segment */
  gint threads;                 /* per segment; 0: an equal share of the processors */
} Settings;

typedef struct
{
  Settings settings;
  gchar **in;
  gchar *out;                   /* NULL: not given */
  gboolean out_is_folder;       /* with --out, or several inputs */
  gint jobs;                    /* segments at a time; 0: as many as fit */
  gdouble preview;              /* seconds; 0: off */
  gboolean compare, dry_run, resume, overwrite, report;

  gchar *step;                  /* NULL: all steps */
  gint number;                  /* of the segment, for --step segment */
} Options;

/* Parses the command line and initializes GStreamer. FALSE and an error of one sentence if it is
 * invalid. --help ends the program. */
gboolean options_parse (Options * options, int *argc, char ***argv,
    GError ** error);

void options_clear (Options * options);
/* Message about the first value out of range; NULL if all are valid, of a known codec. */
const gchar *settings_fault (const Settings * settings);

void settings_clear (Settings * settings);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of a film, by the files in its working directory. */
#ifndef CLUSTER_FILM_STATE_H
#define CLUSTER_FILM_STATE_H

#include <glib.h>

typedef struct
{
  gboolean cut, learned, joined;        /* nothing is learned from one or two frames */
  guint segments;
  GArray *missing;              /* numbers of unfinished segments: guint */
  guint damaged;                /* unfinished segments that were finished before */
} FilmState;

/* Reads the state. `checksums`: verifies finished segments by checksum, not just size. */
FilmState film_state_read (const gchar * out, gboolean checksums);

void film_state_clear (FilmState * state);

/* Number that grows with each finished step. */
guint film_state_progress (const FilmState * state);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a film is, by the files of its parts. */
#ifndef CLUSTER_FILM_STATE_H
#define CLUSTER_FILM_STATE_H

#include <glib.h>

typedef struct
{
  gboolean cut, learned, joined;        /* of a picture or two nothing is learned */
  guint segments;
  GArray *missing;              /* of guint, the numbers of the segments that are not done */
  guint damaged;                /* of these, segments that were done */
} FilmState;

/* With `checksums`, segments count as done only if their checksums are right. */
FilmState film_state_read (const gchar * out, gboolean checksums);

void film_state_clear (FilmState * state);

/* A measure that grows with what is done. */
guint film_state_progress (const FilmState * state);

#endif

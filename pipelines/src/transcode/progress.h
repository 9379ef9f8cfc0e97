/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress line of a run over one or several films. There is one terminal, so its state is static;
 * all functions belong to the main thread. */
#ifndef TRANSCODE_PROGRESS_H
#define TRANSCODE_PROGRESS_H

#include <glib.h>

/* Begins a run over that many films that are not done yet, of `bytes` in all. */
void progress_plan (guint films, guint64 bytes);

/* Begins a film of the run. */
void progress_film (const gchar * file);

/* Ends that film, which has so many bytes. */
void progress_film_end (guint64 bytes);

/* Shows what is being done with the film, such as "cutting". */
void progress_phase (const gchar * phase);

/* Shows how far the film is: `part` (0..1) of its `bytes`, at `rate` frames/s; `size` is that of
 * the result so far. */
void progress_part (gdouble part, guint64 bytes, gdouble rate, guint64 size);

#endif

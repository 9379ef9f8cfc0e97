/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line on the terminal that says how far the pictures are; without a terminal, one every ten
 * seconds on stderr. */
#ifndef IMAGE_PROGRESS_H
#define IMAGE_PROGRESS_H

#include "picture/filter.h"

typedef struct _Progress Progress;

/* For so many pictures; if `quiet`, no progress is shown. */
Progress *progress_new (guint pictures, gboolean quiet);
void progress_free (Progress * progress);

/* A picture begins. Any thread, as the next ones. */
void progress_begin (Progress * progress, const gchar * file);

/* Progress of the training on picture `index`. */
void progress_learn (Progress * progress, guint index, const gchar * file,
    const PictureProgress * learning);

/* That picture is done, or was `skipped`. Prints the lines, unless NULL: `out` to stdout, `err` to
 * stderr. */
void progress_done (Progress * progress, guint index, gboolean skipped,
    const gchar * out, const gchar * err);

#endif

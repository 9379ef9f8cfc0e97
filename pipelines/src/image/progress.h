/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line on the terminal that says how far the pictures are. */
#ifndef IMAGE_PROGRESS_H
#define IMAGE_PROGRESS_H

#include "picture/filter.h"

typedef struct _Progress Progress;

/* For so many pictures; without a terminal nothing is ever shown. */
Progress *progress_new (guint pictures);
void progress_free (Progress * progress);

/* Progress of the training on one of them. May be called by any thread, like the next one. */
void progress_learn (Progress * progress, const gchar * name,
    const PictureProgress * learning);

/* One of them is done: prints a line about it, to stderr where it failed. */
void progress_done (Progress * progress, const gchar * line, gboolean failed);

#endif

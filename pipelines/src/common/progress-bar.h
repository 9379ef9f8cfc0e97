/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line on the terminal that says how far a film is. */
#ifndef TRANSCODE_BAR_H
#define TRANSCODE_BAR_H

#include <glib.h>

/* Without a terminal nothing is ever shown. */
void bar_show_phase (const gchar * film, const gchar * phase);

/* So many of all frames, the last `fresh` of them in so many seconds, and how large they are by
 * now. */
void bar_show (guint64 frames, guint64 all, guint64 fresh, gdouble seconds,
    guint64 bytes);

void bar_clear (void);

#endif

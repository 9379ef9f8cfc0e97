/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress line on a terminal. Nothing is shown if stderr is not a terminal. */
#ifndef COMMON_PROGRESS_BAR_H
#define COMMON_PROGRESS_BAR_H

#include <glib.h>

/* Replaces the line by text, cut to the width of the terminal. */
void progress_bar_show_text (const gchar * text);

/* Replaces the line by a bar filled to `part` (0..1), followed by the name of a file (or NULL),
 * which is abbreviated if the terminal is narrow, and text, which is not. */
void progress_bar_show (gdouble part, const gchar * name, const gchar * text);

/* Clears the line before other output. */
void progress_bar_clear (void);

/* Measures how fast work advances. Initialise with {0}. */
typedef struct
{
  gint64 started;
  gdouble first;                /* part that was done then */
} ProgressClock;

/* Seconds left if the work, of which `part` (0..1) is done, goes on as it has since the first call.
 * Negative: unknown. */
gdouble progress_clock_left (ProgressClock * clock, gdouble part);

/* Time as 0:01:30. */
gchar *progress_time (gdouble seconds);

#endif

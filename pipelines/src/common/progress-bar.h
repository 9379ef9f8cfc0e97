/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress line on a terminal. Nothing is shown if stderr is not a terminal. */
#ifndef COMMON_PROGRESS_BAR_H
#define COMMON_PROGRESS_BAR_H

#include <glib.h>

/* Replaces the line by text, cut to 79 characters. */
void progress_bar_show_text (const gchar * text);

/* Replaces the line by a bar filled to `part` (0..1), followed by text. */
void progress_bar_show (gdouble part, const gchar * text);

/* Replaces the line by the name of a file and the phase of its processing. */
void progress_bar_show_phase (const gchar * file, const gchar * phase);

/* Clears the line before other output. */
void progress_bar_clear (void);

#endif

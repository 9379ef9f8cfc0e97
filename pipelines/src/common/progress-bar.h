/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Line of progress on the terminal that stderr is; nothing is shown without a terminal. */
#ifndef COMMON_PROGRESS_BAR_H
#define COMMON_PROGRESS_BAR_H

#include <glib.h>

/* Shows text in place of the last line, cut to 79 characters. */
void progress_bar_show_text (const gchar * text);

/* Shows a bar, `part` of which (0..1) is filled, and text behind it. */
void progress_bar_show (gdouble part, const gchar * text);

/* Shows what is being done with a file. */
void progress_bar_show_phase (const gchar * file, const gchar * phase);

/* Empties the line, for other output. */
void progress_bar_clear (void);

#endif

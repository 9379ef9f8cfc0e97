/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-C where no main loop runs. */
#ifndef COMMON_INTERRUPT_H
#define COMMON_INTERRUPT_H

#include <glib.h>

/* Has SIGINT and SIGTERM print the sentence and end the program at once with 130, unless they are
 * ignored. Replaces an earlier sentence; g_unix_signal_add() replaces both. */
void interrupt_catch (const gchar * sentence);

#endif

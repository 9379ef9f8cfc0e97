/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments behind "--". */
#ifndef COMMON_OPTIONS_ARGUMENTS_H
#define COMMON_OPTIONS_ARGUMENTS_H

/* Removes the "--" that GOptionContext leaves where the next argument begins with a dash. Call
 * after g_option_context_parse(). */
void arguments_drop_separator (int *argc, char **argv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option --version. */
#ifndef COMMON_OPTIONS_VERSION_H
#define COMMON_OPTIONS_VERSION_H

#include <glib.h>

/* Adds --version, which prints the names of program and project and the version, and exits. */
void version_add_option (GOptionContext * context);

#endif

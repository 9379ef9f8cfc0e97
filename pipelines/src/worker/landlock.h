/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of access to files. */
#ifndef WORKER_LANDLOCK_H
#define WORKER_LANDLOCK_H

#include <glib.h>

/* From here on, this process reads programs, libraries and GStreamer's plugins only, and writes to
 * the current folder only. FALSE: the kernel has no Landlock. */
gboolean landlock_enter (void);

#endif

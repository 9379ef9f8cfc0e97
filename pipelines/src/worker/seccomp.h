/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filter of system calls. */
#ifndef WORKER_SECCOMP_H
#define WORKER_SECCOMP_H

#include <glib.h>

/* From here on, system calls for network, other processes, namespaces, mounts and the kernel fail
 * with EPERM, and so does starting programs unless `exec`. FALSE: the filter cannot be set. */
gboolean seccomp_enter (gboolean exec);

#endif

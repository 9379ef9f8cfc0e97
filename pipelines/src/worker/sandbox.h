/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of a worker process that it sets itself. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include "worker/settings.h"

/* Makes the process end with the server, and drops privileges and resources that a job does not
 * need; a limit that cannot be set ends it. `exec`: it may start programs. Call before the upload
 * is opened and before there are threads. */
void sandbox_enter (const WorkerSettings * settings, gboolean exec);

#endif

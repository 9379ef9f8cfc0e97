/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits of a worker process. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include "worker/settings.h"

/* Makes the process leader of a group of its own that ends with the server, and drops privileges
 * and resources that a job does not need. Call before the upload is opened. */
void sandbox_enter (const WorkerSettings * settings);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Job for a clip. */
#ifndef WORKER_CLIP_H
#define WORKER_CLIP_H

#include "worker/settings.h"

/* Denoises the upload. FALSE: an error, a sentence that begins with "it ". */
gboolean worker_clip (const WorkerSettings * settings, GError ** error);

#endif

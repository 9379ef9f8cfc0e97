/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs for pictures. */
#ifndef WORKER_PICTURE_H
#define WORKER_PICTURE_H

#include "worker/settings.h"

/* Denoises the upload. FALSE: an error, a sentence that begins with "it ". */
gboolean worker_picture (const WorkerSettings * settings, GError ** error);

/* Blends the upload and its result according to the strength. */
gboolean worker_blend (const WorkerSettings * settings, GError ** error);

#endif

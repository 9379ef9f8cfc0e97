/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The four steps of transcoding a film. A step whose result exists does nothing. */
#ifndef TRANSCODE_STEPS_H
#define TRANSCODE_STEPS_H

#include "film/manifest.h"
#include "film/workdir.h"

/* Splits the video at keyframes into segment files. Creates and locks the working directory if
 * `lock` is not taken. */
gboolean step_cut (const Options * options, const gchar * in,
    const gchar * out, WorkdirLock * lock, GError ** error);

/* Trains a model on the middle of the film. */
gboolean step_learn (const gchar * workdir, GError ** error);

/* Denoises and encodes one segment. `report`: prints progress to stdout as lines of JSON. */
gboolean step_segment (const gchar * workdir, guint number, gboolean report,
    GError ** error);

/* Joins the segments with the other tracks of the source, and deletes the working directory. */
gboolean step_join (const gchar * workdir, WorkdirLock * lock, GError ** error);

#endif

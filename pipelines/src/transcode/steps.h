/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The four steps of a film; each does nothing where its result is there already. */
#ifndef TRANSCODE_STEPS_H
#define TRANSCODE_STEPS_H

#include "film/manifest.h"

/* Cuts the film's video at keyframes into files of their own. */
gboolean step_cut (const Options * options, const gchar * in,
    const gchar * out, GError ** error);

/* Lets a model learn from the middle of the film. */
gboolean step_learn (const gchar * workdir, GError ** error);

/* Denoises and encodes one segment. `report`: how far it is goes to stdout, a JSON object a line. */
gboolean step_segment (const gchar * workdir, guint number, gboolean report,
    GError ** error);

/* Makes the film of the segments and what else is in the source, and removes the parts. */
gboolean step_join (const gchar * workdir, GError ** error);

#endif

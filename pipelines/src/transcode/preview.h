/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done with a sample of a film, or without any. */
#ifndef TRANSCODE_PREVIEW_H
#define TRANSCODE_PREVIEW_H

#include "film/options.h"

/* Sets start and end to so many seconds of the film's middle. */
gboolean preview_select_middle (Settings * settings, const gchar * in,
    gdouble seconds, GError ** error);

/* Prints how many bits denoising saves: the middle is encoded twice at the same quality. */
gboolean preview_compare (const Options * options, const gchar * in,
    GError ** error);

/* Prints what is in the film and what would be done. */
gboolean preview_dry_run (const Options * options, const gchar * in,
    const gchar * out, GError ** error);

#endif

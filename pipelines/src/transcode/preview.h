/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that process a sample of the film, or nothing: --preview, --compare, --dry-run. */
#ifndef TRANSCODE_PREVIEW_H
#define TRANSCODE_PREVIEW_H

#include "film/options.h"

/* Sets start and end to the middle `seconds` of the film. */
gboolean preview_select_middle (Settings * settings, const gchar * in,
    gdouble seconds, GError ** error);

/* Prints how many bits denoising saves: encodes a sample of the middle with and without it. */
gboolean preview_compare (const Options * options, const gchar * in,
    GError ** error);

/* Prints the film's tracks and what would be done. */
gboolean preview_dry_run (const Options * options, const gchar * in,
    const gchar * out, GError ** error);

#endif

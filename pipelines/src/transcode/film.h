/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One film, all steps. */
#ifndef TRANSCODE_FILM_H
#define TRANSCODE_FILM_H

#include "film/options.h"

/* Makes `out` of `in`, and prints what came of it. Where it is there already it is left as it is:
 * TRUE, if others are to come or an earlier run is gone on with; else an error. */
gboolean film_transcode (const Options * options, const gchar * in,
    const gchar * out, GError ** error);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All steps of one film. */
#ifndef TRANSCODE_FILM_H
#define TRANSCODE_FILM_H

#include "film/options.h"

/* Transcodes `in` to `out` and prints a summary. An existing result is kept: that is TRUE when
 * resuming or with several films, else an error. */
gboolean film_transcode (const Options * options, const gchar * in,
    const gchar * out, GError ** error);

#endif

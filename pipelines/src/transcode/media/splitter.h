/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits the compressed video of a film into segment files that start at keyframes. */
#ifndef TRANSCODE_MEDIA_SPLITTER_H
#define TRANSCODE_MEDIA_SPLITTER_H

#include "film/manifest.h"

/* Splits the video of `file` into the working directory, and adds segments, caps and damage to the
 * manifest. FALSE and an error if it has no wanted frame or writing fails; segments written before
 * stay in the manifest. */
gboolean splitter_run (Manifest * manifest, const gchar * file,
    const gchar * workdir, GError ** error);

#endif

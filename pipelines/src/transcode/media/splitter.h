/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a film's compressed video, each of which begins at a keyframe. */
#ifndef TRANSCODE_MEDIA_SPLITTER_H
#define TRANSCODE_MEDIA_SPLITTER_H

#include "film/manifest.h"

/* Cuts what can be read of the video in `file` into files in the folder of parts, and tells the
 * manifest of them, of the video's caps, and whether it is damaged. FALSE: there is not one picture
 * that is wanted, or no room; segments that are made by then stay in the manifest. */
gboolean splitter_run (Manifest * manifest, const gchar * file,
    const gchar * workdir, GError ** error);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a film's frames only when one of them is decoded. */
#ifndef TRANSCODE_MEDIA_PROBE_FRAME_H
#define TRANSCODE_MEDIA_PROBE_FRAME_H

#include "film/manifest.h"

/* Decodes a frame, and sets `raw`, `depth` and `odd` of the manifest: which field comes first,
 * colours as the coded video has them, which demuxers' may be less than. FALSE: the film cannot be
 * decoded. */
gboolean probe_frame (Manifest * manifest, const gchar * workdir,
    GError ** error);

#endif

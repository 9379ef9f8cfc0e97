/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of the film that are known only after decoding. */
#ifndef TRANSCODE_MEDIA_PROBE_FRAME_H
#define TRANSCODE_MEDIA_PROBE_FRAME_H

#include "film/manifest.h"

/* Decodes a frame and sets the manifest's `raw_caps` (field order, colours), its
 * formats, `depth` and `odd_size`. FALSE if the film cannot be decoded. */
gboolean probe_frame (Manifest * manifest, const gchar * workdir,
    GError ** error);

#endif

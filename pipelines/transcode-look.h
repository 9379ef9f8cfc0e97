/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a film's frames only when one of them is decoded. */
#ifndef TRANSCODE_LOOK_H
#define TRANSCODE_LOOK_H

#include "transcode-manifest.h"

/* Caps, as a string, that say of decoded frames what decoders leave out: which field comes first, and
 * colours as the coded video has them, which demuxers' may be less than. NULL: the film cannot be decoded. */
gchar *look_at_frames (const Manifest * manifest, const gchar * parts,
    GError ** error);

#endif

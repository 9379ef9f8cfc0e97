/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of transport streams with lost packets. GStreamer drops each picture that a lost packet
 * belongs to, and with it those that refer to it; libavformat keeps what is there of it. */
#ifndef TRANSCODE_TS_REPAIR_H
#define TRANSCODE_TS_REPAIR_H

#include "film/manifest.h"

/* Makes the copy if packets are lost, and sets `repaired` of the manifest. FALSE and an error if
 * that fails. */
gboolean ts_repair (Manifest * manifest, const gchar * workdir,
    GError ** error);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets that are missing from MPEG transport streams, as weak reception leaves them. */
#ifndef TRANSCODE_TS_LOSSES_H
#define TRANSCODE_TS_LOSSES_H

#include <glib.h>

/* Sets `count` to the number of gaps in the packets' counters; 0 if the file is no transport
 * stream. Reads the whole file. FALSE and an error if it cannot be read. */
gboolean ts_losses_count (const gchar * file, guint64 * count, GError ** error);

#endif

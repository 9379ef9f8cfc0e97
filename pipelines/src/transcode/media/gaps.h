/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gaps: intervals without frames. */
#ifndef TRANSCODE_MEDIA_GAPS_H
#define TRANSCODE_MEDIA_GAPS_H

#include <glib.h>

/* Describes gaps as "1.20 to 3.40 s, 7.00 to 7.96 s"; NULL if there are none. `times` are the
 * presentation times of all frames (guint64, nanoseconds) and are sorted. Unless the film is known
 * to be `damaged`, gaps count only at a constant frame rate. */
gchar *gaps_describe (GArray * times, gboolean damaged);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From when to when a film has no pictures. */
#ifndef TRANSCODE_MEDIA_GAPS_H
#define TRANSCODE_MEDIA_GAPS_H

#include <glib.h>

/* The times of all its pictures, in nanoseconds, of type guint64; they are sorted. Where the film
 * is not known to be `damaged`, it has gaps only if its rate is constant. NULL: there is
 * no gap; otherwise like "1.20 to 3.40 s, 7.00 to 7.96 s". */
gchar *gaps_describe (GArray * times, gboolean damaged);

#endif

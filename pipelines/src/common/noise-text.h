/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Estimated noise as text. */
#ifndef COMMON_NOISE_TEXT_H
#define COMMON_NOISE_TEXT_H

#include <glib.h>

/* Text on standard deviations of 255: "noise found 8.1 of 255 in luma, 2.0 in chroma (moderate)". A
 * negative `chroma` is left out; NULL if `luma` is negative. */
gchar *noise_text (gdouble luma, gdouble chroma);

#endif

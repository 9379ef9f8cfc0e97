/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command-line options for how much noise is removed. */
#ifndef COMMON_OPTIONS_STRENGTH_H
#define COMMON_OPTIONS_STRENGTH_H

#include <gst/gst.h>

/* Entries of a GOptionEntry array, for two gdouble: the properties `strength` and `sigma` of
 * zsdenoise. */
#define STRENGTH_OPTIONS(strength, sigma) \
    {"strength", 0, 0, G_OPTION_ARG_DOUBLE, strength, \
        "Part of the noise to remove, 0 to 1 (1); up to 2: more, at the cost " \
        "of detail", "PART"}, \
    {"sigma", 0, 0, G_OPTION_ARG_DOUBLE, sigma, \
        "Standard deviation of the noise, of 255 (0: found)", "N"}

/* Message about the first invalid value; NULL if both are valid. */
const gchar *strength_options_fault (gdouble strength, gdouble sigma);

#endif

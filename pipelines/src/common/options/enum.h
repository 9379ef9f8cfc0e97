/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command-line options for enum properties of zsdenoise. */
#ifndef COMMON_OPTIONS_ENUM_H
#define COMMON_OPTIONS_ENUM_H

#include <gst/gst.h>

/* Checks that `value` is a nick of the enum property. On FALSE the error lists the valid nicks. */
gboolean enum_option_check (const gchar * property, const gchar * value,
    GError ** error);

#endif

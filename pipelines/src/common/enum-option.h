/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that are properties of zsdenoise with names for values. */
#ifndef COMMON_ENUM_OPTION_H
#define COMMON_ENUM_OPTION_H

#include <gst/gst.h>

/* Whether the property of that name has such a value; FALSE and an error that lists those it has. */
gboolean enum_option_check (const gchar * property, const gchar * value,
    GError ** error);

#endif

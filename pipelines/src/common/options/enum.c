/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/options/enum.h"

#include "common/pipeline/launch.h"

static void
set_error (GError ** error, const gchar * property, GEnumClass * values)
{
  GString *nicks = g_string_new (values->values[0].value_nick);
  guint i;

  for (i = 1; i < values->n_values; i++)
    g_string_append_printf (nicks, ", %s", values->values[i].value_nick);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--%s: give one of %s", property, nicks->str);
  g_string_free (nicks, TRUE);
}

gboolean
enum_option_check (const gchar * property, const gchar * value, GError ** error)
{
  GstElement *denoise = launch ("zsdenoise", GST_PARSE_FLAG_NONE, error);
  GEnumClass *values;
  gboolean known;

  if (denoise == NULL)
    return FALSE;
  values = G_PARAM_SPEC_ENUM (g_object_class_find_property
      (G_OBJECT_GET_CLASS (denoise), property))->enum_class;
  known = g_enum_get_value_by_nick (values, value) != NULL;
  if (!known)
    set_error (error, property, values);
  gst_object_unref (denoise);
  return known;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/job-name.h"

#include <string.h>

#define MAX_NAME 100            /* characters */

/* FALSE: a control character, or one that changes the direction of text. */
static gboolean
is_shown (gunichar c)
{
  const GUnicodeType type = g_unichar_type (c);

  return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT
      && type != G_UNICODE_LINE_SEPARATOR
      && type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

void
job_set_name (Job * job, const gchar * told)
{
  GString *name = g_string_new (NULL);
  const gchar *c;

  for (c = told; *c && g_utf8_strlen (name->str, -1) < MAX_NAME;
      c = g_utf8_next_char (c))
    if (*c == '/' || *c == '\\')
      g_string_truncate (name, 0);
    else if (is_shown (g_utf8_get_char (c)))
      g_string_append_unichar (name, g_utf8_get_char (c));
  g_free (job->name);
  job->name = g_string_free (name, name->len == 0);
}

gchar *
job_result_name (const Job * job)
{
  const gchar *dot = job->name ? strrchr (job->name, '.') : NULL;
  const gsize length = dot && dot > job->name ? (gsize) (dot - job->name) :
      job->name ? strlen (job->name) : 0;

  return g_strdup_printf ("%.*s%sdenoised.%s", (gint) length,
      job->name ? job->name : "", job->name ? "-" : "", job->media->extension);
}

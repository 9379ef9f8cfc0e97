/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/progress-bar.h"

#include <unistd.h>

#define BAR_WIDTH 20            /* characters */
#define LINE_WIDTH 79

void
progress_bar_show_text (const gchar * text)
{
  gchar *line;

  if (!isatty (STDERR_FILENO))
    return;
  line = g_utf8_substring (text, 0, MIN (LINE_WIDTH, g_utf8_strlen (text, -1)));
  g_printerr ("\r%*s\r%s", LINE_WIDTH, "", line);
  g_free (line);
}

void
progress_bar_show (gdouble part, const gchar * text)
{
  GString *line = g_string_new ("[");
  gint i;

  for (i = 0; i < BAR_WIDTH; i++)
    g_string_append_c (line, i < BAR_WIDTH * part ? '#' : '.');
  g_string_append_printf (line, "] %s", text);
  progress_bar_show_text (line->str);
  g_string_free (line, TRUE);
}

void
progress_bar_show_phase (const gchar * film, const gchar * phase)
{
  gchar *name = g_filename_display_basename (film);
  gchar *text = g_strdup_printf ("%s: %s", name, phase);

  progress_bar_show_text (text);
  g_free (text);
  g_free (name);
}

void
progress_bar_clear (void)
{
  progress_bar_show_text ("");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/progress-bar.h"

#include <unistd.h>

#define BAR 20                  /* characters */
#define LINE 79

static void
show (const gchar * text)
{
  gchar *line;

  if (!isatty (STDERR_FILENO))
    return;
  line = g_utf8_substring (text, 0, MIN (LINE, g_utf8_strlen (text, -1)));
  g_printerr ("\r%*s\r%s", LINE, "", line);
  g_free (line);
}

void
bar_clear (void)
{
  show ("");
}

void
bar_show_phase (const gchar * film, const gchar * phase)
{
  gchar *name = g_filename_display_basename (film);
  gchar *text = g_strdup_printf ("%s: %s", name, phase);

  show (text);
  g_free (text);
  g_free (name);
}

void
bar_show (guint64 frames, guint64 all, guint64 fresh, gdouble seconds,
    guint64 bytes)
{
  const gdouble part = all ? MIN (1.0, (gdouble) frames / (gdouble) all) : 0;
  const gdouble rate = seconds > 0 ? (gdouble) fresh / seconds : 0;
  const gint left = rate > 0 && all > frames ?
      (gint) ((gdouble) (all - frames) / rate) : 0;
  gchar *size = g_format_size (bytes);
  GString *text = g_string_new ("[");
  gint i;

  for (i = 0; i < BAR; i++)
    g_string_append_c (text, i < BAR * part ? '#' : '.');
  g_string_append_printf (text, "] %3.0f %%, %.1f frames/s, ", 100 * part,
      rate);
  if (rate > 0)
    g_string_append_printf (text, "%d:%02d:%02d left, ", left / 3600,
        left / 60 % 60, left % 60);
  g_string_append (text, size);
  show (text->str);
  g_string_free (text, TRUE);
  g_free (size);
}

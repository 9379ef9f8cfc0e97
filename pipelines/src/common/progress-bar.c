/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/progress-bar.h"

#include "common/clock.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_WIDTH 20            /* characters */
#define DEFAULT_WIDTH 80

/* Columns of the terminal that can be used without a line break. */
static guint
line_width (void)
{
  struct winsize size;

  return (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
      ? size.ws_col : DEFAULT_WIDTH) - 1;
}

static guint
text_width (const gchar * text)
{
  guint width = 0;

  for (; *text; text = g_utf8_next_char (text))
    width += g_unichar_iswide (g_utf8_get_char (text)) ? 2 : 1;
  return width;
}

/* The first or last characters of the text that fit `width`. */
static gchar *
cut (const gchar * text, guint width, gboolean last)
{
  glong from = 0, to = g_utf8_strlen (text, -1);
  gchar *part = g_strdup (text);

  while (text_width (part) > width) {
    g_free (part);
    if (last)
      from++;
    else
      to--;
    part = g_utf8_substring (text, from, to);
  }
  return part;
}

/* The name; if it does not fit, without its middle. Empty if there is no space. */
static gchar *
abbreviate (const gchar * name, guint width)
{
  gchar *head, *tail, *result;

  if (text_width (name) <= width)
    return g_strdup (name);
  if (width < 8)
    return g_strdup ("");
  head = cut (name, (width - 3) / 2, FALSE);
  tail = cut (name, (width - 2) / 2, TRUE);
  result = g_strconcat (head, "...", tail, NULL);
  g_free (tail);
  g_free (head);
  return result;
}

void
progress_bar_show_text (const gchar * text)
{
  gchar *line;

  if (!isatty (STDERR_FILENO))
    return;
  line = cut (text, line_width (), FALSE);
  g_printerr ("\r%*s\r%s", (gint) line_width (), "", line);
  g_free (line);
}

void
progress_bar_show (gdouble part, const gchar * name, const gchar * text)
{
  const guint needed = BAR_WIDTH + 3 + text_width (text);
  const guint width = line_width ();
  GString *line = g_string_new (NULL);
  gchar *shown = abbreviate (name ? name : "",
      width > needed + 2 ? width - needed - 2 : 0);
  gint i;

  if (needed <= width) {
    g_string_append_c (line, '[');
    for (i = 0; i < BAR_WIDTH; i++)
      g_string_append_c (line, i < BAR_WIDTH * part ? '#' : '.');
    g_string_append (line, "] ");
  }
  if (*shown)
    g_string_append_printf (line, "%s: ", shown);
  g_string_append (line, text);
  progress_bar_show_text (line->str);
  g_string_free (line, TRUE);
  g_free (shown);
}

void
progress_bar_clear (void)
{
  progress_bar_show_text ("");
}

gdouble
progress_clock_left (ProgressClock * clock, gdouble part)
{
  if (clock->started == 0) {
    clock->started = g_get_monotonic_time ();
    clock->first = part;
  }
  return part > clock->first ? clock_seconds_since (clock->started) *
      (1 - part) / (part - clock->first) : -1;
}

gchar *
progress_time (gdouble seconds)
{
  const guint whole = (guint) MIN (seconds + 0.5, G_MAXINT);

  return g_strdup_printf ("%u:%02u:%02u", whole / 3600, whole / 60 % 60,
      whole % 60);
}

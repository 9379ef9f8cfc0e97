/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/noise-text.h"

/* Standard deviations from which these words apply. */
static const struct
{
  gdouble from;
  const gchar *word;
} words[] = {
  {25, "very strong"},
  {12, "strong"},
  {5, "moderate"},
  {1.5, "weak"},
  {0.5, "very weak"},
  {0, "none to be seen"},
};

gchar *
noise_text (gdouble luma, gdouble chroma)
{
  const gdouble larger = MAX (luma, chroma);
  gsize i = 0;

  if (luma < 0)
    return NULL;
  while (larger < words[i].from)
    i++;
  if (chroma < 0)
    return g_strdup_printf ("noise found %.1f of 255 (%s)", luma,
        words[i].word);
  return
      g_strdup_printf ("noise found %.1f of 255 in luma, %.1f in chroma (%s)",
      luma, chroma, words[i].word);
}

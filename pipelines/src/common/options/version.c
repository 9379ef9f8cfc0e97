/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/options/version.h"

#include <stdlib.h>

static gboolean
print_version (const gchar * name G_GNUC_UNUSED,
    const gchar * value G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED,
    GError ** error G_GNUC_UNUSED)
{
  g_print ("%s (zsdenoise) " VERSION "\n", g_get_prgname ());
  exit (0);
}

void
version_add_option (GOptionContext * context)
{
  static const GOptionEntry entries[] = {
    {"version", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, print_version,
        "Print the version", NULL},
    G_OPTION_ENTRY_NULL
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

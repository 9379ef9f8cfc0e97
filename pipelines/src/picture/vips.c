/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/vips.h"

#include <string.h>

static GMutex vips_lock;

static void
ignore (const gchar * domain G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
    const gchar * message G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
}

gboolean
picture_vips_init (GError ** error)
{
  if (VIPS_INIT ("zsdenoise") != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "libvips cannot be used: %s", vips_error_buffer ());
    return FALSE;
  }
  /* Faults of a picture are returned as errors as well. */
  g_log_set_handler ("VIPS", G_LOG_LEVEL_WARNING, ignore, NULL);
  vips_cache_set_max (0);
  vips_concurrency_set (1);
  return TRUE;
}

void
picture_vips_lock (void)
{
  g_mutex_lock (&vips_lock);
  vips_error_clear ();
}

void
picture_vips_unlock (void)
{
  g_mutex_unlock (&vips_lock);
}

void
picture_vips_set_error (GError ** error, const gchar * what,
    const gchar * otherwise)
{
  gchar *text = vips_error_buffer_copy ();
  const gchar *colon, *reason;

  text[strcspn (text, "\n@")] = '\0';
  g_strchomp (text);
  /* libvips puts the name of its function in front of the reason. */
  colon = strstr (text, ": ");
  reason = colon ? colon + strspn (colon, ": ") : text;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what,
      *text ? reason : otherwise);
  g_free (text);
}

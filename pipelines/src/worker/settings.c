/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/settings.h"

void
settings_apply (const WorkerSettings * settings, GstElement * filter)
{
  gst_util_set_object_arg (G_OBJECT (filter), "profile", settings->profile);
  g_object_set (filter, "strength", settings->strength / 100.0, "sigma",
      settings->sigma, "n-threads", (guint) settings->threads, NULL);
  image_config_apply (&settings->config, G_OBJECT (filter));
}

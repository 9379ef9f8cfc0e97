/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsdenoise.h"
#include "gstzsnoise.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  gboolean ret = FALSE;

  ret |= GST_ELEMENT_REGISTER (zsdenoise, plugin);
  ret |= GST_ELEMENT_REGISTER (zsnoise, plugin);

  return ret;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, zsdenoise,
    "Denoises video by learning from the video itself (Zero-Shot Noise2Noise)",
    plugin_init, VERSION, "LGPL", BINARY_PACKAGE, PACKAGE_ORIGIN)

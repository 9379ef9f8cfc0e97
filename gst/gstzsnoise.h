/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_NOISE_H__
#define __GST_ZS_NOISE_H__

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_ZS_NOISE (gst_zs_noise_get_type ())
G_DECLARE_FINAL_TYPE (GstZsNoise, gst_zs_noise, GST, ZS_NOISE, GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE (zsnoise);

G_END_DECLS

#endif

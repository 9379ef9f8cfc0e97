/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_DENOISE_H__
#define __GST_ZS_DENOISE_H__

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_ZS_DENOISE (gst_zs_denoise_get_type ())
G_DECLARE_FINAL_TYPE (GstZsDenoise, gst_zs_denoise, GST, ZS_DENOISE,
    GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE (zsdenoise);

G_END_DECLS

#endif

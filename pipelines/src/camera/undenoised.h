/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CAMERA_UNDENOISED_H
#define CAMERA_UNDENOISED_H

#include <gst/gst.h>

/* Whether zsdenoise passed the frame unfiltered, as it does if the processor is too slow. */
gboolean frame_is_undenoised (GstBuffer * frame);

#endif

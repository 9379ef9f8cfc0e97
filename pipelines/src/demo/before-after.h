/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picture whose left half is a frame before denoising and whose right half the same frame after. */
#ifndef DEMO_BEFORE_AFTER_H
#define DEMO_BEFORE_AFTER_H

#include <gst/gst.h>

/* Writes the picture of two frames with these caps as PNG. */
gboolean before_after_write (GstBuffer * before, GstBuffer * after,
    GstCaps * caps, const gchar * file, GError ** error);

#endif

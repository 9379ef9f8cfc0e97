/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video devices of the system: /dev/videoN. */
#ifndef DEVICE_H
#define DEVICE_H

#include <gst/gst.h>

typedef enum
{
  DEVICE_CAMERA,
  DEVICE_VIRTUAL,               /* takes what others then see as a camera */
} DeviceKind;

/* The name that the device at `path` gives itself; NULL and an error where it is none of this kind
 * or cannot be opened. */
gchar *device_name (const gchar * path, DeviceKind kind, GError ** error);

/* The path of the first camera; NULL and an error if there is none that can be opened. */
gchar *device_first_camera (GError ** error);

/* What a camera offers. */
GstCaps *device_caps (const gchar * path);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/v4l2-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_DEVICES 64

static void
set_open_error (GError ** error, const gchar * path, V4l2DeviceKind kind)
{
  if (errno == EACCES || errno == EPERM)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
        "%s: permission denied; join the group video (sudo adduser "
        "%s video) and log in again", path, g_get_user_name ());
  else if (errno == EBUSY)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
        "%s is in use; end the program that uses it (fuser -v %s names it)",
        path, path);
  else if (kind == V4L2_DEVICE_VIRTUAL)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "%s: there is no such virtual camera; make one with: sudo apt install "
        "v4l2loopback-dkms; sudo modprobe v4l2loopback exclusive_caps=1", path);
  else
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "%s: there is no such camera (%s); see ls /dev/video*, or omit "
        "--device for the first one", path, g_strerror (errno));
}

gchar *
v4l2_device_name (const gchar * path, V4l2DeviceKind kind, GError ** error)
{
  const guint32 wanted = kind == V4L2_DEVICE_CAMERA
      ? V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE
      : V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE;
  struct v4l2_capability found = { 0 };
  const int fd = open (path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  guint32 able = 0;

  if (fd < 0) {
    set_open_error (error, path, kind);
    return NULL;
  }
  if (ioctl (fd, VIDIOC_QUERYCAP, &found) == 0)
    able = found.capabilities & V4L2_CAP_DEVICE_CAPS ? found.device_caps
        : found.capabilities;
  close (fd);
  if (able & wanted)
    return g_strndup ((const gchar *) found.card, sizeof (found.card));
  if (kind == V4L2_DEVICE_CAMERA)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s is not a camera; see ls /dev/video*, or omit --device for the "
        "first one", path);
  else
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s is not a virtual camera; give --virtual the device that "
        "v4l2loopback has made", path);
  return NULL;
}

gchar *
v4l2_device_first_camera (GError ** error)
{
  GError *closed = NULL;
  gint i;

  for (i = 0; i < MAX_DEVICES; i++) {
    gchar *path = g_strdup_printf ("/dev/video%d", i);
    GError *reason = NULL;
    gchar *name = v4l2_device_name (path, V4L2_DEVICE_CAMERA, &reason);

    if (name) {
      g_free (name);
      g_clear_error (&closed);
      return path;
    }
    if (closed == NULL && !g_error_matches (reason, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_NOT_FOUND)
        && !g_error_matches (reason, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_SETTINGS))
      closed = g_steal_pointer (&reason);
    g_clear_error (&reason);
    g_free (path);
  }
  if (closed)
    g_propagate_error (error, closed);
  else
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "there is no camera here (no /dev/video* is one); plug one in, or try "
        "--test or --rtsp URL");
  return NULL;
}

GstCaps *
v4l2_device_caps (const gchar * path)
{
  GstElement *source = gst_element_factory_make ("v4l2src", NULL);
  GstCaps *caps = NULL;
  GstPad *pad;

  if (source == NULL)
    return gst_caps_new_empty ();
  g_object_set (source, "device", path, NULL);
  if (gst_element_set_state (source, GST_STATE_READY) !=
      GST_STATE_CHANGE_FAILURE) {
    pad = gst_element_get_static_pad (source, "src");
    caps = gst_pad_query_caps (pad, NULL);
    gst_object_unref (pad);
  }
  gst_element_set_state (source, GST_STATE_NULL);
  gst_object_unref (source);
  return caps ? caps : gst_caps_new_empty ();
}

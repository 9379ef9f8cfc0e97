/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The choice among the modes that cameras offer. Prints TAP. */
#include "camera/mode.h"

#include <stdio.h>

/* As v4l2src describes a usual webcam: raw is slow at large sizes. */
#define WEBCAM \
    "video/x-raw,format=YUY2,width=640,height=480,framerate={30/1,15/1};" \
    "video/x-raw,format=YUY2,width=1280,height=720,framerate={10/1,5/1};" \
    "video/x-raw,format=YUY2,width=1920,height=1080,framerate=5/1;" \
    "image/jpeg,width=640,height=480,framerate={30/1,15/1};" \
    "image/jpeg,width=1280,height=720,framerate={60/1,30/1};" \
    "image/jpeg,width=1920,height=1080,framerate=30/1"
/* One that takes any size, as drivers for sensors do. */
#define STEPLESS \
    "video/x-raw,format={UYVY,NV12,RGB},width=[32,3840],height=[32,2160]," \
    "framerate=[1/1,60/1]"

static const struct
{
  const gchar *what, *offered;
  gint width, height, rate;
  const gchar *chosen;          /* or the start of the error */
} cases[] = {
  {"the largest that is fast enough", WEBCAM, 0, 0, 0,
      "image/jpeg,width=1280,height=720,framerate=30/1"},
  {"raw where it is fast enough", WEBCAM, 640, 480, 0,
      "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1"},
  {"larger than usual when asked for", WEBCAM, 1920, 1080, 0,
      "image/jpeg,width=1920,height=1080,framerate=30/1"},
  {"faster than usual when asked for", WEBCAM, 1280, 720, 60,
      "image/jpeg,width=1280,height=720,framerate=60/1"},
  {"raw where slow is enough", WEBCAM, 1280, 720, 10,
      "video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1"},
  {"a size that is not there", WEBCAM, 640, 48, 0,
      "it does not offer 640x48; choose one of 640x480, 1280x720, 1920x1080"},
  {"4:2:0 before others", STEPLESS, 0, 0, 0,
      "video/x-raw,format=NV12,width=1280,height=720,framerate=30/1"},
  {"any size of a range", STEPLESS, 800, 600, 50,
      "video/x-raw,format=NV12,width=800,height=600,framerate=50/1"},
  {"the smallest where all are large",
        "image/jpeg,width=3840,height=2160,framerate=30/1;"
        "image/jpeg,width=1920,height=1080,framerate=30/1", 0, 0, 0,
      "image/jpeg,width=1920,height=1080,framerate=30/1"},
  {"the fastest where all are slow",
        "video/x-raw,format=YUY2,width=1280,height=720,framerate=5/1;"
        "video/x-raw,format=YUY2,width=320,height=240,framerate=15/1", 0, 0, 0,
      "video/x-raw,format=YUY2,width=320,height=240,framerate=15/1"},
  {"colour before gray",
        "video/x-raw,format=GRAY8,width=640,height=480,framerate=30/1;"
        "image/jpeg,width=640,height=480,framerate=30/1", 0, 0, 0,
      "image/jpeg,width=640,height=480,framerate=30/1"},
  {"nothing that is known",
        "video/x-bayer,format=bggr,width=640,height=480,framerate=30/1", 0, 0,
      0, "it offers neither raw video nor MJPEG; use another camera"},
  {"nothing at all", "EMPTY", 0, 0, 0,
      "it offers neither raw video nor MJPEG; use another camera"},
};

static gboolean
check (gsize i)
{
  GstCaps *offered = gst_caps_from_string (cases[i].offered);
  GError *error = NULL;
  GstCaps *chosen = mode_choose (offered, cases[i].width, cases[i].height,
      cases[i].rate, &error);
  gboolean right;

  if (chosen) {
    gchar *text = gst_caps_to_string (chosen);
    GstCaps *expected = gst_caps_from_string (cases[i].chosen);
    right = expected && gst_caps_is_equal (chosen, expected);
    if (!right)
      printf ("# %s\n", text);
    g_clear_pointer (&expected, gst_caps_unref);
    g_free (text);
    gst_caps_unref (chosen);
  } else {
    right = g_str_equal (error->message, cases[i].chosen);
    if (!right)
      printf ("# %s\n", error->message);
    g_error_free (error);
  }
  gst_caps_unref (offered);
  return right;
}

int
main (int argc, char **argv)
{
  gsize i;

  gst_init (&argc, &argv);
  printf ("1..%u\n", (guint) G_N_ELEMENTS (cases));
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    printf ("%sok %u - %s\n", check (i) ? "" : "not ", (guint) i + 1,
        cases[i].what);
  return 0;
}

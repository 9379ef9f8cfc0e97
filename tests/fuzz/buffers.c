/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers of any size, in any number of pieces, that say where their planes are or do not, and
 * may be wrong. Whatever they are, no sample beside their memory is touched. */
#include "rig.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

enum
{
  MAX_FRAMES = 4, MAX_SIDE = 24
};

/* In up to three pieces. */
static GstBuffer *
take_buffer (Bytes * b, gsize size)
{
  GstBuffer *buffer = gst_buffer_new ();
  const gint pieces = take_from (b, 1, 3);
  gint i;

  for (i = 0; i < pieces; i++) {
    const gsize piece = i == pieces - 1 ? size : size / 3;

    gst_buffer_append_memory (buffer, take_memory (b, piece));
    size -= piece;
  }
  return buffer;
}

/* Small steps to either side of what they are usually, or anything. */
static gint
take_off (Bytes * b, gint usual)
{
  switch (take_from (b, 0, 5)) {
    case 0:
      return usual + take_from (b, -8, 8);
    case 1:
      return -usual;
    case 2:
      return take_from (b, 0, 4) * (G_MAXINT / 4);
    case 3:
      return take_from (b, -2000, 2000);
    default:
      return usual;
  }
}

static void
take_meta (Bytes * b, GstBuffer * buffer, const GstVideoInfo * info)
{
  gint stride[GST_VIDEO_MAX_PLANES] = { 0 };
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  GstVideoInfo other = *info;
  guint i;

  if (take_from (b, 0, 7) == 0)
    other = take_info (b, MAX_SIDE);
  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (&other); i++) {
    stride[i] = take_off (b, GST_VIDEO_INFO_PLANE_STRIDE (&other, i));
    offset[i] = take_off (b, GST_VIDEO_INFO_PLANE_OFFSET (&other, i));
  }
  gst_buffer_add_video_meta_full (buffer, take_from (b, 0, 1) ?
      GST_VIDEO_FRAME_FLAG_TFF : 0, GST_VIDEO_INFO_FORMAT (&other),
      GST_VIDEO_INFO_WIDTH (&other), GST_VIDEO_INFO_HEIGHT (&other),
      GST_VIDEO_INFO_N_PLANES (&other), offset, stride);
}

static GstFlowReturn
push_buffer (Bytes * b, Rig * rig, const GstVideoInfo * info)
{
  const gint size = GST_VIDEO_INFO_SIZE (info), off = take_off (b, size);
  GstBuffer *buffer = take_buffer (b, off >= 0 && off < 4 * size ? off : size);
  GstBuffer *other = NULL;
  const gint kind = take_from (b, 0, 15);
  GstFlowReturn flow;

  if (kind & 1)
    take_meta (b, buffer, info);
  if (kind & 2)
    GST_BUFFER_FLAG_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  if (kind & 4)
    GST_BUFFER_FLAG_SET (buffer, GST_VIDEO_BUFFER_FLAG_TFF);
  if (kind & 8)
    other = gst_buffer_ref (buffer);
  flow = rig_push (rig, buffer);
  gst_clear_buffer (&other);
  return flow;
}

int
LLVMFuzzerInitialize (int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
  rig_init ();
  return 0;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  Bytes b = { data, data + size };
  const gint kind = take_from (&b, 0, 3);
  Rig rig = rig_new (kind == 0 ? "zsnoise" : "zsdenoise");
  gint i;

  if (kind > 0)
    g_object_set (rig.element, "n-threads", 1, "hidden-channels", 2, "epochs",
        1, "temporal", kind > 1, NULL);
  for (i = 0; i < MAX_FRAMES && b.next < b.end; i++) {
    const GstVideoInfo info = take_info (&b, MAX_SIDE);

    rig_set_info (&rig, &info);
    while (take_from (&b, 0, 1) && b.next < b.end)
      push_buffer (&b, &rig, &info);
  }
  rig_free (&rig);
  return 0;
}

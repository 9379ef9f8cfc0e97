/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/filter.h"

#include "common/pipeline/launch.h"

#include <gst/video/video.h>

static void
set_no_memory (GError ** error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
      "there is not enough memory to process it");
}

/* --- frames --- */

static GstVideoFormat
format_for (VipsImage * image)
{
  const gboolean deep = vips_image_get_format (image) == VIPS_FORMAT_USHORT;

  if (vips_image_get_bands (image) == 1)
    return deep ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY8;
  return deep ? GST_VIDEO_FORMAT_RGBA64_LE : GST_VIDEO_FORMAT_RGB;
}

/* The picture as a video frame with the stride of libvips. 16-bit RGB gets an opaque alpha
 * channel, as GStreamer has no 16-bit RGB format without alpha. */
static GstBuffer *
to_buffer (VipsImage * colours, GstVideoInfo * info, GError ** error)
{
  const GstVideoFormat format = format_for (colours);
  const gint width = vips_image_get_width (colours);
  const gint height = vips_image_get_height (colours);
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 0 };
  VipsImage *filled = NULL;
  GstBuffer *buffer;
  void *samples;
  gsize size;

  if (!gst_video_info_set_format (info, format, width, height)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "it has %dx%d pixels, more than a video frame can have", width, height);
    return NULL;
  }
  if (format != GST_VIDEO_FORMAT_RGBA64_LE)
    filled = g_object_ref (colours);
  else
    vips_bandjoin_const1 (colours, &filled, 65535, NULL);
  samples = filled ? vips_image_write_to_memory (filled, &size) : NULL;
  g_clear_object (&filled);
  if (samples == NULL) {
    set_no_memory (error);
    return NULL;
  }
  buffer = gst_buffer_new_wrapped (samples, size);
  stride[0] = width * GST_VIDEO_INFO_COMP_PSTRIDE (info, 0);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, format,
      width, height, 1, offset, stride);
  return buffer;
}

/* Copies the frame to a picture of the size and format of `colours`. */
static VipsImage *
to_picture (GstSample * sample, VipsImage * colours)
{
  const gint bands = vips_image_get_bands (colours);
  const gint channels = format_for (colours) == GST_VIDEO_FORMAT_RGBA64_LE ?
      4 : bands;
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  VipsImage *frame = NULL, *result = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return NULL;
  if (map.size == VIPS_IMAGE_N_PELS (colours) * channels *
      vips_format_sizeof (vips_image_get_format (colours)))
    frame = vips_image_new_from_memory_copy (map.data, map.size,
        vips_image_get_width (colours), vips_image_get_height (colours),
        channels, vips_image_get_format (colours));
  gst_buffer_unmap (buffer, &map);
  if (frame)
    vips_extract_band (frame, &result, 0, "n", bands, NULL);
  g_clear_object (&frame);
  return result;
}

/* --- the pipeline --- */

static void
report_progress (const GstStructure * structure,
    const PictureObserver * observer)
{
  PictureProgress progress = { 0 };

  if (observer == NULL
      || !gst_structure_get (structure, "steps", G_TYPE_UINT, &progress.steps,
          "loss", G_TYPE_DOUBLE, &progress.loss, NULL))
    return;
  /* The message zsdenoise-trained has no field step: training is complete. */
  progress.step = progress.steps;
  gst_structure_get (structure, "step", G_TYPE_UINT, &progress.step,
      "eta", G_TYPE_DOUBLE, &progress.eta, NULL);
  observer->progress (&progress, observer->user);
}

/* Handles messages until the end of the stream or an error; returns whether it is the end. If the
 * frame was not accepted (`pushed` is FALSE), the error has been posted already. */
static gboolean
wait_for_end (GstElement * pipeline, gboolean pushed,
    const PictureObserver * observer, GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessageType type = GST_MESSAGE_ELEMENT;
  GError *fault = NULL;

  while (type == GST_MESSAGE_ELEMENT) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus,
        pushed ? GST_CLOCK_TIME_NONE : 0,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    if (message == NULL)
      break;
    type = GST_MESSAGE_TYPE (message);
    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &fault, NULL);
      g_propagate_error (error, fault);
    } else if (type == GST_MESSAGE_ELEMENT) {
      report_progress (gst_message_get_structure (message), observer);
    }
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  return type == GST_MESSAGE_EOS;
}

static GstElement *
make_pipeline (GstElement * filter, GstElement ** in, GstElement ** out,
    GError ** error)
{
  GstElement *pipeline = gst_pipeline_new (NULL);

  *in = launch ("appsrc format=time", GST_PARSE_FLAG_NONE, error);
  *out = *in ? launch ("appsink sync=false wait-on-eos=false",
      GST_PARSE_FLAG_NONE, error) : NULL;
  if (*out == NULL) {
    gst_clear_object (in);
    gst_object_unref (pipeline);
    return NULL;
  }
  gst_bin_add_many (GST_BIN (pipeline), *in, filter, *out, NULL);
  gst_element_link_many (*in, filter, *out, NULL);
  return pipeline;
}

/* Sends a frame through an element; takes the frame. */
static GstSample *
send (GstBuffer * buffer, const GstVideoInfo * info, GstElement * filter,
    const PictureObserver * observer, GError ** error)
{
  GstElement *in, *out, *pipeline = make_pipeline (filter, &in, &out, error);
  GstSample *sample = NULL;
  GstFlowReturn flow;
  GstCaps *caps;

  if (pipeline == NULL) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  caps = gst_video_info_to_caps (info);
  g_object_set (in, "caps", caps, NULL);
  gst_caps_unref (caps);
  GST_BUFFER_PTS (buffer) = 0;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (in, "push-buffer", buffer, &flow);
  gst_buffer_unref (buffer);
  if (flow == GST_FLOW_OK)
    g_signal_emit_by_name (in, "end-of-stream", &flow);
  if (wait_for_end (pipeline, flow == GST_FLOW_OK, observer, error))
    g_signal_emit_by_name (out, "try-pull-sample", (guint64) 0, &sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (pipeline), filter);
  gst_object_unref (pipeline);
  return sample;
}

static VipsImage *
filter_colours (VipsImage * colours, GstElement * filter,
    const PictureObserver * observer, GError ** error)
{
  VipsImage *result = NULL;
  GError *fault = NULL;
  GstSample *sample;
  GstBuffer *buffer;
  GstVideoInfo info;

  buffer = to_buffer (colours, &info, error);
  if (buffer == NULL)
    return NULL;
  sample = send (buffer, &info, filter, observer, &fault);
  if (sample) {
    result = to_picture (sample, colours);
    gst_sample_unref (sample);
  }
  if (fault)
    g_propagate_error (error, fault);
  else if (result == NULL)
    set_no_memory (error);
  return result;
}

/* --- pictures --- */

/* Whether R, G and B are equal in every pixel. */
static gboolean
is_gray (VipsImage * picture)
{
  VipsImage *first = NULL, *others = NULL, *same = NULL;
  gdouble least = 0;

  if (vips_image_get_bands (picture) < 3)
    return TRUE;
  if (vips_extract_band (picture, &first, 0, NULL) == 0
      && vips_extract_band (picture, &others, 1, "n", 2, NULL) == 0
      && vips_equal (others, first, &same, NULL) == 0)
    vips_min (same, &least, NULL);
  g_clear_object (&first);
  g_clear_object (&others);
  g_clear_object (&same);
  return least > 0;
}

/* The picture with its colour bands replaced by `colours`; one band replaces all three. */
static VipsImage *
replace_colours (VipsImage * picture, VipsImage * colours)
{
  const gint bands = vips_image_get_bands (picture);
  const gint all = bands - vips_image_hasalpha (picture);
  const gboolean one = vips_image_get_bands (colours) == 1;
  VipsImage *joined[4] = { NULL }, *samples = NULL, *lazy = NULL;
  VipsImage *result = NULL;
  gint i;

  for (i = 0; i < bands; i++)
    vips_extract_band (i < all ? colours : picture, &joined[i],
        i < all && one ? 0 : i, NULL);
  /* Inserting over the original keeps its metadata. */
  if (joined[bands - 1]
      && vips_bandjoin (joined, &samples, bands, NULL) == 0
      && vips_insert (picture, samples, &lazy, 0, 0, NULL) == 0)
    result = vips_image_copy_memory (lazy);
  for (i = 0; i < bands; i++)
    g_clear_object (&joined[i]);
  g_clear_object (&samples);
  g_clear_object (&lazy);
  return result;
}

VipsImage *
picture_filter (VipsImage * picture, GstElement * filter,
    const PictureObserver * observer, GError ** error)
{
  VipsImage *colours = NULL, *filtered, *result;

  if (vips_extract_band (picture, &colours, 0, "n", is_gray (picture) ? 1 : 3,
          NULL) != 0) {
    set_no_memory (error);
    return NULL;
  }
  filtered = filter_colours (colours, filter, observer, error);
  g_object_unref (colours);
  if (filtered == NULL)
    return NULL;
  result = replace_colours (picture, filtered);
  g_object_unref (filtered);
  if (result == NULL)
    set_no_memory (error);
  return result;
}

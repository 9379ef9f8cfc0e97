/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every raw format of the GStreamer in use, in the terms of its own unpack and pack functions. */
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

/* Formats that are not taken, and why. */
static const struct
{
  const gchar *name, *reason;
} refused[] = {
  {"RGB8P", "its samples are indices of a palette"},
};

static const struct
{
  gint width, height;
} sizes[] = { {3, 5}, {64, 48}, {385, 289} };

/* Width of pictures with enough samples to tell noise from content, and the least gain, in dB. */
#define LARGE 64
#define GAIN 1

#define N_FRAMES 2

/* --- pictures --- */

/* All pixels of a picture, in the four 16-bit samples of GStreamer's unpacked formats: alpha
 * first. */
typedef struct
{
  gint width, height;
  guint16 *samples;
} Pixels;

static gboolean
has_words (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_DEPTH (gst_video_format_get_info
      (info->finfo->unpack_format), 0) == 16;
}

static guint
n_colours (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_IS_GRAY (info) ? 1 : 3;
}

static GstVideoPackFlags
flags_for (const GstVideoInfo * info)
{
  return GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE * has_words (info) |
      (GST_VIDEO_INFO_IS_INTERLACED (info) ? GST_VIDEO_PACK_FLAG_INTERLACED :
      GST_VIDEO_PACK_FLAG_NONE);
}

static Pixels
pixels_new (const GstVideoInfo * info)
{
  const gint width = GST_VIDEO_INFO_WIDTH (info);
  const gint height = GST_VIDEO_INFO_HEIGHT (info);

  return (Pixels) {
  width, height, g_new0 (guint16, 4 * width * height)};
}

static Pixels
unpack (GstBuffer * buffer, const GstVideoInfo * info)
{
  Pixels p = pixels_new (info);
  guint16 *row = g_new0 (guint16, 4 * p.width + 256);
  GstVideoFrame frame;
  gint x, y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < p.height; y++) {
    guint16 *to = p.samples + 4 * p.width * y;

    info->finfo->unpack_func (info->finfo, flags_for (info), row, frame.data,
        frame.info.stride, 0, y, p.width);
    for (x = 0; x < 4 * p.width; x++)
      to[x] = has_words (info) ? row[x] : ((guint8 *) row)[x] * 257;
  }
  gst_video_frame_unmap (&frame);
  g_free (row);
  return p;
}

/* Bytes after a frame that GStreamer's own functions may write to: one row. */
#define SPARE 4096

static GstBuffer *
pack (const Pixels * p, const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (GST_VIDEO_INFO_SIZE (info) +
      SPARE);
  guint16 *row = g_new0 (guint16, 4 * p->width + 256);
  GstVideoFrame frame;
  gint x, y;

  gst_buffer_memset (buffer, 0, 0, GST_VIDEO_INFO_SIZE (info));
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (y = 0; y < p->height; y++) {
    const guint16 *from = p->samples + 4 * p->width * y;

    for (x = 0; x < 4 * p->width; x++)
      if (has_words (info))
        row[x] = from[x];
      else
        ((guint8 *) row)[x] = from[x] >> 8;
    info->finfo->pack_func (info->finfo, flags_for (info), row, 0, frame.data,
        frame.info.stride, GST_VIDEO_CHROMA_SITE_UNKNOWN, y, p->width);
  }
  gst_video_frame_unmap (&frame);
  g_free (row);
  gst_buffer_set_size (buffer, GST_VIDEO_INFO_SIZE (info));
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

static gdouble
normal (GRand * random)
{
  return sqrt (-2 * log (1 - g_rand_double (random))) *
      cos (2 * G_PI * g_rand_double (random));
}

/* Smooth waves with noise of this deviation, 0..255. */
static GstBuffer *
waves (const GstVideoInfo * info, gdouble sigma, guint32 seed)
{
  GRand *random = g_rand_new_with_seed (seed);
  Pixels p = pixels_new (info);
  GstBuffer *buffer;
  gint x, y, c;

  for (y = 0; y < p.height; y++)
    for (x = 0; x < p.width; x++)
      for (c = 0; c < 4; c++) {
        const gdouble level = 0.45 + 0.2 * sin (x / (21.0 + 4 * c)) *
            cos (y / (17.0 + 3 * c));
        const gdouble noise = c > 0 ? sigma / 255 * normal (random) : 0;

        p.samples[4 * (y * p.width + x) + c] =
            CLAMP (level + noise, 0, 1) * 65535 + 0.5;
      }
  buffer = pack (&p, info);
  g_free (p.samples);
  g_rand_free (random);
  return buffer;
}

/* PSNR of the worst colour, in dB. */
static gdouble
psnr_of (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info)
{
  Pixels p = unpack (a, info), q = unpack (b, info);
  gdouble worst = G_MAXDOUBLE;
  gint c, i;

  for (c = 1; c <= (gint) n_colours (info); c++) {
    gdouble sum = 1e-12;

    for (i = c; i < 4 * p.width * p.height; i += 4) {
      const gdouble d = (p.samples[i] - q.samples[i]) / 65535.0;

      sum += d * d;
    }
    worst = MIN (worst, -10 * log10 (sum / (p.width * p.height)));
  }
  g_free (p.samples);
  g_free (q.samples);
  return worst;
}

/* Significant bits of a sample: the others of P012 and its like are unpacked as they are. */
static gint
depth_of (const GstVideoInfo * info)
{
  return has_words (info) ? GST_VIDEO_INFO_COMP_DEPTH (info, 0) : 16;
}

/* Whether the samples from `first` to `last` of all pixels are equal. */
static gboolean
same_samples (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info,
    gint first, gint last)
{
  Pixels p = unpack (a, info), q = unpack (b, info);
  gboolean same = TRUE;
  gint i;

  for (i = 0; i < 4 * p.width * p.height; i++)
    if (i % 4 >= first && i % 4 <= last)
      same = same
          && (p.samples[i] ^ q.samples[i]) >> (16 - depth_of (info)) == 0;
  g_free (p.samples);
  g_free (q.samples);
  return same;
}

/* --- the table --- */

static const gchar *
reason_for (const gchar * name)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    if (g_str_equal (refused[i].name, name))
      return refused[i].reason;
  return NULL;
}

static GstBuffer *
random_bytes (const GstVideoInfo * info, guint32 seed)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (GST_VIDEO_INFO_SIZE (info));
  GRand *random = g_rand_new_with_seed (seed);
  GstMapInfo bytes;
  gsize i;

  fail_unless (gst_buffer_map (buffer, &bytes, GST_MAP_WRITE));
  for (i = 0; i < bytes.size; i++)
    bytes.data[i] = g_rand_int (random);
  gst_buffer_unmap (buffer, &bytes);
  g_rand_free (random);
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

/* With strength 0 every bit stays; where the original is shown, every sample. */
static void
check_untouched (GstHarness * h, const GstVideoInfo * info)
{
  GstBuffer *in = random_bytes (info, 7), *out;

  g_object_set (h->element, "strength", 0.0, NULL);
  out = filtered (h, gst_buffer_ref (in));
  fail_unless (picture_same_bytes (in, out), "%s: strength 0",
      GST_VIDEO_INFO_NAME (info));
  gst_buffer_unref (out);
  g_object_set (h->element, "strength", 1.0, "split", 1.0, NULL);
  out = filtered (h, gst_buffer_copy_deep (in));
  fail_unless (same_samples (in, out, info, 0, 3), "%s: split 1",
      GST_VIDEO_INFO_NAME (info));
  gst_buffer_unref (out);
  gst_buffer_unref (in);
  g_object_set (h->element, "split", 0.0, NULL);
}

static void
check_gain (GstHarness * h, const GstVideoInfo * info)
{
  GstBuffer *clean = waves (info, 0, 0), *in, *out;
  gdouble before = 0, after = 0;
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    in = waves (info, 20, 11 + i);
    out = filtered (h, gst_buffer_copy_deep (in));
    before = psnr_of (in, clean, info);
    after = psnr_of (out, clean, info);
    fail_unless (same_samples (in, out, info, 0, 0), "%s: alpha",
        GST_VIDEO_INFO_NAME (info));
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  gst_buffer_unref (clean);
  if (GST_VIDEO_INFO_WIDTH (info) >= LARGE)
    fail_unless (after > before + GAIN, "%s, %dx%d: from %.2f to %.2f dB",
        GST_VIDEO_INFO_NAME (info), GST_VIDEO_INFO_WIDTH (info),
        GST_VIDEO_INFO_HEIGHT (info), before, after);
}

/* A standard deviation of a tenth of full scale, in each colour. */
static void
check_noise (GstHarness * h, const GstVideoInfo * info)
{
  GstBuffer *clean = waves (info, 0, 0), *out;
  gdouble psnr;

  g_object_set (h->element, "degree", 0.1, NULL);
  out = filtered (h, gst_buffer_copy_deep (clean));
  psnr = psnr_of (out, clean, info);
  fail_unless (same_samples (out, clean, info, 0, 0), "%s: alpha",
      GST_VIDEO_INFO_NAME (info));
  if (GST_VIDEO_INFO_WIDTH (info) >= LARGE)
    fail_unless (psnr > 19 && psnr < 21, "%s: %.2f dB",
        GST_VIDEO_INFO_NAME (info), psnr);
  gst_buffer_unref (clean);
  gst_buffer_unref (out);
}

static void
check_format (const GstVideoInfo * info, const gchar * element)
{
  const gchar *reason = reason_for (GST_VIDEO_INFO_NAME (info));
  GstHarness *h = start_element (element, NULL);
  GstCaps *caps = gst_video_info_to_caps (info);
  GstPad *pad = gst_element_get_static_pad (h->element, "sink");

  fail_unless_equals_int (gst_pad_query_accept_caps (pad, caps),
      reason == NULL);
  gst_object_unref (pad);
  gst_caps_unref (caps);
  if (reason == NULL) {
    set_format (h, info);
    if (g_str_equal (element, "zsnoise")) {
      check_noise (h, info);
    } else {
      gst_util_set_object_arg (G_OBJECT (h->element), "training", "none");
      check_untouched (h, info);
      check_gain (h, info);
    }
  }
  stop_element (h);
}

/* A tenth of all formats, in all sizes. */
#define PARTS 10

GST_START_TEST (test_table)
{
  guint n, f, i;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  fail_unless (n > 100);
  for (f = __i__; f < n; f += PARTS)
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      const GstVideoInfo info =
          picture_info (gst_video_format_to_string (formats[f]),
          sizes[i].width, sizes[i].height);

      check_format (&info, "zsdenoise");
      check_format (&info, "zsnoise");
    }
}

GST_END_TEST;

/* --- formats with the same samples --- */

static const struct
{
  const gchar *name, *same;
} twins[] = {
  {"I420_10BE", "I420_10LE"}, {"I422_12BE", "I422_12LE"},
  {"GRAY16_BE", "GRAY16_LE"}, {"P010_10BE", "P010_10LE"},
  {"ARGB64_BE", "ARGB64_LE"}, {"A420_10BE", "A420_10LE"},
  {"GBR_10BE", "GBR_10LE"}, {"v210", "I422_10LE"}, {"UYVP", "I422_10LE"},
  {"Y210", "I422_10LE"}, {"Y212_LE", "I422_12LE"}, {"Y410", "Y444_10LE"},
  {"Y412_LE", "Y444_12LE"}, {"NV12_10LE32", "I420_10LE"},
  {"NV12_10LE40", "I420_10LE"}, {"NV16_10LE32", "I422_10LE"},
  {"NV12_64Z32", "NV12"}, {"NV12_4L4", "I420"},
};

/* Runs two frames of a format through the element. Returns the samples of the second. */
static Pixels
result_of (const GstVideoInfo * info)
{
  GstHarness *h = start_element ("zsdenoise", NULL);
  GstBuffer *frame, *out = NULL;
  Pixels result;
  guint i;

  set_format (h, info);
  for (i = 0; i < N_FRAMES; i++) {
    gst_clear_buffer (&out);
    frame = waves (info, 15, i);
    GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_TFF);
    out = filtered (h, frame);
  }
  result = unpack (out, info);
  gst_buffer_unref (out);
  stop_element (h);
  return result;
}

static void
check_twins (guint i, GstVideoInterlaceMode mode, gint width, gint height)
{
  GstVideoInfo info = picture_info (twins[i].name, width, height);
  GstVideoInfo same = picture_info (twins[i].same, width, height);
  Pixels p, q;
  gint n, differ = 0;

  fail_unless (gst_video_info_set_interlaced_format (&info,
          GST_VIDEO_INFO_FORMAT (&info), mode, width, height));
  fail_unless (gst_video_info_set_interlaced_format (&same,
          GST_VIDEO_INFO_FORMAT (&same), mode, width, height));
  p = result_of (&info);
  q = result_of (&same);
  for (n = 0; n < 4 * width * height; n++)
    differ += n % 4 > 0 && n % 4 <= (gint) n_colours (&info)
        && p.samples[n] != q.samples[n];
  fail_unless_equals_int (differ, 0);
  g_free (p.samples);
  g_free (q.samples);
}

/* A format that is unpacked gives the same result, to the bit, as one whose samples are the same
 * and are filtered in place. */
GST_START_TEST (test_twins)
{
  check_twins (__i__, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE, 97, 66);
  if (!GST_VIDEO_FORMAT_INFO_IS_TILED (gst_video_format_get_info
          (gst_video_format_from_string (twins[__i__].name))))
    check_twins (__i__, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, 98, 68);
}

GST_END_TEST;

/* --- other memory --- */

/* A frame whose last byte is the last one that may be touched. */
static GstBuffer *
bounded (const GstVideoInfo * info, guint8 * end)
{
  const gsize size = GST_VIDEO_INFO_SIZE (info);
  GstBuffer *from = waves (info, 20, 3);
  GstBuffer *frame = gst_buffer_new_wrapped_full (0, end - size, size, 0, size,
      NULL, NULL);

  gst_buffer_extract (from, 0, end - size, size);
  gst_buffer_copy_into (frame, from, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_unref (from);
  return frame;
}

static void
check_bounded (GstHarness * h, GstVideoFormat format, guint8 * end)
{
  static const gint widths[] = { 1, 3, 7, 35 }, heights[] = { 1, 2, 3, 6 };
  static const GstVideoInterlaceMode modes[] = {
    GST_VIDEO_INTERLACE_MODE_PROGRESSIVE, GST_VIDEO_INTERLACE_MODE_INTERLEAVED
  };
  GstVideoInfo info;
  guint x, y, m;

  for (x = 0; x < G_N_ELEMENTS (widths); x++)
    for (y = 0; y < G_N_ELEMENTS (heights); y++)
      for (m = 0; m < G_N_ELEMENTS (modes); m++) {
        if (!gst_video_info_set_interlaced_format (&info, format, modes[m],
                widths[x], heights[y]))
          continue;
        set_format (h, &info);
        gst_buffer_unref (filtered (h, bounded (&info, end)));
      }
}

/* No byte after a frame is read or written, though GStreamer's functions for some formats do so:
 * P012 interlaced, UYVP and NV12_10LE32. The page after it cannot be. */
GST_START_TEST (test_bounds)
{
  const gsize room = 1 << 20, page = 1 << 16;
  guint8 *area = mmap (NULL, room + page, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  guint n, f;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  fail_if (area == MAP_FAILED || mprotect (area + room, page, PROT_NONE));
  for (f = __i__; f < n; f += PARTS)
    if (reason_for (gst_video_format_to_string (formats[f])) == NULL) {
      GstHarness *h = start_element ("zsdenoise", NULL);

      gst_util_set_object_arg (G_OBJECT (h->element), "training", "none");
      check_bounded (h, formats[f], area + room);
      stop_element (h);
    }
  munmap (area, room + page);
}

GST_END_TEST;

static gboolean
accepts (GstElement * element, const gchar * caps_string)
{
  GstPad *pad = gst_element_get_static_pad (element, "sink");
  GstCaps *caps = gst_caps_from_string (caps_string);
  const gboolean accepted = gst_pad_query_accept_caps (pad, caps);

  gst_caps_unref (caps);
  gst_object_unref (pad);
  return accepted;
}

#define SIZE ", width=64, height=48, framerate=25/1"

/* Video in memory whose samples are out of reach passes where nothing is done, as in GStreamer's
 * own filters; overlays pass beside the samples. */
GST_START_TEST (test_features)
{
  static const gchar *const opaque[] = {
    "video/x-raw(memory:DMABuf), format=NV12" SIZE,
    "video/x-raw(memory:GLMemory), format=RGBA" SIZE,
    "video/x-raw(memory:GLMemory, meta:GstVideoOverlayComposition), "
        "format=RGBA" SIZE,
    "video/x-raw, format=RGB8P" SIZE,
  };
  GstHarness *h = start_element ("zsdenoise", NULL);
  guint i;

  fail_unless (accepts (h->element, "video/x-raw(memory:SystemMemory, "
          "meta:GstVideoOverlayComposition), format=I420" SIZE));
  for (i = 0; i < G_N_ELEMENTS (opaque); i++) {
    g_object_set (h->element, "strength", 1.0, NULL);
    fail_if (accepts (h->element, opaque[i]), "%s", opaque[i]);
    g_object_set (h->element, "strength", 0.0, NULL);
    fail_unless (accepts (h->element, opaque[i]), "%s", opaque[i]);
  }
  stop_element (h);
}

GST_END_TEST;

/* When the strength is no longer 0, upstream is asked for other caps, once, and frames pass until
 * then. */
GST_START_TEST (test_strength_rises)
{
  GstHarness *h = start_element ("zsdenoise", "strength", 0.0, NULL);
  const GstVideoInfo info = picture_info ("NV12", 64, 48);
  GstEvent *event;
  guint i, asked = 0;

  gst_harness_set_src_caps_str (h,
      "video/x-raw(memory:DMABuf), format=NV12" SIZE);
  for (i = 0; i < 4; i++) {
    GstBuffer *in = waves (&info, 20, i), *out;

    if (i == 2)
      g_object_set (h->element, "strength", 1.0, NULL);
    out = filtered (h, gst_buffer_ref (in));
    fail_unless (picture_same_bytes (in, out));
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  while ((event = gst_harness_try_pull_upstream_event (h)) != NULL) {
    asked += GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE;
    gst_event_unref (event);
  }
  fail_unless (asked >= 1);
  set_format (h, &info);
  for (i = 0; i < 2; i++) {
    GstBuffer *in = waves (&info, 20, i), *out;

    out = filtered (h, gst_buffer_copy_deep (in));
    fail_if (picture_same_bytes (in, out));
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("raw-formats");
  TCase *tcase = tcase_create ("raw-formats");

  tcase_add_loop_test (tcase, test_table, 0, PARTS);
  tcase_add_loop_test (tcase, test_twins, 0, G_N_ELEMENTS (twins));
  tcase_add_loop_test (tcase, test_bounds, 0, PARTS);
  tcase_add_test (tcase, test_features);
  tcase_add_test (tcase, test_strength_rises);
  suite_add_tcase (suite, tcase);
  return suite;
}

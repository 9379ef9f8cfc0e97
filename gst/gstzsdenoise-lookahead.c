/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ahead: the queue of frames that wait for the frames after them, and the latency of it. All
 * functions but those of queries belong to the streaming thread. */
#include "gstzsdenoise-private.h"

#define GST_CAT_DEFAULT gst_zs_denoise_debug

/* Frames that the profile `best` looks ahead by itself: MOTION_LOOKAHEAD for the estimates from later
 * frames, and 3 for patches along the motion, which need the estimates of as many frames. */
#define BEST_LOOKAHEAD (MOTION_LOOKAHEAD + 3)

/* Frames, at most, that are looked ahead for motion alone. */
#define MOTION_LOOKAHEAD 4

/* Frame rate that latency is computed with if the caps have none. */
#define ASSUMED_FPS 25

/* Buffers of upstream's pool that have to stay free while frames are held. */
#define SPARE_BUFFERS 2

/* The number of frames to look ahead, from the properties and the stream. */
static guint
wanted_lookahead (GstZsDenoise * self)
{
  const gdouble rate = GST_BASE_TRANSFORM (self)->segment.rate;
  guint lookahead;

  GST_OBJECT_LOCK (self);
  if (!self->settings.temporal || self->settings.profile == ZSD_PROFILE_PAPER
      || rate < 0 || self->opaque || self->unpacked || self->single_fields)
    lookahead = 0;
  else if (self->lookahead_set)
    lookahead = self->lookahead;
  else if (self->settings.profile == ZSD_PROFILE_BEST && !self->live)
    lookahead = BEST_LOOKAHEAD;
  else
    lookahead = 0;
  GST_OBJECT_UNLOCK (self);
  return lookahead;
}

/* Takes up a change of the properties or the stream: latency changes with it, and so does the
 * number of buffers that upstream's pool needs. Returns whether there is a change. */
gboolean
gst_zs_denoise_update_lookahead (GstZsDenoise * self)
{
  const guint lookahead = wanted_lookahead (self);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = lookahead != self->lookahead_in_use;
  self->lookahead_in_use = lookahead;
  GST_OBJECT_UNLOCK (self);
  if (changed) {
    GST_INFO_OBJECT (self, "looking %u frames ahead", lookahead);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
  }
  return changed;
}

/* Whether frames are denoised by patches along the motion, too. */
gboolean
gst_zs_denoise_uses_patches (GstZsDenoise * self)
{
  gboolean uses;

  GST_OBJECT_LOCK (self);
  uses = self->settings.profile == ZSD_PROFILE_BEST
      && self->lookahead_in_use > MOTION_LOOKAHEAD;
  GST_OBJECT_UNLOCK (self);
  return uses;
}

/* --- queue --- */

/* Whether upstream's pool has too few buffers for so many frames that are held. */
static gboolean
pool_is_small (GstBuffer * buffer, guint held)
{
  GstStructure *config;
  guint max = 0;

  if (buffer->pool == NULL || held == 0)
    return FALSE;
  config = gst_buffer_pool_get_config (buffer->pool);
  gst_buffer_pool_config_get_params (config, NULL, NULL, NULL, &max);
  gst_structure_free (config);
  return max > 0 && max < held + SPARE_BUFFERS;
}

/* Appends a buffer, or a copy of it if upstream needs it back. Takes the reference. */
void
gst_zs_denoise_enqueue (GstZsDenoise * self, GstBuffer * buffer)
{
  if (pool_is_small (buffer, self->lookahead_in_use)) {
    GstBuffer *copy = gst_buffer_copy_deep (buffer);

    if (copy != NULL) {
      gst_buffer_unref (buffer);
      buffer = copy;
    }
  }
  g_queue_push_tail (&self->queue, buffer);
}

/* The next frame to denoise, or NULL if it waits for more frames. */
GstBuffer *
gst_zs_denoise_dequeue (GstZsDenoise * self)
{
  if (g_queue_is_empty (&self->queue) || gst_zs_denoise_wait_for_second (self))
    return NULL;
  if (!self->draining && !self->still
      && g_queue_get_length (&self->queue) <= self->lookahead_in_use)
    return NULL;
  return g_queue_pop_head (&self->queue);
}

/* Drops all frames. Those that the denoiser has looked at do not come. */
void
gst_zs_denoise_drop_queue (GstZsDenoise * self)
{
  if (!g_queue_is_empty (&self->queue))
    zsd_denoiser_reset (self->denoiser);
  g_queue_clear_full (&self->queue, (GDestroyNotify) gst_buffer_unref);
}

/* Denoises and pushes the next frame. */
static GstFlowReturn
push_next (GstZsDenoise * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstBuffer *out = NULL;
  GstFlowReturn flow = GST_BASE_TRANSFORM_GET_CLASS (trans)->generate_output
      (trans, &out);

  if (out != NULL && flow == GST_FLOW_OK)
    return gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (trans), out);
  if (out != NULL)
    gst_buffer_unref (out);
  return flow == GST_BASE_TRANSFORM_FLOW_DROPPED ? GST_FLOW_OK : flow;
}

/* Denoises and pushes all frames, before an event that they come before. After an error the rest
 * is dropped. */
GstFlowReturn
gst_zs_denoise_drain (GstZsDenoise * self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  self->draining = TRUE;
  while (flow == GST_FLOW_OK && !g_queue_is_empty (&self->queue))
    flow = push_next (self);
  self->draining = FALSE;
  gst_zs_denoise_drop_queue (self);
  return flow;
}

/* --- later frames --- */

/* Whether a later frame can help the first: both are whole frames, or their fields have the same
 * order. */
static gboolean
is_like (const GstVideoFrame * first, const GstVideoFrame * later)
{
  return GST_VIDEO_FRAME_IS_INTERLACED (first) ==
      GST_VIDEO_FRAME_IS_INTERLACED (later)
      && GST_VIDEO_FRAME_FLAG_IS_SET (first, GST_VIDEO_FRAME_FLAG_TFF) ==
      GST_VIDEO_FRAME_FLAG_IS_SET (later, GST_VIDEO_FRAME_FLAG_TFF);
}

/* Maps the frames that help `first`, the frame before the queue. A frame that cannot be mapped is
 * an error when its turn comes. Returns their number. */
guint
gst_zs_denoise_map_later (GstZsDenoise * self, const GstVideoFrame * first,
    GstVideoFrame later[ZSD_MAX_LOOKAHEAD])
{
  GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  GList *item = self->queue.head;
  guint n = 0;

  for (; item != NULL && n < self->lookahead_in_use; item = item->next) {
    if (!gst_zs_map_to_read (&later[n], info, item->data))
      break;
    if (!is_like (first, &later[n])) {
      gst_video_frame_unmap (&later[n]);
      break;
    }
    n++;
  }
  return n;
}

/* --- queries --- */

/* The time for which frames wait. */
GstClockTime
gst_zs_denoise_lookahead_latency (GstZsDenoise * self)
{
  guint lookahead;
  gint n, d;

  GST_OBJECT_LOCK (self);
  lookahead = self->lookahead_in_use;
  n = self->fps_n;
  d = self->fps_d;
  GST_OBJECT_UNLOCK (self);
  if (n <= 0 || d <= 0) {
    n = ASSUMED_FPS;
    d = 1;
  }
  return gst_util_uint64_scale_ceil (GST_SECOND, (guint64) lookahead * d, n);
}

/* A pool of upstream's own, where downstream has none. */
static void
add_pool (GstQuery * query)
{
  GstVideoInfo info;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (caps != NULL && gst_video_info_from_caps (&info, caps))
    gst_query_add_allocation_pool (query, NULL, GST_VIDEO_INFO_SIZE (&info), 0,
        0);
}

/* Asks for so many more buffers in upstream's pool as frames are held. */
void
gst_zs_denoise_propose_buffers (GstZsDenoise * self, GstQuery * query)
{
  const guint held = self->lookahead_in_use;
  guint i;

  if (held == 0)
    return;
  if (gst_query_get_n_allocation_pools (query) == 0)
    add_pool (query);
  for (i = 0; i < gst_query_get_n_allocation_pools (query); i++) {
    GstBufferPool *pool;
    guint size, min, max;

    gst_query_parse_nth_allocation_pool (query, i, &pool, &size, &min, &max);
    if (max > 0)
      max += held;
    gst_query_set_nth_allocation_pool (query, i, pool, size, min + held, max);
    if (pool != NULL)
      gst_object_unref (pool);
  }
}

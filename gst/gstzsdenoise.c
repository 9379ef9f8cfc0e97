/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-zsdenoise
 * @title: zsdenoise
 * @short_description: Denoises video by learning from the video itself
 * @see_also: zsnoise
 *
 * zsdenoise removes noise from video. It needs no model, no GPU and no noise level, and works
 * with its default properties.
 *
 * Each frame is fused with the motion-compensated frames before it, and a small convolutional
 * network removes the remaining noise. The network starts from built-in weights and is trained
 * on the first frames of the video, on pairs of consecutive frames. With #GstZsDenoise:epochs,
 * or without the built-in weights (#GstZsDenoise:warm-start), it is trained on each keyframe
 * by itself (Zero-Shot Noise2Noise, Y. Mansour and R. Heckel, CVPR 2023), for which the stream
 * waits.
 *
 * The noise is estimated on every frame: its strength (#GstZsDenoise:estimated-sigma), its
 * dependence on brightness, and its correlation between neighbours.
 *
 * ## Keyframes
 *
 * A keyframe drops the earlier frames and the trained weights. Keyframes are: the first frame;
 * a frame after a cut (#GstZsDenoise:scene-threshold), a flush, or caps of another format or
 * size; a frame after #GstZsDenoise::retrain; and frames for which a force-key-unit event asks,
 * if #GstZsDenoise:force-key-unit is set.
 *
 * A gap is no keyframe (frames that were dropped upstream, lost packets, gap events, a
 * discontinuity): the earlier frames are kept, and trusted less the more time went by.
 *
 * If the noise of a scene changes by more than a quarter and stays so, for example because a
 * camera changes its gain, training starts again from the current weights, and the earlier
 * frames are kept. With #GstZsDenoise:finetune-interval, training continues as frames pass.
 * Frames without noise (constant, saturated, synthetic) pass unchanged.
 *
 * ## Earlier frames
 *
 * A prediction from earlier frames counts only where it matches the frame to within the noise.
 * On static or trackable content the noise decreases with the number of frames; other content
 * is taken from its frame alone, without ghosts. A repeated frame counts once. Frames that are
 * played backwards (a segment with a negative rate) are denoised without earlier frames, and
 * so are all frames with #GstZsDenoise:temporal false or the #GstZsDenoise:profile `paper`.
 *
 * ## Later frames
 *
 * With #GstZsDenoise:lookahead, later frames help, too, most of all the first frame of a scene,
 * for which there are no earlier ones. Frames wait for them: latency is reported, and all frames
 * come out before the end of the stream, new caps, or any other serialized event. A flush drops
 * those that wait. The #GstZsDenoise:profile `best` looks ahead by itself if upstream is not live.
 * With 5 or more later frames it denoises each frame once more: groups of similar patches are
 * followed along the motion into three frames before and after, and filtered together. That takes
 * most of its time.
 *
 * ## Still pictures
 *
 * A buffer is a still picture if its caps have a framerate of 0/1, it has no duration, its
 * timestamp is 0 or missing, upstream is not live, and it is the only one of its stream: it waits
 * for the end of the stream, or for another buffer, which makes both a video (MJPEG of network
 * cameras has no times, either). A still picture is a keyframe, and the profiles `balanced` and
 * `best` take some seconds for it: similar patches of the picture are denoised together, and
 * `best` trains a network on the result.
 * Messages report this as they report training. RGB gives the best quality, as colour helps to
 * tell correlated noise from texture.
 *
 * ## Frames
 *
 * Frames are processed in place and are never dropped or reordered, and not delayed without
 * #GstZsDenoise:lookahead. With #GstZsDenoise:strength 0 they pass unchanged and without a copy.
 * Interlaced frames are processed field by field, also among progressive ones (telecine) and in
 * buffers of their own (alternate).
 *
 * All raw formats but palettes are taken; bit depth, chroma and alpha stay as they are. Formats
 * whose samples are not bytes or words of their own are unpacked, which takes more time, and are
 * denoised without later frames. With #GstZsDenoise:strength 0 video in any memory passes.
 *
 * ## Models
 *
 * #GstZsDenoise:save-model-file saves the trained weights, and #GstZsDenoise:model-file starts
 * another run from them, for example for a camera with a fixed view.
 *
 * ## Rate control
 *
 * Frames have a deadline if upstream is live or a sink synchronises them to the clock. If the
 * processor is too slow or too busy for it, the quality of processing is reduced in steps,
 * down to passing frames unchanged, and raised again as soon as time allows. `quality` in
 * #GstZsDenoise:stats is the current step; each change is posted as a message. No frame is
 * dropped.
 *
 * The element adds no latency beyond that of #GstZsDenoise:lookahead, unless frames of a live
 * source are late although there is time for them. The processing time of a frame is added to the
 * latency then, and reduced again when frames have taken less for ten seconds.
 *
 * ## Presets
 *
 * Four presets are installed, and found in any prefix as long as the application sets no preset
 * directory of its own (#GstPreset): `camera`, `archive`, `film grain` and `single
 * pictures`. Saved presets leave out #GstZsDenoise:split, #GstZsDenoise:lookahead,
 * #GstZsDenoise:n-threads, #GstZsDenoise:seed, #GstZsDenoise:model-file and
 * #GstZsDenoise:save-model-file.
 *
 * ## Messages
 *
 * The element posts these element messages on the bus:
 *
 * * `zsdenoise-progress`, during training and during the denoising of a still picture, at most ten
 *   in a second:
 *   * #guint `step`: training steps taken, or bands of the picture denoised
 *   * #guint `steps`: steps in all
 *   * #gdouble `loss`: see #GstZsDenoise:loss; -1 for a band
 *   * #gdouble `eta`: estimated seconds to the end
 * * `zsdenoise-trained`, at the end of each training: on a keyframe, on the first frames after
 *   it, of a fine-tuning, and of a still picture:
 *   * #gdouble `loss`: see #GstZsDenoise:loss
 *   * #gdouble `estimated-sigma`: see #GstZsDenoise:estimated-sigma
 *   * #gdouble `seconds`: duration of the training
 *   * #guint `steps`: training steps taken
 * * `zsdenoise-quality`, when rate control changes the quality:
 *   * #gchararray `quality`: see #GstZsDenoise:stats
 *
 * ## Notifications and metas
 *
 * #GstZsDenoise:state is notified when it changes, and #GstZsDenoise:estimated-sigma,
 * #GstZsDenoise:loss and #GstZsDenoise:stats at most once a second. Each denoised frame has a
 * custom meta (gst_buffer_get_custom_meta()) named `zsdenoise-noise`, for encoders and others that
 * come after, as soon as the noise is known:
 *
 * * #gdouble `sigma`: standard deviation of the noise that the frame had, 0..255 scale
 * * #gchararray `quality`: see #GstZsDenoise:stats
 *
 * Metas of the frame stay as they are, regions of interest included. Frames that are flagged as
 * corrupted are denoised, but not learned from.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=noisy.mp4 ! decodebin ! videoconvert ! 'video/x-raw,format={I420,I420_10LE}' ! zsdenoise ! x264enc pass=quant quantizer=21 ! mp4mux ! filesink location=clean.mp4
 * ]| Denoises a file.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! zsdenoise split=0.5 ! videoconvert ! autovideosink
 * ]| Shows a camera, with the left half unchanged.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=60 ! zsnoise degree=0.1 ! zsdenoise ! videoconvert ! autovideosink
 * ]| Denoises a noisy test picture and prints the messages.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsdenoise-private.h"

#include <string.h>

GST_DEBUG_CATEGORY (gst_zs_denoise_debug);
#define GST_CAT_DEFAULT gst_zs_denoise_debug

enum
{
  SIGNAL_RETRAIN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

#define PROGRESS_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

G_DEFINE_TYPE_WITH_CODE (GstZsDenoise, gst_zs_denoise, GST_TYPE_VIDEO_FILTER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, gst_zs_denoise_preset_init));
GST_ELEMENT_REGISTER_DEFINE (zsdenoise, "zsdenoise", GST_RANK_NONE,
    GST_TYPE_ZS_DENOISE);

/* --- training --- */

static gboolean
upstream_is_live (GstZsDenoise * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

static void
gst_zs_denoise_retrain (GstZsDenoise * self)
{
  GST_OBJECT_LOCK (self);
  self->retrain = TRUE;
  GST_OBJECT_UNLOCK (self);
}

/* The engine's settings for the next frame. */
static ZsdSettings
get_settings (GstZsDenoise * self)
{
  GstZsDenoiseTraining training;
  ZsdSettings settings;
  gboolean has_deadline;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  training = self->training;
  has_deadline = self->live || self->synchronised;
  GST_OBJECT_UNLOCK (self);
  settings.frozen = training == GST_ZS_DENOISE_TRAINING_NONE;
  settings.background = training == GST_ZS_DENOISE_TRAINING_BACKGROUND
      || (training == GST_ZS_DENOISE_TRAINING_AUTO && has_deadline);
  settings.patches = gst_zs_denoise_uses_patches (self);
  settings.quality = self->rate_control.quality;
  return settings;
}

/* Copies the engine's status for the properties. */
static void
publish_status (GstZsDenoise * self)
{
  ZsdStatus status;

  zsd_denoiser_status (self->denoiser, &status);
  GST_OBJECT_LOCK (self);
  self->status = status;
  GST_OBJECT_UNLOCK (self);
}

static void
post (GstZsDenoise * self, GstStructure * structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* Called by the streaming thread in blocking training, and otherwise by the learning thread. */
static void
on_progress (void *user, const ZsdTraining * training)
{
  GstZsDenoise *self = user;
  const gint64 now = g_get_monotonic_time ();
  gboolean due;
  gdouble loss;

  if (g_atomic_pointer_get (&self->streaming) == g_thread_self ())
    publish_status (self);
  GST_OBJECT_LOCK (self);
  due = now - self->last_progress >= PROGRESS_INTERVAL;
  if (due)
    self->last_progress = now;
  loss = training->loss < 0 ? self->progress.loss : training->loss;
  self->progress = *training;
  self->progress.loss = loss;
  GST_OBJECT_UNLOCK (self);
  if (due) {
    post (self, gst_structure_new ("zsdenoise-progress",
            "step", G_TYPE_UINT, training->step,
            "steps", G_TYPE_UINT, training->steps,
            "loss", G_TYPE_DOUBLE, training->loss,
            "eta", G_TYPE_DOUBLE, training->eta, NULL));
  }
}

static bool
is_cancelled (void *user)
{
  GstZsDenoise *self = user;

  return g_atomic_int_get (&self->flushing)
      || g_atomic_int_get (&self->stopping);
}

/* Logs the layout of frames, or fields, once for new caps. */
static void
log_layout (GstZsDenoise * self, const ZsdStatus * status)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;

  if (self->described || status->width == 0)
    return;
  self->described = TRUE;
  GST_INFO_OBJECT (self, "%s %dx%d: %d channels of %dx%d, network "
      "%d->%d->%d->%d, %s, %s, %d threads", GST_VIDEO_INFO_NAME (info),
      GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
      status->network.outputs, status->width, status->height,
      status->network.inputs, status->network.hidden, status->network.hidden,
      status->network.outputs, status->precision, status->isa, status->threads);
}

static void
post_trained (GstZsDenoise * self, const ZsdTraining * training, gdouble sigma)
{
  GST_INFO_OBJECT (self, "learned in %.2f s, %u steps: loss %g, noise %.1f "
      "of 255", training->seconds, training->step, training->loss, sigma);
  post (self, gst_structure_new ("zsdenoise-trained",
          "loss", G_TYPE_DOUBLE, training->loss,
          "estimated-sigma", G_TYPE_DOUBLE, sigma,
          "seconds", G_TYPE_DOUBLE, training->seconds,
          "steps", G_TYPE_UINT, training->step, NULL));
}

/* After a frame: publishes the status, reports trainings that ended and saves their model. */
static void
report (GstZsDenoise * self, const ZsdStatus * status,
    const GstZsDenoiseEnded * ended)
{
  guint i;

  publish_status (self);
  gst_zs_denoise_notify (self);
  log_layout (self, status);
  for (i = 0; i < ended->n; i++)
    post_trained (self, &ended->training[i], status->sigma);
  if (ended->n > 0)
    gst_zs_denoise_save_model (self);
}

/* --- base transform --- */

static gboolean
gst_zs_denoise_stop (GstBaseTransform * trans)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  gst_zs_denoise_drop_queue (self);
  gst_zs_denoise_stop_model_files (self);
  zsd_denoiser_free (self->denoiser);
  self->denoiser = NULL;
  gst_zs_picture_clear (&self->picture);
  return TRUE;
}

static gboolean
gst_zs_denoise_start (GstBaseTransform * trans)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  const ZsdObserver observer = { self, on_progress, is_cancelled };
  gchar error[200];

  self->denoiser = zsd_denoiser_new (error, sizeof error);
  if (self->denoiser == NULL) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s.", error), (NULL));
    return FALSE;
  }
  zsd_denoiser_observe (self->denoiser, &observer);
  if (!gst_zs_denoise_start_model_files (self)) {
    gst_zs_denoise_stop (trans);
    return FALSE;
  }
  publish_status (self);
  GST_OBJECT_LOCK (self);
  self->progress = (const ZsdTraining) {.loss = -1 };
  self->last_progress = 0;
  self->lookahead_in_use = 0;
  GST_OBJECT_UNLOCK (self);
  self->drained = GST_FLOW_OK;
  self->described = FALSE;
  gst_zs_denoise_drop_key_units (self);
  gst_zs_denoise_reset_gaps (self);
  gst_zs_denoise_reset_notify (self);
  gst_zs_denoise_start_rate_control (self);
  g_atomic_int_set (&self->flushing, FALSE);
  g_atomic_int_set (&self->stopping, FALSE);
  return TRUE;
}

/* Whether frames with the new caps continue those with the old ones. */
static gboolean
has_same_layout (const GstVideoInfo * before, const GstVideoInfo * now)
{
  return GST_VIDEO_INFO_FORMAT (before) == GST_VIDEO_INFO_FORMAT (now)
      && GST_VIDEO_INFO_WIDTH (before) == GST_VIDEO_INFO_WIDTH (now)
      && GST_VIDEO_INFO_HEIGHT (before) == GST_VIDEO_INFO_HEIGHT (now);
}

static gboolean
gst_zs_denoise_set_info (GstVideoFilter * filter,
    GstCaps * in_caps, GstVideoInfo * in_info,
    GstCaps * out_caps G_GNUC_UNUSED, GstVideoInfo * out_info G_GNUC_UNUSED)
{
  GstZsDenoise *self = GST_ZS_DENOISE (filter);

  self->live = upstream_is_live (self);
  gst_zs_denoise_set_access (self, in_caps);
  GST_OBJECT_LOCK (self);
  self->fps_n = GST_VIDEO_INFO_FPS_N (in_info);
  self->fps_d = GST_VIDEO_INFO_FPS_D (in_info);
  GST_OBJECT_UNLOCK (self);
  /* upstream asks for a pool after the caps */
  gst_zs_denoise_update_lookahead (self);
  if (!filter->negotiated || !has_same_layout (&filter->in_info, in_info)) {
    self->described = FALSE;
    gst_zs_denoise_reset_quality (self);
    zsd_denoiser_reset (self->denoiser);
  }
  return TRUE;
}

static gboolean
gst_zs_denoise_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  const gboolean flushed = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;

  if (GST_EVENT_IS_SERIALIZED (event) && !flushed
      && !gst_zs_denoise_event_overtakes (self, event))
    gst_zs_denoise_drain (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    g_atomic_int_set (&self->flushing, TRUE);
  if (flushed) {
    g_atomic_int_set (&self->flushing, FALSE);
    gst_zs_denoise_drop_queue (self);
    self->drained = GST_FLOW_OK;
    zsd_denoiser_reset (self->denoiser);
    gst_zs_denoise_drop_key_units (self);
    gst_zs_denoise_reset_gaps (self);
    gst_zs_denoise_reset_lateness (self);
  }
  gst_zs_denoise_handle_stream_event (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_zs_denoise_save_model_now (self);
  gst_zs_denoise_note_key_unit (self, event);
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->sink_event
      (trans, event);
}

static gboolean
gst_zs_denoise_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  gst_zs_denoise_note_key_unit (self, event);
  gst_zs_denoise_handle_timing_event (self, event);
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->src_event
      (trans, event);
}

static gboolean
gst_zs_denoise_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  gboolean answered;

  if (GST_QUERY_TYPE (query) == GST_QUERY_DRAIN && direction == GST_PAD_SINK)
    gst_zs_denoise_drain (GST_ZS_DENOISE (trans));
  answered =
      GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->query (trans,
      direction, query);
  if (answered && direction == GST_PAD_SRC
      && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    gst_zs_denoise_add_latency (GST_ZS_DENOISE (trans), query);
  return answered;
}

static gboolean
gst_zs_denoise_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)
      ->propose_allocation (trans, decide_query, query))
    return FALSE;
  gst_zs_denoise_propose_buffers (GST_ZS_DENOISE (trans), query);
  return TRUE;
}

/* Cancels a training that is under way: deactivating the pads waits for the streaming thread. */
static GstStateChangeReturn
gst_zs_denoise_change_state (GstElement * element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    g_atomic_int_set (&GST_ZS_DENOISE (element)->stopping, TRUE);
  return GST_ELEMENT_CLASS (gst_zs_denoise_parent_class)->change_state (element,
      transition);
}

/* Called with each buffer that arrives. Frames before a discontinuity do not wait for those after
 * it: the base class marks the next frame that comes out. */
static void
gst_zs_denoise_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  if (GST_BUFFER_IS_DISCONT (buffer))
    self->drained = gst_zs_denoise_drain (self);
}

/* Takes a frame from the base class, which may have dropped it for its lateness, if QoS has been
 * enabled: the frames before it do not wait then, either. */
static GstFlowReturn
gst_zs_denoise_submit_input_buffer (GstBaseTransform * trans,
    gboolean is_discont, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)
      ->submit_input_buffer (trans, is_discont, buffer);

  if (flow == GST_FLOW_OK && self->drained != GST_FLOW_OK) {
    gst_buffer_replace (&trans->queued_buf, NULL);
    flow = self->drained;
    self->drained = GST_FLOW_OK;
  }
  if (flow == GST_BASE_TRANSFORM_FLOW_DROPPED)
    gst_zs_denoise_drain (self);
  if (flow != GST_FLOW_OK)
    return flow;
  if (gst_zs_denoise_update_lookahead (self))
    gst_base_transform_reconfigure_sink (trans);
  gst_zs_denoise_enqueue (self, g_steal_pointer (&trans->queued_buf));
  return GST_FLOW_OK;
}

/* Before a frame is processed: properties and requests that are due at its time. */
static void
begin_frame (GstZsDenoise * self, GstBuffer * buffer)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  gboolean retrain, passthrough;

  gst_zs_sync_values (trans, buffer);
  GST_OBJECT_LOCK (self);
  retrain = gst_zs_denoise_take_key_units (self, buffer) || self->retrain;
  self->retrain = FALSE;
  passthrough = self->settings.strength == 0;
  GST_OBJECT_UNLOCK (self);

  if (retrain)
    zsd_denoiser_reset (self->denoiser);
  if (!passthrough && self->opaque) {
    gst_zs_denoise_ask_for_samples (self);
    passthrough = TRUE;
  }
  gst_base_transform_set_passthrough (trans, passthrough);
  if (passthrough) {
    zsd_denoiser_skip (self->denoiser);
    publish_status (self);
    gst_zs_denoise_notify (self);
  }
}

static GstFlowReturn
gst_zs_denoise_generate_output (GstBaseTransform * trans, GstBuffer ** out)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstBuffer *buffer = gst_zs_denoise_dequeue (self);

  if (buffer == NULL)
    return GST_FLOW_OK;
  begin_frame (self, buffer);
  trans->queued_buf = buffer;
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->generate_output
      (trans, out);
}

static GstFlowReturn
gst_zs_denoise_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);
  GstZsDenoiseFrames frames;
  GstZsDenoiseEnded ended;
  ZsdStatus before, after;
  ZsdSettings settings;
  ZsdResult result;
  guint i;

  if (!filter->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  zsd_rate_control_start (&self->rate_control);
  settings = get_settings (self);
  g_atomic_pointer_set (&self->streaming, g_thread_self ());
  settings.still = self->still;
  settings.damaged = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
  /* In reverse playback earlier frames are shown later. */
  if (trans->segment.rate < 0)
    settings.temporal = false;
  gst_zs_denoise_age_past (self, buffer);

  if (!gst_zs_map_buffer (GST_ELEMENT (self), &frames.frame, &filter->in_info,
          buffer))
    return GST_FLOW_ERROR;
  frames.n_later = gst_zs_denoise_map_later (self, &frames.frame, frames.later);
  ended.n = 0;
  zsd_denoiser_status (self->denoiser, &before);
  result = gst_zs_denoise_process (self, &frames, &settings, &ended);
  zsd_denoiser_status (self->denoiser, &after);
  gst_video_frame_unmap (&frames.frame);
  for (i = 0; i < frames.n_later; i++)
    gst_video_frame_unmap (&frames.later[i]);
  report (self, &after, &ended);
  if (result == ZSD_CANCELLED) /* by a flush or a stop, which drop the frame */
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (result == ZSD_OK)
    gst_zs_denoise_add_meta (self, buffer, &after);
  gst_zs_denoise_update_quality (self, buffer, !settings.background
      && after.updates != before.updates);

  if (result == ZSD_NO_MEMORY) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
        ("There is not enough memory to denoise frames of %dx%d.",
            GST_VIDEO_INFO_WIDTH (&filter->in_info),
            GST_VIDEO_INFO_HEIGHT (&filter->in_info)), (NULL));
    return GST_FLOW_ERROR;
  }
  if (result == ZSD_MISMATCH) {
    gst_zs_denoise_post_model_mismatch (self);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* --- class --- */

static void
gst_zs_denoise_init (GstZsDenoise * self)
{
  self->settings = zsd_settings_default ();
  self->status.sigma = self->status.chroma_sigma = -1;
  self->status.correlation = -1;
  self->progress = (const ZsdTraining) {.loss = -1 };
  g_queue_init (&self->queue);
  /* QoS would drop frames that are late after blocking training. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}

static void
gst_zs_denoise_finalize (GObject * object)
{
  GstZsDenoise *self = GST_ZS_DENOISE (object);

  g_free (self->model_file);
  g_free (self->save_model_file);
  G_OBJECT_CLASS (gst_zs_denoise_parent_class)->finalize (object);
}

static void
gst_zs_denoise_class_init (GstZsDenoiseClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_zs_denoise_debug, "zsdenoise", 0,
      "zsdenoise element");

  gst_zs_denoise_register_meta ();

  object_class->finalize = gst_zs_denoise_finalize;
  gst_zs_denoise_install_properties (object_class);

  /**
   * GstZsDenoise::retrain:
   * @zsdenoise: the element
   *
   * Makes the next frame a keyframe, which drops the trained weights and the earlier frames.
   */
  signals[SIGNAL_RETRAIN] = g_signal_new_class_handler ("retrain",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_zs_denoise_retrain), NULL, NULL, NULL, G_TYPE_NONE, 0);

  gst_zs_denoise_add_pad_templates (element_class);
  gst_element_class_set_static_metadata (element_class,
      "Zero-shot video denoiser", "Filter/Effect/Video",
      "Denoises video by learning from the video itself",
      "The zsdenoise developers");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_zs_denoise_change_state);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_zs_denoise_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_zs_denoise_stop);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_zs_denoise_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_zs_denoise_src_event);
  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_transform_caps);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_zs_denoise_query);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_propose_allocation);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_before_transform);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_generate_output);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_zs_denoise_transform_ip);
  trans_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = GST_DEBUG_FUNCPTR (gst_zs_denoise_set_info);
}

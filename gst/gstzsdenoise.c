/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-zsdenoise
 * @title: zsdenoise
 * @short_description: Denoises video by learning from the video itself
 * @see_also: zsnoise
 *
 * zsdenoise removes noise from video. It needs no model, no GPU and no noise level. It joins each
 * frame with what earlier frames showed of the same things, and a small convolutional network
 * takes off the noise that is left. The network begins with built-in weights and learns the rest
 * from the video itself, a little on each of its first frames: from what one frame and the next show
 * of the same things. Without those weights, or if #GstZsDenoise:epochs asks for it, it learns on a keyframe
 * from that frame alone (Zero-Shot Noise2Noise, Y. Mansour and R. Heckel, CVPR 2023), for which the
 * stream waits. With no property set it does the right thing.
 *
 * How strong the noise is, how it depends on brightness and whether neighbours have it in common,
 * it estimates itself, on every frame: #GstZsDenoise:estimated-sigma tells the result.
 *
 * ## Keyframes
 *
 * It begins anew on the first frame, after a cut (#GstZsDenoise:scene-threshold), after a flush, a
 * discontinuity or new caps, when #GstZsDenoise::retrain is emitted, and where events ask an
 * encoder for a keyframe if #GstZsDenoise:force-key-unit says so. Where the noise of a scene moves
 * by more than a quarter and stays there, because a camera takes another gain, it learns anew, too,
 * but keeps what it knows meanwhile. With
 * #GstZsDenoise:finetune-interval it also goes on learning as frames pass. A frame without noise
 * (constant, saturated, synthetic) teaches it nothing and passes as it is, and so do the frames
 * after it until one has noise.
 *
 * ## Earlier frames
 *
 * What earlier frames showed is carried along with its motion and counts only where it predicts the
 * frame to within the noise: on still or trackable content noise falls with the number of frames,
 * and what moves otherwise is taken from its frame alone. A frame that is its predecessor once more
 * counts once. This past is dropped on a keyframe: after a cut, a flush, a discontinuity or new
 * caps. Frames that are played backwards (a segment's rate below 0) are denoised without it.
 *
 * With #GstZsDenoise:temporal false each frame is denoised by itself, with what the network knows
 * from its start and has learned on the keyframe; with #GstZsDenoise:warm-start false all is
 * learned from random weights, which takes seconds on each keyframe. The #GstZsDenoise:profile
 * `paper` does neither: it is the method as published.
 *
 * ## Pictures
 *
 * A buffer whose caps have a framerate of 0/1, with no duration and no timestamp but 0, of a source
 * that is not live, is a picture by itself: decoders of picture files give such. Each one is a
 * keyframe, and the profiles `balanced` and `best` take some seconds for it: where a picture repeats
 * itself, these are further looks at the same thing, and `best` learns from what it has made of it.
 * Messages tell of this progress as of learning. Pictures in RGB are best: their colours tell noise
 * that neighbours share from texture.
 *
 * ## Frames
 *
 * Frames are changed in place, never dropped, delayed or reordered. With #GstZsDenoise:strength 0
 * they pass untouched and uncopied. Interlaced frames are handled field by field.
 *
 * ## Models
 *
 * What has been learned can be kept in a file (#GstZsDenoise:save-model-file), and learning begin
 * with it the next time (#GstZsDenoise:model-file): a camera that always looks at the same place
 * need not learn again what it has learned yesterday.
 *
 * ## Time
 *
 * Where frames have to be there in time, from a live source or at a sink that shows each at its time,
 * and the processor is too slow or too busy, less is done for each frame: step by step down to
 * leaving it as it is, and as much again as soon as there is time. The `quality` in
 * #GstZsDenoise:stats tells how much, and a message each change. No frame is dropped for it.
 *
 * It adds no latency as long as frames are there in time without. If those of a live source come
 * late all the same though there is time for each, what they take becomes part of the latency.
 *
 * ## Presets
 *
 * Four presets are installed (#GstPreset): `camera`, `archive`, `film grain` and `single pictures`.
 * One that is saved holds neither #GstZsDenoise:split nor #GstZsDenoise:n-threads,
 * #GstZsDenoise:seed and names of files.
 *
 * ## Messages
 *
 * The element posts these element messages on the bus:
 *
 * * `zsdenoise-progress`, at most ten a second while it learns:
 *   * #guint `step`: steps taken
 *   * #guint `steps`: steps in all
 *   * #gdouble `loss`: see #GstZsDenoise:loss
 *   * #gdouble `eta`: seconds to go
 * * `zsdenoise-trained`, each time a learning has come to its end: on a keyframe, on the frames
 *   after it, a fine-tuning, or a picture by itself:
 *   * #gdouble `loss`: see #GstZsDenoise:loss
 *   * #gdouble `estimated-sigma`: see #GstZsDenoise:estimated-sigma
 *   * #gdouble `seconds`: how long it took
 *   * #guint `steps`: steps taken
 * * `zsdenoise-quality`, when it begins to do less, or more again, for each frame:
 *   * #gchararray `quality`: as in #GstZsDenoise:stats
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=noisy.mp4 ! decodebin ! videoconvert ! video/x-raw,format=I420 ! zsdenoise ! x264enc pass=quant quantizer=21 ! mp4mux ! filesink location=clean.mp4
 * ]| Denoises a file.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! zsdenoise split=0.5 ! videoconvert ! autovideosink
 * ]| Shows a camera, the left half as it comes.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=60 ! zsnoise degree=0.1 ! zsdenoise ! videoconvert ! autovideosink
 * ]| Denoises a noisy test picture and prints the messages.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsdenoise-private.h"
#include "gstzsimage.h"

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

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_ZS_FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_ZS_FORMATS)));

G_DEFINE_TYPE_WITH_CODE (GstZsDenoise, gst_zs_denoise, GST_TYPE_VIDEO_FILTER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, gst_zs_denoise_preset_init));
GST_ELEMENT_REGISTER_DEFINE (zsdenoise, "zsdenoise", GST_RANK_NONE,
    GST_TYPE_ZS_DENOISE);

/* --- learning --- */

/* Whether frames come from a source that does not wait for them to be taken. */
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

/* How the next frame is to be denoised. */
static ZsdSettings
take_settings (GstZsDenoise * self)
{
  GstZsDenoiseTraining training;
  ZsdSettings settings;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  training = self->training;
  GST_OBJECT_UNLOCK (self);
  settings.frozen = training == GST_ZS_DENOISE_TRAINING_NONE;
  settings.background = training == GST_ZS_DENOISE_TRAINING_BACKGROUND
      || (training == GST_ZS_DENOISE_TRAINING_AUTO && self->live);
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

/* Called by the streaming thread, which waits then, or by one that learns beside it. */
static void
on_progress (void *user, const ZsdTraining * training)
{
  GstZsDenoise *self = user;
  const gint64 now = g_get_monotonic_time ();
  gboolean due;

  if (g_atomic_pointer_get (&self->streaming) == g_thread_self ())
    publish_status (self);
  GST_OBJECT_LOCK (self);
  due = now - self->last_progress >= PROGRESS_INTERVAL;
  if (due)
    self->last_progress = now;
  self->progress = *training;
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

/* Logs once for new caps what their frames become: all of a frame, or a field. */
static void
describe (GstZsDenoise * self, const ZsdStatus * status)
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

/* Trainings that end during a frame: during each of its fields. */
typedef struct
{
  ZsdTraining training[2 * ZSD_MAX_ENDED];
  guint n;
} Ended;

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

/* After a frame: tells of the trainings that ended, and saves what was learned. */
static void
report (GstZsDenoise * self, const ZsdStatus * status, const Ended * ended)
{
  guint i;

  publish_status (self);
  describe (self, status);
  for (i = 0; i < ended->n; i++)
    post_trained (self, &ended->training[i], status->sigma);
  if (ended->n > 0)
    gst_zs_denoise_save_model (self);
}

/* --- key units --- */

/* Notes a key unit that an event asks for, if it comes from the direction that force-key-unit
 * names. An event from upstream comes in the streaming thread, one from downstream in any. */
static void
note_key_unit (GstZsDenoise * self, GstEvent * event)
{
  const GstZsDenoiseForceKeyUnit from = GST_EVENT_IS_UPSTREAM (event) ?
      GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM :
      GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM;

  if (!gst_video_event_is_force_key_unit (event))
    return;
  GST_OBJECT_LOCK (self);
  if (self->force_key_unit & from)
    gst_zs_key_units_add (&self->key_units, event);
  GST_OBJECT_UNLOCK (self);
}

/* Whether a key unit was asked for by the buffer's time, or at any time where the buffer has none.
 * With the object lock. */
static gboolean
take_key_units (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME)
    time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  return gst_zs_key_units_take (&self->key_units, time);
}

/* Before running time begins anew. */
static void
drop_key_units (GstZsDenoise * self)
{
  GST_OBJECT_LOCK (self);
  gst_zs_key_units_take (&self->key_units, GST_CLOCK_TIME_NONE);
  GST_OBJECT_UNLOCK (self);
}

/* --- base transform --- */

static gboolean
gst_zs_denoise_stop (GstBaseTransform * trans)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  gst_zs_denoise_stop_models (self);
  zsd_denoiser_free (self->denoiser);
  self->denoiser = NULL;
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
  if (!gst_zs_denoise_start_models (self)) {
    gst_zs_denoise_stop (trans);
    return FALSE;
  }
  publish_status (self);
  GST_OBJECT_LOCK (self);
  memset (&self->progress, 0, sizeof self->progress);
  GST_OBJECT_UNLOCK (self);
  drop_key_units (self);
  gst_zs_denoise_reset_rate_control (self);
  self->last_progress = 0;
  g_atomic_int_set (&self->flushing, FALSE);
  g_atomic_int_set (&self->stopping, FALSE);
  return TRUE;
}

static gboolean
gst_zs_denoise_set_info (GstVideoFilter * filter,
    GstCaps * in_caps G_GNUC_UNUSED, GstVideoInfo * in_info G_GNUC_UNUSED,
    GstCaps * out_caps G_GNUC_UNUSED, GstVideoInfo * out_info G_GNUC_UNUSED)
{
  GstZsDenoise *self = GST_ZS_DENOISE (filter);

  self->described = FALSE;
  self->rate_control = (ZsdRateControl) {
  0};
  self->live = upstream_is_live (self);
  zsd_denoiser_reset (self->denoiser);
  return TRUE;
}

static gboolean
gst_zs_denoise_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  const gboolean flushed = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    g_atomic_int_set (&self->flushing, TRUE);
  if (flushed) {
    g_atomic_int_set (&self->flushing, FALSE);
    zsd_denoiser_reset (self->denoiser);
    drop_key_units (self);
    gst_zs_denoise_forget_lateness (self);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_zs_denoise_save_model_now (self);
  note_key_unit (self, event);
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->sink_event
      (trans, event);
}

static gboolean
gst_zs_denoise_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  note_key_unit (self, event);
  gst_zs_denoise_handle_timing_event (self, event);
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->src_event
      (trans, event);
}

static gboolean
gst_zs_denoise_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  const gboolean answered =
      GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->query (trans,
      direction, query);

  if (answered && direction == GST_PAD_SRC
      && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    gst_zs_denoise_add_latency (GST_ZS_DENOISE (trans), query);
  return answered;
}

/* A learning that is under way would hold the streaming thread, and so the change of state. */
static GstStateChangeReturn
gst_zs_denoise_change_state (GstElement * element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    g_atomic_int_set (&GST_ZS_DENOISE (element)->stopping, TRUE);
  return GST_ELEMENT_CLASS (gst_zs_denoise_parent_class)->change_state (element,
      transition);
}

static void
gst_zs_denoise_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  gboolean retrain, passthrough;

  gst_zs_sync_values (trans, buffer);
  GST_OBJECT_LOCK (self);
  retrain = take_key_units (self, buffer) || self->retrain;
  self->retrain = FALSE;
  passthrough = self->settings.strength == 0;
  GST_OBJECT_UNLOCK (self);

  if (retrain || GST_BUFFER_IS_DISCONT (buffer))
    zsd_denoiser_reset (self->denoiser);
  gst_base_transform_set_passthrough (trans, passthrough);
  if (passthrough) {
    zsd_denoiser_skip (self->denoiser);
    publish_status (self);
  }
}

/* Denoises a frame, or one field of it. */
static ZsdResult
process_field (GstZsDenoise * self, ZsdImage * image, gint field,
    const ZsdSettings * settings, Ended * ended)
{
  const ZsdResult result = zsd_denoiser_process (self->denoiser, image, field,
      settings);

  ended->n += zsd_denoiser_ended (self->denoiser, ended->training + ended->n);
  return result;
}

/* Denoises the frame, or the fields of an interlaced one in the order in which they are shown. */
static ZsdResult
process (GstZsDenoise * self, GstVideoFrame * frame,
    const ZsdSettings * settings, Ended * ended)
{
  const gboolean interlaced = GST_VIDEO_FRAME_IS_INTERLACED (frame);
  const gint top = GST_VIDEO_FRAME_FLAG_IS_SET (frame,
      GST_VIDEO_FRAME_FLAG_TFF) ? 0 : 1;
  ZsdResult result = ZSD_OK;
  ZsdImage image, field;
  gint i;

  gst_zs_image_from_frame (&image, frame);
  if (!interlaced)
    return process_field (self, &image, 0, settings, ended);
  for (i = 0; i < 2 && result == ZSD_OK; i++) {
    field = zsd_image_field (&image, i ^ top);
    result = process_field (self, &field, i, settings, ended);
  }
  return result;
}

/* Whether the buffer is a picture by itself, as decoders of picture files give it: nothing says how
 * long it is shown, nor that time has passed before it. */
static gboolean
is_still (GstZsDenoise * self, GstBuffer * buffer)
{
  return GST_VIDEO_INFO_FPS_N (&GST_VIDEO_FILTER (self)->in_info) == 0
      && !self->live && !GST_BUFFER_DURATION_IS_VALID (buffer)
      && (!GST_BUFFER_PTS_IS_VALID (buffer) || GST_BUFFER_PTS (buffer) == 0);
}

static GstFlowReturn
gst_zs_denoise_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);
  GstVideoFrame frame;
  Ended ended = {.n = 0 };
  ZsdStatus before, after;
  ZsdSettings settings;
  ZsdResult result;

  if (!filter->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  zsd_rate_control_start (&self->rate_control);
  settings = take_settings (self);
  g_atomic_pointer_set (&self->streaming, g_thread_self ());
  settings.still = is_still (self, buffer);
  /* Backwards, what came before is what is shown after. */
  if (trans->segment.rate < 0)
    settings.temporal = false;

  if (!gst_zs_map_buffer (GST_ELEMENT (self), &frame, &filter->in_info, buffer))
    return GST_FLOW_ERROR;
  zsd_denoiser_status (self->denoiser, &before);
  result = process (self, &frame, &settings, &ended);
  zsd_denoiser_status (self->denoiser, &after);
  gst_video_frame_unmap (&frame);
  report (self, &after, &ended);
  gst_zs_denoise_update_rate_control (self, buffer, settings.background
      || after.updates == before.updates);

  /* A learning that was cancelled leaves the frame as it is: whoever cancelled it has no use for
   * the frame any more. */
  if (result == ZSD_NO_MEMORY) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
        ("There is not enough memory to denoise frames of %dx%d.",
            GST_VIDEO_INFO_WIDTH (&filter->in_info),
            GST_VIDEO_INFO_HEIGHT (&filter->in_info)), (NULL));
    return GST_FLOW_ERROR;
  }
  if (result == ZSD_MISMATCH) {
    gst_zs_denoise_refuse_model (self);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* --- class --- */

static void
gst_zs_denoise_init (GstZsDenoise * self)
{
  self->settings = zsd_settings_default ();
  self->status.sigma = -1;
  /* A frame that comes late after learning is still wanted: none may be lost. */
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

  object_class->finalize = gst_zs_denoise_finalize;
  gst_zs_denoise_install_properties (object_class);

  /**
   * GstZsDenoise::retrain:
   * @zsdenoise: the element
   *
   * Makes the next frame a keyframe: what was learned is forgotten and learned anew, and so are
   * earlier frames.
   */
  signals[SIGNAL_RETRAIN] = g_signal_new_class_handler ("retrain",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_zs_denoise_retrain), NULL, NULL, NULL, G_TYPE_NONE, 0);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "Zero-shot video denoiser", "Filter/Effect/Video",
      "Denoises video by learning from the video itself",
      "The zsdenoise developers");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_zs_denoise_change_state);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_zs_denoise_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_zs_denoise_stop);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_zs_denoise_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_zs_denoise_src_event);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_zs_denoise_query);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_before_transform);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_zs_denoise_transform_ip);
  trans_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = GST_DEBUG_FUNCPTR (gst_zs_denoise_set_info);
}

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
 * from the video itself, a little on each frame: from what one frame and the next show of the same
 * things. Without those weights, or if #GstZsDenoise:epochs asks for it, it learns on a keyframe
 * from that frame alone (Zero-Shot Noise2Noise, Y. Mansour and R. Heckel, CVPR 2023), for which the
 * stream waits. With no property set it does the right thing.
 *
 * How strong the noise is, how it depends on brightness and whether neighbours have it in common,
 * it estimates itself, on every frame: #GstZsDenoise:estimated-sigma tells the result.
 *
 * ## Keyframes
 *
 * It begins anew on the first frame, after a cut (#GstZsDenoise:scene-threshold), after a flush, a
 * discontinuity or new caps, and when #GstZsDenoise::retrain is emitted. With
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
 * ## Frames
 *
 * Frames are changed in place, never dropped, delayed or reordered. With #GstZsDenoise:strength 0
 * they pass untouched and uncopied. Interlaced frames are handled field by field.
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
 *   after it, or a fine-tuning:
 *   * #gdouble `loss`: see #GstZsDenoise:loss
 *   * #gdouble `estimated-sigma`: see #GstZsDenoise:estimated-sigma
 *   * #gdouble `seconds`: how long it took
 *   * #guint `steps`: steps taken
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=noisy.mp4 ! decodebin ! videoconvert ! zsdenoise ! x264enc ! mp4mux ! filesink location=clean.mp4
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

#include "gstzsdenoise.h"
#include "gstzsimage.h"

GST_DEBUG_CATEGORY_STATIC (gst_zs_denoise_debug);
#define GST_CAT_DEFAULT gst_zs_denoise_debug

enum
{
  PROP_0,
  PROP_PROFILE,
  PROP_STRENGTH,
  PROP_TRAINING,
  PROP_EPOCHS,
  PROP_LEARNING_RATE,
  PROP_STEP_SIZE,
  PROP_GAMMA,
  PROP_HIDDEN_CHANNELS,
  PROP_FINETUNE_INTERVAL,
  PROP_FINETUNE_EPOCHS,
  PROP_SCENE_THRESHOLD,
  PROP_TEMPORAL,
  PROP_WARM_START,
  PROP_SPLIT,
  PROP_PRECISION,
  PROP_N_THREADS,
  PROP_SEED,
  PROP_STATE,
  PROP_ESTIMATED_SIGMA,
  PROP_LOSS,
  PROP_ISA,
  PROP_STATS,
};

enum
{
  SIGNAL_RETRAIN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef enum
{
  GST_ZS_DENOISE_TRAINING_AUTO,
  GST_ZS_DENOISE_TRAINING_BLOCKING,
} GstZsDenoiseTraining;

typedef enum
{
  GST_ZS_DENOISE_PRECISION_AUTO,
  GST_ZS_DENOISE_PRECISION_FP32,
} GstZsDenoisePrecision;

#define PROGRESS_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

struct _GstZsDenoise
{
  GstVideoFilter parent;

  /* with the object lock */
  ZsdSettings settings;
  GstZsDenoiseTraining training;
  GstZsDenoisePrecision precision;
  ZsdStatus status;
  gboolean retrain;

  gint cancel;                  /* atomic: learning is to end */

  /* the streaming thread's */
  ZsdDenoiser *denoiser;
  gint64 last_progress;         /* monotonic time of the last message */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_ZS_FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_ZS_FORMATS)));

G_DEFINE_TYPE (GstZsDenoise, gst_zs_denoise, GST_TYPE_VIDEO_FILTER);
GST_ELEMENT_REGISTER_DEFINE (zsdenoise, "zsdenoise", GST_RANK_NONE,
    GST_TYPE_ZS_DENOISE);

#define DEFINE_ENUM_TYPE(TypeName, type_name, values) \
static GType \
type_name##_get_type (void) \
{ \
  static gsize type = 0; \
  if (g_once_init_enter (&type)) \
    g_once_init_leave (&type, g_enum_register_static (TypeName, values)); \
  return type; \
}

static const GEnumValue profiles[] = {
  {ZSD_PROFILE_REALTIME, "Fastest", "realtime"},
  {ZSD_PROFILE_BALANCED, "Good pictures after a few seconds", "balanced"},
  {ZSD_PROFILE_BEST, "Best pictures, learning takes its time", "best"},
  {ZSD_PROFILE_PAPER, "The method as published", "paper"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseProfile", gst_zs_denoise_profile, profiles);
#define GST_TYPE_ZS_DENOISE_PROFILE (gst_zs_denoise_profile_get_type ())

static const GEnumValue states[] = {
  {ZSD_STATE_WAITING, "Waiting for a first frame", "waiting"},
  {ZSD_STATE_LEARNING, "Learning", "learning"},
  {ZSD_STATE_FILTERING, "Filtering", "filtering"},
  {ZSD_STATE_PASSING, "Passing frames that have no noise", "passing"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseState", gst_zs_denoise_state, states);
#define GST_TYPE_ZS_DENOISE_STATE (gst_zs_denoise_state_get_type ())

static const GEnumValue trainings[] = {
  {GST_ZS_DENOISE_TRAINING_AUTO, "As fits the pipeline", "auto"},
  {GST_ZS_DENOISE_TRAINING_BLOCKING, "The stream waits while it learns",
      "blocking"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseTraining", gst_zs_denoise_training, trainings);
#define GST_TYPE_ZS_DENOISE_TRAINING (gst_zs_denoise_training_get_type ())

static const GEnumValue precisions[] = {
  {GST_ZS_DENOISE_PRECISION_AUTO, "The fastest that loses nothing", "auto"},
  {GST_ZS_DENOISE_PRECISION_FP32, "32-bit floating point", "fp32"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoisePrecision", gst_zs_denoise_precision,
    precisions);
#define GST_TYPE_ZS_DENOISE_PRECISION (gst_zs_denoise_precision_get_type ())

static const gchar *
state_name (ZsdState state)
{
  return states[state].value_nick;
}

/* --- properties --- */

static void
gst_zs_denoise_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstZsDenoise *self = GST_ZS_DENOISE (object);
  ZsdSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_PROFILE:
      settings->profile = g_value_get_enum (value);
      break;
    case PROP_STRENGTH:
      settings->strength = g_value_get_double (value);
      break;
    case PROP_TRAINING:
      self->training = g_value_get_enum (value);
      break;
    case PROP_EPOCHS:
      settings->epochs = g_value_get_uint (value);
      break;
    case PROP_LEARNING_RATE:
      settings->learning_rate = g_value_get_double (value);
      break;
    case PROP_STEP_SIZE:
      settings->step_size = g_value_get_uint (value);
      break;
    case PROP_GAMMA:
      settings->gamma = g_value_get_double (value);
      break;
    case PROP_HIDDEN_CHANNELS:
      settings->hidden_channels = g_value_get_uint (value);
      break;
    case PROP_FINETUNE_INTERVAL:
      settings->finetune_interval = g_value_get_uint (value);
      break;
    case PROP_FINETUNE_EPOCHS:
      settings->finetune_epochs = g_value_get_uint (value);
      break;
    case PROP_SCENE_THRESHOLD:
      settings->scene_threshold = g_value_get_double (value);
      break;
    case PROP_TEMPORAL:
      settings->temporal = g_value_get_boolean (value);
      break;
    case PROP_WARM_START:
      settings->warm_start = g_value_get_boolean (value);
      break;
    case PROP_SPLIT:
      settings->split = g_value_get_double (value);
      break;
    case PROP_PRECISION:
      self->precision = g_value_get_enum (value);
      break;
    case PROP_N_THREADS:
      settings->threads = g_value_get_uint (value);
      break;
    case PROP_SEED:
      settings->seed = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
make_stats (const ZsdStatus * status)
{
  return gst_structure_new ("zsdenoise-stats",
      "state", G_TYPE_STRING, state_name (status->state),
      "frames", G_TYPE_UINT64, status->frames,
      "keyframes", G_TYPE_UINT64, status->keyframes,
      "finetunings", G_TYPE_UINT64, status->finetunings,
      "trainings", G_TYPE_UINT64, status->trainings,
      "step", G_TYPE_UINT, status->training.step,
      "steps", G_TYPE_UINT, status->training.steps,
      "loss", G_TYPE_DOUBLE, status->training.loss,
      "seconds", G_TYPE_DOUBLE, status->training.seconds,
      "estimated-sigma", G_TYPE_DOUBLE, status->sigma,
      "threads", G_TYPE_UINT, (guint) status->threads,
      "isa", G_TYPE_STRING, status->isa, NULL);
}

static void
gst_zs_denoise_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstZsDenoise *self = GST_ZS_DENOISE (object);
  const ZsdSettings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_PROFILE:
      g_value_set_enum (value, settings->profile);
      break;
    case PROP_STRENGTH:
      g_value_set_double (value, settings->strength);
      break;
    case PROP_TRAINING:
      g_value_set_enum (value, self->training);
      break;
    case PROP_EPOCHS:
      g_value_set_uint (value, settings->epochs);
      break;
    case PROP_LEARNING_RATE:
      g_value_set_double (value, settings->learning_rate);
      break;
    case PROP_STEP_SIZE:
      g_value_set_uint (value, settings->step_size);
      break;
    case PROP_GAMMA:
      g_value_set_double (value, settings->gamma);
      break;
    case PROP_HIDDEN_CHANNELS:
      g_value_set_uint (value, settings->hidden_channels);
      break;
    case PROP_FINETUNE_INTERVAL:
      g_value_set_uint (value, settings->finetune_interval);
      break;
    case PROP_FINETUNE_EPOCHS:
      g_value_set_uint (value, settings->finetune_epochs);
      break;
    case PROP_SCENE_THRESHOLD:
      g_value_set_double (value, settings->scene_threshold);
      break;
    case PROP_TEMPORAL:
      g_value_set_boolean (value, settings->temporal);
      break;
    case PROP_WARM_START:
      g_value_set_boolean (value, settings->warm_start);
      break;
    case PROP_SPLIT:
      g_value_set_double (value, settings->split);
      break;
    case PROP_PRECISION:
      g_value_set_enum (value, self->precision);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, settings->threads);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, settings->seed);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->status.state);
      break;
    case PROP_ESTIMATED_SIGMA:
      g_value_set_double (value, self->status.sigma);
      break;
    case PROP_LOSS:
      g_value_set_double (value, self->status.training.loss);
      break;
    case PROP_ISA:
      g_value_set_string (value, self->status.isa);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (&self->status));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- learning --- */

static void
gst_zs_denoise_retrain (GstZsDenoise * self)
{
  GST_OBJECT_LOCK (self);
  self->retrain = TRUE;
  GST_OBJECT_UNLOCK (self);
}

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

static bool
on_progress (void *user, const ZsdTraining * training)
{
  GstZsDenoise *self = user;
  const gint64 now = g_get_monotonic_time ();

  if (now - self->last_progress >= PROGRESS_INTERVAL) {
    self->last_progress = now;
    publish_status (self);
    post (self, gst_structure_new ("zsdenoise-progress",
            "step", G_TYPE_UINT, training->step,
            "steps", G_TYPE_UINT, training->steps,
            "loss", G_TYPE_DOUBLE, training->loss,
            "eta", G_TYPE_DOUBLE, training->eta, NULL));
  }
  return !g_atomic_int_get (&self->cancel);
}

/* After a frame: says so if a learning came to its end on it. */
static void
report (GstZsDenoise * self)
{
  const guint64 before = self->status.trainings;
  const ZsdStatus *status = &self->status;

  publish_status (self);
  if (status->trainings == before)
    return;
  GST_INFO_OBJECT (self, "learned in %.2f s, %u steps: loss %g, noise %.1f "
      "of 255, %d threads, %s", status->training.seconds,
      status->training.step, status->training.loss, status->sigma,
      status->threads, status->isa);
  post (self, gst_structure_new ("zsdenoise-trained",
          "loss", G_TYPE_DOUBLE, status->training.loss,
          "estimated-sigma", G_TYPE_DOUBLE, status->sigma,
          "seconds", G_TYPE_DOUBLE, status->training.seconds,
          "steps", G_TYPE_UINT, status->training.step, NULL));
}

/* --- base transform --- */

static gboolean
gst_zs_denoise_start (GstBaseTransform * trans)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  gchar error[200];

  self->denoiser = zsd_denoiser_new (error, sizeof error);
  if (self->denoiser == NULL) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s.", error), (NULL));
    return FALSE;
  }
  publish_status (self);
  self->last_progress = 0;
  g_atomic_int_set (&self->cancel, FALSE);
  return TRUE;
}

static gboolean
gst_zs_denoise_stop (GstBaseTransform * trans)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);

  zsd_denoiser_free (self->denoiser);
  self->denoiser = NULL;
  return TRUE;
}

static gboolean
gst_zs_denoise_set_info (GstVideoFilter * filter,
    GstCaps * in_caps G_GNUC_UNUSED, GstVideoInfo * in_info G_GNUC_UNUSED,
    GstCaps * out_caps G_GNUC_UNUSED, GstVideoInfo * out_info G_GNUC_UNUSED)
{
  zsd_denoiser_reset (GST_ZS_DENOISE (filter)->denoiser);
  return TRUE;
}

static gboolean
gst_zs_denoise_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  const gboolean flushed = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    g_atomic_int_set (&self->cancel, TRUE);
  if (flushed) {
    g_atomic_int_set (&self->cancel, FALSE);
    zsd_denoiser_reset (self->denoiser);
  }
  return GST_BASE_TRANSFORM_CLASS (gst_zs_denoise_parent_class)->sink_event
      (trans, event);
}

/* A learning that is under way would hold the streaming thread, and so the change of state. */
static GstStateChangeReturn
gst_zs_denoise_change_state (GstElement * element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    g_atomic_int_set (&GST_ZS_DENOISE (element)->cancel, TRUE);
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
  retrain = self->retrain;
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

/* Denoises the frame, or the fields of an interlaced one in the order in which they are shown. */
static ZsdResult
process (GstZsDenoise * self, GstVideoFrame * frame,
    const ZsdSettings * settings)
{
  const gboolean interlaced = GST_VIDEO_FRAME_IS_INTERLACED (frame);
  const gint top = GST_VIDEO_FRAME_FLAG_IS_SET (frame,
      GST_VIDEO_FRAME_FLAG_TFF) ? 0 : 1;
  ZsdResult result = ZSD_OK;
  ZsdImage image, field;
  gint i;

  gst_zs_image_from_frame (&image, frame);
  if (!interlaced)
    return zsd_denoiser_process (self->denoiser, &image, 0, settings,
        on_progress, self);
  for (i = 0; i < 2 && result == ZSD_OK; i++) {
    field = zsd_image_field (&image, i ^ top);
    result = zsd_denoiser_process (self->denoiser, &field, i, settings,
        on_progress, self);
  }
  return result;
}

static GstFlowReturn
gst_zs_denoise_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);
  GstVideoFrame frame;
  ZsdSettings settings;
  ZsdResult result;

  if (!filter->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  GST_OBJECT_LOCK (self);
  settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  /* Backwards, what came before is what is shown after. */
  if (trans->segment.rate < 0)
    settings.temporal = false;

  if (!gst_zs_map_buffer (GST_ELEMENT (self), &frame, &filter->in_info, buffer))
    return GST_FLOW_ERROR;
  result = process (self, &frame, &settings);
  gst_video_frame_unmap (&frame);
  report (self);

  /* A learning that was cancelled leaves the frame as it is: whoever cancelled it has no use for
   * the frame any more. */
  if (result == ZSD_NO_MEMORY) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
        ("There is not enough memory to denoise frames of %dx%d.",
            GST_VIDEO_INFO_WIDTH (&filter->in_info),
            GST_VIDEO_INFO_HEIGHT (&filter->in_info)), (NULL));
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

#define SETTING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)
#define REPORT (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_filter_properties (GObjectClass * object_class,
    const ZsdSettings * defaults)
{
  /**
   * GstZsDenoise:profile:
   *
   * A named bundle of the settings below. A setting that is set wins over the profile's, in
   * whichever order they are set. `paper` is the method as published: RGB frames are not packed,
   * each step of learning sees the whole frame, 2000 steps are taken; #GstZsDenoise:temporal and
   * #GstZsDenoise:warm-start do not count.
   */
  g_object_class_install_property (object_class, PROP_PROFILE,
      g_param_spec_enum ("profile", "Profile",
          "Bundle of settings; what is set by itself wins over it",
          GST_TYPE_ZS_DENOISE_PROFILE, defaults->profile, SETTING));

  /**
   * GstZsDenoise:strength:
   *
   * How much of the noise found is removed: 1 all of it, 0.5 half of it; with 0 frames pass
   * untouched.
   */
  g_object_class_install_property (object_class, PROP_STRENGTH,
      g_param_spec_double ("strength", "Strength",
          "How much of the noise found is removed (0 = frames pass untouched)",
          0, 1, defaults->strength, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:scene-threshold:
   *
   * A frame that differs from the one before by this much is a keyframe. The difference is 0 for
   * the same picture, under 0.1 for a moving camera's and mostly from 0.2 to 0.5 for unrelated
   * ones; 0 as threshold: cuts are not looked for.
   */
  g_object_class_install_property (object_class, PROP_SCENE_THRESHOLD,
      g_param_spec_double ("scene-threshold", "Scene threshold",
          "Change of picture that makes a keyframe (0 = only the first frame)",
          0, 1, defaults->scene_threshold, SETTING));

  /**
   * GstZsDenoise:temporal:
   *
   * Uses earlier frames, to denoise and to learn from. If false, each frame is denoised by itself.
   * Has no effect with the #GstZsDenoise:profile `paper` and on frames that are played backwards,
   * which are always denoised by themselves.
   */
  g_object_class_install_property (object_class, PROP_TEMPORAL,
      g_param_spec_boolean ("temporal", "Temporal",
          "Use earlier frames (false = each frame is denoised by itself)",
          defaults->temporal, SETTING));

  /**
   * GstZsDenoise:split:
   *
   * That part of the width, from the left, shows the original.
   */
  g_object_class_install_property (object_class, PROP_SPLIT,
      g_param_spec_double ("split", "Split",
          "Part of the width, from the left, that shows the original", 0, 1,
          defaults->split, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:precision:
   *
   * Arithmetic of the filtering.
   */
  g_object_class_install_property (object_class, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "Arithmetic of the filtering", GST_TYPE_ZS_DENOISE_PRECISION,
          GST_ZS_DENOISE_PRECISION_AUTO, SETTING));

  /**
   * GstZsDenoise:n-threads:
   *
   * Threads that learn and filter; 0: one for each processor that the process may use.
   */
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Number of threads (0 = all cores)", 0, 256, defaults->threads,
          SETTING));
}

static void
install_learning_properties (GObjectClass * object_class,
    const ZsdSettings * defaults)
{
  /**
   * GstZsDenoise:training:
   *
   * How learning and filtering share the time. Both values now make the stream wait.
   */
  g_object_class_install_property (object_class, PROP_TRAINING,
      g_param_spec_enum ("training", "Training",
          "Whether the stream waits while it learns",
          GST_TYPE_ZS_DENOISE_TRAINING, GST_ZS_DENOISE_TRAINING_AUTO, SETTING));

  /**
   * GstZsDenoise:epochs:
   *
   * Steps of learning on a keyframe from that frame alone; 0: the profile's where learning begins
   * with random weights, and none where it begins with the built-in ones.
   */
  g_object_class_install_property (object_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs",
          "Steps of learning on a keyframe (0 = the profile's)", 0, 1000000,
          defaults->epochs, SETTING));

  /**
   * GstZsDenoise:warm-start:
   *
   * On a keyframe it starts from the built-in weights. If false, it starts from random ones and
   * learns on the keyframe, the profile's steps where #GstZsDenoise:epochs is 0: the video itself
   * is then all that it learns from. Has no effect with the #GstZsDenoise:profile `paper`, which
   * always starts from random weights; what has been learned already is kept until the next
   * keyframe.
   */
  g_object_class_install_property (object_class, PROP_WARM_START,
      g_param_spec_boolean ("warm-start", "Warm start",
          "Start from the built-in weights (false = from random ones)",
          defaults->warm_start, SETTING));

  /**
   * GstZsDenoise:learning-rate:
   *
   * Adam's learning rate.
   */
  g_object_class_install_property (object_class, PROP_LEARNING_RATE,
      g_param_spec_double ("learning-rate", "Learning rate",
          "Learning rate (0 = the profile's)", 0, 1, defaults->learning_rate,
          SETTING));

  /**
   * GstZsDenoise:step-size:
   *
   * The learning rate is multiplied by #GstZsDenoise:gamma after each so many steps.
   */
  g_object_class_install_property (object_class, PROP_STEP_SIZE,
      g_param_spec_uint ("step-size", "Step size",
          "Steps after which the learning rate is reduced (0 = the profile's)",
          0, 1000000, defaults->step_size, SETTING));

  /**
   * GstZsDenoise:gamma:
   *
   * What the learning rate is multiplied by when it is reduced.
   */
  g_object_class_install_property (object_class, PROP_GAMMA,
      g_param_spec_double ("gamma", "Gamma",
          "Factor by which the learning rate is reduced (0 = the profile's)",
          0, 1, defaults->gamma, SETTING));

  /**
   * GstZsDenoise:hidden-channels:
   *
   * Width of the network's two hidden layers: the time that a frame takes grows with its square.
   * Another width makes the next frame a keyframe.
   */
  g_object_class_install_property (object_class, PROP_HIDDEN_CHANNELS,
      g_param_spec_uint ("hidden-channels", "Hidden channels",
          "Width of the network's hidden layers (0 = the profile's)", 0, 256,
          defaults->hidden_channels, SETTING));

  /**
   * GstZsDenoise:finetune-interval:
   *
   * Every so many frames it takes #GstZsDenoise:finetune-epochs more steps of learning.
   */
  g_object_class_install_property (object_class, PROP_FINETUNE_INTERVAL,
      g_param_spec_uint ("finetune-interval", "Fine-tune interval",
          "Frames from one fine-tuning to the next (0 = never)", 0, G_MAXUINT,
          defaults->finetune_interval, SETTING));

  /**
   * GstZsDenoise:finetune-epochs:
   *
   * Steps of learning for each fine-tuning.
   */
  g_object_class_install_property (object_class, PROP_FINETUNE_EPOCHS,
      g_param_spec_uint ("finetune-epochs", "Fine-tune epochs",
          "Steps of learning for each fine-tuning", 0, 1000000,
          defaults->finetune_epochs, SETTING));

  /**
   * GstZsDenoise:seed:
   *
   * Where the random numbers begin. The same seed and the same input give the same output,
   * whatever the number of threads; other instruction sets round differently.
   */
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Seed of the random numbers: same seed, same output", 0, G_MAXUINT64,
          defaults->seed, SETTING));
}

static void
install_reports (GObjectClass * object_class)
{
  /**
   * GstZsDenoise:state:
   *
   * What it is doing.
   */
  g_object_class_install_property (object_class, PROP_STATE,
      g_param_spec_enum ("state", "State", "What it is doing",
          GST_TYPE_ZS_DENOISE_STATE, ZSD_STATE_WAITING, REPORT));

  /**
   * GstZsDenoise:estimated-sigma:
   *
   * Standard deviation of the noise in luma (green for RGB), on the scale of 0 to 255 whatever the
   * depth; -1 when it is not known. On a keyframe it is estimated from that frame's flattest parts,
   * after it from what earlier frames do not predict.
   */
  g_object_class_install_property (object_class, PROP_ESTIMATED_SIGMA,
      g_param_spec_double ("estimated-sigma", "Estimated sigma",
          "Estimated standard deviation of the noise, 0..255 (-1 = not known)",
          -1, 255, -1, REPORT));

  /**
   * GstZsDenoise:loss:
   *
   * Loss of the last step of learning: 1 stands for the variance of the noise, or for full scale
   * squared with the #GstZsDenoise:profile `paper`.
   */
  g_object_class_install_property (object_class, PROP_LOSS,
      g_param_spec_double ("loss", "Loss",
          "Loss of the last step of learning", 0, G_MAXDOUBLE, 0, REPORT));

  /**
   * GstZsDenoise:isa:
   *
   * The instruction set in use: `c`, `avx2`, `avx512` or `neon`; %NULL before READY. The
   * environment variable ZSDENOISE_CPU forces one.
   */
  g_object_class_install_property (object_class, PROP_ISA,
      g_param_spec_string ("isa", "Instruction set",
          "Instruction set in use", NULL, REPORT));

  /**
   * GstZsDenoise:stats:
   *
   * A #GstStructure of everything countable:
   *
   * * #gchararray `state`: as #GstZsDenoise:state
   * * #guint64 `frames`: frames seen
   * * #guint64 `keyframes`, `finetunings`: how often it has begun anew, and been fine-tuned
   * * #guint64 `trainings`: how often a learning of any kind has come to its end
   * * #guint `step`, `steps`: how far the last learning came
   * * #gdouble `loss`: as #GstZsDenoise:loss
   * * #gdouble `seconds`: how long the last learning took
   * * #gdouble `estimated-sigma`: as #GstZsDenoise:estimated-sigma
   * * #guint `threads`: threads in use
   * * #gchararray `isa`: as #GstZsDenoise:isa
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "What it has done so far",
          GST_TYPE_STRUCTURE, REPORT));
}

static void
gst_zs_denoise_class_init (GstZsDenoiseClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
  const ZsdSettings defaults = zsd_settings_default ();

  GST_DEBUG_CATEGORY_INIT (gst_zs_denoise_debug, "zsdenoise", 0,
      "zsdenoise element");

  object_class->set_property = gst_zs_denoise_set_property;
  object_class->get_property = gst_zs_denoise_get_property;
  install_filter_properties (object_class, &defaults);
  install_learning_properties (object_class, &defaults);
  install_reports (object_class);

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
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_zs_denoise_before_transform);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_zs_denoise_transform_ip);
  trans_class->transform_ip_on_passthrough = FALSE;
  filter_class->set_info = GST_DEBUG_FUNCPTR (gst_zs_denoise_set_info);

  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_PROFILE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_TRAINING, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_PRECISION, 0);
}

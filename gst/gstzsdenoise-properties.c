/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of the element. */
#include "gstzsdenoise-private.h"

enum
{
  PROP_0,
  PROP_PROFILE,
  PROP_STRENGTH,
  PROP_SIGMA,
  PROP_TRAINING,
  PROP_EPOCHS,
  PROP_LEARNING_RATE,
  PROP_STEP_SIZE,
  PROP_GAMMA,
  PROP_HIDDEN_CHANNELS,
  PROP_FINETUNE_INTERVAL,
  PROP_FINETUNE_EPOCHS,
  PROP_SCENE_THRESHOLD,
  PROP_FORCE_KEY_UNIT,
  PROP_TEMPORAL,
  PROP_WARM_START,
  PROP_PAIRS,
  PROP_SPLIT,
  PROP_LOOKAHEAD,
  PROP_PRECISION,
  PROP_N_THREADS,
  PROP_SEED,
  PROP_MODEL_FILE,
  PROP_SAVE_MODEL_FILE,
  PROP_STATE,
  PROP_ESTIMATED_SIGMA,
  PROP_LOSS,
  PROP_ISA,
  PROP_STATS,
};

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
  {ZSD_PROFILE_BALANCED, "Better quality, slower", "balanced"},
  {ZSD_PROFILE_BEST, "Best quality, slowest training", "best"},
  {ZSD_PROFILE_PAPER, "The method as published", "paper"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseProfile", gst_zs_denoise_profile, profiles);
#define GST_TYPE_ZS_DENOISE_PROFILE (gst_zs_denoise_profile_get_type ())

static const GEnumValue states[] = {
  {ZSD_STATE_WAITING, "Waiting for a first frame", "waiting"},
  {ZSD_STATE_LEARNING, "Training on a keyframe", "learning"},
  {ZSD_STATE_FILTERING, "Filtering", "filtering"},
  {ZSD_STATE_PASSING, "Passing frames without noise", "passing"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseState", gst_zs_denoise_state, states);
#define GST_TYPE_ZS_DENOISE_STATE (gst_zs_denoise_state_get_type ())

static const GEnumValue trainings[] = {
  {GST_ZS_DENOISE_TRAINING_AUTO,
        "Background if frames have deadlines, otherwise blocking",
      "auto"},
  {GST_ZS_DENOISE_TRAINING_BLOCKING, "The stream waits for training",
      "blocking"},
  {GST_ZS_DENOISE_TRAINING_BACKGROUND, "Training in a thread beside the stream",
      "background"},
  {GST_ZS_DENOISE_TRAINING_NONE, "No training", "none"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseTraining", gst_zs_denoise_training, trainings);
#define GST_TYPE_ZS_DENOISE_TRAINING (gst_zs_denoise_training_get_type ())

static const GEnumValue force_key_units[] = {
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_IGNORE, "Neither", "ignore"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM,
      "Downstream events", "downstream"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM, "Upstream events", "upstream"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_BOTH, "Both", "both"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseForceKeyUnit", gst_zs_denoise_force_key_unit,
    force_key_units);
#define GST_TYPE_ZS_DENOISE_FORCE_KEY_UNIT (gst_zs_denoise_force_key_unit_get_type ())

static const GEnumValue pairs[] = {
  {ZSD_PAIRS_AUTO, "Strided for correlated noise, otherwise spatial", "auto"},
  {ZSD_PAIRS_SPATIAL, "Diagonals of 2x2 blocks, as published", "spatial"},
  {ZSD_PAIRS_STRIDED, "Samples two apart, for correlated noise", "strided"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoisePairs", gst_zs_denoise_pairs, pairs);
#define GST_TYPE_ZS_DENOISE_PAIRS (gst_zs_denoise_pairs_get_type ())

static const GEnumValue precisions[] = {
  {ZSD_PRECISION_AUTO, "The fastest one on this processor", "auto"},
  {ZSD_PRECISION_FP32, "32-bit floating point", "fp32"},
  {ZSD_PRECISION_BF16, "16-bit brain floating point, sums in fp32", "bf16"},
  {ZSD_PRECISION_INT16, "16-bit integers in the 3x3 layers, otherwise fp32",
      "int16"},
  {ZSD_PRECISION_FP16, "Half precision in the 3x3 layers, otherwise fp32", "fp16"},
  {ZSD_PRECISION_INT8, "8-bit products in the 3x3 layers, otherwise fp32",
      "int8"},
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

/* --- setting and getting --- */

/* The files are opened when the element starts; later changes are refused. */
static void
set_file_name (GstZsDenoise * self, gchar ** name, const GValue * value)
{
  if (GST_STATE (self) > GST_STATE_READY) {
    g_warning ("model-file and save-model-file of zsdenoise can be changed in "
        "the states NULL and READY only");
    return;
  }
  g_free (*name);
  *name = g_value_dup_string (value);
}

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
    case PROP_SIGMA:
      settings->sigma = g_value_get_double (value);
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
    case PROP_FORCE_KEY_UNIT:
      self->force_key_unit = g_value_get_enum (value);
      break;
    case PROP_TEMPORAL:
      settings->temporal = g_value_get_boolean (value);
      break;
    case PROP_WARM_START:
      settings->warm_start = g_value_get_boolean (value);
      break;
    case PROP_PAIRS:
      settings->pairs = g_value_get_enum (value);
      break;
    case PROP_SPLIT:
      settings->split = g_value_get_double (value);
      break;
    case PROP_LOOKAHEAD:
      self->lookahead = g_value_get_uint (value);
      self->lookahead_set = TRUE;
      break;
    case PROP_PRECISION:
      settings->precision = g_value_get_enum (value);
      break;
    case PROP_N_THREADS:
      settings->threads = g_value_get_uint (value);
      break;
    case PROP_SEED:
      settings->seed = g_value_get_uint64 (value);
      break;
    case PROP_MODEL_FILE:
      set_file_name (self, &self->model_file, value);
      break;
    case PROP_SAVE_MODEL_FILE:
      set_file_name (self, &self->save_model_file, value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
make_stats (const ZsdStatus * status, const ZsdTraining * progress,
    guint lookahead)
{
  return gst_structure_new ("zsdenoise-stats",
      "state", G_TYPE_STRING, state_name (status->state),
      "frames", G_TYPE_UINT64, status->frames,
      "keyframes", G_TYPE_UINT64, status->keyframes,
      "finetunings", G_TYPE_UINT64, status->finetunings,
      "trainings", G_TYPE_UINT64, status->trainings,
      "step", G_TYPE_UINT, progress->step,
      "steps", G_TYPE_UINT, progress->steps,
      "loss", G_TYPE_DOUBLE, progress->loss,
      "seconds", G_TYPE_DOUBLE, progress->seconds,
      "estimated-sigma", G_TYPE_DOUBLE, status->sigma,
      "estimated-sigma-chroma", G_TYPE_DOUBLE, status->chroma_sigma,
      "estimated-correlation", G_TYPE_DOUBLE, status->correlation,
      "lookahead", G_TYPE_UINT, lookahead,
      "threads", G_TYPE_UINT, (guint) status->threads,
      "isa", G_TYPE_STRING, status->isa,
      "precision", G_TYPE_STRING, status->precision,
      "quality", G_TYPE_STRING,
      gst_zs_denoise_quality_name (status->quality), NULL);
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
    case PROP_SIGMA:
      g_value_set_double (value, settings->sigma);
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
    case PROP_FORCE_KEY_UNIT:
      g_value_set_enum (value, self->force_key_unit);
      break;
    case PROP_TEMPORAL:
      g_value_set_boolean (value, settings->temporal);
      break;
    case PROP_WARM_START:
      g_value_set_boolean (value, settings->warm_start);
      break;
    case PROP_PAIRS:
      g_value_set_enum (value, settings->pairs);
      break;
    case PROP_SPLIT:
      g_value_set_double (value, settings->split);
      break;
    case PROP_LOOKAHEAD:
      g_value_set_uint (value, self->lookahead);
      break;
    case PROP_PRECISION:
      g_value_set_enum (value, settings->precision);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, settings->threads);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, settings->seed);
      break;
    case PROP_MODEL_FILE:
      g_value_set_string (value, self->model_file);
      break;
    case PROP_SAVE_MODEL_FILE:
      g_value_set_string (value, self->save_model_file);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->status.state);
      break;
    case PROP_ESTIMATED_SIGMA:
      g_value_set_double (value, self->status.sigma);
      break;
    case PROP_LOSS:
      g_value_set_double (value, self->progress.loss);
      break;
    case PROP_ISA:
      g_value_set_string (value, self->status.isa);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (&self->status, &self->progress,
              self->lookahead_in_use));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- documentation --- */

#define SETTING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)
#define FILE_NAME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define REPORT (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_filter_properties (GObjectClass * object_class,
    const ZsdSettings * defaults)
{
  /**
   * GstZsDenoise:profile:
   *
   * Named set of defaults. A property that is set takes precedence over its default, in
   * whichever order they are set. `paper` is the method as published: 2000 training steps on
   * each keyframe, each on the whole frame; #GstZsDenoise:temporal and #GstZsDenoise:warm-start
   * have no effect.
   */
  g_object_class_install_property (object_class, PROP_PROFILE,
      g_param_spec_enum ("profile", "Profile",
          "Set of defaults; properties that are set take precedence",
          GST_TYPE_ZS_DENOISE_PROFILE, defaults->profile, SETTING));

  /**
   * GstZsDenoise:strength:
   *
   * Part of the noise that is removed: 1 for all, 0.5 for half of it. With 0 frames pass
   * unchanged. Above 1 the noise is taken for so many times stronger than it is when it is removed:
   * more of it goes, and fine detail with it. Motion search and the averaging of earlier frames
   * do not change. The #GstZsDenoise:profile `paper` has no strength above 1.
   */
  g_object_class_install_property (object_class, PROP_STRENGTH,
      g_param_spec_double ("strength", "Strength",
          "Part of the noise that is removed (0 = frames pass unchanged; above 1 = "
          "the noise is taken for so many times stronger)",
          0, 2, defaults->strength, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:sigma:
   *
   * Standard deviation of the noise of brightness (luma, green or gray), on the scale of 0..255,
   * for noise that the estimate misses. With 0 it is estimated. The noise of the other
   * components is scaled with it, but stays between what was found and what is set; its dependence
   * on brightness and its correlation are as found. #GstZsDenoise:estimated-sigma is still the
   * estimate. Has no effect with the #GstZsDenoise:profile `paper`, which needs no noise level.
   */
  g_object_class_install_property (object_class, PROP_SIGMA,
      g_param_spec_double ("sigma", "Sigma",
          "Standard deviation of the noise, 0..255 scale (0 = estimated)",
          0, 255, defaults->sigma, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:scene-threshold:
   *
   * Difference from the previous frame at which a frame is a keyframe. The difference is 0 for
   * the same picture, below 0.1 for a moving camera, and mostly 0.2 to 0.5 for unrelated
   * pictures. With 0 neither cuts nor changes of the noise are detected.
   */
  g_object_class_install_property (object_class, PROP_SCENE_THRESHOLD,
      g_param_spec_double ("scene-threshold", "Scene threshold",
          "Change of picture that makes a keyframe (0 = only the first frame)",
          0, 1, defaults->scene_threshold, SETTING));

  /**
   * GstZsDenoise:force-key-unit:
   *
   * Direction of the `GstForceKeyUnit` events, with which an application or an element asks an
   * encoder for a keyframe, that make a keyframe in zsdenoise, too: the first frame at the
   * running time of the event, or the next frame if it has none. All events are passed on. Of
   * more than 64 pending events, the nearest are kept.
   */
  g_object_class_install_property (object_class, PROP_FORCE_KEY_UNIT,
      g_param_spec_enum ("force-key-unit", "Force key unit",
          "Direction of the force-key-unit events that make a keyframe",
          GST_TYPE_ZS_DENOISE_FORCE_KEY_UNIT,
          GST_ZS_DENOISE_FORCE_KEY_UNIT_IGNORE, SETTING));

  /**
   * GstZsDenoise:temporal:
   *
   * Whether earlier frames are used for denoising and training. If false, each frame is denoised
   * by itself. Has no effect with the #GstZsDenoise:profile `paper` and in reverse playback,
   * which never use them.
   */
  g_object_class_install_property (object_class, PROP_TEMPORAL,
      g_param_spec_boolean ("temporal", "Temporal",
          "Use earlier frames (false = each frame is denoised by itself)",
          defaults->temporal, SETTING));

  /**
   * GstZsDenoise:split:
   *
   * Fraction of the width, from the left, that is unchanged, for comparison. Its last two columns
   * are a line, one column white and one black, if both parts are visible; with
   * #GstZsDenoise:strength 0 there is no line.
   */
  g_object_class_install_property (object_class, PROP_SPLIT,
      g_param_spec_double ("split", "Split",
          "Fraction of the width, from the left, that is unchanged, for comparison",
          0, 1, defaults->split, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:lookahead:
   *
   * Number of later frames that help to denoise a frame. Frames wait for them: so many frame
   * intervals are added to the latency (of 1/25 s if the frame rate is unknown). At the end of
   * the stream, before new caps, gaps and other serialized events, frames do not wait.
   *
   * If it is not set, it is 7 for the #GstZsDenoise:profile `best` where upstream is not live, and
   * 0 otherwise; `lookahead` in #GstZsDenoise:stats is the number in use. Has no effect with
   * #GstZsDenoise:temporal false, with the profile `paper`, in reverse playback, on still
   * pictures and on formats that are unpacked. A change while playing takes effect with the next
   * frame that arrives.
   */
  g_object_class_install_property (object_class, PROP_LOOKAHEAD,
      g_param_spec_uint ("lookahead", "Look-ahead",
          "Later frames that help a frame, which waits for them (not set = the profile's)",
          0, ZSD_MAX_LOOKAHEAD, 0, SETTING));

  /**
   * GstZsDenoise:precision:
   *
   * Arithmetic of inference; training always uses `fp32`. `auto` is `bf16` on processors with
   * matrix instructions for it (#GstZsDenoise:isa `amx`), `int16` on others with SSE4.1,
   * AVX2 or AVX-512, `int8` on arm64 processors with matrix products of it (I8MM), `fp16` on others
   * with arithmetic for it, and `fp32` on all others and with the #GstZsDenoise:profile `paper`.
   * The results differ by less than 0.05 dB. Without such instructions all but `fp32` are slow.
   */
  g_object_class_install_property (object_class, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "Arithmetic of inference", GST_TYPE_ZS_DENOISE_PRECISION,
          defaults->precision, SETTING));

  /**
   * GstZsDenoise:n-threads:
   *
   * Number of threads for training and inference; 0: one for each processor that the process
   * may use (affinity mask, cgroup quota). Elements at work in one process share the
   * processors.
   */
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Number of threads (0 = one for each available processor)", 0, 256,
          defaults->threads, SETTING));
}

static void
install_learning_properties (GObjectClass * object_class,
    const ZsdSettings * defaults)
{
  /**
   * GstZsDenoise:training:
   *
   * Whether the stream waits for training. `blocking`: each frame is denoised with all that has
   * been learned from it, and the same input gives the same output. `background`: a thread of
   * low priority trains beside the stream; until there are trained weights the built-in ones are
   * used or, with #GstZsDenoise:warm-start false, frames pass unchanged; new weights are faded
   * in. `auto`: `background` if upstream is live or a sink synchronises frames to the clock,
   * otherwise `blocking`. `none`: no training; the weights of #GstZsDenoise:model-file or the
   * built-in ones are used, and without either, frames pass unchanged. A change to or from
   * `background` begins training again; with #GstZsDenoise:warm-start false, the next frame is a
   * keyframe.
   */
  g_object_class_install_property (object_class, PROP_TRAINING,
      g_param_spec_enum ("training", "Training",
          "Whether the stream waits for training",
          GST_TYPE_ZS_DENOISE_TRAINING, GST_ZS_DENOISE_TRAINING_AUTO, SETTING));

  /**
   * GstZsDenoise:epochs:
   *
   * Training steps on a keyframe by itself. 0: the profile's number if training starts from
   * random weights, and none if it starts from the built-in ones or from
   * #GstZsDenoise:model-file.
   */
  g_object_class_install_property (object_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs",
          "Training steps on a keyframe by itself (0 = the profile's)", 0,
          1000000, defaults->epochs, SETTING));

  /**
   * GstZsDenoise:warm-start:
   *
   * Whether training on a keyframe starts from the built-in weights. If false, and without
   * #GstZsDenoise:model-file, it starts from random weights and takes the profile's number of
   * steps if #GstZsDenoise:epochs is 0, which takes seconds; the video itself is then the only
   * training data. Has no effect with the #GstZsDenoise:profile `paper`, which always starts
   * from random weights. Trained weights are kept until the next keyframe.
   */
  g_object_class_install_property (object_class, PROP_WARM_START,
      g_param_spec_boolean ("warm-start", "Warm start",
          "Start training from the built-in weights (false = from random ones)",
          defaults->warm_start, SETTING));

  /**
   * GstZsDenoise:pairs:
   *
   * How one frame is split into a training pair, where the network is trained on one: on a
   * keyframe with #GstZsDenoise:epochs, with #GstZsDenoise:warm-start false, or with the
   * #GstZsDenoise:profile `paper`. `spatial`: the two diagonals of each block of 2x2 samples, as
   * published; learns nothing from noise that is correlated between neighbours. `strided`: the
   * same on samples two apart; loses detail if the noise is not correlated. `auto`: `strided` if
   * the noise is measured as correlated, otherwise `spatial`; always `spatial` for `paper`.
   */
  g_object_class_install_property (object_class, PROP_PAIRS,
      g_param_spec_enum ("pairs", "Pairs",
          "How one frame is split into a training pair",
          GST_TYPE_ZS_DENOISE_PAIRS, defaults->pairs, SETTING));

  /**
   * GstZsDenoise:learning-rate:
   *
   * Learning rate of Adam; 0: the profile's.
   */
  g_object_class_install_property (object_class, PROP_LEARNING_RATE,
      g_param_spec_double ("learning-rate", "Learning rate",
          "Learning rate (0 = the profile's)", 0, 1, defaults->learning_rate,
          SETTING));

  /**
   * GstZsDenoise:step-size:
   *
   * Number of training steps after each of which the learning rate is multiplied by
   * #GstZsDenoise:gamma; 0: the profile's.
   */
  g_object_class_install_property (object_class, PROP_STEP_SIZE,
      g_param_spec_uint ("step-size", "Step size",
          "Training steps after which the learning rate is reduced (0 = the profile's)",
          0, 1000000, defaults->step_size, SETTING));

  /**
   * GstZsDenoise:gamma:
   *
   * Factor by which the learning rate is multiplied after each #GstZsDenoise:step-size steps; 0:
   * the profile's.
   */
  g_object_class_install_property (object_class, PROP_GAMMA,
      g_param_spec_double ("gamma", "Gamma",
          "Factor by which the learning rate is reduced (0 = the profile's)",
          0, 1, defaults->gamma, SETTING));

  /**
   * GstZsDenoise:hidden-channels:
   *
   * Width of the network's two hidden layers; 0: the profile's. The time for a frame grows with
   * its square. The next frame after a change is a keyframe.
   */
  g_object_class_install_property (object_class, PROP_HIDDEN_CHANNELS,
      g_param_spec_uint ("hidden-channels", "Hidden channels",
          "Width of the network's hidden layers (0 = the profile's)", 0, 256,
          defaults->hidden_channels, SETTING));

  /**
   * GstZsDenoise:finetune-interval:
   *
   * Number of frames from one fine-tuning, of #GstZsDenoise:finetune-epochs training steps, to
   * the next; 0: never.
   */
  g_object_class_install_property (object_class, PROP_FINETUNE_INTERVAL,
      g_param_spec_uint ("finetune-interval", "Fine-tune interval",
          "Frames from one fine-tuning to the next (0 = never)", 0, G_MAXUINT,
          defaults->finetune_interval, SETTING));

  /**
   * GstZsDenoise:finetune-epochs:
   *
   * Training steps of each fine-tuning.
   */
  g_object_class_install_property (object_class, PROP_FINETUNE_EPOCHS,
      g_param_spec_uint ("finetune-epochs", "Fine-tune epochs",
          "Training steps of each fine-tuning", 0, 1000000,
          defaults->finetune_epochs, SETTING));

  /**
   * GstZsDenoise:seed:
   *
   * Seed of the random numbers. The same seed and input give the same output with `blocking`
   * training, for any number of threads; other instruction sets round differently.
   */
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Seed of the random numbers (same seed, same output)", 0, G_MAXUINT64,
          defaults->seed, SETTING));
}

static void
install_file_properties (GObjectClass * object_class)
{
  /**
   * GstZsDenoise:model-file:
   *
   * File with the weights that training starts from on each keyframe, instead of the built-in or
   * random ones; written by #GstZsDenoise:save-model-file in another run. As with the built-in
   * weights, there are no training steps on the keyframe by itself unless #GstZsDenoise:epochs
   * is set.
   *
   * The file is read when the element goes from READY to PAUSED. A file that is missing, damaged
   * or not a model is an error then. Frames that do not fit the model are an error, too: frames
   * of another layout (4:2:0, 4:2:2, gray; RGB and 4:4:4 are the same), with or without the
   * #GstZsDenoise:profile `paper`, or another #GstZsDenoise:hidden-channels, if that is set.
   *
   * It may be the same file as #GstZsDenoise:save-model-file, so that each run continues the
   * last one. The file has to exist: leave model-file unset in the first run.
   */
  g_object_class_install_property (object_class, PROP_MODEL_FILE,
      g_param_spec_string ("model-file", "Model file",
          "File with the weights to start from (NULL = built-in or random ones)",
          NULL, FILE_NAME));

  /**
   * GstZsDenoise:save-model-file:
   *
   * File in which the trained weights are saved, for #GstZsDenoise:model-file or for other
   * programs. The format is safetensors, with the tensors `conv1.weight`, `conv1.bias` to
   * `conv3.bias` in the layout of PyTorch's Conv2d.
   *
   * It is written after each training (the stream does not wait), at the end of the stream and
   * when the element stops, if the weights have changed. The file is replaced atomically and is
   * complete at any time. A folder that is missing or not writable is an error when the element
   * starts. Later errors, such as a full disk, are warnings, one for each kind.
   */
  g_object_class_install_property (object_class, PROP_SAVE_MODEL_FILE,
      g_param_spec_string ("save-model-file", "Save model file",
          "File in which the trained weights are saved (NULL = none)", NULL,
          FILE_NAME));
}

static void
install_reports (GObjectClass * object_class)
{
  /**
   * GstZsDenoise:state:
   *
   * Current activity: waiting for a first frame, training on a keyframe, filtering, or passing
   * frames in which no noise was found.
   */
  g_object_class_install_property (object_class, PROP_STATE,
      g_param_spec_enum ("state", "State",
          "Current activity",
          GST_TYPE_ZS_DENOISE_STATE, ZSD_STATE_WAITING, REPORT));

  /**
   * GstZsDenoise:estimated-sigma:
   *
   * Estimated standard deviation of the noise in luma (green for RGB), on the scale of 0 to 255
   * for any depth; -1: unknown. On a keyframe it is estimated from the flattest parts of the
   * frame, and on later frames from the difference to their prediction from earlier ones.
   */
  g_object_class_install_property (object_class, PROP_ESTIMATED_SIGMA,
      g_param_spec_double ("estimated-sigma", "Estimated sigma",
          "Estimated standard deviation of the noise, 0..255 (-1 = unknown)",
          -1, 255, -1, REPORT));

  /**
   * GstZsDenoise:loss:
   *
   * Loss of the last training step, relative to the variance of the noise; with the
   * #GstZsDenoise:profile `paper`, relative to full scale squared; -1 before the first one.
   */
  g_object_class_install_property (object_class, PROP_LOSS,
      g_param_spec_double ("loss", "Loss",
          "Loss of the last training step", -1, G_MAXDOUBLE, -1, REPORT));

  /**
   * GstZsDenoise:isa:
   *
   * Instruction set in use: `c`, `sse4.1`, `avx2`, `avx512`, `amx`, `neon`, `neonfp16` or
   * `neoni8mm`; %NULL
   * before the element starts. The environment variable ZSDENOISE_CPU selects a lower one.
   */
  g_object_class_install_property (object_class, PROP_ISA,
      g_param_spec_string ("isa", "Instruction set",
          "Instruction set in use", NULL, REPORT));

  /**
   * GstZsDenoise:stats:
   *
   * A #GstStructure with these fields:
   *
   * * #gchararray `state`: see #GstZsDenoise:state
   * * #guint64 `frames`: frames processed
   * * #guint64 `keyframes`: keyframes, and restarts of training after a change of the noise
   * * #guint64 `finetunings`: fine-tunings that have ended
   * * #guint64 `trainings`: trainings of any kind that have ended
   * * #guint `step`: steps taken in the last training
   * * #guint `steps`: all steps of the last training
   * * #gdouble `loss`: see #GstZsDenoise:loss
   * * #gdouble `seconds`: duration of the last training so far
   * * #gdouble `estimated-sigma`: see #GstZsDenoise:estimated-sigma
   * * #gdouble `estimated-sigma-chroma`: the same for the noisier chroma component, or for red and
   *   blue of RGB; -1 where it is unknown, or the video gray
   * * #gdouble `estimated-correlation`: correlation of the noise of neighbouring samples of luma, or
   *   of green, from 0 (white noise) to 1 (a camera's: 0.5 to 0.8); -1 where it is unknown
   * * #guint `lookahead`: frames that are looked ahead, see #GstZsDenoise:lookahead
   * * #guint `threads`: threads in use
   * * #gchararray `isa`: see #GstZsDenoise:isa
   * * #gchararray `precision`: arithmetic of inference, `fp32`, `bf16`, `int16`, `fp16` or
   *   `int8`; %NULL
   *   before the first frame
   * * #gchararray `quality`: quality of the last frame: `full`, `fewer-tiles` (static tiles are
   *   computed less often), `narrow` (a narrower network), `fused` (temporal fusion without a
   *   network) or `original` (unchanged)
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Statistics of the element", GST_TYPE_STRUCTURE, REPORT));
}

void
gst_zs_denoise_install_properties (GObjectClass * object_class)
{
  const ZsdSettings defaults = zsd_settings_default ();

  object_class->set_property = gst_zs_denoise_set_property;
  object_class->get_property = gst_zs_denoise_get_property;
  install_filter_properties (object_class, &defaults);
  install_learning_properties (object_class, &defaults);
  install_file_properties (object_class);
  install_reports (object_class);

  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_PROFILE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_TRAINING, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_FORCE_KEY_UNIT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_PRECISION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ZS_DENOISE_PAIRS, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of zsdenoise. */
#include "gstzsdenoise-private.h"

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
  PROP_FORCE_KEY_UNIT,
  PROP_TEMPORAL,
  PROP_WARM_START,
  PROP_PAIRS,
  PROP_SPLIT,
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
  {ZSD_PROFILE_BALANCED, "Good pictures, a little slower", "balanced"},
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
  {GST_ZS_DENOISE_TRAINING_AUTO, "In the background of a live source",
      "auto"},
  {GST_ZS_DENOISE_TRAINING_BLOCKING, "The stream waits while it learns",
      "blocking"},
  {GST_ZS_DENOISE_TRAINING_BACKGROUND, "Beside the stream, which never waits",
      "background"},
  {GST_ZS_DENOISE_TRAINING_NONE, "Not at all: the weights stay as they are",
      "none"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseTraining", gst_zs_denoise_training, trainings);
#define GST_TYPE_ZS_DENOISE_TRAINING (gst_zs_denoise_training_get_type ())

static const GEnumValue force_key_units[] = {
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_IGNORE, "Pass the events on", "ignore"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM,
        "Heed those on their way downstream",
      "downstream"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM, "Heed those on their way upstream",
      "upstream"},
  {GST_ZS_DENOISE_FORCE_KEY_UNIT_BOTH, "Heed both", "both"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoiseForceKeyUnit", gst_zs_denoise_force_key_unit,
    force_key_units);
#define GST_TYPE_ZS_DENOISE_FORCE_KEY_UNIT (gst_zs_denoise_force_key_unit_get_type ())

static const GEnumValue pairs[] = {
  {ZSD_PAIRS_AUTO, "As the noise asks for", "auto"},
  {ZSD_PAIRS_SPATIAL, "Neighbours, as published", "spatial"},
  {ZSD_PAIRS_STRIDED, "Samples two apart, for noise that neighbours share",
      "strided"},
  {0, NULL, NULL}
};

DEFINE_ENUM_TYPE ("GstZsDenoisePairs", gst_zs_denoise_pairs, pairs);
#define GST_TYPE_ZS_DENOISE_PAIRS (gst_zs_denoise_pairs_get_type ())

static const GEnumValue precisions[] = {
  {ZSD_PRECISION_AUTO, "The fastest that loses nothing", "auto"},
  {ZSD_PRECISION_FP32, "32-bit floating point", "fp32"},
  {ZSD_PRECISION_BF16, "16-bit brain floating point, sums in fp32", "bf16"},
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

/* --- setting and reading --- */

/* Files are opened when the element starts: afterwards it is too late to name another one. */
static void
set_file_name (GstZsDenoise * self, gchar ** name, const GValue * value)
{
  if (GST_STATE (self) > GST_STATE_READY) {
    g_warning ("model-file and save-model-file of zsdenoise cannot be changed "
        "while it runs");
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
make_stats (const ZsdStatus * status, const ZsdTraining * progress)
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
      g_value_take_boxed (value, make_stats (&self->status, &self->progress));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- what there is --- */

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
   * A named bundle of the settings below. A setting that is set wins over the profile's, in
   * whichever order they are set. `paper` is the method as published: each step of learning
   * sees the whole frame, 2000 steps are taken; #GstZsDenoise:temporal and
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
   * ones; 0 as threshold: neither cuts nor other noise are looked for.
   */
  g_object_class_install_property (object_class, PROP_SCENE_THRESHOLD,
      g_param_spec_double ("scene-threshold", "Scene threshold",
          "Change of picture that makes a keyframe (0 = only the first frame)",
          0, 1, defaults->scene_threshold, SETTING));

  /**
   * GstZsDenoise:force-key-unit:
   *
   * Which `GstForceKeyUnit` events, by which an application or another element asks an encoder for
   * a keyframe, make a keyframe here, too: the first frame at the running time that the event
   * names, or the next one if it names none. All of them are passed on.
   */
  g_object_class_install_property (object_class, PROP_FORCE_KEY_UNIT,
      g_param_spec_enum ("force-key-unit", "Force key unit",
          "Which events that ask an encoder for a keyframe make one here, too",
          GST_TYPE_ZS_DENOISE_FORCE_KEY_UNIT,
          GST_ZS_DENOISE_FORCE_KEY_UNIT_IGNORE, SETTING));

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
   * That part of the width, from the left, shows the original. Its last two columns are a line, one
   * column white and one black, where both parts are in the picture; with #GstZsDenoise:strength 0
   * there is none.
   */
  g_object_class_install_property (object_class, PROP_SPLIT,
      g_param_spec_double ("split", "Split",
          "Part of the width, from the left, that shows the original", 0, 1,
          defaults->split, SETTING | GST_PARAM_CONTROLLABLE));

  /**
   * GstZsDenoise:precision:
   *
   * Arithmetic of the filtering; learning is always done in `fp32`. `auto` takes `bf16` where the
   * processor has matrix instructions for it (#GstZsDenoise:isa `amx`), and `fp32` elsewhere and
   * for the #GstZsDenoise:profile `paper`. The pictures are the same to within 0.05 dB. Without such
   * instructions `bf16` works, slowly.
   */
  g_object_class_install_property (object_class, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "Arithmetic of the filtering", GST_TYPE_ZS_DENOISE_PRECISION,
          defaults->precision, SETTING));

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
   * Whether the stream waits while it learns. `blocking`: each frame comes out with all that has
   * been learned from it, and the same input gives the same output. `background`: a thread of low
   * priority learns beside the stream; until the first weights are there, the built-in ones serve
   * or, with #GstZsDenoise:warm-start false, frames pass as they are; new ones are taken over
   * gradually. `auto`: in the background where upstream is live, and otherwise blocking. `none`: nothing is
   * learned, the weights of #GstZsDenoise:model-file or the built-in ones stay as they are; where
   * there are neither, frames pass. To and from the background, the next frame becomes a keyframe.
   */
  g_object_class_install_property (object_class, PROP_TRAINING,
      g_param_spec_enum ("training", "Training",
          "Whether the stream waits while it learns",
          GST_TYPE_ZS_DENOISE_TRAINING, GST_ZS_DENOISE_TRAINING_AUTO, SETTING));

  /**
   * GstZsDenoise:epochs:
   *
   * Steps of learning on a keyframe from that frame alone; 0: the profile's where learning begins
   * with random weights, and none where it begins with the built-in ones or
   * #GstZsDenoise:model-file.
   */
  g_object_class_install_property (object_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs",
          "Steps of learning on a keyframe (0 = the profile's)", 0, 1000000,
          defaults->epochs, SETTING));

  /**
   * GstZsDenoise:warm-start:
   *
   * On a keyframe it starts from the built-in weights. If false, and without
   * #GstZsDenoise:model-file, it starts from random ones and
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
   * GstZsDenoise:pairs:
   *
   * Which two looks at a frame by itself teach it, where it learns from one: on a keyframe with
   * #GstZsDenoise:epochs, #GstZsDenoise:warm-start false or the #GstZsDenoise:profile `paper`.
   * `spatial`: the two diagonals of each block of 2x2 samples, as published; that teaches nothing
   * where neighbours share their noise. `strided`: the same of samples that lie two apart, which
   * costs detail where they do not. `auto`: `strided` where the noise is found to be correlated; for
   * `paper` always `spatial`.
   */
  g_object_class_install_property (object_class, PROP_PAIRS,
      g_param_spec_enum ("pairs", "Pairs",
          "What it learns from where it learns from one frame",
          GST_TYPE_ZS_DENOISE_PAIRS, defaults->pairs, SETTING));

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
install_file_properties (GObjectClass * object_class)
{
  /**
   * GstZsDenoise:model-file:
   *
   * A file with what the network begins with on each keyframe, in place of the built-in weights or
   * of random ones: what #GstZsDenoise:save-model-file kept of another run. As with the built-in
   * weights, nothing is learned on the keyframe itself unless #GstZsDenoise:epochs is set.
   *
   * It is read when the element starts (READY to PAUSED). A file that is missing, damaged or no
   * model is an error then, and so it is when frames come that it was not learned for: of another
   * layout (4:2:0, 4:2:2, gray; RGB and 4:4:4 are one), with or without the #GstZsDenoise:profile
   * `paper`, or of another width than #GstZsDenoise:hidden-channels, if that is set.
   *
   * The file may be that of #GstZsDenoise:save-model-file, so that each run begins where the last
   * one ended. It has to be there already: the first of such runs has no model-file.
   */
  g_object_class_install_property (object_class, PROP_MODEL_FILE,
      g_param_spec_string ("model-file", "Model file",
          "File with what learning begins with (NULL = built-in or random "
          "weights)", NULL, FILE_NAME));

  /**
   * GstZsDenoise:save-model-file:
   *
   * A file that keeps what the network has learned, for #GstZsDenoise:model-file or for other
   * programs: its format is that of safetensors, with the tensors `conv1.weight`, `conv1.bias` to
   * `conv3.bias` of PyTorch's Conv2d.
   *
   * It is written after each learning that came to its end (without making the stream wait), at
   * the end of the stream and when the element stops, if something was learned since. The new file
   * takes the old one's place at once: it is whole at any time. A folder that is missing or cannot
   * be written to is an error when the element starts; what goes wrong later, a full disk for
   * instance, is a warning, one for each kind.
   */
  g_object_class_install_property (object_class, PROP_SAVE_MODEL_FILE,
      g_param_spec_string ("save-model-file", "Save model file",
          "File to save in what has been learned (NULL = none)", NULL,
          FILE_NAME));
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
   * The instruction set in use: `c`, `avx2`, `avx512`, `amx` or `neon`; %NULL before READY. The
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
   * * #gchararray `precision`: arithmetic in use, `fp32` or `bf16`; %NULL before the first
   *   frame
   * * #gchararray `quality`: how much was done for the last frame: `full`, `fewer-tiles` (what
   *   stands still is computed less often), `narrow` (by a narrower network), `fused` (by none:
   *   frames are joined with those before) or `original`
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "What it has done so far",
          GST_TYPE_STRUCTURE, REPORT));
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

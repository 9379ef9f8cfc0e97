/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-zsnoise
 * @title: zsnoise
 * @short_description: Adds noise to video, for testing a denoiser
 * @see_also: zsdenoise
 *
 * zsnoise adds noise to all samples of each frame, except for alpha, and clips the sum to the
 * range of the samples. The noise differs from frame to frame; the same #GstZsNoise:seed gives
 * the same video.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball ! zsnoise ! videoconvert ! autovideosink
 * ]| Shows a moving ball with strong noise.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=100 ! zsnoise kind=correlated degree=0.08 ! zsdenoise ! fakesink
 * ]| Denoises a test picture with noise like that of a camera and prints the messages.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsnoise.h"
#include "format/gstzsformats.h"
#include "format/gstzsimage.h"

GST_DEBUG_CATEGORY_STATIC (gst_zs_noise_debug);
#define GST_CAT_DEFAULT gst_zs_noise_debug

enum
{
  PROP_0,
  PROP_DEGREE,
  PROP_KIND,
  PROP_SEED,
};

#define DEFAULT_DEGREE 0.2
#define DEFAULT_KIND ZSD_NOISE_GAUSSIAN
#define DEFAULT_SEED 0

struct _GstZsNoise
{
  GstVideoFilter parent;

  /* with the object lock */
  gdouble degree;
  ZsdNoiseKind kind;
  guint64 seed;

  ZsdNoise *noise;
  GstZsPicture picture;         /* the frame that noise is added to */
};

G_DEFINE_TYPE (GstZsNoise, gst_zs_noise, GST_TYPE_VIDEO_FILTER);
GST_ELEMENT_REGISTER_DEFINE (zsnoise, "zsnoise", GST_RANK_NONE,
    GST_TYPE_ZS_NOISE);

#define GST_TYPE_ZS_NOISE_KIND (gst_zs_noise_kind_get_type ())
static GType
gst_zs_noise_kind_get_type (void)
{
  static const GEnumValue kinds[] = {
    {ZSD_NOISE_GAUSSIAN, "White Gaussian noise", "gaussian"},
    {ZSD_NOISE_POISSON, "Shot noise, stronger in bright areas", "poisson"},
    {ZSD_NOISE_CORRELATED,
          "Gaussian noise correlated between neighbours, as of a camera",
        "correlated"},
    {0, NULL, NULL}
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstZsNoiseKind", kinds));
  return type;
}

static void
gst_zs_noise_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstZsNoise *self = GST_ZS_NOISE (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEGREE:
      self->degree = g_value_get_double (value);
      break;
    case PROP_KIND:
      self->kind = g_value_get_enum (value);
      break;
    case PROP_SEED:
      self->seed = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_zs_noise_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstZsNoise *self = GST_ZS_NOISE (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEGREE:
      g_value_set_double (value, self->degree);
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, self->seed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_zs_noise_start (GstBaseTransform * trans)
{
  GstZsNoise *self = GST_ZS_NOISE (trans);

  self->noise = zsd_noise_new (self->seed);
  if (self->noise == NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
        ("There is not enough memory to add noise."), (NULL));
  return self->noise != NULL;
}

static gboolean
gst_zs_noise_stop (GstBaseTransform * trans)
{
  GstZsNoise *self = GST_ZS_NOISE (trans);

  zsd_noise_free (self->noise);
  self->noise = NULL;
  gst_zs_picture_clear (&self->picture);
  return TRUE;
}

static void
gst_zs_noise_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsNoise *self = GST_ZS_NOISE (trans);
  gdouble degree;

  gst_zs_sync_values (trans, buffer);
  GST_OBJECT_LOCK (self);
  degree = self->degree;
  GST_OBJECT_UNLOCK (self);
  gst_base_transform_set_passthrough (trans, degree == 0);
}

/* Returns 0, or -1 without memory. */
static int
add_noise (GstZsNoise * self, GstVideoFrame * frame, ZsdNoiseKind kind,
    gdouble degree)
{
  GstZsPicture *picture = &self->picture;

  if (!gst_zs_picture_load (picture, frame, -1)
      || zsd_noise_add (self->noise, &picture->image, kind, degree) != 0)
    return -1;
  gst_zs_picture_store (picture);
  return 0;
}

static GstFlowReturn
gst_zs_noise_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstZsNoise *self = GST_ZS_NOISE (trans);
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);
  GstVideoFrame frame;
  ZsdNoiseKind kind;
  gdouble degree;
  int result;

  if (!filter->negotiated)
    return GST_FLOW_NOT_NEGOTIATED;
  GST_OBJECT_LOCK (self);
  degree = self->degree;
  kind = self->kind;
  GST_OBJECT_UNLOCK (self);

  if (!gst_zs_map_buffer (GST_ELEMENT (self), &frame, &filter->in_info, buffer))
    return GST_FLOW_ERROR;
  result = add_noise (self, &frame, kind, degree);
  gst_video_frame_unmap (&frame);
  if (result != 0) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
        ("There is not enough memory to add noise."), (NULL));
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

static void
gst_zs_noise_init (GstZsNoise * self)
{
  self->degree = DEFAULT_DEGREE;
  self->kind = DEFAULT_KIND;
  self->seed = DEFAULT_SEED;
  /* QoS would drop late frames. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}

static void
gst_zs_noise_class_init (GstZsNoiseClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_zs_noise_debug, "zsnoise", 0, "zsnoise element");

  object_class->set_property = gst_zs_noise_set_property;
  object_class->get_property = gst_zs_noise_get_property;

  /**
   * GstZsNoise:degree:
   *
   * Standard deviation of the noise relative to full scale: 0.1 is 25.5 on the scale of 0 to 255.
   * Shot noise has this deviation at full scale, and a smaller one in dark areas.
   */
  g_object_class_install_property (object_class, PROP_DEGREE,
      g_param_spec_double ("degree", "Degree",
          "Standard deviation of the noise relative to full scale", 0, 1,
          DEFAULT_DEGREE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING));

  /**
   * GstZsNoise:kind:
   *
   * Distribution of the noise.
   */
  g_object_class_install_property (object_class, PROP_KIND,
      g_param_spec_enum ("kind", "Kind", "Distribution of the noise",
          GST_TYPE_ZS_NOISE_KIND, DEFAULT_KIND,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_PLAYING));

  /**
   * GstZsNoise:seed:
   *
   * Seed of the random numbers. The same seed gives the same noise.
   */
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Seed of the random numbers (same seed, same noise)", 0,
          G_MAXUINT64, DEFAULT_SEED, G_PARAM_READWRITE |
          G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));

  gst_zs_add_pad_templates (element_class, gst_zs_formats_caps ());
  gst_element_class_set_static_metadata (element_class, "Video noise",
      "Filter/Effect/Video", "Adds noise to video, for testing a denoiser",
      "The zsdenoise developers");

  trans_class->start = GST_DEBUG_FUNCPTR (gst_zs_noise_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_zs_noise_stop);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_zs_noise_before_transform);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_zs_noise_transform_ip);
  trans_class->transform_ip_on_passthrough = FALSE;

  gst_type_mark_as_plugin_api (GST_TYPE_ZS_NOISE_KIND, 0);
}

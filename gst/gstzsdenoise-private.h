/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element's instance, for the files that implement it. */
#ifndef __GST_ZS_DENOISE_PRIVATE_H__
#define __GST_ZS_DENOISE_PRIVATE_H__

#include "gstzsdenoise.h"

#include "format/gstzsimage.h"
#include "gstzskeyunits.h"
#include "model/gstzsmodelsaver.h"
#include "zsdenoise.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_zs_denoise_debug);

typedef enum
{
  GST_ZS_DENOISE_TRAINING_AUTO,
  GST_ZS_DENOISE_TRAINING_BLOCKING,
  GST_ZS_DENOISE_TRAINING_BACKGROUND,
  GST_ZS_DENOISE_TRAINING_NONE,
} GstZsDenoiseTraining;

/* Directions of events, as bits. */
typedef enum
{
  GST_ZS_DENOISE_FORCE_KEY_UNIT_IGNORE = 0,
  GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM = 1,
  GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM = 2,
  GST_ZS_DENOISE_FORCE_KEY_UNIT_BOTH = 3,
} GstZsDenoiseForceKeyUnit;

struct _GstZsDenoise
{
  GstVideoFilter parent;

  /* with the object lock */
  ZsdSettings settings;
  GstZsDenoiseTraining training;
  guint lookahead;              /* frames */
  gboolean lookahead_set;       /* by the user, so that the profile has no say */
  guint lookahead_in_use;       /* written by the streaming thread */
  gint fps_n, fps_d;            /* of the caps; 0/1: unknown */
  ZsdStatus status;             /* of the last frame, or of one that waits for training */
  ZsdTraining progress;         /* of the latest training step, by any thread */
  gint64 last_progress;         /* monotonic time of the last progress message */
  gboolean retrain;
  gchar *model_file, *save_model_file;
  GstZsDenoiseForceKeyUnit force_key_unit;
  GstZsKeyUnits key_units;
  GstClockTimeDiff jitter;      /* lateness of the last frame at a sink; negative: early */
  gboolean synchronised;        /* a sink synchronises frames to the clock */
  GstClockTime latency;         /* of the pipeline */
  GstClockTime processing;      /* latency that the element adds */

  /* atomic: each cancels a training that is under way */
  gint flushing;                /* from FLUSH_START to FLUSH_STOP */
  gint stopping;                /* from PAUSED to READY */

  GThread *streaming;           /* atomic; no reference */

  /* of the streaming thread */
  ZsdDenoiser *denoiser;
  gboolean live;                /* upstream is live */
  gboolean opaque;              /* the samples of these caps are out of reach, */
  gboolean asked;               /* and upstream has been asked for others */
  gboolean unpacked;            /* the samples have a layout that the engine does not take */
  gboolean single_fields;       /* each buffer has one field */
  GstZsPicture picture;         /* the frame or field that is denoised */
  ZsdModel initial_model;       /* shape of the model file's, without parameters */
  GstZsModelSaver *saver;       /* NULL: no model is saved */
  guint64 saved_updates;        /* updates of the weights in the last saved model */
  gboolean described;           /* the layout of these caps has been logged */
  ZsdState notified_state;
  gint64 last_notify;           /* monotonic time; 0: never */
  ZsdRateControl rate_control;
  GstClockTime last_pts;
  GstClockTime last_time;       /* running time of the last frame that was processed */
  gdouble last_interval;        /* nanoseconds from it to the next; 0: unknown */
  GQueue queue;                 /* of buffers that wait for later ones */
  gboolean draining;            /* frames do not wait */
  gboolean moving;              /* the stream has had more than one frame */
  gboolean still;               /* the frame that left the queue last is a still picture */
  GstFlowReturn drained;        /* result of draining before a discontinuity */
};

/* A frame and those after it. */
typedef struct
{
  GstVideoFrame frame, later[ZSD_MAX_LOOKAHEAD];
  guint n_later;
} GstZsDenoiseFrames;

/* Trainings that ended during a frame, or during its two fields. */
typedef struct
{
  ZsdTraining training[2 * ZSD_MAX_ENDED];
  guint n;
} GstZsDenoiseEnded;

ZsdResult gst_zs_denoise_process (GstZsDenoise * self,
    GstZsDenoiseFrames * frames, const ZsdSettings * settings,
    GstZsDenoiseEnded * ended);

/* Key units */
void gst_zs_denoise_note_key_unit (GstZsDenoise * self, GstEvent * event);
gboolean gst_zs_denoise_take_key_units (GstZsDenoise * self,
    GstBuffer * buffer);
void gst_zs_denoise_drop_key_units (GstZsDenoise * self);

/* Still pictures */
void gst_zs_denoise_handle_stream_event (GstZsDenoise * self, GstEvent * event);
gboolean gst_zs_denoise_wait_for_second (GstZsDenoise * self);
gboolean gst_zs_denoise_event_overtakes (GstZsDenoise * self, GstEvent * event);

/* Properties */
void gst_zs_denoise_install_properties (GObjectClass * object_class);

/* Caps */
void gst_zs_denoise_add_pad_templates (GstElementClass * klass);
GstCaps *gst_zs_denoise_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter);
void gst_zs_denoise_set_access (GstZsDenoise * self, GstCaps * caps);
void gst_zs_denoise_ask_for_samples (GstZsDenoise * self);

/* Presets */
void gst_zs_denoise_preset_init (GstPresetInterface * iface);

/* Model files. Starting returns FALSE after posting an error. */
gboolean gst_zs_denoise_start_model_files (GstZsDenoise * self);
void gst_zs_denoise_stop_model_files (GstZsDenoise * self);
void gst_zs_denoise_save_model (GstZsDenoise * self);
void gst_zs_denoise_save_model_now (GstZsDenoise * self);
void gst_zs_denoise_post_model_mismatch (GstZsDenoise * self);

/* Rate control */
const gchar *gst_zs_denoise_quality_name (ZsdQuality quality);
void gst_zs_denoise_start_rate_control (GstZsDenoise * self);
void gst_zs_denoise_reset_quality (GstZsDenoise * self);
void gst_zs_denoise_reset_lateness (GstZsDenoise * self);
void gst_zs_denoise_handle_timing_event (GstZsDenoise * self, GstEvent * event);
void gst_zs_denoise_update_quality (GstZsDenoise * self, GstBuffer * buffer,
    gboolean waited);
void gst_zs_denoise_add_latency (GstZsDenoise * self, GstQuery * query);

/* Reports to others */
void gst_zs_denoise_register_meta (void);
void gst_zs_denoise_reset_notify (GstZsDenoise * self);
void gst_zs_denoise_notify (GstZsDenoise * self);
void gst_zs_denoise_add_meta (GstZsDenoise * self, GstBuffer * buffer,
    const ZsdStatus * status);

/* Gaps */
void gst_zs_denoise_reset_gaps (GstZsDenoise * self);
void gst_zs_denoise_age_past (GstZsDenoise * self, GstBuffer * buffer);

/* Look-ahead */
gboolean gst_zs_denoise_update_lookahead (GstZsDenoise * self);
gboolean gst_zs_denoise_uses_patches (GstZsDenoise * self);
void gst_zs_denoise_enqueue (GstZsDenoise * self, GstBuffer * buffer);
GstBuffer *gst_zs_denoise_dequeue (GstZsDenoise * self);
void gst_zs_denoise_drop_queue (GstZsDenoise * self);
GstFlowReturn gst_zs_denoise_drain (GstZsDenoise * self);
guint gst_zs_denoise_map_later (GstZsDenoise * self,
    const GstVideoFrame * first, GstVideoFrame later[ZSD_MAX_LOOKAHEAD]);
GstClockTime gst_zs_denoise_lookahead_latency (GstZsDenoise * self);
void gst_zs_denoise_propose_buffers (GstZsDenoise * self, GstQuery * query);

G_END_DECLS

#endif

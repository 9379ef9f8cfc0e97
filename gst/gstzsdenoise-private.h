/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the element's files share. */
#ifndef __GST_ZS_DENOISE_PRIVATE_H__
#define __GST_ZS_DENOISE_PRIVATE_H__

#include "gstzsdenoise.h"

#include "gstzskeyunits.h"
#include "gstzsmodelsaver.h"
#include "zsdenoise.h"

G_BEGIN_DECLS GST_DEBUG_CATEGORY_EXTERN (gst_zs_denoise_debug);

typedef enum
{
  GST_ZS_DENOISE_TRAINING_AUTO,
  GST_ZS_DENOISE_TRAINING_BLOCKING,
  GST_ZS_DENOISE_TRAINING_BACKGROUND,
  GST_ZS_DENOISE_TRAINING_NONE,
} GstZsDenoiseTraining;

/* Directions in which events pass, as bits. */
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
  ZsdStatus status;             /* of the last frame, or of one that has to wait for learning */
  ZsdTraining progress;         /* of the latest step, whichever thread took it */
  gboolean retrain;
  gchar *model_file, *save_model_file;
  GstZsDenoiseForceKeyUnit force_key_unit;
  GstZsKeyUnits key_units;
  GstClockTimeDiff jitter;      /* of the sink's last frame: how late it was, or how early below 0 */
  gboolean synchronised;        /* a sink shows frames at their times */
  GstClockTime latency;         /* the pipeline's */
  GstClockTime processing;      /* what the element adds to it */

  /* atomic: each ends a learning under way */
  gint flushing;                /* from FLUSH_START to FLUSH_STOP */
  gint stopping;                /* from PAUSED to READY */
  GThread *streaming;           /* atomic; no reference */

  /* the streaming thread's */
  ZsdDenoiser *denoiser;
  gboolean live;                /* upstream is */
  gint64 last_progress;         /* monotonic time of the last message */
  ZsdModel begun_with;          /* its shape; no parameters */
  GstZsModelSaver *saver;            /* NULL: no model is saved */
  guint64 saved_updates;      /* that were the last saved model's */
  gboolean described;           /* what frames of these caps become */
  ZsdRateControl rate_control;
  GstClockTime last_pts;
};

/* Properties: their types, documentation, and how they are set and read. */
void gst_zs_denoise_install_properties (GObjectClass * object_class);

/* Models, when the element starts and stops. FALSE: it has posted an error. */
gboolean gst_zs_denoise_start_models (GstZsDenoise * self);
void gst_zs_denoise_stop_models (GstZsDenoise * self);

/* Has what was learned since the last time saved by another thread. */
void gst_zs_denoise_save_model (GstZsDenoise * self);

/* The same, and waits until it is. */
void gst_zs_denoise_save_model_now (GstZsDenoise * self);

/* Posts the error that the model is not for such frames. */
void gst_zs_denoise_refuse_model (GstZsDenoise * self);

void gst_zs_denoise_preset_init (GstPresetInterface * iface);

/* Frames in time. */
const gchar *gst_zs_denoise_quality_name (ZsdQuality quality);
void gst_zs_denoise_reset_rate_control (GstZsDenoise * self);
void gst_zs_denoise_handle_timing_event (GstZsDenoise * self, GstEvent * event);
void gst_zs_denoise_forget_lateness (GstZsDenoise * self);
void gst_zs_denoise_update_rate_control (GstZsDenoise * self, GstBuffer * buffer,
    gboolean counts);
void gst_zs_denoise_add_latency (GstZsDenoise * self, GstQuery * query);

G_END_DECLS
#endif

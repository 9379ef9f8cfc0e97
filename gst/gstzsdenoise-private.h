/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the element's files share. */
#ifndef __GST_ZS_DENOISE_PRIVATE_H__
#define __GST_ZS_DENOISE_PRIVATE_H__

#include "gstzsdenoise.h"

#include "gstzssaver.h"
#include "zsdenoise.h"

G_BEGIN_DECLS GST_DEBUG_CATEGORY_EXTERN (gst_zs_denoise_debug);

typedef enum
{
  GST_ZS_DENOISE_TRAINING_AUTO,
  GST_ZS_DENOISE_TRAINING_BLOCKING,
} GstZsDenoiseTraining;

struct _GstZsDenoise
{
  GstVideoFilter parent;

  /* with the object lock */
  ZsdSettings settings;
  GstZsDenoiseTraining training;
  ZsdStatus status;
  gboolean retrain;
  gchar *model_file, *save_model_file;

  gint cancel;                  /* atomic: learning is to end */

  /* the streaming thread's */
  ZsdDenoiser *denoiser;
  gint64 last_progress;         /* monotonic time of the last message */
  ZsdModel begun_with;          /* its shape; no parameters */
  GstZsSaver *saver;            /* NULL: no model is saved */
  guint64 saved_learnings;      /* that were the last saved model's */
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

G_END_DECLS
#endif

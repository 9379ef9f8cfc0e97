/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the element's two files share. */
#ifndef __GST_ZS_DENOISE_PRIVATE_H__
#define __GST_ZS_DENOISE_PRIVATE_H__

#include "gstzsdenoise.h"

#include "zsdenoise.h"

G_BEGIN_DECLS

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

  gint cancel;                  /* atomic: learning is to end */

  /* the streaming thread's */
  ZsdDenoiser *denoiser;
  gint64 last_progress;         /* monotonic time of the last message */
};

/* Properties: their types, documentation, and how they are set and read. */
void gst_zs_denoise_install_properties (GObjectClass * object_class);

G_END_DECLS

#endif

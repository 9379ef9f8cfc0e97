/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of the programs that denoise single pictures. */
#ifndef PICTURE_IMAGE_CONFIG_H
#define PICTURE_IMAGE_CONFIG_H

#include <glib-object.h>

/* Value of ImageConfig.degree when no noise level was set. */
#define IMAGE_CONFIG_NO_DEGREE (-1)

/* Default of ImageConfig.max_bytes. */
#define IMAGE_CONFIG_MAX_BYTES (10 * 1024 * 1024)

typedef struct
{
  gchar *image;                 /* file name; NULL if not set */
  gdouble learning_rate;        /* 0..1; 0: default of the profile, also for the next three */
  gint64 epoch_count;           /* 0..1000000 training steps */
  gint64 step_size;             /* 0..1000000 training steps */
  gdouble gamma;                /* 0..1 */
  gdouble degree;               /* standard deviation of the noise to add, 0..1 of full scale */
  gint64 max_bytes;             /* largest accepted upload, 1..2^40 */
} ImageConfig;

/* Frees the members. A zeroed ImageConfig may be cleared. */
void image_config_clear (ImageConfig * config);

/* Sets the training properties of a zsdenoise element. */
void image_config_apply (const ImageConfig * config, GObject * denoise);

#endif

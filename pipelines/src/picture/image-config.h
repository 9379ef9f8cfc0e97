/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs for pictures are to do: a file in JSON, and options of the same names. */
#ifndef IMAGE_CONFIG_H
#define IMAGE_CONFIG_H

#include <glib-object.h>

/* That no degree of noise is given. */
#define IMAGE_CONFIG_NO_DEGREE (-1)

typedef struct
{
  gchar *image;                 /* a file's name; NULL: none is given */
  gdouble learning_rate;        /* 0..1; 0: the profile's, and so with the next three */
  gint64 epoch_count;           /* 0..1000000 */
  gint64 step_size;             /* 0..1000000 */
  gdouble gamma;                /* 0..1 */
  gdouble degree;               /* 0..1, or IMAGE_CONFIG_NO_DEGREE */
  gint64 max_bytes;             /* 1..2^40: of a picture that is sent; 10 MiB */
} ImageConfig;

/* Options as they are given, which win over what files say. */
typedef struct _ImageConfigOptions ImageConfigOptions;

ImageConfigOptions *image_config_options_new (void);
void image_config_options_free (ImageConfigOptions * options);

/* The options --image, --learning-rate and so on, which can be written with _, too. The group
 * keeps its values in `options` and must not outlive them. */
GOptionGroup *image_config_options_group (ImageConfigOptions * options);

/* Fills `config` with what the file says (NULL: nothing), and then with the options, whichever
 * were given. A relative name of a picture begins at the file's own folder. Returns FALSE and an
 * error of one sentence if one of them is wrong: it names the file or option, the key, what it got
 * and what it takes, or the line of a fault in the JSON. To be cleared in either case. */
gboolean image_config_load (ImageConfig * config, const gchar * file,
    const ImageConfigOptions * options, GError ** error);

void image_config_clear (ImageConfig * config);

/* Gives an element zsdenoise the settings of its learning. */
void image_config_apply (const ImageConfig * config, GObject * denoise);

#endif

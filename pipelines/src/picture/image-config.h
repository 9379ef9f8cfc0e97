/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs for pictures are to do: a file in JSON, and options of the same names. */
#ifndef CONFIG_H
#define CONFIG_H

#include <glib-object.h>

/* That no degree of noise is given. */
#define CONFIG_NO_DEGREE (-1)

typedef struct
{
  gchar *image;                 /* a file's name; NULL: none is given */
  gdouble learning_rate;        /* 0..1; 0: the profile's, and so with the next three */
  gint64 epoch_count;           /* 0..1000000 */
  gint64 step_size;             /* 0..1000000 */
  gdouble gamma;                /* 0..1 */
  gdouble degree;               /* 0..1, or CONFIG_NO_DEGREE */
  gint64 max_bytes;             /* 1..2^40: of a picture that is sent; 10 MiB */
} Config;

/* Options as they are given, which win over what files say. */
typedef struct _ConfigOptions ConfigOptions;

ConfigOptions *config_options_new (void);
void config_options_free (ConfigOptions * options);

/* The options --image, --learning-rate and so on, which can be written with _, too. The group
 * keeps its values in `options` and must not outlive them. */
GOptionGroup *config_options_group (ConfigOptions * options);

/* Fills `config` with what the file says (NULL: nothing), and then with the options, whichever
 * were given. A relative name of a picture begins at the file's own folder. Returns FALSE and an
 * error of one sentence if one of them is wrong: it names the file or option, the key, what it got
 * and what it takes, or the line of a fault in the JSON. To be cleared in either case. */
gboolean config_load (Config * config, const gchar * file,
    const ConfigOptions * options, GError ** error);

void config_clear (Config * config);

/* Gives an element zsdenoise the settings of its learning. */
void config_apply (const Config * config, GObject * denoise);

#endif

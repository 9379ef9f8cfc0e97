/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saves an element's models in a file without blocking its streaming thread. A failure to write
 * is posted as an element warning, once for each kind of failure, and is retried with the next
 * model. */
#ifndef __GST_ZS_MODEL_SAVER_H__
#define __GST_ZS_MODEL_SAVER_H__

#include <gst/gst.h>

#include "zsdenoise.h"

G_BEGIN_DECLS

typedef struct _GstZsModelSaver GstZsModelSaver;

GstZsModelSaver *gst_zs_model_saver_new (GstElement * element,
    const gchar * file);

/* Drops a model that has not been written yet. */
void gst_zs_model_saver_free (GstZsModelSaver * saver);

/* Takes the model and has another thread write it. Of models that come faster than they are
 * written, the last one is. */
void gst_zs_model_saver_save (GstZsModelSaver * saver, ZsdModel * model);

/* Takes the model, or without parameters the one that has not been written yet, and returns when
 * it has been written or writing has failed. */
void gst_zs_model_saver_save_now (GstZsModelSaver * saver, ZsdModel * model);

G_END_DECLS

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a file up to date with what an element has learned. A model that cannot be written is an
 * element warning, one for each kind of failure, and is tried again with the next one. */
#ifndef __GST_ZS_SAVER_H__
#define __GST_ZS_SAVER_H__

#include <gst/gst.h>

#include "zsdenoise.h"

G_BEGIN_DECLS typedef struct _GstZsSaver GstZsSaver;

GstZsSaver *gst_zs_saver_new (GstElement * element, const gchar * file);

/* What has not been saved by then is not. */
void gst_zs_saver_free (GstZsSaver * saver);

/* Takes the model, which is saved by another thread: the caller never waits for a disk. Of
 * models that come faster than they can be written, the last one counts. */
void gst_zs_saver_save (GstZsSaver * saver, ZsdModel * model);

/* Takes the model, or that which has not been saved yet where it has no parameters, and returns
 * when it is saved, or cannot be. */
void gst_zs_saver_save_now (GstZsSaver * saver, ZsdModel * model);

G_END_DECLS
#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models as files. They are in the format of safetensors
 * (https://github.com/huggingface/safetensors): the length of a header, 8 bytes, little-endian;
 * the header, in JSON; numbers. The tensors are conv1.weight, conv1.bias and so on to
 * conv3.bias, of type F32, and in `__metadata__` stand `format` ("zsdenoise"), `version` ("1")
 * and the shape: `inputs`, `hidden`, `outputs`. */
#ifndef __GST_ZS_MODEL_H__
#define __GST_ZS_MODEL_H__

#include <glib.h>

#include "zsdenoise.h"

G_BEGIN_DECLS
/* What a file may be instead of a model. What the system has to say about files comes as
 * G_FILE_ERROR. */
    typedef enum
{
  GST_ZS_MODEL_ERROR_NO_FILE,   /* a folder, a pipe, a device */
  GST_ZS_MODEL_ERROR_TOO_LARGE,
  GST_ZS_MODEL_ERROR_TRUNCATED,
  GST_ZS_MODEL_ERROR_DAMAGED,
  GST_ZS_MODEL_ERROR_FOREIGN,   /* of something else */
  GST_ZS_MODEL_ERROR_VERSION,   /* of another version of the format */
} GstZsModelError;

#define GST_ZS_MODEL_ERROR (gst_zs_model_error_quark ())
GQuark gst_zs_model_error_quark (void);

/* Each sets an error whose message is a reason, as in "it is truncated", and no sentence. Of a
 * model that could not be read nothing remains; one that is read into begins as {0}. */

gboolean gst_zs_model_parse (ZsdModel * model, gconstpointer data, gsize size,
    GError ** error);
gboolean gst_zs_model_read (ZsdModel * model, const gchar * file,
    GError ** error);

/* The contents of a file. */
GBytes *gst_zs_model_to_bytes (const ZsdModel * model);

/* The file is the old one or the new one at any time, whatever happens meanwhile. */
gboolean gst_zs_model_write (const ZsdModel * model, const gchar * file,
    GError ** error);

/* Whether a model can be written there, but for the room that it takes. */
gboolean gst_zs_model_check_place (const gchar * file, GError ** error);

G_END_DECLS
#endif

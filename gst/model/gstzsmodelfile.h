/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Model files: a network's weights in the format of safetensors
 * (https://github.com/huggingface/safetensors), which is the length of a header (8 bytes,
 * little-endian), the header in JSON, and the numbers. The tensors, of type F32, are
 * conv1.weight, conv1.bias and so on to conv3.bias. `__metadata__` holds `format` ("zsdenoise"),
 * `version` ("1") and the shape: `inputs`, `hidden`, `outputs`. */
#ifndef __GST_ZS_MODEL_FILE_H__
#define __GST_ZS_MODEL_FILE_H__

#include <glib.h>

#include "zsdenoise.h"

G_BEGIN_DECLS

/* Errors in a file's contents. Errors of the system are G_FILE_ERROR. */
typedef enum
{
  GST_ZS_MODEL_FILE_ERROR_NOT_REGULAR,  /* a folder, a pipe, a device */
  GST_ZS_MODEL_FILE_ERROR_TOO_LARGE,
  GST_ZS_MODEL_FILE_ERROR_TRUNCATED,
  GST_ZS_MODEL_FILE_ERROR_DAMAGED,
  GST_ZS_MODEL_FILE_ERROR_FOREIGN,      /* of another program or format */
  GST_ZS_MODEL_FILE_ERROR_VERSION,      /* of another version of the format */
} GstZsModelFileError;

#define GST_ZS_MODEL_FILE_ERROR (gst_zs_model_file_error_quark ())
GQuark gst_zs_model_file_error_quark (void);

/* The message of an error is a clause, such as "it is truncated", for the caller's sentence. */

/* Reads a model from the contents of a file, or from a file. The model is {0} before, and again
 * after an error. */
gboolean gst_zs_model_file_parse (ZsdModel * model, gconstpointer data,
    gsize size, GError ** error);
gboolean gst_zs_model_file_read (ZsdModel * model, const gchar * file,
    GError ** error);

/* The contents of a file. */
GBytes *gst_zs_model_file_to_bytes (const ZsdModel * model);

/* Replaces a file atomically: at any time it is the old one or the new one. */
gboolean gst_zs_model_file_write (const ZsdModel * model, const gchar * file,
    GError ** error);

/* Whether the file can be written, apart from the space that it needs. */
gboolean gst_zs_model_file_check_writable (const gchar * file, GError ** error);

G_END_DECLS

#endif

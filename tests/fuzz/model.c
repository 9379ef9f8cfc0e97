/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of models, whole and damaged: one that is read is written again as the same. */
#include "model/gstzsmodelfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

static void
check_again (const ZsdModel * model)
{
  GBytes *bytes = gst_zs_model_file_to_bytes (model);
  ZsdModel again = { 0 };
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (!gst_zs_model_file_parse (&again, data, size, NULL)
      || again.inputs != model->inputs || again.hidden != model->hidden
      || again.outputs != model->outputs || again.count != model->count
      || memcmp (again.params, model->params,
          model->count * sizeof *model->params) != 0)
    abort ();
  zsd_model_clear (&again);
  g_bytes_unref (bytes);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  ZsdModel model = { 0 };
  GError *error = NULL;

  if (gst_zs_model_file_parse (&model, data, size, &error))
    check_again (&model);
  else if (error == NULL || error->message[0] == '\0' || model.params != NULL)
    abort ();
  g_clear_error (&error);
  zsd_model_clear (&model);
  return 0;
}

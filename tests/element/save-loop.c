/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* save-loop FILE: saves models in the same file until it is killed. All parameters of a model
 * are equal, and differ from those of the next one. */
#include "model/gstzsmodelfile.h"

int
main (int argc, char **argv)
{
  ZsdModel model = { 0 };
  GError *error = NULL;
  guint i;
  gsize p;

  if (argc != 2 || zsd_model_resize (&model, 15, 52, 6) != 0)
    return 1;
  for (i = 1;; i++) {
    for (p = 0; p < model.count; p++)
      model.params[p] = i;
    if (!gst_zs_model_file_write (&model, argv[1], &error)) {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  }
}

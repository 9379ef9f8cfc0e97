/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the properties model-file and save-model-file. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsdenoise-private.h"
#include "model/gstzsmodelfile.h"

#define GST_CAT_DEFAULT gst_zs_denoise_debug

/* --- starting --- */

/* A copy of a file name property, or NULL for NULL and for "". */
static gchar *
dup_name (GstZsDenoise * self, gchar ** name)
{
  gchar *copy;

  GST_OBJECT_LOCK (self);
  copy = *name != NULL && **name != '\0' ? g_strdup (*name) : NULL;
  GST_OBJECT_UNLOCK (self);
  return copy;
}

/* Posts an element error for a file, and frees it. Returns FALSE. */
static gboolean
fail_with_file (GstZsDenoise * self, gint code, const gchar * format,
    const gchar * file, GError * error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code, g_strdup_printf (format, file, error->message),
      NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
  return FALSE;
}

static gint
read_error_code (const GError * error)
{
  if (error->domain != G_FILE_ERROR)
    return GST_RESOURCE_ERROR_READ;
  return error->code == G_FILE_ERROR_NOENT ? GST_RESOURCE_ERROR_NOT_FOUND :
      GST_RESOURCE_ERROR_OPEN_READ;
}

/* Makes the denoiser start from the model in the file. */
static gboolean
start_from (GstZsDenoise * self, const gchar * file, GError ** error)
{
  ZsdModel model = { 0 };
  gboolean started;

  if (!gst_zs_model_file_read (&model, file, error))
    return FALSE;
  GST_INFO_OBJECT (self, "starts from the model %s: %d inputs, %d hidden "
      "channels, %d outputs", file, model.inputs, model.hidden, model.outputs);
  started = zsd_denoiser_start_from (self->denoiser, &model) == 0;
  if (!started)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "there is not enough memory for it");
  self->initial_model = model;
  self->initial_model.params = NULL;
  zsd_model_clear (&model);
  return started;
}

static gboolean
load_model (GstZsDenoise * self)
{
  gchar *file = dup_name (self, &self->model_file);
  GError *error = NULL;
  gboolean loaded;

  loaded = file == NULL || start_from (self, file, &error)
      || fail_with_file (self, read_error_code (error),
      "The model-file %s cannot be "
      "used: %s; name a file that save-model-file has written, or none.", file,
      error);
  g_free (file);
  return loaded;
}

static gboolean
start_saver (GstZsDenoise * self)
{
  gchar *file = dup_name (self, &self->save_model_file);
  GError *error = NULL;
  gboolean started = TRUE;

  if (file != NULL && gst_zs_model_file_check_writable (file, &error))
    self->saver = gst_zs_model_saver_new (GST_ELEMENT (self), file);
  else if (file != NULL)
    started = fail_with_file (self, GST_RESOURCE_ERROR_OPEN_WRITE,
        "The save-model-file %s cannot be written: %s; name a file in a folder "
        "that is there and can be written to, or none.", file, error);
  g_free (file);
  return started;
}

gboolean
gst_zs_denoise_start_model_files (GstZsDenoise * self)
{
  self->saved_updates = 0;
  return load_model (self) && start_saver (self);
}

/* --- saving --- */

/* The model if it has changed since it was last saved; otherwise one without parameters. */
static ZsdModel
take_changed_model (GstZsDenoise * self)
{
  ZsdModel model = { 0 };
  ZsdStatus status;
  int result;

  zsd_denoiser_status (self->denoiser, &status);
  if (status.updates == self->saved_updates)
    return model;
  result = zsd_denoiser_model (self->denoiser, &model);
  if (result == 0)
    self->saved_updates = status.updates;
  if (result < 0)
    GST_ELEMENT_WARNING (self, RESOURCE, FAILED,
        ("There is not enough memory to save the model. Saving is retried "
            "after the next training and at the end of the stream."), (NULL));
  return model;
}

/* Has another thread save the model if it has changed. */
void
gst_zs_denoise_save_model (GstZsDenoise * self)
{
  ZsdModel model = { 0 };

  if (self->saver != NULL)
    model = take_changed_model (self);
  if (model.params != NULL)
    gst_zs_model_saver_save (self->saver, &model);
}

/* Saves the model if it has changed, and waits until it is written. */
void
gst_zs_denoise_save_model_now (GstZsDenoise * self)
{
  ZsdModel model;

  if (self->saver == NULL)
    return;
  model = take_changed_model (self);
  gst_zs_model_saver_save_now (self->saver, &model);
}

void
gst_zs_denoise_stop_model_files (GstZsDenoise * self)
{
  gst_zs_denoise_save_model_now (self);
  g_clear_pointer (&self->saver, gst_zs_model_saver_free);
}

/* --- mismatch of model and frames --- */

/* The pixel layout of a network with this number of outputs. */
static const gchar *
layout_name (gint outputs)
{
  switch (outputs) {
    case 3:
      return "RGB or 4:4:4";
    case 4:
      return "gray";
    case 6:
      return "4:2:0";
    case 8:
      return "4:2:2";
    default:
      return "unknown";
  }
}

/* Networks without input features besides the picture are those of profile=paper. */
static const gchar *
profile_name (gint inputs, gint outputs)
{
  return inputs == outputs ? " with profile=paper" : "";
}

/* Posts the error that the model file does not fit the frames. */
void
gst_zs_denoise_post_model_mismatch (GstZsDenoise * self)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  const ZsdModel *model = &self->initial_model;
  gchar *file = dup_name (self, &self->model_file);
  ZsdStatus status;

  zsd_denoiser_status (self->denoiser, &status);
  if (model->inputs != status.network.inputs
      || model->outputs != status.network.outputs)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("The model-file %s is for %s frames%s (%d inputs, %d outputs), but "
            "these are %s%s (%d inputs, %d outputs); convert them, or name "
            "another file or none.", file, layout_name (model->outputs),
            profile_name (model->inputs, model->outputs), model->inputs,
            model->outputs, GST_VIDEO_INFO_NAME (info),
            profile_name (status.network.inputs, status.network.outputs),
            status.network.inputs, status.network.outputs), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("The model-file %s has %d hidden channels, but hidden-channels is %d; "
            "set it to 0, or name another file or none.", file,
            model->hidden, status.network.hidden), (NULL));
  g_free (file);
}

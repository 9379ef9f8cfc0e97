/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that zsdenoise begins with and keeps what it has learned in. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzsdenoise-private.h"
#include "gstzsmodelfile.h"

#define GST_CAT_DEFAULT gst_zs_denoise_debug

/* --- starting --- */

/* The name that a property holds, or NULL where it is empty, too. */
static gchar *
dup_name (GstZsDenoise * self, gchar ** name)
{
  gchar *copy;

  GST_OBJECT_LOCK (self);
  copy = *name != NULL && **name != '\0' ? g_strdup (*name) : NULL;
  GST_OBJECT_UNLOCK (self);
  return copy;
}

/* Posts an error of a file that the element cannot do without; takes it. Returns FALSE. */
static gboolean
refuse (GstZsDenoise * self, gint code, const gchar * format,
    const gchar * file, GError * error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code, g_strdup_printf (format, file, error->message),
      NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
  return FALSE;
}

static gint
code_of_reading (const GError * error)
{
  if (error->domain != G_FILE_ERROR)
    return GST_RESOURCE_ERROR_READ;
  return error->code == G_FILE_ERROR_NOENT ? GST_RESOURCE_ERROR_NOT_FOUND :
      GST_RESOURCE_ERROR_OPEN_READ;
}

/* Gives the denoiser the model in the file. */
static gboolean
begin_with (GstZsDenoise * self, const gchar * file, GError ** error)
{
  ZsdModel model = { 0 };
  gboolean begun;

  if (!gst_zs_model_file_read (&model, file, error))
    return FALSE;
  GST_INFO_OBJECT (self, "begins with the model %s: %d inputs, %d hidden "
      "channels, %d outputs", file, model.inputs, model.hidden, model.outputs);
  begun = zsd_denoiser_start_from (self->denoiser, &model) == 0;
  if (!begun)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "there is not enough memory for it");
  self->begun_with = model;
  self->begun_with.params = NULL;
  zsd_model_clear (&model);
  return begun;
}

static gboolean
load_model (GstZsDenoise * self)
{
  gchar *file = dup_name (self, &self->model_file);
  GError *error = NULL;
  gboolean loaded;

  loaded = file == NULL || begin_with (self, file, &error)
      || refuse (self, code_of_reading (error), "The model-file %s cannot be "
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
    started = refuse (self, GST_RESOURCE_ERROR_OPEN_WRITE,
        "The save-model-file %s cannot be written: %s; name a file in a folder "
        "that is there and can be written to, or none.", file, error);
  g_free (file);
  return started;
}

gboolean
gst_zs_denoise_start_models (GstZsDenoise * self)
{
  self->saved_updates = 0;
  return load_model (self) && start_saver (self);
}

/* --- saving --- */

/* What was learned since the last time; nothing was where it has no parameters. */
static ZsdModel
take_news (GstZsDenoise * self)
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
        ("There is not enough memory to save the model. This will be tried "
            "again when more has been learned, and at the end."), (NULL));
  return model;
}

void
gst_zs_denoise_save_model (GstZsDenoise * self)
{
  ZsdModel model = { 0 };

  if (self->saver != NULL)
    model = take_news (self);
  if (model.params != NULL)
    gst_zs_model_saver_save (self->saver, &model);
}

void
gst_zs_denoise_save_model_now (GstZsDenoise * self)
{
  ZsdModel model;

  if (self->saver == NULL)
    return;
  model = take_news (self);
  gst_zs_model_saver_save_now (self->saver, &model);
}

void
gst_zs_denoise_stop_models (GstZsDenoise * self)
{
  gst_zs_denoise_save_model_now (self);
  g_clear_pointer (&self->saver, gst_zs_model_saver_free);
}

/* --- frames that the model is not for --- */

/* The frames that a network with so many outputs is for. */
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

/* Networks that see a picture and nothing else are those of the method as published. */
static const gchar *
profile_name (gint inputs, gint outputs)
{
  return inputs == outputs ? " with profile=paper" : "";
}

void
gst_zs_denoise_refuse_model (GstZsDenoise * self)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  const ZsdModel *model = &self->begun_with;
  gchar *file = dup_name (self, &self->model_file);
  ZsdStatus status;

  zsd_denoiser_status (self->denoiser, &status);
  if (model->inputs != status.network.inputs
      || model->outputs != status.network.outputs)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("The model-file %s is for %s frames%s (%d inputs, %d outputs), and "
            "these, %s%s, take %d inputs and %d outputs; convert them, or name "
            "another file or none.", file, layout_name (model->outputs),
            profile_name (model->inputs, model->outputs), model->inputs,
            model->outputs, GST_VIDEO_INFO_NAME (info),
            profile_name (status.network.inputs, status.network.outputs),
            status.network.inputs, status.network.outputs), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("The model-file %s has %d hidden channels, and hidden-channels is %d; "
            "set that to 0, or name another file or none.", file,
            model->hidden, status.network.hidden), (NULL));
  g_free (file);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "model/gstzsmodelsaver.h"

#include "model/gstzsmodelfile.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_zs_denoise_debug);
#define GST_CAT_DEFAULT gst_zs_denoise_debug

struct _GstZsModelSaver
{
  GstElement *element;
  gchar *file;
  guint64 reported;             /* a bit for each error code; used while `writing` */

  GMutex lock;                  /* for the fields below */
  GCond written;
  ZsdModel waiting;             /* to be written next */
  gboolean scheduled;           /* a thread has been asked for that will write it */
  gboolean writing;             /* a thread is writing */
};

GstZsModelSaver *
gst_zs_model_saver_new (GstElement * element, const gchar * file)
{
  GstZsModelSaver *saver = g_atomic_rc_box_new0 (GstZsModelSaver);

  saver->element = element;
  saver->file = g_strdup (file);
  g_mutex_init (&saver->lock);
  g_cond_init (&saver->written);
  return saver;
}

static void
clear (gpointer user)
{
  GstZsModelSaver *saver = user;

  zsd_model_clear (&saver->waiting);
  g_cond_clear (&saver->written);
  g_mutex_clear (&saver->lock);
  g_free (saver->file);
}

void
gst_zs_model_saver_free (GstZsModelSaver * saver)
{
  g_mutex_lock (&saver->lock);
  zsd_model_clear (&saver->waiting);
  g_mutex_unlock (&saver->lock);
  g_atomic_rc_box_release_full (saver, clear);
}

static gboolean
write_model (GstZsModelSaver * saver, const ZsdModel * model)
{
  GError *error = NULL;
  guint64 kind;

  if (gst_zs_model_file_write (model, saver->file, &error)) {
    GST_INFO_OBJECT (saver->element, "saved the model in %s", saver->file);
    return TRUE;
  }
  kind = G_GUINT64_CONSTANT (1) << error->code;
  if (!(saver->reported & kind)) {
    saver->reported |= kind;
    gst_element_message_full (saver->element, GST_MESSAGE_WARNING,
        GST_RESOURCE_ERROR, error->code == G_FILE_ERROR_NOSPC ?
        GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
        g_strdup_printf ("The model cannot be saved in %s: %s. Saving is "
            "retried after the next training and at the end of the stream.",
            saver->file, error->message), NULL, __FILE__, GST_FUNCTION,
        __LINE__);
  }
  g_error_free (error);
  return FALSE;
}

static ZsdModel
steal_model (ZsdModel * model)
{
  const ZsdModel stolen = *model;

  memset (model, 0, sizeof *model);
  return stolen;
}

/* Writes the waiting model, once no other thread writes. A model that cannot be written waits for
 * the next time, unless there is a newer one. */
static void
write_waiting (GstZsModelSaver * saver)
{
  ZsdModel model;
  gboolean written = TRUE;

  g_mutex_lock (&saver->lock);
  while (saver->writing)
    g_cond_wait (&saver->written, &saver->lock);
  saver->writing = TRUE;
  while (saver->waiting.params != NULL && written) {
    model = steal_model (&saver->waiting);
    g_mutex_unlock (&saver->lock);
    written = write_model (saver, &model);
    g_mutex_lock (&saver->lock);
    if (!written && saver->waiting.params == NULL)
      saver->waiting = model;
    else
      zsd_model_clear (&model);
  }
  saver->writing = FALSE;
  g_cond_signal (&saver->written);
  g_mutex_unlock (&saver->lock);
}

static void
write_scheduled (GstElement * element G_GNUC_UNUSED, gpointer user)
{
  GstZsModelSaver *saver = user;

  g_mutex_lock (&saver->lock);
  saver->scheduled = FALSE;
  g_mutex_unlock (&saver->lock);
  write_waiting (saver);
}

static void
release (gpointer saver)
{
  g_atomic_rc_box_release_full (saver, clear);
}

/* Replaces the waiting model. With the lock. */
static void
set_waiting (GstZsModelSaver * saver, ZsdModel * model)
{
  zsd_model_clear (&saver->waiting);
  saver->waiting = steal_model (model);
}

void
gst_zs_model_saver_save (GstZsModelSaver * saver, ZsdModel * model)
{
  gboolean schedule;

  g_mutex_lock (&saver->lock);
  set_waiting (saver, model);
  schedule = !saver->scheduled;
  saver->scheduled = TRUE;
  g_mutex_unlock (&saver->lock);
  if (schedule)
    gst_element_call_async (saver->element, write_scheduled,
        g_atomic_rc_box_acquire (saver), release);
}

void
gst_zs_model_saver_save_now (GstZsModelSaver * saver, ZsdModel * model)
{
  g_mutex_lock (&saver->lock);
  if (model->params != NULL)
    set_waiting (saver, model);
  g_mutex_unlock (&saver->lock);
  write_waiting (saver);
}

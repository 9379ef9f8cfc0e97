/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstzssaver.h"

#include "gstzsmodel.h"

GST_DEBUG_CATEGORY_EXTERN (gst_zs_denoise_debug);
#define GST_CAT_DEFAULT gst_zs_denoise_debug

struct _GstZsSaver
{
  GstElement *element;
  gchar *file;
  guint64 told;                 /* kinds of failures, a bit each; of whoever is writing */

  GMutex lock;                  /* for what follows */
  GCond written;
  ZsdModel waiting;             /* what is to be written next */
  gboolean called;              /* a thread is on its way that will write it */
  gboolean writing;             /* a thread is at it */
};

GstZsSaver *
gst_zs_saver_new (GstElement * element, const gchar * file)
{
  GstZsSaver *saver = g_atomic_rc_box_new0 (GstZsSaver);

  saver->element = element;
  saver->file = g_strdup (file);
  g_mutex_init (&saver->lock);
  g_cond_init (&saver->written);
  return saver;
}

static void
clear (gpointer user)
{
  GstZsSaver *saver = user;

  zsd_model_clear (&saver->waiting);
  g_cond_clear (&saver->written);
  g_mutex_clear (&saver->lock);
  g_free (saver->file);
}

void
gst_zs_saver_free (GstZsSaver * saver)
{
  g_mutex_lock (&saver->lock);
  zsd_model_clear (&saver->waiting);
  g_mutex_unlock (&saver->lock);
  g_atomic_rc_box_release_full (saver, clear);
}

static gboolean
write_model (GstZsSaver * saver, const ZsdModel * model)
{
  GError *error = NULL;
  guint64 kind;

  if (gst_zs_model_write (model, saver->file, &error)) {
    GST_INFO_OBJECT (saver->element, "saved the model in %s", saver->file);
    return TRUE;
  }
  kind = G_GUINT64_CONSTANT (1) << error->code;
  if (!(saver->told & kind)) {
    saver->told |= kind;
    gst_element_message_full (saver->element, GST_MESSAGE_WARNING,
        GST_RESOURCE_ERROR, error->code == G_FILE_ERROR_NOSPC ?
        GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
        g_strdup_printf ("The model cannot be saved in %s: %s. This will be "
            "tried again when more has been learned, and at the end.",
            saver->file, error->message), NULL, __FILE__, GST_FUNCTION,
        __LINE__);
  }
  g_error_free (error);
  return FALSE;
}

/* Writes what waits, after whoever is writing. What cannot be written waits for the next time if
 * there is nothing newer. */
static void
write_waiting (GstZsSaver * saver)
{
  ZsdModel model;
  gboolean written = TRUE;

  g_mutex_lock (&saver->lock);
  while (saver->writing)
    g_cond_wait (&saver->written, &saver->lock);
  saver->writing = TRUE;
  while (saver->waiting.params != NULL && written) {
    model = saver->waiting;
    saver->waiting = (ZsdModel) {
    0};
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
on_call (GstElement * element G_GNUC_UNUSED, gpointer user)
{
  GstZsSaver *saver = user;

  g_mutex_lock (&saver->lock);
  saver->called = FALSE;
  g_mutex_unlock (&saver->lock);
  write_waiting (saver);
}

static void
release (gpointer saver)
{
  g_atomic_rc_box_release_full (saver, clear);
}

/* With the lock. */
static void
put (GstZsSaver * saver, ZsdModel * model)
{
  zsd_model_clear (&saver->waiting);
  saver->waiting = *model;
  *model = (ZsdModel) {
  0};
}

void
gst_zs_saver_save (GstZsSaver * saver, ZsdModel * model)
{
  gboolean call;

  g_mutex_lock (&saver->lock);
  put (saver, model);
  call = !saver->called;
  saver->called = TRUE;
  g_mutex_unlock (&saver->lock);
  if (call)
    gst_element_call_async (saver->element, on_call,
        g_atomic_rc_box_acquire (saver), release);
}

void
gst_zs_saver_save_now (GstZsSaver * saver, ZsdModel * model)
{
  g_mutex_lock (&saver->lock);
  if (model->params != NULL)
    put (saver, model);
  g_mutex_unlock (&saver->lock);
  write_waiting (saver);
}

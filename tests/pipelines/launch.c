/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a pipeline as gst-launch-1.0 [-q] [-e] [-m] [-v] LINE does, for builds with a sanitizer: it has
 * the sanitizer linked in, which the plugin needs. */
#include <gst/gst.h>

/* LeakSanitizer asks for this. Leaks of the elements are looked for by their own tests; here those
 * of all kinds of plugins would be found. */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return 1;
}

static gboolean verbose;

static gboolean
ignore (const gchar * name G_GNUC_UNUSED, const gchar * value G_GNUC_UNUSED,
    gpointer data G_GNUC_UNUSED, GError ** error G_GNUC_UNUSED)
{
  return TRUE;
}

static const GOptionEntry entries[] = {
  {"messages", 'm', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, ignore,
      NULL, NULL},
  {"quiet", 'q', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, ignore,
      NULL, NULL},
  {"eos-on-shutdown", 'e', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK,
      ignore, NULL, NULL},
  {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, NULL, NULL},
  {NULL}
};

/* Whether all of it has been played. */
static gboolean
play (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GError *error = NULL;
  GstMessage *message;
  gboolean played;

  if (verbose)
    g_signal_connect (pipeline, "deep-notify",
        G_CALLBACK (gst_object_default_deep_notify), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  played = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (!played) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("ERROR: %s\n", error->message);
    g_error_free (error);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_message_unref (message);
  gst_object_unref (bus);
  return played;
}

int
main (int argc, char **argv)
{
  GOptionContext *context = g_option_context_new (NULL);
  GError *error = NULL;
  GstElement *pipeline = NULL;
  gboolean played = FALSE;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (g_option_context_parse (context, &argc, &argv, &error))
    pipeline = gst_parse_launchv ((const gchar **) argv + 1, &error);
  if (error)
    g_printerr ("ERROR: %s\n", error->message);
  if (pipeline && error == NULL)
    played = play (pipeline);
  g_clear_error (&error);
  g_clear_object (&pipeline);
  g_option_context_free (context);
  return played ? 0 : 1;
}

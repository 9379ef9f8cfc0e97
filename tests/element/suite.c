/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

#include <stdlib.h>

/* gst_check_run_suite() would ignore CK_VERBOSITY. */
int
main (int argc, char **argv)
{
  SRunner *runner;
  int failed;

  gst_check_init (&argc, &argv);
  runner = srunner_create (make_suite ());
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

GstHarness *
start_element (const gchar * name, const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make (name, NULL);
  GstBus *bus = gst_bus_new ();
  GstHarness *h;
  va_list properties;

  fail_unless (element != NULL);
  if (first_property != NULL) {
    va_start (properties, first_property);
    g_object_set_valist (G_OBJECT (element), first_property, properties);
    va_end (properties);
  }
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (h, FALSE);
  gst_object_unref (element);
  return h;
}

void
stop_element (GstHarness * h)
{
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

void
set_format (GstHarness * h, const GstVideoInfo * info)
{
  gst_harness_set_src_caps (h, gst_video_info_to_caps (info));
}

GstBuffer *
filtered (GstHarness * h, GstBuffer * frame)
{
  GstBuffer *out;

  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  out = gst_harness_try_pull (h);
  fail_unless (out != NULL, "no frame came out");
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  return out;
}

GstElement *
child (GstElement * pipeline, const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  fail_unless (element != NULL);
  gst_object_unref (element);   /* the pipeline has it */
  return element;
}

guint64
count_of (GstElement * element, const gchar * field)
{
  GstStructure *stats;
  guint64 count = 0;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &count),
      "stats have no %s", field);
  gst_structure_free (stats);
  return count;
}

GstMessage *
next_named (GstHarness * h, const gchar * name)
{
  GstMessage *message;

  while ((message = next_message (h, GST_MESSAGE_ELEMENT)) != NULL) {
    if (gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

GstMessage *
next_message (GstHarness * h, GstMessageType type)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_pop_filtered (bus, type);

  gst_object_unref (bus);
  return message;
}

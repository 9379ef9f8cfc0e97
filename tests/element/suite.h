/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers of the element tests. Each program defines make_suite(). */
#ifndef __SUITE_H__
#define __SUITE_H__

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

Suite *make_suite (void);

/* Properties for a short training that changes frames. */
#define CHEAP "hidden-channels", 16, "epochs", 200, "learning-rate", 0.004

/* A harness for an element with properties set before the start; the list ends with NULL.
 * Upstream is not live. */
GstHarness *start_element (const gchar * name, const gchar * first_property,
    ...);
void stop_element (GstHarness * h);
void set_format (GstHarness * h, const GstVideoInfo * info);

/* Pushes a frame and pulls the result, which has to be there at once. Takes the reference. */
GstBuffer *filtered (GstHarness * h, GstBuffer * frame);

/* An element of a pipeline, without a reference. */
GstElement *child (GstElement * pipeline, const gchar * name);

/* A guint64 field of `stats`. */
guint64 count_of (GstElement * element, const gchar * field);

/* The next message of this name or type on the element's bus, or NULL. */
GstMessage *next_named (GstHarness * h, const gchar * name);
GstMessage *next_message (GstHarness * h, GstMessageType type);

#endif

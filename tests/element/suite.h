/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the elements' tests share. Each program defines make_suite(). */
#ifndef __SUITE_H__
#define __SUITE_H__

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

Suite *make_suite (void);

/* Properties of zsdenoise with which it learns enough to change frames, and no more. */
#define CHEAP "hidden-channels", 16, "epochs", 200, "learning-rate", 0.004

/* A harness around an element whose properties are set before it starts; the list ends with
 * NULL. Its source is not a live one. */
GstHarness *start_element (const gchar * name, const gchar * first_property,
    ...);
void stop_element (GstHarness * h);
void set_format (GstHarness * h, const GstVideoInfo * info);

/* Pushes a frame, and takes it out again: it has to come at once. Takes the reference. */
GstBuffer *filtered (GstHarness * h, GstBuffer * frame);

/* An element of a pipeline, which keeps the reference. */
GstElement *child (GstElement * pipeline, const gchar * name);

/* A number of `stats`. */
guint64 count_of (GstElement * element, const gchar * field);

/* The next message with that name, or of that type, on the element's bus, NULL if there is none
 * (more). */
GstMessage *next_named (GstHarness * h, const gchar * name);
GstMessage *next_message (GstHarness * h, GstMessageType type);

#endif

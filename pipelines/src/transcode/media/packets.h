/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compressed pictures on their way to and from files of GStreamer's data protocol, which keeps
 * caps, segment and times to the nanosecond. */
#ifndef TRANSCODE_MEDIA_PACKETS_H
#define TRANSCODE_MEDIA_PACKETS_H

#include <gst/gst.h>

typedef struct _PacketReader PacketReader;
typedef struct _PacketWriter PacketWriter;

/* Reads what an element "out" (appsink) of the pipeline gets; takes the pipeline. `what` names the
 * file in errors. NULL and an error if it does not start. */
PacketReader *packet_reader_new (GstElement * pipeline, const gchar * what,
    GError ** error);
PacketReader *packet_reader_open (const gchar * file, GError ** error);
void packet_reader_free (PacketReader * reader);

/* The next packet; NULL at the end, and with an error if the file cannot be read further. */
GstSample *packet_reader_next (PacketReader * reader, GError ** error);

PacketWriter *packet_writer_new (const gchar * file, GError ** error);
gboolean packet_writer_add (PacketWriter * writer, GstSample * sample,
    GError ** error);

/* Ends the file; frees the writer in each case. */
gboolean packet_writer_finish (PacketWriter * writer, GError ** error);

/* The appsrc of that name in the pipeline, which ends when it is told to, and not before, as it
 * would at the end of the segment that a sample bears. */
GstElement *packet_appsrc (GstElement * pipeline, const gchar * name);

/* Hands a sample to it, and waits while it has enough. FALSE and an error if the pipeline
 * that it is in has failed. */
gboolean packet_push (GstElement * pipeline, GstElement * appsrc,
    GstSample * sample, const gchar * what, GError ** error);

/* Times in the files are running times of the source from here on, so that what is decoded before
 * the first picture is shown has a time, too. */
#define PACKET_ORIGIN (1000 * 3600 * GST_SECOND)

/* The packet with running times, so much later, in place of those of the segment. */
GstSample *packet_flatten (GstSample * sample, const GstSegment * segment,
    GstClockTime origin);

/* When it is shown, or decoded, if nothing else is known: a running time of the source.
 * GST_CLOCK_TIME_NONE: never. */
GstClockTime packet_time (GstSample * sample);

gboolean packet_is_key (GstSample * sample);

#endif

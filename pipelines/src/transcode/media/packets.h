/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compressed frames in files of the GStreamer Data Protocol, which keeps caps, segments and exact
 * timestamps. */
#ifndef TRANSCODE_MEDIA_PACKETS_H
#define TRANSCODE_MEDIA_PACKETS_H

#include <gst/app/app.h>

typedef struct _PacketReader PacketReader;
typedef struct _PacketWriter PacketWriter;

/* Reads from the appsink named "out". Takes ownership of the pipeline and starts it; NULL and an
 * error if it does not start. `name` names the file in errors. */
PacketReader *packet_reader_new (GstElement * pipeline, const gchar * name,
    GError ** error);
PacketReader *packet_reader_open (const gchar * file, GError ** error);
void packet_reader_free (PacketReader * reader);

GstAppSink *packet_reader_sink (PacketReader * reader);

/* Next packet; NULL at the end, and NULL with an error if reading fails. */
GstSample *packet_reader_next (PacketReader * reader, GError ** error);

PacketWriter *packet_writer_new (const gchar * file, GError ** error);
gboolean packet_writer_add (PacketWriter * writer, GstSample * sample,
    GError ** error);

/* Finishes the file. Frees the writer in any case. */
gboolean packet_writer_finish (PacketWriter * writer, GError ** error);

/* Appsrc of that name. It sends EOS only when told to, not at the end of a sample's segment. */
GstElement *packet_appsrc (GstElement * pipeline, const gchar * name);

/* Pushes a sample, blocking while the queue is full. FALSE and an error if the pipeline failed. */
gboolean packet_push (GstElement * pipeline, GstElement * appsrc,
    GstSample * sample, const gchar * name, GError ** error);

/* Offset of timestamps in the files from running times of the source. Keeps those positive that are
 * decoded before the first frame is shown. */
#define PACKET_ORIGIN (1000 * 3600 * GST_SECOND)

/* Copy of the packet with timestamps as running times of `segment` plus `origin`. */
GstSample *packet_flatten (GstSample * sample, const GstSegment * segment,
    GstClockTime origin);

/* PTS, else DTS, as running time of the source; GST_CLOCK_TIME_NONE if outside. */
GstClockTime packet_time (GstSample * sample);

gboolean packet_is_key (GstSample * sample);

#endif

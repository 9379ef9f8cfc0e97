/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network cameras. */
#ifndef CAMERA_RTSP_H
#define CAMERA_RTSP_H

#include <gst/gst.h>

/* The URL without user name and password. NULL and an error if it is not an rtsp:// URL. */
gchar *rtsp_public_url (const gchar * url, GError ** error);

/* Whether a server listens at the address of the URL, as rtspsrc does not report why a
 * connection fails. */
gboolean rtsp_check_connection (const gchar * url, GError ** error);

/* Restricts an rtspsrc to video streams. */
void rtsp_select_video (GstElement * source);

#endif

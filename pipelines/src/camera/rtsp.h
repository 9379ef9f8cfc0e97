/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cameras on the network. */
#ifndef CAMERA_RTSP_H
#define CAMERA_RTSP_H

#include <gst/gst.h>

/* The URL without user name and password; NULL and an error if it is no rtsp:// URL. */
gchar *rtsp_public_url (const gchar * url, GError ** error);

/* Whether somebody listens at the URL's address. (rtspsrc does not tell why nobody does.) */
gboolean rtsp_check_connection (const gchar * url, GError ** error);

/* Makes an rtspsrc ask for video alone. */
void rtsp_select_video (GstElement * source);

#endif

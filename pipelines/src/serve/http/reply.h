/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Responses. */
#ifndef SERVE_HTTP_REPLY_H
#define SERVE_HTTP_REPLY_H

#include <libsoup/soup.h>

/* Adds the security headers that all responses have. */
void reply_add_security (SoupServerMessage * message);

/* Error response as application/problem+json (RFC 9457) with a sentence for the client. */
void reply_problem (SoupServerMessage * message, guint status,
    const gchar * detail);

/* Response 503 with Retry-After, in seconds. */
void reply_try_again (SoupServerMessage * message, guint seconds,
    const gchar * detail);

/* Body of an error response. Free with g_free(). */
gchar *reply_problem_body (guint status, const gchar * detail);

/* Response with one line of JSON. */
void reply_json (SoupServerMessage * message, guint status, const gchar * text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers to requests. */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include <libsoup/soup.h>

/* What each answer carries, so that a browser does nothing with it that it need not. */
void reply_add_security (SoupServerMessage * message);

/* A fault, as application/problem+json (RFC 9457), with a sentence for the client. */
void reply_problem (SoupServerMessage * message, guint status,
    const gchar * detail);

/* The same with the time after which the client may try again, in seconds. */
void reply_try_again (SoupServerMessage * message, guint seconds,
    const gchar * detail);

/* Its body. To be freed. */
gchar *reply_problem_body (guint status, const gchar * detail);

/* JSON in one line. */
void reply_json (SoupServerMessage * message, guint status, const gchar * text);

/* A file, of which clients may ask for parts. `download`: the name under which browsers keep it, or
 * NULL: they show it. FALSE: there is none. */
gboolean reply_file (SoupServerMessage * message, const gchar * path,
    const gchar * type, const gchar * download);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Responses with files, which are read piece by piece as the client takes them. */
#ifndef SERVE_HTTP_SEND_FILE_H
#define SERVE_HTTP_SEND_FILE_H

#include <libsoup/soup.h>

/* Response with a file, or the one range that the request asks for. `download`: file name of the
 * attachment; NULL: shown inline. 404 if there is no such file, 500 if it cannot be read. A file that
 * becomes shorter ends the connection. */
void send_file (SoupServerMessage * message, const gchar * path,
    const gchar * type, const gchar * download);

#endif

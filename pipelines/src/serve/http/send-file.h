/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Responses with files, which are read piece by piece as the client takes them. */
#ifndef SERVE_HTTP_SEND_FILE_H
#define SERVE_HTTP_SEND_FILE_H

#include <libsoup/soup.h>

/* Response with a file, or the one range that the request asks for. `download`: file name of the
 * attachment; NULL: shown inline. FALSE if there is no such file. A file that becomes shorter ends
 * the connection. */
gboolean send_file (SoupServerMessage * message, const gchar * path,
    const gchar * type, const gchar * download);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/server.h"

void
server_refuse (Server * server, SoupServerMessage * message, guint status,
    const gchar * detail)
{
  server->counts.requests[status]++;
  connections_refuse (message, status, detail);
}

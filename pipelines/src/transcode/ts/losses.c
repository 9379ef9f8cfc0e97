/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/ts/losses.h"

#include "common/file.h"

#include <glib/gstdio.h>
#include <string.h>

#define PACKET 188
#define SYNC 0x47
#define N_PIDS 8192
#define PADDING_PID (N_PIDS - 1)

/* Packets that have to begin with SYNC. */
#define PROBED 8

typedef struct
{
  gint8 counters[N_PIDS];       /* -1: no packet yet */
  guint64 count;
} Losses;

/* Counts the gap before a packet. Its counter stays if it has no payload or is sent twice. */
static void
add_packet (Losses * losses, const guint8 * packet)
{
  const guint pid = (packet[1] & 0x1f) << 8 | packet[2];
  const gboolean adaptation = packet[3] & 0x20;
  const gint8 counter = packet[3] & 0xf, last = losses->counters[pid];
  const gboolean restarts = adaptation && packet[4] > 0 && packet[5] & 0x80;

  if (pid == PADDING_PID || !(packet[3] & 0x10))
    return;
  if (last >= 0 && !restarts && counter != last
      && counter != ((last + 1) & 0xf))
    losses->count++;
  losses->counters[pid] = counter;
}

/* Distance of packets in bytes: 188, or 192 with a timestamp in front of each, as Blu-ray has them.
 * `first`: place of the first packet. 0: no transport stream. */
static gsize
find_distance (FILE * stream, gsize * first)
{
  static const struct
  {
    gsize distance, first;
  } kinds[] = { {PACKET, 0}, {PACKET + 4, 4} };
  guint8 head[PROBED * (PACKET + 4)];
  const gsize size = fread (head, 1, sizeof head, stream);
  gsize i, at;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (at = kinds[i].first; at < size && head[at] == SYNC;)
      at += kinds[i].distance;
    *first = kinds[i].first;
    if (at >= size && size >= PROBED * PACKET)
      return kinds[i].distance;
  }
  return 0;
}

gboolean
ts_losses_count (const gchar * file, guint64 * count, GError ** error)
{
  FILE *stream = g_fopen (file, "rbe");
  Losses *losses = g_new0 (Losses, 1);
  guint8 packet[PACKET + 4];
  gsize distance, first;
  gboolean done = stream != NULL;

  memset (losses->counters, -1, sizeof losses->counters);
  distance = stream ? find_distance (stream, &first) : 0;
  if (distance > 0) {
    rewind (stream);
    while (fread (packet, distance, 1, stream) == 1)
      if (packet[first] == SYNC)
        add_packet (losses, packet + first);
  }
  if (stream == NULL || ferror (stream))
    done = file_set_error (error, file);
  *count = losses->count;
  if (stream)
    fclose (stream);
  g_free (losses);
  return done;
}

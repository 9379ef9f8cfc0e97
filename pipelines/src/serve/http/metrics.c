/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/metrics.h"

static void
add (GString * text, const gchar * name, const gchar * kind,
    const gchar * help, gdouble value)
{
  gchar digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, "# HELP zsdenoise_%s %s\n"
      "# TYPE zsdenoise_%s %s\nzsdenoise_%s %s\n", name, help, name, kind,
      name, g_ascii_dtostr (digits, sizeof digits, value));
}

static void
add_head (GString * text, const gchar * name, const gchar * kind,
    const gchar * help)
{
  g_string_append_printf (text, "# HELP zsdenoise_%s %s\n"
      "# TYPE zsdenoise_%s %s\n", name, help, name, kind);
}

static void
add_jobs (GString * text, const QueueCounts * counts)
{
  guint i;

  add_head (text, "jobs", "gauge", "Jobs by state.");
  for (i = 0; i < JOB_N_STATES; i++)
    g_string_append_printf (text, "zsdenoise_jobs{state=\"%s\"} %u\n",
        job_state_name (i), counts->states[i]);
  add_head (text, "jobs_finished_total", "counter",
      "Finished jobs since the start, by state.");
  g_string_append_printf (text,
      "zsdenoise_jobs_finished_total{state=\"done\"} %" G_GUINT64_FORMAT
      "\nzsdenoise_jobs_finished_total{state=\"failed\"} %" G_GUINT64_FORMAT
      "\n", counts->done, counts->failed);
}

static void
add_requests (GString * text, const ServerCounts * counts)
{
  guint i;

  add_head (text, "http_requests_total", "counter", "Requests by HTTP status.");
  for (i = 0; i < G_N_ELEMENTS (counts->requests); i++)
    if (counts->requests[i])
      g_string_append_printf (text, "zsdenoise_http_requests_total{status="
          "\"%u\"} %" G_GUINT64_FORMAT "\n", i, counts->requests[i]);
}

gchar *
metrics_format (Server * server)
{
  GString *text = g_string_new (NULL);
  QueueCounts counts;

  queue_count (server->queue, &counts);
  add_jobs (text, &counts);
  add (text, "jobs_accepted_total", "counter", "Accepted jobs since the start.",
      (gdouble) counts.accepted);
  add (text, "job_seconds_total", "counter",
      "Processing time of finished jobs, seconds.", counts.seconds);
  add (text, "queue_limit", "gauge", "Maximum number of waiting jobs.",
      server->options->queue);
  add (text, "workers", "gauge", "Maximum number of running jobs.",
      server->options->workers);
  add (text, "uploads", "gauge", "Uploads in progress.",
      g_hash_table_size (server->uploads));
  add (text, "upload_bytes_total", "counter", "Received bytes of uploads.",
      (gdouble) server->counts.bytes);
  add (text, "connections", "gauge", "Open connections.",
      connections_count (server->connections));
  add_requests (text, &server->counts);
  return g_string_free (text, FALSE);
}

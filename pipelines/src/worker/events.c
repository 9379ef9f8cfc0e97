/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/events.h"

#include "common/json.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

static int output = STDOUT_FILENO;

void
events_take_stdout (void)
{
  const int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  output = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2 (null, STDOUT_FILENO);
  close (null);
}

/* Errors are ignored: the server may have closed its end. */
static void
send (JsonBuilder * builder)
{
  JsonNode *root;
  gchar *text, *line;
  gssize written;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_print_node (root, FALSE);
  line = g_strconcat (text, "\n", NULL);
  written = write (output, line, strlen (line));
  (void) written;
  g_free (line);
  g_free (text);
  json_node_unref (root);
  g_object_unref (builder);
}

static JsonBuilder *
begin (void)
{
  return json_builder_begin_object (json_builder_new ());
}

static void
add (JsonBuilder * builder, const gchar * name, gdouble value)
{
  if (value < 0)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

void
events_send_progress (const gchar * phase, gdouble part, gdouble loss,
    gdouble eta)
{
  JsonBuilder *builder = begin ();

  json_builder_set_member_name (builder, "phase");
  json_builder_add_string_value (builder, phase);
  add (builder, "part", CLAMP (part, 0, 1));
  add (builder, "loss", loss);
  add (builder, "eta", eta);
  send (builder);
}

void
events_send_result (gint width, gint height, guint frames, gdouble sigma)
{
  JsonBuilder *builder = begin ();

  add (builder, "width", width);
  add (builder, "height", height);
  add (builder, "frames", frames);
  add (builder, "sigma", sigma);
  send (builder);
}

void
events_send_psnr (gdouble before, gdouble after)
{
  JsonBuilder *builder = begin ();

  add (builder, "psnr_before", before);
  add (builder, "psnr_after", after);
  send (builder);
}

/* The reason that clients are told, or NULL. */
static const gchar *
find_reason (const GError * error)
{
  static const struct
  {
    gint code;                  /* of GIOErrorEnum */
    const gchar *reason;
  } reasons[] = {
    {G_IO_ERROR_MESSAGE_TOO_LARGE, "large"},
    {G_IO_ERROR_NOT_SUPPORTED, "format"},
    {G_IO_ERROR_FAILED, "damaged"},
    {G_IO_ERROR_TIMED_OUT, "time"},
    {G_IO_ERROR_NO_SPACE, "memory"},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_error_matches (error, G_IO_ERROR, reasons[i].code))
      return reasons[i].reason;
  return NULL;
}

void
events_send_error (const GError * error)
{
  gchar *sentence = g_strdup_printf ("%s%s", error->message,
      g_str_has_suffix (error->message, ".") ? "" : ".");
  const gchar *reason = find_reason (error);
  JsonBuilder *builder = begin ();

  *sentence = g_ascii_toupper (*sentence);
  json_builder_set_member_name (builder, "error");
  json_builder_add_string_value (builder, sentence);
  if (reason) {
    json_builder_set_member_name (builder, "reason");
    json_builder_add_string_value (builder, reason);
  }
  send (builder);
  g_free (sentence);
}

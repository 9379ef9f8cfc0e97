/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/campaign.h"

#include "common/json.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>

#define VERSION 1
#define HIDDEN_FOLDER ".zsdenoise"
#define LOG_TAIL 4096           /* end of a log that is read, bytes */

/* --- memory --- */

static void
free_film (gpointer data)
{
  CampaignFilm *film = data;

  g_free (film->in);
  g_free (film->out);
  g_free (film);
}

Campaign *
campaign_new (const gchar * folder)
{
  Campaign *campaign = g_new0 (Campaign, 1);

  campaign->folder = g_strdup (folder);
  campaign->films = g_ptr_array_new_with_free_func (free_film);
  return campaign;
}

void
campaign_free (Campaign * campaign)
{
  g_free (campaign->folder);
  g_free (campaign->name);
  g_free (campaign->cwd);
  g_strfreev (campaign->options);
  g_free (campaign->resources.partition);
  g_free (campaign->resources.account);
  g_free (campaign->resources.qos);
  g_ptr_array_unref (campaign->films);
  g_free (campaign);
}

void
campaign_add (Campaign * campaign, const gchar * in, const gchar * out)
{
  CampaignFilm *film = g_new0 (CampaignFilm, 1);

  film->in = g_strdup (in);
  film->out = g_strdup (out);
  g_ptr_array_add (campaign->films, film);
}

/* --- JSON --- */

static const JsonField campaign_fields[] = {
  JSON_FIELD ("name", STRING, Campaign, name),
  JSON_FIELD ("cwd", PATH, Campaign, cwd),
  JSON_FIELD ("partition", STRING, Campaign, resources.partition),
  JSON_FIELD ("account", STRING, Campaign, resources.account),
  JSON_FIELD ("qos", STRING, Campaign, resources.qos),
  JSON_FIELD ("cpus", INT, Campaign, resources.cpus),
  JSON_FIELD ("memory", INT, Campaign, resources.memory),
  JSON_FIELD ("minutes", INT, Campaign, resources.minutes),
  JSON_FIELD ("throttle", INT, Campaign, throttle),
  JSON_FIELD ("films_at_once", INT, Campaign, films_at_once),
  JSON_FIELD ("tasks", INT, Campaign, tasks),
  JSON_FIELD ("crashes", INT, Campaign, crashes),
  JSON_FIELD ("stopped", INT, Campaign, stopped),
  JSON_FIELD ("options", STRINGS, Campaign, options),
  JSON_END
};

static const JsonField film_fields[] = {
  JSON_FIELD ("in", PATH, CampaignFilm, in),
  JSON_FIELD ("out", PATH, CampaignFilm, out),
  JSON_FIELD ("pieces", UINT, CampaignFilm, pieces),
  JSON_FIELD ("tries", INT, CampaignFilm, tries),
  JSON_FIELD ("done", BOOLEAN, CampaignFilm, done),
  JSON_FIELD ("given_up", BOOLEAN, CampaignFilm, given_up),
  JSON_END
};

static JsonObject *
to_json (const Campaign * campaign)
{
  JsonObject *object = json_object_new ();
  JsonArray *films = json_array_new ();
  guint i;

  json_object_set_int_member (object, "version", VERSION);
  json_fields_write (campaign_fields, campaign, object);
  for (i = 0; i < campaign->films->len; i++) {
    JsonObject *film = json_object_new ();

    json_fields_write (film_fields, campaign->films->pdata[i], film);
    json_array_add_object_element (films, film);
  }
  json_object_set_array_member (object, "films", films);
  return object;
}

/* FALSE if a film lacks its paths. */
static gboolean
read_films (Campaign * campaign, JsonArray * array)
{
  gboolean whole = TRUE;
  guint i;

  for (i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    CampaignFilm *film = g_new0 (CampaignFilm, 1);

    if (JSON_NODE_HOLDS_OBJECT (node))
      json_fields_read (film_fields, film, json_node_get_object (node));
    whole &= film->in && film->out;
    g_ptr_array_add (campaign->films, film);
  }
  return whole;
}

/* NULL if the object is not a campaign of this version. */
static Campaign *
from_json (const gchar * folder, JsonObject * object)
{
  JsonArray *films = json_get_array (object, "films");
  Campaign *campaign;

  if (films == NULL || json_get_int (object, "version") != VERSION)
    return NULL;
  campaign = campaign_new (folder);
  json_fields_read (campaign_fields, campaign, object);
  if (!read_films (campaign, films) || campaign->name == NULL
      || campaign->options == NULL)
    g_clear_pointer (&campaign, campaign_free);
  return campaign;
}

/* --- files --- */

static gchar *
campaign_file (const gchar * folder)
{
  return g_build_filename (folder, HIDDEN_FOLDER, "films.json", NULL);
}

gboolean
campaign_exists (const gchar * folder)
{
  gchar *file = campaign_file (folder);
  const gboolean exists = g_file_test (file, G_FILE_TEST_EXISTS);

  g_free (file);
  return exists;
}

Campaign *
campaign_load (const gchar * folder, GError ** error)
{
  gchar *file = campaign_file (folder);
  GError *local_error = NULL;
  JsonObject *object = json_load (file, &local_error);
  Campaign *campaign = object ? from_json (folder, object) : NULL;

  if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no films were "
        "submitted to this folder; cluster submit does that", folder);
  else if (local_error && local_error->domain == G_FILE_ERROR)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (campaign == NULL)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: it is of "
        "another version of this program, or damaged", file);
  g_clear_error (&local_error);
  g_clear_pointer (&object, json_object_unref);
  g_free (file);
  return campaign;
}

static gboolean
make_folders (const Campaign * campaign, GError ** error)
{
  gchar *logs =
      g_build_filename (campaign->folder, HIDDEN_FOLDER, "logs", NULL);
  const gboolean made = g_mkdir_with_parents (logs, 0777) == 0;

  if (!made)
    g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
        "%s: it cannot be created: %s", logs, g_strerror (errno));
  g_free (logs);
  return made;
}

gboolean
campaign_save (const Campaign * campaign, GError ** error)
{
  gchar *file = campaign_file (campaign->folder);
  const gboolean saved = make_folders (campaign, error)
      && json_save (to_json (campaign), file, error);

  g_free (file);
  return saved;
}

/* --- logs --- */

gchar *
campaign_log (const Campaign * campaign, gint film, const gchar * kind)
{
  gchar *name = film < 0 ? g_strdup_printf ("%s.log", kind) :
      g_strdup_printf ("%d-%s.log", film, kind);
  gchar *file =
      g_build_filename (campaign->folder, HIDDEN_FOLDER, "logs", name, NULL);

  g_free (name);
  return file;
}

static gchar *
last_line (const gchar * file)
{
  FILE *log = g_fopen (file, "re");
  gchar tail[LOG_TAIL + 1];
  gchar *text, *line;
  gsize n;

  if (log == NULL)
    return NULL;
  if (fseek (log, -LOG_TAIL, SEEK_END) != 0)
    rewind (log);
  n = fread (tail, 1, LOG_TAIL, log);
  fclose (log);
  tail[n] = '\0';
  text = g_utf8_make_valid (g_strchomp (tail), -1);
  line = strrchr (text, '\n');
  line = *text == '\0' ? NULL : g_strdup (line ? line + 1 : text);
  g_free (text);
  return line;
}

/* Escapes the special characters of glob(). */
static gchar *
quote (const gchar * folder)
{
  GString *quoted = g_string_new (NULL);

  for (; *folder; folder++) {
    if (strchr ("*?[\\", *folder))
      g_string_append_c (quoted, '\\');
    g_string_append_c (quoted, *folder);
  }
  return g_string_free (quoted, FALSE);
}

gchar *
campaign_last_error (const Campaign * campaign, guint film)
{
  const gchar *const kinds[] = { "cut", "learn", "segment-*", "join" };
  gchar *folder = quote (campaign->folder), *line = NULL;
  const Campaign quoted = {.folder = folder };
  gsize i, j;

  for (i = 0; i < G_N_ELEMENTS (kinds) && line == NULL; i++) {
    gchar *pattern = campaign_log (&quoted, (gint) film, kinds[i]);
    glob_t found;

    if (glob (pattern, 0, NULL, &found) == 0) {
      for (j = 0; j < found.gl_pathc && line == NULL; j++)
        line = last_line (found.gl_pathv[j]);
      globfree (&found);
    }
    g_free (pattern);
  }
  g_free (folder);
  return line;
}

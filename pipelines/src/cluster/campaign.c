/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/campaign.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define VERSION 1
#define HIDDEN ".zsdenoise"
#define LAST_WORDS 4096         /* bytes of a log */

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
  g_free (campaign->bounds.partition);
  g_free (campaign->bounds.account);
  g_free (campaign->bounds.qos);
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

/* Its numbers, by name. */
typedef struct
{
  const gchar *name;
  gint *value;
} Number;

#define NUMBERS(campaign) { \
    {"cpus", &(campaign)->bounds.cpus}, \
    {"memory", &(campaign)->bounds.memory}, \
    {"minutes", &(campaign)->bounds.minutes}, \
    {"throttle", &(campaign)->throttle}, \
    {"films_at_once", &(campaign)->films_at_once}, \
    {"tasks", &(campaign)->tasks}, \
    {"crashes", &(campaign)->crashes}, \
    {"stopped", &(campaign)->stopped}, \
  }

#define STRINGS(campaign) { \
    {"name", &(campaign)->name}, \
    {"cwd", &(campaign)->cwd}, \
    {"partition", &(campaign)->bounds.partition}, \
    {"account", &(campaign)->bounds.account}, \
    {"qos", &(campaign)->bounds.qos}, \
  }

typedef struct
{
  const gchar *name;
  gchar **value;
} String;

static JsonObject *
film_to_json (const CampaignFilm * film)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "in", film->in);
  json_object_set_string_member (object, "out", film->out);
  json_object_set_int_member (object, "pieces", film->pieces);
  json_object_set_int_member (object, "tries", film->tries);
  json_object_set_boolean_member (object, "done", film->done);
  json_object_set_boolean_member (object, "given_up", film->given_up);
  return object;
}

static JsonNode *
to_json (Campaign * campaign)
{
  const Number numbers[] = NUMBERS (campaign);
  const String strings[] = STRINGS (campaign);
  JsonObject *object = json_object_new ();
  JsonArray *options = json_array_new (), *films = json_array_new ();
  JsonNode *root = json_node_init_object (json_node_alloc (), object);
  gchar **option;
  gsize i;

  json_object_set_int_member (object, "version", VERSION);
  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    if (*strings[i].value)
      json_object_set_string_member (object, strings[i].name,
          *strings[i].value);
  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    json_object_set_int_member (object, numbers[i].name, *numbers[i].value);
  for (option = campaign->options; *option; option++)
    json_array_add_string_element (options, *option);
  for (i = 0; i < campaign->films->len; i++)
    json_array_add_object_element (films,
        film_to_json (campaign->films->pdata[i]));
  json_object_set_array_member (object, "options", options);
  json_object_set_array_member (object, "films", films);
  json_object_unref (object);
  return root;
}

static GStrv
read_options (JsonArray * array)
{
  GStrvBuilder *options = g_strv_builder_new ();
  GStrv result;
  guint i;

  for (i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (options, json_array_get_string_element (array, i));
  result = g_strv_builder_end (options);
  g_strv_builder_unref (options);
  return result;
}

static void
read_film (Campaign * campaign, JsonObject * object)
{
  CampaignFilm *film;

  campaign_add (campaign, json_object_get_string_member (object, "in"),
      json_object_get_string_member (object, "out"));
  film = campaign->films->pdata[campaign->films->len - 1];
  film->pieces = (guint) json_object_get_int_member (object, "pieces");
  film->tries = (gint) json_object_get_int_member (object, "tries");
  film->done = json_object_get_boolean_member (object, "done");
  film->given_up = json_object_get_boolean_member (object, "given_up");
}

static void
from_json (Campaign * campaign, JsonObject * object)
{
  const Number numbers[] = NUMBERS (campaign);
  const String strings[] = STRINGS (campaign);
  JsonArray *films = json_object_get_array_member (object, "films");
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    *strings[i].value =
        g_strdup (json_object_get_string_member_with_default (object,
            strings[i].name, NULL));
  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    *numbers[i].value =
        (gint) json_object_get_int_member_with_default (object,
        numbers[i].name, 0);
  campaign->options =
      read_options (json_object_get_array_member (object, "options"));
  for (i = 0; i < json_array_get_length (films); i++)
    read_film (campaign, json_array_get_object_element (films, (guint) i));
}

/* --- files --- */

static gchar *
file_of (const gchar * folder)
{
  return g_build_filename (folder, HIDDEN, "films.json", NULL);
}

gboolean
campaign_exists (const gchar * folder)
{
  gchar *file = file_of (folder);
  const gboolean exists = g_file_test (file, G_FILE_TEST_EXISTS);

  g_free (file);
  return exists;
}

Campaign *
campaign_load (const gchar * folder, GError ** error)
{
  gchar *file = file_of (folder);
  JsonParser *parser = json_parser_new_immutable ();
  Campaign *campaign = NULL;
  JsonObject *object;
  JsonNode *root;

  if (!g_file_test (file, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no films were "
        "submitted to this folder; cluster submit does that", folder);
  } else if (json_parser_load_from_file (parser, file, error)) {
    root = json_parser_get_root (parser);
    object = root && JSON_NODE_HOLDS_OBJECT (root) ?
        json_node_get_object (root) : NULL;
    if (object && json_object_get_int_member_with_default (object, "version",
            0) == VERSION) {
      campaign = campaign_new (folder);
      from_json (campaign, object);
    } else {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: it is of "
          "another version of this program, or damaged", file);
    }
  }
  g_object_unref (parser);
  g_free (file);
  return campaign;
}

static gboolean
make_folders (const Campaign * campaign, GError ** error)
{
  gchar *logs = g_build_filename (campaign->folder, HIDDEN, "logs", NULL);
  const gboolean made = g_mkdir_with_parents (logs, 0777) == 0;

  if (!made)
    g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
        "%s: it cannot be made: %s", logs, g_strerror (errno));
  g_free (logs);
  return made;
}

gboolean
campaign_save (const Campaign * campaign, GError ** error)
{
  Campaign all = *campaign;
  JsonNode *root = to_json (&all);
  gchar *file = file_of (campaign->folder), *text = json_to_string (root, TRUE);
  const gboolean saved = make_folders (campaign, error)
      && g_file_set_contents_full (file, text, -1,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
      error);

  g_free (text);
  g_free (file);
  json_node_free (root);
  return saved;
}

/* --- logs --- */

gchar *
campaign_log (const Campaign * campaign, gint film, const gchar * kind)
{
  gchar *name = film < 0 ? g_strdup_printf ("%s.log", kind) :
      g_strdup_printf ("%d-%s.log", film, kind);
  gchar *file = g_build_filename (campaign->folder, HIDDEN, "logs", name, NULL);

  g_free (name);
  return file;
}

static gchar *
last_line (const gchar * file)
{
  FILE *log = g_fopen (file, "re");
  gchar words[LAST_WORDS + 1];
  gchar *text, *line;
  gsize n;

  if (log == NULL)
    return NULL;
  if (fseek (log, -LAST_WORDS, SEEK_END) != 0)
    rewind (log);
  n = fread (words, 1, LAST_WORDS, log);
  fclose (log);
  words[n] = '\0';
  text = g_utf8_make_valid (g_strchomp (words), -1);
  line = strrchr (text, '\n');
  line = *text == '\0' ? NULL : g_strdup (line ? line + 1 : text);
  g_free (text);
  return line;
}

/* For glob(): its own letters stand for themselves. */
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
campaign_complaint (const Campaign * campaign, guint film)
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/submit.h"

#include "cluster/campaign.h"
#include "cluster/submitter.h"
#include "film/inputs.h"
#include "film/options.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Default share of the queue for a submission is one in this many places. */
#define QUEUE_SHARE 4

#define MIN_TASKS 4

static gboolean
set_error (GError ** error, const gchar * file, const gchar * reason)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", file,
      reason);
  return FALSE;
}

/* --- the films --- */

/* Device and inode of the file, so that links are recognized. */
static gchar *
file_key (const gchar * file)
{
  GStatBuf info;

  return g_stat (file, &info) == 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT
      ":%" G_GUINT64_FORMAT, (guint64) info.st_dev, (guint64) info.st_ino) :
      NULL;
}

/* Registers `film` as the owner of a key; TRUE and an error if another film has it. Takes the
 * key. */
static gboolean
is_taken (GHashTable * owners, gchar * key, const gchar * film,
    const gchar * reason, GError ** error)
{
  const gchar *other = g_hash_table_lookup (owners, key);

  if (other)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s and %s %s",
        other, film, reason);
  g_hash_table_insert (owners, key, (gpointer) film);
  return other != NULL;
}

static gboolean
add_film (Campaign * campaign, GHashTable * owners, const gchar * film,
    const gchar * codec, GError ** error)
{
  gchar *out = inputs_output_path (campaign->folder, film, "", codec);
  gchar *source = file_key (film), *target = file_key (out);
  gboolean added = FALSE;

  if (g_strcmp0 (source, target) == 0)
    set_error (error, film,
        "it would be replaced by its own result; give another folder "
        "as --out");
  else if (!is_taken (owners, g_strdup (source), film,
          "are the same film; " "give it once", error)
      && !is_taken (owners, g_strdup (out), film,
          "would both go to the same " "file; submit them to different folders",
          error))
    added = TRUE;
  if (added && target == NULL)
    campaign_add (campaign, film, out);
  g_free (target);
  g_free (source);
  g_free (out);
  return added;
}

static gboolean
add_films (Campaign * campaign, GStrv in, const gchar * codec, GError ** error)
{
  GPtrArray *films = inputs_list (in, error);
  GHashTable *owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  gboolean done = films != NULL;
  guint existing, i;

  for (i = 0; done && i < films->len; i++) {
    gchar *film = films->pdata[i];
    GStatBuf status;

    films->pdata[i] = g_canonicalize_filename (film, NULL);
    done = inputs_check (film, &status, error)
        && add_film (campaign, owners, films->pdata[i], codec, error);
    g_free (film);
  }
  existing = done ? films->len - campaign->films->len : 0;
  if (existing > 0)
    g_print ("%u of %u film%s %s in %s already\n", existing, films->len,
        films->len == 1 ? "" : "s", existing == 1 ? "is" : "are",
        campaign->folder);
  g_hash_table_unref (owners);
  g_clear_pointer (&films, g_ptr_array_unref);
  return done;
}

/* --- validation --- */

/* Validates the options for transcode with its own parser. Returns the codec; NULL and an error if
 * they are invalid. */
static gchar *
check_transcode (const Campaign * campaign, const gchar * film, GError ** error)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  gchar **arguments, **parsed, *codec = NULL;
  Options options;
  gint count;
  gboolean done;

  g_strv_builder_add_many (builder, "transcode", "--out", campaign->folder,
      NULL);
  g_strv_builder_addv (builder, (const char **) campaign->options);
  g_strv_builder_add_many (builder, "--", film, NULL);
  arguments = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  count = (gint) g_strv_length (arguments);
  /* Options are removed from this array, their strings stay. */
  parsed = g_memdup2 (arguments, (count + 1) * sizeof *arguments);
  done = options_parse (&options, &count, &parsed, error);
  if (done && (options.preview > 0 || options.compare || options.dry_run
          || options.resume || options.overwrite || options.step
          || g_strv_length (options.in) != 1
          || g_strcmp0 (options.out, campaign->folder) != 0))
    set_error (error, "--", "give only options for denoising and encoding");
  else if (done)
    codec = g_strdup (options.settings.codec);
  options_clear (&options);
  g_free (parsed);
  g_strfreev (arguments);
  return codec;
}

/* Checks that no other submission writes to the folder. */
static gboolean
is_free (const gchar * folder, GError ** error)
{
  Campaign *other = campaign_exists (folder) ? campaign_load (folder, NULL) :
      NULL;
  GPtrArray *tasks = other ? slurm_queue (other->name, error) : NULL;
  const gboolean is_free = other == NULL || (tasks && tasks->len == 0);

  if (tasks && tasks->len > 0)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s: another submission uses this folder; see cluster "
        "status, or end it with cluster cancel", folder);
  g_clear_pointer (&tasks, g_ptr_array_unref);
  g_clear_pointer (&other, campaign_free);
  return is_free;
}

static gboolean
make_folder (const gchar * folder, GError ** error)
{
  if (g_mkdir_with_parents (folder, 0777) != 0)
    return set_error (error, folder, g_strerror (errno));
  return g_access (folder, W_OK | X_OK) == 0
      || set_error (error, folder, "you may not write into this folder");
}

/* Checks the limits of the cluster and sets the share of its queue. */
static gboolean
set_queue_limit (Campaign * campaign, const ClusterOptions * options,
    GError ** error)
{
  SlurmLimits limits;

  if (!slurm_limits (&limits, error)
      || !slurm_fits (&campaign->resources, error))
    return FALSE;
  if (options->tasks > 0 && (guint) options->tasks >= limits.jobs) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--tasks: this cluster keeps at most %u jobs of all users "
        "(MaxJobCount); give less", limits.jobs);
    return FALSE;
  }
  campaign->tasks = options->tasks > 0 ? options->tasks :
      MAX (MIN_TASKS, (gint) limits.jobs / QUEUE_SHARE);
  return TRUE;
}

/* --- submission --- */

static void
set_options (Campaign * campaign, const ClusterOptions * options)
{
  const SlurmResources *resources = &options->resources;
  GStrvBuilder *builder = g_strv_builder_new ();
  gchar *threads = g_strdup_printf ("--threads=%d", resources->cpus);

  campaign->name = g_strdup_printf ("zsdenoise-%08x", g_random_int ());
  campaign->cwd = g_get_current_dir ();
  campaign->resources = *resources;
  campaign->resources.partition = g_strdup (resources->partition);
  campaign->resources.account = g_strdup (resources->account);
  campaign->resources.qos = g_strdup (resources->qos);
  campaign->throttle = options->throttle;
  campaign->films_at_once = options->films;
  g_strv_builder_add (builder, threads);
  g_strv_builder_addv (builder, (const char **) options->transcode);
  campaign->options = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  g_free (threads);
}

gboolean
submit (const ClusterOptions * options, GError ** error)
{
  Campaign *campaign = campaign_new (options->folder);
  gchar *codec;
  gboolean done;

  set_options (campaign, options);
  codec = check_transcode (campaign, options->in[0], error);
  done = codec && add_films (campaign, options->in, codec, error);
  if (done && campaign->films->len > 0) {
    done = make_folder (campaign->folder, error)
        && is_free (campaign->folder, error)
        && set_queue_limit (campaign, options, error)
        && campaign_save (campaign, error) && submitter_start (campaign, error);
    if (done)
      g_print ("%u film%s submitted as %s; for progress: cluster status %s\n",
          campaign->films->len, campaign->films->len == 1 ? " is" : "s are",
          campaign->name, campaign->folder);
  }
  campaign_free (campaign);
  g_free (codec);
  return done;
}

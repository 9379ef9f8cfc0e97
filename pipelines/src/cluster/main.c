/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises films on a Slurm cluster: zsdenoise-cluster COMMAND...; see --help. Each task is a step
 * of zsdenoise-transcode, scheduled by Slurm.
 *
 * Internal commands, run by Slurm: feed DIR, task BASE PROGRAM... */
#include "cluster/campaign.h"
#include "cluster/command.h"
#include "cluster/options.h"
#include "cluster/status.h"
#include "cluster/submit.h"
#include "cluster/submitter.h"
#include "cluster/task.h"

#include <locale.h>
#include <string.h>
#include <sysexits.h>

/* Seconds to wait for cancelled tasks to leave the queue. */
#define ROUNDS 60

static gboolean
cancel (Campaign * campaign, GError ** error)
{
  GPtrArray *tasks;
  guint left = 1;
  gint i;

  /* Saved first, for a submitter job that may be running. */
  campaign->stopped = TRUE;
  if (!campaign_save (campaign, error))
    return FALSE;
  for (i = 0; i < ROUNDS && left > 0; i++) {
    if (i > 0)
      g_usleep (G_USEC_PER_SEC);
    tasks = slurm_cancel_all (campaign->name, error) ?
        slurm_queue (campaign->name, error) : NULL;
    if (tasks == NULL)
      return FALSE;
    left = tasks->len;
    g_ptr_array_unref (tasks);
  }
  g_print ("cancelled%s; finished work is kept, and cluster resume "
      "continues it\n", left > 0 ? ", but some tasks have not ended yet" : "");
  return campaign_save (campaign, error);
}

static gboolean
resume (Campaign * campaign, GError ** error)
{
  GPtrArray *tasks = slurm_queue (campaign->name, error);
  gboolean done = tasks != NULL;
  guint i, film;

  for (i = 0; done && i < tasks->len; i++)
    if (submitter_owns (tasks->pdata[i], &film)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
          "%s: it is still running; see cluster status", campaign->folder);
      done = FALSE;
    }
  g_clear_pointer (&tasks, g_ptr_array_unref);
  if (!done)
    return FALSE;
  campaign->stopped = FALSE;
  campaign->crashes = 0;
  for (i = 0; i < campaign->films->len; i++) {
    CampaignFilm *entry = campaign->films->pdata[i];

    entry->tries = 0;
    entry->done = entry->given_up = FALSE;
  }
  return campaign_save (campaign, error) && submitter_start (campaign, error);
}

static gboolean
run (const ClusterOptions * options, GError ** error)
{
  Campaign *campaign;
  gboolean done;

  if (strcmp (options->command, "submit") == 0)
    return submit (options, error);
  campaign = campaign_load (options->folder, error);
  if (campaign == NULL)
    return FALSE;
  if (strcmp (options->command, "status") == 0)
    done = status_print (campaign, options->json, options->checksums, error);
  else if (strcmp (options->command, "cancel") == 0)
    done = cancel (campaign, error);
  else
    done = resume (campaign, error);
  campaign_free (campaign);
  return done;
}

static gboolean
run_submitter (const gchar * folder, GError ** error)
{
  Campaign *campaign = campaign_load (folder, error);
  gboolean done = campaign != NULL;

  command_wait_for_controller ();
  if (done) {
    done = submitter_run (campaign, error);
    campaign_free (campaign);
  }
  return done;
}

int
main (int argc, char **argv)
{
  ClusterOptions options = { 0 };
  GError *error = NULL;
  int status = 2;

  setlocale (LC_CTYPE, "");
  if (argc > 3 && strcmp (argv[1], "task") == 0)
    return task_run (argv[2], argv + 3);
  if (argc == 3 && strcmp (argv[1], "feed") == 0)
    status = !run_submitter (argv[2], &error);
  else if (cluster_options_parse (&options, argc, argv, &error))
    status = !run (&options, &error);
  if (error)
    g_printerr ("cluster: %s\n", error->message);
  g_clear_error (&error);
  cluster_options_clear (&options);
  return status;
}

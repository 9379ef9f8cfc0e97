/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/options.h"

#include "common/options/version.h"

#include <string.h>

#define HELP "Commands:\n" \
    "  submit IN... --out DIR [-- OPTION...]  denoise films, or folders of films\n" \
    "                                         (OPTION: as of transcode)\n" \
    "  status DIR                             show the progress\n" \
    "  cancel DIR                             end all tasks, keep finished work\n" \
    "  resume DIR                             do what is missing or has failed\n"

static gboolean
parse (ClusterOptions * options, int *argc, char ***argv, GError ** error)
{
  SlurmResources *resources = &options->resources;
  const GOptionEntry entries[] = {
    {"out", 0, 0, G_OPTION_ARG_FILENAME, &options->folder,
        "Output folder, visible and writable on all nodes", "DIR"},
    {"partition", 0, 0, G_OPTION_ARG_STRING, &resources->partition,
        "Slurm partition (the default one)", "NAME"},
    {"account", 0, 0, G_OPTION_ARG_STRING, &resources->account,
        "Slurm account (your default one)", "NAME"},
    {"qos", 0, 0, G_OPTION_ARG_STRING, &resources->qos,
        "Slurm quality of service (your default one)", "NAME"},
    {"cpus", 0, 0, G_OPTION_ARG_INT, &resources->cpus,
        "Processors and threads per task (1)", "N"},
    {"memory", 0, 0, G_OPTION_ARG_INT, &resources->memory,
        "Memory per task, in MiB (3000)", "N"},
    {"minutes", 0, 0, G_OPTION_ARG_INT, &resources->minutes,
        "Time limit per task, in minutes (240)", "N"},
    {"throttle", 0, 0, G_OPTION_ARG_INT, &options->throttle,
          "Tasks of a film that run at the same time (no limit)",
        "N"},
    {"films", 0, 0, G_OPTION_ARG_INT, &options->films,
        "Films with segments on the disk at the same time (100)", "N"},
    {"tasks", 0, 0, G_OPTION_ARG_INT, &options->tasks,
        "Tasks in the queue at the same time (a quarter of MaxJobCount)", "N"},
    {"json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        "status: print JSON", NULL},
    {"check", 0, 0, G_OPTION_ARG_NONE, &options->checksums,
        "status: verify checksums, too; slow", NULL},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context =
      g_option_context_new ("COMMAND - denoises films on a Slurm cluster");
  gboolean parsed;

  g_option_context_set_summary (context, HELP);
  g_option_context_add_main_entries (context, entries, NULL);
  version_add_option (context);
  parsed = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  return parsed;
}

static gboolean
check_numbers (const ClusterOptions * options, GError ** error)
{
  const struct
  {
    const gchar *name;
    gint value, least, most;
  } numbers[] = {
    {"cpus", options->resources.cpus, 1, 256},
    {"memory", options->resources.memory, 64, 16 << 20},
    {"minutes", options->resources.minutes, 1, 525600},
    {"throttle", options->throttle, 0, 1000000},
    {"films", options->films, 1, 1000},
    {"tasks", options->tasks, 0, 1000000},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].value < numbers[i].least
        || numbers[i].value > numbers[i].most) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s: %d is not between %d and %d", numbers[i].name,
          numbers[i].value, numbers[i].least, numbers[i].most);
      return FALSE;
    }
  if (options->tasks > 0 && options->tasks < 4) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--tasks: give at least 4");
    return FALSE;
  }
  return TRUE;
}

/* Parses the command and its arguments. */
static gboolean
parse_arguments (ClusterOptions * options, gchar ** arguments, GError ** error)
{
  const gchar *const commands[] = { "submit", "status", "cancel", "resume",
    NULL
  };
  const gchar *reason = NULL;
  const gboolean submits = g_strcmp0 (arguments[0], "submit") == 0;

  if (arguments[0] == NULL || !g_strv_contains (commands, arguments[0]))
    reason = "give a command: submit, status, cancel or resume; see --help";
  else if (submits && arguments[1] == NULL)
    reason = "submit: give films, or folders of them";
  else if (submits && options->folder == NULL)
    reason = "submit: give the output folder, such as --out clean";
  else if (!submits && (arguments[1] == NULL || arguments[2]))
    reason = "give the output folder, and nothing else";
  if (reason) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        reason);
    return FALSE;
  }
  options->command = g_strdup (arguments[0]);
  options->in = g_strdupv (arguments + 1);
  if (!submits) {
    g_free (options->folder);
    options->folder = g_strdup (arguments[1]);
  }
  return TRUE;
}

gboolean
cluster_options_parse (ClusterOptions * options, int argc, char **argv,
    GError ** error)
{
  gchar *folder;
  int own = 0;

  memset (options, 0, sizeof *options);
  options->resources.cpus = 1;
  options->resources.memory = 3000;
  options->resources.minutes = 240;
  options->films = 100;
  while (own < argc && strcmp (argv[own], "--") != 0)
    own++;
  options->transcode = g_strdupv (argv + MIN (own + 1, argc));
  if (!parse (options, &own, &argv, error))
    return FALSE;
  argv[own] = NULL;
  if (!check_numbers (options, error)
      || !parse_arguments (options, argv + 1, error))
    return FALSE;
  folder = g_canonicalize_filename (options->folder, NULL);
  g_free (options->folder);
  options->folder = folder;
  return TRUE;
}

void
cluster_options_clear (ClusterOptions * options)
{
  g_free (options->command);
  g_strfreev (options->in);
  g_free (options->folder);
  g_strfreev (options->transcode);
  g_free (options->resources.partition);
  g_free (options->resources.account);
  g_free (options->resources.qos);
}

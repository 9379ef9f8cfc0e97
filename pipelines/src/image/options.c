/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/options.h"

#include "common/enum-option.h"
#include "image/inputs.h"

/* Of the noise that the sample gets if nothing is said of it. */
#define USUAL_DEGREE 0.2

#define MAX_JOBS 256

/* Which files of configuration are named. */
typedef struct
{
  gchar *config;
  gchar *shipped;               /* with the sample */
} Files;

static gboolean
parse (ImageOptions * options, Files * files, ConfigOptions * keys, int *argc,
    char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"config", 0, 0, G_OPTION_ARG_FILENAME, &files->config,
          "Configuration (config.json of the project, if nothing is named)",
        "FILE"},
    {"profile", 0, 0, G_OPTION_ARG_STRING, &options->profile,
        "realtime, balanced, best or paper", "NAME"},
    {"pairs", 0, 0, G_OPTION_ARG_STRING, &options->pairs,
        "What is learned from: auto, spatial or strided", "NAME"},
    {"strength", 0, 0, G_OPTION_ARG_DOUBLE, &options->strength,
        "How much of the noise is removed (1)", "PART"},
    {"jobs", 0, 0, G_OPTION_ARG_INT, &options->jobs,
        "How many pictures at a time (1)", "N"},
    {"report", 0, 0, G_OPTION_ARG_FILENAME, &options->report,
        "Write a page with pictures and figures into DIR", "DIR"},
    {"overwrite", 0, 0, G_OPTION_ARG_NONE, &options->overwrite,
        "Replace pictures that are there already, even IN", NULL},
    {"shipped", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME,
        &files->shipped, NULL, NULL},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("[IN [OUT]] - denoises "
      "pictures");
  GOptionGroup *group = config_options_group (keys);
  gboolean parsed;

  g_option_context_set_description (context,
      "IN is a picture, a folder of them or a pattern in quotes, as "
      "'*.png'; OUT a picture, a\nfolder (out/) or, for another format, "
      "a folder and a suffix, as 'out/*.webp'.\n");
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  g_option_context_add_group (context, gst_init_get_option_group ());
  parsed = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  return parsed;
}

/* The configuration: that of the sample only if no picture of the user's is named, for the noise
 * that it adds is not for those. */
static gboolean
load (ImageOptions * options, const Files * files, const ConfigOptions * keys,
    GError ** error)
{
  Config *config = &options->config, shipped;

  if (!config_load (config, files->config, keys, error))
    return FALSE;
  if (options->in == NULL)
    options->in = g_strdup (config->image);
  if (options->in == NULL && files->shipped) {
    options->sample = TRUE;
    if (!config_load (&shipped, files->shipped, keys, error)) {
      config_clear (&shipped);
      return FALSE;
    }
    options->in = g_strdup (shipped.image);
    if (files->config) {
      config_clear (&shipped);
    } else {
      config_clear (config);
      *config = shipped;
    }
  }
  if (options->sample && options->out == NULL && options->report == NULL)
    options->report = g_build_filename (PICTURE_LIST_OUT, "sample", NULL);
  options->degree = config->degree != CONFIG_NO_DEGREE ? config->degree :
      options->sample ? USUAL_DEGREE : 0;
  return TRUE;
}

static gboolean
check (const ImageOptions * options, GError ** error)
{
  const gchar *fault = NULL;

  if (options->in == NULL)
    fault = "give a picture, or name one as image in the configuration";
  else if (!(options->strength >= 0 && options->strength <= 1))
    fault = "--strength: give a number from 0 to 1";
  else if (options->jobs < 1 || options->jobs > MAX_JOBS)
    fault = "--jobs: give how many pictures at a time, as 4";
  if (fault)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        fault);
  return fault == NULL && (options->profile == NULL
      || enum_option_check ("profile", options->profile, error))
      && (options->pairs == NULL
      || enum_option_check ("pairs", options->pairs, error));
}

gboolean
image_options_parse (ImageOptions * options, int *argc, char ***argv,
    GError ** error)
{
  ConfigOptions *keys = config_options_new ();
  Files files = { 0 };
  gboolean done;

  *options = (ImageOptions) {
  .strength = 1,.jobs = 1};
  done = parse (options, &files, keys, argc, argv, error);
  if (done && *argc > 3) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: give IN and OUT; a pattern of many pictures stands in quotes",
        (*argv)[3]);
    done = FALSE;
  }
  if (done && *argc > 1)
    options->in = g_strdup ((*argv)[1]);
  if (done && *argc > 2)
    options->out = g_strdup ((*argv)[2]);
  done = done && load (options, &files, keys, error)
      && check (options, error);
  config_options_free (keys);
  g_free (files.config);
  g_free (files.shipped);
  return done;
}

void
image_options_clear (ImageOptions * options)
{
  config_clear (&options->config);
  g_free (options->in);
  g_free (options->out);
  g_free (options->profile);
  g_free (options->pairs);
  g_free (options->report);
}

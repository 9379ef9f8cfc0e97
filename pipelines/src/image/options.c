/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/options.h"

#include "common/options/arguments.h"
#include "common/options/enum.h"
#include "common/options/strength.h"
#include "common/options/version.h"
#include "image/inputs.h"
#include "picture/image-config-load.h"

/* Default noise that is added to the sample. */
#define SAMPLE_DEGREE 0.2

#define MAX_JOBS 256

/* Configuration files on the command line. */
typedef struct
{
  gchar *config;
  gchar *shipped;               /* of the sample */
} Files;

static gboolean
parse (ImageOptions * options, Files * files, ImageConfigOptions * keys,
    int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"config", 0, 0, G_OPTION_ARG_FILENAME, &files->config,
          "Configuration file (without IN: config.json of the project)",
        "FILE"},
    {"profile", 0, 0, G_OPTION_ARG_STRING, &options->profile,
        "realtime, balanced, best or paper", "NAME"},
    {"pairs", 0, 0, G_OPTION_ARG_STRING, &options->pairs,
        "Training pairs: auto, spatial or strided", "NAME"},
    STRENGTH_OPTIONS (&options->strength, &options->sigma),
    {"out", 0, 0, G_OPTION_ARG_FILENAME, &options->out,
        "Output folder for all IN, of which there may be several", "DIR"},
    {"jobs", 0, 0, G_OPTION_ARG_INT, &options->jobs,
        "Number of pictures in parallel (1)", "N"},
    {"report", 0, 0, G_OPTION_ARG_FILENAME, &options->report,
        "Write an HTML page with pictures and metrics to DIR", "DIR"},
    {"overwrite", 0, 0, G_OPTION_ARG_NONE, &options->overwrite,
        "Replace existing files, even IN", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        "Print a JSON object for each picture, on a line of its own", NULL},
    {"quiet", 0, 0, G_OPTION_ARG_NONE, &options->quiet,
        "Print nothing but errors", NULL},
    {"shipped", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME,
        &files->shipped, NULL, NULL},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("[IN [OUT]] - denoises "
      "pictures");
  GOptionGroup *group = image_config_options_group (keys);
  gboolean parsed;

  g_option_context_set_description (context,
      "IN is a picture, a folder or a quoted pattern such as '*.png'. OUT is "
      "a picture, a folder\n(default: out/) or, for another format, a folder "
      "with a suffix such as 'out/*.webp'.\n");
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  version_add_option (context);
  g_option_context_add_group (context, gst_init_get_option_group ());
  parsed = g_option_context_parse (context, argc, argv, error);
  arguments_drop_separator (argc, *argv);
  g_option_context_free (context);
  return parsed;
}

static GStrv
make_list (const gchar * in)
{
  const gchar *const list[] = { in, NULL };

  return in ? g_strdupv ((gchar **) list) : NULL;
}

/* IN [OUT] or, with --out, IN... */
static gboolean
take_arguments (ImageOptions * options, gint argc, gchar ** argv,
    GError ** error)
{
  options->out_is_folder = options->out != NULL;
  if (options->out == NULL && argc > 3) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "unexpected argument %s; give IN and OUT only, several pictures with "
        "--out DIR, or a pattern in quotes", argv[3]);
    return FALSE;
  }
  if (options->out && argc > 1)
    options->in = g_strdupv (argv + 1);
  else if (argc > 1)
    options->in = make_list (argv[1]);
  if (options->out == NULL && argc > 2)
    options->out = g_strdup (argv[2]);
  return TRUE;
}

/* Loads the configuration. That of the sample adds noise, so it is used only if the user names no
 * picture. */
static gboolean
load (ImageOptions * options, const Files * files,
    const ImageConfigOptions * keys, GError ** error)
{
  ImageConfig *config = &options->config, shipped;

  if (!image_config_load (config, files->config, keys, error))
    return FALSE;
  options->named = options->in != NULL;
  if (options->in == NULL)
    options->in = make_list (config->image);
  if (options->in == NULL && files->shipped) {
    options->sample = TRUE;
    if (!image_config_load (&shipped, files->shipped, keys, error)) {
      image_config_clear (&shipped);
      return FALSE;
    }
    options->in = make_list (shipped.image);
    if (files->config) {
      image_config_clear (&shipped);
    } else {
      image_config_clear (config);
      *config = shipped;
    }
  }
  if (options->sample && options->out == NULL && options->report == NULL)
    options->report = g_build_filename (INPUTS_DEFAULT_OUT, "sample", NULL);
  options->degree = config->degree != IMAGE_CONFIG_NO_DEGREE ? config->degree :
      options->sample ? SAMPLE_DEGREE : 0;
  return TRUE;
}

static gboolean
check (const ImageOptions * options, GError ** error)
{
  const gchar *fault =
      strength_options_fault (options->strength, options->sigma);

  if (options->in == NULL)
    fault = "give a picture, or set image in the configuration";
  else if (fault == NULL && options->json && options->quiet)
    fault = "give either --json or --quiet";
  else if (fault == NULL && (options->jobs < 1 || options->jobs > MAX_JOBS))
    fault = "--jobs: give a number of pictures from 1 to 256";
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
  ImageConfigOptions *keys = image_config_options_new ();
  Files files = { 0 };
  gboolean done;

  *options = (const ImageOptions) {
    .strength = 1,
    .jobs = 1,
  };
  done = parse (options, &files, keys, argc, argv, error)
      && take_arguments (options, *argc, *argv, error)
      && load (options, &files, keys, error)
      && check (options, error);
  image_config_options_free (keys);
  g_free (files.config);
  g_free (files.shipped);
  return done;
}

void
image_options_clear (ImageOptions * options)
{
  image_config_clear (&options->config);
  g_strfreev (options->in);
  g_free (options->out);
  g_free (options->profile);
  g_free (options->pairs);
  g_free (options->report);
}

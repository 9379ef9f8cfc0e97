/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/options.h"

#include "common/options/version.h"
#include "picture/image-config-load.h"

#define MIB (G_GINT64_CONSTANT (1) << 20)

static gboolean
check (const ServeOptions * options, GError ** error)
{
  const struct
  {
    const gchar *name;
    gint64 value, least, most;
  } numbers[] = {
    {"port", options->port, 0, 65535},
    {"workers", options->workers, 1, 256},
    {"queue", options->queue, 0, 10000},
    {"connections", options->connections, 4, 10000},
    {"client-connections", options->client_connections, 1, 10000},
    {"max-clip-bytes", options->max_clip_bytes, 1, 1024 * MIB},
    {"max-pixels", options->max_pixels, 1, 1000000000},
    {"max-clip-pixels", options->max_clip_pixels, 1, 100000000},
    {"max-clip-seconds", options->max_clip_seconds, 1, 86400},
    {"memory", options->memory, 512, 1048576},
    {"seconds", options->seconds, 1, 86400},
    {"keep", options->keep, 1, 525600},
    {"disk", options->disk, 1, G_MAXINT},
    {"grace", options->grace, 0, 3600},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].value < numbers[i].least
        || numbers[i].value > numbers[i].most) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--%s is %" G_GINT64_FORMAT "; it has to be between %"
          G_GINT64_FORMAT " and %" G_GINT64_FORMAT, numbers[i].name,
          numbers[i].value, numbers[i].least, numbers[i].most);
      return FALSE;
    }
  return TRUE;
}

/* State folder of the systemd service, or else of the user. */
static gchar *
default_state (void)
{
  const gchar *directory = g_getenv ("STATE_DIRECTORY");

  return directory ? g_strdup (directory) :
      g_build_filename (g_get_user_state_dir (), "zsdenoise", NULL);
}

static void
set_defaults (ServeOptions * options)
{
  *options = (const ServeOptions) {
    .port = 8080,
    .workers = MAX (1, (gint) g_get_num_processors () / 4),
    .queue = 32,
    .connections = 512,
    .client_connections = 256,
    .max_clip_bytes = 64 * MIB,
    .max_pixels = 24000000,
    .max_clip_pixels = 1920 * 1088,
    .max_clip_seconds = 20,
    .memory = 4096,
    .seconds = 600,
    .keep = 60,
    .disk = 4096,
    .grace = 30,
  };
}

static gboolean
parse (ServeOptions * options, gchar ** config, ImageConfigOptions * keys,
    int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"config", 0, 0, G_OPTION_ARG_FILENAME, config,
        "Read the configuration from FILE", "FILE"},
    {"address", 0, 0, G_OPTION_ARG_STRING, &options->address,
        "Listen on this address: 127.0.0.1 (default) is reachable from this "
          "computer only, 0.0.0.0 from the network", "ADDRESS"},
    {"port", 0, 0, G_OPTION_ARG_INT, &options->port,
        "Listen on this port (8080; 0: any free port)", "N"},
    {"state", 0, 0, G_OPTION_ARG_FILENAME, &options->state,
        "Folder of the jobs ($STATE_DIRECTORY, or "
          "~/.local/state/zsdenoise)", "DIR"},
    {"workers", 0, 0, G_OPTION_ARG_INT, &options->workers,
        "Maximum number of running jobs (a quarter of the processors)", "N"},
    {"queue", 0, 0, G_OPTION_ARG_INT, &options->queue,
        "Maximum number of waiting jobs (32)", "N"},
    {"connections", 0, 0, G_OPTION_ARG_INT, &options->connections,
        "Maximum number of connections (512)", "N"},
    {"client-connections", 0, 0, G_OPTION_ARG_INT, &options->client_connections,
        "Maximum number of connections of one client (256)", "N"},
    {"proxy", 0, 0, G_OPTION_ARG_STRING, &options->proxy,
        "Take the client's address from the header X-Forwarded-For of "
          "requests from this one", "ADDRESS"},
    {"host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->hosts,
        "Answer requests for this name, such as pictures.example.org; may "
          "be repeated", "NAME"},
    {"max-clip-bytes", 0, 0, G_OPTION_ARG_INT64, &options->max_clip_bytes,
        "Largest clip, bytes (64 MiB)", "N"},
    {"max-pixels", 0, 0, G_OPTION_ARG_INT64, &options->max_pixels,
        "Largest picture, pixels (24000000)", "N"},
    {"max-clip-pixels", 0, 0, G_OPTION_ARG_INT64, &options->max_clip_pixels,
        "Largest frame of a clip, pixels (1920x1088)", "N"},
    {"max-clip-seconds", 0, 0, G_OPTION_ARG_INT, &options->max_clip_seconds,
        "Longest clip, seconds (20)", "N"},
    {"memory", 0, 0, G_OPTION_ARG_INT, &options->memory,
        "Address space of a job, MiB (4096)", "N"},
    {"seconds", 0, 0, G_OPTION_ARG_INT, &options->seconds,
        "Time limit of a job, seconds (600)", "N"},
    {"no-sandbox", 0, 0, G_OPTION_ARG_NONE, &options->no_sandbox,
        "Run jobs where neither bubblewrap nor Landlock works", NULL},
    {"keep", 0, 0, G_OPTION_ARG_INT, &options->keep,
        "Remove results after N minutes (60)", "N"},
    {"disk", 0, 0, G_OPTION_ARG_INT, &options->disk,
        "Remove the oldest results beyond N MiB (4096)", "N"},
    {"grace", 0, 0, G_OPTION_ARG_INT, &options->grace,
          "At shutdown, wait N seconds for running jobs (30)",
        "N"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context =
      g_option_context_new
      ("- denoises pictures and short clips on a web page");
  gboolean parsed;

  g_option_context_add_main_entries (context, entries, NULL);
  version_add_option (context);
  g_option_context_add_group (context, image_config_options_group (keys));
  parsed = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  if (parsed && *argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
        "unexpected argument %s; see --help", (*argv)[1]);
    return FALSE;
  }
  return parsed;
}

gboolean
serve_options_parse (ServeOptions * options, int *argc, char ***argv,
    GError ** error)
{
  ImageConfigOptions *keys = image_config_options_new ();
  gchar *config = NULL, *state;
  gboolean done;

  set_defaults (options);
  done = parse (options, &config, keys, argc, argv, error)
      && check (options, error)
      && image_config_load (&options->config, config, keys, error);
  if (options->address == NULL)
    options->address = g_strdup ("127.0.0.1");
  if (options->state == NULL)
    options->state = default_state ();
  /* Workers run in other current folders. */
  state = g_canonicalize_filename (options->state, NULL);
  g_free (options->state);
  options->state = state;
  image_config_options_free (keys);
  g_free (config);
  return done;
}

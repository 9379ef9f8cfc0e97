/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/options.h"

#include "common/options/arguments.h"
#include "common/options/enum.h"
#include "common/options/strength.h"
#include "common/options/version.h"
#include "common/pipeline/local-files.h"
#include "film/codec.h"

#include <math.h>
#include <string.h>

#define DEFAULT_QUALITY 60
#define DEFAULT_SEGMENT 60
#define MAX_JOBS 256
#define MAX_TIME 1e9            /* seconds */

/* Last paragraph of --help. */
#define DESCRIPTION \
    "IN is a video file, or a folder of them; there may be several. The suffix of OUT\n" \
    "selects the container (.mkv, .mp4, .mov, .webm). Without OUT, results go to the\n" \
    "folder out/, under the names of the inputs.\n"

/* Seconds, or minutes and hours before them, as 1:30 and 0:01:30.5. A time that is neither becomes
 * NaN. */
static gdouble
parse_time (const gchar * text)
{
  gdouble time = 0;
  gint fields = 0;
  gchar *rest;

  do {
    if (!g_ascii_isdigit (*text) && *text != '.')
      return NAN;
    time = 60 * time + g_ascii_strtod (text, &rest);
    text = *rest == ':' ? rest + 1 : rest;
  } while (*rest == ':' && ++fields < 3);
  return *rest == '\0' ? time : NAN;
}

static gboolean
take_time (const gchar * name, const gchar * text, gpointer data,
    GError ** error G_GNUC_UNUSED)
{
  Settings *settings = data;

  *(g_str_equal (name, "--start") ? &settings->start : &settings->end) =
      parse_time (text);
  return TRUE;
}

static gboolean
parse (Options * options, gchar ** out, int *argc, char ***argv,
    GError ** error)
{
  Settings *settings = &options->settings;
  const GOptionEntry entries[] = {
    {"out", 0, 0, G_OPTION_ARG_FILENAME, out,
        "Output folder (out)", "DIR"},
    {"codec", 0, 0, G_OPTION_ARG_STRING, &settings->codec,
        CODEC_NAMES " (h264)", "NAME"},
    {"quality", 0, 0, G_OPTION_ARG_INT, &settings->quality,
        "Encoding quality, 0 to 100 (60); ffv1 is lossless", "N"},
    {"profile", 0, 0, G_OPTION_ARG_STRING, &settings->profile,
          "realtime, balanced (the default) or best, which takes 45 times as long",
        "NAME"},
    STRENGTH_OPTIONS (&settings->strength, &settings->sigma),
    {"model", 0, 0, G_OPTION_ARG_FILENAME, &settings->model,
        "Start from a model that another run saved", "FILE"},
    {"start", 0, 0, G_OPTION_ARG_CALLBACK, take_time,
        "Start at this time of the film, in seconds or as 0:01:30", "TIME"},
    {"end", 0, 0, G_OPTION_ARG_CALLBACK, take_time,
        "End at this time of the film", "TIME"},
    {"preview", 0, 0, G_OPTION_ARG_DOUBLE, &options->preview,
          "Process only the middle; the left half shows the original",
        "SECONDS"},
    {"compare", 0, 0, G_OPTION_ARG_NONE, &options->compare,
        "Report how many bits denoising saves, by a sample of the "
          "middle", NULL},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options->dry_run,
        "Print what would be done, and the frames, size and time to expect by a "
          "short trial", NULL},
    {"segment", 0, 0, G_OPTION_ARG_DOUBLE, &settings->segment,
          "Minimum length of a segment (60; 0: one segment)",
        "SECONDS"},
    {"jobs", 0, 0, G_OPTION_ARG_INT, &options->jobs,
        "Segments at a time (half the processors, as memory allows)", "N"},
    {"threads", 0, 0, G_OPTION_ARG_INT, &settings->threads,
        "Threads per segment (an equal share of the processors)", "N"},
    {"resume", 0, 0, G_OPTION_ARG_NONE, &options->resume,
        "Continue an interrupted run", NULL},
    {"overwrite", 0, 0, G_OPTION_ARG_NONE, &options->overwrite,
        "Replace existing results, and start over", NULL},
    {"step", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->step,
        NULL, NULL},
    {"number", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &options->number,
        NULL, NULL},
    {"report", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->report,
        NULL, NULL},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("IN [OUT] - denoises films");
  gboolean parsed;

  g_option_context_set_description (context, DESCRIPTION);
  /* The main group has the settings as data of its callbacks. */
  g_option_context_set_main_group (context, g_option_group_new ("main", NULL,
          NULL, settings, NULL));
  g_option_context_add_main_entries (context, entries, NULL);
  version_add_option (context);
  g_option_context_add_group (context, gst_init_get_option_group ());
  parsed = g_option_context_parse (context, argc, argv, error);
  arguments_drop_separator (argc, *argv);
  if (parsed)
    local_files_only ();
  g_option_context_free (context);
  return parsed;
}

const gchar *
settings_fault (const Settings * settings)
{
  if (!codec_is_known (settings->codec))
    return "--codec: give one of " CODEC_NAMES;
  if (settings->quality < 0 || settings->quality > 100)
    return "--quality: give a number from 0 to 100";
  if (strength_options_fault (settings->strength, settings->sigma))
    return strength_options_fault (settings->strength, settings->sigma);
  if (!(settings->start >= 0 && settings->start <= MAX_TIME)
      || !(settings->end >= 0 && settings->end <= MAX_TIME)
      || (settings->end > 0 && settings->end <= settings->start))
    return "--start, --end: give seconds or h:mm:ss, the end after the start";
  if (!(settings->segment >= 0 && settings->segment <= MAX_TIME))
    return "--segment: give seconds, such as 60, or 0 for one segment";
  if (settings->threads < 0 || settings->threads > MAX_JOBS)
    return "--threads: give a number, such as 2";
  return NULL;
}

/* Message about the first invalid value; NULL if all are valid. */
static const gchar *
check_values (const Options * options)
{
  const Settings *settings = &options->settings;
  const gchar *fault = settings_fault (settings);

  if (fault)
    return fault;
  if (!(options->preview >= 0 && options->preview <= MAX_TIME))
    return "--preview: give seconds, such as 10";
  if (options->jobs < 0 || options->jobs > MAX_JOBS)
    return "--jobs: give the number of segments at a time, such as 4";
  if (options->resume && options->overwrite)
    return "give either --resume or --overwrite";
  if (options->preview > 0 && options->compare)
    return "give either --preview or --compare";
  if (options->compare && settings->strength <= 0)
    return "--compare: give a --strength above 0";
  if ((options->preview > 0 || options->compare)
      && (settings->start > 0 || settings->end > 0))
    return "--preview and --compare use the middle of the film: give "
        "neither --start nor --end";
  if (options->in[0] == NULL)
    return "give a film; see --help";
  return NULL;
}

/* Splits the arguments into inputs and output: IN, IN OUT or, with --out, IN... */
static gboolean
split_arguments (Options * options, gchar * out, GError ** error)
{
  const guint n = g_strv_length (options->in);

  if (out || options->step) {
    options->out = out;
    options->out_is_folder = out && options->step == NULL;
    if (options->step && n == 2) {
      options->out = options->in[1];
      options->in[1] = NULL;
    }
  } else if (n == 2) {
    options->out = options->in[1];
    options->in[1] = NULL;
  } else if (n > 2) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: give IN and OUT; for several films, --out DIR", options->in[2]);
    return FALSE;
  }
  return TRUE;
}

gboolean
options_parse (Options * options, int *argc, char ***argv, GError ** error)
{
  const gchar *reason;
  gchar *out = NULL;
  gboolean valid;

  memset (options, 0, sizeof *options);
  options->number = -1;
  options->settings.quality = DEFAULT_QUALITY;
  options->settings.strength = 1;
  options->settings.segment = DEFAULT_SEGMENT;
  if (!parse (options, &out, argc, argv, error))
    return FALSE;
  if (options->settings.codec == NULL)
    options->settings.codec = g_strdup ("h264");
  options->in = g_strdupv (*argv + 1);
  reason = check_values (options);
  if (reason)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        reason);
  valid = reason == NULL && split_arguments (options, out, error)
      && (options->settings.profile == NULL
      || enum_option_check ("profile", options->settings.profile, error));
  if (options->out != out)
    g_free (out);
  return valid;
}

void
settings_clear (Settings * settings)
{
  g_free (settings->codec);
  g_free (settings->profile);
  g_free (settings->model);
}

void
options_clear (Options * options)
{
  settings_clear (&options->settings);
  g_strfreev (options->in);
  g_free (options->out);
  g_free (options->step);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worker process of the server: zsdenoise-worker picture|blend|clip|check [OPTION...]
 *
 * Each upload is processed in a process of its own with limits on all resources. It reads
 * "upload" in the current folder and writes "result" and, for formats that browsers do not show,
 * "view-before" and "view-after". Messages go to standard output as JSON objects, one a line:
 *
 *   {"phase": "learning", "part": 0.25, "loss": 1.93, "eta": 2.5}
 *   {"width": 640, "height": 480, "sigma": 12.1}
 *   {"psnr_before": 20.2, "psnr_after": 30.1}
 *   {"error": "It is ...", "reason": "format"} */
#include "common/pipeline/launch.h"
#include "common/pipeline/local-files.h"
#include "picture/image-config-load.h"
#include "picture/vips.h"
#include "worker/clip-pipeline.h"
#include "worker/clip.h"
#include "worker/events.h"
#include "worker/picture.h"
#include "worker/sandbox.h"

#include <locale.h>
#include <string.h>

static gboolean
parse (WorkerSettings * settings, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"profile", 0, 0, G_OPTION_ARG_STRING, &settings->profile, "Profile",
        "NAME"},
    {"strength", 0, 0, G_OPTION_ARG_INT, &settings->strength, "Strength",
        "PERCENT"},
    {"sigma", 0, 0, G_OPTION_ARG_DOUBLE, &settings->sigma,
        "Standard deviation of the noise, 0..255; 0: estimated", "N"},
    {"result", 0, 0, G_OPTION_ARG_FILENAME, &settings->result, "Result",
        "NAME"},
    {"parent", 0, 0, G_OPTION_ARG_INT, &settings->parent,
        "Server process, with which the worker ends", "PID"},
    {"landlock", 0, 0, G_OPTION_ARG_NONE, &settings->landlock,
        "End if files cannot be limited by Landlock", NULL},
    {"threads", 0, 0, G_OPTION_ARG_INT, &settings->threads, "Threads", "N"},
    {"memory", 0, 0, G_OPTION_ARG_INT, &settings->memory, "Address space",
        "MIB"},
    {"seconds", 0, 0, G_OPTION_ARG_INT, &settings->seconds,
        "Limit of processor time a thread, seconds", "N"},
    {"max-pixels", 0, 0, G_OPTION_ARG_INT64, &settings->max_pixels,
        "Largest picture, pixels", "N"},
    {"max-clip-pixels", 0, 0, G_OPTION_ARG_INT64, &settings->max_clip_pixels,
        "Largest frame of a clip, pixels", "N"},
    {"max-clip-seconds", 0, 0, G_OPTION_ARG_INT, &settings->max_clip_seconds,
        "Longest clip, seconds", "N"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("picture|blend|clip|check");
  ImageConfigOptions *keys = image_config_options_new ();
  gboolean done;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, image_config_options_group (keys));
  done = g_option_context_parse (context, argc, argv, error)
      && image_config_load (&settings->config, NULL, keys, error);
  g_option_context_free (context);
  image_config_options_free (keys);
  if (settings->profile == NULL)
    settings->profile = g_strdup ("balanced");
  if (settings->result == NULL)
    settings->result = g_strdup (WORKER_RESULT);
  if (done && *argc != 2) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "the command line names no job: picture, blend, clip or check");
    return FALSE;
  }
  return done;
}

static gboolean
check (GError ** error)
{
  GstElement *line = launch ("appsrc ! zsdenoise ! appsink",
      GST_PARSE_FLAG_NONE, error);
  const gboolean found = line && clip_pipeline_check (error);

  g_clear_object (&line);
  return found;
}

static gboolean
run (const WorkerSettings * settings, const gchar * job, GError ** error)
{
  if (!picture_vips_init (error))
    return FALSE;
  /* Only the loaders of libvips that are safe for untrusted files. */
  vips_block_untrusted_set (TRUE);
  if (g_str_equal (job, "picture"))
    return worker_picture (settings, error);
  if (g_str_equal (job, "blend"))
    return worker_blend (settings, error);
  if (g_str_equal (job, "clip"))
    return worker_clip (settings, error);
  if (g_str_equal (job, "check"))
    return check (error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is not a job: picture, blend, clip or check", job);
  return FALSE;
}

int
main (int argc, char **argv)
{
  WorkerSettings settings = {
    .strength = 100,
    .threads = 1,
    .memory = 4096,
    .seconds = 600,
    .max_pixels = 24000000,
    .max_clip_pixels = 1920 * 1088,
    .max_clip_seconds = 20,
  };
  GError *error = NULL;
  gboolean done;

  setlocale (LC_CTYPE, "C.UTF-8");
  events_take_stdout ();
  done = parse (&settings, &argc, &argv, &error);
  if (done) {
    /* GStreamer starts a program to look at its plugins. */
    sandbox_enter (&settings, g_str_equal (argv[1], "check"));
    gst_init (NULL, NULL);
    local_files_only ();
    done = run (&settings, argv[1], &error);
  }
  if (!done) {
    events_send_error (error);
    g_error_free (error);
  }
  g_free (settings.profile);
  g_free (settings.result);
  image_config_clear (&settings.config);
  return done ? 0 : 1;
}

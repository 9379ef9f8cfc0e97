/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does one job of the server's: zsdenoise-worker picture|blend|clip|check [OPTION...]
 *
 * It is a process of its own for each file that strangers send, with limits on all that it may use.
 * In the current folder it finds "upload" and leaves "result" and, for what no browser shows,
 * "view-before" and "view-after"; on standard output it says how far it is, as JSON in lines:
 *
 *   {"phase": "learning", "part": 0.25, "loss": 1.93, "eta": 2.5}
 *   {"width": 640, "height": 480, "sigma": 12.1}
 *   {"error": "It is ..."}
 */
#include "worker/clip-pipeline.h"
#include "common/launch.h"
#include "picture/denoise.h"
#include "worker/worker.h"

#include <locale.h>
#include <string.h>

void
worker_set_up (const Work * work, GstElement * filter)
{
  gst_util_set_object_arg (G_OBJECT (filter), "profile", work->profile);
  g_object_set (filter, "strength", work->strength / 100.0, "n-threads",
      (guint) work->threads, NULL);
  config_apply (&work->config, G_OBJECT (filter));
}

static gboolean
parse (Work * work, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"profile", 0, 0, G_OPTION_ARG_STRING, &work->profile, "Profile", "NAME"},
    {"strength", 0, 0, G_OPTION_ARG_INT, &work->strength, "Strength", "%"},
    {"result", 0, 0, G_OPTION_ARG_FILENAME, &work->result, "Result", "NAME"},
    {"parent", 0, 0, G_OPTION_ARG_INT, &work->parent, "End with it", "PID"},
    {"threads", 0, 0, G_OPTION_ARG_INT, &work->threads, "Threads", "N"},
    {"memory", 0, 0, G_OPTION_ARG_INT, &work->memory, "Address space", "MIB"},
    {"seconds", 0, 0, G_OPTION_ARG_INT, &work->seconds, "Time", "N"},
    {"max-pixels", 0, 0, G_OPTION_ARG_INT64, &work->max_pixels,
        "Largest picture", "N"},
    {"max-clip-pixels", 0, 0, G_OPTION_ARG_INT64, &work->max_clip_pixels,
        "Largest frame", "N"},
    {"max-clip-seconds", 0, 0, G_OPTION_ARG_INT, &work->max_clip_seconds,
        "Longest clip", "N"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("picture|blend|clip|check");
  ConfigOptions *keys = config_options_new ();
  gboolean done;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, config_options_group (keys));
  done = g_option_context_parse (context, argc, argv, error)
      && config_load (&work->config, NULL, keys, error);
  g_option_context_free (context);
  config_options_free (keys);
  if (work->profile == NULL)
    work->profile = g_strdup ("balanced");
  if (work->result == NULL)
    work->result = g_strdup ("result");
  if (done && *argc != 2) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "one job is to be named: picture, blend, clip or check");
    return FALSE;
  }
  return done;
}

static gboolean
check (GError ** error)
{
  GstElement *line = launch ("appsrc ! zsdenoise ! appsink",
      GST_PARSE_FLAG_NONE, error);
  const gboolean found = line && film_check (error);

  g_clear_object (&line);
  return found;
}

static gboolean
run (const Work * work, const gchar * job, GError ** error)
{
  if (!still_init (error))
    return FALSE;
  /* Of all that reads pictures, only what is made for those of strangers. */
  vips_block_untrusted_set (TRUE);
  if (g_str_equal (job, "picture"))
    return worker_picture (work, error);
  if (g_str_equal (job, "blend"))
    return worker_blend (work, error);
  if (g_str_equal (job, "clip"))
    return worker_clip (work, error);
  if (g_str_equal (job, "check"))
    return check (error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: there is no such job", job);
  return FALSE;
}

/* As a sentence: errors of libraries, too, end with a full stop then. */
static void
say_error (const GError * error)
{
  gchar *sentence = g_strdup_printf ("%s%s", error->message,
      g_str_has_suffix (error->message, ".") ? "" : ".");

  *sentence = g_ascii_toupper (*sentence);
  worker_say_fault (sentence);
  g_free (sentence);
}

int
main (int argc, char **argv)
{
  Work work = {
    .strength = 100,.threads = 1,.memory = 4096,.seconds = 600,
    .max_pixels = 24000000,.max_clip_pixels = 1920 * 1088,
    .max_clip_seconds = 20,
  };
  GError *error = NULL;
  gboolean done;

  setlocale (LC_CTYPE, "C.UTF-8");
  worker_keep_output ();
  done = parse (&work, &argc, &argv, &error);
  if (done) {
    worker_cage (&work);
    gst_init (NULL, NULL);
    done = run (&work, argv[1], &error);
  }
  if (!done) {
    say_error (error);
    g_error_free (error);
  }
  g_free (work.profile);
  g_free (work.result);
  config_clear (&work.config);
  return done ? 0 : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/options.h"

#include "camera/rtsp.h"
#include "common/options/enum.h"
#include "common/options/strength.h"
#include "common/options/version.h"

#include <stdio.h>

#define MAX_SIZE 16384
#define MAX_RATE 1000

static void
set_error (GError ** error, const gchar * text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
}

static gboolean
parse_split (const gchar * name G_GNUC_UNUSED, const gchar * value,
    gpointer data, GError ** error)
{
  CameraOptions *options = data;
  gchar *rest = NULL;

  options->split = value ? g_ascii_strtod (value, &rest) : 0.5;
  if (value == NULL || (rest != value && *rest == '\0' && options->split >= 0
          && options->split <= 1))
    return TRUE;
  set_error (error,
      "--split: give a fraction of the width from 0 to 1, such as 0.5");
  return FALSE;
}

static gboolean
parse_size (const gchar * name G_GNUC_UNUSED, const gchar * value,
    gpointer data, GError ** error)
{
  CameraOptions *options = data;
  gchar rest;

  if (sscanf (value, "%dx%d%c", &options->width, &options->height, &rest) == 2
      && options->width >= 1 && options->width <= MAX_SIZE
      && options->height >= 1 && options->height <= MAX_SIZE)
    return TRUE;
  set_error (error, "--size: give width and height, such as 1280x720");
  return FALSE;
}

static gboolean
check (const CameraOptions * options, GError ** error)
{
  const gint sources = (options->device != NULL) + (options->rtsp != NULL)
      + (options->source != NULL) + options->test;
  const gchar *fault =
      strength_options_fault (options->strength, options->sigma);
  gchar *name;

  if (fault)
    set_error (error, fault);
  else if (sources > 1)
    set_error (error, "give only one of --device, --rtsp, --source and --test");
  else if (options->width && (options->rtsp || options->source))
    set_error (error, "--size needs a camera of this computer or --test; "
        "other sources have their own settings");
  else if (options->rate && (options->rtsp || options->source))
    set_error (error, "--fps needs a camera of this computer or --test; "
        "other sources have their own settings");
  else if (options->rate < 0 || options->rate > MAX_RATE)
    set_error (error, "--fps: give the frames per second, such as 30");
  else if (options->seconds < 0)
    set_error (error, "--seconds: give the run time, such as 10");
  else if (options->no_window && !options->virtual_device && !options->record)
    set_error (error, "--no-window leaves nothing to do; add --record FILE or "
        "--virtual DEVICE");
  else if (!options->profile || enum_option_check ("profile",
          options->profile, error)) {
    name =
        options->rtsp ? rtsp_public_url (options->rtsp, error) : g_strdup ("");
    g_free (name);
    return name != NULL;
  }
  return FALSE;
}

gboolean
camera_options_parse (CameraOptions * options, int *argc, char ***argv,
    GError ** error)
{
  const GOptionEntry entries[] = {
    {"device", 0, 0, G_OPTION_ARG_FILENAME, &options->device,
        "Camera (default: the first one)", "/dev/videoN"},
    {"rtsp", 0, 0, G_OPTION_ARG_STRING, &options->rtsp,
        "Network camera; reconnects when it is lost", "URL"},
    {"source", 0, 0, G_OPTION_ARG_STRING, &options->source,
        "Any live source of GStreamer, such as libcamerasrc", "LINE"},
    {"test", 0, 0, G_OPTION_ARG_NONE, &options->test,
        "Moving test picture with noise instead of a camera", NULL},
    {"size", 0, 0, G_OPTION_ARG_CALLBACK, parse_size,
        "Frame size (up to 1280x720)", "WxH"},
    {"fps", 0, 0, G_OPTION_ARG_INT, &options->rate,
        "Frame rate (25 or more)", "N"},
    {"profile", 0, 0, G_OPTION_ARG_STRING, &options->profile,
        "realtime, balanced or best", "NAME"},
    STRENGTH_OPTIONS (&options->strength, &options->sigma),
    {"split", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK,
        parse_split, "Show this fraction of the width, from the left, unfiltered "
          "(0.5); move it with the keys Left and Right or the mouse", "PART"},
    {"record", 0, 0, G_OPTION_ARG_FILENAME, &options->record,
        "Record to FILE.mkv or FILE.mp4 (H.264, no audio)", "FILE"},
    {"virtual", 0, 0, G_OPTION_ARG_FILENAME, &options->virtual_device,
        "Write to a v4l2loopback device, for video calls", "/dev/videoN"},
    {"no-window", 0, 0, G_OPTION_ARG_NONE, &options->no_window,
        "Do not open a window", NULL},
    {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds,
        "End after N seconds", "N"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context =
      g_option_context_new ("- denoises the live video of a camera");
  GOptionGroup *group = g_option_group_new ("camera", "", "", options, NULL);
  gboolean parsed;

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  version_add_option (context);
  g_option_context_add_group (context, gst_init_get_option_group ());
  parsed = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  if (parsed && *argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
        "unexpected argument %s; see --help", (*argv)[1]);
    return FALSE;
  }
  return parsed && check (options, error);
}

void
camera_options_clear (CameraOptions * options)
{
  g_free (options->device);
  g_free (options->rtsp);
  g_free (options->source);
  g_free (options->profile);
  g_free (options->virtual_device);
  g_free (options->record);
}

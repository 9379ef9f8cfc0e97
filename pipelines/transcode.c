/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises films: zsdenoise-transcode [OPTION...] IN [OUT]; --help says which there are.
 *
 * A film is cut into segments, a model is learned, each segment is denoised, and the results are
 * joined; each of these steps can be run by itself, --step cut IN OUT, --step learn PARTS, --step segment
 * --number N PARTS and --step join PARTS, where PARTS is the folder OUT.parts that the first one makes. */
#include "transcode-fault.h"
#include "transcode-steps.h"

#include <locale.h>

static gboolean
run_step (const Options * options, GError ** error)
{
  const gchar *in = options->in[0];

  if (g_str_equal (options->step, "cut") && options->out)
    return step_cut (options, in, options->out, error);
  if (g_str_equal (options->step, "learn"))
    return step_learn (in, error);
  if (g_str_equal (options->step, "segment") && options->number >= 0)
    return step_segment (in, (guint) options->number, options->report, error);
  if (g_str_equal (options->step, "join"))
    return step_join (in, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--step: give cut IN OUT, learn PARTS, segment --number N PARTS or join "
      "PARTS");
  return FALSE;
}

static gboolean
run (const Options * options, GError ** error)
{
  gchar *parts = step_parts (options->out);
  gboolean done = step_cut (options, options->in[0], options->out, error)
      && step_learn (parts, error);
  guint i;

  for (i = 0; done && i < 1; i++)
    done = step_segment (parts, i, FALSE, error);
  done = done && step_join (parts, error);
  g_free (parts);
  return done;
}

int
main (int argc, char **argv)
{
  Options options;
  GError *error = NULL;
  int status = 0;

  setlocale (LC_CTYPE, "");
  if (!options_parse (&options, &argc, &argv, &error))
    status = 2;
  else if (!(options.step ? run_step (&options, &error) :
          run (&options, &error)))
    status = error ? fault_status (error) : 1;
  if (error)
    g_printerr ("transcode: %s\n", error->message);
  g_clear_error (&error);
  options_clear (&options);
  return status;
}

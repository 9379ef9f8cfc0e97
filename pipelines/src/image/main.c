/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises pictures: zsdenoise-image [OPTION...] [IN [OUT]]; --help says which there are.
 *
 * With a degree of noise IN counts as clean: noise is added first, and PSNR and SSIM before and
 * after are printed. A picture that fails does not stop the others. */
#include "common/clock.h"
#include "common/launch.h"
#include "image/inputs.h"
#include "image/options.h"
#include "image/progress.h"
#include "image/report.h"
#include "picture/denoise.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

typedef struct
{
  const ImageOptions *options;
  GPtrArray *pairs;             /* of PicturePair */
  Progress *progress;
  Report *report;               /* NULL: none is wanted */
  gboolean *failed;             /* for each picture */
} Image;

/* A picture under way. */
typedef struct
{
  Image *image;
  PicturePair *pair;
  VipsImage *clean;
  Outcome outcome;
} Job;

/* --- elements --- */

static GstElement *
make_noise (const ImageOptions * options, GError ** error)
{
  GstElement *noise = launch ("zsnoise", GST_PARSE_FLAG_NONE, error);

  if (noise) {
    gst_object_ref_sink (noise);
    g_object_set (noise, "degree", options->degree, NULL);
  }
  return noise;
}

static GstElement *
make_denoise (const ImageOptions * options, GError ** error)
{
  GstElement *denoise = launch ("zsdenoise temporal=false",
      GST_PARSE_FLAG_NONE, error);

  if (denoise == NULL)
    return NULL;
  gst_object_ref_sink (denoise);
  config_apply (&options->config, G_OBJECT (denoise));
  g_object_set (denoise, "strength", options->strength, "n-threads",
      MAX (1, g_get_num_processors () / options->jobs), NULL);
  if (options->profile)
    gst_util_set_object_arg (G_OBJECT (denoise), "profile", options->profile);
  if (options->pairs)
    gst_util_set_object_arg (G_OBJECT (denoise), "pairs", options->pairs);
  return denoise;
}

/* --- one picture --- */

/* Of several parts of the work the longest one is for the report. */
static void
on_progress (const StillProgress * learning, gpointer data)
{
  Job *job = data;
  GArray *all = job->outcome.learning;
  const guint steps = all->len ?
      g_array_index (all, StillProgress, 0).steps : 0;

  if (learning->steps > steps)
    g_array_set_size (all, 0);
  if (learning->steps >= steps)
    g_array_append_vals (all, learning, 1);
  progress_learn (job->image->progress, job->outcome.name, learning);
}

/* Whether the picture may be written there. */
static gboolean
is_free (const Job * job, GError ** error)
{
  const ImageOptions *options = job->image->options;
  GStatBuf in, out;

  if (options->overwrite || g_stat (job->pair->out, &out) != 0)
    return TRUE;
  if (g_stat (job->pair->in, &in) == 0 && in.st_dev == out.st_dev
      && in.st_ino == out.st_ino)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "it would be replaced by what comes of it; name another OUT, or give "
        "--overwrite");
  else if (options->out)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s is there already; name another OUT, or give --overwrite",
        job->pair->out);
  else
    return TRUE;
  return FALSE;
}

static gboolean
add_noise (Job * job, GError ** error)
{
  const ImageOptions *options = job->image->options;
  GstElement *noise;

  job->outcome.known = options->degree > 0;
  if (!job->outcome.known) {
    job->outcome.before = g_object_ref (job->clean);
    return TRUE;
  }
  noise = make_noise (options, error);
  if (noise == NULL)
    return FALSE;
  job->outcome.before = still_filter (job->clean, noise, NULL, NULL, NULL,
      error);
  gst_object_unref (noise);
  return job->outcome.before != NULL;
}

static gboolean
denoise (Job * job, GError ** error)
{
  GstElement *element = make_denoise (job->image->options, error);
  Outcome *outcome = &job->outcome;
  const gint64 started = g_get_monotonic_time ();

  if (element == NULL)
    return FALSE;
  outcome->after = still_filter (outcome->before, element, on_progress, job,
      NULL, error);
  outcome->seconds = clock_seconds_since (started);
  g_object_get (element, "estimated-sigma", &outcome->sigma, NULL);
  gst_object_unref (element);
  return outcome->after != NULL;
}

static gboolean
compare (Job * job, GError ** error)
{
  Outcome *outcome = &job->outcome;

  if (!outcome->known || (measure (outcome->before, job->clean, &outcome->noisy)
          && measure (outcome->after, job->clean, &outcome->denoised)))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
      "there is not enough memory to measure it");
  return FALSE;
}

/* Where nothing is said of the format it is that of the picture. */
static gboolean
read_picture (Job * job, GError ** error)
{
  gchar *name = g_path_get_basename (job->pair->out), *whole;

  job->clean = still_read (job->pair->in, 0, error);
  if (job->clean && strchr (name, '.') == NULL) {
    whole = g_strconcat (job->pair->out, still_suffix (job->clean), NULL);
    g_free (job->pair->out);
    job->pair->out = whole;
  }
  g_free (name);
  return job->clean != NULL;
}

/* The whole way of a picture; leaves `job` to be cleared. */
static gboolean
process (Job * job, guint place, GError ** error)
{
  Image *image = job->image;

  return read_picture (job, error)
      && still_fits (job->clean, job->pair->out, error)
      && is_free (job, error)
      && add_noise (job, error) && denoise (job, error)
      && compare (job, error)
      && still_write (job->outcome.after, job->pair->out, error)
      && (image->report == NULL
      || report_add (image->report, place, &job->outcome, error));
}

static gchar *
describe (const Job * job)
{
  const Outcome *outcome = &job->outcome;

  if (outcome->known)
    return g_strdup_printf ("%s: PSNR %.2f dB before, %.2f dB after; SSIM "
        "%.4f, %.4f; %.2f s; %s", outcome->name, outcome->noisy.psnr,
        outcome->denoised.psnr, outcome->noisy.ssim, outcome->denoised.ssim,
        outcome->seconds, job->pair->out);
  return g_strdup_printf ("%s: noise found %.1f of 255; %.2f s; %s",
      outcome->name, outcome->sigma, outcome->seconds, job->pair->out);
}

/* Places are counted from 1, as a pool takes no NULL. */
static void
run (gpointer data, gpointer user)
{
  const guint place = GPOINTER_TO_UINT (data) - 1;
  Image *image = user;
  Job job = {.image = image,.pair = image->pairs->pdata[place] };
  GError *error = NULL;
  gchar *line;

  job.outcome.name = job.pair->in;
  job.outcome.learning = g_array_new (FALSE, FALSE, sizeof (StillProgress));
  image->failed[place] = !process (&job, place, &error);
  line = error ? g_strdup_printf ("%s: %s", job.pair->in, error->message) :
      describe (&job);
  progress_done (image->progress, line, error != NULL);
  g_free (line);
  g_clear_error (&error);
  g_clear_object (&job.clean);
  g_clear_object (&job.outcome.before);
  g_clear_object (&job.outcome.after);
  g_array_unref (job.outcome.learning);
}

/* --- all of them --- */

/* How many have failed; which of several, once more at the end. */
static guint
count_failed (const Image * image)
{
  GString *names = g_string_new (NULL);
  guint i, n = 0;

  for (i = 0; i < image->pairs->len; i++)
    if (image->failed[i]) {
      const PicturePair *pair = image->pairs->pdata[i];

      g_string_append_printf (names, "%s%s", n++ ? ", " : "", pair->in);
    }
  if (n > 0 && image->pairs->len > 1)
    g_printerr ("image: %u of %u pictures failed: %s\n", n, image->pairs->len,
        names->str);
  g_string_free (names, TRUE);
  return n;
}

static gboolean
run_all (Image * image, GError ** error)
{
  GThreadPool *pool = g_thread_pool_new (run, image, image->options->jobs,
      TRUE, error);
  guint i;

  if (pool == NULL)
    return FALSE;
  image->progress = progress_new (image->pairs->len);
  for (i = 1; i <= image->pairs->len; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  progress_free (image->progress);
  return TRUE;
}

/* FALSE if a picture has failed, too. */
static gboolean
finish (const Image * image, GError ** error)
{
  const guint failed = count_failed (image);

  if (image->report && failed < image->pairs->len) {
    if (!report_write (image->report, error))
      return FALSE;
    g_print ("report: %s/index.html\n", image->options->report);
  }
  return failed == 0;
}

static gboolean
denoise_all (const ImageOptions * options, GError ** error)
{
  Image image = {.options = options };
  gboolean done = FALSE;

  image.pairs = picture_list_new (options->in, options->out, error);
  if (image.pairs == NULL)
    return FALSE;
  image.failed = g_new0 (gboolean, image.pairs->len);
  if (options->report)
    image.report = report_new (options->report, image.pairs->len, error);
  if (image.report || options->report == NULL)
    done = run_all (&image, error) && finish (&image, error);
  g_clear_pointer (&image.report, report_free);
  g_free (image.failed);
  g_ptr_array_unref (image.pairs);
  return done;
}

int
main (int argc, char **argv)
{
  ImageOptions options;
  GError *error = NULL;
  int status = 2;

  setlocale (LC_CTYPE, "");
  if (image_options_parse (&options, &argc, &argv, &error)
      && still_init (&error))
    status = !denoise_all (&options, &error);
  if (error)
    g_printerr ("image: %s\n", error->message);
  g_clear_error (&error);
  image_options_clear (&options);
  return status;
}

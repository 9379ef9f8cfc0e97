/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises pictures: zsdenoise-image [OPTION...] [IN [OUT]]
 *
 * With --degree, IN is a clean picture: noise is added first, and PSNR and SSIM before and after
 * are printed. After an error the remaining pictures are still processed. */
#include "common/clock.h"
#include "common/launch.h"
#include "image/inputs.h"
#include "image/options.h"
#include "image/progress.h"
#include "image/report.h"
#include "picture/filter.h"
#include "picture/formats.h"
#include "picture/read.h"
#include "picture/vips.h"
#include "picture/write.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

typedef struct
{
  const ImageOptions *options;
  GPtrArray *inputs;            /* of Input */
  gboolean many;                /* a folder or pattern: existing results are skipped */
  Progress *progress;
  Report *report;               /* NULL: no report */
  gboolean *failed;             /* by index of the picture */
} Image;

typedef enum
{
  PROCESS,
  SKIP,
  REFUSE,
} Decision;

/* A picture in progress. */
typedef struct
{
  Image *image;
  Input *input;
  VipsImage *clean;
  gboolean skipped;             /* its result exists */
  DenoiseResult result;
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
  image_config_apply (&options->config, G_OBJECT (denoise));
  g_object_set (denoise, "strength", options->strength, "sigma",
      options->sigma, "n-threads",
      MAX (1, g_get_num_processors () / options->jobs), NULL);
  if (options->profile)
    gst_util_set_object_arg (G_OBJECT (denoise), "profile", options->profile);
  if (options->pairs)
    gst_util_set_object_arg (G_OBJECT (denoise), "pairs", options->pairs);
  return denoise;
}

/* --- one picture --- */

/* Keeps the progress of the longest of several trainings, for the report. */
static void
on_progress (const PictureProgress * learning, gpointer data)
{
  Job *job = data;
  GArray *all = job->result.training;
  const guint steps = all->len ?
      g_array_index (all, PictureProgress, 0).steps : 0;

  if (learning->steps > steps)
    g_array_set_size (all, 0);
  if (learning->steps >= steps)
    g_array_append_vals (all, learning, 1);
  progress_learn (job->image->progress, job->result.name, learning);
}

/* Whether the picture itself or another existing file would be replaced. The result of the sample
 * may be, as it can be made again at any time. */
static Decision
decide (const Job * job, GError ** error)
{
  const ImageOptions *options = job->image->options;
  GStatBuf in, out;

  if (options->overwrite || g_lstat (job->input->out, &out) != 0)
    return PROCESS;
  if (g_stat (job->input->in, &in) == 0 && g_stat (job->input->out, &out) == 0
      && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "its result would replace it; give another OUT, or --overwrite");
  else if (job->image->many)
    return SKIP;
  else if (options->sample && options->out == NULL)
    return PROCESS;
  else
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s exists already; give another OUT, or --overwrite", job->input->out);
  return REFUSE;
}

static gboolean
add_noise (Job * job, GError ** error)
{
  const ImageOptions *options = job->image->options;
  GstElement *noise;

  job->result.has_clean = options->degree > 0;
  if (!job->result.has_clean) {
    job->result.before = g_object_ref (job->clean);
    return TRUE;
  }
  noise = make_noise (options, error);
  if (noise == NULL)
    return FALSE;
  job->result.before = picture_filter (job->clean, noise, NULL, error);
  gst_object_unref (noise);
  return job->result.before != NULL;
}

static gboolean
denoise (Job * job, GError ** error)
{
  GstElement *element = make_denoise (job->image->options, error);
  DenoiseResult *result = &job->result;
  const PictureObserver observer = { on_progress, job };
  const gint64 started = g_get_monotonic_time ();

  if (element == NULL)
    return FALSE;
  result->after = picture_filter (result->before, element, &observer, error);
  result->seconds = clock_seconds_since (started);
  g_object_get (element, "estimated-sigma", &result->sigma, NULL);
  gst_object_unref (element);
  return result->after != NULL;
}

static gboolean
compare (Job * job, GError ** error)
{
  DenoiseResult *result = &job->result;

  if (!result->has_clean
      || (metrics_compute (result->before, job->clean, &result->noisy)
          && metrics_compute (result->after, job->clean, &result->denoised)))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
      "there is not enough memory to compare it");
  return FALSE;
}

/* Reads the picture. An output file without suffix gets that of the input format. */
static gboolean
read_picture (Job * job, GError ** error)
{
  gchar *name = g_path_get_basename (job->input->out), *whole;

  job->clean = picture_read (job->input->in, 0, error);
  if (job->clean && strchr (name, '.') == NULL) {
    whole =
        g_strconcat (job->input->out, picture_format_suffix (job->clean), NULL);
    g_free (job->input->out);
    job->input->out = whole;
  }
  g_free (name);
  return job->clean != NULL;
}

static gboolean
denoise_and_write (Job * job, guint index, GError ** error)
{
  Image *image = job->image;

  return add_noise (job, error) && denoise (job, error)
      && compare (job, error)
      && picture_write (job->result.after, job->input->out, error)
      && (image->report == NULL
      || report_add (image->report, index, &job->result, error));
}

/* Processes one picture. The caller clears `job`. */
static gboolean
process (Job * job, guint index, GError ** error)
{
  if (!read_picture (job, error)
      || !picture_fits (job->clean, job->input->out, error))
    return FALSE;
  switch (decide (job, error)) {
    case PROCESS:
      return denoise_and_write (job, index, error);
    case SKIP:
      job->skipped = TRUE;
      return TRUE;
    default:
      return FALSE;
  }
}

static gchar *
describe (const Job * job)
{
  const DenoiseResult *result = &job->result;

  if (job->skipped)
    return g_strdup_printf ("%s: exists already", job->input->out);
  if (result->has_clean)
    return g_strdup_printf ("%s: PSNR %.2f dB before, %.2f dB after; SSIM "
        "%.4f, %.4f; %.2f s; %s", result->name, result->noisy.psnr,
        result->denoised.psnr, result->noisy.ssim, result->denoised.ssim,
        result->seconds, job->input->out);
  return g_strdup_printf ("%s: noise found %.1f of 255; %.2f s; %s",
      result->name, result->sigma, result->seconds, job->input->out);
}

/* Indices are passed plus one, as a thread pool does not accept NULL. */
static void
run (gpointer data, gpointer user)
{
  const guint index = GPOINTER_TO_UINT (data) - 1;
  Image *image = user;
  Job job = {
    .image = image,
    .input = image->inputs->pdata[index],
  };
  GError *error = NULL;
  gchar *line;

  job.result.name = job.input->in;
  job.result.training = g_array_new (FALSE, FALSE, sizeof (PictureProgress));
  image->failed[index] = !process (&job, index, &error);
  line = error ? g_strdup_printf ("%s: %s", job.input->in, error->message) :
      describe (&job);
  progress_done (image->progress, line, error != NULL);
  g_free (line);
  g_clear_error (&error);
  g_clear_object (&job.clean);
  g_clear_object (&job.result.before);
  g_clear_object (&job.result.after);
  g_array_unref (job.result.training);
}

/* --- all pictures --- */

/* Returns the number of failed pictures and, of several pictures, prints their names. */
static guint
count_failed (const Image * image)
{
  GString *names = g_string_new (NULL);
  guint i, n = 0;

  for (i = 0; i < image->inputs->len; i++)
    if (image->failed[i]) {
      const Input *input = image->inputs->pdata[i];

      g_string_append_printf (names, "%s%s", n++ ? ", " : "", input->in);
    }
  if (n > 0 && image->inputs->len > 1)
    g_printerr ("image: %u of %u pictures failed: %s\n", n, image->inputs->len,
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
  image->progress = progress_new (image->inputs->len);
  for (i = 1; i <= image->inputs->len; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  progress_free (image->progress);
  return TRUE;
}

/* FALSE without an error if a picture has failed. */
static gboolean
finish (const Image * image, GError ** error)
{
  const guint failed = count_failed (image);

  if (image->report && failed < image->inputs->len) {
    if (!report_write (image->report, error))
      return FALSE;
    g_print ("report: %s/index.html\n", image->options->report);
  }
  return failed == 0;
}

static gboolean
denoise_all (const ImageOptions * options, GError ** error)
{
  Image image = {
    .options = options,
  };
  gboolean done = FALSE;

  image.many = options->out_is_folder;
  image.inputs = inputs_list (options->in, options->out, &image.many, error);
  if (image.inputs == NULL)
    return FALSE;
  image.failed = g_new0 (gboolean, image.inputs->len);
  if (options->report)
    image.report = report_new (options->report, image.inputs->len, error);
  if (image.report || options->report == NULL)
    done = run_all (&image, error) && finish (&image, error);
  g_clear_pointer (&image.report, report_free);
  g_free (image.failed);
  g_ptr_array_unref (image.inputs);
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
      && picture_vips_init (&error))
    status = !denoise_all (&options, &error);
  if (error)
    g_printerr ("image: %s\n", error->message);
  g_clear_error (&error);
  image_options_clear (&options);
  return status;
}

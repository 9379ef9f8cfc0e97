/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises pictures: zsdenoise-image [OPTION...] [IN [OUT]]
 *
 * With --degree, IN is a clean picture: noise is added first, and PSNR and SSIM before and after
 * are printed. After an error the remaining pictures are still processed. */
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/noise-text.h"
#include "common/pipeline/launch.h"
#include "image/inputs.h"
#include "image/options.h"
#include "image/progress.h"
#include "image/report.h"
#include "picture/filter.h"
#include "picture/formats.h"
#include "picture/image-config-keys.h"
#include "picture/image-config-unused.h"
#include "picture/read.h"
#include "picture/vips.h"
#include "picture/write.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  const ImageOptions *options;
  GPtrArray *inputs;            /* of Input */
  gboolean many;                /* a folder or pattern: existing results are skipped */
  Progress *progress;
  Report *report;               /* NULL: no report */
  gboolean *failed;             /* by index of the picture */
  GMutex writing;               /* a file is being written; Ctrl-C waits for it */
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
  guint index;
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

  if (learning->loss >= 0 && learning->steps > steps)
    g_array_set_size (all, 0);
  if (learning->loss >= 0 && learning->steps >= steps)
    g_array_append_vals (all, learning, 1);
  progress_learn (job->image->progress, job->index, job->result.name, learning);
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
write_picture (Job * job, GError ** error)
{
  GBytes *bytes = picture_write_memory (job->result.after, job->input->out,
      error);
  gboolean written = FALSE;

  if (bytes) {
    g_mutex_lock (&job->image->writing);
    written = file_write (job->input->out, g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes), error);
    g_mutex_unlock (&job->image->writing);
    g_bytes_unref (bytes);
  }
  return written;
}

static gboolean
denoise_and_write (Job * job, GError ** error)
{
  Image *image = job->image;

  return add_noise (job, error) && denoise (job, error)
      && compare (job, error) && write_picture (job, error)
      && (image->report == NULL
      || report_add (image->report, job->index, &job->result, error));
}

/* Processes one picture. The caller clears `job`. */
static gboolean
process (Job * job, GError ** error)
{
  if (!read_picture (job, error)
      || !picture_fits (job->clean, job->input->out, error))
    return FALSE;
  switch (decide (job, error)) {
    case PROCESS:
      return denoise_and_write (job, error);
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
  gchar *noise, *line;

  if (job->skipped)
    return g_strdup_printf ("%s: exists already", job->input->out);
  if (result->has_clean)
    return g_strdup_printf ("%s: PSNR %.2f dB before, %.2f dB after; SSIM "
        "%.4f, %.4f; %.2f s; %s", result->name, result->noisy.psnr,
        result->denoised.psnr, result->noisy.ssim, result->denoised.ssim,
        result->seconds, job->input->out);
  noise = noise_text (result->sigma, -1);
  line = g_strdup_printf ("%s: %s; %.2f s; %s", result->name,
      noise ? noise : "noise not measured", result->seconds, job->input->out);
  g_free (noise);
  return line;
}

static void
add_metrics (JsonObject * object, const gchar * name, const Metrics * metrics)
{
  JsonObject *member = json_object_new ();

  json_object_set_double_member (member, "psnr", metrics->psnr);
  json_object_set_double_member (member, "ssim", metrics->ssim);
  json_object_set_object_member (object, name, member);
}

static void
add_path (JsonObject * object, const gchar * name, const gchar * path)
{
  gchar *valid = g_utf8_make_valid (path, -1);

  json_object_set_string_member (object, name, valid);
  g_free (valid);
}

/* The line of --json. */
static gchar *
describe_as_json (const Job * job, const GError * fault)
{
  const DenoiseResult *result = &job->result;
  JsonObject *object = json_object_new ();

  add_path (object, "in", job->input->in);
  add_path (object, "out", job->input->out);
  json_object_set_string_member (object, "state", fault ? "failed" :
      job->skipped ? "skipped" : "done");
  if (fault) {
    add_path (object, "error", fault->message);
  } else if (!job->skipped) {
    json_object_set_double_member (object, "seconds", result->seconds);
    if (result->sigma >= 0)
      json_object_set_double_member (object, "noise", result->sigma);
    if (result->has_clean) {
      add_metrics (object, "before", &result->noisy);
      add_metrics (object, "after", &result->denoised);
    }
  }
  return json_print (object, FALSE);
}

static void
report_end (const Job * job, const GError * fault)
{
  const ImageOptions *options = job->image->options;
  gchar *err = fault ? g_strdup_printf ("%s: %s", job->input->in,
      fault->message) : NULL;
  gchar *out = options->json ? describe_as_json (job, fault) :
      fault || options->quiet ? NULL : describe (job);

  progress_done (job->image->progress, job->index, job->skipped, out, err);
  g_free (out);
  g_free (err);
}

/* Indices are passed plus one, as a thread pool does not accept NULL. */
static void
run (gpointer data, gpointer user)
{
  const guint index = GPOINTER_TO_UINT (data) - 1;
  Image *image = user;
  Job job = {
    .image = image,
    .index = index,
    .input = image->inputs->pdata[index],
  };
  GError *error = NULL;

  job.result.name = job.input->in;
  job.result.training = g_array_new (FALSE, FALSE, sizeof (PictureProgress));
  progress_begin (image->progress, job.input->in);
  image->failed[index] = !process (&job, &error);
  report_end (&job, error);
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

/* --- Ctrl-C --- */

static sigset_t
interrupts (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  return set;
}

/* Ends the program with 130 at a signal. No half-written file is left. */
static gpointer
await_interrupt (gpointer data)
{
  Image *image = data;
  const sigset_t set = interrupts ();
  int number;

  sigwait (&set, &number);
  g_mutex_lock (&image->writing);
  g_printerr ("%simage: stopped\n", isatty (STDERR_FILENO) ? "\n" : "");
  _exit (128 + SIGINT);
  return NULL;
}

/* All threads of the program begin after this one and have the signals blocked, too. */
static void
catch_interrupts (Image * image)
{
  g_thread_unref (g_thread_new ("interrupts", await_interrupt, image));
}

static gboolean
run_all (Image * image, GError ** error)
{
  GThreadPool *pool = g_thread_pool_new (run, image, image->options->jobs,
      TRUE, error);
  guint i;

  if (pool == NULL)
    return FALSE;
  image->progress = progress_new (image->inputs->len, image->options->quiet);
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
    if (!image->options->quiet && !image->options->json)
      g_print ("report: %s/index.html\n", image->options->report);
  }
  return failed == 0;
}

/* Names the configuration keys that are set and have no effect. */
static void
report_unused_keys (const ImageOptions * options)
{
  const gchar *profile = options->profile ? options->profile : "balanced";
  gsize i;

  for (i = 0; i < IMAGE_CONFIG_N_KEYS; i++) {
    gchar *clause = image_config_describe_use (&options->config, profile,
        image_config_keys[i].name);

    if (clause)
      g_printerr ("image: %s\n", clause);
    g_free (clause);
  }
  if (options->config.max_bytes != IMAGE_CONFIG_MAX_BYTES)
    g_printerr ("image: max_bytes has no effect here, it limits uploads to "
        "serve\n");
  if (options->named && options->config.image)
    g_printerr ("image: image has no effect, as the command line names a "
        "picture\n");
}

static gboolean
denoise_all (const ImageOptions * options, GError ** error)
{
  Image image = {
    .options = options,
  };
  gboolean done = FALSE;

  report_unused_keys (options);
  image.many = options->out_is_folder;
  image.inputs = inputs_list (options->in, options->out, &image.many, error);
  if (image.inputs == NULL)
    return FALSE;
  image.failed = g_new0 (gboolean, image.inputs->len);
  g_mutex_init (&image.writing);
  catch_interrupts (&image);
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
  const sigset_t set = interrupts ();
  int status = 2;

  pthread_sigmask (SIG_BLOCK, &set, NULL);
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

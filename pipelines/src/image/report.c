/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/report.h"

#include "picture/filter.h"
#include "picture/write.h"

#include <errno.h>
#include <glib/gstdio.h>

struct _Report
{
  gchar *folder;
  guint pictures;
  gchar **section;              /* HTML of each picture; NULL: not added */
};

Report *
report_new (const gchar * folder, guint pictures, GError ** error)
{
  Report *report;

  if (g_mkdir_with_parents (folder, 0777) != 0 || g_access (folder, W_OK) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "--report %s: %s", folder, g_strerror (errno));
    return NULL;
  }
  report = g_new0 (Report, 1);
  report->folder = g_strdup (folder);
  report->pictures = pictures;
  report->section = g_new0 (gchar *, pictures);
  return report;
}

void
report_free (Report * report)
{
  guint i;

  for (i = 0; i < report->pictures; i++)
    g_free (report->section[i]);
  g_free (report->section);
  g_free (report->folder);
  g_free (report);
}

/* File name within the folder; several pictures get their numbers as prefix. */
static gchar *
file_name (const Report * report, guint index, const gchar * what)
{
  return report->pictures == 1 ? g_strdup (what) :
      g_strdup_printf ("%u-%s", index + 1, what);
}

/* --- pictures --- */

static gboolean
write_picture (const Report * report, guint index, const gchar * what,
    VipsImage * picture, GError ** error)
{
  gchar *name = file_name (report, index, what);
  gchar *file = g_build_filename (report->folder, name, NULL);
  const gboolean done = picture_write (picture, file, error);

  g_free (file);
  g_free (name);
  return done;
}

/* The left half of the picture before, the right half of the one after. */
static VipsImage *
join_halves (const DenoiseResult * result)
{
  VipsImage *before = NULL, *after = NULL, *left = NULL, *joined = NULL;

  if (vips_autorot (result->before, &before, NULL) == 0
      && vips_autorot (result->after, &after, NULL) == 0
      && vips_extract_area (before, &left, 0, 0,
          (vips_image_get_width (before) + 1) / 2,
          vips_image_get_height (before), NULL) == 0)
    vips_insert (after, left, &joined, 0, 0, NULL);
  g_clear_object (&before);
  g_clear_object (&after);
  g_clear_object (&left);
  return joined;
}

static gboolean
write_pictures (const Report * report, guint index,
    const DenoiseResult * result, GError ** error)
{
  VipsImage *joined = join_halves (result);
  gboolean done = FALSE;

  if (joined == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "there is not enough memory for the report");
  else
    done = write_picture (report, index, "before.png", result->before, error)
        && write_picture (report, index, "after.png", result->after, error)
        && write_picture (report, index, "before-after.png", joined, error);
  g_clear_object (&joined);
  return done;
}

/* --- training curve --- */

/* Axes in a gray that is visible on white and on black. */
static gchar *
gnuplot_script (const gchar * file, const GArray * training)
{
  GString *script = g_string_new ("$loss << EOD\n");
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];
  guint i;

  for (i = 0; i < training->len; i++) {
    const PictureProgress *point =
        &g_array_index (training, PictureProgress, i);

    g_string_append_printf (script, "%u %s\n", point->step,
        g_ascii_dtostr (number, sizeof number, point->loss));
  }
  g_string_append_printf (script, "EOD\n"
      "set terminal svg size 720,300 dynamic font 'sans-serif,13'\n"
      "set output '%s'\n"
      "set border 3 linecolor '#888888'\n"
      "set tics nomirror textcolor '#888888'\n"
      "set xlabel 'step' textcolor '#888888'\n"
      "set ylabel 'loss' textcolor '#888888'\n"
      "set xrange [0:*]\n"
      "stats $loss using 2 nooutput\n"
      "if (STATS_min > 0 && STATS_max > 3 * STATS_min) set logscale y\n"
      "unset key\n"
      "plot $loss with points pointtype 7 pointsize 0.3 linecolor '#888888', "
      "$loss smooth bezier with lines linewidth 2 linecolor '#2a7de1'\n", file);
  return g_string_free (script, FALSE);
}

static gboolean
write_curve (const Report * report, guint index, const GArray * training,
    GError ** error)
{
  gchar *name = file_name (report, index, "loss.svg");
  gchar *script = gnuplot_script (name, training);
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE |
      G_SUBPROCESS_FLAGS_STDERR_PIPE);
  GSubprocess *gnuplot;
  GError *fault = NULL;
  gchar *said = NULL;
  gboolean done = FALSE;

  g_subprocess_launcher_set_cwd (launcher, report->folder);
  gnuplot = g_subprocess_launcher_spawn (launcher, &fault, "gnuplot", NULL);
  if (gnuplot == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the curve of the "
        "loss needs gnuplot, install it with: sudo apt install gnuplot-nox "
        "(%s)", fault->message);
    g_error_free (fault);
  } else if (g_subprocess_communicate_utf8 (gnuplot, script, NULL, NULL, &said,
          error)) {
    done = g_subprocess_get_successful (gnuplot);
    if (!done)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
          "gnuplot cannot draw the curve of the loss: %s", g_strstrip (said));
  }
  g_clear_object (&gnuplot);
  g_object_unref (launcher);
  g_free (said);
  g_free (script);
  g_free (name);
  return done;
}

/* --- page --- */

static const gchar head[] = "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>zsdenoise: before and after</title>\n"
    "<style>\n"
    "  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; "
    "margin: 2rem auto; padding: 0 1rem }\n"
    "  h2 { overflow-wrap: anywhere }\n"
    "  img { max-width: 100%; height: auto; display: block }\n"
    "  figure { margin: 0 0 1rem }\n"
    "  figcaption { opacity: 0.7 }\n"
    "  .two { display: grid; column-gap: 1rem; "
    "grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)) }\n"
    "  th, td { text-align: left; padding: 0.1rem 1.5rem 0.1rem 0; "
    "font-variant-numeric: tabular-nums }\n" "</style>\n";

static void
append_figure (GString * page, const Report * report, guint index,
    const gchar * what, const gchar * caption)
{
  gchar *name = file_name (report, index, what);

  g_string_append_printf (page, "<figure><a href=\"%s\"><img src=\"%s\" "
      "alt=\"%s\"></a><figcaption>%s</figcaption></figure>\n", name, name,
      caption, caption);
  g_free (name);
}

static void
append_figures (GString * page, const DenoiseResult * result)
{
  if (result->has_clean)
    g_string_append_printf (page, "<table>\n"
        "<tr><th><th>PSNR<th>SSIM\n"
        "<tr><th>before<td>%.2f dB<td>%.4f\n"
        "<tr><th>after<td>%.2f dB<td>%.4f\n" "</table>\n",
        result->noisy.psnr, result->noisy.ssim, result->denoised.psnr,
        result->denoised.ssim);
  g_string_append_printf (page, "<p>Estimated noise: standard deviation %.1f "
      "of 255. Time: %.2f s.</p>\n", result->sigma, result->seconds);
}

static gchar *
section_for (const Report * report, guint index, const DenoiseResult * result)
{
  GString *page = g_string_new (NULL);
  gchar *shown = g_filename_display_basename (result->name);
  gchar *title = g_markup_escape_text (shown, -1);

  g_string_append_printf (page, "<section>\n<h2>%s</h2>\n", title);
  append_figures (page, result);
  append_figure (page, report, index, "before-after.png",
      "left half before, right half after");
  g_string_append (page, "<div class=\"two\">\n");
  append_figure (page, report, index, "before.png", "before");
  append_figure (page, report, index, "after.png", "after");
  g_string_append (page, "</div>\n");
  if (result->training->len > 0)
    append_figure (page, report, index, "loss.svg",
        "training loss, with a smoothed curve");
  else
    g_string_append (page, "<p>No training on this picture: the built-in "
        "weights were used.</p>\n");
  g_string_append (page, "</section>\n");
  g_free (title);
  g_free (shown);
  return g_string_free (page, FALSE);
}

gboolean
report_add (Report * report, guint index, const DenoiseResult * result,
    GError ** error)
{
  if (!write_pictures (report, index, result, error)
      || (result->training->len > 0
          && !write_curve (report, index, result->training, error)))
    return FALSE;
  report->section[index] = section_for (report, index, result);
  return TRUE;
}

gboolean
report_write (Report * report, GError ** error)
{
  GString *page = g_string_new (head);
  gchar *file = g_build_filename (report->folder, "index.html", NULL);
  gboolean done;
  guint i;

  for (i = 0; i < report->pictures; i++)
    if (report->section[i])
      g_string_append (page, report->section[i]);
  g_string_append (page, "</html>\n");
  done = g_file_set_contents (file, page->str, page->len, error);
  g_string_free (page, TRUE);
  g_free (file);
  return done;
}

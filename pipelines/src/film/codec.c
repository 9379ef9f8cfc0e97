/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/codec.h"

#include <string.h>

#define BEST_QUALITY 100        /* upper end of the quality scale */

typedef struct
{
  const gchar *name;
  gint max_quantizer;           /* coarsest value of the encoder's own scale; 0 is finest */
  const gchar *line;            /* printf format of quantizer and number of threads */
  const gchar *containers;
  gboolean interlaced;
  gboolean odd_sizes;           /* accepts odd sizes with subsampled chroma */
  guint depth;                  /* maximum bits per sample */
} Codec;

/* Encoder quirks: with lookahead vp9enc drops the last frames. vp9enc and av1enc move the quantizer
 * to hold a bitrate unless it is fixed at both ends. x264enc limits the rate to 2 Mbit/s unless its
 * VBV buffer is off. */
static const Codec codecs[] = {
  {"h264", 51, "x264enc pass=qual quantizer=%d threads=%d "
        "vbv-buf-capacity=0 speed-preset=medium key-int-max=250 ! h264parse ! "
        "video/x-h264,stream-format=avc,alignment=au", ".mkv.mp4.mov.m4v",
      TRUE, FALSE, 10},
  {"h265", 51, "x265enc option-string=crf=%d:pools=%d:log-level=error "
        "log-level=error speed-preset=fast key-int-max=250 ! h265parse ! "
        "video/x-h265,stream-format=hvc1,alignment=au", ".mkv.mp4.mov.m4v",
      FALSE, FALSE, 10},
  {"vp9", 63, "vp9enc end-usage=cq cq-level=%1$d max-quantizer=%1$d "
        "threads=%2$d target-bitrate=0 "
        "deadline=1000000 cpu-used=4 row-mt=true lag-in-frames=0 "
        "keyframe-max-dist=250", ".mkv.webm.mp4",
      FALSE, TRUE, 10},
  {"av1", 63, "av1enc end-usage=q min-quantizer=%1$d "
        "max-quantizer=%1$d threads=%2$d "
        "cpu-used=6 row-mt=true keyframe-max-dist=250 ! "
        "av1parse ! video/x-av1,stream-format=obu-stream,alignment=tu",
      ".mkv.webm.mp4", FALSE, TRUE, 8},
  {"ffv1", 0, "avenc_ffv1 gop-size=1 ! "
        "capssetter caps=video/x-ffv,ffversion=1", ".mkv", TRUE, TRUE, 16},
};

static const Codec *
find (const gchar * name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (g_str_equal (codecs[i].name, name))
      return &codecs[i];
  return NULL;
}

gboolean
codec_is_known (const gchar * codec)
{
  return find (codec) != NULL;
}

gboolean
codec_supports_interlaced (const gchar * codec)
{
  return find (codec)->interlaced;
}

gboolean
codec_supports_odd_sizes (const gchar * codec)
{
  return find (codec)->odd_sizes;
}

guint
codec_max_depth (const gchar * codec)
{
  return find (codec)->depth;
}

gchar *
codec_encoder_line (const gchar * name, gint quality, gint threads)
{
  const Codec *codec = find (name);
  const gint quantizer =
      (codec->max_quantizer * (BEST_QUALITY - quality) +
      BEST_QUALITY / 2) / BEST_QUALITY;

  return g_strdup_printf (codec->line, quantizer, threads);
}

gchar *
codec_encoder_element (const gchar * name)
{
  const gchar *line = find (name)->line;

  return g_strndup (line, strcspn (line, " "));
}

gboolean
codec_is_lossless (const gchar * name)
{
  return find (name)->max_quantizer == 0;
}

const gchar *
codec_suffix (const gchar * name, const gchar * source)
{
  const gchar *suffix = strrchr (source, '.');

  return suffix && strstr (".mp4.mov.m4v.webm", suffix)
      && strstr (find (name)->containers, suffix) ? suffix : ".mkv";
}

gchar *
codec_muxer_line (const gchar * name, const gchar * file, GError ** error)
{
  const Codec *codec = find (name);
  const gchar *suffix = strrchr (file, '.');

  if (suffix == NULL || suffix[1] == '\0' || strchr (suffix, '/')
      || !strstr (".mkv.webm.mp4.mov.m4v", suffix))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: unknown container; give a name that ends in .mkv, .mp4, "
        ".mov or .webm", file);
  else if (!strstr (codec->containers, suffix))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: %s files do not hold %s; give %sa name that ends in .mkv", file,
        suffix + 1, name, g_str_equal (suffix, ".webm") ?
        "--codec vp9 or av1, or " : "");
  else if (g_str_equal (suffix, ".mkv"))
    return g_strdup ("matroskamux name=mux");
  else if (g_str_equal (suffix, ".webm"))
    return g_strdup ("webmmux name=mux");
  else if (g_str_equal (suffix, ".mov"))
    return g_strdup ("qtmux name=mux faststart=true");
  else
    return g_strdup ("mp4mux name=mux faststart=true");
  return NULL;
}

gboolean
codec_is_matroska (const gchar * file)
{
  return g_str_has_suffix (file, ".mkv") || g_str_has_suffix (file, ".webm");
}

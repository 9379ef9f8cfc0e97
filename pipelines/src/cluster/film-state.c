/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/film-state.h"

#include "film/manifest.h"
#include "film/workdir.h"

#include <sys/stat.h>

static void
check_segment (FilmState * state, const gchar * workdir, guint number,
    gboolean checksums)
{
  gchar *file = workdir_file (workdir, "out", number, "gdp");
  struct stat info;
  SegmentResult result;
  const gboolean done = segment_result_read (&result, workdir, number);
  gboolean whole = done;

  if (done && checksums)
    whole = segment_result_is_intact (&result, workdir);
  else if (done)
    whole = stat (file, &info) == 0 && (guint64) info.st_size == result.bytes;
  if (!whole)
    g_array_append_val (state->missing, number);
  state->damaged += done && !whole;
  segment_result_clear (&result);
  g_free (file);
}

FilmState
film_state_read (const gchar * out, gboolean checksums)
{
  FilmState state = {.missing = g_array_new (FALSE, FALSE, sizeof (guint)) };
  gchar *workdir = workdir_path (out);
  gchar *model = g_build_filename (workdir, WORKDIR_MODEL, NULL);
  Manifest *manifest = NULL;
  guint number;

  state.joined = g_file_test (out, G_FILE_TEST_EXISTS);
  if (!state.joined)
    manifest = manifest_read (workdir, NULL);
  if (manifest) {
    state.cut = TRUE;
    state.learned = g_file_test (model, G_FILE_TEST_EXISTS);
    state.segments = manifest->segments->len;
    for (number = 0; number < state.segments; number++)
      check_segment (&state, workdir, number, checksums);
    manifest_free (manifest);
  }
  g_free (model);
  g_free (workdir);
  return state;
}

void
film_state_clear (FilmState * state)
{
  g_clear_pointer (&state->missing, g_array_unref);
}

guint
film_state_progress (const FilmState * state)
{
  return (guint) (state->cut + state->learned + state->joined)
      + state->segments - state->missing->len;
}

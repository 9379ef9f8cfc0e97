/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/workdir.h"

#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "lock"

gchar *
workdir_path (const gchar * out)
{
  return g_strconcat (out, WORKDIR_SUFFIX, NULL);
}

gchar *
workdir_file_name (const gchar * kind, guint number, const gchar * suffix)
{
  return g_strdup_printf ("%s-%05u.%s", kind, number, suffix);
}

gchar *
workdir_file (const gchar * workdir, const gchar * kind, guint number,
    const gchar * suffix)
{
  gchar *name = workdir_file_name (kind, number, suffix);
  gchar *file = g_build_filename (workdir, name, NULL);

  g_free (name);
  return file;
}

/* --- names --- */

/* Temporary names are those of file_temporary_name(); others append something to them. */
#define NAMES "(manifest\\.json|model\\.safetensors|mended\\.mkv|in-[0-9]{5,}\\.gdp|" \
    "out-[0-9]{5,}\\.(gdp|json))"
#define OWN "^(lock|" NAMES "|\\.(film|rest|" NAMES ")\\..*[.][0-9]+-[0-9]+\\.unfinished" \
    "(\\.tags)?(\\.[A-Za-z0-9]{6})?)$"

static gboolean
is_own_name (const gchar * name)
{
  return g_regex_match_simple (OWN, name, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY,
      0);
}

static gboolean
is_dots (const gchar * name)
{
  return g_str_equal (name, ".") || g_str_equal (name, "..");
}

/* --- the folder --- */

/* Opens the folder itself, not what a link points to. Returns -1 and an error if it is not a folder
 * of this user. */
static int
open_folder (const gchar * workdir, GError ** error)
{
  int folder = open (workdir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;

  if (folder < 0 && (errno == ELOOP || errno == ENOTDIR)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s is not a folder of this program; move it elsewhere", workdir);
  } else if (folder < 0) {
    file_set_error (error, workdir);
  } else if (fstat (folder, &status) != 0 || status.st_uid != geteuid ()) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s belongs to another user; give another OUT", workdir);
    close (folder);
    folder = -1;
  }
  return folder;
}

/* Names in the folder, for g_ptr_array_unref(). NULL and an error if one is not of this program. */
static GPtrArray *
list_own (int folder, const gchar * workdir, GError ** error)
{
  DIR *dir = fdopendir (dup (folder));
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const struct dirent *entry;

  rewinddir (dir);
  while (names && (entry = readdir (dir))) {
    if (is_dots (entry->d_name))
      continue;
    if (is_own_name (entry->d_name)) {
      g_ptr_array_add (names, g_strdup (entry->d_name));
      continue;
    }
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s cannot be removed: %s in it does not belong to this "
        "program; move it elsewhere", workdir, entry->d_name);
    g_clear_pointer (&names, g_ptr_array_unref);
  }
  closedir (dir);
  return names;
}

gboolean
workdir_exists (const gchar * workdir)
{
  GStatBuf status;

  return g_lstat (workdir, &status) == 0;
}

gboolean
workdir_create (const gchar * workdir, GError ** error)
{
  return g_mkdir_with_parents (workdir, 0777) == 0
      || file_set_error (error, workdir);
}

WorkdirState
workdir_state (const gchar * workdir)
{
  gchar *manifest = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  const gboolean begun = g_file_test (manifest, G_FILE_TEST_EXISTS);
  GDir *dir = g_dir_open (workdir, 0, NULL);
  gboolean empty = TRUE;
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    empty = empty && g_str_equal (name, LOCK);
  if (dir)
    g_dir_close (dir);
  g_free (manifest);
  return begun ? WORKDIR_BEGUN : empty ? WORKDIR_EMPTY : WORKDIR_LEFTOVER;
}

/* --- the lock --- */

/* File systems without locks are used without. */
static gboolean
take_lock (int file, gboolean shared)
{
  return flock (file, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
      || errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP;
}

gboolean
workdir_lock (const gchar * workdir, gboolean shared, WorkdirLock * lock,
    GError ** error)
{
  const int folder = open_folder (workdir, error);
  GPtrArray *names = folder >= 0 ? list_own (folder, workdir, error) : NULL;
  int file = -1;

  if (names) {
    file = openat (folder, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
        0666);
    if (file < 0)
      file_set_error (error, workdir);
    else if (take_lock (file, shared))
      lock->file = file;
    else
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
          "%s is in use by another run for the same result", workdir);
    if (file >= 0 && lock->file < 0)
      close (file);
    g_ptr_array_unref (names);
  }
  if (folder >= 0)
    close (folder);
  return lock->file >= 0;
}

void
workdir_unlock (WorkdirLock * lock)
{
  if (lock->file >= 0)
    close (lock->file);
  lock->file = -1;
}

/* --- removal --- */

/* The manifest goes first: without it the rest is not mistaken for a film in progress. */
static gboolean
clear (int folder, const gchar * workdir, GError ** error)
{
  GPtrArray *names = list_own (folder, workdir, error);
  gboolean done = names != NULL;
  guint i;

  if (done)
    unlinkat (folder, WORKDIR_MANIFEST, 0);
  for (i = 0; done && i < names->len; i++) {
    const gchar *name = names->pdata[i];

    done = g_str_equal (name, LOCK) || unlinkat (folder, name, 0) == 0
        || errno == ENOENT || file_set_error (error, workdir);
  }
  g_clear_pointer (&names, g_ptr_array_unref);
  return done;
}

gboolean
workdir_clear (const gchar * workdir, GError ** error)
{
  const int folder = open_folder (workdir, error);
  const gboolean done = folder >= 0 && clear (folder, workdir, error);

  if (folder >= 0)
    close (folder);
  return done;
}

/* The lock is released before its file is removed, which NFS would keep under another name. */
gboolean
workdir_remove (const gchar * workdir, WorkdirLock * lock, GError ** error)
{
  const int folder = open_folder (workdir, error);
  const gboolean done = folder >= 0 && clear (folder, workdir, error);

  workdir_unlock (lock);
  if (done)
    unlinkat (folder, LOCK, 0);
  if (folder >= 0)
    close (folder);
  return done && (g_rmdir (workdir) == 0 || file_set_error (error, workdir));
}

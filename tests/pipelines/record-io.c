/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded library that records changes of files, for power cuts to be simulated from. RECORD_PATH: part
 * of the paths that are recorded; RECORD_FILE: the record, to which all processes append.
 *
 * An entry is a line "KIND POSITION LENGTH PATH-LENGTH", the path and LENGTH bytes of data: create (empty
 * if it existed), open (created if it did not exist), write, truncate (to POSITION), sync, rename (data: the
 * new path), unlink, mkdir, rmdir. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

static int file_of_record = -1;

/* Opened at the start, as a sandbox may not let it be opened later. */
static void
begin (void)
{
  const char *name = getenv ("RECORD_FILE");

  if (name)
    file_of_record = NEXT (open) (name,
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

void (*const at_start[]) (void) __attribute__((section (".init_array"))) = {
  begin
};

static int
is_recorded (const char *path)
{
  const char *part = getenv ("RECORD_PATH");

  return part && file_of_record >= 0 && strstr (path, part);
}

/* Appends an entry at once, so that those of several processes do not mix. */
static void
record (const char *kind, const char *path, long long position,
    const struct iovec *data, int n)
{
  const int before = errno;
  struct iovec parts[2 + IOV_MAX / 2] = { 0 };
  size_t length = 0;
  char head[100];
  int i;

  if (!is_recorded (path) || n > IOV_MAX / 2)
    return;
  for (i = 0; i < n; i++) {
    parts[2 + i] = data[i];
    length += data[i].iov_len;
  }
  snprintf (head, sizeof head, "%s %lld %zu %zu\n", kind, position, length,
      strlen (path));
  parts[0] = (struct iovec) { head, strlen (head) };
  parts[1] = (struct iovec) { (void *) path, strlen (path) };
  if (NEXT (writev) (file_of_record, parts, 2 + n) < 0)
    abort ();
  errno = before;
}

/* The path of an open file; empty if it has none. */
static void
path_of (int file, char path[PATH_MAX])
{
  char link[64];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink (link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = '\0';
}

/* The absolute path of a name in a folder. */
static void
resolve (int folder, const char *name, char path[PATH_MAX])
{
  char parent[PATH_MAX];

  if (name[0] == '/')
    parent[0] = '\0';
  else if (folder == AT_FDCWD && getcwd (parent, sizeof parent) == NULL)
    parent[0] = '\0';
  else if (folder != AT_FDCWD)
    path_of (folder, parent);
  if (snprintf (path, PATH_MAX, "%s%s%s", parent, parent[0] ? "/" : "",
          name) >= PATH_MAX)
    path[0] = '\0';
}

static void
record_name (const char *kind, int folder, const char *name)
{
  char path[PATH_MAX];

  resolve (folder, name, path);
  record (kind, path, 0, NULL, 0);
}

static void
record_data (const char *kind, int file, long long position,
    const struct iovec *data, int n)
{
  char path[PATH_MAX];

  path_of (file, path);
  record (kind, path, position, data, n);
}

/* --- open --- */

static void
record_open (int folder, const char *name, int flags)
{
  if ((flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT)
    record_name (flags & O_TRUNC ? "create" : "open", folder, name);
}

/* This one and others are those for large files, which all programs use here. */
int
open (const char *name, int flags, ...)
{
  va_list arguments;
  mode_t mode;
  int file;

  va_start (arguments, flags);
  mode = flags & (O_CREAT | O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
  va_end (arguments);
  file = NEXT (open) (name, flags, mode);
  if (file >= 0)
    record_open (AT_FDCWD, name, flags);
  return file;
}

int
openat (int folder, const char *name, int flags, ...)
{
  va_list arguments;
  mode_t mode;
  int file;

  va_start (arguments, flags);
  mode = flags & (O_CREAT | O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
  va_end (arguments);
  file = NEXT (openat) (folder, name, flags, mode);
  if (file >= 0)
    record_open (folder, name, flags);
  return file;
}

FILE *
fopen (const char *name, const char *mode)
{
  FILE *file = NEXT (fopen) (name, mode);

  if (file && mode[0] != 'r')
    record_name (mode[0] == 'w' ? "create" : "open", AT_FDCWD, name);
  return file;
}

/* --- write --- */

ssize_t
write (int file, const void *data, size_t size)
{
  const off_t position = lseek (file, 0, SEEK_CUR);
  const ssize_t written = NEXT (write) (file, data, size);
  const struct iovec part =
      { (void *) data, written > 0 ? (size_t) written : 0 };

  if (position >= 0 && written > 0)
    record_data ("write", file, position, &part, 1);
  return written;
}

/* One by one, as a part of them may be written. */
ssize_t
writev (int file, const struct iovec *parts, int n)
{
  ssize_t all = 0, written;
  int i;

  if (lseek (file, 0, SEEK_CUR) < 0)
    return NEXT (writev) (file, parts, n);
  for (i = 0; i < n; i++) {
    written = parts[i].iov_len ? write (file, parts[i].iov_base,
        parts[i].iov_len) : 0;
    if (written < 0)
      return all ? all : -1;
    all += written;
    if ((size_t) written < parts[i].iov_len)
      break;
  }
  return all;
}

ssize_t
pwrite (int file, const void *data, size_t size, off_t position)
{
  const ssize_t written = NEXT (pwrite) (file, data, size, position);
  const struct iovec part =
      { (void *) data, written > 0 ? (size_t) written : 0 };

  if (written > 0)
    record_data ("write", file, position, &part, 1);
  return written;
}

int
ftruncate (int file, off_t size)
{
  const int status = NEXT (ftruncate) (file, size);

  if (status == 0)
    record_data ("truncate", file, size, NULL, 0);
  return status;
}

static int
record_sync (int file, int status)
{
  if (status == 0)
    record_data ("sync", file, 0, NULL, 0);
  return status;
}

int
fsync (int file)
{
  return record_sync (file, NEXT (fsync) (file));
}

int
fdatasync (int file)
{
  return record_sync (file, NEXT (fdatasync) (file));
}

/* --- folders --- */

int
rename (const char *from, const char *to)
{
  const int status = NEXT (rename) (from, to);
  char a[PATH_MAX], b[PATH_MAX];
  struct iovec part = { b, 0 };

  if (status == 0) {
    resolve (AT_FDCWD, from, a);
    resolve (AT_FDCWD, to, b);
    part.iov_len = strlen (b);
    record ("rename", a, 0, &part, 1);
  }
  return status;
}

int
unlink (const char *name)
{
  const int status = NEXT (unlink) (name);

  if (status == 0)
    record_name ("unlink", AT_FDCWD, name);
  return status;
}

int
unlinkat (int folder, const char *name, int flags)
{
  const int status = NEXT (unlinkat) (folder, name, flags);

  if (status == 0)
    record_name (flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, name);
  return status;
}

int
mkdir (const char *name, mode_t mode)
{
  const int status = NEXT (mkdir) (name, mode);

  if (status == 0)
    record_name ("mkdir", AT_FDCWD, name);
  return status;
}

int
rmdir (const char *name)
{
  const int status = NEXT (rmdir) (name);

  if (status == 0)
    record_name ("rmdir", AT_FDCWD, name);
  return status;
}

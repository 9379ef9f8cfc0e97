/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded library that lets system calls on some files fail. FAIL_PATH: part of the path;
 * FAIL_CALL: open, read, write, fsync, rename or ftruncate; FAIL_AFTER: bytes (calls, for all but read
 * and write) that succeed before; FAIL_ERRNO: number of the error, 0: half of the bytes are read or
 * written; FAIL_ONCE: set if one call fails only.
 *
 * FAIL_COUNT: file of zeros in which all processes together count calls, also those of read and write;
 * the call that fails is written into it as text. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

typedef struct
{
  long long done;
  int failed;
  char text[500];
} Count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Count own, *count;
static int shared;

/* Opens the count. A process that cannot, as it is in a sandbox, counts for itself. */
static void
begin (void)
{
  const char *name = getenv ("FAIL_COUNT");
  int file = name ? NEXT (open) (name, O_RDWR | O_CLOEXEC) : -1;
  void *shared_count = file < 0 ? MAP_FAILED : mmap (NULL, sizeof *count,
      PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

  shared = shared_count != MAP_FAILED;
  count = shared ? shared_count : &own;
  if (file >= 0)
    close (file);
}

/* Counts a call on a path; nonzero and errno if it is to fail. */
static int
fails (const char *call, const char *path, size_t size)
{
  const char *part = getenv ("FAIL_PATH"), *wanted = getenv ("FAIL_CALL");
  const char *after = getenv ("FAIL_AFTER");
  long long done;
  int fail;

  if (!part || !wanted || !after || strcmp (wanted, call) != 0
      || !strstr (path, part))
    return 0;
  pthread_mutex_lock (&lock);
  if (count == NULL)
    begin ();
  done = __atomic_add_fetch (&count->done, shared ? 1 : (long long) size,
      __ATOMIC_SEQ_CST);
  fail = getenv ("FAIL_COUNT") && !shared ? 0 :
      shared && getenv ("FAIL_ONCE") ? done == atoll (after) + 1 :
      done > atoll (after) && !(getenv ("FAIL_ONCE") && count->failed);
  count->failed |= fail;
  pthread_mutex_unlock (&lock);
  if (fail && shared)
    snprintf (count->text, sizeof count->text, "%s %s", call, path);
  if (fail)
    errno = atoi (getenv ("FAIL_ERRNO"));
  return fail;
}

static int
fails_on (const char *call, int file, size_t size)
{
  const int before = errno;
  char link[64], path[4096];
  ssize_t length;
  int fail;

  if (size == 0)
    return 0;
  snprintf (link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink (link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = '\0';
  fail = fails (call, path, size);
  if (!fail)
    errno = before;
  return fail;
}

/* The bytes to read or write; 0 if the call fails. */
static size_t
size_of (const char *call, int file, size_t size)
{
  if (!fails_on (call, file, size))
    return size;
  return errno == 0 ? (size + 1) / 2 : 0;
}

/* --- open --- */

static mode_t
mode_of (int flags, va_list arguments)
{
  return flags & (O_CREAT | O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
}

/* This one and others are those for large files, which all programs use here. */
int
open (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_of (flags, arguments);
  va_end (arguments);
  return fails ("open", path, 1) ? -1 : NEXT (open) (path, flags, mode);
}

int
openat (int folder, const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;
  int fail;

  va_start (arguments, flags);
  mode = mode_of (flags, arguments);
  va_end (arguments);
  fail = path[0] == '/' ? fails ("open", path, 1) :
      fails_on ("open", folder, 1);
  return fail ? -1 : NEXT (openat) (folder, path, flags, mode);
}

FILE *
fopen (const char *path, const char *mode)
{
  return fails ("open", path, 1) ? NULL : NEXT (fopen) (path, mode);
}

/* --- read and write --- */

ssize_t
read (int file, void *data, size_t size)
{
  const size_t part = size_of ("read", file, size);

  return part || !size ? NEXT (read) (file, data, part) : -1;
}

ssize_t
pread (int file, void *data, size_t size, off_t at)
{
  const size_t part = size_of ("read", file, size);

  return part || !size ? NEXT (pread) (file, data, part, at) : -1;
}

ssize_t
write (int file, const void *data, size_t size)
{
  const size_t part = size_of ("write", file, size);

  return part || !size ? NEXT (write) (file, data, part) : -1;
}

ssize_t
writev (int file, const struct iovec *parts, int n)
{
  size_t size = 0, part;
  int i;

  for (i = 0; i < n; i++)
    size += parts[i].iov_len;
  part = size_of ("write", file, size);
  if (part == size)
    return NEXT (writev) (file, parts, n);
  return part ? NEXT (write) (file, parts[0].iov_base,
      part < parts[0].iov_len ? part : parts[0].iov_len) : -1;
}

size_t
fwrite (const void *data, size_t size, size_t n, FILE * file)
{
  return fails_on ("write", fileno (file), size * n) && errno ? 0 :
      NEXT (fwrite) (data, size, n, file);
}

/* --- other calls --- */

int
fsync (int file)
{
  return fails_on ("fsync", file, 1) ? -1 : NEXT (fsync) (file);
}

int
fdatasync (int file)
{
  return fails_on ("fsync", file, 1) ? -1 : NEXT (fdatasync) (file);
}

int
rename (const char *from, const char *to)
{
  return fails ("rename", to, 1) ? -1 : NEXT (rename) (from, to);
}

int
ftruncate (int file, off_t size)
{
  return fails_on ("ftruncate", file, 1) ? -1 : NEXT (ftruncate) (file, size);
}

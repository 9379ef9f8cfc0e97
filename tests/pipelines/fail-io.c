/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded library that lets system calls on some files fail. FAIL_PATH: part of the path;
 * FAIL_CALL: read, write, fsync or rename; FAIL_AFTER: bytes (calls, for fsync and rename) that
 * succeed before; FAIL_ERRNO: number of the error; FAIL_ONCE: set if one call fails only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long done;
static int failed;

/* Counts a call on a path; nonzero and errno if it is to fail. */
static int
fails (const char *call, const char *path, size_t size)
{
  const char *part = getenv ("FAIL_PATH"), *wanted = getenv ("FAIL_CALL");
  int fail;

  if (!part || !wanted || strcmp (wanted, call) != 0 || !strstr (path, part))
    return 0;
  pthread_mutex_lock (&lock);
  done += (long long) size;
  fail = done > atoll (getenv ("FAIL_AFTER")) && !(getenv ("FAIL_ONCE")
      && failed);
  failed |= fail;
  pthread_mutex_unlock (&lock);
  if (fail)
    errno = atoi (getenv ("FAIL_ERRNO"));
  return fail;
}

static int
fails_on (const char *call, int file, size_t size)
{
  char link[64], path[4096];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink (link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = '\0';
  return fails (call, path, size);
}

#define NEXT(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

ssize_t
read (int file, void *data, size_t size)
{
  return fails_on ("read", file, size) ? -1 : NEXT (read) (file, data, size);
}

ssize_t
pread (int file, void *data, size_t size, off_t at)
{
  return fails_on ("read", file, size) ? -1 : NEXT (pread) (file, data, size,
      at);
}

ssize_t
write (int file, const void *data, size_t size)
{
  return fails_on ("write", file, size) ? -1 : NEXT (write) (file, data, size);
}

ssize_t
writev (int file, const struct iovec *parts, int count)
{
  size_t size = 0;
  int i;

  for (i = 0; i < count; i++)
    size += parts[i].iov_len;
  return fails_on ("write", file, size) ? -1 : NEXT (writev) (file, parts,
      count);
}

int
fsync (int file)
{
  return fails_on ("fsync", file, 1) ? -1 : NEXT (fsync) (file);
}

int
rename (const char *from, const char *to)
{
  return fails ("rename", to, 1) ? -1 : NEXT (rename) (from, to);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Announces GLib's locks, reference counts and thread pools to the thread sanitizer, which does not
 * see the system calls and atomic operations in a library that they are made of. Preloaded, these
 * functions come before GLib's for the program, GStreamer and plugins; in a program without the
 * sanitizer they only call GLib's. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include <glib.h>
#include <sanitizer/tsan_interface.h>

#pragma weak __tsan_acquire
#pragma weak __tsan_release

static void
acquire (void *object)
{
  if (__tsan_acquire)
    __tsan_acquire (object);
}

static void
release (void *object)
{
  if (__tsan_release)
    __tsan_release (object);
}

/* GLib's own function of this name. */
#define NEXT(name) \
  static __typeof__ (name) *_Atomic next; \
  if (next == NULL) \
    next = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name)

void
g_mutex_lock (GMutex * mutex)
{
  NEXT (g_mutex_lock);
  next (mutex);
  acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex * mutex)
{
  NEXT (g_mutex_trylock);
  if (!next (mutex))
    return FALSE;
  acquire (mutex);
  return TRUE;
}

void
g_mutex_unlock (GMutex * mutex)
{
  NEXT (g_mutex_unlock);
  release (mutex);
  next (mutex);
}

void
g_rec_mutex_lock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_lock);
  next (mutex);
  acquire (mutex);
}

gboolean
g_rec_mutex_trylock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_trylock);
  if (!next (mutex))
    return FALSE;
  acquire (mutex);
  return TRUE;
}

void
g_rec_mutex_unlock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_unlock);
  release (mutex);
  next (mutex);
}

void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  NEXT (g_cond_wait);
  release (mutex);
  next (cond, mutex);
  acquire (mutex);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean signalled;

  NEXT (g_cond_wait_until);
  release (mutex);
  signalled = next (cond, mutex, end_time);
  acquire (mutex);
  return signalled;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (g_once_init_leave);
  release ((void *) location);
  next (location, result);
}

static _Thread_local GDestroyNotify clear_box;

static void
clear_announced (gpointer box)
{
  acquire (box);
  clear_box (box);
}

void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  NEXT (g_atomic_rc_box_release_full);
  clear_box = clear;
  release (box);
  next (box, clear_announced);
}

/* --- pools of threads --- */

typedef struct
{
  GFunc function;
  gpointer user;
} Pool;

static void
run_in_pool (gpointer data, gpointer user)
{
  const Pool *pool = user;

  acquire (user);
  pool->function (data, pool->user);
  release (user);
}

GThreadPool *
g_thread_pool_new (GFunc function, gpointer user, gint max_threads,
    gboolean exclusive, GError ** error)
{
  Pool *pool = g_new (Pool, 1);
  NEXT (g_thread_pool_new);

  *pool = (Pool) { function, user };
  return next (run_in_pool, pool, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool * pool, gpointer data, GError ** error)
{
  NEXT (g_thread_pool_push);
  release (pool->user_data);
  return next (pool, data, error);
}

void
g_thread_pool_free (GThreadPool * pool, gboolean immediate, gboolean wait)
{
  gpointer user = pool->user_data;
  NEXT (g_thread_pool_free);

  next (pool, immediate, wait);
  if (wait) {
    acquire (user);
    g_free (user);
  }
}

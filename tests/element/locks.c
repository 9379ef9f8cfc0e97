/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Annotations of GLib's locks and reference counts for the thread sanitizer, which does not
 * see the system calls and atomic operations in the library. The definitions in the program
 * take precedence over GLib's for itself, for GStreamer and for plugins. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include <glib.h>
#include <sanitizer/tsan_interface.h>

/* GLib's function of this name. */
#define NEXT(name) \
  static __typeof__ (name) *_Atomic next; \
  if (next == NULL) \
    next = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name)

void
g_mutex_lock (GMutex * mutex)
{
  NEXT (g_mutex_lock);
  next (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex * mutex)
{
  NEXT (g_mutex_trylock);
  if (!next (mutex))
    return FALSE;
  __tsan_acquire (mutex);
  return TRUE;
}

void
g_mutex_unlock (GMutex * mutex)
{
  NEXT (g_mutex_unlock);
  __tsan_release (mutex);
  next (mutex);
}

void
g_rec_mutex_lock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_lock);
  next (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_rec_mutex_trylock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_trylock);
  if (!next (mutex))
    return FALSE;
  __tsan_acquire (mutex);
  return TRUE;
}

void
g_rec_mutex_unlock (GRecMutex * mutex)
{
  NEXT (g_rec_mutex_unlock);
  __tsan_release (mutex);
  next (mutex);
}

void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  NEXT (g_cond_wait);
  __tsan_release (mutex);
  next (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean signalled;

  NEXT (g_cond_wait_until);
  __tsan_release (mutex);
  signalled = next (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signalled;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (g_once_init_leave);
  __tsan_release ((void *) location);
  next (location, result);
}

static _Thread_local GDestroyNotify clear_box;

static void
clear_announced (gpointer box)
{
  __tsan_acquire (box);
  clear_box (box);
}

void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  NEXT (g_atomic_rc_box_release_full);
  clear_box = clear;
  __tsan_release (box);
  next (box, clear_announced);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE             /* O_PATH */
#include "worker/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of the first version of Landlock. */
#define READ_FILE (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define READ (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FILE LANDLOCK_ACCESS_FS_WRITE_FILE
#define ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* Does nothing if there is no such file or folder. */
static void
allow (int ruleset, const gchar * path, guint64 rights)
{
  const int file = open (path, O_PATH | O_CLOEXEC);
  struct landlock_path_beneath_attr rule = {
    .allowed_access = rights,
    .parent_fd = file,
  };
  struct stat status;

  if (file < 0)
    return;
  if (fstat (file, &status) == 0 && !S_ISDIR (status.st_mode))
    rule.allowed_access &= READ_FILE | WRITE_FILE;
  syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
      0);
  close (file);
}

static void
allow_plugins (int ruleset, const gchar * variable)
{
  gchar **folders = g_strsplit (g_getenv (variable) ? g_getenv (variable) : "",
      ":", -1);
  gchar **i;

  for (i = folders; *i; i++)
    allow (ruleset, *i, READ);
  g_strfreev (folders);
}

static void
allow_all (int ruleset)
{
  static const gchar *const readable[] = { "/usr", "/bin", "/lib", "/lib32",
    "/lib64", "/libx32", "/sbin", "/etc/ld.so.cache", "/etc/alternatives",
    "/etc/fonts", "/dev/urandom", "/sys/devices/system/cpu", "/proc/self",
    "/proc/cpuinfo", "/proc/meminfo"
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (readable); i++)
    allow (ruleset, readable[i], READ);
  allow (ruleset, "/dev/null", READ | WRITE_FILE);
#if defined __clang__ && __clang_major__ < 18
  /* Where LLVM's OpenMP cannot register itself, it ends the process; later
   * versions go on. */
  allow (ruleset, "/dev/shm", READ | WRITE_FILE
      | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
#endif
  allow_plugins (ruleset, "GST_PLUGIN_PATH");
  allow_plugins (ruleset, "GST_PLUGIN_PATH_1_0");
  allow_plugins (ruleset, "GST_PLUGIN_SYSTEM_PATH");
  allow_plugins (ruleset, "GST_PLUGIN_SYSTEM_PATH_1_0");
  if (g_getenv ("GST_REGISTRY"))
    allow (ruleset, g_getenv ("GST_REGISTRY"), READ);
  allow (ruleset, ".", ALL);
}

gboolean
landlock_enter (void)
{
  const struct landlock_ruleset_attr all = {.handled_access_fs = ALL };
  const int ruleset = (int) syscall (SYS_landlock_create_ruleset, &all,
      sizeof all, 0);
  gboolean entered;

  if (ruleset < 0)
    return FALSE;
  allow_all (ruleset);
  entered = prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
      && syscall (SYS_landlock_restrict_self, ruleset, 0) == 0;
  close (ruleset);
  return entered;
}

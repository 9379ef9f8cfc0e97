/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/sandbox.h"

#include <gio/gio.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes of /tmp, which is in memory. */
#define TMP_BYTES "67108864"

/* Whether a file system of the sandbox's processes can be mounted, which some containers do not
 * allow. Workers do without, sanitizers do not. */
static gboolean have_proc = TRUE;

static void
add (GPtrArray * line, const gchar * first, const gchar * second,
    const gchar * third)
{
  const gchar *const words[] = { first, second, third };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (words); i++)
    if (words[i])
      g_ptr_array_add (line, g_strdup (words[i]));
}

/* Makes a file or folder readable under its own name, if it exists. */
static void
add_readable (GPtrArray * line, const gchar * path)
{
  add (line, "--ro-bind-try", path, path);
}

/* A folder of the system may be a link, as /lib to usr/lib. */
static void
add_system (GPtrArray * line, const gchar * path)
{
  gchar *target = g_file_read_link (path, NULL);

  if (target)
    add (line, "--symlink", target, path);
  else
    add_readable (line, path);
  g_free (target);
}

/* Folders of GStreamer's plugins in such a variable. */
static void
add_plugins (GPtrArray * line, const gchar * variable)
{
  gchar **folders = g_strsplit (g_getenv (variable) ? g_getenv (variable) : "",
      ":", -1);
  gchar **i;

  for (i = folders; *i; i++)
    if (g_path_is_absolute (*i))
      add_readable (line, *i);
  g_strfreev (folders);
}

void
sandbox_append (GPtrArray * line, const gchar * program, const gchar * folder)
{
  static const gchar *const system[] = { "/bin", "/lib", "/lib32", "/lib64",
    "/libx32", "/sbin"
  };
  /* Options of sanitizers: the files that they name are not in the sandbox. */
  static const gchar *const unset[] = { "ASAN_OPTIONS", "LSAN_OPTIONS",
    "TSAN_OPTIONS", "UBSAN_OPTIONS"
  };
  gsize i;

  add (line, "bwrap", "--unshare-all", "--die-with-parent");
  add (line, "--cap-drop", "ALL", NULL);
  add_readable (line, "/usr");
  for (i = 0; i < G_N_ELEMENTS (system); i++)
    add_system (line, system[i]);
  add_readable (line, "/etc/ld.so.cache");
  add_readable (line, "/etc/alternatives");
  add_readable (line, "/etc/fonts");
  add (line, "--dev", "/dev", NULL);
  if (have_proc)
    add (line, "--proc", "/proc", NULL);
  add (line, "--setenv", "XDG_CACHE_HOME", folder);
  for (i = 0; i < G_N_ELEMENTS (unset); i++)
    add (line, "--unsetenv", unset[i], NULL);
  add (line, "--size", TMP_BYTES, NULL);
  add (line, "--tmpfs", "/tmp", NULL);
  add_plugins (line, "GST_PLUGIN_PATH");
  add_plugins (line, "GST_PLUGIN_PATH_1_0");
  add_plugins (line, "GST_PLUGIN_SYSTEM_PATH");
  add_plugins (line, "GST_PLUGIN_SYSTEM_PATH_1_0");
  add_readable (line, program);
  if (g_getenv ("GST_REGISTRY"))
    add_readable (line, g_getenv ("GST_REGISTRY"));
  add (line, "--bind", folder, folder);
  add (line, "--chdir", folder, "--");
}

/* --- check --- */

/* Runs the program in the sandbox with --help. FALSE and an error with what bubblewrap says. */
static gboolean
try (const gchar * program, const gchar * folder, GError ** error)
{
  GPtrArray *line = g_ptr_array_new_with_free_func (g_free);
  gchar *said = NULL;
  gint status = 0;
  gboolean works;

  sandbox_append (line, program, folder);
  add (line, program, "--help", NULL);
  g_ptr_array_add (line, NULL);
  works = g_spawn_sync ("/", (gchar **) line->pdata, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
      &said, &status, error);
  if (works && !g_spawn_check_wait_status (status, NULL)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        said && *said ? g_strstrip (said) : "bwrap fails without a word");
    works = FALSE;
  }
  g_free (said);
  g_ptr_array_unref (line);
  return works;
}

static gboolean
have_landlock (void)
{
  return syscall (SYS_landlock_create_ruleset, NULL, 0,
      LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

Sandbox
sandbox_find (const gchar * program, const gchar * folder, GError ** error)
{
  GError *reason = NULL;
  Sandbox found = SANDBOX_NONE;

  if (try (program, folder, NULL))
    return SANDBOX_BUBBLEWRAP;
  have_proc = FALSE;
  if (try (program, folder, &reason))
    found = SANDBOX_BUBBLEWRAP;
  else if (have_landlock ())
    found = SANDBOX_LANDLOCK;
  else if (g_error_matches (reason, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "bubblewrap, which keeps jobs from network and files, is missing, and "
        "the kernel has no Landlock; install it (sudo apt install bubblewrap), "
        "or start with --no-sandbox");
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "bubblewrap, which keeps jobs from network and files, does not work "
        "here (%s), and the kernel has no Landlock; allow user namespaces, or "
        "start with --no-sandbox", reason->message);
  g_clear_error (&reason);
  return found;
}

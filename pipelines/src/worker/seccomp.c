/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FIRST_FOREIGN 0x40000000        /* of the x32 ABI */
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN G_MAXUINT32
#endif

#ifdef ARCHITECTURE
static const guint32 denied[] = {
  SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept4,
  SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd,
  SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
  SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_open_by_handle_at,
  SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open,
  SYS_userfaultfd, SYS_io_uring_setup, SYS_personality, SYS_mknodat,
  SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
  SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl
};

/* A sanitizer starts programs and traces itself at the end. */
static const guint32 denied_exec[] = { SYS_execve, SYS_execveat, SYS_ptrace };

static void
append (GArray * filter, guint16 code, guint32 value, guint8 yes, guint8 no)
{
  const struct sock_filter step = BPF_JUMP (code, value, yes, no);

  g_array_append_val (filter, step);
}

static void
deny (GArray * filter, guint32 call)
{
  append (filter, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
  append (filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

gboolean
seccomp_enter (gboolean exec)
{
  GArray *filter = g_array_new (FALSE, FALSE, sizeof (struct sock_filter));
  struct sock_fprog program;
  gboolean set;
  gsize i;

  append (filter, BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data,
          arch), 0, 0);
  append (filter, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  append (filter, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
  append (filter, BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr),
      0, 0);
  append (filter, BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN, 0, 1);
  append (filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
  for (i = 0; i < G_N_ELEMENTS (denied); i++)
    deny (filter, denied[i]);
  for (i = 0; !exec && i < G_N_ELEMENTS (denied_exec); i++)
    deny (filter, denied_exec[i]);
  append (filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  program = (const struct sock_fprog) {
    .len = (unsigned short) filter->len,
    .filter = (struct sock_filter *) filter->data,
  };
  set = prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  g_array_unref (filter);
  return set;
}
#else
gboolean
seccomp_enter (gboolean exec G_GNUC_UNUSED)
{
  return TRUE;
}
#endif

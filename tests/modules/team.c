/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors, control groups, and the OpenMP teams of denoisers. */
#define _GNU_SOURCE
#include "base/team.h"

#include "base/processors.h"
#include "suite.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- processors --- */

/* A file below a folder, with the folders that lead to it. */
static void write_file(const char *root, const char *name, const char *text) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", root, name);
  for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  fputs(text, file);
  fclose(file);
}

typedef struct {
  const char *membership;
  struct {
    const char *name, *text;
  } file[4];
  double quota;
} Group;

static const Group groups[] = {
    {"0::/\n", {{"cpu.max", "max 100000\n"}}, INFINITY},
    {"0::/\n", {{"cpu.max", "150000 100000\n"}}, 1.5},
    {"0::/\n", {{0}}, INFINITY},
    {"0::/a/b\n", {{"a/b/cpu.max", "400000 100000\n"}}, 4},
    /* a group above has less */
    {"0::/a/b\n", {{"a/cpu.max", "50000 25000\n"}, {"a/b/cpu.max", "max 100000\n"}}, 2},
    /* a container that sees itself as the root, but not in /proc */
    {"0::/docker/0123\n", {{"cpu.max", "300000 100000\n"}}, 3},
    /* version 1 */
    {"11:memory:/a\n5:cpu,cpuacct:/a\n0::/x\n",
     {{"cpu/a/cpu.cfs_quota_us", "250000\n"}, {"cpu/a/cpu.cfs_period_us", "100000\n"}},
     2.5},
    {"5:cpuset:/a\n",
     {{"cpu/a/cpu.cfs_quota_us", "250000\n"}, {"cpu/a/cpu.cfs_period_us", "100000\n"}},
     INFINITY},
    {"5:cpu:/\n",
     {{"cpu/cpu.cfs_quota_us", "-1\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
     INFINITY},
    {"no group\n\n:\n0:", {{"cpu.max", "nonsense\n"}}, INFINITY},
    {"0::/\n", {{"cpu.max", "0 0\n"}}, INFINITY},
};
enum { N_GROUPS = sizeof groups / sizeof *groups };

START_TEST(test_quota) {
  const Group *g = &groups[_i];
  char root[] = "/tmp/zsdenoise-team-XXXXXX", path[600], command[600];
  ck_assert_ptr_nonnull(mkdtemp(root));
  write_file(root, "membership", g->membership);
  for (int i = 0; i < 4 && g->file[i].name; i++)
    write_file(root, g->file[i].name, g->file[i].text);
  snprintf(path, sizeof path, "%s/membership", root);
  const double quota = zsd_processors_quota(path, root);
  snprintf(command, sizeof command, "rm -r %s", root);
  ck_assert_int_eq(system(command), 0);
  if (isinf(g->quota))
    ck_assert(isinf(quota));
  else
    ck_assert_double_eq_tol(quota, g->quota, 1e-9);
}
END_TEST

START_TEST(test_no_groups) {
  ck_assert(isinf(zsd_processors_quota("/nowhere/cgroup", "/nowhere")));
}
END_TEST

/* The mask of the calling thread says how many there are. */
START_TEST(test_affinity) {
  cpu_set_t one, before;
  ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
  ck_assert_int_le(zsd_processors(), CPU_COUNT(&before));
  ck_assert_int_ge(zsd_processors(), 1);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
    if (CPU_ISSET(i, &before))
      CPU_SET(i, &one);
  ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
  ck_assert_int_eq(zsd_processors(), 1);
}
END_TEST

/* --- teams --- */

/* Threads of this process of that name. */
static int threads_named(const char *name) {
  DIR *tasks = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent *task; (task = readdir(tasks));) {
    char path[600], comm[40] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *file = fopen(path, "r");
    if (file && fgets(comm, sizeof comm, file))
      comm[strcspn(comm, "\n")] = '\0';
    if (file)
      fclose(file);
    count += strcmp(comm, name) == 0;
  }
  closedir(tasks);
  return count;
}

static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Each item is done once, and no two threads have the same number. */
static void check_loop(int threads) {
  enum { ITEMS = 500 };
  static int done[ITEMS];
  static volatile int busy[ZSD_MOST_THREADS];
  int wrong = 0;
  memset(done, 0, sizeof done);
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : wrong)
  for (int i = 0; i < ITEMS; i++) {
    const int own = omp_get_thread_num();
    wrong += own < 0 || own >= threads || busy[own]++ != 0;
    if (i % 7 == 0)
      sched_yield();
    done[i]++;
    busy[own]--;
  }
  for (int i = 0; i < ITEMS; i++)
    wrong += done[i] != 1;
  ck_assert_int_eq(wrong, 0);
}

/* A set number of threads is what there is, named and deaf to signals. */
START_TEST(test_set) {
  static const int counts[] = {1, 2, 7};
  ZsdTeam *team = zsd_team_new((unsigned)counts[_i]);
  ck_assert_ptr_nonnull(team);
  ck_assert_int_eq(zsd_team_most(team), counts[_i]);
  for (int frame = 0; frame < 100; frame++) {
    const int threads = zsd_team_begin(team);
    ck_assert_int_eq(threads, counts[_i]);
    check_loop(threads);
  }
  ck_assert_int_eq(threads_named("zsdenoise"), counts[_i] - 1);
  int deaf = 0;
#pragma omp parallel num_threads(counts[_i]) reduction(+ : deaf)
  {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    deaf += sigismember(&mask, SIGUSR1);
  }
  ck_assert_int_eq(deaf, counts[_i] - 1); /* the caller's own mask is as it was */
  zsd_team_free(team);
}
END_TEST

/* The number of threads of this name, once it has been the same for a while: threads begin by
 * themselves, and take their names then. */
static int settled_threads_named(const char *name) {
  enum { SAME_FOR = 50, LONGEST = 5000 }; /* milliseconds */
  int count = threads_named(name);
  for (int i = 0, same = 0; i < LONGEST && same < SAME_FOR; i++) {
    sleep_ms(1);
    const int now = threads_named(name);
    same = now == count && now > 0 ? same + 1 : 0;
    count = now;
  }
  return count;
}

/* The threads that make the others wait quietly go with the last team, and come back. */
START_TEST(test_idle_threads) {
  int most = 0;
  for (int round = 0; round < 3; round++) {
    ZsdTeam *one = zsd_team_new(2), *other = zsd_team_new(3);
    zsd_team_begin(one);
    zsd_team_begin(other);
    zsd_team_begin(one);
    const int idle = settled_threads_named("zsdenoise-idle");
    ck_assert_int_le(idle, omp_get_num_procs() + 1);
    ck_assert(round == 0 || idle == most);
    most = idle;
    zsd_team_free(other);
    ck_assert_int_eq(threads_named("zsdenoise-idle"), idle);
    zsd_team_free(one);
    for (int i = 0; i < 1000 && threads_named("zsdenoise-idle"); i++)
      sleep_ms(1);
    ck_assert_int_eq(threads_named("zsdenoise-idle"), 0);
  }
}
END_TEST

/* Teams of an unset size share the processors while they are at work; one of a set size has
 * what was asked for. */
START_TEST(test_sharing) {
  enum { TEAMS = 300 };
  ZsdTeam *team[TEAMS], *set = zsd_team_new(5);
  const int all = zsd_processors();
  for (int i = 0; i < TEAMS; i++)
    ck_assert_ptr_nonnull(team[i] = zsd_team_new(0));
  ck_assert_int_eq(zsd_team_most(team[0]), all < ZSD_MOST_THREADS ? all : ZSD_MOST_THREADS);
  ck_assert_int_eq(zsd_team_begin(team[0]), zsd_team_most(team[0])); /* the others do nothing */
  for (int i = 0; i < TEAMS; i++)
    zsd_team_begin(team[i]);
  const int share = 2 * all / TEAMS;
  ck_assert_int_eq(zsd_team_begin(team[0]), share < 1 ? 1 : share);
  ck_assert_int_eq(zsd_team_begin(set), 5);
  sleep_ms(1200);
  ck_assert_int_eq(zsd_team_begin(team[1]), zsd_team_most(team[1])); /* alone again */
  for (int i = 0; i < TEAMS; i++)
    zsd_team_free(team[i]);
  zsd_team_free(set);
}
END_TEST

START_TEST(test_life) {
  zsd_team_free(NULL);
  for (unsigned i = 0; i < 200; i++) {
    ZsdTeam *team = zsd_team_new(i % 5);
    ck_assert_ptr_nonnull(team);
    ck_assert_int_ge(zsd_team_most(team), 1);
    if (i % 2)
      check_loop(zsd_team_begin(team));
    zsd_team_free(team);
  }
  ZsdTeam *team = zsd_team_new(UINT_MAX);
  ck_assert_int_eq(zsd_team_most(team), ZSD_MOST_THREADS);
  zsd_team_free(team);
}
END_TEST

/* Streams in threads of their own, each with its own team. */
static void *stream(void *data) {
  ZsdTeam *team = data;
  for (int frame = 0; frame < 50; frame++) {
    const int threads = zsd_team_begin(team);
    int sum = 0;
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : sum)
    for (int i = 0; i < 100; i++)
      sum += i;
    ck_assert_int_eq(sum, 4950);
  }
  return NULL;
}

START_TEST(test_streams) {
  enum { STREAMS = 8 };
  pthread_t thread[STREAMS];
  ZsdTeam *team[STREAMS];
  for (unsigned i = 0; i < STREAMS; i++) {
    team[i] = zsd_team_new(i % 3);
    ck_assert_int_eq(pthread_create(&thread[i], NULL, stream, team[i]), 0);
  }
  for (int i = 0; i < STREAMS; i++)
    pthread_join(thread[i], NULL);
  for (int i = 0; i < STREAMS; i++)
    zsd_team_free(team[i]);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("team");
  TCase *tc = tcase_create("team");
  tcase_add_loop_test(tc, test_quota, 0, N_GROUPS);
  tcase_add_test(tc, test_no_groups);
  tcase_add_test(tc, test_affinity);
  tcase_add_loop_test(tc, test_set, 0, 3);
  tcase_add_test(tc, test_idle_threads);
  tcase_add_test(tc, test_sharing);
  tcase_add_test(tc, test_life);
  tcase_add_test(tc, test_streams);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}

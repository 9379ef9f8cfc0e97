/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Duration of a training step, as published: the whole picture, fp32.
 *
 *   bench-step PICTURE WIDTH HEIGHT STEPS THREADS
 *
 * PICTURE holds floats, 0..1, of three channels, plane by plane. The first step is not counted.
 * Prints the median of wall time and the mean of processor time a step in milliseconds, the
 * loss of the last step and the instruction set, each in a line after its name. */
#define _XOPEN_SOURCE 600 /* clock_gettime, getrusage */
#include "base/cpu.h"
#include "base/team.h"
#include "learning/zsn2n_loss.h"
#include "settings.h"
#include "learning/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { CHANNELS = 3, MAX_STEPS = 10000 };

static void fail(const char *why) {
  fprintf(stderr, "bench-step: %s\n", why);
  exit(1);
}

static void read_picture(ZsdTensor *picture, const char *path, int width, int height) {
  const size_t n = (size_t)CHANNELS * width * height;
  FILE *file = fopen(path, "rb");
  if (zsd_tensor_resize(picture, CHANNELS, height, width))
    fail("no memory");
  if (!file || fread(picture->data, sizeof(float), n, file) != n)
    fail("the picture cannot be read");
  fclose(file);
}

/* --- time --- */

typedef struct {
  unsigned steps;
  double wall[MAX_STEPS]; /* seconds, after each step */
  double cpu[MAX_STEPS];
} Times;

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void note_time(void *user, const ZsdTraining *training) {
  Times *times = user;
  times->wall[times->steps] = training->seconds;
  times->cpu[times->steps] = cpu_seconds();
  times->steps++;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print(const Times *times, const ZsdTraining *training, unsigned flags) {
  static double each[MAX_STEPS];
  const unsigned n = times->steps - 1;
  for (unsigned i = 0; i < n; i++)
    each[i] = times->wall[i + 1] - times->wall[i];
  qsort(each, n, sizeof *each, compare);
  printf("ms-per-step %.3f\ncpu-ms-per-step %.3f\nloss %.6f\nisa %s\n", 1000 * each[n / 2],
         1000 * (times->cpu[n] - times->cpu[0]) / n, training->loss, zsd_cpu_name(flags));
}

/* --- learning --- */

static void learn(const ZsdTensor *picture, unsigned steps, int threads, unsigned flags) {
  const ZsdSettings s = zsd_settings_resolve(&(ZsdSettings){.profile = ZSD_PROFILE_PAPER});
  const ZsdSchedule schedule = {.steps = steps,
                                .learning_rate = s.learning_rate,
                                .step_size = s.step_size,
                                .gamma = s.gamma,
                                .threads = threads};
  const ZsdShape shape = {CHANNELS, (int)s.hidden_channels, CHANNELS};
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(flags));
  ZsdZsn2nLoss *zsn2n = zsd_zsn2n_loss_new(picture, shape, threads);
  ZsdNetwork net = {0};
  ZsdTraining training;
  static Times times;
  const ZsdObserver observer = {&times, note_time, NULL};

  if (!trainer || !zsn2n || zsd_network_resize(&net, shape))
    fail("no memory");
  zsd_network_init(&net, 1);
  const ZsdObjective objective = zsd_zsn2n_loss_objective(zsn2n);
  if (zsd_trainer_run(trainer, &net, &objective, &schedule, &observer, &training) == ZSD_FAILED)
    fail("no memory");
  print(&times, &training, flags);
  zsd_network_clear(&net);
  zsd_zsn2n_loss_free(zsn2n);
  zsd_trainer_free(trainer);
}

int main(int argc, char **argv) {
  ZsdTensor picture = {0};
  char error[200];
  unsigned flags;
  if (argc != 6 || atoi(argv[4]) < 2 || atoi(argv[4]) > MAX_STEPS)
    fail("give PICTURE WIDTH HEIGHT STEPS THREADS");
  if (zsd_cpu_choose(&flags, error, sizeof error))
    fail(error);
  read_picture(&picture, argv[1], atoi(argv[2]), atoi(argv[3]));
  ZsdTeam *team = zsd_team_new((unsigned)atoi(argv[5]));
  if (!team)
    fail("no memory");
  learn(&picture, atoi(argv[4]), zsd_team_begin(team), flags);
  zsd_team_free(team);
  zsd_tensor_clear(&picture);
  return 0;
}

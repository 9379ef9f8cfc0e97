/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network that is learned in one run is what learning begins with in another. */
#include "frames.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* Each frame by itself, so that the past plays no part. */
static ZsdSettings alone_settings(ZsdProfile profile) {
  ZsdSettings s = quick_settings();
  s.profile = profile;
  s.temporal = s.warm_start = false;
  return s;
}

/* Model trained on a noisy frame; `p` is the denoised frame. */
static void teach(ZsdModel *model, Picture *p, const char *format, const ZsdSettings *s) {
  ZsdDenoiser *d = new_denoiser();
  new_scene(p, format, 0, 25, 1);
  process(d, p, s);
  ck_assert_int_eq(zsd_denoiser_model(d, model), 0);
  zsd_denoiser_free(d);
}

static double largest_difference(const ZsdModel *a, const ZsdModel *b) {
  double most = 0;
  ck_assert_uint_eq(a->count, b->count);
  for (size_t i = 0; i < a->count; i++)
    most = fmax(most, fabs(a->params[i] - b->params[i]));
  return most;
}

/* PyTorch's count for Conv2d layers. */
START_TEST(test_shape) {
  static const int shapes[][3] = {{1, 1, 1}, {3, 52, 3}, {15, 52, 6}, {27, 7, 12}};
  ZsdModel model = {0};
  for (int i = 0; i < 4; i++) {
    const int in = shapes[i][0], hidden = shapes[i][1], out = shapes[i][2];
    ck_assert_int_eq(zsd_model_resize(&model, in, hidden, out), 0);
    ck_assert_int_eq(model.inputs, in);
    ck_assert_int_eq(model.hidden, hidden);
    ck_assert_int_eq(model.outputs, out);
    ck_assert_uint_eq(model.count, hidden * in * 9 + hidden + hidden * hidden * 9 + hidden +
                                       out * hidden + out);
    for (size_t p = 0; p < model.count; p++)
      ck_assert(model.params[p] == 0);
  }
  zsd_model_clear(&model);
  ck_assert_ptr_null(model.params);
}
END_TEST

static const ZsdProfile profiles[] = {ZSD_PROFILE_BALANCED, ZSD_PROFILE_PAPER};

/* The same frame comes out of the next run as it did after learning, to the bit, though nothing
 * is learned there. */
START_TEST(test_begins_where_it_ended) {
  ZsdSettings s = alone_settings(profiles[_i]);
  ZsdModel model = {0};
  Picture former, p;
  teach(&model, &former, "RGB", &s);

  ZsdDenoiser *d = new_denoiser();
  s.epochs = 0;
  s.hidden_channels = 0; /* it is the model's */
  ck_assert_int_eq(zsd_denoiser_start_from(d, &model), 0);
  memset(model.params, 0, model.count * sizeof(float)); /* it has a copy */
  new_scene(&p, "RGB", 0, 25, 1);
  process(d, &p, &s);
  ck_assert_mem_eq(p.memory, former.memory, p.size);
  const ZsdStatus status = status_of(d);
  ck_assert_int_eq(status.state, ZSD_STATE_FILTERING);
  ck_assert_uint_eq(status.trainings, 0);
  ck_assert_uint_eq(status.updates, 0);
  ck_assert_uint_eq(status.keyframes, 1);
  ck_assert_int_eq(zsd_denoiser_model(d, &model), 1); /* nothing was learned */
  picture_free(&p);
  picture_free(&former);
  zsd_model_clear(&model);
  zsd_denoiser_free(d);
}
END_TEST

/* Every keyframe begins with the model; with steps that are asked for it learns on from it. */
START_TEST(test_learns_on) {
  ZsdSettings s = alone_settings(ZSD_PROFILE_BALANCED);
  ZsdModel model = {0}, after = {0};
  Picture p;
  teach(&model, &p, "GRAY8", &s);
  picture_free(&p);

  ZsdDenoiser *d = new_denoiser();
  ck_assert_int_eq(zsd_denoiser_start_from(d, &model), 0);
  s.epochs = 20;
  s.learning_rate = 1e-4;
  for (int i = 0; i < 3; i++) {
    gain_of_frame(d, "GRAY8", 0, i, &s);
    ck_assert_int_eq(zsd_denoiser_model(d, &after), 0);
    ck_assert_double_gt(largest_difference(&after, &model), 0);
    ck_assert_double_le(largest_difference(&after, &model),
                        3e-3); /* Adam's steps are bounded */
    ck_assert_uint_eq(status_of(d).updates, i + 1);
    zsd_denoiser_reset(d);
  }

  /* Without it, with random ones again. */
  ck_assert_int_eq(zsd_denoiser_start_from(d, NULL), 0);
  s = alone_settings(ZSD_PROFILE_BALANCED);
  gain_of_frame(d, "GRAY8", 0, 2, &s);
  ck_assert_int_eq(zsd_denoiser_model(d, &after), 0);
  ck_assert_double_gt(largest_difference(&after, &model), 0.05);
  zsd_model_clear(&model);
  zsd_model_clear(&after);
  zsd_denoiser_free(d);
}
END_TEST

/* Frozen, it filters with the weights that are there, and learns nothing; without any, frames
 * pass. */
START_TEST(test_frozen) {
  ZsdSettings s = zsd_settings_default();
  ZsdModel model = {0};
  ZsdDenoiser *d = new_denoiser();
  s.frozen = true;
  s.finetune_interval = 1;
  for (int frame = 0; frame < 12; frame++) {
    ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, frame, &s), 2);
    ck_assert_int_eq(zsd_denoiser_model(d, &model), 1); /* nothing was learned */
  }
  ck_assert_uint_eq(status_of(d).updates, 0);
  s.warm_start = false;
  zsd_denoiser_reset(d);
  for (int frame = 0; frame < 3; frame++)
    ck_assert_double_eq(gain_of_frame(d, "GRAY8", 0, frame, &s), 0);
  zsd_denoiser_free(d);
}
END_TEST

/* From frame to frame it learns as much as with the built-in weights, not as with random ones.
 */
START_TEST(test_course) {
  ZsdSettings s = zsd_settings_default();
  s.hidden_channels = 8;
  ZsdModel model = {0};
  unsigned steps[2];
  for (int i = 0; i < 2; i++) {
    ZsdDenoiser *d = new_denoiser();
    s.warm_start = i == 0;
    if (i == 1)
      ck_assert_int_eq(zsd_denoiser_start_from(d, &model), 0);
    for (int frame = 0; frame < 3; frame++)
      gain_of_frame(d, "GRAY8", 0, frame, &s);
    steps[i] = status_of(d).training.steps;
    ck_assert_int_eq(zsd_denoiser_model(d, &model), 0);
    zsd_denoiser_free(d);
  }
  ck_assert_uint_eq(steps[0], steps[1]);
  zsd_model_clear(&model);
}
END_TEST

START_TEST(test_nothing_learned) {
  const ZsdSettings s = alone_settings(ZSD_PROFILE_BALANCED);
  ZsdDenoiser *d = new_denoiser();
  ZsdModel model = {0};
  Picture flat;
  ck_assert_int_eq(zsd_denoiser_model(d, &model), 1);
  new_scene(&flat, "GRAY8", 0, 0, 0);
  picture_flat(&flat.image, 0.5);
  process(d, &flat, &s);
  ck_assert_int_eq(zsd_denoiser_model(d, &model), 1);
  picture_free(&flat);
  zsd_denoiser_free(d);
}
END_TEST

/* A model that is not for such frames leaves them as they are, however many there are. */
START_TEST(test_mismatch) {
  const ZsdSettings learning = alone_settings(ZSD_PROFILE_BALANCED);
  ZsdModel model = {0};
  Picture former;
  teach(&model, &former, "I420", &learning);
  picture_free(&former);
  ck_assert_int_eq(model.inputs, 15);
  ck_assert_int_eq(model.outputs, 6);

  const struct {
    const char *format;
    ZsdProfile profile;
    unsigned hidden;
    ZsdResult result;
  } cases[] = {
      {"RGB", ZSD_PROFILE_BALANCED, 0, ZSD_MISMATCH},
      {"GRAY8", ZSD_PROFILE_BALANCED, 0, ZSD_MISMATCH},
      {"I420", ZSD_PROFILE_PAPER, 0, ZSD_MISMATCH},
      {"I420", ZSD_PROFILE_BALANCED, learning.hidden_channels + 1, ZSD_MISMATCH},
      {"I420", ZSD_PROFILE_BALANCED, learning.hidden_channels, ZSD_OK},
      {"P010", ZSD_PROFILE_REALTIME, 0, ZSD_OK},
  };
  ZsdDenoiser *d = new_denoiser();
  ck_assert_int_eq(zsd_denoiser_start_from(d, &model), 0);
  for (unsigned i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
    Picture p, before;
    ZsdSettings s = zsd_settings_default();
    s.profile = cases[i / 2].profile;
    s.hidden_channels = cases[i / 2].hidden;
    new_scene(&p, cases[i / 2].format, 0, 25, i);
    picture_copy(&before, &p);
    ck_assert_int_eq(zsd_denoiser_process(d, &p.image, 0, &s), cases[i / 2].result);
    const ZsdStatus status = status_of(d);
    if (cases[i / 2].result == ZSD_MISMATCH)
      ck_assert_mem_eq(p.memory, before.memory, p.size);
    const int hidden = (int)s.hidden_channels;
    ck_assert_int_eq(status.network.hidden, hidden ? hidden : model.hidden);
    ck_assert(cases[i / 2].result == ZSD_MISMATCH || status.network.outputs == model.outputs);
    picture_free(&p);
    picture_free(&before);
  }
  zsd_model_clear(&model);
  zsd_denoiser_free(d);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("model");
  TCase *tcase = tcase_create("model");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, test_shape);
  tcase_add_loop_test(tcase, test_begins_where_it_ended, 0, 2);
  tcase_add_test(tcase, test_learns_on);
  tcase_add_test(tcase, test_frozen);
  tcase_add_test(tcase, test_course);
  tcase_add_test(tcase, test_nothing_learned);
  tcase_add_test(tcase, test_mismatch);
  suite_add_tcase(suite, tcase);
  return suite;
}

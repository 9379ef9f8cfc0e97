/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_OBJECTS = 400,
  BLUR_STEPS = 8 /* positions that a blurred frame is the mean of */
};

static const double PI = 3.14159265358979;

typedef enum {
  PAN,
  CAMERA,
  SHAKE,
  ROTATE,
  ZOOM,
  ROLLING,
  BLUR,
  CROSS,
  WATER,
  LEAVES,
  CONFETTI,
  CROWD,
  KINDS
} Kind;

typedef struct {
  const char *name;
  double amount; /* unless it is given */
  double shake;  /* of the hand that holds the camera, samples a frame */
} KindInfo;

static const KindInfo kinds[KINDS] = {
    [PAN] = {"pan", 0, 0},           [CAMERA] = {"camera", 0, 0},
    [SHAKE] = {"shake", 10, 0},      [ROTATE] = {"rotate", 1, 1},
    [ZOOM] = {"zoom", 2, 1},         [ROLLING] = {"rolling", 10, 0},
    [BLUR] = {"blur", 10, 0},        [CROSS] = {"cross", 0, 2},
    [WATER] = {"water", 0, 1},       [LEAVES] = {"leaves", 0, 1},
    [CONFETTI] = {"confetti", 0, 2}, [CROWD] = {"crowd", 0, 1},
};

typedef struct {
  double x, y;
} Point;

/* An ellipse cut from the other picture. */
typedef struct {
  Point centre, velocity; /* in the first frame, samples; samples a frame */
  Point radius, source;   /* samples; of its centre in the picture */
  double sway;            /* of its centre to and fro, samples */
  double phase, turn;     /* of the sway and the angle, radians; radians a frame */
  bool plain;             /* of the one colour at its source */
} Object;

struct Scene {
  Kind kind;
  double amount;
  const Picture *picture, *other;
  int width, height, frames;
  Point *path; /* of the camera, at the beginning of each frame and one more */
  Object objects[MAX_OBJECTS];
  int object_count;
  uint32_t random;
};

/* --- pictures --- */

int picture_width(const Picture *p, int c) {
  return c ? (p->width + 1) / 2 : p->width;
}

int picture_height(const Picture *p, int c) {
  return c ? (p->height + 1) / 2 : p->height;
}

size_t picture_size(const Picture *p) {
  return (size_t)p->width * p->height + 2 * (size_t)picture_width(p, 1) * picture_height(p, 1);
}

uint8_t *picture_plane(const Picture *p, int c) {
  const size_t luma = (size_t)p->width * p->height;
  const size_t chroma = (size_t)picture_width(p, 1) * picture_height(p, 1);
  return p->data + (c == 0 ? 0 : luma + (c - 1) * chroma);
}

static int mirrored(int i, int n) {
  i %= 2 * n;
  i += i < 0 ? 2 * n : 0;
  return i < n ? i : 2 * n - 1 - i;
}

static void cubic_weights(double w[4], double t) {
  w[0] = ((-t + 2) * t - 1) * t / 2;
  w[1] = ((3 * t - 5) * t * t + 2) / 2;
  w[2] = ((-3 * t + 4) * t + 1) * t / 2;
  w[3] = (t - 1) * t * t / 2;
}

/* The picture at a place, by cubic splines (Catmull-Rom). Places are in luma samples, whose
 * centres are at halves. */
static double sample(const Picture *p, int c, Point place) {
  const int width = picture_width(p, c), height = picture_height(p, c);
  const uint8_t *plane = picture_plane(p, c);
  const double x = place.x / (c ? 2 : 1) - 0.5, y = place.y / (c ? 2 : 1) - 0.5;
  const int left = (int)floor(x), top = (int)floor(y);
  double across[4], down[4], sum = 0;
  if (x == left && y == top)
    return plane[(size_t)mirrored(top, height) * width + mirrored(left, width)];
  cubic_weights(across, x - left);
  cubic_weights(down, y - top);
  for (int i = 0; i < 4; i++) {
    const uint8_t *row = plane + (size_t)mirrored(top - 1 + i, height) * width;
    for (int j = 0; j < 4; j++)
      sum += down[i] * across[j] * row[mirrored(left - 1 + j, width)];
  }
  return sum;
}

/* --- chance --- */

/* Uniform in [from, to). */
static double chance(Scene *s, double from, double to) {
  s->random = s->random * 1664525 + 1013904223;
  return from + (to - from) * (s->random >> 8) / (1 << 24);
}

/* --- objects --- */

static Object *add_object(Scene *s, double smallest, double largest, double speed) {
  Object *o = &s->objects[s->object_count++];
  const double angle = chance(s, 0, 2 * PI), radius = chance(s, smallest, largest);
  *o = (Object){.centre = {chance(s, 0, s->width), chance(s, 0, s->height)},
                .velocity = {speed * cos(angle), speed * sin(angle)},
                .radius = {radius, radius * chance(s, 0.5, 1)},
                .source = {chance(s, 0, s->other->width), chance(s, 0, s->other->height)},
                .phase = chance(s, 0, 2 * PI)};
  return o;
}

/* So many objects for each 256x256 samples. */
static int count_of(const Scene *s, double density) {
  const int count = (int)ceil(density * s->width * s->height / (256 * 256));
  return count < MAX_OBJECTS ? count : MAX_OBJECTS;
}

static void add_objects(Scene *s) {
  if (s->kind == CROSS)
    for (int i = count_of(s, 3); i > 0; i--)
      add_object(s, s->height / 8.0, s->height / 4.0, chance(s, 6, 15));
  if (s->kind == CROWD)
    for (int i = count_of(s, 40); i > 0; i--)
      add_object(s, 8, 20, chance(s, 1, 6))->sway = 1;
  if (s->kind == LEAVES)
    for (int i = count_of(s, 120); i > 0; i--) {
      Object *o = add_object(s, 4, 10, 0);
      o->sway = chance(s, 2, 6);
      o->turn = chance(s, -0.2, 0.2);
    }
  if (s->kind == CONFETTI)
    for (int i = count_of(s, 250); i > 0; i--) {
      Object *o = add_object(s, 1, 4, chance(s, 1, 4));
      o->velocity.y += 6;
      o->turn = chance(s, -1, 1);
      o->plain = true;
    }
}

/* `x` in [-around, size + around), come back on the other side. */
static double wrapped(double x, double around, double size) {
  const double length = size + 2 * around;
  return x - length * floor((x + around) / length);
}

/* Part of the place that the object covers, and the place in its picture. */
static double cover(const Scene *s, const Object *o, Point place, double time, Point *source) {
  const double sway = o->sway * sin(0.9 * time + o->phase), around = o->radius.x + 2;
  const double x =
      place.x - wrapped(o->centre.x + o->velocity.x * time + sway, around, s->width);
  const double y =
      place.y - wrapped(o->centre.y + o->velocity.y * time + sway / 2, around, s->height);
  if (fabs(x) > around || fabs(y) > around)
    return 0;
  const double angle = o->phase + o->turn * time;
  const double u = x * cos(angle) + y * sin(angle), v = y * cos(angle) - x * sin(angle);
  const double edge = 1 - hypot(u / o->radius.x, v / o->radius.y);
  *source = o->plain ? o->source : (Point){o->source.x + u, o->source.y + v};
  return fmin(fmax(edge * o->radius.y + 0.5, 0), 1);
}

/* --- the camera --- */

static void make_path(Scene *s) {
  const double step = kinds[s->kind].shake > 0 ? kinds[s->kind].shake : s->amount;
  Point at = {0, 0};
  for (int i = 0; i <= s->frames; i++) {
    const double angle = s->kind == BLUR ? 0.6 + 0.05 * i : chance(s, 0, 2 * PI);
    const bool even = s->kind == PAN || s->kind == CAMERA;
    s->path[i] = at;
    at.x += even ? 2 + i % 4 : step * cos(angle);
    at.y += even ? 5 - i % 4 : step * sin(angle);
  }
}

static Point path_at(const Scene *s, double time) {
  const int i = time < s->frames ? (int)time : s->frames - 1;
  const double part = time - i;
  const Point a = s->path[i], b = s->path[i + 1];
  return (Point){a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
}

/* A window of two fifths by nine twentieths: 18 % of the frame. */
static bool is_in_window(const Scene *s, Point place) {
  return place.x >= 2 * (s->width * 3 / 20) && place.x < 2 * (s->width * 7 / 20) &&
         place.y >= 2 * (s->height * 11 / 80) && place.y < 2 * (s->height * 29 / 80);
}

/* The place in the picture that is shown at a place of the frame. */
static Point look(const Scene *s, Point place, double time) {
  if (s->kind == CAMERA && !is_in_window(s, place))
    return place;
  if (s->kind == ROLLING)
    time += 0.8 * place.y / s->height;
  const Point at = path_at(s, time);
  const double there_and_back = fabs(fmod(time, 16) - 8) - 4;
  const double angle = s->kind == ROTATE ? s->amount * PI / 180 * time : 0;
  const double scale = s->kind == ZOOM ? pow(1 + s->amount / 100, there_and_back) : 1;
  Point p = place;
  if (angle != 0 || scale != 1) {
    const double x = place.x - s->width / 2.0, y = place.y - s->height / 2.0;
    p.x = s->width / 2.0 + (x * cos(angle) - y * sin(angle)) / scale;
    p.y = s->height / 2.0 + (x * sin(angle) + y * cos(angle)) / scale;
  }
  if (s->kind == WATER) {
    p.x += 2.5 * sin(0.11 * p.x + 0.07 * p.y + 0.9 * time) + sin(0.31 * p.y - 1.4 * time);
    p.y += 2.0 * sin(0.15 * p.y - 0.04 * p.x + 1.1 * time) + sin(0.27 * p.x + 1.7 * time);
  }
  return (Point){p.x + at.x, p.y + at.y};
}

/* --- frames --- */

static double value_at(const Scene *s, int c, Point place, double time) {
  double value = sample(s->picture, c, look(s, place, time));
  for (int i = 0; i < s->object_count; i++) {
    Point source;
    const double part = cover(s, &s->objects[i], place, time, &source);
    if (part > 0)
      value += part * (sample(s->other, c, source) - value);
  }
  return value;
}

void scene_paint(const Scene *s, const Picture *frame, int number) {
  const int steps = s->kind == BLUR ? BLUR_STEPS : 1;
  for (int c = 0; c < 3; c++) {
    const int width = picture_width(frame, c), height = picture_height(frame, c);
    const double size = c ? 2 : 1;
#pragma omp parallel for
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const Point place = {size * (x + 0.5), size * (y + 0.5)};
        double sum = 0;
        for (int i = 0; i < steps; i++)
          sum += value_at(s, c, place, number + 0.5 * i / steps);
        picture_plane(frame, c)[(size_t)y * width + x] =
            (uint8_t)fmin(fmax(sum / steps + 0.5, 0), 255);
      }
  }
}

static bool set_kind(Scene *s, const char *text) {
  const size_t n = strcspn(text, ":");
  for (s->kind = 0; s->kind < KINDS; s->kind++) {
    const char *name = kinds[s->kind].name;
    if (strlen(name) == n && !strncmp(name, text, n)) {
      s->amount = text[n] ? atof(text + n + 1) : kinds[s->kind].amount;
      return true;
    }
  }
  return false;
}

Scene *scene_new(const char *kind, const Picture *picture, const Picture *other, int width,
                 int height, int frames) {
  Scene *s = calloc(1, sizeof *s);
  if (!s || !set_kind(s, kind) || !(s->path = malloc((frames + 1) * sizeof *s->path))) {
    free(s);
    return NULL;
  }
  s->picture = picture;
  s->other = other;
  s->width = width;
  s->height = height;
  s->frames = frames;
  s->random = 1;
  make_path(s);
  add_objects(s);
  return s;
}

void scene_free(Scene *s) {
  free(s->path);
  free(s);
}

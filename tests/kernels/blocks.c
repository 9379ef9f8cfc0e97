/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels that compare blocks, exact in all instruction sets. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 16 };

typedef enum { RANDOM, ENDS, BLACK, WHITE, N_KINDS } Kind;

/* A block in memory of exactly its size. */
typedef struct {
  Buffer buffer;
  const uint8_t *first; /* upper left byte, past the others where `row` is negative */
  ptrdiff_t row;
} Block;

static uint8_t value_of(Check *check, Kind kind) {
  switch (kind) {
  case ENDS:
    return check_random(check, 0, 1) ? 255 : 0;
  case BLACK:
    return 0;
  case WHITE:
    return 255;
  case RANDOM:
  case N_KINDS:
    break;
  }
  return (uint8_t)check_random(check, 0, 255);
}

static Block block_new(Check *check, Kind kind, ptrdiff_t row) {
  const size_t size = (size_t)(llabs(row) * (SIDE - 1) + SIDE);
  Block block = {.buffer = buffer_new(check, size, 1), .row = row};
  uint8_t *bytes = block.buffer.data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = value_of(check, kind);
  block.first = row < 0 ? bytes - row * (SIDE - 1) : bytes;
  buffer_remember(&block.buffer);
  return block;
}

static void block_free(Check *check, Block *block, const char *name) {
  for (size_t i = 0; i < block->buffer.size; i++)
    if (((const uint8_t *)block->buffer.data)[i] != buffer_was(&block->buffer, i))
      check_fail(check, "%s: byte %zu changed", name, i);
  buffer_free(check, &block->buffer, name);
}

static void check_blocks(Check *check, Kind a_kind, ptrdiff_t a_row, Kind b_kind,
                         ptrdiff_t b_row) {
  if (!check_wanted(check))
    return;
  Block a = block_new(check, a_kind, a_row), b = block_new(check, b_kind, b_row);
  unsigned expected = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    const int x = a.first[i / SIDE * a_row + i % SIDE];
    const int y = b.first[i / SIDE * b_row + i % SIDE];
    expected += (unsigned)(x > y ? x - y : y - x);
  }
  const unsigned got = check->set->sad16(a.first, a_row, b.first, b_row);
  const unsigned plain = check->plain->sad16(a.first, a_row, b.first, b_row);
  if (got != expected || plain != expected)
    check_fail(check, "kinds %d and %d, rows %td and %td: %u, in plain C %u, not %u", a_kind,
               b_kind, a_row, b_row, got, plain, expected);
  block_free(check, &a, "first block");
  block_free(check, &b, "second block");
}

/* All pairs of kinds; rows that overlap, are adjacent, are apart, are the same row, or run
 * upwards. */
void check_sad16(Check *check) {
  static const ptrdiff_t rows[] = {0, 1, 15, 16, 17, 64, 999, -16, -17, -64, -131};
  const int n_rows = sizeof rows / sizeof *rows;
  for (int a = 0; a < N_KINDS; a++)
    for (int b = 0; b < N_KINDS; b++)
      for (int i = 0; i < n_rows; i++)
        for (int j = 0; j < n_rows; j++)
          check_blocks(check, (Kind)a, rows[i], (Kind)b, rows[j]);
  for (int trial = 0; trial < 2000; trial++)
    check_blocks(check, RANDOM, check_random(check, -90, 90), RANDOM,
                 check_random(check, -90, 90));
}

/* --- displacement --- */

/* A block with the samples around it, in memory of exactly their size. */
static Block surrounded_new(Check *check, Kind kind, ptrdiff_t row) {
  const size_t size = (size_t)((SIDE + 1) * row + SIDE + 2);
  Block block = {.buffer = buffer_new(check, size, 1), .row = row};
  uint8_t *bytes = block.buffer.data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = value_of(check, kind);
  block.first = bytes + row + 1;
  buffer_remember(&block.buffer);
  return block;
}

static void check_displacement(Check *check, Kind now_kind, ptrdiff_t now_row, Kind before_kind,
                               ptrdiff_t before_row) {
  if (!check_wanted(check))
    return;
  Block now = block_new(check, now_kind, now_row);
  Block before = surrounded_new(check, before_kind, before_row);
  ZsdDisplacementSums set, plain, expected = {0};
  for (int i = 0; i < SIDE * SIDE; i++) {
    const uint8_t *b = before.first + i / SIDE * before_row + i % SIDE;
    const int x = b[1] - b[-1], y = b[before_row] - b[-before_row];
    const int d = now.first[i / SIDE * now_row + i % SIDE] - *b;
    expected.xx += x * x;
    expected.xy += x * y;
    expected.yy += y * y;
    expected.xd += x * d;
    expected.yd += y * d;
  }
  check->set->displacement16(&set, now.first, now_row, before.first, before_row);
  check->plain->displacement16(&plain, now.first, now_row, before.first, before_row);
  if (memcmp(&set, &expected, sizeof set) != 0 || memcmp(&plain, &expected, sizeof plain) != 0)
    check_fail(check, "kinds %d and %d, rows %td and %td: other sums", now_kind, before_kind,
               now_row, before_row);
  block_free(check, &now, "block");
  block_free(check, &before, "block with its surroundings");
}

void check_displacement16(Check *check) {
  for (int a = 0; a < N_KINDS; a++)
    for (int b = 0; b < N_KINDS; b++)
      check_displacement(check, (Kind)a, SIDE, (Kind)b, SIDE + 2);
  for (int trial = 0; trial < 1000; trial++)
    check_displacement(check, (Kind)check_random(check, 0, N_KINDS - 1),
                       check_random(check, -90, 90), (Kind)check_random(check, 0, N_KINDS - 1),
                       check_random(check, SIDE + 2, 90));
}

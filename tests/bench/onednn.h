/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN's ways to compute one 3x3 layer with biases and, where they have it, LeakyReLU, in
 * formats of its own choice. It takes as many threads as there are processors for the process,
 * and the instruction sets that the environment variable ONEDNN_MAX_CPU_ISA allows. */
#ifndef BENCH_ONEDNN_H
#define BENCH_ONEDNN_H

#include <stdbool.h>

typedef struct OneDnnLayer OneDnnLayer;

/* A layer of n to n channels. NULL: oneDNN has no such way here, or was not built in. */
OneDnnLayer *onednn_layer_new(int n, int width, int height, bool bf16, bool winograd);
void onednn_layer_free(OneDnnLayer *layer);

/* Name of the implementation that oneDNN chose. */
const char *onednn_layer_name(const OneDnnLayer *layer);

void onednn_layer_run(void *layer);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/built_in_weights.h"

#include "network/input_features.h"

#include <string.h>

/* The file's contents. ZSD_START_WEIGHTS: its path. */
__asm__(".pushsection .rodata\n"
        ".hidden zsd_start_begin\n"
        ".hidden zsd_start_end\n"
        ".globl zsd_start_begin\n"
        ".globl zsd_start_end\n"
        "zsd_start_begin:\n"
        ".incbin \"" ZSD_START_WEIGHTS "\"\n"
        "zsd_start_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const uint8_t zsd_start_begin[] __attribute__((visibility("hidden")));
extern const uint8_t zsd_start_end[] __attribute__((visibility("hidden")));

enum {
  HEADER = 2,  /* bytes before a network's layers */
  NUMBERS = 8, /* bytes of an output channel's scale and bias */
};

/* Shape of a stored layer. */
typedef struct {
  int n_in, n_out, taps;
} Stored;

static Stored stored_layer(int layer, int channels, int hidden) {
  return (Stored){layer == 0 ? zsd_inputs_count(channels, true) : hidden,
                  layer == ZSD_LAYERS - 1 ? channels : hidden, layer == ZSD_LAYERS - 1 ? 1 : 9};
}

/* Bytes of a stored network without its header. */
static size_t stored_size(int channels, int hidden) {
  size_t size = 0;
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const Stored s = stored_layer(l, channels, hidden);
    size += (size_t)s.n_out * (NUMBERS + (size_t)s.n_in * s.taps);
  }
  return size;
}

/* The header of the widest suitable network for this shape, or NULL. */
static const uint8_t *find(ZsdShape shape, const uint8_t *bytes, size_t size) {
  const uint8_t *best = NULL;
  while (size >= HEADER) {
    const size_t needed = HEADER + stored_size(bytes[0], bytes[1]);
    if (needed > size)
      break;
    if (bytes[0] == shape.outputs && bytes[1] > (best ? best[1] : 0) &&
        bytes[1] <= shape.hidden)
      best = bytes;
    bytes += needed;
    size -= needed;
  }
  return best;
}

static float read_float(const uint8_t *bytes) {
  const uint32_t bits =
      bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Reads an output channel of a layer. The `n - stored` weights that are not stored become 0.
 * Returns the position of the next channel. */
static const uint8_t *read_output(float *weights, float *bias, int n, int stored,
                                  const uint8_t *bytes) {
  const float scale = read_float(bytes);
  *bias = read_float(bytes + 4);
  bytes += NUMBERS;
  for (int i = 0; i < stored; i++)
    weights[i] = scale * (float)(int8_t)bytes[i];
  for (int i = stored; i < n; i++)
    weights[i] = 0;
  return bytes + stored;
}

int zsd_built_in_weights_read(ZsdNetwork *net, const uint8_t *bytes, size_t size) {
  const int channels = net->shape.outputs;
  if (net->shape.inputs != zsd_inputs_count(channels, true) ||
      !(bytes = find(net->shape, bytes, size)))
    return -1;
  const int hidden = bytes[1];
  bytes += HEADER;
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net->layers[l];
    const Stored s = stored_layer(l, channels, hidden);
    const int n = layer->n_in * layer->taps;
    for (int o = 0; o < s.n_out; o++)
      bytes = read_output(net->params + layer->weights + (size_t)o * n,
                          net->params + layer->bias + o, n, s.n_in * s.taps, bytes);
  }
  return 0;
}

int zsd_built_in_weights_hidden(ZsdShape shape) {
  const uint8_t *network = shape.inputs == zsd_inputs_count(shape.outputs, true)
                               ? find(shape, zsd_start_begin, zsd_start_end - zsd_start_begin)
                               : NULL;
  return network ? network[1] : 0;
}

int zsd_built_in_weights_load(ZsdNetwork *net) {
  return zsd_built_in_weights_read(net, zsd_start_begin, zsd_start_end - zsd_start_begin);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zsdenoise: a video denoiser that learns from the video that it denoises.
 *
 * It implements Zero-Shot Noise2Noise (Y. Mansour and R. Heckel, "Zero-Shot Noise2Noise:
 * Efficient Image Denoising without any Data", CVPR 2023) and carries it to video: each frame
 * is joined with what earlier ones showed of the same things, and a network of three
 * convolutions takes off the noise that is left. It begins with built-in weights, or learns on
 * a keyframe from that frame alone, and goes on learning from one frame to the next over the
 * first of them, or for as long as fine-tuning is asked for. */
#ifndef ZSDENOISE_H
#define ZSDENOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- pictures --- */

enum { ZSD_MAX_COMPONENTS = 3 };

/* One colour component of a picture in the caller's memory. */
typedef struct {
  uint8_t *data;
  ptrdiff_t stride;             /* bytes from one row to the next; may be negative */
  int step;                     /* bytes from one sample to the next */
  int width, height;            /* samples; 0 where a field has none */
  bool half_width, half_height; /* subsampled: half as many as luma has, rounded up */
} ZsdComponent;

/* A picture in the caller's memory. Component 0 is luma or red and has the picture's size. An
 * alpha channel is not named here and so is left alone. */
typedef struct {
  int width, height; /* 1 or more */
  int components;    /* 1 (gray) or 3 */
  bool rgb;          /* component 1, green, stands for the brightness then */
  int depth; /* bits that count, 8 to 16; over 8 a sample is a 16-bit word of the machine */
  int shift; /* bits below them in the word */
  ZsdComponent component[ZSD_MAX_COMPONENTS];
} ZsdImage;

/* One field of an interlaced picture: 0 its even rows, 1 its odd ones. A picture of one row has
 * an empty second field, of height 0. */
ZsdImage zsd_image_field(const ZsdImage *image, int field);

/* --- settings --- */

typedef enum {
  ZSD_PROFILE_REALTIME,
  ZSD_PROFILE_BALANCED,
  ZSD_PROFILE_BEST,
  ZSD_PROFILE_PAPER, /* the method as published, in steps of the full picture */
} ZsdProfile;

/* The arithmetic in which the network takes off the noise; it always learns in fp32. */
typedef enum {
  ZSD_PRECISION_AUTO, /* bf16 where the processor is fast at it, otherwise fp32 */
  ZSD_PRECISION_FP32,
  ZSD_PRECISION_BF16, /* 8 bits of mantissa for what is multiplied, sums in fp32 */
} ZsdPrecisionChoice;

/* Which two looks at a frame by itself it learns from. */
typedef enum {
  ZSD_PAIRS_AUTO,    /* strided where the noise is found to be correlated, otherwise spatial */
  ZSD_PAIRS_SPATIAL, /* the diagonals of blocks of 2x2 samples, as published */
  ZSD_PAIRS_STRIDED, /* the same of samples two apart: for noise that neighbours share */
} ZsdTrainingPairs;

/* How much is done for a frame where time is short, each step cheaper than the one before. */
typedef enum {
  ZSD_QUALITY_FULL,        /* all that the settings ask for */
  ZSD_QUALITY_FEWER_TILES, /* what stands still is computed in fewer of the frames */
  ZSD_QUALITY_NARROW,      /* by the next narrower of the built-in networks, if there is one */
  ZSD_QUALITY_FUSED,       /* by no network: frames are joined with those before */
  ZSD_QUALITY_ORIGINAL,    /* frames are left as they are, and not looked at */
} ZsdQuality;

typedef struct {
  ZsdProfile profile;
  ZsdQuality quality;
  double strength;      /* 0..1: how much of the noise found is removed */
  unsigned epochs;      /* steps of learning on a keyframe by itself; 0: the profile's, and none
                           where learning begins with the built-in weights */
  double learning_rate; /* 0: the profile's */
  unsigned step_size;   /* steps from one reduction of the rate to the next; 0: the profile's */
  double gamma;         /* what the rate is multiplied by then; 0: the profile's */
  unsigned hidden_channels;   /* 0: the profile's */
  unsigned finetune_interval; /* frames from one fine-tuning to the next; 0: none */
  unsigned finetune_epochs;   /* its steps */
  double scene_threshold;     /* 0..1: a change of picture this large is a cut; 0: no cuts */
  bool temporal;              /* use earlier frames */
  bool still;      /* the frame is a picture by itself, and there is time for it: `balanced` and
                      `best` take what it repeats for further looks at it */
  bool warm_start; /* learning begins with the built-in weights instead of random ones */
  bool frozen;     /* nothing is learned: a model or the built-in weights filter as they are;
                      without either frames pass */
  bool background; /* it learns beside the stream, in a thread of its own */
  double split;    /* 0..1: that part of the width, from the left, is left as it is, but for a
                      line at its end, two columns wide */
  ZsdTrainingPairs pairs;
  ZsdPrecisionChoice precision; /* auto: the profile's; `paper` has fp32 */
  unsigned threads;             /* 0: one for each processor that the process may use */
  uint64_t seed;
} ZsdSettings;

/* `balanced`, and nothing else set. */
ZsdSettings zsd_settings_default(void);

/* The settings in force: the profile's where one is not set. */
ZsdSettings zsd_settings_resolve(const ZsdSettings *settings);

/* --- models --- */

/* A network's parameters, to be kept from one run to the next. Layer by layer, of 3x3, 3x3 and
 * 1x1 taps and from `inputs` channels over `hidden` ones to `outputs`: the weights, outputs x
 * inputs x taps, then the biases, one for each output. */
typedef struct {
  int inputs, hidden, outputs;
  size_t count;
  float *params; /* NULL: no model */
} ZsdModel;

/* Gives the model this shape (each number 1 or more) and zeros as parameters. Returns 0, or -1
 * without memory. A model begins as {0}. */
int zsd_model_resize(ZsdModel *model, int inputs, int hidden, int outputs);
void zsd_model_clear(ZsdModel *model);

/* --- denoising --- */

typedef struct ZsdDenoiser ZsdDenoiser;

typedef enum {
  ZSD_STATE_WAITING,  /* for a first frame */
  ZSD_STATE_LEARNING, /* on a keyframe */
  ZSD_STATE_FILTERING,
  ZSD_STATE_PASSING, /* frames are left as they are: learning found nothing that helps them */
} ZsdState;

/* How far learning is. */
typedef struct {
  unsigned step, steps;
  double loss;    /* of the last step: residual and consistency, the noise's deviation being 1;
                     as published, samples being 0..1 */
  double seconds; /* since its start */
  double eta;     /* seconds to go */
} ZsdTraining;

/* Trainings that end during one call of zsd_denoiser_process(), at most. */
enum { ZSD_MAX_ENDED = 3 };

/* Someone who follows the learning, which may go on in a thread of its own. */
typedef struct {
  void *user;
  void (*progress)(void *user,
                   const ZsdTraining *training); /* after each step; NULL: not told */
  /* Asked several times a step, by several threads at once: true ends it there. NULL: never. */
  bool (*cancelled)(void *user);
} ZsdObserver;

typedef enum {
  ZSD_OK,
  ZSD_CANCELLED, /* the observer ended the learning: the picture is as it was */
  ZSD_NO_MEMORY, /* the picture is as it was */
  ZSD_MISMATCH,  /* the model to begin with is not one for such pictures, or of another width
                    than set: the picture is as it was */
} ZsdResult;

typedef struct {
  ZsdState state;
  double sigma;         /* estimated deviation of the noise, 0..255 scale; -1: none yet */
  ZsdTraining training; /* the last one */
  uint64_t frames, keyframes, finetunings;
  uint64_t trainings; /* that came to their end: of keyframes, on the frames after them,
                         fine-tunings, and of pictures by themselves */
  uint64_t updates;   /* of the network's weights by training */
  struct {
    int inputs, hidden, outputs;
  } network;          /* that the last frame wants; 0: none yet */
  int width, height;  /* of what that network cleans; 0: nothing yet */
  ZsdQuality quality; /* of the last frame */
  int threads;
  const char *precision; /* of the filtering: "fp32" or "bf16"; NULL: none yet */
  const char *isa;       /* "c", "avx2", "avx512", "amx" or "neon" */
} ZsdStatus;

/* A denoiser. NULL: `error` (of `size` bytes) holds a sentence that says why. The environment
 * variable ZSDENOISE_CPU holds it back to an instruction set. */
ZsdDenoiser *zsd_denoiser_new(char *error, unsigned size);
void zsd_denoiser_free(ZsdDenoiser *denoiser);

/* Has someone follow the learning from the first frame on: called before that. */
void zsd_denoiser_observe(ZsdDenoiser *denoiser, const ZsdObserver *observer);

/* Makes the next frame a keyframe: it forgets what it has learned and learns anew. */
void zsd_denoiser_reset(ZsdDenoiser *denoiser);

/* Denoises a picture in place, after learning from it. What was learned, and the past, ends
 * with a keyframe: the first one, one after zsd_denoiser_reset(), a cut, or one of another size
 * or format. Frames come in the order in which they are shown. `field`: 0 for a whole frame or
 * the first field of one, 1 for the second field, which is never a keyframe of its own.
 *
 * With `background` it does not wait for learning: until the first weights are there it
 * filters with the built-in ones, or lets frames pass as they are. */
ZsdResult zsd_denoiser_process(ZsdDenoiser *denoiser, ZsdImage *image, int field,
                               const ZsdSettings *settings);

/* From now on learning begins with the model (a copy of it) instead of the built-in weights or
 * random ones, and without steps on a keyframe unless `epochs` is set; NULL: with those again.
 * Returns 0, or -1 without memory: nothing has changed. The next frame is a keyframe. */
int zsd_denoiser_start_from(ZsdDenoiser *denoiser, const ZsdModel *model);

/* The trainings that ended during the last call of zsd_denoiser_process(), each as its last
 * step left it, in the order of their ends. Returns their number. */
unsigned zsd_denoiser_ended(const ZsdDenoiser *denoiser, ZsdTraining ended[ZSD_MAX_ENDED]);

/* A copy of what the network has learned since the last keyframe, on top of what it began with.
 * Returns 0, or 1 if it has learned nothing, or -1 without memory: the model is as it was then.
 */
int zsd_denoiser_model(const ZsdDenoiser *denoiser, ZsdModel *model);

/* Counts a frame that its caller lets pass without a look at it. */
void zsd_denoiser_skip(ZsdDenoiser *denoiser);

/* In the thread of zsd_denoiser_process(), the observer may call it, too. */
void zsd_denoiser_status(const ZsdDenoiser *denoiser, ZsdStatus *status);

/* --- rate control --- */

/* Chooses the quality of each frame of a real-time stream from processing times and lateness.
 * Initialised with {0}: full quality. All but `quality` is private; times are in seconds. */
typedef struct {
  ZsdQuality quality;                    /* for the next frame */
  double start, start_cpu;               /* clocks at the start of the current frame */
  double cost[ZSD_QUALITY_ORIGINAL + 1]; /* processor time of a frame at each quality; 0:
                                            unknown */
  double slowdown;   /* elapsed time relative to processor time, because of other load */
  double load;       /* processing time relative to the frame interval */
  double held, hold; /* time at this quality; time before a better one is tried */
  double late_for, first_late; /* time for which frames have been late; lateness of the first */
  double longest;              /* processing time of a frame meanwhile */
  double latency;              /* asked for */
  double accepted_late;        /* lateness that processing does not cause */
} ZsdRateControl;

/* Called before and after zsd_denoiser_process(), in the same thread. `interval`: time to the
 * next frame; 0: unknown, and the quality stays. `late`: time by which the frame misses its
 * presentation time; 0 or less: in time or unknown. */
void zsd_rate_control_start(ZsdRateControl *rate_control);
void zsd_rate_control_end(ZsdRateControl *rate_control, double interval, double late);

/* Latency to report for the processing: 0 until frames have been late although each takes less
 * than the interval; then the time that they take. */
double zsd_rate_control_latency(const ZsdRateControl *rate_control);

/* --- adding noise --- */

typedef enum {
  ZSD_NOISE_GAUSSIAN,
  ZSD_NOISE_POISSON,    /* shot noise: its variance grows with the sample's value */
  ZSD_NOISE_CORRELATED, /* Gaussian, its neighbours correlated by 2/3, as a camera's are */
} ZsdNoiseKind;

typedef struct ZsdNoise ZsdNoise;

/* A source of noise. NULL: no memory. */
ZsdNoise *zsd_noise_new(uint64_t seed);
void zsd_noise_free(ZsdNoise *noise);

/* Adds noise to each sample and clips to its range. `degree` is the deviation as a part of full
 * scale: everywhere, or for shot noise at full scale. -1: no memory, the picture as it was. */
int zsd_noise_add(ZsdNoise *noise, ZsdImage *image, ZsdNoiseKind kind, double degree);

#ifdef __cplusplus
}
#endif

#endif

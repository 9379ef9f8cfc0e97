/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zsdenoise: a video denoiser that learns from the video that it filters.
 *
 * It implements Zero-Shot Noise2Noise (Y. Mansour and R. Heckel, "Zero-Shot Noise2Noise:
 * Efficient Image Denoising without any Data", CVPR 2023) and extends it to video. Each frame
 * is fused with the motion-compensated frames before it, and a network of three convolutions
 * removes the remaining noise. The network starts from built-in weights, or is trained on a
 * keyframe by itself, and is trained further on pairs of consecutive frames: on the first
 * frames after a keyframe, and on later ones where fine-tuning is set. */
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
  bool half_width, half_height; /* subsampled: half of luma's samples, rounded up */
} ZsdComponent;

/* A frame, or the field of its even or odd rows. Each has earlier frames of its own. */
typedef enum { ZSD_FRAME, ZSD_EVEN_FIELD, ZSD_ODD_FIELD } ZsdPart;

enum { ZSD_PARTS = ZSD_ODD_FIELD + 1 };

/* A picture in the caller's memory. Component 0 is luma or red and has the picture's size. An
 * alpha channel has no component and is not changed. */
typedef struct {
  int width, height; /* 1 or more */
  int components;    /* 1 (gray) or 3 */
  bool rgb;          /* component 1, green, serves as luma */
  int depth;         /* significant bits, 8 to 16; above 8 a sample is a native 16-bit word */
  int shift;         /* unused low bits of the word */
  ZsdComponent component[ZSD_MAX_COMPONENTS];
  ZsdPart part; /* a field: as zsd_image_field() makes it */
} ZsdImage;

/* One field of an interlaced picture: 0 the even rows, 1 the odd rows. A picture of one row has
 * an empty second field, of height 0. */
ZsdImage zsd_image_field(const ZsdImage *image, int field);

/* --- settings --- */

typedef enum {
  ZSD_PROFILE_REALTIME,
  ZSD_PROFILE_BALANCED,
  ZSD_PROFILE_BEST,
  ZSD_PROFILE_PAPER, /* the method as published, with training steps of the whole picture */
} ZsdProfile;

/* Arithmetic of inference; training always uses fp32. */
typedef enum {
  ZSD_PRECISION_AUTO, /* the fastest one on this processor: bf16 with AMX, int16 with SSE4.1
                         to AVX-512, int8 or fp16 on arm64 that has matrix products of
                         8 bits or half precision, otherwise fp32 */
  ZSD_PRECISION_FP32,
  ZSD_PRECISION_BF16,  /* factors with 8 bits of mantissa, sums in fp32 */
  ZSD_PRECISION_INT16, /* products of the 3x3 layers in 16-bit integers, the rest in fp32 */
  ZSD_PRECISION_FP16,  /* the 3x3 layers in half precision, the rest in fp32 */
  ZSD_PRECISION_INT8,  /* products of the 3x3 layers in 8-bit integers, the rest in fp32 */
} ZsdPrecisionChoice;

/* How one frame is split into a training pair. */
typedef enum {
  ZSD_PAIRS_AUTO,    /* strided for noise measured as correlated, otherwise spatial */
  ZSD_PAIRS_SPATIAL, /* the two diagonals of each block of 2x2 samples, as published */
  ZSD_PAIRS_STRIDED, /* the same on samples two apart, for noise correlated between neighbours
                      */
} ZsdTrainingPairs;

/* Processing of a frame, from the most expensive to the cheapest. */
typedef enum {
  ZSD_QUALITY_FULL,        /* as the settings say */
  ZSD_QUALITY_FEWER_TILES, /* static tiles are computed less often */
  ZSD_QUALITY_NARROW,      /* with the next narrower built-in network, if there is one */
  ZSD_QUALITY_FUSED,       /* temporal fusion alone, without a network */
  ZSD_QUALITY_ORIGINAL,    /* unchanged */
} ZsdQuality;

typedef struct {
  ZsdProfile profile;
  ZsdQuality quality;
  double strength; /* 0..2: up to 1, part of the noise that is removed; above, factor by which
                      the noise is taken for stronger than found (not with `paper`) */
  double sigma;    /* standard deviation of brightness's noise, 0..255 scale; 0: as estimated */
  unsigned epochs; /* training steps on a keyframe by itself; 0: the profile's after a start
                      from random weights, none after one from other weights */
  double learning_rate; /* 0: the profile's */
  unsigned step_size;   /* steps after which the learning rate is reduced; 0: the profile's */
  double gamma;         /* factor of that reduction; 0: the profile's */
  unsigned hidden_channels;   /* width of the network; 0: the profile's */
  unsigned finetune_interval; /* frames from one fine-tuning to the next; 0: none */
  unsigned finetune_epochs;   /* training steps of a fine-tuning */
  double scene_threshold;     /* 0..1: change of picture that counts as a cut; 0: no cuts */
  bool temporal;              /* use earlier frames */
  bool still;   /* the frame is a still picture and may take seconds: `balanced` and `best`
                   denoise it with similar patches of its own */
  bool damaged; /* the frame is: it is filtered, but no cut, and neither learned from nor used
                   for the frames after it */
  bool warm_start; /* start from the built-in weights instead of random ones */
  bool frozen;     /* no training; without a model or built-in weights frames are unchanged */
  bool background; /* train in a thread beside the stream; a change is a keyframe, unless the
                      weights in use began as built-in ones */
  bool patches;    /* with later pictures, denoise similar patches along the motion together;
                      takes most of the time then */
  double split; /* 0..1: fraction of the width, from the left, that is unchanged, except for a
                   line two columns wide at its end */
  ZsdTrainingPairs pairs;
  ZsdPrecisionChoice precision; /* auto: fp32 for `paper` */
  unsigned threads;             /* 0: one for each processor available to the process */
  uint64_t seed;
} ZsdSettings;

/* `balanced`, and nothing else set. */
ZsdSettings zsd_settings_default(void);

/* The settings with the profile's values in place of those that are not set. */
ZsdSettings zsd_settings_resolve(const ZsdSettings *settings);

/* --- models --- */

/* A trained network. Parameters layer by layer (3x3, 3x3 and 1x1 taps; `inputs` channels to
 * `hidden`, `hidden` and `outputs`): weights as [outputs][inputs][taps], then biases. */
typedef struct {
  int inputs, hidden, outputs;
  size_t count;
  float *params; /* NULL: no model */
} ZsdModel;

/* Gives a model this shape (each number 1 or more) and zeros as parameters. A model is
 * initialised with {0}. Returns 0, or -1 without memory. */
int zsd_model_resize(ZsdModel *model, int inputs, int hidden, int outputs);
void zsd_model_clear(ZsdModel *model);

/* --- denoising --- */

typedef struct ZsdDenoiser ZsdDenoiser;

typedef enum {
  ZSD_STATE_WAITING,  /* for a first frame */
  ZSD_STATE_LEARNING, /* training on a keyframe */
  ZSD_STATE_FILTERING,
  ZSD_STATE_PASSING, /* frames are unchanged: training found no noise that it can remove */
} ZsdState;

/* Progress of a training. */
typedef struct {
  unsigned step, steps;
  double loss;    /* residual and consistency loss of the last step, relative to the variance of
                     the noise; with `paper`, of samples in 0..1; -1: no training, but a band of
                     a still picture that is denoised */
  double seconds; /* since its start */
  double eta;     /* estimated seconds to its end */
} ZsdTraining;

/* Trainings that end during one call of zsd_denoiser_process(), at most. */
enum { ZSD_MAX_ENDED = 3 };

/* Callbacks of training, and of the filter. */
typedef struct {
  void *user;
  /* Called after each step, by the thread that trains; or NULL. */
  void (*progress)(void *user, const ZsdTraining *training);
  /* Called several times in each step, and for each tile of a frame, by several threads at
   * once; true cancels the frame, with its training. Or NULL. */
  bool (*cancelled)(void *user);
} ZsdObserver;

typedef enum {
  ZSD_OK,
  ZSD_CANCELLED, /* by the observer: the picture may be filtered in part, and the earlier frames
                    are dropped */
  ZSD_NO_MEMORY, /* the picture is unchanged */
  ZSD_MISMATCH,  /* the initial model has another number of channels than the picture, or
                    another width than set: the picture is unchanged */
} ZsdResult;

typedef struct {
  ZsdState state;
  double sigma; /* estimated standard deviation of the noise, 0..255 scale, also where another
                   one is set; -1: unknown */
  double chroma_sigma;  /* the same for the noisier chroma component, or for red and blue; -1:
                           unknown, or the pictures are gray */
  double correlation;   /* of the noise of neighbouring samples of brightness, 0..1: 0 is white;
                           -1:   unknown */
  ZsdTraining training; /* the last one */
  uint64_t frames, keyframes, finetunings;
  uint64_t trainings; /* that ended: on keyframes, on the first frames after them, fine-tunings,
                         and of still pictures */
  uint64_t updates;   /* of the network's weights by training */
  struct {
    int inputs, hidden, outputs;
  } network;          /* shape for the last frame; 0: unknown */
  int width, height;  /* of the network's input; 0: unknown */
  ZsdQuality quality; /* of the last frame */
  int threads;
  const char
      *precision;  /* of inference: "fp32", "bf16", "int16", "fp16" or "int8"; NULL: unknown */
  const char *isa; /* "c", "avx2", "avx512", "amx" or "neon" */
} ZsdStatus;

/* Creates a denoiser. Returns NULL and a sentence in `error` (of `size` bytes) on failure. The
 * environment variable ZSDENOISE_CPU limits the instruction set. */
ZsdDenoiser *zsd_denoiser_new(char *error, unsigned size);
void zsd_denoiser_free(ZsdDenoiser *denoiser);

/* Sets the observer. Called before the first frame. */
void zsd_denoiser_observe(ZsdDenoiser *denoiser, const ZsdObserver *observer);

/* Makes the next frame a keyframe. */
void zsd_denoiser_reset(ZsdDenoiser *denoiser);

/* Tells the time from the last frame to the next one, in frame intervals, where it is not 1:
 * after a gap the earlier frames are kept, and trusted less the older they are. */
void zsd_denoiser_elapsed(ZsdDenoiser *denoiser, double intervals);

/* Denoises a picture in place, after training on it. Frames come in presentation order. A
 * keyframe drops the earlier frames and the trained weights: the first frame, one after
 * zsd_denoiser_reset(), a cut, or one of another size or format. `field`: 0 for a frame or the
 * first field of one, 1 for the second field, which is never a keyframe of its own. Frames and
 * pairs of fields may alternate.
 *
 * With `background` it does not wait for training: until there are trained weights it filters
 * with the built-in ones, or leaves frames unchanged. */
ZsdResult zsd_denoiser_process(ZsdDenoiser *denoiser, ZsdImage *image, int field,
                               const ZsdSettings *settings);

enum { ZSD_MAX_LOOKAHEAD = 16 };

/* The same, with the help of the pictures that come next: `later`, not yet denoised, nearest
 * first, `n_later` of them, 0 to ZSD_MAX_LOOKAHEAD. They have the picture's size and format,
 * are of the same field, and are not changed; the next calls are for these pictures, in this
 * order. They have no effect where earlier frames have none.
 *
 * Several calls share one pass over their later pictures, so the same number of them has to be
 * there in each call, or fewer at the end of a stream. */
ZsdResult zsd_denoiser_process_ahead(ZsdDenoiser *denoiser, ZsdImage *image, int field,
                                     const ZsdImage *later, unsigned n_later,
                                     const ZsdSettings *settings);

/* Sets the model (copied) that training starts from, instead of the built-in or random weights;
 * NULL: those again. With a model a keyframe has training steps of its own only if `epochs` is
 * set. The next frame is a keyframe. Returns 0, or -1 without memory, with nothing changed. */
int zsd_denoiser_start_from(ZsdDenoiser *denoiser, const ZsdModel *model);

/* Gets the trainings that ended during the last call of zsd_denoiser_process(), in the order of
 * their ends, each with its last step. Returns their number. */
unsigned zsd_denoiser_ended(const ZsdDenoiser *denoiser, ZsdTraining ended[ZSD_MAX_ENDED]);

/* Copies the network trained since the last keyframe. Returns 0; 1 if there is none yet; or -1
 * without memory, with the model unchanged. */
int zsd_denoiser_model(const ZsdDenoiser *denoiser, ZsdModel *model);

/* Counts a frame that is passed on without processing. */
void zsd_denoiser_skip(ZsdDenoiser *denoiser);

/* Gets the status. Called by the thread that processes frames, also from the observer. */
void zsd_denoiser_status(const ZsdDenoiser *denoiser, ZsdStatus *status);

/* --- rate control --- */

/* Chooses the quality of each frame of a real-time stream from processing times and lateness.
 * Initialised with {0}: full quality. All but `quality` is private; times are in seconds. */
typedef struct {
  ZsdQuality quality;                    /* for the next frame */
  double start, start_cpu;               /* clocks at the start of the current frame */
  double cost[ZSD_QUALITY_ORIGINAL + 1]; /* processor time of a frame at each quality; 0:
                                            unknown */
  double slowdown;        /* elapsed time relative to processor time, because of other load */
  double load;            /* processing time relative to the frame interval */
  unsigned frames;        /* measured */
  double age;             /* time since the first frame */
  double held, hold;      /* time at this quality; time before a better one is tried */
  double unfiltered_hold; /* the same for the time at ZSD_QUALITY_ORIGINAL */
  double filtered;        /* time since the last frame at ZSD_QUALITY_ORIGINAL */
  double late_for, first_late; /* time for which frames have been late; lateness of the first */
  double longest;              /* processing time of a frame meanwhile */
  double latency;              /* asked for */
  double recent, since_shrunk; /* latency needed lately; time that it is measured for */
  double accepted_late;        /* lateness that processing does not cause */
  double end_cpu;              /* of the last frame */
  double rest;                 /* processor time of the thread for a frame elsewhere */
  bool drops;                  /* upstream has dropped frames */
  double skipped;              /* frames that upstream has dropped lately, seconds */
  bool trial;                  /* the next frame decides on the quality */
} ZsdRateControl;

/* Called before and after zsd_denoiser_process(), in the same thread. `interval`: time to the
 * next frame; 0: unknown, and the quality stays. `late`: time by which the frame misses its
 * presentation time; 0 or less: in time or unknown. `lost`: duration of the frames between the
 * last one and this one that upstream has dropped because of lateness. `trained`: the frame
 * waited for training. */
void zsd_rate_control_start(ZsdRateControl *rate_control);
void zsd_rate_control_end(ZsdRateControl *rate_control, double interval, double late,
                          double lost, bool trained);

/* Latency to report for the processing: 0 until frames have been late although there is time
 * for them; then the time that they take, and less again when they take less for some time. */
double zsd_rate_control_latency(const ZsdRateControl *rate_control);

/* --- adding noise --- */

typedef enum {
  ZSD_NOISE_GAUSSIAN,
  ZSD_NOISE_POISSON,    /* shot noise: variance proportional to the sample's value */
  ZSD_NOISE_CORRELATED, /* Gaussian, with a correlation of 2/3 between neighbours */
} ZsdNoiseKind;

typedef struct ZsdNoise ZsdNoise;

/* Creates a noise generator. Returns NULL without memory. */
ZsdNoise *zsd_noise_new(uint64_t seed);
void zsd_noise_free(ZsdNoise *noise);

/* Adds noise to each sample and clips to the sample's range. `degree`: standard deviation
 * relative to full scale; for shot noise, of a sample at full scale. Returns 0, or -1 without
 * memory, with the picture unchanged. */
int zsd_noise_add(ZsdNoise *noise, ZsdImage *image, ZsdNoiseKind kind, double degree);

#ifdef __cplusplus
}
#endif

#endif

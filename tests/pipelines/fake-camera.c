/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded, makes a program see a webcam and a virtual camera that are not there.
 *
 * FAKE_CAMERA is the path of the webcam, FAKE_JPEG a file with its picture of 1280x720, FAKE_FAULT
 * what is wrong with it: busy, unplugged (after 30 frames) or nothing. FAKE_VIRTUAL is the path of
 * the virtual camera, FAKE_TAKEN a file that gets a byte for each frame that is written to it. *
 * (With 64-bit offsets open, stat and mmap are the C library's open64, stat64 and mmap64.) */
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 8
#define BUFFER_SIZE (1280 * 720 * 2)
#define MAX_FDS 1024
#define FRAMES_TILL_UNPLUGGED 30

typedef struct
{
  int memory;
  enum v4l2_buf_type type;
  struct v4l2_pix_format format;
  int queue[BUFFERS], queued;
  unsigned frames;
} Device;

static Device camera = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
static Device virtual = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT };

/* whose a file descriptor is */
static Device *owners[MAX_FDS];

static const struct
{
  unsigned format, width, height, rate;
} modes[] = {
  {V4L2_PIX_FMT_YUYV, 640, 480, 30},
  {V4L2_PIX_FMT_YUYV, 1280, 720, 10},
  {V4L2_PIX_FMT_MJPEG, 1280, 720, 30},
  {V4L2_PIX_FMT_NV12, 320, 240, 30},
};

#define N_MODES (sizeof (modes) / sizeof (modes[0]))
static const unsigned formats[] =
    { V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_NV12 };

static int
fail (int reason)
{
  errno = reason;
  return -1;
}

static int
has_fault (const char *fault)
{
  const char *given = getenv ("FAKE_FAULT");

  return given && strcmp (given, fault) == 0;
}

/* --- what it is asked --- */

static int
query (const Device * device, struct v4l2_capability *answer)
{
  memset (answer, 0, sizeof (*answer));
  strcpy ((char *) answer->driver, "fake");
  strcpy ((char *) answer->card, "Fake Camera");
  answer->device_caps = V4L2_CAP_STREAMING | (device == &camera ?
      V4L2_CAP_VIDEO_CAPTURE : V4L2_CAP_VIDEO_OUTPUT);
  answer->capabilities = answer->device_caps | V4L2_CAP_DEVICE_CAPS;
  return 0;
}

static int
enum_format (const Device * device, struct v4l2_fmtdesc *format)
{
  if (format->type != device->type || format->index >= 3)
    return fail (EINVAL);
  format->pixelformat = formats[format->index];
  format->flags = 0;
  return 0;
}

/* The n-th mode of a format and, if there is one, of a size. */
static int
find_mode (unsigned format, unsigned width, unsigned height, unsigned n)
{
  unsigned i;

  for (i = 0; i < N_MODES; i++)
    if (modes[i].format == format && (width == 0 || (modes[i].width == width
                && modes[i].height == height)) && n-- == 0)
      return (int) i;
  return fail (EINVAL);
}

static int
enum_size (struct v4l2_frmsizeenum *size)
{
  const int i = find_mode (size->pixel_format, 0, 0, size->index);

  if (i < 0)
    return -1;
  size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
  size->discrete.width = modes[i].width;
  size->discrete.height = modes[i].height;
  return 0;
}

static int
enum_interval (struct v4l2_frmivalenum *interval)
{
  const int i = find_mode (interval->pixel_format, interval->width,
      interval->height, interval->index);

  if (i < 0)
    return -1;
  interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
  interval->discrete.numerator = 1;
  interval->discrete.denominator = modes[i].rate;
  return 0;
}

static int
set_format (Device * device, struct v4l2_format *format, int keep)
{
  struct v4l2_pix_format *pix = &format->fmt.pix;

  if (format->type != device->type)
    return fail (EINVAL);
  if (keep && device == &camera && has_fault ("busy"))
    return fail (EBUSY);
  pix->field = V4L2_FIELD_NONE;
  pix->colorspace = V4L2_COLORSPACE_SRGB;
  pix->bytesperline = pix->pixelformat == V4L2_PIX_FMT_YUYV ? pix->width * 2
      : pix->pixelformat == V4L2_PIX_FMT_NV12 ? pix->width : 0;
  pix->sizeimage = pix->pixelformat == V4L2_PIX_FMT_NV12 ?
      pix->width * pix->height * 3 / 2 : pix->width * pix->height * 2;
  if (keep)
    device->format = *pix;
  return 0;
}

static int
set_rate (struct v4l2_streamparm *parameters)
{
  parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
  return 0;
}

/* --- buffers --- */

static void
describe (const Device * device, struct v4l2_buffer *buffer)
{
  buffer->length = BUFFER_SIZE;
  buffer->m.offset = buffer->index * BUFFER_SIZE;
  buffer->field = V4L2_FIELD_NONE;
  buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_MAPPED;
  buffer->sequence = device->frames;
}

static unsigned
paint (const Device * device, void *to)
{
  const char *jpeg = getenv ("FAKE_JPEG");
  ssize_t size = -1;
  int file;

  if (device->format.pixelformat != V4L2_PIX_FMT_MJPEG) {
    memset (to, 128, device->format.sizeimage);
    return device->format.sizeimage;
  }
  file = jpeg ? open (jpeg, O_RDONLY | O_CLOEXEC) : -1;
  if (file >= 0) {
    size = read (file, to, BUFFER_SIZE);
    close (file);
  }
  return size > 0 ? (unsigned) size : 0;
}

static int
queue (Device * device, struct v4l2_buffer *buffer)
{
  const char *taken = getenv ("FAKE_TAKEN");
  int file;

  if (device->queued == BUFFERS)
    return fail (EINVAL);
  device->queue[device->queued++] = (int) buffer->index;
  if (device == &virtual && taken) {
    file = open (taken, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || write (file, "", 1) != 1 || close (file) != 0)
      abort ();
  }
  describe (device, buffer);
  buffer->flags |= V4L2_BUF_FLAG_QUEUED;
  return 0;
}

static int
dequeue (Device * device, struct v4l2_buffer *buffer)
{
  struct timespec now;
  void *frame;

  usleep (33333);
  if (device == &camera && has_fault ("unplugged")
      && device->frames == FRAMES_TILL_UNPLUGGED)
    return fail (ENODEV);
  if (device->queued == 0)
    return fail (EAGAIN);
  buffer->index = (unsigned) device->queue[0];
  memmove (device->queue, device->queue + 1,
      sizeof (int) * (size_t) --device->queued);
  describe (device, buffer);
  if (device == &camera) {
    frame = mmap (NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
        device->memory, buffer->m.offset);
    buffer->bytesused = paint (device, frame);
    munmap (frame, BUFFER_SIZE);
  }
  clock_gettime (CLOCK_MONOTONIC, &now);
  buffer->timestamp.tv_sec = now.tv_sec;
  buffer->timestamp.tv_usec = now.tv_nsec / 1000;
  device->frames++;
  return 0;
}

static int
answer (Device * device, unsigned long request, void *data)
{
  switch (request) {
    case VIDIOC_QUERYCAP:
      return query (device, data);
    case VIDIOC_ENUM_FMT:
      return enum_format (device, data);
    case VIDIOC_ENUM_FRAMESIZES:
      return enum_size (data);
    case VIDIOC_ENUM_FRAMEINTERVALS:
      return enum_interval (data);
    case VIDIOC_G_FMT:
      ((struct v4l2_format *) data)->fmt.pix = device->format;
      return 0;
    case VIDIOC_TRY_FMT:
      return set_format (device, data, 0);
    case VIDIOC_S_FMT:
      return set_format (device, data, 1);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
      return set_rate (data);
    case VIDIOC_REQBUFS:
      if (((struct v4l2_requestbuffers *) data)->count > BUFFERS)
        ((struct v4l2_requestbuffers *) data)->count = BUFFERS;
      return 0;
    case VIDIOC_QUERYBUF:
      describe (device, data);
      return 0;
    case VIDIOC_QBUF:
      return queue (device, data);
    case VIDIOC_DQBUF:
      return dequeue (device, data);
    case VIDIOC_STREAMON:
      return 0;
    case VIDIOC_STREAMOFF:
      device->queued = 0;
      return 0;
    default:
      return fail (ENOTTY);
  }
}

/* --- in place of the C library's --- */

static Device *
find (int fd)
{
  return fd < 0 || fd >= MAX_FDS ? NULL : owners[fd];
}

static int
own (Device * device, int fd)
{
  if (fd >= MAX_FDS)
    abort ();
  if (fd >= 0)
    owners[fd] = device;
  return fd;
}

static Device *
find_path (const char *path)
{
  const char *webcam = getenv ("FAKE_CAMERA");
  const char *written = getenv ("FAKE_VIRTUAL");

  return webcam && strcmp (path, webcam) == 0 ? &camera :
      written && strcmp (path, written) == 0 ? &virtual : NULL;
}

int
open (const char *path, int flags, ...)
{
  int (*real) (const char *, int, ...) = dlsym (RTLD_NEXT, "open64");
  Device *device = find_path (path);
  va_list rest;
  mode_t mode;

  va_start (rest, flags);
  mode = flags & O_CREAT ? va_arg (rest, mode_t) : 0;
  va_end (rest);
  if (device == NULL)
    return real (path, flags, mode);
  if (device->memory == 0) {
    device->memory = memfd_create ("frames", MFD_CLOEXEC);
    if (ftruncate (device->memory, BUFFERS * BUFFER_SIZE) != 0)
      abort ();
    device->format.pixelformat = V4L2_PIX_FMT_YUYV;
    device->format.width = 640;
    device->format.height = 480;
  }
  return own (device, real ("/dev/null", flags, mode));
}

int
dup (int fd)
{
  int (*real) (int) = dlsym (RTLD_NEXT, "dup");
  Device *device = find (fd);

  return device ? own (device, real (fd)) : real (fd);
}

int
stat (const char *path, struct stat *found)
{
  int (*real) (const char *, struct stat *) = dlsym (RTLD_NEXT, "stat64");

  return real (find_path (path) ? "/dev/null" : path, found);
}

int
ioctl (int fd, unsigned long request, ...)
{
  int (*real) (int, unsigned long, ...) = dlsym (RTLD_NEXT, "ioctl");
  Device *device = find (fd);
  va_list rest;
  void *data;

  va_start (rest, request);
  data = va_arg (rest, void *);
  va_end (rest);
  return device ? answer (device, request, data) : real (fd, request, data);
}

void *
mmap (void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
  void *(*real) (void *, size_t, int, int, int, off_t) =
      dlsym (RTLD_NEXT, "mmap64");
  const Device *device = find (fd);

  return real (at, size, protection, flags, device ? device->memory : fd,
      offset);
}

int
close (int fd)
{
  int (*real) (int) = dlsym (RTLD_NEXT, "close");

  if (find (fd))
    owners[fd] = NULL;
  return real (fd);
}

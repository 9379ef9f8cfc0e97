/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/gstzsmodelfile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "zsdenoise"
#define VERSION "1"
#define METADATA "__metadata__"

#define MAX_FILE (4 * 1024 * 1024)
#define MAX_HEADER (16 * 1024)
#define MAX_DEPTH 3             /* of brackets in the header */
#define MAX_CHANNELS 256
#define LENGTH 8                /* bytes before the header */

#define N_TENSORS 6
#define MAX_DIMS 4

typedef struct
{
  const gchar *name;
  guint n_dims;
  gint64 dims[MAX_DIMS];
  gsize first, count;           /* its parameters in the model */
} Tensor;

GQuark
gst_zs_model_file_error_quark (void)
{
  return g_quark_from_static_string ("gst-zs-model-file-error-quark");
}

/* The tensors in the order of the parameters. */
static void
list_tensors (Tensor * tensors, gint inputs, gint hidden, gint outputs)
{
  static const gchar *const names[N_TENSORS] = {
    "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight",
    "conv3.bias"
  };
  static const gint taps[] = { 3, 3, 1 };
  const gint widths[] = { inputs, hidden, hidden, outputs };
  gsize first = 0;
  guint i;

  for (i = 0; i < N_TENSORS; i++) {
    const gint n_in = widths[i / 2], n_out = widths[i / 2 + 1];
    const gint size = taps[i / 2];
    const gboolean bias = i % 2;
    const gsize count = (gsize) n_out * (bias ? 1 : n_in * size * size);

    tensors[i].name = names[i];
    tensors[i].n_dims = bias ? 1 : MAX_DIMS;
    tensors[i].dims[0] = n_out;
    tensors[i].dims[1] = n_in;
    tensors[i].dims[2] = tensors[i].dims[3] = size;
    tensors[i].first = first;
    tensors[i].count = count;
    first += count;
  }
}

/* --- reading: the header --- */

static gboolean
fail (GError ** error, GstZsModelFileError code, const gchar * reason)
{
  g_set_error_literal (error, GST_ZS_MODEL_FILE_ERROR, code, reason);
  return FALSE;
}

/* The byte after the string at `at`, or NULL for one that is not closed or has control characters
 * or \\u escapes. */
static const gchar *
skip_string (const gchar * at, const gchar * end)
{
  for (at++; at < end && *at != '"'; at++)
    if ((guchar) * at < ' ' || (*at == '\\' && (++at == end || *at == 'u')))
      return NULL;
  return at < end ? at + 1 : NULL;
}

/* The byte after the unsigned integer at `at`, or NULL for one with a leading 0. */
static const gchar *
skip_number (const gchar * at, const gchar * end)
{
  const gchar *begin = at;

  while (at < end && g_ascii_isdigit (*at))
    at++;
  return *begin != '0' || at == begin + 1 ? at : NULL;
}

/* Whether the header is one JSON object of strings, unsigned integers and at most MAX_DEPTH
 * nested brackets, followed by spaces. JsonParser accepts more (comments, octal numbers, several
 * objects) and recurses for each bracket. */
static gboolean
is_plain (const gchar * at, const gchar * end)
{
  guint depth = 0;

  if (at == end || *at != '{' || !g_utf8_validate (at, end - at, NULL))
    return FALSE;
  do {
    if (*at == '{' || *at == '[')
      depth++;
    else if (*at == '}' || *at == ']')
      depth--;
    if (*at == '"')
      at = skip_string (at, end);
    else if (g_ascii_isdigit (*at))
      at = skip_number (at, end);
    else
      at = strchr ("{}[]:, \t\r\n", *at) ? at + 1 : NULL;
  } while (at != NULL && at < end && depth > 0 && depth <= MAX_DEPTH);
  while (at != NULL && at < end && *at == ' ')
    at++;
  return at == end && depth == 0;
}

static void
count_member (JsonParser * parser G_GNUC_UNUSED,
    JsonObject * object G_GNUC_UNUSED, const gchar * name G_GNUC_UNUSED,
    gpointer surplus)
{
  ++*(gint *) surplus;
}

static void
count_object (JsonParser * parser G_GNUC_UNUSED, JsonObject * object,
    gpointer surplus)
{
  *(gint *) surplus -= json_object_get_size (object);
}

/* The header's object, owned by the parser, or NULL. */
static JsonObject *
parse_header (JsonParser * parser, const gchar * header, gsize size,
    GError ** error)
{
  gint surplus = 0;             /* members with the name of another one */

  if (!is_plain (header, header + size)) {
    fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
        "its header is damaged, or it is no safetensors file");
    return NULL;
  }
  g_signal_connect (parser, "object-member", G_CALLBACK (count_member),
      &surplus);
  g_signal_connect (parser, "object-end", G_CALLBACK (count_object), &surplus);
  if (!json_parser_load_from_data (parser, header, size, NULL)
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
    fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED, "its header is damaged");
    return NULL;
  }
  if (surplus != 0) {
    fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
        "its header is damaged: it has a name twice");
    return NULL;
  }
  return json_node_get_object (json_parser_get_root (parser));
}

/* --- reading: the fields of the header --- */

/* NULL: missing, or of another type. */
static JsonObject *
get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;
}

/* NULL: missing, or of another type. */
static const gchar *
get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING ?
      json_node_get_string (node) : NULL;
}

/* Reads an array of exactly n integers. */
static gboolean
get_numbers (JsonObject * object, const gchar * name, gint64 * numbers, guint n)
{
  JsonNode *node = json_object_get_member (object, name), *element;
  JsonArray *array;
  guint i;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  if (json_array_get_length (array) != n)
    return FALSE;
  for (i = 0; i < n; i++) {
    element = json_array_get_element (array, i);
    if (!JSON_NODE_HOLDS_VALUE (element)
        || json_node_get_value_type (element) != G_TYPE_INT64)
      return FALSE;
    numbers[i] = json_node_get_int (element);
  }
  return TRUE;
}

static gboolean
get_channels (JsonObject * metadata, const gchar * name, gint * channels,
    GError ** error)
{
  const gchar *text = get_string (metadata, name);
  guint64 number;

  if (text == NULL
      || !g_ascii_string_to_unsigned (text, 10, 1, MAX_CHANNELS, &number,
          NULL)) {
    g_set_error (error, GST_ZS_MODEL_FILE_ERROR,
        GST_ZS_MODEL_FILE_ERROR_DAMAGED,
        "it is damaged: %s in its metadata is not a number from 1 to %d", name,
        MAX_CHANNELS);
    return FALSE;
  }
  *channels = (gint) number;
  return TRUE;
}

/* Checks the format and its version, and reads the shape of the network. */
static gboolean
read_metadata (JsonObject * header, gint * inputs, gint * hidden,
    gint * outputs, GError ** error)
{
  JsonObject *metadata = get_object (header, METADATA);
  const gchar *version;

  if (metadata == NULL
      || g_strcmp0 (get_string (metadata, "format"), FORMAT) != 0)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_FOREIGN,
        "it is a safetensors file, but not of zsdenoise");
  version = get_string (metadata, "version");
  if (g_strcmp0 (version, VERSION) != 0) {
    g_set_error (error, GST_ZS_MODEL_FILE_ERROR,
        GST_ZS_MODEL_FILE_ERROR_VERSION,
        "its format is version %s, and this zsdenoise reads version " VERSION,
        version != NULL ? version : "unknown");
    return FALSE;
  }
  return get_channels (metadata, "inputs", inputs, error)
      && get_channels (metadata, "hidden", hidden, error)
      && get_channels (metadata, "outputs", outputs, error);
}

/* Checks a tensor's entry and reads the offsets of its data in bytes. */
static gboolean
read_tensor (JsonObject * header, const Tensor * tensor, gint64 offsets[2],
    GError ** error)
{
  JsonObject *object = get_object (header, tensor->name);
  gint64 dims[MAX_DIMS];
  const gchar *what = NULL;

  if (object == NULL || json_object_get_size (object) != 3)
    what = "it is missing or incomplete";
  else if (g_strcmp0 (get_string (object, "dtype"), "F32") != 0)
    what = "its dtype is not F32";
  else if (!get_numbers (object, "shape", dims, tensor->n_dims)
      || memcmp (dims, tensor->dims, tensor->n_dims * sizeof *dims) != 0)
    what = "its shape does not fit the network's";
  else if (!get_numbers (object, "data_offsets", offsets, 2)
      || offsets[0] < 0 || offsets[1] < offsets[0]
      || (guint64) (offsets[1] - offsets[0]) != tensor->count * sizeof (gfloat))
    what = "its data_offsets do not fit its shape";
  if (what == NULL)
    return TRUE;
  g_set_error (error, GST_ZS_MODEL_FILE_ERROR, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
      "it is damaged: %s: %s", tensor->name, what);
  return FALSE;
}

/* Checks that the tensors, in any order, fill the data without gaps. */
static gboolean
check_offsets (gint64 offsets[N_TENSORS][2], gsize size, GError ** error)
{
  guint64 end = 0;
  guint i, n;

  for (n = 0; n < N_TENSORS; n++) {
    for (i = 0; i < N_TENSORS && (guint64) offsets[i][0] != end; i++);
    if (i == N_TENSORS)
      return fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
          "it is damaged: its tensors overlap or have gaps between them");
    end = offsets[i][1];
  }
  if (end > size) {
    g_set_error (error, GST_ZS_MODEL_FILE_ERROR,
        GST_ZS_MODEL_FILE_ERROR_TRUNCATED,
        "it is truncated: %" G_GUINT64_FORMAT " bytes are missing", end - size);
    return FALSE;
  }
  if (end < size)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
        "it is damaged: there is something after its last tensor");
  return TRUE;
}

/* --- reading --- */

static gboolean
read_numbers (gfloat * numbers, const guint8 * data, gsize n)
{
  guint32 bits;
  gsize i;

  for (i = 0; i < n; i++) {
    memcpy (&bits, data + i * sizeof bits, sizeof bits);
    bits = GUINT32_FROM_LE (bits);
    memcpy (&numbers[i], &bits, sizeof bits);
    if (!isfinite (numbers[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_model (ZsdModel * model, JsonObject * header, const guint8 * data,
    gsize size, GError ** error)
{
  gint inputs, hidden, outputs;
  gint64 offsets[N_TENSORS][2];
  Tensor tensors[N_TENSORS];
  guint i;

  if (!read_metadata (header, &inputs, &hidden, &outputs, error))
    return FALSE;
  list_tensors (tensors, inputs, hidden, outputs);
  for (i = 0; i < N_TENSORS; i++)
    if (!read_tensor (header, &tensors[i], offsets[i], error))
      return FALSE;
  if (json_object_get_size (header) != N_TENSORS + 1)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
        "it is damaged: it has tensors that no model has");
  if (!check_offsets (offsets, size, error))
    return FALSE;
  if (zsd_model_resize (model, inputs, hidden, outputs) != 0) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "there is not enough memory for it");
    return FALSE;
  }
  for (i = 0; i < N_TENSORS; i++)
    if (!read_numbers (model->params + tensors[i].first, data + offsets[i][0],
            tensors[i].count))
      return fail (error, GST_ZS_MODEL_FILE_ERROR_DAMAGED,
          "it is damaged: there are numbers in it that are not finite");
  return TRUE;
}

gboolean
gst_zs_model_file_parse (ZsdModel * model, gconstpointer data, gsize size,
    GError ** error)
{
  const guint8 *bytes = data;
  JsonParser *parser;
  JsonObject *header;
  gboolean read;
  guint64 length;

  if (size < LENGTH)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_TRUNCATED,
        size == 0 ? "it is empty" : "it is truncated: it has no header");
  memcpy (&length, bytes, LENGTH);
  length = GUINT64_FROM_LE (length);
  if (length > MAX_HEADER)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_FOREIGN,
        "its header is longer than a model's: it is something else");
  if (length > size - LENGTH)
    return fail (error, GST_ZS_MODEL_FILE_ERROR_TRUNCATED,
        "it is truncated: it ends within its header");

  parser = json_parser_new ();
  header = parse_header (parser, (const gchar *) bytes + LENGTH, length, error);
  read = header != NULL && read_model (model, header, bytes + LENGTH + length,
      size - LENGTH - length, error);
  g_object_unref (parser);
  if (!read)
    zsd_model_clear (model);
  return read;
}

/* --- files --- */

static gboolean
fail_with_errno (GError ** error)
{
  const gint reason = errno;

  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (reason),
      g_strerror (reason));
  return FALSE;
}

static gboolean
check_kind (const GStatBuf * about, GError ** error)
{
  if (S_ISREG (about->st_mode))
    return TRUE;
  return fail (error, GST_ZS_MODEL_FILE_ERROR_NOT_REGULAR,
      S_ISDIR (about->st_mode) ? "it is a folder" : "it is no regular file");
}

/* Reads up to `max` bytes of a file. Returns their number, or -1. */
static gssize
read_bytes (gint fd, guint8 * bytes, gsize max)
{
  gsize size = 0;
  gssize n;

  do {
    n = read (fd, bytes + size, max - size);
    size += MAX (n, 0);
  } while (n > 0 || (n < 0 && errno == EINTR));
  return n < 0 ? -1 : (gssize) size;
}

gboolean
gst_zs_model_file_read (ZsdModel * model, const gchar * file, GError ** error)
{
  GStatBuf about;
  gboolean done = FALSE;
  guint8 *bytes;
  gssize size;
  gint fd;

  if (g_stat (file, &about) != 0)
    return fail_with_errno (error);
  if (!check_kind (&about, error))
    return FALSE;
  /* O_NONBLOCK: the file may have become a pipe since. */
  if ((fd = g_open (file, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)) < 0)
    return fail_with_errno (error);
  bytes = g_malloc (MAX_FILE + 1);
  size = about.st_size > MAX_FILE ? about.st_size :
      read_bytes (fd, bytes, MAX_FILE + 1);
  if (size < 0)
    fail_with_errno (error);
  else if (size > MAX_FILE)
    fail (error, GST_ZS_MODEL_FILE_ERROR_TOO_LARGE,
        "it is larger than a model can be");
  else
    done = gst_zs_model_file_parse (model, bytes, size, error);
  g_free (bytes);
  close (fd);
  return done;
}

/* --- writing --- */

static GString *
make_header (const ZsdModel * model, const Tensor * tensors)
{
  GString *header = g_string_new (NULL);
  guint i, d;

  g_string_printf (header, "{\"" METADATA "\":{\"format\":\"" FORMAT
      "\",\"version\":\"" VERSION "\",\"inputs\":\"%d\",\"hidden\":\"%d\","
      "\"outputs\":\"%d\"}", model->inputs, model->hidden, model->outputs);
  for (i = 0; i < N_TENSORS; i++) {
    const gsize first = tensors[i].first * sizeof (gfloat);

    g_string_append_printf (header, ",\"%s\":{\"dtype\":\"F32\",\"shape\":",
        tensors[i].name);
    for (d = 0; d < tensors[i].n_dims; d++)
      g_string_append_printf (header, "%c%" G_GINT64_FORMAT, d ? ',' : '[',
          tensors[i].dims[d]);
    g_string_append_printf (header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%"
        G_GSIZE_FORMAT "]}", first, first + tensors[i].count * sizeof (gfloat));
  }
  g_string_append_c (header, '}');
  /* Programs that map the file expect the numbers at a multiple of 8 bytes. */
  while (header->len % LENGTH != 0)
    g_string_append_c (header, ' ');
  return header;
}

GBytes *
gst_zs_model_file_to_bytes (const ZsdModel * model)
{
  GByteArray *bytes = g_byte_array_new ();
  Tensor tensors[N_TENSORS];
  GString *header;
  guint64 length;
  guint32 bits;
  gsize i;

  list_tensors (tensors, model->inputs, model->hidden, model->outputs);
  header = make_header (model, tensors);
  length = GUINT64_TO_LE (header->len);
  g_byte_array_append (bytes, (const guint8 *) &length, LENGTH);
  g_byte_array_append (bytes, (const guint8 *) header->str, header->len);
  for (i = 0; i < model->count; i++) {
    memcpy (&bits, &model->params[i], sizeof bits);
    bits = GUINT32_TO_LE (bits);
    g_byte_array_append (bytes, (const guint8 *) &bits, sizeof bits);
  }
  g_string_free (header, TRUE);
  return g_byte_array_free_to_bytes (bytes);
}

gboolean
gst_zs_model_file_write (const ZsdModel * model, const gchar * file,
    GError ** error)
{
  GBytes *bytes = gst_zs_model_file_to_bytes (model);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  /* A temporary file in the same folder, fsync(), rename(), and fsync() of the folder. */
  const gboolean written = g_file_set_contents_full (file, data, size,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
      error);

  g_bytes_unref (bytes);
  return written;
}

gboolean
gst_zs_model_file_check_writable (const gchar * file, GError ** error)
{
  gchar *name;
  GStatBuf about;
  gint fd;

  if (g_stat (file, &about) == 0 && !check_kind (&about, error))
    return FALSE;
  name = g_strconcat (file, ".XXXXXX", NULL);
  fd = g_mkstemp (name);
  if (fd < 0) {
    fail_with_errno (error);
  } else {
    close (fd);
    g_unlink (name);
  }
  g_free (name);
  return fd >= 0;
}

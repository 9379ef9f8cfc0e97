/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of zsdenoise set to anything, in any form and order, while frames pass. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

enum
{
  MAX_STEPS = 24, MAX_SIDE = 20
};

static GParamSpec **properties;
static guint n_properties;

/* --- values --- */

static void
take_string (Bytes * b, gchar * string, gsize size)
{
  static const gchar *const strings[] = { "-1", "0", "1", "2", "0.5", "1e999",
    "nan", "inf", "-inf", "99999999999999999999", "true", "auto", "paper",
    "realtime", "fp32", "bf16", "int16", "fp16", "int8", "blocking", "0x10", "", " ", "1;2", "(int)3"
  };
  const guint which = take (b);
  gsize i;

  if (which < G_N_ELEMENTS (strings)) {
    g_strlcpy (string, strings[which], size);
    return;
  }
  for (i = 0; i < which % (size - 1); i++)
    string[i] = (gchar) take (b);
  string[i] = '\0';
}

/* A value of a property's own type, in its range or not. */
static void
set_value (Bytes * b, GObject * object, GParamSpec * property)
{
  GValue value = G_VALUE_INIT;
  guint64 bits = 0;
  gdouble number;
  guint i;

  for (i = 0; i < sizeof bits; i++)
    bits = bits << 8 | take (b);
  memcpy (&number, &bits, sizeof number);
  g_value_init (&value, property->value_type);
  if (G_VALUE_HOLDS_DOUBLE (&value))
    g_value_set_double (&value, bits & 1 ? number : (bits >> 56) / 255.0);
  else if (G_VALUE_HOLDS_UINT (&value))
    g_value_set_uint (&value, bits & 1 ? bits >> 32 : bits >> 56);
  else if (G_VALUE_HOLDS_UINT64 (&value))
    g_value_set_uint64 (&value, bits);
  else if (G_VALUE_HOLDS_BOOLEAN (&value))
    g_value_set_boolean (&value, bits & 1);
  else if (G_VALUE_HOLDS_ENUM (&value))
    g_value_set_enum (&value, (gint) (bits >> 56));
  g_object_set_property (object, property->name, &value);
  g_value_unset (&value);
}

/* Reduces settings that would only take time. */
static void
limit_work (GObject * object)
{
  static const struct
  {
    const gchar *name;
    guint least, most;
  } limits[] = {
    {"epochs", 1, 2}, {"finetune-epochs", 0, 2}, {"hidden-channels", 1, 3},
    {"n-threads", 1, 2}
  };
  guint i, value;

  for (i = 0; i < G_N_ELEMENTS (limits); i++) {
    g_object_get (object, limits[i].name, &value, NULL);
    if (value < limits[i].least || value > limits[i].most)
      g_object_set (object, limits[i].name,
          CLAMP (value, limits[i].least, limits[i].most), NULL);
  }
}

/* A value that it says it has must be one that it says it may have, but for the little that GLib
 * lets numbers be off. */
static void
check_value (GObject * object, GParamSpec * property)
{
  const gdouble little = 1e-6;
  GValue value = G_VALUE_INIT;

  g_value_init (&value, property->value_type);
  g_object_get_property (object, property->name, &value);
  if (G_VALUE_HOLDS_DOUBLE (&value)) {
    const GParamSpecDouble *range = G_PARAM_SPEC_DOUBLE (property);
    const gdouble number = g_value_get_double (&value);

    if (!(number >= range->minimum - little
            && number <= range->maximum + little))
      abort ();
  } else if (g_param_value_validate (property, &value)) {
    abort ();
  }
  g_value_unset (&value);
}

static void
set_property (Bytes * b, GObject * object)
{
  GParamSpec *property = properties[take (b) % n_properties];
  gchar string[16];

  if (property->flags & G_PARAM_WRITABLE) {
    if (take_from (b, 0, 2) > 0) {
      set_value (b, object, property);
    } else {
      take_string (b, string, sizeof string);
      gst_util_set_object_arg (object, property->name, string);
    }
  }
  check_value (object, property);
}

/* --- what goes on meanwhile --- */

static void
push_frame (Bytes * b, Rig * rig, const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new ();

  gst_buffer_append_memory (buffer, take_memory (b,
          GST_VIDEO_INFO_SIZE (info)));
  GST_BUFFER_PTS (buffer) = take (b) * GST_MSECOND;
  limit_work (G_OBJECT (rig->element));
  if (rig_push (rig, buffer) != GST_FLOW_OK)
    abort ();
}

static void
flush (Rig * rig)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (rig->src, gst_event_new_flush_start ());
  gst_pad_push_event (rig->src, gst_event_new_flush_stop (TRUE));
  gst_pad_push_event (rig->src, gst_event_new_segment (&segment));
}

/* Properties of the element itself, without those that name files. */
static void
list_properties (void)
{
  GstElement *element = gst_element_factory_make ("zsdenoise", NULL);
  guint i, n = 0;

  properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (element),
      &n_properties);
  for (i = 0; i < n_properties; i++)
    if (properties[i]->owner_type == G_OBJECT_TYPE (element)
        && !g_str_has_suffix (properties[i]->name, "-file"))
      properties[n++] = properties[i];
  n_properties = n;
  gst_object_unref (element);
}

int
LLVMFuzzerInitialize (int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
  rig_init ();
  list_properties ();
  return 0;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  Bytes b = { data, data + size };
  Rig rig = rig_new ("zsdenoise");
  GstVideoInfo info = take_info (&b, MAX_SIDE);
  gint i;

  rig_set_info (&rig, &info);
  for (i = 0; i < MAX_STEPS && b.next < b.end; i++)
    switch (take_from (&b, 0, 11)) {
      case 0:
        g_signal_emit_by_name (rig.element, "retrain");
        break;
      case 1:
        flush (&rig);
        break;
      case 2:
        info = take_info (&b, MAX_SIDE);
        rig_set_info (&rig, &info);
        break;
      case 3:
      case 4:
      case 5:
        push_frame (&b, &rig, &info);
        break;
      default:
        set_property (&b, G_OBJECT (rig.element));
        break;
    }
  rig_free (&rig);
  return 0;
}

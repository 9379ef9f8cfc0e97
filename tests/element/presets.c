/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presets: installed ones and the user's. */
#include "suite.h"

#include <stdio.h>

/* The file of the user's presets, in the data folder of this test. */
static gchar *
user_file (void)
{
  return g_build_filename (g_get_user_data_dir (), "gstreamer-1.0", "presets",
      "GstZsDenoise.prs", NULL);
}

/* Starts with the installed presets alone. */
static GstElement *
start (void)
{
  gchar *file = user_file ();
  GstElement *element;

  remove (file);
  g_free (file);
  element = gst_element_factory_make ("zsdenoise", NULL);
  fail_unless (GST_IS_PRESET (element));
  return element;
}

static gboolean
has_preset (GstElement * element, const gchar * name)
{
  gchar **names = gst_preset_get_preset_names (GST_PRESET (element));
  const gboolean has = g_strv_contains ((const gchar * const *) names, name);

  g_strfreev (names);
  return has;
}

static gchar *
comment_of (GstElement * element, const gchar * name)
{
  gchar *comment = NULL;

  fail_unless (gst_preset_get_meta (GST_PRESET (element), name, "comment",
          &comment));
  return comment;
}

static gchar *
profile_of (GstElement * element)
{
  GValue value = G_VALUE_INIT;
  gchar *profile;

  g_object_get_property (G_OBJECT (element), "profile", &value);
  profile = gst_value_serialize (&value);
  g_value_unset (&value);
  return profile;
}

/* --- installed presets --- */

static const struct
{
  const gchar *name, *profile;
  gdouble strength;
  gboolean temporal;
} shipped[] = {
  {"archive", "best", 1, TRUE},
  {"camera", "realtime", 1, TRUE},
  {"film grain", "balanced", 0.5, TRUE},
  {"single pictures", "balanced", 1, FALSE},
};

/* Each preset replaces the values of the one before, and no others. */
GST_START_TEST (test_shipped)
{
  GstElement *element = start ();
  gchar **names = gst_preset_get_preset_names (GST_PRESET (element));
  gchar *comment, *profile;
  gdouble strength;
  gboolean temporal;
  guint threads, epochs, i, n;

  fail_unless_equals_int (g_strv_length (names), G_N_ELEMENTS (shipped));
  g_object_set (element, "n-threads", 3, "epochs", 7, NULL);
  for (i = 0; i < 2 * G_N_ELEMENTS (shipped); i++) {
    n = i * 3 % G_N_ELEMENTS (shipped);
    fail_unless_equals_string (names[n], shipped[n].name);
    comment = comment_of (element, names[n]);
    fail_unless (comment != NULL && *comment != '\0');
    g_free (comment);
    fail_unless (gst_preset_load_preset (GST_PRESET (element), names[n]));
    g_object_get (element, "strength", &strength, "temporal", &temporal,
        "n-threads", &threads, "epochs", &epochs, NULL);
    profile = profile_of (element);
    fail_unless_equals_string (profile, shipped[n].profile);
    fail_unless_equals_float (strength, shipped[n].strength);
    fail_unless_equals_int (temporal, shipped[n].temporal);
    fail_unless_equals_int (threads, 3);
    fail_unless_equals_int (epochs, 7);
    g_free (profile);
  }
  g_strfreev (names);
  gst_object_unref (element);
}

GST_END_TEST;

/* --- the user's presets --- */

/* A saved preset leaves out the properties of a single use of the element. */
GST_START_TEST (test_properties)
{
  static const gchar *const all[] =
      { "profile", "strength", "sigma", "temporal",
    "training", "epochs", "learning-rate", "step-size", "gamma",
    "hidden-channels", "finetune-interval", "finetune-epochs",
    "scene-threshold", "force-key-unit", "warm-start", "pairs", "precision",
    NULL
  };
  GstElement *element = start ();
  gchar **names = gst_preset_get_property_names (GST_PRESET (element));
  guint i;

  fail_unless_equals_int (g_strv_length (names),
      g_strv_length ((gchar **) all));
  for (i = 0; names[i] != NULL; i++)
    fail_unless (g_strv_contains (all, names[i]), "%s", names[i]);
  g_strfreev (names);
  gst_object_unref (element);
}

GST_END_TEST;

static GstElement *
with_settings (const gchar * profile, gdouble strength, guint epochs,
    gdouble split, guint64 seed)
{
  GstElement *element = gst_element_factory_make ("zsdenoise", NULL);

  gst_util_set_object_arg (G_OBJECT (element), "profile", profile);
  g_object_set (element, "strength", strength, "epochs", epochs, "split", split,
      "seed", seed, NULL);
  return element;
}

/* Loads the preset in another element, which keeps its split and seed. */
static void
fail_unless_loads (const gchar * name)
{
  GstElement *element = with_settings ("paper", 1, 3, 0.5, 6);
  gdouble strength, split;
  gchar *profile;
  guint64 seed;
  guint epochs;

  fail_unless (gst_preset_load_preset (GST_PRESET (element), name));
  g_object_get (element, "strength", &strength, "epochs", &epochs, "split",
      &split, "seed", &seed, NULL);
  profile = profile_of (element);
  fail_unless_equals_string (profile, "best");
  fail_unless_equals_float (strength, 0.75);
  fail_unless_equals_int (epochs, 40);
  fail_unless_equals_float (split, 0.5);
  fail_unless_equals_uint64 (seed, 6);
  g_free (profile);
  gst_object_unref (element);
}

GST_START_TEST (test_own)
{
  GstElement *element = start (), *saved;
  gchar *file = user_file (), *comment;

  fail_if (gst_preset_load_preset (GST_PRESET (element), "mine"));
  saved = with_settings ("best", 0.75, 40, 0.25, 5);
  fail_unless (gst_preset_save_preset (GST_PRESET (saved), "mine"));
  fail_unless (gst_preset_set_meta (GST_PRESET (saved), "mine", "comment",
          "for the cellar"));
  gst_object_unref (saved);
  fail_unless (g_file_test (file, G_FILE_TEST_EXISTS), "no %s", file);
  fail_unless_loads ("mine");

  fail_unless (gst_preset_rename_preset (GST_PRESET (element), "mine", "ours"));
  fail_if (has_preset (element, "mine"));
  fail_if (gst_preset_load_preset (GST_PRESET (element), "mine"));
  fail_unless_loads ("ours");
  comment = comment_of (element, "ours");
  fail_unless_equals_string (comment, "for the cellar");
  g_free (comment);

  fail_unless (gst_preset_delete_preset (GST_PRESET (element), "ours"));
  fail_if (has_preset (element, "ours"));
  fail_unless (has_preset (element, "camera"));
  remove (file);
  g_free (file);
  gst_object_unref (element);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("presets");
  TCase *tcase = tcase_create ("presets");

  tcase_add_test (tcase, test_shipped);
  tcase_add_test (tcase, test_properties);
  tcase_add_test (tcase, test_own);
  suite_add_tcase (suite, tcase);
  return suite;
}

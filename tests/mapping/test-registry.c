/*
 * test-registry.c - what is checked when an engine is opened, and what mappings resolve
 * to. Each mistake has a test of its own, with the whole text of its error; no database
 * is needed.
 */
#include "registry.h"

#include "kith.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Registers @mappings, which must be refused with exactly @mistakes, each after a
 * newline. */
static void
assert_refused(const KithMapping *const *mappings, const char *mistakes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KithRegistry) registry = kith_registry_new(mappings, &error);
    g_autofree char *message = g_strdup_printf("the mapping is wrong:%s", mistakes);
    assert_null(registry);
    assert_non_null(error);
    assert_string_equal(error->message, message);
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_MAPPING));
}

static KithRegistry *
assert_accepted(const KithMapping *const *mappings)
{
    GError *error = NULL;
    KithRegistry *registry = kith_registry_new(mappings, &error);
    if (error != NULL)
        fail_msg("%s", error->message);
    return registry;
}

/*
 * One struct with a member of every sort. Each test gives it a name of its own, since a
 * mapping belongs to a name.
 */
typedef enum Colour {
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_BLUE
} Colour;

typedef struct Thing {
    int64_t id;
    int32_t number;
    KithUuid uuid;
    const char *name;
    KithBlob data;
    Colour colour;
    KithOptInt32 maybe;
    KithOptInt32 maybe_colour;
    int32_t version;
    int64_t other_id;
    KITH_REF(struct Thing) parent;
    KITH_MANY(struct Thing) children;
} Thing;

/* What others refer to, in order. */
KITH_DECLARE(Thing);
KITH_MAPPING(Thing, "things", KITH_KEY(Thing, id), KITH_COLUMN(Thing, name));

/* --- keys and tables ------------------------------------------------------------- */

typedef Thing NoKey;
KITH_DECLARE(NoKey);
KITH_MAPPING(NoKey, "no_keys", KITH_COLUMN(NoKey, name));

static void
a_mapping_without_a_key_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(NoKey), "\n  NoKey: there is no KITH_KEY");
}

typedef Thing TextKey;
KITH_DECLARE(TextKey);
KITH_MAPPING(TextKey, "text_keys", KITH_KEY(TextKey, name, .generated = true));

static void
a_generated_text_key_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(TextKey),
                   "\n  TextKey.name: a text key cannot be generated");
}

typedef Thing PartKey;
KITH_DECLARE(PartKey);
KITH_MAPPING(PartKey,
             "part_keys",
             KITH_KEY(PartKey, id, .generated = true),
             KITH_KEY(PartKey, number));

static void
a_generated_part_of_a_composite_key_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(PartKey),
                   "\n  PartKey.id: a key of several members cannot be generated");
}

typedef Thing LongNumber;
KITH_DECLARE(LongNumber);
KITH_MAPPING(LongNumber,
             "long_numbers",
             KITH_KEY(LongNumber, id, .max_length = 8),
             KITH_COLUMN(LongNumber, data, .max_length = 8));

static void
a_max_length_of_what_is_not_text_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(LongNumber),
                   "\n  LongNumber.id: only text has a max_length"
                   "\n  LongNumber.data: only text has a max_length");
}

typedef Thing NoTable;
KITH_DECLARE(NoTable);
KITH_MAPPING(NoTable, "", KITH_KEY(NoTable, id));

typedef Thing NoSchema;
KITH_DECLARE(NoSchema);
KITH_MAPPING(NoSchema, ".things", KITH_KEY(NoSchema, id));

typedef Thing OnlySchema;
KITH_DECLARE(OnlySchema);
KITH_MAPPING(OnlySchema, "library.", KITH_KEY(OnlySchema, id));

static void
an_empty_table_name_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(NoTable, NoSchema, OnlySchema),
                   "\n  NoTable: the name of the table is empty"
                   "\n  NoSchema: the name of the table is empty"
                   "\n  OnlySchema: the name of the table is empty");
}

typedef Thing Shout;
KITH_DECLARE(Shout);
KITH_MAPPING(Shout, "THINGS", KITH_KEY(Shout, id));

static void
two_mappings_of_one_table_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Thing, Shout),
                   "\n  Shout: the table \"THINGS\" is that of Thing already");
}

static void
a_mapping_given_twice_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Thing, Thing),
                   "\n  Thing: the engine was given it twice");
}

/* --- columns --------------------------------------------------------------------- */

typedef Thing NoName;
KITH_DECLARE(NoName);
KITH_MAPPING(NoName,
             "no_names",
             KITH_KEY(NoName, id),
             KITH_COLUMN(NoName, name, .column = ""));

static void
an_empty_column_name_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(NoName),
                   "\n  NoName.name: the name of the column is empty");
}

typedef Thing SameName;
KITH_DECLARE(SameName);
KITH_MAPPING(SameName,
             "same_names",
             KITH_KEY(SameName, id),
             KITH_COLUMN(SameName, name),
             KITH_COLUMN(SameName, number, .column = "Name"),
             KITH_BELONGS_TO(SameName, parent, Thing, .column = "ID"));

static void
two_columns_of_one_name_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Thing, SameName),
                   "\n  SameName.number: the column \"Name\" is that of name already"
                   "\n  SameName.parent: the column \"ID\" is that of id already");
}

typedef Thing SameMember;
KITH_DECLARE(SameMember);
KITH_MAPPING(SameMember,
             "same_members",
             KITH_KEY(SameMember, id),
             KITH_COLUMN(SameMember, id, .column = "copy"));

static void
a_member_that_is_mapped_twice_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(SameMember), "\n  SameMember.id: it is mapped twice");
}

typedef Thing NullNumber;
KITH_DECLARE(NullNumber);
KITH_MAPPING(NullNumber,
             "null_numbers",
             KITH_KEY(NullNumber, id),
             KITH_COLUMN(NullNumber, number, .nullable = true),
             KITH_COLUMN(NullNumber, maybe, .nullable = true),
             KITH_COLUMN(NullNumber, name, .nullable = true),
             KITH_COLUMN(NullNumber, data, .nullable = true));

static void
a_nullable_scalar_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(NullNumber),
        "\n  NullNumber.number: a member of type int32_t has no NULL; make the "
        "member a KithOpt… instead of '.nullable'");
}

typedef Thing NamedText;
KITH_DECLARE(NamedText);
KITH_MAPPING(NamedText,
             "named_texts",
             KITH_KEY(NamedText, id),
             KITH_COLUMN(NamedText, name, .names = KITH_NAMES("red", "green")));

static void
names_of_what_is_not_an_enum_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(NamedText),
                   "\n  NamedText.name: only an enum has names");
}

typedef Thing Unnamed;
KITH_DECLARE(Unnamed);
KITH_MAPPING(Unnamed,
             "unnamed",
             KITH_KEY(Unnamed, id),
             KITH_COLUMN(Unnamed, colour, .as_integer = true));

static void
as_integer_without_names_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Unnamed),
        "\n  Unnamed.colour: '.as_integer' says something only of an enum with names");
}

typedef Thing SameColour;
KITH_DECLARE(SameColour);
KITH_MAPPING(
    SameColour,
    "same_colours",
    KITH_KEY(SameColour, id),
    KITH_COLUMN(SameColour,
                colour,
                .names = KITH_NAMES([COLOUR_RED] = "red", [COLOUR_BLUE] = "red")));

static void
two_enumerators_of_one_name_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(SameColour),
                   "\n  SameColour.colour: two enumerators have the name 'red'");
}

typedef Thing NoColour;
KITH_DECLARE(NoColour);
KITH_MAPPING(NoColour,
             "no_colours",
             KITH_KEY(NoColour, id),
             KITH_COLUMN(NoColour, colour, .names = KITH_NAMES([COLOUR_RED] = NULL)));

static void
an_enum_without_any_name_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(NoColour),
                   "\n  NoColour.colour: no enumerator has a name");
}

typedef Thing TwoVersions;
KITH_DECLARE(TwoVersions);
KITH_MAPPING(TwoVersions,
             "two_versions",
             KITH_KEY(TwoVersions, id),
             KITH_VERSION(TwoVersions, version),
             KITH_VERSION(TwoVersions, number));

static void
a_second_version_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(TwoVersions),
                   "\n  TwoVersions.number: there is a version already");
}

/* --- relations ------------------------------------------------------------------- */

typedef Thing Pair;
KITH_DECLARE(Pair);
KITH_MAPPING(Pair, "pairs", KITH_KEY(Pair, id), KITH_KEY(Pair, number));

typedef Thing OfPair;
KITH_DECLARE(OfPair);
KITH_MAPPING(OfPair,
             "of_pairs",
             KITH_KEY(OfPair, id),
             KITH_BELONGS_TO(OfPair, parent, Pair));

static void
a_reference_to_a_composite_key_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Pair, OfPair),
        "\n  OfPair.parent: Pair has no key of one member; say with '.via' which "
        "members refer to it");
}

typedef struct Wide {
    int64_t a, b, c, d, e, f, g, h, i;
    KITH_REF(struct Wide) self;
} Wide;

KITH_DECLARE(Wide);
KITH_MAPPING(Wide,
             "wides",
             KITH_KEY(Wide, a),
             KITH_KEY(Wide, b),
             KITH_KEY(Wide, c),
             KITH_KEY(Wide, d),
             KITH_KEY(Wide, e),
             KITH_KEY(Wide, f),
             KITH_KEY(Wide, g),
             KITH_KEY(Wide, h),
             KITH_KEY(Wide, i),
             KITH_BELONGS_TO(
                 Wide, self, Wide, .via = KITH_VIA(Wide, a, b, c, d, e, f, g, h, i)));

static void
a_key_of_more_members_than_can_be_looked_up_together_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Wide),
                   "\n  Wide: its key has 9 members, and 8 is the most"
                   "\n  Wide.self: it has 9 columns, and 8 is the most");
}

typedef Thing Stranger;
KITH_DECLARE(Stranger);
KITH_MAPPING(Stranger,
             "strangers",
             KITH_KEY(Stranger, id, .references = KITH_REFERENCES(Thing, id)),
             KITH_COLUMN(Stranger, other_id, .references = KITH_REFERENCES(Thing, id)),
             KITH_BELONGS_TO(Stranger, parent, Thing),
             KITH_HAS_MANY(Stranger, children, Thing, parent));

static void
a_relation_to_a_mapping_that_was_not_given_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Stranger),
        "\n  Stranger.id: the engine was not given the mapping of Thing"
        "\n  Stranger.other_id: the engine was not given the mapping of Thing"
        "\n  Stranger.parent: the engine was not given the mapping of Thing"
        "\n  Stranger.children: the engine was not given the mapping of Thing");
}

typedef Thing OfName;
KITH_DECLARE(OfName);
KITH_MAPPING(OfName,
             "of_names",
             KITH_KEY(OfName, id),
             KITH_COLUMN(OfName, name, .references = KITH_REFERENCES(Thing, name)),
             KITH_COLUMN(OfName, number, .references = KITH_REFERENCES(Thing, number)));

static void
a_foreign_key_to_what_is_not_unique_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Thing, OfName),
        "\n  OfName.name: what it refers to is neither the key of Thing nor a unique "
        "column"
        "\n  OfName.number: what it refers to is neither the key of Thing nor a unique "
        "column");
}

typedef Thing OfPart;
KITH_DECLARE(OfPart);
KITH_MAPPING(OfPart,
             "of_parts",
             KITH_KEY(OfPart, id),
             KITH_COLUMN(OfPart, number, .references = KITH_REFERENCES(Pair, number)));

static void
a_foreign_key_to_a_part_of_a_key_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Pair, OfPart),
        "\n  OfPart.number: what it refers to is neither the key of Pair nor a unique "
        "column");
}

typedef Thing Narrow;
KITH_DECLARE(Narrow);
KITH_MAPPING(Narrow,
             "narrows",
             KITH_KEY(Narrow, id),
             KITH_COLUMN(Narrow, number, .references = KITH_REFERENCES(Thing, id)));

static void
a_foreign_key_of_another_type_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Thing, Narrow),
        "\n  Narrow.number: its type is int32_t, and that of Thing.id is int64_t");
}

typedef Thing NeverNull;
KITH_DECLARE(NeverNull);
KITH_MAPPING(
    NeverNull,
    "never_nulls",
    KITH_KEY(NeverNull,
             id,
             .references = KITH_REFERENCES(Thing, id, .on_update = KITH_SET_NULL)),
    KITH_COLUMN(NeverNull,
                other_id,
                .references = KITH_REFERENCES(Thing, id, .on_delete = KITH_SET_NULL)),
    KITH_BELONGS_TO(NeverNull, parent, Thing, .on_delete = KITH_SET_NULL));

static void
set_null_of_a_column_that_cannot_be_null_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Thing, NeverNull),
                   "\n  NeverNull.id: KITH_SET_NULL needs a column that can be NULL"
                   "\n  NeverNull.other_id: KITH_SET_NULL needs a column that can be NULL"
                   "\n  NeverNull.parent: KITH_SET_NULL needs a column that can be NULL");
}

typedef Thing OneSided;
KITH_DECLARE(OneSided);
KITH_MAPPING(OneSided,
             "one_sided",
             KITH_KEY(OneSided, id),
             KITH_HAS_MANY(OneSided, children, Thing, parent));

static void
a_collection_without_its_other_side_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Thing, OneSided),
        "\n  OneSided.children: Thing maps no KITH_BELONGS_TO for its other side");
}

typedef Thing Quarrel;
KITH_DECLARE(Quarrel);
KITH_MAPPING(
    Quarrel,
    "quarrels",
    KITH_KEY(Quarrel, id),
    KITH_BELONGS_TO(Quarrel, parent, Quarrel, .on_delete = KITH_RESTRICT),
    KITH_HAS_MANY(Quarrel, children, Quarrel, parent, .on_delete = KITH_CASCADE));

static void
two_sides_that_differ_about_on_delete_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Quarrel),
        "\n  Quarrel.children: its '.on_delete' is not that of the reference in "
        "Quarrel");
}

typedef Thing Clinging;
KITH_DECLARE(Clinging);
KITH_MAPPING(
    Clinging,
    "clinging",
    KITH_KEY(Clinging, id),
    KITH_BELONGS_TO(Clinging, parent, Clinging),
    KITH_HAS_MANY(Clinging, children, Clinging, parent, .on_delete = KITH_SET_NULL));

static void
a_collection_that_sets_null_what_cannot_be_null_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Clinging),
        "\n  Clinging.children: KITH_SET_NULL needs the reference in Clinging to be "
        "nullable");
}

/* --- constraints over members ---------------------------------------------------- */

typedef Thing OverNothing;
KITH_DECLARE(OverNothing);
KITH_MAPPING(OverNothing,
             "over_nothing",
             KITH_KEY(OverNothing, id),
             KITH_COLUMN(OverNothing, name),
             KITH_UNIQUE(OverNothing, name, number),
             KITH_INDEX(OverNothing, children));

static void
an_index_over_what_is_not_a_column_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(OverNothing),
        "\n  OverNothing: KITH_UNIQUE(name, number) names a member that is not a column"
        "\n  OverNothing: KITH_INDEX(children) names a member that is not a column");
}

typedef Thing Deferring;
KITH_DECLARE(Deferring);
KITH_MAPPING(Deferring,
             "deferring",
             KITH_KEY(Deferring, id),
             KITH_COLUMN(Deferring, name, .deferrable = true),
             KITH_COLUMN(Deferring, number, .unique = true, .deferrable = true));

typedef Thing MeansDeferring;
KITH_DECLARE(MeansDeferring);
KITH_MAPPING(MeansDeferring,
             "means_deferring",
             KITH_KEY(MeansDeferring, id),
             KITH_COLUMN(MeansDeferring,
                         number,
                         .references = KITH_REFERENCES(Deferring, number)));

static void
what_is_deferrable_has_to_be_unique_and_cannot_be_referred_to(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Deferring, MeansDeferring),
        "\n  MeansDeferring.number: what it refers to is neither the key of Deferring nor "
        "a unique column"
        "\n  Deferring.name: .deferrable is of .unique; that of a foreign key stands in its "
        "KITH_REFERENCES");
}

typedef Thing OverTwice;
KITH_DECLARE(OverTwice);
KITH_MAPPING(OverTwice,
             "over_twice",
             KITH_KEY(OverTwice, id),
             KITH_COLUMN(OverTwice, name),
             KITH_INDEX(OverTwice, name, name));

static void
an_index_over_a_member_twice_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(OverTwice),
                   "\n  OverTwice: KITH_INDEX(name, name) names a member twice");
}

typedef Thing TwiceUnique;
KITH_DECLARE(TwiceUnique);
KITH_MAPPING(TwiceUnique,
             "twice_unique",
             KITH_KEY(TwiceUnique, id),
             KITH_COLUMN(TwiceUnique, name, .unique = true),
             KITH_COLUMN(TwiceUnique, number),
             KITH_UNIQUE(TwiceUnique, name),
             KITH_INDEX(TwiceUnique, name, number),
             KITH_INDEX(TwiceUnique, name, number));

static void
the_same_index_twice_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(TwiceUnique),
        "\n  TwiceUnique: the index \"twice_unique_name_key\" is there twice"
        "\n  TwiceUnique: the index \"twice_unique_name_number_idx\" is there twice");
}

/* --- what the database fills in -------------------------------------------------- */

typedef Thing Filled;
KITH_DECLARE(Filled);
KITH_MAPPING(Filled,
             "filled",
             KITH_KEY(Filled, id),
             KITH_COLUMN(Filled, number, .default_sql = "1", .computed_sql = "id"),
             KITH_COLUMN(Filled, name, .default_sql = " "),
             KITH_COLUMN(Filled, data, .computed_sql = ""));

static void
a_default_of_a_computed_column_and_an_empty_expression_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Filled),
                   "\n  Filled.number: a computed column has no default"
                   "\n  Filled.name: the SQL expression is empty"
                   "\n  Filled.data: the SQL expression is empty");
}

typedef Thing Calculated;
KITH_DECLARE(Calculated);
KITH_MAPPING(Calculated,
             "calculated",
             KITH_KEY(Calculated, id),
             KITH_COLUMN(Calculated, number, .unique = true, .computed_sql = "id"),
             KITH_COLUMN(Calculated,
                         other_id,
                         .computed_sql = "id",
                         .references = KITH_REFERENCES(Thing, id)));

typedef Thing ToCalculated;
KITH_DECLARE(ToCalculated);
KITH_MAPPING(ToCalculated,
             "to_calculated",
             KITH_KEY(ToCalculated, id),
             KITH_COLUMN(ToCalculated,
                         number,
                         .references = KITH_REFERENCES(Calculated, number)));

static void
a_foreign_key_that_is_computed_or_means_something_computed_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Thing, Calculated, ToCalculated),
                   "\n  Calculated.other_id: a computed column cannot be a foreign key"
                   "\n  ToCalculated.number: what it refers to is computed by the database");
}

typedef Thing Looped;
KITH_DECLARE(Looped);
KITH_MAPPING(Looped,
             "looped",
             KITH_KEY(Looped, id),
             KITH_COLUMN(Looped,
                         other_id,
                         .default_sql = "1",
                         .references = KITH_REFERENCES(Looped, id)));

typedef Thing Defaulting;
KITH_DECLARE(Defaulting);
KITH_MAPPING(Defaulting,
             "defaulting",
             KITH_KEY(Defaulting, id),
             KITH_COLUMN(Defaulting,
                         other_id,
                         .default_sql = "1",
                         .references = KITH_REFERENCES(Thing, id)));

static void
a_default_of_a_foreign_key_is_refused_where_tables_make_a_circle(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Thing, Looped, Defaulting),
        "\n  Looped.other_id: a foreign key to a table that refers back cannot have a default");
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Thing, Defaulting));
    const KithMapper *mapper = kith_registry_find(registry, &kith_mapping_Defaulting);
    assert_true(mapper->is_filled);
    assert_string_equal(mapper->details[1].default_sql, "1");
    assert_null(mapper->details[1].computed_sql);
    assert_false(kith_registry_find(registry, &kith_mapping_Thing)->is_filled);
}

static void
all_mistakes_of_all_mappings_are_in_one_error(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(NoKey, TextKey, OfName, Stranger, OverNothing),
        "\n  NoKey: there is no KITH_KEY"
        "\n  TextKey.name: a text key cannot be generated"
        "\n  OfName.name: the engine was not given the mapping of Thing"
        "\n  OfName.number: the engine was not given the mapping of Thing"
        "\n  Stranger.id: the engine was not given the mapping of Thing"
        "\n  Stranger.other_id: the engine was not given the mapping of Thing"
        "\n  Stranger.parent: the engine was not given the mapping of Thing"
        "\n  Stranger.children: the engine was not given the mapping of Thing"
        "\n  OverNothing: KITH_UNIQUE(name, number) names a member that is not a column"
        "\n  OverNothing: KITH_INDEX(children) names a member that is not a column");
}

static void
a_refused_mapping_needs_no_error_to_be_asked_for(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = kith_registry_new(KITH_MAPPINGS(NoKey), NULL);
    assert_null(registry);
}

/* --- finding a mapper ------------------------------------------------------------ */

static void
an_engine_without_mappings_is_accepted(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(NULL);
    assert_int_equal(registry->n_mappers, 0);
    assert_null(kith_registry_find(registry, &kith_mapping_Thing));
}

static void
a_mapper_is_found_by_its_mapping(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Thing, Pair));
    assert_ptr_equal(kith_registry_find(registry, &kith_mapping_Thing),
                     &registry->mappers[0]);
    assert_ptr_equal(kith_registry_find(registry, &kith_mapping_Pair),
                     &registry->mappers[1]);
    assert_null(kith_registry_find(registry, &kith_mapping_OfPair));
}

enum {
    MANY = 1000
};

static void
every_one_of_a_thousand_mappings_is_found(void **state)
{
    (void) state;
    g_autofree KithMapping *copies = g_new0(KithMapping, MANY);
    g_autofree const KithMapping **mappings = g_new0(const KithMapping *, MANY + 1);
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < MANY; i++) {
        char *table = g_strdup_printf("things_%u", i);
        g_ptr_array_add(tables, table);
        copies[i] = kith_mapping_Thing;
        copies[i].table = table;
        mappings[i] = &copies[i];
    }
    g_autoptr(KithRegistry) registry = assert_accepted(mappings);
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(kith_registry_find(registry, &copies[i]), &registry->mappers[i]);
    assert_null(kith_registry_find(registry, &kith_mapping_Thing));
}

/* --- what columns resolve to ----------------------------------------------------- */

typedef struct Everything Everything;
struct Everything {
    int64_t id;
    bool flag;
    int32_t small;
    double real;
    const char *text;
    KithBlob blob;
    KithTime time;
    KithDate date;
    KithUuid uuid;
    Colour colour;
    Colour number;
    KithOptBool opt_flag;
    KithOptInt32 opt_small;
    KithOptInt64 opt_large;
    KithOptDouble opt_real;
    KithOptTime opt_time;
    KithOptDate opt_date;
    KithOptUuid opt_uuid;
    KithOptInt32 opt_colour;
    int64_t version;
    KITH_REF(Everything) parent;
    KITH_MANY(Everything) children;
};
KITH_DECLARE(Everything);
KITH_MAPPING(Everything,
             "library.everything",
             KITH_KEY(Everything, id, .column = "number_of_it", .generated = true),
             KITH_COLUMN(Everything, flag),
             KITH_COLUMN(Everything, small, .unique = true),
             KITH_COLUMN(Everything, real),
             KITH_COLUMN(Everything, text, .nullable = true, .max_length = 9),
             KITH_COLUMN(Everything, blob, .secret = true),
             KITH_COLUMN(Everything, time),
             KITH_COLUMN(Everything, date),
             KITH_COLUMN(Everything, uuid),
             KITH_COLUMN(Everything, colour, .names = KITH_NAMES("red", "green", "blue")),
             KITH_COLUMN(Everything,
                         number,
                         .names = KITH_NAMES("red", "green"),
                         .as_integer = true),
             KITH_COLUMN(Everything, opt_flag),
             KITH_COLUMN(Everything, opt_small),
             KITH_COLUMN(Everything, opt_large),
             KITH_COLUMN(Everything, opt_real),
             KITH_COLUMN(Everything, opt_time, .indexed = true),
             KITH_COLUMN(Everything, opt_date),
             KITH_COLUMN(Everything, opt_uuid),
             KITH_COLUMN(Everything, opt_colour, .names = KITH_NAMES("red", "green")),
             KITH_VERSION(Everything, version),
             KITH_BELONGS_TO(Everything, parent, Everything, .nullable = true),
             KITH_HAS_MANY(Everything, children, Everything, parent),
             KITH_UNIQUE(Everything, parent, text),
             KITH_INDEX(Everything, date, time));

static const KithColumn *
assert_has_column(const KithMapper *mapper, const char *name)
{
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (g_str_equal(mapper->columns[i].name, name))
            return &mapper->columns[i];
    }
    fail_msg("%s has no column \"%s\"", mapper->entity, name);
    return NULL;
}

static void
columns_come_in_the_order_of_the_mapping(void **state)
{
    (void) state;
    static const char *const names[] = {
        "number_of_it", "flag",      "small",
        "real",         "text",      "blob",
        "time",         "date",      "uuid",
        "colour",       "number",    "opt_flag",
        "opt_small",    "opt_large", "opt_real",
        "opt_time",     "opt_date",  "opt_uuid",
        "opt_colour",   "version",   "parent_number_of_it",
    };
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    assert_int_equal(mapper->n_columns, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < mapper->n_columns; i++)
        assert_string_equal(mapper->columns[i].name, names[i]);
    assert_string_equal(mapper->columns[0].member, "id");
    assert_string_equal(mapper->layout.entity, "Everything");
    assert_ptr_equal(mapper->layout.columns, mapper->columns);
    assert_int_equal(mapper->layout.n_columns, G_N_ELEMENTS(names));
}

#define ASSERT_PLAIN(member_, kind_)                                     \
    do {                                                                 \
        const KithColumn *column = assert_has_column(mapper, #member_);  \
        assert_int_equal(column->kind, (kind_));                         \
        assert_int_equal(column->offset, offsetof(Everything, member_)); \
        assert_int_equal(column->null_offset, KITH_NO_OFFSET);           \
    } while (0)

static void
a_plain_member_is_its_own_place(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    ASSERT_PLAIN(flag, KITH_KIND_BOOL);
    ASSERT_PLAIN(small, KITH_KIND_INT32);
    ASSERT_PLAIN(real, KITH_KIND_DOUBLE);
    ASSERT_PLAIN(text, KITH_KIND_TEXT);
    ASSERT_PLAIN(blob, KITH_KIND_BLOB);
    ASSERT_PLAIN(time, KITH_KIND_TIME);
    ASSERT_PLAIN(date, KITH_KIND_DATE);
    ASSERT_PLAIN(uuid, KITH_KIND_UUID);
    ASSERT_PLAIN(version, KITH_KIND_INT64);
}

#define ASSERT_OPTIONAL(member_, kind_)                                                 \
    do {                                                                                \
        const KithColumn *column = assert_has_column(mapper, #member_);                 \
        assert_int_equal(column->kind, (kind_));                                        \
        assert_true(column->nullable);                                                  \
        assert_int_equal(column->offset, offsetof(Everything, member_.value));          \
        assert_int_equal(column->null_offset, offsetof(Everything, member_.has_value)); \
    } while (0)

static void
an_optional_member_has_a_place_for_its_value_and_one_for_its_null(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    ASSERT_OPTIONAL(opt_flag, KITH_KIND_BOOL);
    ASSERT_OPTIONAL(opt_small, KITH_KIND_INT32);
    ASSERT_OPTIONAL(opt_large, KITH_KIND_INT64);
    ASSERT_OPTIONAL(opt_real, KITH_KIND_DOUBLE);
    ASSERT_OPTIONAL(opt_time, KITH_KIND_TIME);
    ASSERT_OPTIONAL(opt_date, KITH_KIND_DATE);
    ASSERT_OPTIONAL(opt_uuid, KITH_KIND_UUID);
    ASSERT_OPTIONAL(opt_colour, KITH_KIND_ENUM);
}

static void
a_reference_hides_a_column_in_its_link(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithColumn *column =
        assert_has_column(&registry->mappers[0], "parent_number_of_it");
    assert_int_equal(column->kind, KITH_KIND_INT64);
    assert_true(column->nullable);
    assert_string_equal(column->member, "parent");
    assert_int_equal(column->offset, offsetof(Everything, parent.link.key.int64));
    assert_int_equal(column->null_offset, offsetof(Everything, parent.link.has_key));
}

static void
only_what_can_be_null_is_nullable(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    assert_false(assert_has_column(mapper, "number_of_it")->nullable);
    assert_false(assert_has_column(mapper, "flag")->nullable);
    assert_false(assert_has_column(mapper, "blob")->nullable);
    assert_false(assert_has_column(mapper, "version")->nullable);
    assert_true(assert_has_column(mapper, "text")->nullable);
    assert_true(assert_has_column(mapper, "blob")->secret);
    assert_false(assert_has_column(mapper, "text")->secret);
}

static void
an_enum_is_a_name_or_a_number(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    const KithColumn *name = assert_has_column(mapper, "colour");
    const KithColumn *number = assert_has_column(mapper, "number");
    assert_int_equal(name->kind, KITH_KIND_ENUM);
    assert_int_equal(name->names.count, 3);
    assert_string_equal(name->names.items[COLOUR_BLUE], "blue");
    assert_int_equal(number->kind, KITH_KIND_INT32);
    assert_int_equal(mapper->details[number - mapper->columns].names->count, 2);
    assert_null(mapper->details[0].names);
}

static void
key_and_version_are_known_by_their_columns(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything, Pair));
    const KithMapper *mapper = &registry->mappers[0];
    assert_int_equal(mapper->n_keys, 1);
    assert_int_equal(mapper->keys[0], 0);
    assert_int_equal(mapper->generated, 0);
    assert_false(mapper->generates_uuid);
    assert_true(mapper->details[0].is_key);
    assert_false(mapper->details[1].is_key);
    assert_string_equal(mapper->columns[mapper->version].name, "version");
    const KithMapper *pair = &registry->mappers[1];
    assert_int_equal(pair->n_keys, 2);
    assert_int_equal(pair->keys[1], 1);
    assert_int_equal(pair->generated, KITH_NO_INDEX);
    assert_int_equal(pair->version, KITH_NO_INDEX);
}

typedef Thing ByUuid;
KITH_DECLARE(ByUuid);
KITH_MAPPING(ByUuid, "by_uuid", KITH_KEY(ByUuid, uuid, .generated = true));

typedef Thing ByName;
KITH_DECLARE(ByName);
KITH_MAPPING(ByName,
             "by_name",
             KITH_KEY(ByName, name, .max_length = 12),
             KITH_BELONGS_TO(ByName, parent, ByName, .nullable = true));

typedef Thing OfUuid;
KITH_DECLARE(OfUuid);
KITH_MAPPING(OfUuid,
             "of_uuid",
             KITH_KEY(OfUuid, id),
             KITH_BELONGS_TO(OfUuid, parent, ByUuid));

static void
a_generated_uuid_is_made_here_and_not_by_the_database(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(ByUuid));
    assert_int_equal(registry->mappers[0].generated, 0);
    assert_true(registry->mappers[0].generates_uuid);
}

static void
a_reference_has_the_kind_and_the_length_of_the_key(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry =
        assert_accepted(KITH_MAPPINGS(OfUuid, ByUuid, ByName));
    assert_int_equal(assert_has_column(&registry->mappers[0], "parent_uuid")->kind,
                     KITH_KIND_UUID);
    assert_int_equal(assert_has_column(&registry->mappers[2], "parent_name")->kind,
                     KITH_KIND_TEXT);
    assert_int_equal(registry->mappers[2].details[1].max_length, 12);
}

/* --- what relations and indexes resolve to --------------------------------------- */

static void
constraints_are_named_as_postgresql_names_them(void **state)
{
    (void) state;
    static const char *const names[] = { "everything_small_key",
                                         "everything_opt_time_idx",
                                         "everything_parent_number_of_it_text_key",
                                         "everything_date_time_idx" };
    static const bool unique[] = { true, false, true, false };
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    assert_int_equal(mapper->n_indexes, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        assert_string_equal(mapper->indexes[i].name, names[i]);
        assert_int_equal(mapper->indexes[i].unique, unique[i]);
    }
    assert_int_equal(mapper->indexes[2].n_columns, 2);
    assert_string_equal(mapper->columns[mapper->indexes[2].columns[1]].name, "text");
    assert_int_equal(mapper->n_foreign_keys, 1);
    assert_string_equal(mapper->foreign_keys[0].name,
                        "everything_parent_number_of_it_fkey");
}

#define LONG "a_name_of_fifty_bytes_that_nobody_would_give_to_it_"

typedef Thing LongNames;
KITH_DECLARE(LongNames);
KITH_MAPPING(LongNames,
             "long_names",
             KITH_KEY(LongNames, id),
             KITH_COLUMN(LongNames, name, .column = LONG "one", .unique = true),
             KITH_COLUMN(LongNames, number, .column = LONG "two", .unique = true),
             KITH_COLUMN(LongNames,
                         other_id,
                         .column = "ööööööööööööööööööööööööööööö",
                         .unique = true));

static void
constraint_names_too_long_for_a_database_stay_different(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(LongNames));
    const KithMapper *mapper = &registry->mappers[0];
    assert_int_equal(strlen(mapper->indexes[0].name), 63);
    assert_true(
        g_str_has_prefix(mapper->indexes[0].name, "long_names_a_name_of_fifty_bytes"));
    assert_true(g_str_has_suffix(mapper->indexes[0].name, "_key"));
    assert_string_not_equal(mapper->indexes[0].name, mapper->indexes[1].name);
    assert_true(g_utf8_validate(mapper->indexes[2].name, -1, NULL));
    assert_in_range(strlen(mapper->indexes[2].name), 60, 63);
}

static void
the_two_sides_of_a_relation_know_each_other(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry = assert_accepted(KITH_MAPPINGS(Everything));
    const KithMapper *mapper = &registry->mappers[0];
    const KithForeignKey *foreign_key = &mapper->foreign_keys[0];
    assert_ptr_equal(foreign_key->target, mapper);
    assert_int_equal(foreign_key->n_columns, 1);
    assert_int_equal(foreign_key->columns[0], mapper->n_columns - 1);
    assert_int_equal(foreign_key->targets[0], 0);
    assert_int_equal(foreign_key->reference, offsetof(Everything, parent));
    assert_true(foreign_key->nullable);
    assert_int_equal(mapper->n_many, 1);
    assert_ptr_equal(mapper->many[0].target, mapper);
    assert_int_equal(mapper->many[0].foreign_key, 0);
    assert_int_equal(mapper->many[0].offset, offsetof(Everything, children));
}

typedef Thing Named;
KITH_DECLARE(Named);
KITH_MAPPING(Named,
             "named",
             KITH_KEY(Named, id, .references = KITH_REFERENCES(Thing, id)),
             KITH_COLUMN(Named, name),
             KITH_COLUMN(Named, number, .unique = true),
             KITH_UNIQUE(Named, name));

typedef Thing OfUnique;
KITH_DECLARE(OfUnique);
KITH_MAPPING(OfUnique,
             "of_unique",
             KITH_KEY(OfUnique, id),
             KITH_COLUMN(OfUnique,
                         name,
                         .nullable = true,
                         .references = KITH_REFERENCES(Named, name)),
             KITH_COLUMN(OfUnique,
                         number,
                         .references = KITH_REFERENCES(Named,
                                                       number,
                                                       .on_update = KITH_CASCADE,
                                                       .deferrable = true)));

static void
a_plain_foreign_key_can_refer_to_a_key_and_to_whatever_is_unique(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry =
        assert_accepted(KITH_MAPPINGS(OfUnique, Named, Thing));
    const KithMapper *mapper = &registry->mappers[0];
    assert_int_equal(mapper->n_foreign_keys, 2);
    assert_ptr_equal(mapper->foreign_keys[0].target, &registry->mappers[1]);
    assert_int_equal(mapper->foreign_keys[0].targets[0], 1);
    assert_int_equal(mapper->foreign_keys[0].reference, KITH_NO_OFFSET);
    assert_true(mapper->foreign_keys[0].nullable);
    assert_false(mapper->foreign_keys[1].nullable);
    assert_int_equal(mapper->foreign_keys[1].on_update, KITH_CASCADE);
    assert_true(mapper->foreign_keys[1].deferrable);
    assert_string_equal(registry->mappers[1].foreign_keys[0].name, "named_id_fkey");
    assert_ptr_equal(registry->mappers[1].foreign_keys[0].target, &registry->mappers[2]);
}

typedef Thing SaysMany;
KITH_DECLARE(SaysMany);
KITH_MAPPING(
    SaysMany,
    "says_many",
    KITH_KEY(SaysMany, id),
    KITH_BELONGS_TO(SaysMany, parent, SaysMany),
    KITH_HAS_MANY(SaysMany, children, SaysMany, parent, .on_delete = KITH_CASCADE));

typedef Thing SaysOne;
KITH_DECLARE(SaysOne);
KITH_MAPPING(SaysOne,
             "says_one",
             KITH_KEY(SaysOne, id),
             KITH_HAS_MANY(SaysOne, children, SaysOne, parent),
             KITH_BELONGS_TO(
                 SaysOne, parent, SaysOne, .nullable = true, .on_delete = KITH_SET_NULL));

typedef Thing SayBoth;
KITH_DECLARE(SayBoth);
KITH_MAPPING(
    SayBoth,
    "say_both",
    KITH_KEY(SayBoth, id),
    KITH_HAS_MANY(SayBoth, children, SayBoth, parent, .on_delete = KITH_RESTRICT),
    KITH_BELONGS_TO(SayBoth, parent, SayBoth, .on_delete = KITH_RESTRICT));

static void
on_delete_is_taken_from_either_side(void **state)
{
    (void) state;
    g_autoptr(KithRegistry) registry =
        assert_accepted(KITH_MAPPINGS(SaysMany, SaysOne, SayBoth));
    assert_int_equal(registry->mappers[0].foreign_keys[0].on_delete, KITH_CASCADE);
    assert_int_equal(registry->mappers[1].foreign_keys[0].on_delete, KITH_SET_NULL);
    assert_int_equal(registry->mappers[2].foreign_keys[0].on_delete, KITH_RESTRICT);
}

int
main(void)
{
    const struct CMUnitTest refused[] = {
        cmocka_unit_test(a_mapping_without_a_key_is_refused),
        cmocka_unit_test(a_generated_text_key_is_refused),
        cmocka_unit_test(a_generated_part_of_a_composite_key_is_refused),
        cmocka_unit_test(a_max_length_of_what_is_not_text_is_refused),
        cmocka_unit_test(an_empty_table_name_is_refused),
        cmocka_unit_test(two_mappings_of_one_table_are_refused),
        cmocka_unit_test(a_mapping_given_twice_is_refused),
        cmocka_unit_test(an_empty_column_name_is_refused),
        cmocka_unit_test(two_columns_of_one_name_are_refused),
        cmocka_unit_test(a_member_that_is_mapped_twice_is_refused),
        cmocka_unit_test(a_nullable_scalar_is_refused),
        cmocka_unit_test(names_of_what_is_not_an_enum_are_refused),
        cmocka_unit_test(as_integer_without_names_is_refused),
        cmocka_unit_test(two_enumerators_of_one_name_are_refused),
        cmocka_unit_test(an_enum_without_any_name_is_refused),
        cmocka_unit_test(a_second_version_is_refused),
        cmocka_unit_test(a_reference_to_a_composite_key_is_refused),
        cmocka_unit_test(a_key_of_more_members_than_can_be_looked_up_together_is_refused),
        cmocka_unit_test(a_relation_to_a_mapping_that_was_not_given_is_refused),
        cmocka_unit_test(a_foreign_key_to_what_is_not_unique_is_refused),
        cmocka_unit_test(a_foreign_key_to_a_part_of_a_key_is_refused),
        cmocka_unit_test(a_foreign_key_of_another_type_is_refused),
        cmocka_unit_test(set_null_of_a_column_that_cannot_be_null_is_refused),
        cmocka_unit_test(a_collection_without_its_other_side_is_refused),
        cmocka_unit_test(two_sides_that_differ_about_on_delete_are_refused),
        cmocka_unit_test(a_collection_that_sets_null_what_cannot_be_null_is_refused),
        cmocka_unit_test(an_index_over_what_is_not_a_column_is_refused),
        cmocka_unit_test(what_is_deferrable_has_to_be_unique_and_cannot_be_referred_to),
        cmocka_unit_test(an_index_over_a_member_twice_is_refused),
        cmocka_unit_test(the_same_index_twice_is_refused),
        cmocka_unit_test(a_default_of_a_computed_column_and_an_empty_expression_are_refused),
        cmocka_unit_test(
            a_foreign_key_that_is_computed_or_means_something_computed_is_refused),
        cmocka_unit_test(
            a_default_of_a_foreign_key_is_refused_where_tables_make_a_circle),
        cmocka_unit_test(all_mistakes_of_all_mappings_are_in_one_error),
        cmocka_unit_test(a_refused_mapping_needs_no_error_to_be_asked_for),
    };
    const struct CMUnitTest resolved[] = {
        cmocka_unit_test(an_engine_without_mappings_is_accepted),
        cmocka_unit_test(a_mapper_is_found_by_its_mapping),
        cmocka_unit_test(every_one_of_a_thousand_mappings_is_found),
        cmocka_unit_test(columns_come_in_the_order_of_the_mapping),
        cmocka_unit_test(a_plain_member_is_its_own_place),
        cmocka_unit_test(
            an_optional_member_has_a_place_for_its_value_and_one_for_its_null),
        cmocka_unit_test(a_reference_hides_a_column_in_its_link),
        cmocka_unit_test(only_what_can_be_null_is_nullable),
        cmocka_unit_test(an_enum_is_a_name_or_a_number),
        cmocka_unit_test(key_and_version_are_known_by_their_columns),
        cmocka_unit_test(a_generated_uuid_is_made_here_and_not_by_the_database),
        cmocka_unit_test(a_reference_has_the_kind_and_the_length_of_the_key),
        cmocka_unit_test(constraints_are_named_as_postgresql_names_them),
        cmocka_unit_test(constraint_names_too_long_for_a_database_stay_different),
        cmocka_unit_test(the_two_sides_of_a_relation_know_each_other),
        cmocka_unit_test(
            a_plain_foreign_key_can_refer_to_a_key_and_to_whatever_is_unique),
        cmocka_unit_test(on_delete_is_taken_from_either_side),
    };
    int failed =
        cmocka_run_group_tests_name("mappings that are refused", refused, NULL, NULL);
    failed +=
        cmocka_run_group_tests_name("mappings that are resolved", resolved, NULL, NULL);
    return failed;
}

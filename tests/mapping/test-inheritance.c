/*
 * test-inheritance.c - what mappings that extend each other resolve to, the tables that
 * they make, and what is refused. No database is needed.
 */
#include "drivers-list.h"
#include "schema.h"
#include "wide.h"
#include "zoo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* --- what the zoo resolves to ------------------------------------------------------ */

static int
register_zoo(void **state)
{
    g_autoptr(GError) error = NULL;
    *state = kith_registry_new(zoo_mappings, &error);
    if (error != NULL)
        print_error("%s\n", error->message);
    return *state != NULL ? 0 : -1;
}

static int
free_zoo(void **state)
{
    kith_registry_free(*state);
    return 0;
}

#define mapper_of(state, T) kith_registry_find(*(state), &kith_mapping_##T)

static void
what_is_inherited_comes_first_and_has_the_numbers_of_the_base(void **state)
{
    const KithMapper *animal = mapper_of(state, Animal), *puppy = mapper_of(state, Puppy);
    static const char *const names[] = { "id",        "kind",   "name", "version",
                                         "keeper_id", "tricks", "tag",  "chases_id",
                                         "weeks",     "toy" };
    assert_int_equal(puppy->n_columns, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < puppy->n_columns; i++)
        assert_string_equal(puppy->columns[i].name, names[i]);
    for (unsigned i = 0; i < animal->n_columns; i++)
        assert_int_equal(puppy->columns[i].offset, animal->columns[i].offset);
    assert_int_equal(puppy->version, animal->version);
    assert_int_equal(puppy->generated, animal->generated);
    assert_int_equal(puppy->n_foreign_keys, 2);
    assert_int_equal(puppy->foreign_keys[0].reference, offsetof(Animal, keeper));
    assert_int_equal(puppy->n_many, 1);
}

static void
a_mapper_knows_its_root_and_what_it_is(void **state)
{
    const KithMapper *animal = mapper_of(state, Animal), *dog = mapper_of(state, Dog);
    const KithMapper *puppy = mapper_of(state, Puppy), *cat = mapper_of(state, Cat);
    assert_ptr_equal(puppy->base, dog);
    assert_ptr_equal(puppy->root, animal);
    assert_ptr_equal(animal->root, animal);
    assert_true(kith_mapper_is_a(puppy, dog) && kith_mapper_is_a(puppy, animal));
    assert_false(kith_mapper_is_a(dog, puppy) || kith_mapper_is_a(dog, cat));
    assert_int_equal(animal->n_below, 3);
    assert_int_equal(dog->n_concrete, 2);
    assert_int_equal(puppy->what.as.int32, ANIMAL_PUPPY);
    assert_string_equal(mapper_of(state, Taxi)->what.as.text, "taxi");
    assert_true(mapper_of(state, Shape)->is_abstract);
    assert_int_equal(mapper_of(state, Shape)->n_concrete, 3);
}

static void
an_object_has_a_part_for_each_of_its_tables(void **state)
{
    const KithMapper *animal = mapper_of(state, Animal), *puppy = mapper_of(state, Puppy);
    assert_int_equal(animal->n_parts, 1);
    assert_ptr_equal(animal->part, animal);
    assert_int_equal(puppy->n_parts, 3);
    assert_ptr_equal(puppy->parts[0], animal);
    assert_ptr_equal(puppy->parts[1], mapper_of(state, Dog)->part);
    assert_string_equal(puppy->part->table, "puppies");
    assert_string_equal(puppy->part->columns[puppy->keys[0]].name, "puppy_id");
    assert_true(kith_mapper_stores(puppy->part, puppy->n_columns - 1));
    assert_false(kith_mapper_stores(puppy->part, puppy->version));
    assert_ptr_equal(kith_mapper_part_with(puppy, puppy->keys[0]), animal);
    assert_int_equal(puppy->part->version, KITH_NO_INDEX);
}

static void
what_is_in_the_table_of_its_base_is_its_own_part(void **state)
{
    const KithMapper *vehicle = mapper_of(state, Vehicle), *taxi = mapper_of(state, Taxi);
    assert_int_equal(taxi->n_parts, 1);
    assert_ptr_equal(taxi->part, taxi);
    assert_ptr_equal(taxi->storage, vehicle);
    assert_string_equal(taxi->table, "vehicles");
    assert_int_equal(taxi->rank, vehicle->rank);
}

static void
a_part_in_a_table_that_is_shared_below_the_root_has_all_of_that_table(void **state)
{
    const KithMapper *circle = mapper_of(state, Circle), *ring = mapper_of(state, Ring);
    assert_int_equal(ring->n_parts, 2);
    assert_ptr_equal(ring->part->storage, circle->part);
    assert_true(kith_mapper_is_a(ring->part, circle->part));
    assert_string_equal(ring->part->columns[ring->keys[0]].name, "shape_name");
    assert_true(kith_mapper_stores(ring->part, circle->n_columns - 1));
    assert_true(ring->part->foreign_keys[0].is_extension);
}

static void
a_foreign_key_means_the_table_that_has_its_columns(void **state)
{
    const KithMapper *photo = mapper_of(state, Photo), *dog = mapper_of(state, Dog);
    const KithMapper *animal = mapper_of(state, Animal);
    assert_ptr_equal(photo->foreign_keys[0].table, animal);
    assert_ptr_equal(photo->foreign_keys[1].target, dog);
    assert_ptr_equal(photo->foreign_keys[1].table, dog->part);
    assert_ptr_equal(dog->part->foreign_keys[0].table, animal);
    /* The photo of an animal, and the two tables that extend that of the animals. */
    assert_int_equal(animal->n_referring, 3);
}

static void
a_wide_row_has_a_place_for_every_member_of_all_that_it_can_be(void **state)
{
    const KithMapper *vehicle = mapper_of(state, Vehicle),
                     *truck = mapper_of(state, Truck);
    const KithWideRow *wide = vehicle->wide;
    assert_null(truck->wide);
    assert_int_equal(wide->layout.n_columns, 4 + 2 + 1 + 3);
    for (size_t i = 0; i < wide->layout.n_columns; i++) {
        const KithColumn *column = &wide->layout.columns[i];
        assert_true(i < vehicle->n_columns || column->nullable);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(column->offset, wide->layout.columns[j].offset);
    }
}

/* --- a row that is a truck --------------------------------------------------------- */

static void *
wide_truck(const KithWideRow *wide, double load)
{
    char *row = g_malloc0(wide->size);
    for (size_t i = 0; i < wide->layout.n_columns; i++) {
        const KithColumn *column = &wide->layout.columns[i];
        if (strcmp(column->name, "kind") == 0)
            *(const char **) (void *) (row + column->offset) = "truck";
        if (strcmp(column->name, "load") != 0 || load == 0)
            continue;
        *(double *) (void *) (row + column->offset) = load;
        row[column->null_offset] = true;
    }
    return row;
}

static void
a_wide_row_becomes_the_struct_of_what_it_is(void **state)
{
    const KithWideRow *wide = mapper_of(state, Vehicle)->wide;
    g_autofree void *row = wide_truck(wide, 7.5);
    g_autofree size_t *lengths = g_new0(size_t, wide->layout.n_columns);
    size_t own_lengths[10];
    Truck truck = { .load = 0 };
    g_autoptr(GError) error = NULL;
    const KithMapper *what = kith_wide_what(wide, row, &error);
    assert_ptr_equal(what, mapper_of(state, Truck));
    assert_true(kith_wide_take(wide, what, row, lengths, &truck, own_lengths, &error));
    assert_string_equal(truck.vehicle.kind, "truck");
    assert_true(truck.load == 7.5);
    assert_null(truck.cargo);
}

static void
a_null_that_what_it_is_cannot_have_is_refused(void **state)
{
    const KithWideRow *wide = mapper_of(state, Vehicle)->wide;
    g_autofree void *row = wide_truck(wide, 0);
    g_autofree size_t *lengths = g_new0(size_t, wide->layout.n_columns);
    size_t own_lengths[10];
    Truck truck;
    g_autoptr(GError) error = NULL;
    assert_false(kith_wide_take(
        wide, mapper_of(state, Truck), row, lengths, &truck, own_lengths, &error));
    assert_string_equal(
        error->message,
        "Truck.load: the column \"load\" holds NULL, which the member cannot "
        "be; use a KithOpt… member, or '.nullable = true'");
}

static void
a_row_that_is_nothing_that_is_known_is_refused(void **state)
{
    const KithWideRow *wide = mapper_of(state, Vehicle)->wide;
    g_autofree char *row = wide_truck(wide, 1);
    const char *kind = "tram";
    g_autoptr(GError) error = NULL;
    memcpy(row + offsetof(Vehicle, kind), &kind, sizeof kind);
    assert_null(kith_wide_what(wide, row, &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_TYPE));
    assert_string_equal(
        error->message,
        "Vehicle.kind: the column \"kind\" holds 'tram', which is none of the "
        "entities that the engine was given");
}

/* --- tables ------------------------------------------------------------------------ */

static const KithDialect *
dialect_of(const char *name)
{
    const KithDriver *const *drivers = kith_drivers();
    while (strcmp((*drivers)->dialect->name, name) != 0)
        drivers++;
    return (*drivers)->dialect;
}

/* The statement that begins with @beginning is @expected. */
static void
assert_statement(const KithRegistry *registry,
                 const char *beginning,
                 const char *expected)
{
    g_autoptr(GPtrArray) statements =
        kith_schema_create_statements(registry, dialect_of("PostgreSQL"));
    for (guint i = 0; i < statements->len; i++) {
        const char *statement = g_ptr_array_index(statements, i);
        if (!g_str_has_prefix(statement, beginning))
            continue;
        assert_string_equal(statement, expected);
        return;
    }
    fail_msg("there is no statement %s", beginning);
}

static void
the_table_of_the_root_holds_to_what_the_entities_are(void **state)
{
    assert_statement(*state,
                     "CREATE TABLE IF NOT EXISTS \"animals\"",
                     "CREATE TABLE IF NOT EXISTS \"animals\" (\n"
                     "    \"id\" bigint GENERATED BY DEFAULT AS IDENTITY,\n"
                     "    \"kind\" text NOT NULL,\n"
                     "    \"name\" text NOT NULL,\n"
                     "    \"version\" integer NOT NULL,\n"
                     "    \"keeper_id\" bigint,\n"
                     "    CONSTRAINT \"animals_pkey\" PRIMARY KEY (\"id\"),\n"
                     "    CONSTRAINT \"animals_name_key\" UNIQUE (\"name\"),\n"
                     "    CONSTRAINT \"animals_kind_check\" CHECK (\"kind\" IN "
                     "('animal', 'dog', 'cat', "
                     "'puppy')),\n"
                     "    CONSTRAINT \"animals_keeper_id_fkey\" FOREIGN KEY "
                     "(\"keeper_id\") REFERENCES "
                     "\"keepers\" (\"id\")\n"
                     ")");
}

static void
a_table_of_its_own_has_the_key_of_the_base_and_goes_with_its_row(void **state)
{
    assert_statement(
        *state,
        "CREATE TABLE IF NOT EXISTS \"dogs\"",
        "CREATE TABLE IF NOT EXISTS \"dogs\" (\n"
        "    \"animal_id\" bigint NOT NULL,\n"
        "    \"tricks\" integer NOT NULL,\n"
        "    \"tag\" text,\n"
        "    \"chases_id\" bigint,\n"
        "    CONSTRAINT \"dogs_pkey\" PRIMARY KEY (\"animal_id\"),\n"
        "    CONSTRAINT \"dogs_tag_key\" UNIQUE (\"tag\"),\n"
        "    CONSTRAINT \"dogs_animal_id_fkey\" FOREIGN KEY (\"animal_id\") REFERENCES "
        "\"animals\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE,\n"
        "    CONSTRAINT \"dogs_chases_id_fkey\" FOREIGN KEY (\"chases_id\") REFERENCES "
        "\"cats\" (\"animal_id\")\n"
        ")");
    assert_statement(
        *state,
        "CREATE TABLE IF NOT EXISTS \"puppies\"",
        "CREATE TABLE IF NOT EXISTS \"puppies\" (\n"
        "    \"puppy_id\" bigint NOT NULL,\n"
        "    \"weeks\" integer NOT NULL,\n"
        "    \"toy\" text NOT NULL,\n"
        "    CONSTRAINT \"puppies_pkey\" PRIMARY KEY (\"puppy_id\"),\n"
        "    CONSTRAINT \"puppies_puppy_id_fkey\" FOREIGN KEY (\"puppy_id\") REFERENCES "
        "\"dogs\" (\"animal_id\") ON DELETE CASCADE ON UPDATE CASCADE\n"
        ")");
}

static void
in_a_table_for_all_a_column_is_required_of_the_rows_that_have_it(void **state)
{
    assert_statement(
        *state,
        "CREATE TABLE IF NOT EXISTS \"vehicles\"",
        "CREATE TABLE IF NOT EXISTS \"vehicles\" (\n"
        "    \"id\" bigint GENERATED BY DEFAULT AS IDENTITY,\n"
        "    \"kind\" varchar(10) NOT NULL,\n"
        "    \"plate\" text NOT NULL,\n"
        "    \"garage_id\" bigint,\n"
        "    \"doors\" integer,\n"
        "    \"radio\" text,\n"
        "    \"load\" double precision,\n"
        "    \"cargo\" text,\n"
        "    \"escort_id\" bigint,\n"
        "    \"company\" text,\n"
        "    CONSTRAINT \"vehicles_pkey\" PRIMARY KEY (\"id\"),\n"
        "    CONSTRAINT \"vehicles_plate_key\" UNIQUE (\"plate\"),\n"
        "    CONSTRAINT \"vehicles_radio_key\" UNIQUE (\"radio\"),\n"
        "    CONSTRAINT \"vehicles_kind_check\" CHECK (\"kind\" IN ('vehicle', 'car', "
        "'truck', 'taxi')),\n"
        "    CONSTRAINT \"vehicles_doors_required\" CHECK (NOT (\"kind\" IN ('car', "
        "'taxi')) "
        "OR \"doors\" IS NOT NULL),\n"
        "    CONSTRAINT \"vehicles_load_required\" CHECK (NOT (\"kind\" IN ('truck')) OR "
        "\"load\" IS NOT NULL),\n"
        "    CONSTRAINT \"vehicles_company_required\" CHECK (NOT (\"kind\" IN ('taxi')) "
        "OR "
        "\"company\" IS NOT NULL),\n"
        "    CONSTRAINT \"vehicles_garage_id_fkey\" FOREIGN KEY (\"garage_id\") "
        "REFERENCES "
        "\"garages\" (\"id\"),\n"
        "    CONSTRAINT \"vehicles_escort_id_fkey\" FOREIGN KEY (\"escort_id\") "
        "REFERENCES "
        "\"vehicles\" (\"id\")\n"
        ")");
    assert_statement(
        *state,
        "CREATE INDEX IF NOT EXISTS \"vehicles_kind",
        "CREATE INDEX IF NOT EXISTS \"vehicles_kind_idx\" ON \"vehicles\" (\"kind\")");
}

static void
a_number_is_checked_as_a_number_and_both_ways_can_be_mixed(void **state)
{
    assert_statement(
        *state,
        "CREATE TABLE IF NOT EXISTS \"shapes\"",
        "CREATE TABLE IF NOT EXISTS \"shapes\" (\n"
        "    \"name\" text NOT NULL,\n"
        "    \"kind\" integer NOT NULL,\n"
        "    \"is_filled\" boolean NOT NULL,\n"
        "    \"side\" double precision,\n"
        "    CONSTRAINT \"shapes_pkey\" PRIMARY KEY (\"name\"),\n"
        "    CONSTRAINT \"shapes_kind_check\" CHECK (\"kind\" IN (2, 1, 3)),\n"
        "    CONSTRAINT \"shapes_side_required\" CHECK (NOT (\"kind\" IN (2)) OR "
        "\"side\" IS "
        "NOT NULL)\n"
        ")");
    /* The discriminator is not in this table, so nothing says when "width" has to be
     * there. */
    assert_statement(*state,
                     "CREATE TABLE IF NOT EXISTS \"circles\"",
                     "CREATE TABLE IF NOT EXISTS \"circles\" (\n"
                     "    \"shape_name\" text NOT NULL,\n"
                     "    \"radius\" double precision NOT NULL,\n"
                     "    \"width\" double precision,\n"
                     "    CONSTRAINT \"circles_pkey\" PRIMARY KEY (\"shape_name\"),\n"
                     "    CONSTRAINT \"circles_shape_name_fkey\" FOREIGN KEY "
                     "(\"shape_name\") REFERENCES "
                     "\"shapes\" (\"name\") ON DELETE CASCADE ON UPDATE CASCADE\n"
                     ")");
}

static void
tables_are_dropped_before_the_one_of_their_base(void **state)
{
    g_autoptr(GPtrArray) statements =
        kith_schema_drop_statements(*state, dialect_of("PostgreSQL"));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < statements->len; i++) {
        const char *statement = g_ptr_array_index(statements, i);
        if (g_str_has_prefix(statement, "DROP"))
            g_string_append_printf(text, "%s ", strrchr(statement, ' ') + 1);
    }
    assert_string_equal(
        text->str,
        "\"circles\" \"shapes\" \"trips\" \"vehicles\" \"garages\" \"photos\" "
        "\"puppies\" \"dogs\" \"cats\" \"animals\" \"keepers\" ");
}

/* --- what is refused --------------------------------------------------------------- */

static void
assert_refused(const KithMapping *const *mappings, const char *mistakes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KithRegistry) registry = kith_registry_new(mappings, &error);
    g_autofree char *message = g_strdup_printf("the mapping is wrong:%s", mistakes);
    assert_null(registry);
    assert_non_null(error);
    assert_string_equal(error->message, message);
}

typedef enum Sort {
    SORT_BASE,
    SORT_ONE,
    SORT_TWO,
    SORT_NAMELESS
} Sort;

/* What the mappings below map, each under a name of its own. */
typedef struct Base {
    int64_t id;
    Sort sort;
    const char *word;
    int32_t number;
    int32_t version;
} Base;

typedef struct Below {
    Base base;
    int32_t extra;
    int32_t version;
    const char *word;
} Below;

KITH_DECLARE(Base);
KITH_MAPPING(Base,
             "bases",
             KITH_KEY(Base, id),
             KITH_DISCRIMINATOR(Base, sort, .names = KITH_NAMES("base", "one", "two")),
             KITH_COLUMN(Base, number),
             KITH_VERSION(Base, version));

typedef Base Untold;
typedef struct UnderUntold {
    Untold base;
} UnderUntold;
KITH_DECLARE(Untold);
KITH_DECLARE(UnderUntold);
KITH_MAPPING(Untold, "untold", KITH_KEY(Untold, id));
KITH_MAPPING(UnderUntold, "under_untold", KITH_EXTENDS(UnderUntold, base, Untold));

static void
a_base_without_a_discriminator_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(UnderUntold, Untold),
        "\n  UnderUntold.base: Untold has no KITH_DISCRIMINATOR to tell what a row "
        "is");
}

typedef Below Orphan;
KITH_DECLARE(Orphan);
KITH_MAPPING(Orphan, "orphans", KITH_EXTENDS(Orphan, base, Base, .value = SORT_ONE));

typedef Base Homeless;
KITH_DECLARE(Homeless);
KITH_MAPPING(Homeless, KITH_SAME_TABLE, KITH_KEY(Homeless, id));

static void
a_base_that_was_not_given_and_a_table_of_no_base_are_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Orphan, Homeless),
                   "\n  Orphan.base: the engine was not given the mapping of Base"
                   "\n  Homeless: the name of the table is empty");
}

typedef Below First;
typedef Below Second;
KITH_DECLARE(First);
KITH_DECLARE(Second);
KITH_MAPPING(First, "firsts", KITH_EXTENDS(First, base, Base, .value = SORT_ONE));
KITH_MAPPING(Second, "seconds", KITH_EXTENDS(Second, base, Base, .value = SORT_ONE));

typedef Below Zeroth;
KITH_DECLARE(Zeroth);
KITH_MAPPING(Zeroth, "zeroths", KITH_EXTENDS(Zeroth, base, Base));

static void
a_value_that_is_used_twice_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Zeroth, First, Second, Base),
        "\n  Zeroth.base: the value of its discriminator is that of Base already"
        "\n  Second.base: the value of its discriminator is that of First already");
}

typedef Below Nameless;
typedef Below Worded;
KITH_DECLARE(Nameless);
KITH_DECLARE(Worded);
KITH_MAPPING(Nameless,
             "nameless",
             KITH_EXTENDS(Nameless, base, Base, .value = SORT_NAMELESS));
KITH_MAPPING(Worded, "worded", KITH_EXTENDS(Worded, base, Base, .text = "two"));

typedef Base TextBase;
typedef struct Numbered {
    TextBase base;
} Numbered;
KITH_DECLARE(TextBase);
KITH_DECLARE(Numbered);
KITH_MAPPING(TextBase,
             "text_bases",
             KITH_KEY(TextBase, id),
             KITH_DISCRIMINATOR(TextBase, word, .text = "base"));
KITH_MAPPING(Numbered, "numbered", KITH_EXTENDS(Numbered, base, TextBase, .value = 1));

static void
a_value_that_the_discriminator_cannot_hold_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Base, Nameless, Worded, TextBase, Numbered),
        "\n  Nameless.base: Base.sort cannot hold its value, or has no name for it"
        "\n  Worded.base: Base.sort is no text: give its value as '.value'"
        "\n  Numbered.base: TextBase.word is text: give its value as '.text'");
}

typedef Below Greedy;
KITH_DECLARE(Greedy);
KITH_MAPPING(Greedy,
             "greedy",
             KITH_EXTENDS(Greedy, base, Base, .value = SORT_ONE),
             KITH_EXTENDS(Greedy, base, Base, .value = SORT_TWO),
             KITH_KEY(Greedy, base.id),
             KITH_DISCRIMINATOR(Greedy, extra),
             KITH_VERSION(Greedy, version));

static void
a_second_base_key_discriminator_and_version_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Base, Greedy),
        "\n  Greedy.base: it extends Base already"
        "\n  Greedy.base.id: its key is that of Base"
        "\n  Greedy.extra: its discriminator is that of Base"
        "\n  Greedy.version: there is a version already"
        "\n  Greedy.base.id: it is mapped twice"
        "\n  Greedy.version: the column \"version\" is that of version already");
}

typedef Below Childless;
KITH_DECLARE(Childless);
KITH_MAPPING(Childless,
             "childless",
             KITH_EXTENDS(Childless, base, Base, .abstract = true));

static void
what_is_abstract_and_has_nothing_below_it_is_refused(void **state)
{
    (void) state;
    assert_refused(KITH_MAPPINGS(Base, Childless),
                   "\n  Childless.base: it is abstract, and nothing extends it");
}

typedef Below Neighbour;
typedef Below NextDoor;
KITH_DECLARE(Neighbour);
KITH_DECLARE(NextDoor);
KITH_MAPPING(Neighbour,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Neighbour, base, Base, .value = SORT_ONE),
             KITH_COLUMN(Neighbour, extra));
KITH_MAPPING(NextDoor,
             KITH_SAME_TABLE,
             KITH_EXTENDS(NextDoor, base, Base, .value = SORT_TWO),
             KITH_COLUMN(NextDoor, word, .column = "extra"));

static void
two_that_want_one_column_of_a_table_are_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Base, Neighbour, NextDoor),
        "\n  NextDoor.word: the column \"extra\" is that of Neighbour.extra already");
}

typedef Below Spread;
typedef Below Ambiguous;
KITH_DECLARE(Spread);
KITH_DECLARE(Ambiguous);
KITH_MAPPING(Spread,
             "spreads",
             KITH_EXTENDS(Spread, base, Base, .value = SORT_ONE),
             KITH_COLUMN(Spread, extra),
             KITH_UNIQUE(Spread, base.number, extra));
KITH_MAPPING(Ambiguous,
             "ambiguous",
             KITH_EXTENDS(Ambiguous, base, Base, .value = SORT_TWO, .column = "number"),
             KITH_COLUMN(Ambiguous, extra));

static void
what_two_tables_cannot_hold_together_is_refused(void **state)
{
    (void) state;
    assert_refused(
        KITH_MAPPINGS(Base, Spread, Ambiguous),
        "\n  Ambiguous: the column \"number\" for its key is that of number already"
        "\n  Spread: the index \"spreads_number_extra_key\" is over columns that are "
        "not all in the table \"spreads\"");
}

int
main(void)
{
    const struct CMUnitTest resolved[] = {
        cmocka_unit_test(what_is_inherited_comes_first_and_has_the_numbers_of_the_base),
        cmocka_unit_test(a_mapper_knows_its_root_and_what_it_is),
        cmocka_unit_test(an_object_has_a_part_for_each_of_its_tables),
        cmocka_unit_test(what_is_in_the_table_of_its_base_is_its_own_part),
        cmocka_unit_test(
            a_part_in_a_table_that_is_shared_below_the_root_has_all_of_that_table),
        cmocka_unit_test(a_foreign_key_means_the_table_that_has_its_columns),
        cmocka_unit_test(a_wide_row_has_a_place_for_every_member_of_all_that_it_can_be),
        cmocka_unit_test(a_wide_row_becomes_the_struct_of_what_it_is),
        cmocka_unit_test(a_null_that_what_it_is_cannot_have_is_refused),
        cmocka_unit_test(a_row_that_is_nothing_that_is_known_is_refused),
        cmocka_unit_test(the_table_of_the_root_holds_to_what_the_entities_are),
        cmocka_unit_test(
            a_table_of_its_own_has_the_key_of_the_base_and_goes_with_its_row),
        cmocka_unit_test(
            in_a_table_for_all_a_column_is_required_of_the_rows_that_have_it),
        cmocka_unit_test(a_number_is_checked_as_a_number_and_both_ways_can_be_mixed),
        cmocka_unit_test(tables_are_dropped_before_the_one_of_their_base),
    };
    const struct CMUnitTest refused[] = {
        cmocka_unit_test(a_base_without_a_discriminator_is_refused),
        cmocka_unit_test(a_base_that_was_not_given_and_a_table_of_no_base_are_refused),
        cmocka_unit_test(a_value_that_is_used_twice_is_refused),
        cmocka_unit_test(a_value_that_the_discriminator_cannot_hold_is_refused),
        cmocka_unit_test(a_second_base_key_discriminator_and_version_are_refused),
        cmocka_unit_test(what_is_abstract_and_has_nothing_below_it_is_refused),
        cmocka_unit_test(two_that_want_one_column_of_a_table_are_refused),
        cmocka_unit_test(what_two_tables_cannot_hold_together_is_refused),
    };
    int failed = cmocka_run_group_tests_name(
        "mappings that extend others", resolved, register_zoo, free_zoo);
    failed += cmocka_run_group_tests_name(
        "mappings that extend others and are refused", refused, NULL, NULL);
    return failed;
}

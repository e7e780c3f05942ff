/*
 * test-key-changes.c - keys that change: the identity map and the foreign keys in memory
 * follow what the database does to the rows, at once, in chains and in circles, and go
 * back with a rollback.
 */
#include "fixture.h"

/*
 *     Country  a text key
 *     City     an integer key; country follows Country
 *     Street   a key of two members: city_id follows City, and a number
 *     Mayor    a key that is a foreign key, and follows City; country_code follows
 * Country Office   refers to the key of a Mayor, and follows Guest    refers to a Country
 * that it does not follow
 */
typedef struct Country {
    const char *code;
    const char *name;
    int32_t version;
} Country;

typedef struct City {
    int64_t id;
    const char *name;
    KITH_REF(Country) country; /* can be NULL */
} City;

typedef struct Street {
    int64_t city_id;
    int64_t number;
    const char *name;
} Street;

typedef struct Mayor {
    int64_t city_id;
    const char *name;
    const char *country_code;
} Mayor;

typedef struct Office {
    int64_t id;
    KITH_REF(Mayor) mayor;
} Office;

typedef struct Guest {
    int64_t id;
    KITH_REF(Country) country;
} Guest;

KITH_DECLARE(Country);
KITH_DECLARE(City);
KITH_DECLARE(Street);
KITH_DECLARE(Mayor);
KITH_DECLARE(Office);
KITH_DECLARE(Guest);

KITH_MAPPING(Country,
             "countries",
             KITH_KEY(Country, code),
             KITH_COLUMN(Country, name),
             KITH_VERSION(Country, version));

KITH_MAPPING(
    City,
    "cities",
    KITH_KEY(City, id),
    KITH_COLUMN(City, name),
    KITH_BELONGS_TO(City, country, Country, .nullable = true, .on_update = KITH_CASCADE));

KITH_MAPPING(Street,
             "streets",
             KITH_KEY(Street,
                      city_id,
                      .references = KITH_REFERENCES(City, id, .on_update = KITH_CASCADE)),
             KITH_KEY(Street, number),
             KITH_COLUMN(Street, name));

KITH_MAPPING(
    Mayor,
    "mayors",
    KITH_KEY(Mayor,
             city_id,
             .references = KITH_REFERENCES(City, id, .on_update = KITH_CASCADE)),
    KITH_COLUMN(Mayor, name),
    KITH_COLUMN(Mayor,
                country_code,
                .nullable = true,
                .references = KITH_REFERENCES(Country, code, .on_update = KITH_CASCADE)));

KITH_MAPPING(Office,
             "offices",
             KITH_KEY(Office, id),
             KITH_BELONGS_TO(Office, mayor, Mayor, .on_update = KITH_CASCADE));

KITH_MAPPING(Guest,
             "guests",
             KITH_KEY(Guest, id),
             KITH_BELONGS_TO(Guest, country, Country));

/* --- the fixture ------------------------------------------------------------------- */

/* The tables of this file, beside those of the library, and a session that knows them. */
static int
set_up(void **state)
{
    fixture_set_up(state);
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(
                                Country, City, Street, Mayor, Office, Guest) };
    fixture->engine = open_engine(fixture, &options);
    assert_done(kith_schema_create(fixture->engine, &error), error);
    run_sql(fixture,
            "INSERT INTO countries (code, name, version) VALUES ('at', 'Austria', 1),"
            " ('ch', 'Switzerland', 1), ('de', 'Germany', 1)");
    run_sql(fixture,
            "INSERT INTO cities (id, name, country_code) VALUES (1, 'Graz', 'at'),"
            " (2, 'Bern', 'ch'), (3, 'Ulm', 'de'), (4, 'Linz', 'at')");
    new_session(fixture);
    forget_statements(fixture);
    return 0;
}

#define ON_THE_MAP(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)

static const char *
country_of(const City *city)
{
    return city->country.link.key.text;
}

static void
assert_committed(Fixture *fixture)
{
    commit(fixture->session);
    assert_false(kith_has_changes(fixture->session));
}

/* What is in memory is what a session that knows nothing reads. */
static void
assert_memory_is_as_the_tables(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    g_autoptr(CityQuery) cities = kith_query(other, City);
    g_autoptr(MayorQuery) mayors = kith_query(other, Mayor);
    g_autoptr(StreetQuery) streets = kith_query(other, Street);
    kith_each (there, kith_all(cities, &error)) {
        const City *here = find(fixture->session, City, there->id);
        assert_string_equal(here->name, there->name);
        assert_int_equal(here->country.link.has_key, there->country.link.has_key);
        if (there->country.link.has_key)
            assert_string_equal(country_of(here), country_of(there));
    }
    kith_each (there, kith_all(mayors, &error)) {
        const Mayor *here = find(fixture->session, Mayor, there->city_id);
        assert_string_equal(here->name, there->name);
        if (there->country_code != NULL)
            assert_string_equal(here->country_code, there->country_code);
    }
    kith_each (there, kith_all(streets, &error)) {
        const Street *here = kith_get_by(fixture->session,
                                         Street,
                                         &error,
                                         .city_id = there->city_id,
                                         .number = there->number);
        assert_done(here, error);
        assert_string_equal(here->name, there->name);
    }
    assert_done(error == NULL, error);
}

/* --- one key ----------------------------------------------------------------------- */

static void
a_text_key_changes_and_the_map_follows(void **state)
{
    Fixture *fixture = *state;
    const Country *austria = find(fixture->session, Country, "at");
    kith_set(austria, code, "aut");
    assert_ptr_equal(find(fixture->session, Country, "at"), austria);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code, version", "COMMIT");
    assert_ptr_equal(find(fixture->session, Country, "aut"), austria);
    assert_no_statements(fixture);
    assert_gone(fixture->session, Country, "at");
    assert_int_equal(austria->version, 2);
    assert_rows(fixture,
                "SELECT code, version FROM countries ORDER BY code",
                "aut|2",
                "ch|1",
                "de|1");
}

static void
an_integer_key_changes_and_the_map_follows(void **state)
{
    Fixture *fixture = *state;
    const City *graz = find(fixture->session, City, 1);
    kith_edit(graz)->id = 10;
    kith_edit(graz)->name = "Graz on the Mur";
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE cities SET id, name", "COMMIT");
    assert_ptr_equal(find(fixture->session, City, 10), graz);
    assert_gone(fixture->session, City, 1);
    assert_rows(fixture, "SELECT id FROM cities ORDER BY id", "2", "3", "4", "10");
}

static void
a_key_that_changes_twice_before_the_flush_is_changed_once(void **state)
{
    Fixture *fixture = *state;
    const Country *austria = find(fixture->session, Country, "at");
    kith_set(austria, code, "xx");
    kith_set(austria, code, "aut");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code, version", "COMMIT");
    assert_rows(fixture, "SELECT code FROM countries WHERE version = 2", "aut");
}

static void
a_key_that_is_set_back_is_not_written(void **state)
{
    Fixture *fixture = *state;
    const Country *austria = find(fixture->session, Country, "at");
    kith_set(austria, code, "aut");
    kith_set(austria, code, "at");
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_delete_after_a_change_of_the_key_uses_the_committed_key(void **state)
{
    Fixture *fixture = *state;
    const City *ulm = find(fixture->session, City, 3);
    kith_set(ulm, id, 30);
    kith_delete(ulm);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE cities", "COMMIT");
    assert_rows(fixture, "SELECT id FROM cities ORDER BY id", "1", "2", "4");
}

static void
a_delete_after_a_flushed_change_of_the_key_uses_the_flushed_key(void **state)
{
    Fixture *fixture = *state;
    const City *ulm = find(fixture->session, City, 3);
    kith_set(ulm, id, 30);
    flush(fixture->session);
    kith_set(ulm, id, 300);
    kith_delete(ulm);
    commit(fixture->session);
    assert_rows(fixture, "SELECT id FROM cities ORDER BY id", "1", "2", "4");
    assert_gone(fixture->session, City, 30);
    assert_gone(fixture->session, City, 3);
}

static void
the_old_key_is_free_for_a_new_object(void **state)
{
    Fixture *fixture = *state;
    const City *graz = find(fixture->session, City, 1);
    kith_set(graz, id, 10);
    const City *other = kith_add(fixture->session, City, .id = 1, .name = "Wien");
    assert_committed(fixture);
    assert_ptr_equal(find(fixture->session, City, 10), graz);
    assert_ptr_equal(find(fixture->session, City, 1), other);
    assert_rows(fixture,
                "SELECT id, name FROM cities WHERE id IN (1, 10) ORDER BY id",
                "1|Wien",
                "10|Graz");
}

/* --- references that follow -------------------------------------------------------- */

static void
loaded_references_follow_the_database(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const City *graz = find(fixture->session, City, 1);
    const City *bern = find(fixture->session, City, 2);
    const City *linz = find(fixture->session, City, 4);
    assert_ptr_equal(kith_ref(linz, country, &error), austria);
    kith_set(austria, code, "aut");
    forget_statements(fixture);
    flush(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code, version");
    assert_string_equal(country_of(graz), "aut");
    assert_string_equal(country_of(linz), "aut");
    assert_string_equal(country_of(bern), "ch");
    assert_ptr_equal(kith_ref(graz, country, &error), austria);
    assert_ptr_equal(kith_ref(linz, country, &error), austria);
    assert_false(kith_has_changes(fixture->session));
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_memory_is_as_the_tables(fixture);
}

static void
references_go_back_with_a_rollback(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const City *graz = find(fixture->session, City, 1);
    kith_set(austria, code, "aut");
    flush(fixture->session);
    kith_set(austria, code, "oe");
    flush(fixture->session);
    assert_string_equal(country_of(graz), "oe");
    kith_rollback(fixture->session);
    assert_string_equal(austria->code, "at");
    assert_string_equal(country_of(graz), "at");
    assert_ptr_equal(kith_ref(graz, country, &error), austria);
    assert_false(kith_has_changes(fixture->session));
    assert_memory_is_as_the_tables(fixture);
}

static void
references_go_back_with_a_savepoint(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const City *graz = find(fixture->session, City, 1);
    kith_set(austria, code, "aut");
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_set(austria, code, "oe");
    flush(fixture->session);
    assert_string_equal(country_of(graz), "oe");
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_string_equal(austria->code, "aut");
    assert_string_equal(country_of(graz), "aut");
    assert_ptr_equal(find(fixture->session, Country, "aut"), austria);
    assert_committed(fixture);
    assert_memory_is_as_the_tables(fixture);
}

static void
references_go_back_with_a_failure_and_follow_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const City *graz = find(fixture->session, City, 1);
    kith_set(austria, code, "aut");
    flush(fixture->session);
    const City *second = kith_add(fixture->session, City, .id = 3, .name = "Wien");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "City 3: *");
    assert_string_equal(austria->code, "aut");
    assert_string_equal(country_of(graz), "at");
    kith_set(second, id, 30);
    assert_committed(fixture);
    assert_string_equal(country_of(graz), "aut");
    assert_memory_is_as_the_tables(fixture);
}

static void
references_are_right_when_a_failure_is_rolled_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const City *graz = find(fixture->session, City, 1);
    kith_set(austria, code, "aut");
    flush(fixture->session);
    kith_set(graz, name, "Graz on the Mur");
    kith_add(fixture->session, City, .id = 3, .name = "Wien");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "City 3: *");
    kith_rollback(fixture->session);
    assert_string_equal(austria->code, "at");
    assert_string_equal(country_of(graz), "at");
    assert_false(kith_has_changes(fixture->session));
    assert_memory_is_as_the_tables(fixture);
}

/* What the program set after the flush is its own, whatever becomes of the key. */
static void
a_failure_does_not_undo_a_foreign_key_that_the_program_set(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO mayors (city_id, name, country_code) VALUES (1, 'Ann', 'at')");
    const Mayor *ann = find(fixture->session, Mayor, 1);
    const Country *austria = find(fixture->session, Country, "at");
    kith_set(austria, code, "aut");
    flush(fixture->session);
    assert_string_equal(ann->country_code, "aut");
    kith_set(ann, country_code, "de");
    const City *second = kith_add(fixture->session, City, .id = 3, .name = "Wien");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "City 3: *");
    assert_string_equal(ann->country_code, "de");
    kith_delete(second);
    assert_committed(fixture);
    assert_rows(fixture, "SELECT country_code FROM mayors", "de");
    assert_memory_is_as_the_tables(fixture);
}

static void
an_edited_object_follows_and_keeps_its_other_edits(void **state)
{
    Fixture *fixture = *state;
    const Country *austria = find(fixture->session, Country, "at");
    City *graz = kith_edit(find(fixture->session, City, 1));
    graz->name = "Graz on the Mur";
    kith_set(austria, code, "aut");
    assert_committed(fixture);
    graz->name = "Graz";
    assert_committed(fixture);
    assert_rows(
        fixture, "SELECT name, country_code FROM cities WHERE id = 1", "Graz|aut");
    assert_memory_is_as_the_tables(fixture);
}

/* --- foreign keys that are keys themselves ----------------------------------------- */

static void
add_streets_and_mayors(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO streets (city_id, number, name) VALUES (1, 1, 'Ring'),"
            " (1, 2, 'Murgasse'), (2, 1, 'Marktgasse')");
    run_sql(fixture, "INSERT INTO mayors (city_id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(fixture, "INSERT INTO offices (id, mayor_city_id) VALUES (1, 1), (2, 2)");
    g_autoptr(StreetQuery) streets = kith_query(fixture->session, Street);
    g_autoptr(MayorQuery) mayors = kith_query(fixture->session, Mayor);
    g_autoptr(OfficeQuery) offices = kith_query(fixture->session, Office);
    assert_int_equal(kith_length(kith_all(streets, NULL)), 3);
    assert_int_equal(kith_length(kith_all(mayors, NULL)), 2);
    assert_int_equal(kith_length(kith_all(offices, NULL)), 2);
}

static void
a_foreign_key_that_is_part_of_a_key_follows_with_its_place_in_the_map(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_streets_and_mayors(fixture);
    const Street *ring =
        kith_get_by(fixture->session, Street, &error, .city_id = 1, .number = 1);
    const Mayor *ann = find(fixture->session, Mayor, 1);
    kith_set(find(fixture->session, City, 1), id, 10);
    flush(fixture->session);
    forget_statements(fixture);
    assert_int_equal(ring->city_id, 10);
    assert_ptr_equal(
        kith_get_by(fixture->session, Street, &error, .city_id = 10, .number = 1), ring);
    assert_ptr_equal(find(fixture->session, Mayor, 10), ann);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_memory_is_as_the_tables(fixture);
    kith_set(ring, name, "Ringstrasse");
    assert_committed(fixture);
    assert_rows(fixture,
                "SELECT city_id, name FROM streets WHERE number = 1 ORDER BY city_id",
                "2|Marktgasse",
                "10|Ringstrasse");
}

static void
what_refers_to_a_key_that_followed_follows_as_well(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_streets_and_mayors(fixture);
    const Office *office = find(fixture->session, Office, 1);
    const Mayor *ann = find(fixture->session, Mayor, 1);
    kith_set(find(fixture->session, City, 1), id, 10);
    flush(fixture->session);
    assert_int_equal(office->mayor.link.key.int64, 10);
    assert_ptr_equal(kith_ref(office, mayor, &error), ann);
    kith_rollback(fixture->session);
    assert_int_equal(office->mayor.link.key.int64, 1);
    assert_int_equal(ann->city_id, 1);
    assert_ptr_equal(find(fixture->session, Mayor, 1), ann);
    assert_ptr_equal(kith_ref(office, mayor, &error), ann);
    assert_memory_is_as_the_tables(fixture);
}

/* --- keys that go from hand to hand ------------------------------------------------ */

/* Bern's key is taken by Graz, and it takes Ulm's, which takes a new one; in any order.
 */
static void
a_key_that_is_handed_on_is_followed_by_each_ones_own(void **state)
{
    Fixture *fixture = *state;
    static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 1, 2, 0 } };
    add_streets_and_mayors(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        new_session(fixture);
        const City *cities[] = { find(fixture->session, City, 1),
                                 find(fixture->session, City, 2),
                                 find(fixture->session, City, 3) };
        static const int64_t ids[] = { 2, 3, 30 };
        const Mayor *ann = find(fixture->session, Mayor, 1);
        const Mayor *bob = find(fixture->session, Mayor, 2);
        for (int j = 0; j < 3; j++)
            kith_set(cities[orders[i][j]], id, ids[orders[i][j]]);
        flush(fixture->session);
        assert_int_equal(ann->city_id, 2);
        assert_int_equal(bob->city_id, 3);
        assert_ptr_equal(find(fixture->session, Mayor, 2), ann);
        assert_ptr_equal(find(fixture->session, Mayor, 3), bob);
        kith_rollback(fixture->session);
        assert_int_equal(ann->city_id, 1);
        assert_int_equal(bob->city_id, 2);
        assert_memory_is_as_the_tables(fixture);
    }
}

static void
a_chain_of_keys_is_committed(void **state)
{
    Fixture *fixture = *state;
    add_streets_and_mayors(fixture);
    kith_set(find(fixture->session, City, 2), id, 1);
    kith_set(find(fixture->session, City, 1), id, 30);
    forget_statements(fixture);
    assert_committed(fixture);
    assert_statements(
        fixture, "BEGIN", "UPDATE cities SET id", "UPDATE cities SET id", "COMMIT");
    assert_rows(fixture,
                "SELECT id, name FROM cities ORDER BY id",
                "1|Bern",
                "3|Ulm",
                "4|Linz",
                "30|Graz");
    assert_rows(
        fixture, "SELECT city_id, name FROM mayors ORDER BY name", "30|Ann", "1|Bob");
    assert_memory_is_as_the_tables(fixture);
}

static void
two_keys_are_swapped_and_each_ones_own_follow(void **state)
{
    Fixture *fixture = *state;
    add_streets_and_mayors(fixture);
    const City *graz = find(fixture->session, City, 1);
    const City *bern = find(fixture->session, City, 2);
    const Mayor *ann = find(fixture->session, Mayor, 1);
    kith_set(graz, id, 2);
    kith_set(bern, id, 1);
    flush(fixture->session);
    assert_ptr_equal(find(fixture->session, City, 1), bern);
    assert_ptr_equal(find(fixture->session, City, 2), graz);
    assert_ptr_equal(find(fixture->session, Mayor, 2), ann);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT city_id, name FROM mayors ORDER BY name", "2|Ann", "1|Bob");
    assert_memory_is_as_the_tables(fixture);
}

static void
two_keys_that_were_swapped_go_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_streets_and_mayors(fixture);
    const City *graz = find(fixture->session, City, 1);
    const City *bern = find(fixture->session, City, 2);
    const Mayor *ann = find(fixture->session, Mayor, 1);
    for (int i = 0; i < 2; i++) {
        assert_done(kith_savepoint(fixture->session, &error), error);
        kith_set(graz, id, 2);
        kith_set(bern, id, 1);
        flush(fixture->session);
        if (i == 0)
            assert_done(kith_savepoint_rollback(fixture->session, &error), error);
        else
            kith_rollback(fixture->session);
        assert_ptr_equal(find(fixture->session, City, 1), graz);
        assert_ptr_equal(find(fixture->session, City, 2), bern);
        assert_ptr_equal(find(fixture->session, Mayor, 1), ann);
        assert_false(kith_has_changes(fixture->session));
    }
    assert_memory_is_as_the_tables(fixture);
}

static void
a_key_that_was_handed_on_in_later_flushes_goes_back(void **state)
{
    Fixture *fixture = *state;
    add_streets_and_mayors(fixture);
    const City *graz = find(fixture->session, City, 1);
    const City *bern = find(fixture->session, City, 2);
    const Mayor *ann = find(fixture->session, Mayor, 1);
    const Mayor *bob = find(fixture->session, Mayor, 2);
    kith_set(graz, id, 5);
    flush(fixture->session);
    kith_set(bern, id, 1);
    flush(fixture->session);
    kith_set(graz, id, 2);
    flush(fixture->session);
    assert_int_equal(ann->city_id, 2);
    assert_int_equal(bob->city_id, 1);
    kith_rollback(fixture->session);
    assert_int_equal(ann->city_id, 1);
    assert_int_equal(bob->city_id, 2);
    assert_memory_is_as_the_tables(fixture);
}

/* Ulm goes over to Switzerland in the flush in which the two swap their codes. */
static void
a_reference_that_is_set_in_the_same_flush_is_not_moved_on(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    const Country *switzerland = find(fixture->session, Country, "ch");
    const City *graz = find(fixture->session, City, 1);
    const City *ulm = find(fixture->session, City, 3);
    kith_set(austria, code, "ch");
    kith_set(switzerland, code, "at");
    kith_set(ulm, country, switzerland);
    kith_set(graz, name, "Graz on the Mur");
    flush(fixture->session);
    assert_string_equal(country_of(graz), "ch");
    assert_string_equal(country_of(ulm), "at");
    kith_rollback(fixture->session);
    assert_string_equal(country_of(graz), "at");
    assert_string_equal(country_of(ulm), "de");
    assert_ptr_equal(kith_ref(ulm, country, &error),
                     find(fixture->session, Country, "de"));
    kith_set(austria, code, "ch");
    kith_set(switzerland, code, "at");
    kith_set(ulm, country, switzerland);
    assert_committed(fixture);
    assert_memory_is_as_the_tables(fixture);
}

static void
text_keys_are_swapped_and_references_follow(void **state)
{
    Fixture *fixture = *state;
    const City *graz = find(fixture->session, City, 1);
    const City *bern = find(fixture->session, City, 2);
    kith_set(find(fixture->session, Country, "at"), code, "ch");
    kith_set(find(fixture->session, Country, "ch"), code, "at");
    flush(fixture->session);
    assert_string_equal(country_of(graz), "ch");
    assert_string_equal(country_of(bern), "at");
    commit(fixture->session);
    assert_memory_is_as_the_tables(fixture);
}

/* --- keys that are not followed ---------------------------------------------------- */

static void
without_a_cascade_the_database_refuses_and_all_is_as_before(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO guests (id, country_code) VALUES (1, 'de')");
    const Country *germany = find(fixture->session, Country, "de");
    const City *ulm = find(fixture->session, City, 3);
    const Guest *guest = find(fixture->session, Guest, 1);
    kith_set(germany, code, "ger");
    kith_set(germany, name, "the Federal Republic");
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_entity(error), "Country");
    assert_string_equal(kith_error_key(error), "'de'");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Country 'de': *");
    assert_string_equal(germany->code, "ger");
    assert_int_equal(germany->version, 1);
    assert_string_equal(country_of(ulm), "de");
    assert_string_equal(guest->country.link.key.text, "de");
    assert_ptr_equal(find(fixture->session, Country, "de"), germany);
    kith_rollback(fixture->session);
    assert_string_equal(germany->code, "de");
    kith_delete(guest);
    assert_committed(fixture);
    kith_set(germany, code, "ger");
    assert_committed(fixture);
    assert_string_equal(country_of(ulm), "ger");
    assert_rows(
        fixture, "SELECT name, version FROM countries WHERE code = 'ger'", "Germany|2");
    assert_memory_is_as_the_tables(fixture);
}

static void
a_key_that_is_taken_is_refused_and_all_is_as_before(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const City *graz = find(fixture->session, City, 1);
    kith_set(graz, id, 2);
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_key(error), "1");
    assert_error(error, KITH_ERROR_UNIQUE, "City 1: *");
    assert_ptr_equal(find(fixture->session, City, 1), graz);
    assert_int_equal(graz->id, 2);
    kith_set(graz, id, 20);
    assert_committed(fixture);
    assert_ptr_equal(find(fixture->session, City, 20), graz);
}

static void
a_stale_change_of_a_key_names_the_committed_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *austria = find(fixture->session, Country, "at");
    run_sql(fixture, "UPDATE countries SET version = 2 WHERE code = 'at'");
    kith_set(austria, code, "aut");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Country 'at': *");
    assert_string_equal(austria->code, "aut");
    assert_int_equal(austria->version, 1);
    kith_rollback(fixture->session);
    assert_string_equal(austria->code, "at");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_THE_MAP(a_text_key_changes_and_the_map_follows),
        ON_THE_MAP(an_integer_key_changes_and_the_map_follows),
        ON_THE_MAP(a_key_that_changes_twice_before_the_flush_is_changed_once),
        ON_THE_MAP(a_key_that_is_set_back_is_not_written),
        ON_THE_MAP(a_delete_after_a_change_of_the_key_uses_the_committed_key),
        ON_THE_MAP(a_delete_after_a_flushed_change_of_the_key_uses_the_flushed_key),
        ON_THE_MAP(the_old_key_is_free_for_a_new_object),
        ON_THE_MAP(loaded_references_follow_the_database),
        ON_THE_MAP(references_go_back_with_a_rollback),
        ON_THE_MAP(references_go_back_with_a_savepoint),
        ON_THE_MAP(references_go_back_with_a_failure_and_follow_again),
        ON_THE_MAP(references_are_right_when_a_failure_is_rolled_back),
        ON_THE_MAP(a_failure_does_not_undo_a_foreign_key_that_the_program_set),
        ON_THE_MAP(an_edited_object_follows_and_keeps_its_other_edits),
        ON_THE_MAP(a_foreign_key_that_is_part_of_a_key_follows_with_its_place_in_the_map),
        ON_THE_MAP(what_refers_to_a_key_that_followed_follows_as_well),
        ON_THE_MAP(a_key_that_is_handed_on_is_followed_by_each_ones_own),
        ON_THE_MAP(a_chain_of_keys_is_committed),
        ON_THE_MAP(two_keys_are_swapped_and_each_ones_own_follow),
        ON_THE_MAP(two_keys_that_were_swapped_go_back),
        ON_THE_MAP(a_key_that_was_handed_on_in_later_flushes_goes_back),
        ON_THE_MAP(a_reference_that_is_set_in_the_same_flush_is_not_moved_on),
        ON_THE_MAP(text_keys_are_swapped_and_references_follow),
        ON_THE_MAP(without_a_cascade_the_database_refuses_and_all_is_as_before),
        ON_THE_MAP(a_key_that_is_taken_is_refused_and_all_is_as_before),
        ON_THE_MAP(a_stale_change_of_a_key_names_the_committed_key),
    };
    return run_on_each_database("key changes", tests);
}

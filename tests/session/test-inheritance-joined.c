/*
 * test-inheritance-joined.c - entities that extend another one in a table of their own:
 * the animals of zoo.h, of which some are dogs, cats or puppies; and shapes, where both
 * ways are mixed.
 */
#include "zoo-fixture.h"

#define ALL_ANIMALS "[animals LEFT JOIN dogs LEFT JOIN cats LEFT JOIN puppies]"

/* One of each, with the keys 1 to 4, of keeper 1; and the puppy chases the cat. */
static void
fill(Fixture *fixture)
{
    KithSession *session = fixture->session;
    const Keeper *keeper = kith_add(session, Keeper, .name = "Kim");
    kith_add(session, Animal, .name = "Ape", .keeper.target = keeper);
    commit(session);
    kith_add(session,
             Dog,
             .animal = { .name = "Rex", .keeper.target = keeper },
             .tricks = 3,
             .tag = "R");
    commit(session);
    const Cat *cat = kith_add(session,
                              Cat,
                              .animal = { .name = "Tom", .keeper.target = keeper },
                              .lives = 9,
                              .weight = KITH_SOME(4.5));
    commit(session);
    kith_add(session,
             Puppy,
             .dog = { .animal = { .name = "Bo", .keeper.target = keeper },
                      .tricks = 0,
                      .chases.target = cat },
             .weeks = 7,
             .toy = "ball");
    commit(session);
    new_session(fixture);
    forget_statements(fixture);
}

/* --- written ----------------------------------------------------------------------- */

static void
an_object_is_a_row_in_each_of_its_tables_with_one_key(void **state)
{
    Fixture *fixture = *state;
    const Puppy *puppy = kith_add(
        fixture->session, Puppy, .dog.animal.name = "Bo", .weeks = 7, .toy = "ball");
    assert_int_equal(puppy->dog.animal.kind, ANIMAL_PUPPY);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT animals", "INSERT dogs", "INSERT puppies", "COMMIT");
    assert_rows(
        fixture,
        "SELECT a.kind, a.name, a.version, d.tricks, p.weeks, p.toy FROM animals a "
        "JOIN dogs d ON d.animal_id = a.id JOIN puppies p ON p.puppy_id = a.id",
        "puppy|Bo|1|0|7|ball");
    assert_true(puppy->dog.animal.id > 0);
}

static void
rows_of_one_table_are_one_batch_whatever_the_objects_are(void **state)
{
    Fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        g_autofree char *dog = g_strdup_printf("dog %d", i);
        g_autofree char *cat = g_strdup_printf("cat %d", i);
        kith_add(fixture->session, Dog, .animal.name = dog, .tricks = i);
        kith_add(fixture->session, Cat, .animal.name = cat, .lives = i);
    }
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT animals x6",
                      "INSERT cats x3",
                      "INSERT dogs x3",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT count(*) FROM animals a JOIN dogs d ON d.animal_id = a.id WHERE "
                "a.name = 'dog ' || d.tricks",
                "3");
    assert_rows(fixture,
                "SELECT count(*) FROM animals a JOIN cats c ON c.animal_id = a.id WHERE "
                "a.name = 'cat ' || c.lives",
                "3");
}

static void
only_the_tables_whose_columns_changed_are_updated(void **state)
{
    Fixture *fixture = *state;
    kith_add(
        fixture->session, Ring, .circle = { .shape.name = "r", .radius = 1 }, .width = 2);
    commit(fixture->session);
    const Ring *ring = find(new_session(fixture), Ring, "r");
    forget_statements(fixture);
    kith_set(ring, circle.radius, 5.0);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE circles SET radius", "COMMIT");
    kith_set(ring, circle.shape.is_filled, true);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE shapes SET is_filled", "COMMIT");
    kith_set(ring, width, 3.0);
    kith_set(ring, circle.radius, 6.0);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE circles SET radius, width", "COMMIT");
}

static void
a_change_of_a_table_below_raises_the_version_of_the_base(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    kith_set(puppy, weeks, 8);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE animals SET version",
                      "UPDATE puppies SET weeks",
                      "COMMIT");
    assert_int_equal(puppy->dog.animal.version, 2);
    assert_rows(fixture, "SELECT version FROM animals WHERE id = 4", "2");
}

static void
a_row_is_deleted_in_each_table_the_base_last(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Animal, 4));
    kith_delete(find(fixture->session, Animal, 2));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE puppies",
                      "DELETE dogs x2",
                      "DELETE animals x2",
                      "COMMIT");
    assert_rows(fixture, "SELECT id FROM animals ORDER BY id", "1", "3");
    assert_no_rows(fixture, "SELECT animal_id FROM dogs");
}

/* --- read -------------------------------------------------------------------------- */

static void
an_object_is_got_as_what_it_is_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Animal *animal = find(fixture->session, Animal, 4);
    assert_statements(fixture, "SELECT " ALL_ANIMALS " WHERE id");
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    assert_ptr_equal(puppy, animal);
    assert_no_statements(fixture);
    assert_string_equal(puppy->toy, "ball");
    assert_int_equal(puppy->dog.tricks, 0);
    assert_null(puppy->dog.tag);
}

static void
what_has_no_row_in_the_table_is_not_found_there(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    assert_gone(fixture->session, Dog, 3);
    assert_statements(fixture, "SELECT [animals JOIN dogs LEFT JOIN puppies] WHERE id");
    find(fixture->session, Cat, 3);
    assert_statements(fixture, "SELECT [animals JOIN cats] WHERE id");
    assert_gone(fixture->session, Dog, 3);
    assert_no_statements(fixture);
}

static void
a_query_of_the_base_gives_each_object_as_what_it_is(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(AnimalQuery) query = kith_query(fixture->session, Animal);
    kith_where(query, kith_ne(Animal, name, "none"));
    kith_order_by(query, kith_asc(Animal, id));
    const Animal *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_int_equal(kith_length(all), 4);
    assert_statements(fixture, "SELECT " ALL_ANIMALS " WHERE name <> ? ORDER BY id");
    assert_false(kith_is(Dog, all[0]) || kith_is(Cat, all[0]));
    assert_string_equal(kith_as(Dog, all[1])->tag, "R");
    assert_null(kith_as(Puppy, all[1]));
    assert_true(kith_as(Cat, all[2])->weight.value == 4.5);
    assert_string_equal(kith_as(Puppy, all[3])->toy, "ball");
    int64_t count = 0;
    assert_done(kith_count(query, &count, &error), error);
    assert_int_equal(count, 4);
}

static void
a_query_of_what_extends_it_joins_its_tables(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(DogQuery) query = kith_query(fixture->session, Dog);
    kith_where(query,
               kith_or(Dog, kith_eq(Dog, animal.name, "Rex"), kith_lt(Dog, tricks, 1)));
    kith_order_by(query, kith_desc(Dog, animal.id));
    const Dog *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_int_equal(kith_length(all), 2);
    assert_statements(
        fixture,
        "SELECT [animals JOIN dogs LEFT JOIN puppies] WHERE (name OR tricks < "
        "?) ORDER BY id DESC");
    assert_non_null(kith_as(Puppy, all[0]));
    assert_string_equal(all[1]->animal.name, "Rex");
}

static void
what_is_loaded_is_brought_up_to_date_by_any_query_that_finds_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Dog *dog = find(fixture->session, Dog, 2);
    commit(fixture->session);
    kith_rollback(fixture->session);
    run_sql(fixture, "UPDATE dogs SET tricks = 8 WHERE animal_id = 2");
    assert_done(kith_refresh(&dog->animal, &error), error);
    assert_int_equal(dog->tricks, 8);
}

static void
rows_are_locked_in_every_table_that_is_known(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(AnimalQuery) query = kith_query(fixture->session, Animal);
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_WAIT);
    kith_order_by(query, kith_asc(Animal, id));
    const Animal *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_string_equal(kith_as(Puppy, all[3])->toy, "ball");
    assert_int_equal(kith_as(Dog, all[1])->tricks, 3);
    assert_done(kith_lock(kith_as(Dog, all[1]), KITH_FOR_UPDATE, KITH_WAIT, &error),
                error);
    commit(fixture->session);
}

/* --- relations --------------------------------------------------------------------- */

static void
a_reference_to_the_base_holds_any_of_them_and_one_to_a_dog_only_dogs(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Puppy *puppy = kith_add(
        fixture->session, Puppy, .dog.animal.name = "Bo", .weeks = 7, .toy = "ball");
    kith_add(fixture->session,
             Photo,
             .title = "Bo",
             .animal.target = &puppy->dog.animal,
             .dog.target = &puppy->dog);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT animals",
                      "INSERT dogs",
                      "INSERT puppies",
                      "INSERT photos",
                      "COMMIT");
    const Photo *photo = find(new_session(fixture), Photo, 1);
    forget_statements(fixture);
    const Animal *animal = kith_ref(photo, animal, &error);
    assert_done(animal, error);
    assert_statements(fixture, "SELECT " ALL_ANIMALS " WHERE id IN (?) ORDER BY id");
    assert_string_equal(kith_as(Puppy, animal)->toy, "ball");
    assert_ptr_equal(kith_ref(photo, dog, &error), animal);
    assert_no_statements(fixture);
    const Cat *cat = kith_add(fixture->session, Cat, .animal.name = "Tom", .lives = 9);
    kith_edit(photo)->dog.target = (const Dog *) (const void *) cat;
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Photo 1: its dog is an object of another entity*");
}

static void
a_row_waits_for_the_row_of_a_sibling_that_it_refers_to(void **state)
{
    Fixture *fixture = *state;
    const Dog *dog = kith_add(fixture->session, Dog, .animal.name = "Rex", .tricks = 1);
    const Cat *cat = kith_add(fixture->session, Cat, .animal.name = "Tom", .lives = 9);
    kith_set(dog, chases, cat);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT animals x2", "INSERT cats", "INSERT dogs", "COMMIT");
    const Cat *other = kith_add(fixture->session, Cat, .animal.name = "Kit", .lives = 8);
    kith_set(dog, chases, other);
    kith_delete(cat);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT animals",
                      "INSERT cats",
                      "UPDATE animals SET version",
                      "UPDATE dogs SET chases_id",
                      "DELETE cats",
                      "DELETE animals",
                      "COMMIT");
}

static void
collections_of_the_base_and_of_what_extends_it_are_kept_in_step(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Keeper *keeper = find(fixture->session, Keeper, 1);
    int64_t count = 0;
    assert_done(kith_count_of(keeper, dogs, &count, &error), error);
    assert_int_equal(count, 2);
    assert_done(kith_count_of(keeper, animals, &count, &error), error);
    assert_int_equal(count, 4);
    const Animal *const *animals = kith_many(keeper, animals, &error);
    assert_done(animals, error);
    assert_int_equal(kith_length(animals), 4);
    assert_non_null(kith_as(Puppy, animals[3]));
    const Dog *const *dogs = kith_many(keeper, dogs, &error);
    assert_done(dogs, error);
    assert_int_equal(kith_length(dogs), 2);
    kith_set_null(dogs[0], animal.keeper);
    kith_add(fixture->session,
             Cat,
             .animal = { .name = "Kit", .keeper.target = keeper },
             .lives = 1);
    assert_int_equal(kith_length(kith_many(keeper, animals, &error)), 4);
    assert_int_equal(kith_length(kith_many(keeper, dogs, &error)), 1);
}

static void
inherited_relations_are_read_through_the_embedded_member(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    kith_add(fixture->session, Photo, .title = "Bo", .animal.target = &puppy->dog.animal);
    commit(fixture->session);
    puppy = find(new_session(fixture), Puppy, 4);
    forget_statements(fixture);
    const Keeper *keeper = kith_ref(puppy, dog.animal.keeper, &error);
    assert_done(keeper, error);
    assert_string_equal(keeper->name, "Kim");
    const Photo *const *photos = kith_many(puppy, dog.animal.photos, &error);
    assert_done(photos, error);
    assert_int_equal(kith_length(photos), 1);
    assert_statements(fixture,
                      "SELECT keepers WHERE id IN (?) ORDER BY id",
                      "SELECT photos WHERE animal_id IN (?) ORDER BY id");
    assert_ptr_equal(photos[0]->animal.target, puppy);
    assert_string_equal(kith_ref(puppy, dog.chases, &error)->animal.name, "Tom");
}

static void
expired_and_evicted_objects_are_read_again_as_what_they_are(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Animal *animal = find(fixture->session, Animal, 4);
    run_sql(fixture, "UPDATE puppies SET toy = 'bone'");
    kith_expire(animal);
    assert_ptr_equal(find(fixture->session, Dog, 4), animal);
    assert_string_equal(kith_as(Puppy, animal)->toy, "bone");
    kith_evict(animal);
    forget_statements(fixture);
    assert_string_equal(find(fixture->session, Puppy, 4)->toy, "bone");
    assert_statements(fixture, "SELECT [animals JOIN dogs JOIN puppies] WHERE id");
}

/* --- unique values and keys -------------------------------------------------------- */

static void
a_unique_value_of_the_base_passes_between_what_extends_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Dog *dog = find(fixture->session, Dog, 2);
    const Cat *cat = find(fixture->session, Cat, 3);
    kith_set(dog, animal.name, "Tom");
    kith_set(cat, animal.name, "Rex");
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name FROM animals WHERE id IN (2, 3) ORDER BY id", "Tom", "Rex");
    kith_delete(dog);
    kith_add(fixture->session, Cat, .animal.name = "Tom", .lives = 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT kind FROM animals WHERE name = 'Tom'", "cat");
}

static void
delete_and_add_of_one_key_updates_what_differs_in_each_table(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Circle, .shape.name = "c", .radius = 1);
    commit(fixture->session);
    kith_delete(find(new_session(fixture), Circle, "c"));
    forget_statements(fixture);
    const Circle *circle = kith_add(fixture->session,
                                    Circle,
                                    .shape = { .name = "c", .is_filled = true },
                                    .radius = 1);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE shapes SET is_filled", "COMMIT");
    kith_delete(circle);
    kith_add(fixture->session,
             Circle,
             .shape = { .name = "c", .is_filled = false },
             .radius = 2);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE shapes SET is_filled",
                      "UPDATE circles SET radius",
                      "COMMIT");
}

static void
delete_and_add_of_one_key_as_something_else_is_new_rows(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Dog, 2));
    forget_statements(fixture);
    const Cat *cat =
        kith_add(fixture->session, Cat, .animal = { .id = 2, .name = "Rex" }, .lives = 9);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE dogs",
                      "DELETE animals",
                      "INSERT animals",
                      "INSERT cats",
                      "COMMIT");
    assert_ptr_equal(find(fixture->session, Animal, 2), cat);
    assert_rows(fixture, "SELECT kind FROM animals WHERE id = 2", "cat");
}

static void
a_key_that_changes_reaches_all_tables(void **state)
{
    Fixture *fixture = *state;
    kith_add(
        fixture->session, Ring, .circle = { .shape.name = "r", .radius = 1 }, .width = 2);
    commit(fixture->session);
    const Ring *ring = find(new_session(fixture), Ring, "r");
    forget_statements(fixture);
    kith_set(ring, circle.shape.name, "s");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE shapes SET name", "COMMIT");
    assert_rows(fixture, "SELECT shape_name FROM circles", "s");
    assert_ptr_equal(find(fixture->session, Shape, "s"), ring);
    kith_set(ring, circle.shape.name, "t");
    kith_set(ring, width, 3.0);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE circles SET width", "UPDATE shapes SET name", "COMMIT");
    assert_rows(fixture, "SELECT shape_name FROM circles WHERE width = 3", "t");
    assert_gone(fixture->session, Shape, "s");
}

static void
a_key_that_changes_reaches_three_levels(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    kith_set(puppy, dog.animal.id, 40);
    kith_set(puppy, toy, "bone");
    commit(fixture->session);
    assert_rows(fixture, "SELECT puppy_id, toy FROM puppies", "40|bone");
    assert_rows(fixture, "SELECT animal_id FROM dogs ORDER BY animal_id", "2", "40");
    assert_ptr_equal(find(fixture->session, Animal, 40), puppy);
}

/* --- both ways mixed --------------------------------------------------------------- */

static void
tables_of_their_own_and_shared_ones_can_be_mixed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Square, .shape.name = "q", .side = 2);
    kith_add(fixture->session, Circle, .shape.name = "c", .radius = 1);
    kith_add(
        fixture->session, Ring, .circle = { .shape.name = "r", .radius = 3 }, .width = 1);
    commit(fixture->session);
    new_session(fixture);
    forget_statements(fixture);
    g_autoptr(ShapeQuery) query = kith_query(fixture->session, Shape);
    kith_order_by(query, kith_asc(Shape, name));
    const Shape *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_statements(fixture, "SELECT [shapes LEFT JOIN circles] ORDER BY name");
    assert_int_equal(kith_length(all), 3);
    assert_true(kith_as(Circle, all[0])->radius == 1);
    assert_null(kith_as(Ring, all[0]));
    assert_true(kith_as(Square, all[1])->side == 2);
    assert_true(kith_as(Ring, all[2])->width == 1);
    g_autoptr(RingQuery) rings = kith_query(fixture->session, Ring);
    assert_int_equal(kith_length(kith_all(rings, &error)), 1);
    assert_statements(fixture, "SELECT [shapes JOIN circles WHERE shapes.kind IN (3)]");
}

/* --- what the database fills, and keys of other kinds ------------------------------- */

typedef struct Note {
    KithUuid id;
    int32_t sort;
    int32_t stars;
} Note;

typedef struct Letter {
    Note note;
    int32_t pages;
    int32_t sides;
    const char *stamp;
} Letter;

typedef struct Place {
    int32_t row;
    int32_t number;
    int64_t sort;
    const char *label;
} Place;

typedef struct Box {
    Place place;
    const char *colour;
} Box;

KITH_DECLARE(Note);
KITH_DECLARE(Letter);
KITH_DECLARE(Place);
KITH_DECLARE(Box);

KITH_MAPPING(Note,
             "notes",
             KITH_KEY(Note, id, .generated = true),
             KITH_DISCRIMINATOR(Note, sort),
             KITH_COLUMN(Note, stars, .default_sql = "3"));

KITH_MAPPING(Letter,
             "letters",
             KITH_EXTENDS(Letter, note, Note, .value = 1),
             KITH_COLUMN(Letter, pages),
             KITH_COLUMN(Letter, sides, .computed_sql = "pages * 2"),
             KITH_COLUMN(Letter, stamp, .default_sql = "'red'"));

KITH_MAPPING(Place,
             "places",
             KITH_KEY(Place, row),
             KITH_KEY(Place, number),
             KITH_DISCRIMINATOR(Place, sort, .abstract = true),
             KITH_COLUMN(Place, label));

KITH_MAPPING(Box,
             "boxes",
             KITH_EXTENDS(Box, place, Place, .value = INT64_C(5000000000)),
             KITH_COLUMN(Box, colour));

static void
open_others(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    kith_session_free(fixture->session);
    fixture->engine = open_engine(
        fixture, &(KithOptions){ .mappings = KITH_MAPPINGS(Note, Letter, Place, Box) });
    assert_done(kith_schema_create(fixture->engine, &error), error);
    fixture->session = kith_session_new(fixture->engine);
    forget_statements(fixture);
}

static void
what_the_database_fills_comes_from_each_table(void **state)
{
    Fixture *fixture = *state;
    open_others(fixture);
    const Letter *letter = kith_add(fixture->session, Letter, .pages = 4);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT notes", "INSERT letters", "COMMIT");
    assert_int_equal(letter->note.stars, 3);
    assert_int_equal(letter->sides, 8);
    assert_string_equal(letter->stamp, "red");
    kith_set(letter, pages, 5);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE letters SET pages", "COMMIT");
    assert_int_equal(letter->sides, 10);
    kith_set(letter, pages, 6);
    kith_set(letter, note.stars, 1);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_int_equal(letter->sides, 10);
    assert_int_equal(letter->note.stars, 3);
}

static void
a_key_of_several_members_is_that_of_all_tables(void **state)
{
    Fixture *fixture = *state;
    open_others(fixture);
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session,
             Box,
             .place = { .row = 1, .number = 2, .label = "b" },
             .colour = "red");
    commit(fixture->session);
    assert_rows(fixture, "SELECT place_row, place_number FROM boxes", "1|2");
    new_session(fixture);
    const Place *place =
        kith_get_by(fixture->session, Place, &error, .row = 1, .number = 2);
    assert_done(place, error);
    const Box *box = kith_as(Box, place);
    assert_string_equal(box->colour, "red");
    forget_statements(fixture);
    kith_set(box, place.number, 3);
    kith_set(box, colour, "blue");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE boxes SET colour",
                      "UPDATE places SET number",
                      "COMMIT");
    assert_rows(fixture, "SELECT place_number, colour FROM boxes", "3|blue");
}

static void
two_objects_swap_their_keys_in_all_tables(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_add(fixture->session, Puppy, .dog.animal.name = "Jo", .weeks = 1, .toy = "rope");
    commit(fixture->session);
    const Puppy *bo = find(fixture->session, Puppy, 4);
    const Puppy *jo = find(fixture->session, Puppy, 5);
    kith_set(bo, dog.animal.id, 5);
    kith_set(jo, dog.animal.id, 4);
    kith_set(jo, toy, "bone");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT a.name, p.toy FROM animals a JOIN puppies p ON p.puppy_id = a.id "
                "ORDER BY a.id",
                "Jo|bone",
                "Bo|ball");
    assert_ptr_equal(find(fixture->session, Dog, 5), bo);
}

static void
a_struct_is_merged_into_what_has_its_key(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Dog form = { .animal = { .id = 2, .name = "Max" }, .tricks = 4, .tag = "R" };
    const Dog *dog = kith_merge(fixture->session, Dog, &form, &error);
    assert_done(dog, error);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE animals SET name, version, keeper_id",
                      "UPDATE dogs SET tricks",
                      "COMMIT");
    assert_int_equal(dog->animal.kind, ANIMAL_DOG);
    find(fixture->session, Cat, 3);
    const Dog other = { .animal = { .id = 3, .name = "Tim" } };
    assert_null(kith_merge(fixture->session, Dog, &other, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Dog 3: its row is of another entity");
    const Shape shape = { .name = "dot" };
    assert_null(kith_merge(fixture->session, Shape, &shape, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Shape 'dot': it is abstract");
}

static void
conditions_go_over_references_to_what_extends_another(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    kith_add(fixture->session,
             Photo,
             .title = "Bo",
             .animal.target = &puppy->dog.animal,
             .dog.target = &puppy->dog);
    kith_add(fixture->session,
             Photo,
             .title = "Tom",
             .animal.target = &find(fixture->session, Cat, 3)->animal);
    commit(fixture->session);
    new_session(fixture);
    g_autoptr(PhotoQuery) query = kith_query(fixture->session, Photo);
    kith_where(query, kith_has(Photo, dog, Dog, kith_eq(Dog, animal.name, "Bo")));
    kith_with(query, animal);
    const Photo *const *photos = kith_all(query, &error);
    assert_done(photos, error);
    assert_int_equal(kith_length(photos), 1);
    forget_statements(fixture);
    assert_non_null(kith_as(Puppy, kith_ref(photos[0], animal, &error)));
    assert_no_statements(fixture);
    g_autoptr(KeeperQuery) keepers = kith_query(fixture->session, Keeper);
    kith_where(keepers, kith_any_of(Keeper, dogs, Dog, kith_gt(Dog, tricks, 2)));
    assert_int_equal(kith_length(kith_all(keepers, &error)), 1);
}

/* --- circles ----------------------------------------------------------------------- */

typedef struct Band Band;
typedef struct Person Person;
typedef struct Singer Singer;

struct Band {
    int64_t id;
    const char *name;
    KITH_REF(Singer) leader; /* can be NULL */
};

struct Person {
    int64_t id;
    int32_t sort;
    const char *name;
    KITH_REF(Band) band;
};

struct Singer {
    Person person;
    int32_t octaves;
    KITH_REF(Singer) teacher; /* can be NULL */
};

KITH_DECLARE(Band);
KITH_DECLARE(Person);
KITH_DECLARE(Singer);

KITH_MAPPING(Band,
             "bands",
             KITH_KEY(Band, id, .generated = true),
             KITH_COLUMN(Band, name),
             KITH_BELONGS_TO(Band, leader, Singer, .nullable = true));

KITH_MAPPING(Person,
             "persons",
             KITH_KEY(Person, id, .generated = true),
             KITH_DISCRIMINATOR(Person, sort),
             KITH_COLUMN(Person, name),
             KITH_BELONGS_TO(Person, band, Band));

KITH_MAPPING(Singer,
             "singers",
             KITH_EXTENDS(Singer, person, Person, .value = 1),
             KITH_COLUMN(Singer, octaves),
             KITH_BELONGS_TO(Singer, teacher, Singer, .nullable = true));

static void
a_circle_over_the_tables_of_an_object_is_broken_where_it_can_be(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_session_free(fixture->session);
    fixture->engine = open_engine(
        fixture, &(KithOptions){ .mappings = KITH_MAPPINGS(Band, Person, Singer) });
    assert_done(kith_schema_create(fixture->engine, &error), error);
    fixture->session = kith_session_new(fixture->engine);
    forget_statements(fixture);
    const Band *band = kith_add(fixture->session, Band, .name = "B");
    const Singer *ann = kith_add(fixture->session,
                                 Singer,
                                 .person = { .name = "Ann", .band.target = band },
                                 .octaves = 3);
    const Singer *bob = kith_add(fixture->session,
                                 Singer,
                                 .person = { .name = "Bob", .band.target = band },
                                 .teacher.target = ann);
    kith_add(fixture->session, Person, .name = "Cy", .band.target = band);
    kith_set(ann, teacher, bob);
    kith_set(band, leader, ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT bands",
                      "INSERT persons x3",
                      "INSERT singers",
                      "INSERT singers", /* whose teacher is the one before */
                      "UPDATE bands SET leader_id",
                      "UPDATE singers SET teacher_id",
                      "COMMIT");
    assert_rows(
        fixture,
        "SELECT b.name, p.name, t.name FROM bands b JOIN persons p ON p.id = "
        "b.leader_id JOIN singers s ON s.person_id = p.id JOIN persons t ON t.id = "
        "s.teacher_id",
        "B|Ann|Bob");
    g_autoptr(PersonQuery) persons = kith_query(fixture->session, Person);
    kith_each (person, kith_all(persons, &error))
        kith_delete(person);
    kith_delete(band);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM persons");
    assert_no_rows(fixture, "SELECT id FROM bands");
}

/* --- hundreds ---------------------------------------------------------------------- */

#define N_EACH 200

static void
add_hundreds(Fixture *fixture)
{
    for (int i = 0; i < N_EACH; i++) {
        g_autofree char *dog = g_strdup_printf("dog %d", i);
        g_autofree char *cat = g_strdup_printf("cat %d", i);
        const Cat *prey = kith_add(fixture->session, Cat, .animal.name = cat, .lives = i);
        kith_add(fixture->session,
                 Puppy,
                 .dog = { .animal.name = dog, .tricks = i, .chases.target = prey },
                 .weeks = i,
                 .toy = dog);
    }
}

static void
hundreds_of_objects_are_written_and_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_hundreds(fixture);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT count(*) FROM puppies p JOIN dogs d ON d.animal_id = p.puppy_id "
                "JOIN animals a ON a.id = d.animal_id JOIN cats c ON c.animal_id = "
                "d.chases_id WHERE a.name = p.toy AND c.lives = d.tricks AND a.kind = "
                "'puppy'",
                "200");
    new_session(fixture);
    g_autoptr(AnimalQuery) query = kith_query(fixture->session, Animal);
    const Animal *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_int_equal(kith_length(all), 2 * N_EACH);
    kith_each (animal, all) {
        const Puppy *puppy = kith_as(Puppy, animal);
        if (puppy != NULL)
            kith_set(puppy, weeks, puppy->weeks + 1);
    }
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE animals SET version x200",
                      "UPDATE puppies SET weeks x200",
                      "COMMIT");
    assert_rows(fixture,
                "SELECT count(*) FROM puppies p JOIN dogs d ON d.animal_id = "
                "p.puppy_id WHERE p.weeks = d.tricks + 1",
                "200");
    kith_each (animal, all)
        kith_delete(animal);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM animals");
}

static void
one_of_hundreds_that_fails_is_named(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    add_hundreds(fixture);
    const Dog *dog =
        kith_add(fixture->session, Dog, .animal.name = "Max", .tricks = 1, .tag = "R");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error,
                       .constraint = "dogs_tag_key",
                       .table = "dogs",
                       .column = "tag",
                       .entity = "Dog",
                       .key = "(new)");
    g_clear_error(&error);
    kith_set(dog, tag, "M");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM animals", "405");
}

static void
a_stream_gives_each_object_as_what_it_is(void **state)
{
    Fixture *fixture = *state;
    add_hundreds(fixture);
    commit(fixture->session);
    new_session(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(AnimalQuery) query = kith_query(fixture->session, Animal);
    int n_puppies = 0, n_cats = 0;
    kith_stream (animal, query, &error) {
        const Puppy *puppy = kith_as(Puppy, animal);
        n_puppies += puppy != NULL && strcmp(puppy->toy, animal->name) == 0;
        n_cats += kith_is(Cat, animal);
    }
    assert_done(true, error);
    assert_int_equal(n_puppies, N_EACH);
    assert_int_equal(n_cats, N_EACH);
}

/* --- failure and rollback ---------------------------------------------------------- */

static void
a_version_that_is_another_is_stale_and_names_what_it_is(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    run_sql(fixture, "UPDATE animals SET version = 5 WHERE id = 4");
    kith_set(puppy, toy, "bone");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error, .table = "animals", .entity = "Puppy", .key = "4");
    assert_error(error, KITH_ERROR_STALE, "Puppy 4: *");
    assert_string_equal(puppy->toy, "bone");
    assert_int_equal(puppy->dog.animal.version, 1);
    assert_rows(fixture, "SELECT toy FROM puppies", "ball");
}

static void
a_failure_in_the_last_table_undoes_all_of_them(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Dog *dog =
        kith_add(fixture->session, Dog, .animal.name = "Max", .tricks = 1, .tag = "R");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error,
                       .constraint = "dogs_tag_key",
                       .table = "dogs",
                       .column = "tag",
                       .entity = "Dog",
                       .key = "(new)");
    g_clear_error(&error);
    assert_int_equal(kith_state(dog), KITH_PENDING);
    assert_int_equal(dog->animal.id, 0);
    assert_int_equal(dog->animal.version, 0);
    assert_no_rows(fixture, "SELECT id FROM animals WHERE name = 'Max'");
    kith_set(dog, tag, "M");
    commit(fixture->session);
    assert_rows(fixture, "SELECT tag FROM dogs WHERE tricks = 1", "M");
}

static void
a_rollback_restores_every_table_of_an_object(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    const Dog *dog = find(fixture->session, Dog, 2);
    kith_set(puppy, toy, "bone");
    kith_set(puppy, dog.tricks, 1);
    kith_set(puppy, dog.animal.name, "Max");
    kith_delete(dog);
    const Cat *cat = kith_add(fixture->session, Cat, .animal.name = "Kit", .lives = 1);
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_string_equal(puppy->toy, "ball");
    assert_int_equal(puppy->dog.tricks, 0);
    assert_string_equal(puppy->dog.animal.name, "Bo");
    assert_int_equal(puppy->dog.animal.version, 1);
    assert_int_equal(kith_state(dog), KITH_PERSISTENT);
    assert_int_equal(kith_state(cat), KITH_DETACHED);
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_savepoint_takes_back_what_was_written_in_every_table(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Puppy *puppy = find(fixture->session, Puppy, 4);
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_set(puppy, toy, "bone");
    kith_set(puppy, dog.animal.name, "Max");
    flush(fixture->session);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_string_equal(puppy->toy, "ball");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM animals WHERE id = 4", "Bo");
}

/* --- the plan ---------------------------------------------------------------------- */

static void
a_plan_names_the_table_and_what_the_objects_are(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    kith_set(find(fixture->session, Puppy, 4), toy, "bone");
    kith_set(find(fixture->session, Cat, 3), lives, 8);
    kith_delete(find(fixture->session, Dog, 2));
    g_autofree char *plan = kith_plan(fixture->session, &error);
    assert_done(plan != NULL, error);
    assert_string_equal(plan,
                        "1. UPDATE animals SET version: Cat 3, Puppy 4\n"
                        "2. UPDATE cats SET lives: Cat 3\n"
                        "3. UPDATE puppies SET toy: Puppy 4\n"
                        "4. DELETE dogs: Dog 2\n"
                        "5. DELETE animals: Dog 2\n"
                        "   after 4: Dog.id referred to what is deleted\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_ZOO(an_object_is_a_row_in_each_of_its_tables_with_one_key),
        IN_A_ZOO(rows_of_one_table_are_one_batch_whatever_the_objects_are),
        IN_A_ZOO(only_the_tables_whose_columns_changed_are_updated),
        IN_A_ZOO(a_change_of_a_table_below_raises_the_version_of_the_base),
        IN_A_ZOO(a_row_is_deleted_in_each_table_the_base_last),
        IN_A_ZOO(an_object_is_got_as_what_it_is_by_one_statement),
        IN_A_ZOO(what_has_no_row_in_the_table_is_not_found_there),
        IN_A_ZOO(a_query_of_the_base_gives_each_object_as_what_it_is),
        IN_A_ZOO(a_query_of_what_extends_it_joins_its_tables),
        IN_A_ZOO(what_is_loaded_is_brought_up_to_date_by_any_query_that_finds_it),
        IN_A_ZOO(rows_are_locked_in_every_table_that_is_known),
        IN_A_ZOO(a_reference_to_the_base_holds_any_of_them_and_one_to_a_dog_only_dogs),
        IN_A_ZOO(a_row_waits_for_the_row_of_a_sibling_that_it_refers_to),
        IN_A_ZOO(collections_of_the_base_and_of_what_extends_it_are_kept_in_step),
        IN_A_ZOO(inherited_relations_are_read_through_the_embedded_member),
        IN_A_ZOO(expired_and_evicted_objects_are_read_again_as_what_they_are),
        IN_A_ZOO(a_unique_value_of_the_base_passes_between_what_extends_it),
        IN_A_ZOO(delete_and_add_of_one_key_updates_what_differs_in_each_table),
        IN_A_ZOO(delete_and_add_of_one_key_as_something_else_is_new_rows),
        IN_A_ZOO(a_key_that_changes_reaches_all_tables),
        IN_A_ZOO(a_key_that_changes_reaches_three_levels),
        IN_A_ZOO(tables_of_their_own_and_shared_ones_can_be_mixed),
        IN_A_ZOO(what_the_database_fills_comes_from_each_table),
        IN_A_ZOO(a_key_of_several_members_is_that_of_all_tables),
        IN_A_ZOO(two_objects_swap_their_keys_in_all_tables),
        IN_A_ZOO(a_struct_is_merged_into_what_has_its_key),
        IN_A_ZOO(conditions_go_over_references_to_what_extends_another),
        IN_A_ZOO(a_circle_over_the_tables_of_an_object_is_broken_where_it_can_be),
        IN_A_ZOO(hundreds_of_objects_are_written_and_read),
        IN_A_ZOO(one_of_hundreds_that_fails_is_named),
        IN_A_ZOO(a_stream_gives_each_object_as_what_it_is),
        IN_A_ZOO(a_version_that_is_another_is_stale_and_names_what_it_is),
        IN_A_ZOO(a_failure_in_the_last_table_undoes_all_of_them),
        IN_A_ZOO(a_rollback_restores_every_table_of_an_object),
        IN_A_ZOO(a_savepoint_takes_back_what_was_written_in_every_table),
        IN_A_ZOO(a_plan_names_the_table_and_what_the_objects_are),
    };
    return run_on_each_database("inheritance in several tables", tests);
}

/*
 * test-query-bulk-inheritance.c - statements for many rows of entities that extend each
 * other: which rows they mean, in which tables, and the objects that follow.
 */
#include "zoo-fixture.h"

/* An ape, a dog, a cat and a puppy, with the keys 1 to 4; a car, a truck and a taxi. */
static void
fill(Fixture *fixture)
{
    KithSession *session = fixture->session;
    kith_add(session, Animal, .name = "Ape");
    commit(session);
    kith_add(session, Dog, .animal.name = "Rex", .tricks = 3, .tag = "R");
    commit(session);
    kith_add(session, Cat, .animal.name = "Tom", .lives = 9, .weight = KITH_SOME(4.5));
    commit(session);
    kith_add(session, Puppy, .dog.animal.name = "Bo", .weeks = 7, .toy = "ball");
    commit(session);
    kith_add(session, Car, .vehicle.plate = "C", .doors = 3);
    kith_add(session, Truck, .vehicle.plate = "T", .load = 7.5);
    kith_add(session, Taxi, .car = { .vehicle.plate = "X", .doors = 5 }, .company = "Red");
    kith_add(session, Circle, .shape.name = "c", .radius = 2);
    kith_add(session, Ring, .circle = { .shape.name = "r", .radius = 1 }, .width = 2);
    kith_add(session, Square, .shape.name = "s", .side = 3);
    commit(session);
    new_session(fixture);
    forget_statements(fixture);
}

#define VERSIONS "SELECT name, version FROM animals ORDER BY id"

/* --- updates ----------------------------------------------------------------------- */

static void
a_member_of_the_base_is_changed_in_its_table(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(AnimalQuery) query = kith_query(fixture->session, Animal);
    kith_where(query, kith_ne(Animal, name, "Ape"));
    kith_change(query,
                kith_to(Animal, name, kith_upper(kith_member(Animal, name))));
    int64_t n;
    assert_done(kith_update_all(query, &n, &error), error);
    assert_int_equal(n, 3);
    commit(fixture->session);
    assert_int_equal(fixture->statements->len, 3);
    assert_rows(fixture, VERSIONS, "Ape|1", "REX|2", "TOM|2", "BO|2");
}

static void
a_member_of_its_own_is_changed_in_its_own_table(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Dog *rex = find(session, Dog, 2);
    const Puppy *bo = find(session, Puppy, 4);
    g_autoptr(DogQuery) query = kith_query(session, Dog);
    kith_where(query, kith_lt(Dog, animal.name, "S"));
    kith_change(query, kith_to(Dog, tricks, kith_plus(kith_member(Dog, tricks), 10)));
    int64_t n;
    assert_done(kith_update_all(query, &n, &error), error);
    assert_int_equal(n, 2);
    assert_int_equal(rex->tricks, 13);
    assert_int_equal(rex->animal.version, 2);
    assert_int_equal(bo->dog.tricks, 10);
    commit(session);
    assert_rows(fixture, VERSIONS, "Ape|1", "Rex|2", "Tom|1", "Bo|2");
    assert_rows(fixture, "SELECT tricks FROM dogs ORDER BY animal_id", "13", "10");
}

static void
only_what_the_query_is_over_is_changed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(CatQuery) cats = kith_query(fixture->session, Cat);
    kith_change(cats,
                kith_to(Cat,
                        animal.name,
                        kith_concat(kith_member(Cat, animal.name),
                                    kith_as_text(kith_member(Cat, lives)))));
    assert_done(kith_update_all(cats, NULL, &error), error);
    g_autoptr(CarQuery) cars = kith_query(fixture->session, Car);
    kith_change(cars, kith_to(Car, doors, 4));
    int64_t n;
    assert_done(kith_update_all(cars, &n, &error), error);
    assert_int_equal(n, 2);
    commit(fixture->session);
    assert_rows(fixture, VERSIONS, "Ape|1", "Rex|1", "Tom9|2", "Bo|1");
    assert_rows(fixture,
                "SELECT plate, doors FROM vehicles ORDER BY plate",
                "C|4",
                "T|NULL",
                "X|4");
}

static void
what_was_changed_comes_as_what_it_is(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(DogQuery) query = kith_query(fixture->session, Dog);
    kith_change(query, kith_to(Dog, tricks, 1));
    const Dog *const *dogs = kith_update_objects(query, &error);
    assert_done(dogs, error);
    assert_string_equal(dogs[0]->animal.name, "Rex");
    assert_int_equal(dogs[0]->tricks, 1);
    const Puppy *bo = kith_as(Puppy, dogs[1]);
    assert_non_null(bo);
    assert_int_equal(bo->weeks, 7);
    assert_null(dogs[2]);
    kith_rollback(fixture->session);
    assert_rows(fixture, VERSIONS, "Ape|1", "Rex|1", "Tom|1", "Bo|1");
}

/* --- deletes ----------------------------------------------------------------------- */

static void
rows_are_deleted_in_all_their_tables(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Puppy *bo = find(session, Puppy, 4);
    const Cat *tom = find(session, Cat, 3);
    g_autoptr(DogQuery) query = kith_query(session, Dog);
    kith_where(query, kith_lt(Dog, tricks, 4));
    int64_t n;
    assert_done(kith_delete_all(query, &n, &error), error);
    assert_int_equal(n, 2);
    assert_int_equal(kith_state(bo), KITH_DELETED);
    assert_int_equal(kith_state(tom), KITH_PERSISTENT);
    commit(session);
    assert_rows(fixture, VERSIONS, "Ape|1", "Tom|1");
    assert_rows(fixture,
                "SELECT (SELECT count(*) FROM dogs), (SELECT count(*) FROM puppies)",
                "0|0");
}

static void
rows_of_one_table_are_told_apart(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(TaxiQuery) taxis = kith_query(session, Taxi);
    assert_done(kith_delete_all(taxis, NULL, &error), error);
    g_autoptr(CircleQuery) circles = kith_query(session, Circle);
    kith_where(circles, kith_gt(Circle, radius, 1.5));
    assert_done(kith_delete_all(circles, NULL, &error), error);
    commit(session);
    assert_rows(fixture, "SELECT plate FROM vehicles ORDER BY plate", "C", "T");
    assert_rows(fixture, "SELECT name FROM shapes ORDER BY name", "r", "s");
}

/* --- inserts ----------------------------------------------------------------------- */

static void
an_entity_in_the_table_of_its_base_is_inserted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Car cars[] = { { .vehicle.plate = "C", .doors = 2 },
                         { .vehicle.plate = "N", .doors = 6 } };
    g_autoptr(CarQuery) query = kith_query(session, Car);
    kith_insert_values(query, cars, 2);
    kith_on_conflict(query, vehicle.plate);
    kith_change(query, kith_to(Car, doors, kith_excluded(Car, doors)));
    const Car *const *found = kith_insert_objects(query, &error);
    assert_done(found, error);
    assert_string_equal(found[1]->vehicle.kind, "car");
    g_autoptr(KeeperQuery) keepers = kith_query(session, Keeper);
    kith_select(keepers, Truck, vehicle.plate, kith_member(Keeper, name));
    kith_select(keepers, Truck, load, 1.5);
    kith_add(session, Keeper, .name = "Kim");
    g_autoptr(TruckQuery) trucks = kith_query(session, Truck);
    kith_insert_from(trucks, keepers);
    assert_done(kith_insert_all(trucks, NULL, &error), error);
    commit(session);
    assert_rows(fixture,
                "SELECT plate, kind, doors FROM vehicles ORDER BY plate",
                "C|car|2",
                "Kim|truck|NULL",
                "N|car|6",
                "T|truck|NULL",
                "X|taxi|5");
}

/* --- refusals ---------------------------------------------------------------------- */

static void
what_one_statement_cannot_do_is_refused(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(DogQuery) both = kith_query(session, Dog);
    kith_change(both, kith_to(Dog, tricks, 1));
    kith_change(both, kith_to(Dog, animal.name, "x"));
    assert_false(kith_update_all(both, NULL, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Dog: what is changed is in two tables, dogs and animals*");
    g_autoptr(DogQuery) kind = kith_query(session, Dog);
    kith_change(kind, kith_to(Dog, animal.kind, ANIMAL_CAT));
    assert_false(kith_update_all(kind, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Dog: .kind is what says what*");
    g_autoptr(DogQuery) dogs = kith_query(session, Dog);
    kith_insert_values(dogs, &(const Dog){ .animal.name = "x" }, 1);
    assert_false(kith_insert_all(dogs, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Dog: an object in several tables*");
    g_autoptr(ShapeQuery) shapes = kith_query(session, Shape);
    kith_insert_values(shapes, &(const Shape){ .name = "x" }, 1);
    assert_false(kith_insert_all(shapes, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Shape: it is abstract*");
    assert_no_statements(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_ZOO(a_member_of_the_base_is_changed_in_its_table),
        IN_A_ZOO(a_member_of_its_own_is_changed_in_its_own_table),
        IN_A_ZOO(only_what_the_query_is_over_is_changed),
        IN_A_ZOO(what_was_changed_comes_as_what_it_is),
        IN_A_ZOO(rows_are_deleted_in_all_their_tables),
        IN_A_ZOO(rows_of_one_table_are_told_apart),
        IN_A_ZOO(an_entity_in_the_table_of_its_base_is_inserted),
        IN_A_ZOO(what_one_statement_cannot_do_is_refused),
    };
    return run_on_each_database("many rows of a hierarchy at once", tests);
}

/*
 * test-inheritance-single.c - entities that extend another one in its table: the vehicles
 * of zoo.h, of which some are cars, trucks or taxis.
 */
#include "zoo-fixture.h"

/* One of each, with the keys 1 to 4, in garage 1. */
static void
fill(Fixture *fixture)
{
    KithSession *session = fixture->session;
    const Garage *garage = kith_add(session, Garage, .town = "Riga");
    kith_add(session, Vehicle, .plate = "V", .garage.target = garage);
    commit(session);
    kith_add(session,
             Car,
             .vehicle = { .plate = "C", .garage.target = garage },
             .doors = 3,
             .radio = "R");
    commit(session);
    kith_add(session,
             Truck,
             .vehicle = { .plate = "T", .garage.target = garage },
             .load = 7.5);
    commit(session);
    kith_add(session,
             Taxi,
             .car = { .vehicle = { .plate = "X", .garage.target = garage }, .doors = 5 },
             .company = "Red");
    commit(session);
    new_session(fixture);
    forget_statements(fixture);
}

/* --- written ----------------------------------------------------------------------- */

static void
what_is_added_is_one_row_that_says_what_it_is(void **state)
{
    Fixture *fixture = *state;
    const Taxi *taxi = kith_add(fixture->session,
                                Taxi,
                                .car.vehicle.plate = "X",
                                .car.doors = 5,
                                .company = "Red");
    assert_string_equal(taxi->car.vehicle.kind, "taxi");
    kith_add(fixture->session, Vehicle, .plate = "V");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT vehicles", "INSERT vehicles", "COMMIT");
    assert_rows(fixture,
                "SELECT kind, plate, doors, company, load FROM vehicles ORDER BY plate",
                "vehicle|V|NULL|NULL|NULL",
                "taxi|X|5|Red|NULL");
    assert_true(taxi->car.vehicle.id > 0);
}

static void
rows_of_one_entity_are_one_batch(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Car, .vehicle.plate = "A", .doors = 3);
    kith_add(fixture->session, Truck, .vehicle.plate = "B", .load = 1);
    kith_add(fixture->session, Car, .vehicle.plate = "C", .doors = 5);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT vehicles x2", "INSERT vehicles", "COMMIT");
}

static void
inherited_members_are_set_through_either_pointer(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_set(taxi, car.vehicle.plate, "XX");
    kith_set(&taxi->car, doors, 4);
    kith_set(taxi, company, "Blue");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE vehicles SET plate, doors, company", "COMMIT");
    assert_rows(
        fixture, "SELECT plate, doors, company FROM vehicles WHERE id = 4", "XX|4|Blue");
}

static void
the_base_is_the_same_object_for_every_call(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Truck *truck = find(fixture->session, Truck, 3);
    const Vehicle *vehicle = &truck->vehicle;
    g_autoptr(GError) error = NULL;
    Vehicle *written = kith_edit(vehicle);
    written->plate = "TT";
    assert_int_equal(kith_state(vehicle), KITH_PERSISTENT);
    assert_ptr_equal(kith_session_of(vehicle), fixture->session);
    commit(fixture->session);
    assert_string_equal(truck->vehicle.plate, "TT");
    run_sql(fixture, "UPDATE vehicles SET load = 2 WHERE id = 3");
    assert_done(kith_refresh(vehicle, &error), error);
    assert_true(truck->load == 2);
    kith_delete(vehicle);
    assert_int_equal(kith_state(truck), KITH_DELETED);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM vehicles WHERE id = 3");
}

static void
rows_are_deleted_whatever_they_are(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Vehicle, 1));
    kith_delete(find(fixture->session, Vehicle, 4));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE vehicles", "DELETE vehicles", "COMMIT");
    assert_rows(fixture, "SELECT id FROM vehicles ORDER BY id", "2", "3");
}

/* --- what it is -------------------------------------------------------------------- */

static void
an_object_is_got_as_what_it_is_and_as_what_it_extends(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Vehicle *vehicle = find(fixture->session, Vehicle, 4);
    assert_statements(fixture, "SELECT vehicles WHERE id");
    assert_ptr_equal(find(fixture->session, Car, 4), vehicle);
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    assert_ptr_equal(taxi, vehicle);
    assert_no_statements(fixture);
    assert_string_equal(taxi->company, "Red");
    assert_int_equal(taxi->car.doors, 5);
}

static void
what_it_is_not_it_is_not_got_as(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    assert_gone(fixture->session, Truck, 4);
    assert_statements(fixture,
                      "SELECT [vehicles WHERE vehicles.kind IN ('truck')] WHERE id");
    find(fixture->session, Vehicle, 4);
    forget_statements(fixture);
    assert_gone(fixture->session, Truck, 4);
    assert_no_statements(fixture);
}

static void
an_object_is_seen_as_what_it_is_and_as_nothing_else(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Vehicle *vehicle = find(fixture->session, Vehicle, 4);
    const Taxi *taxi = kith_as(Taxi, vehicle);
    assert_ptr_equal(taxi, vehicle);
    assert_non_null(kith_as(Car, vehicle));
    assert_null(kith_as(Truck, vehicle));
    assert_null(kith_as(Garage, vehicle));
    assert_null(kith_as(Taxi, NULL));
    assert_true(kith_is(Car, taxi) && kith_is(Vehicle, taxi) && kith_is(Taxi, taxi));
    assert_false(kith_is(Taxi, find(fixture->session, Vehicle, 2)));
}

/* --- queries ----------------------------------------------------------------------- */

static void
a_query_of_the_base_gives_each_object_as_what_it_is_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(VehicleQuery) query = kith_query(fixture->session, Vehicle);
    kith_order_by(query, kith_asc(Vehicle, id));
    const Vehicle *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_int_equal(kith_length(all), 4);
    assert_statements(fixture, "SELECT vehicles ORDER BY id");
    assert_false(kith_is(Car, all[0]));
    assert_int_equal(kith_as(Car, all[1])->doors, 3);
    assert_string_equal(kith_as(Car, all[1])->radio, "R");
    assert_true(kith_as(Truck, all[2])->load == 7.5);
    assert_null(kith_as(Truck, all[2])->cargo);
    assert_string_equal(kith_as(Taxi, all[3])->company, "Red");
}

static void
a_query_gives_what_was_asked_for_and_what_extends_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(CarQuery) query = kith_query(fixture->session, Car);
    kith_where(query, kith_ne(Car, vehicle.plate, "none"));
    kith_where(query, kith_ge(Car, doors, 3));
    kith_order_by(query, kith_desc(Car, vehicle.plate));
    const Car *const *all = kith_all(query, &error);
    assert_done(all, error);
    assert_int_equal(kith_length(all), 2);
    assert_statements(
        fixture,
        "SELECT [vehicles WHERE vehicles.kind IN ('car', 'taxi')] WHERE plate "
        "<> ? AND doors >= ? ORDER BY plate DESC");
    assert_non_null(kith_as(Taxi, all[0]));
    assert_null(kith_as(Taxi, all[1]));
    int64_t count = 0;
    assert_done(kith_count(query, &count, &error), error);
    assert_int_equal(count, 2);
}

static void
changes_are_flushed_before_a_query_that_could_see_them(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Taxi, .car.vehicle.plate = "N", .company = "New");
    g_autoptr(TruckQuery) trucks = kith_query(fixture->session, Truck);
    assert_int_equal(kith_length(kith_all(trucks, &error)), 1);
    assert_statements(fixture, "SELECT [vehicles WHERE vehicles.kind IN ('truck')]");
    g_autoptr(CarQuery) cars = kith_query(fixture->session, Car);
    assert_int_equal(kith_length(kith_all(cars, &error)), 3);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT vehicles",
                      "SELECT [vehicles WHERE vehicles.kind IN ('car', 'taxi')]");
}

static void
a_row_that_nothing_maps_is_an_error_that_says_so(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    if (is_sqlite(fixture))
        run_sql(fixture, "PRAGMA ignore_check_constraints = ON");
    else
        run_sql(fixture, "ALTER TABLE vehicles DROP CONSTRAINT vehicles_kind_check");
    run_sql(fixture, "UPDATE vehicles SET kind = 'tram' WHERE id = 1");
    assert_null(kith_get(fixture->session, Vehicle, 1, &error));
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "*Vehicle.kind: the column \"kind\" holds 'tram', which is none of the "
                 "entities that the engine was given*");
}

/* --- relations --------------------------------------------------------------------- */

static void
a_reference_to_the_base_leads_to_what_it_is(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_add(fixture->session,
             Trip,
             .goal = "sea",
             .vehicle.target = &taxi->car.vehicle,
             .taxi.target = taxi);
    commit(fixture->session);
    new_session(fixture);
    const Trip *trip = find(fixture->session, Trip, 1);
    forget_statements(fixture);
    const Vehicle *vehicle = kith_ref(trip, vehicle, &error);
    assert_done(vehicle, error);
    assert_statements(fixture, "SELECT vehicles WHERE id IN (?) ORDER BY id");
    assert_string_equal(kith_as(Taxi, vehicle)->company, "Red");
    assert_ptr_equal(kith_ref(trip, taxi, &error), vehicle);
    assert_no_statements(fixture);
}

static void
a_collection_of_the_base_holds_what_extends_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Garage *garage = find(fixture->session, Garage, 1);
    forget_statements(fixture);
    const Vehicle *const *vehicles = kith_many(garage, vehicles, &error);
    assert_done(vehicles, error);
    assert_int_equal(kith_length(vehicles), 4);
    assert_non_null(kith_as(Taxi, vehicles[3]));
    kith_add(fixture->session,
             Car,
             .vehicle = { .plate = "N", .garage.target = garage },
             .doors = 2);
    kith_delete(vehicles[2]);
    forget_statements(fixture);
    vehicles = kith_many(garage, vehicles, &error);
    assert_int_equal(kith_length(vehicles), 4);
    assert_non_null(kith_as(Car, vehicles[3]));
    assert_no_statements(fixture);
}

static void
references_of_all_that_were_read_together_are_loaded_together(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture, "INSERT INTO garages (id, town) VALUES (2, 'Oslo')");
    run_sql(fixture, "UPDATE vehicles SET garage_id = 2 WHERE id > 2");
    g_autoptr(GError) error = NULL;
    g_autoptr(VehicleQuery) query = kith_query(fixture->session, Vehicle);
    kith_order_by(query, kith_asc(Vehicle, id));
    const Vehicle *const *all = kith_all(query, &error);
    forget_statements(fixture);
    assert_string_equal(kith_ref(all[0], garage, &error)->town, "Riga");
    assert_string_equal(kith_ref(all[3], garage, &error)->town, "Oslo");
    assert_statements(fixture, "SELECT garages WHERE id IN (?) ORDER BY id");
}

static void
a_row_is_written_after_the_row_of_another_entity_in_the_table_that_it_refers_to(
    void **state)
{
    Fixture *fixture = *state;
    const Truck *truck =
        kith_add(fixture->session, Truck, .vehicle.plate = "T", .load = 1);
    const Taxi *taxi =
        kith_add(fixture->session, Taxi, .car.vehicle.plate = "X", .company = "Red");
    kith_set(truck, escort, &taxi->car);
    commit(fixture->session);
    assert_rows(
        fixture,
        "SELECT t.kind, e.kind FROM vehicles t JOIN vehicles e ON t.escort_id = e.id",
        "truck|taxi");
    kith_delete(taxi);
    kith_delete(truck);
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT id FROM vehicles");
}

/* --- unique values and keys -------------------------------------------------------- */

static void
a_unique_value_passes_between_entities_of_one_table(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Truck *truck = find(fixture->session, Truck, 3);
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_set(truck, vehicle.plate, "X");
    kith_set(taxi, car.vehicle.plate, "T");
    commit(fixture->session);
    assert_rows(fixture, "SELECT plate FROM vehicles WHERE id > 2 ORDER BY id", "X", "T");
    kith_delete(taxi);
    kith_add(fixture->session, Car, .vehicle.plate = "T", .doors = 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT kind FROM vehicles WHERE plate = 'T'", "car");
}

static void
a_unique_value_that_only_some_have_is_theirs(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Car *car = find(fixture->session, Car, 2);
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_set(taxi, car.radio, "R");
    kith_set(car, radio, "S");
    kith_delete(find(fixture->session, Truck, 3)); /* which has none */
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT radio FROM vehicles WHERE id IN (2, 4) ORDER BY id", "S", "R");
}

static void
delete_and_add_of_one_key_is_an_update_of_the_same_entity(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Car, 2));
    forget_statements(fixture);
    kith_add(fixture->session,
             Car,
             .vehicle = { .id = 2, .plate = "C" },
             .doors = 5,
             .radio = "R");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE vehicles SET garage_id, doors", "COMMIT");
}

static void
delete_and_add_of_one_key_as_something_else_is_a_new_row(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Car, 2));
    forget_statements(fixture);
    const Truck *truck = kith_add(
        fixture->session, Truck, .vehicle = { .id = 2, .plate = "C" }, .load = 4);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE vehicles", "INSERT vehicles", "COMMIT");
    assert_rows(fixture,
                "SELECT kind, doors FROM vehicles WHERE id = 2 AND load = 4",
                "truck|NULL");
    assert_ptr_equal(find(fixture->session, Vehicle, 2), truck);
    assert_gone(fixture->session, Car, 2);
}

/* --- failure and rollback ---------------------------------------------------------- */

static void
a_failed_commit_leaves_all_as_it_was_made_and_names_the_object(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Taxi *taxi =
        kith_add(fixture->session, Taxi, .car.vehicle.plate = "T", .company = "Blue");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error,
                       .constraint = "vehicles_plate_key",
                       .table = "vehicles",
                       .column = "plate",
                       .entity = "Taxi",
                       .key = "(new)");
    g_clear_error(&error);
    assert_int_equal(kith_state(taxi), KITH_PENDING);
    assert_int_equal(taxi->car.vehicle.id, 0);
    kith_set(taxi, car.vehicle.plate, "Y");
    commit(fixture->session);
    assert_rows(fixture, "SELECT company FROM vehicles WHERE plate = 'Y'", "Blue");
}

static void
a_rollback_restores_what_every_entity_has(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Truck *truck = find(fixture->session, Truck, 3);
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_set(truck, load, 9.0);
    kith_set(truck, vehicle.plate, "TT");
    kith_delete(taxi);
    const Car *car = kith_add(fixture->session, Car, .vehicle.plate = "N");
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_true(truck->load == 7.5);
    assert_string_equal(truck->vehicle.plate, "T");
    assert_int_equal(kith_state(taxi), KITH_PERSISTENT);
    assert_int_equal(kith_state(car), KITH_DETACHED);
    forget_statements(fixture);
    assert_ptr_equal(find(fixture->session, Taxi, 4), taxi);
}

/* --- refused ----------------------------------------------------------------------- */

static void
what_an_object_is_cannot_be_said_by_the_program(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Car, .vehicle = { .plate = "N", .kind = "truck" });
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Car.kind is not to be given: it says what an object was added as (*");
    kith_rollback(fixture->session);
    const Car *car = find(fixture->session, Car, 2);
    kith_set(car, vehicle.kind, "truck");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Car.kind cannot be set: it says what the object was added as (*");
    kith_edit(car)->vehicle.kind = "truck";
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Car 2: its kind was changed: an object stays what it is; delete it, and "
        "add another one");
    kith_rollback(fixture->session);
    assert_string_equal(car->vehicle.kind, "car");
}

static void
there_is_no_object_of_what_is_abstract(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_null(kith_add(fixture->session, Shape, .name = "dot"));
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Shape is abstract: add an object of what extends it (*");
    commit(fixture->session);
    assert_no_rows(fixture, "SELECT name FROM shapes");
}

static void
the_table_refuses_a_row_without_what_it_has_to_have(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(GError) error = NULL;
    const Taxi *taxi = find(fixture->session, Taxi, 4);
    kith_edit(taxi)->company = NULL;
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Taxi 4: company is NULL, and may not be*");
}

/* --- hooks ------------------------------------------------------------------------- */

static bool
count_call(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) error;
    assert_true(kith_is(Vehicle, object));
    (*(int *) data)++;
    return true;
}

static void
a_hook_of_the_base_runs_for_all_that_extend_it(void **state)
{
    Fixture *fixture = *state;
    int n_inserted = 0, n_cars = 0, n_loaded = 0;
    kith_on_entity(fixture->session, Vehicle, KITH_AFTER_INSERT, count_call, &n_inserted);
    kith_on_entity(fixture->session, Car, KITH_AFTER_INSERT, count_call, &n_cars);
    kith_add(fixture->session, Vehicle, .plate = "V");
    kith_add(fixture->session, Truck, .vehicle.plate = "T");
    kith_add(fixture->session, Taxi, .car.vehicle.plate = "X", .company = "Red");
    commit(fixture->session);
    assert_int_equal(n_inserted, 3);
    assert_int_equal(n_cars, 1);
    new_session(fixture);
    g_autoptr(GError) error = NULL;
    kith_on_entity(fixture->session, Taxi, KITH_AFTER_LOAD, count_call, &n_loaded);
    g_autoptr(VehicleQuery) query = kith_query(fixture->session, Vehicle);
    assert_int_equal(kith_length(kith_all(query, &error)), 3);
    assert_int_equal(n_loaded, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_ZOO(what_is_added_is_one_row_that_says_what_it_is),
        IN_A_ZOO(rows_of_one_entity_are_one_batch),
        IN_A_ZOO(inherited_members_are_set_through_either_pointer),
        IN_A_ZOO(the_base_is_the_same_object_for_every_call),
        IN_A_ZOO(rows_are_deleted_whatever_they_are),
        IN_A_ZOO(an_object_is_got_as_what_it_is_and_as_what_it_extends),
        IN_A_ZOO(what_it_is_not_it_is_not_got_as),
        IN_A_ZOO(an_object_is_seen_as_what_it_is_and_as_nothing_else),
        IN_A_ZOO(a_query_of_the_base_gives_each_object_as_what_it_is_by_one_statement),
        IN_A_ZOO(a_query_gives_what_was_asked_for_and_what_extends_it),
        IN_A_ZOO(changes_are_flushed_before_a_query_that_could_see_them),
        IN_A_ZOO(a_row_that_nothing_maps_is_an_error_that_says_so),
        IN_A_ZOO(a_reference_to_the_base_leads_to_what_it_is),
        IN_A_ZOO(a_collection_of_the_base_holds_what_extends_it),
        IN_A_ZOO(references_of_all_that_were_read_together_are_loaded_together),
        IN_A_ZOO(
            a_row_is_written_after_the_row_of_another_entity_in_the_table_that_it_refers_to),
        IN_A_ZOO(a_unique_value_passes_between_entities_of_one_table),
        IN_A_ZOO(a_unique_value_that_only_some_have_is_theirs),
        IN_A_ZOO(delete_and_add_of_one_key_is_an_update_of_the_same_entity),
        IN_A_ZOO(delete_and_add_of_one_key_as_something_else_is_a_new_row),
        IN_A_ZOO(a_failed_commit_leaves_all_as_it_was_made_and_names_the_object),
        IN_A_ZOO(a_rollback_restores_what_every_entity_has),
        IN_A_ZOO(what_an_object_is_cannot_be_said_by_the_program),
        IN_A_ZOO(there_is_no_object_of_what_is_abstract),
        IN_A_ZOO(the_table_refuses_a_row_without_what_it_has_to_have),
        IN_A_ZOO(a_hook_of_the_base_runs_for_all_that_extend_it),
    };
    return run_on_each_database("inheritance in one table", tests);
}

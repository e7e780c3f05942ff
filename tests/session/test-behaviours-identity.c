/*
 * test-behaviours-identity.c - one object for a row, the states of objects, and what
 * causes a flush, case by case.
 */
#include "own-schema.h"

typedef struct Seat Seat;

/* A key of two members, which can change. */
struct Seat {
    int32_t row;
    int32_t number;
    const char *guest;
};

KITH_DECLARE(Seat);

KITH_MAPPING(
    Seat, "seats", KITH_KEY(Seat, row), KITH_KEY(Seat, number), KITH_COLUMN(Seat, guest));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Seat));
}

static const Author *
add_ann(Fixture *fixture)
{
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    forget_statements(fixture);
    return ann;
}

/* --- one object for a row ---------------------------------------------------------- */

static void
after_a_clear_the_row_is_another_object_with_equal_values(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    commit(fixture->session);
    forget_statements(fixture);
    kith_clear(fixture->session);
    const Author *again = find(fixture->session, Author, 1);
    assert_string_equal(again->name, "Ann");
    assert_ptr_equal(find(fixture->session, Author, 1), again);
    assert_statements(fixture, "SELECT authors WHERE id");
}

static void
an_object_that_is_loaded_is_found_without_a_statement(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = find(fixture->session, Author, add_ann(fixture)->id);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_no_statements(fixture);
}

static void
a_reference_to_what_is_loaded_needs_no_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = add_ann(fixture);
    kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    commit(fixture->session);
    KithSession *session = new_session(fixture);
    ann = find(session, Author, 1);
    const Book *book = find(session, Book, 1);
    forget_statements(fixture);
    assert_ptr_equal(kith_ref(book, author, &error), ann);
    assert_no_statements(fixture);
}

static void
a_reference_that_is_null_needs_no_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(
        fixture->session, Book, .title = "Justice", .author.target = add_ann(fixture));
    commit(fixture->session);
    const Book *book = find(new_session(fixture), Book, 1);
    forget_statements(fixture);
    assert_null(kith_ref(book, translator, &error));
    assert_null(error);
    assert_no_statements(fixture);
}

static void
assert_seat(Fixture *fixture, int32_t row, int32_t number, const Seat *seat)
{
    g_autoptr(GError) error = NULL;
    const Seat *found =
        kith_get_by(fixture->session, Seat, &error, .row = row, .number = number);
    assert_null(error);
    assert_ptr_equal(found, seat);
}

static void
keys_that_move_along_a_chain_move_the_objects(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Seat *one = kith_add(session, Seat, .row = 1, .number = 1, .guest = "Ann");
    const Seat *two = kith_add(session, Seat, .row = 2, .number = 1, .guest = "Bob");
    commit(session);
    kith_set(one, row, 3);
    kith_set(two, row, 1);
    commit(session);
    assert_seat(fixture, 3, 1, one);
    assert_seat(fixture, 1, 1, two);
    assert_rows(
        fixture, "SELECT \"row\", guest FROM seats ORDER BY \"row\"", "1|Bob", "3|Ann");
    kith_set(two, row, 2);
    kith_set(one, row, 1);
    commit(session);
    assert_seat(fixture, 1, 1, one);
    assert_seat(fixture, 2, 1, two);
    assert_rows(
        fixture, "SELECT \"row\", guest FROM seats ORDER BY \"row\"", "1|Ann", "2|Bob");
}

static void
keys_that_moved_in_a_savepoint_are_the_old_ones_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Seat *one = kith_add(session, Seat, .row = 1, .number = 1, .guest = "Ann");
    const Seat *two = kith_add(session, Seat, .row = 2, .number = 1, .guest = "Bob");
    commit(session);
    assert_done(kith_savepoint(session, &error), error);
    kith_set(one, row, 3);
    kith_set(two, row, 1);
    assert_done(kith_savepoint_release(session, &error), error);
    assert_seat(fixture, 1, 1, two);
    assert_done(kith_savepoint(session, &error), error);
    kith_set(two, row, 2);
    kith_set(one, row, 1);
    flush(session);
    assert_seat(fixture, 1, 1, one);
    kith_rollback(session);
    assert_int_equal(one->row, 1);
    assert_int_equal(two->row, 2);
    assert_seat(fixture, 1, 1, one);
    assert_seat(fixture, 2, 1, two);
    assert_false(kith_has_changes(session));
}

static void
a_key_that_is_changed_is_found_by_the_old_one_until_the_flush(void **state)
{
    Fixture *fixture = *state;
    const Seat *seat =
        kith_add(fixture->session, Seat, .row = 1, .number = 1, .guest = "Ann");
    commit(fixture->session);
    kith_set(seat, number, 2);
    assert_seat(fixture, 1, 1, seat);
    flush(fixture->session);
    assert_seat(fixture, 1, 2, seat);
    assert_seat(fixture, 1, 1, NULL);
    kith_rollback(fixture->session);
    assert_seat(fixture, 1, 1, seat);
}

/* --- states ------------------------------------------------------------------------ */

static void
an_object_goes_from_pending_to_detached(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Author *ann = kith_add(session, Author, .name = "Ann");
    assert_int_equal(kith_state(ann), KITH_PENDING);
    flush(session);
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    commit(session);
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    kith_delete(ann);
    assert_int_equal(kith_state(ann), KITH_DELETED);
    flush(session);
    assert_int_equal(kith_state(ann), KITH_DELETED);
    assert_ptr_equal(kith_session_of(ann), session);
    commit(session);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_null(kith_session_of(ann));
    assert_string_equal(ann->name, "Ann");
}

static void
a_session_that_was_cleared_is_used_again(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    add_ann(fixture);
    kith_add(session, Author, .name = "Bob");
    kith_clear(session);
    assert_false(kith_has_changes(session));
    const Author *ann = find(session, Author, 1);
    kith_set(ann, name, "Anna");
    kith_add(session, Author, .name = "Cora");
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Anna", "Cora");
}

static void
a_session_that_was_cleared_within_a_transaction_goes_on_in_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Author *ann = add_ann(fixture);
    kith_set(ann, name, "Anna");
    flush(session);
    kith_clear(session);
    assert_string_equal(find(session, Author, 1)->name, "Anna");
    kith_rollback(session);
    kith_clear(session);
    assert_string_equal(find(session, Author, 1)->name, "Ann");
}

/* --- what causes a flush ----------------------------------------------------------- */

static void
a_query_writes_what_is_pending_and_gives_the_same_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_where(query, kith_eq(Author, name, "Ann"));
    assert_ptr_equal(kith_first(query, &error), ann);
    assert_null(error);
    assert_statements(
        fixture, "BEGIN", "INSERT authors", "SELECT authors WHERE name LIMIT ?");
    assert_no_rows(fixture, "SELECT name FROM authors");
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_query_of_another_table_does_not_flush(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Author, .name = "Ann");
    g_autoptr(MemberQuery) query = kith_query(fixture->session, Member);
    int64_t count = -1;
    assert_done(kith_count(query, &count, &error), error);
    assert_statements(fixture, "COUNT members");
}

static void
a_flush_with_nothing_to_do_does_not_begin_a_transaction(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = add_ann(fixture);
    flush(fixture->session);
    (void) kith_edit(ann);
    flush(fixture->session);
    kith_delete(kith_add(fixture->session, Author, .name = "Bob"));
    flush(fixture->session);
    assert_no_statements(fixture);
}

static void
a_flush_that_failed_is_done_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_ann(fixture);
    const Author *other = kith_add(fixture->session, Author, .name = "Ann");
    for (int i = 0; i < 3; i++) {
        assert_false(kith_flush(fixture->session, &error));
        assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    }
    kith_set(other, name, "Bob");
    flush(fixture->session);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(after_a_clear_the_row_is_another_object_with_equal_values),
        ON_A_SCHEMA(an_object_that_is_loaded_is_found_without_a_statement),
        ON_A_SCHEMA(a_reference_to_what_is_loaded_needs_no_statement),
        ON_A_SCHEMA(a_reference_that_is_null_needs_no_statement),
        ON_A_SCHEMA(keys_that_move_along_a_chain_move_the_objects),
        ON_A_SCHEMA(keys_that_moved_in_a_savepoint_are_the_old_ones_after_a_rollback),
        ON_A_SCHEMA(a_key_that_is_changed_is_found_by_the_old_one_until_the_flush),
        ON_A_SCHEMA(an_object_goes_from_pending_to_detached),
        ON_A_SCHEMA(a_session_that_was_cleared_is_used_again),
        ON_A_SCHEMA(a_session_that_was_cleared_within_a_transaction_goes_on_in_it),
        ON_A_SCHEMA(a_query_writes_what_is_pending_and_gives_the_same_object),
        ON_A_SCHEMA(a_query_of_another_table_does_not_flush),
        ON_A_SCHEMA(a_flush_with_nothing_to_do_does_not_begin_a_transaction),
        ON_A_SCHEMA(a_flush_that_failed_is_done_again),
    };
    return run_on_each_database("identity, case by case", tests);
}

/*
 * test-behaviours-transactions.c - commit, rollback, savepoints and failures, case by
 * case: what becomes of the objects.
 */
#include "fixture.h"

/* Ann with two books, and Bob with none; committed. */
typedef struct Stock {
    const Author *ann;
    const Author *bob;
    const Book *books[2];
} Stock;

static Stock
add_stock(Fixture *fixture)
{
    KithSession *session = fixture->session;
    Stock stock = { .ann = kith_add(session, Author, .name = "Ann") };
    stock.bob = kith_add(session, Author, .name = "Bob");
    stock.books[0] =
        kith_add(session, Book, .title = "Justice", .author.target = stock.ann);
    stock.books[1] =
        kith_add(session, Book, .title = "Sword", .author.target = stock.ann);
    commit(session);
    forget_statements(fixture);
    return stock;
}

static size_t
count_books(const Author *author)
{
    g_autoptr(GError) error = NULL;
    size_t n_books = kith_length(kith_many(author, books, &error));
    assert_null(error);
    return n_books;
}

/* --- commit and rollback ----------------------------------------------------------- */

static void
several_flushes_share_a_transaction(void **state)
{
    Fixture *fixture = *state;
    Stock stock = add_stock(fixture);
    kith_set(stock.ann, born, 1);
    flush(fixture->session);
    kith_set(stock.ann, born, 2);
    flush(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors WHERE name = 'Ann'", "NULL");
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "UPDATE authors SET born", "UPDATE authors SET born", "COMMIT");
    assert_rows(fixture, "SELECT born FROM authors WHERE name = 'Ann'", "2");
}

static void
a_rollback_lets_pending_objects_go(void **state)
{
    Fixture *fixture = *state;
    Stock stock = add_stock(fixture);
    const Book *flushed =
        kith_add(fixture->session, Book, .title = "Mercy", .author.target = stock.ann);
    flush(fixture->session);
    const Book *pending =
        kith_add(fixture->session, Book, .title = "Raven", .author.target = stock.ann);
    assert_int_equal(count_books(stock.ann), 4);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(flushed), KITH_DETACHED);
    assert_int_equal(kith_state(pending), KITH_DETACHED);
    assert_int_equal(count_books(stock.ann), 2);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_rollback_brings_deleted_objects_back(void **state)
{
    Fixture *fixture = *state;
    Stock stock = add_stock(fixture);
    assert_int_equal(count_books(stock.ann), 2);
    kith_delete(stock.books[0]);
    flush(fixture->session);
    kith_delete(stock.books[1]);
    kith_delete(stock.ann);
    flush(fixture->session);
    kith_delete(stock.bob);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(stock.ann), KITH_PERSISTENT);
    assert_int_equal(kith_state(stock.bob), KITH_PERSISTENT);
    assert_int_equal(kith_state(stock.books[0]), KITH_PERSISTENT);
    assert_ptr_equal(find(fixture->session, Author, stock.ann->id), stock.ann);
    assert_ptr_equal(stock.books[0]->author.target, stock.ann);
    assert_int_equal(count_books(stock.ann), 2);
    kith_set(stock.books[1], price, 2.5);
    commit(fixture->session);
    assert_rows(fixture, "SELECT price FROM books WHERE title = 'Sword'", "2.5");
}

static void
a_rollback_undoes_what_no_flush_has_written(void **state)
{
    Fixture *fixture = *state;
    Stock stock = add_stock(fixture);
    const Book *new =
        kith_add(fixture->session, Book, .title = "Mercy", .author.target = stock.ann);
    kith_set(stock.ann, name, "Anna");
    kith_set(stock.books[0], author, stock.bob);
    assert_int_equal(count_books(stock.ann), 2);
    assert_int_equal(count_books(stock.bob), 1);
    kith_rollback(fixture->session);
    assert_string_equal(stock.ann->name, "Ann");
    assert_ptr_equal(stock.books[0]->author.target, stock.ann);
    assert_int_equal(count_books(stock.ann), 2);
    assert_int_equal(count_books(stock.bob), 0);
    assert_string_equal(new->title, "Mercy");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM books", "2");
}

static void
values_stay_as_they_are_after_a_commit_until_the_row_is_read_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Stock stock = add_stock(fixture);
    run_sql(fixture, "UPDATE authors SET name = 'Anna' WHERE name = 'Ann'");
    assert_string_equal(stock.ann->name, "Ann");
    assert_no_statements(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_where(query, kith_eq(Author, name, "Anna"));
    assert_ptr_equal(kith_first(query, &error), stock.ann);
    assert_string_equal(stock.ann->name, "Anna");
}

/* --- failures ---------------------------------------------------------------------- */

static void
after_a_key_that_is_taken_and_a_rollback_the_work_is_done_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    kith_add(session, Member, .login = "ann", .name = "Ann");
    commit(session);
    new_session(fixture);
    session = fixture->session;
    const Member *bob = kith_add(session, Member, .login = "bob", .name = "Bob");
    commit(session);
    kith_set(bob, name, "Bobby");
    const Member *wrong = kith_add(session, Member, .login = "ann", .name = "Anna");
    for (int i = 0; i < 2; i++) {
        assert_false(kith_commit(session, &error));
        assert_error(error, KITH_ERROR_UNIQUE, "Member 'ann': *");
    }
    kith_rollback(session);
    assert_int_equal(kith_state(wrong), KITH_DETACHED);
    assert_string_equal(bob->name, "Bob");
    kith_set(bob, name, "Bobby");
    kith_add(session, Member, .login = "anna", .name = "Anna");
    commit(session);
    assert_rows(fixture,
                "SELECT login, name FROM members ORDER BY login",
                "ann|Ann",
                "anna|Anna",
                "bob|Bobby");
}

static void
what_is_changed_after_a_failure_is_committed_with_the_rest(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Stock stock = add_stock(fixture);
    const Author *wrong = kith_add(fixture->session, Author, .name = "Ann");
    kith_set(stock.bob, born, 1950);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    kith_set(stock.ann, born, 1966);
    kith_delete(stock.books[0]);
    kith_add(fixture->session, Book, .title = "Mercy", .author.target = wrong);
    kith_set(wrong, name, "Cora");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT name, born FROM authors ORDER BY name",
                "Ann|1966",
                "Bob|1950",
                "Cora|NULL");
    assert_rows(fixture,
                "SELECT title, name FROM books JOIN authors ON authors.id = author_id "
                "ORDER BY title",
                "Mercy|Cora",
                "Sword|Ann");
}

static void
a_key_that_was_replaced_goes_back_to_its_first_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Member *first = kith_add(session, Member, .login = "ann", .name = "Ann");
    kith_add(session, Author, .name = "Ann");
    commit(session);
    kith_delete(first);
    const Member *second = kith_add(session, Member, .login = "ann", .name = "Anna");
    flush(session);
    assert_ptr_equal(find(session, Member, "ann"), second);
    kith_add(session, Author, .name = "Ann");
    assert_false(kith_flush(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    kith_rollback(session);
    assert_int_equal(kith_state(first), KITH_PERSISTENT);
    assert_int_equal(kith_state(second), KITH_DETACHED);
    assert_ptr_equal(find(session, Member, "ann"), first);
    assert_string_equal(first->name, "Ann");
    kith_set(first, name, "Annie");
    commit(session);
    assert_rows(fixture, "SELECT login, name FROM members", "ann|Annie");
}

static void
a_replacement_whose_commit_failed_is_committed_after_all(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Member *first = kith_add(session, Member, .login = "ann", .name = "Ann");
    kith_add(session, Author, .name = "Ann");
    commit(session);
    kith_delete(first);
    const Member *second = kith_add(session, Member, .login = "ann", .name = "Anna");
    flush(session);
    const Author *wrong = kith_add(session, Author, .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(kith_state(first), KITH_DELETED);
    assert_int_equal(kith_state(second), KITH_PENDING);
    kith_set(wrong, name, "Bob");
    commit(session);
    assert_int_equal(kith_state(first), KITH_DETACHED);
    assert_ptr_equal(find(session, Member, "ann"), second);
    assert_rows(fixture, "SELECT login, name FROM members", "ann|Anna");
}

/* --- savepoints -------------------------------------------------------------------- */

static void
a_savepoint_undoes_what_is_inside_and_keeps_what_is_before(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    Stock stock = add_stock(fixture);
    kith_set(stock.ann, name, "Anna");
    const Book *before =
        kith_add(session, Book, .title = "Mercy", .author.target = stock.bob);
    assert_done(kith_savepoint(session, &error), error);
    kith_set(stock.ann, name, "Annie");
    kith_set(stock.bob, born, 1950);
    kith_set(stock.books[0], author, stock.bob);
    const Book *inside =
        kith_add(session, Book, .title = "Raven", .author.target = stock.bob);
    kith_delete(stock.books[1]);
    flush(session);
    assert_int_equal(count_books(stock.ann), 0);
    assert_int_equal(count_books(stock.bob), 3);
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_string_equal(stock.ann->name, "Anna");
    assert_false(stock.bob->born.has_value);
    assert_int_equal(kith_state(before), KITH_PERSISTENT);
    assert_int_equal(kith_state(inside), KITH_DETACHED);
    assert_int_equal(kith_state(stock.books[1]), KITH_PERSISTENT);
    assert_int_equal(count_books(stock.ann), 2);
    assert_int_equal(count_books(stock.bob), 1);
    commit(session);
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY id", "Anna|NULL", "Bob|NULL");
    assert_rows(
        fixture, "SELECT title FROM books ORDER BY title", "Justice", "Mercy", "Sword");
}

static void
a_savepoint_leaves_alone_what_was_not_changed_in_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    Stock stock = add_stock(fixture);
    kith_set(stock.ann, name, "Anna");
    assert_done(kith_savepoint(session, &error), error);
    kith_set(stock.bob, name, "Bobby");
    flush(session);
    forget_statements(fixture);
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_statements(fixture, "ROLLBACK TO 1", "RELEASE 1");
    assert_string_equal(stock.ann->name, "Anna");
    assert_string_equal(stock.bob->name, "Bob");
    assert_ptr_equal(find(session, Author, stock.ann->id), stock.ann);
    assert_no_statements(fixture);
}

static void
after_a_failure_the_savepoint_is_rolled_back_and_the_work_goes_on(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    Stock stock = add_stock(fixture);
    kith_set(stock.ann, born, 1966);
    assert_done(kith_savepoint(session, &error), error);
    const Author *wrong = kith_add(session, Author, .name = "Ann");
    assert_false(kith_flush(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_int_equal(kith_state(wrong), KITH_DETACHED);
    kith_set(stock.bob, born, 1950);
    commit(session);
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY id", "Ann|1966", "Bob|1950");
}

static void
a_rollback_undoes_all_levels(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    Stock stock = add_stock(fixture);
    for (int level = 1; level <= 3; level++) {
        kith_set(stock.ann, born, level);
        assert_done(kith_savepoint(session, &error), error);
    }
    kith_set(stock.ann, born, 4);
    forget_statements(fixture);
    kith_rollback(session);
    assert_statements(fixture, "ROLLBACK");
    assert_false(stock.ann->born.has_value);
    assert_false(kith_savepoint_release(session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "*");
}

static void
a_begin_that_failed_is_no_obstacle_to_the_next(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return; /* BEGIN asks for nothing there */
    KithOptions options = { .busy_timeout_msec = 1 };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    kith_add(session, Author, .name = "Ann");
    run_sql(fixture, "BEGIN IMMEDIATE");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    run_sql(fixture, "ROLLBACK");
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(several_flushes_share_a_transaction),
        ON_A_DATABASE(a_rollback_lets_pending_objects_go),
        ON_A_DATABASE(a_rollback_brings_deleted_objects_back),
        ON_A_DATABASE(a_rollback_undoes_what_no_flush_has_written),
        ON_A_DATABASE(values_stay_as_they_are_after_a_commit_until_the_row_is_read_again),
        ON_A_DATABASE(after_a_key_that_is_taken_and_a_rollback_the_work_is_done_again),
        ON_A_DATABASE(what_is_changed_after_a_failure_is_committed_with_the_rest),
        ON_A_DATABASE(a_key_that_was_replaced_goes_back_to_its_first_object),
        ON_A_DATABASE(a_replacement_whose_commit_failed_is_committed_after_all),
        ON_A_DATABASE(a_savepoint_undoes_what_is_inside_and_keeps_what_is_before),
        ON_A_DATABASE(a_savepoint_leaves_alone_what_was_not_changed_in_it),
        ON_A_DATABASE(after_a_failure_the_savepoint_is_rolled_back_and_the_work_goes_on),
        ON_A_DATABASE(a_rollback_undoes_all_levels),
        ON_A_DATABASE(a_begin_that_failed_is_no_obstacle_to_the_next),
    };
    return run_on_each_database("transactions, case by case", tests);
}

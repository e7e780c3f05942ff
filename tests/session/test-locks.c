/*
 * test-locks.c - locks of rows: whom they keep out, how long they last, and what they say
 * of an object that is not as it was read; and versions that are raised without another
 * change.
 */
#include "fixture.h"

/* Ann (1), Bob (2), and Ann's books Justice (1), Sword (2) and Mercy (3). */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id) VALUES"
        " (1, 'Justice', 1.5, 5, 1), (2, 'Sword', 2.5, 7, 1), (3, 'Mercy', 3.5, 9, 1)");
}

#define LOCKED_STALE                                                               \
    "*: the row that was locked is not as it was read: somebody else changed it; " \
    "refresh it, and do it once more"

static void
lock_row(const void *object, KithLock lock, KithLockWait wait)
{
    g_autoptr(GError) error = NULL;
    assert_done(kith_lock(object, lock, wait, &error), error);
}

/* The books that somebody else can lock at once; PostgreSQL only. */
#define FREE_FOR_UPDATE "SELECT id FROM books ORDER BY id FOR UPDATE SKIP LOCKED"
#define FREE_FOR_SHARE "SELECT id FROM books ORDER BY id FOR SHARE SKIP LOCKED"

/* An engine that does not wait for a lock of SQLite. */
static KithEngine *
open_impatient_engine(Fixture *fixture)
{
    return open_engine(fixture, &(KithOptions){ .busy_timeout_msec = 1 });
}

/* --- one object -------------------------------------------------------------------- */

static void
a_lock_opens_a_transaction_and_lasts_as_long(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    lock_row(book, KITH_FOR_UPDATE, KITH_WAIT);
    assert_statements(fixture,
                      "BEGIN",
                      is_sqlite(fixture) ? "SELECT books WHERE id"
                                         : "SELECT books WHERE id FOR UPDATE");
    kith_set(book, price, 9);
    commit(fixture->session);
    assert_statements(fixture, "UPDATE books SET price, version", "COMMIT");
}

static void
a_row_that_is_locked_for_update_cannot_be_locked_by_others(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    lock_row(find(fixture->session, Book, 1), KITH_FOR_UPDATE, KITH_NOWAIT);
    assert_rows(fixture, FREE_FOR_UPDATE, "2", "3");
    assert_rows(fixture, FREE_FOR_SHARE, "2", "3");
    kith_rollback(fixture->session);
    assert_rows(fixture, FREE_FOR_UPDATE, "1", "2", "3");
}

static void
a_row_that_is_locked_for_share_can_be_shared(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    lock_row(find(fixture->session, Book, 1), KITH_FOR_SHARE, KITH_WAIT);
    lock_row(find(other, Book, 1), KITH_FOR_SHARE, KITH_NOWAIT);
    assert_rows(fixture, FREE_FOR_UPDATE, "2", "3");
    assert_rows(fixture, FREE_FOR_SHARE, "1", "2", "3");
}

static void
a_row_that_is_not_free_is_busy_for_who_does_not_wait(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Book *book = find(fixture->session, Book, 1);
    lock_row(find(other, Book, 1), KITH_FOR_UPDATE, KITH_WAIT);
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_NOWAIT, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    kith_rollback(fixture->session);
    commit(other);
    lock_row(book, KITH_FOR_UPDATE, KITH_NOWAIT);
}

static void
a_lock_that_was_not_got_loses_no_change(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Book *book = find(fixture->session, Book, 1);
    kith_set(find(fixture->session, Book, 2), price, 9);
    kith_add(fixture->session, Author, .id = 10, .name = "Cora");
    flush(fixture->session);
    lock_row(find(other, Book, 1), KITH_FOR_UPDATE, KITH_WAIT);
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_NOWAIT, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    commit(other);
    commit(fixture->session);
    assert_rows(fixture, "SELECT price, version FROM books WHERE id = 2", "9|8");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob", "Cora");
}

static void
on_sqlite_a_lock_keeps_others_from_writing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return;
    fill(fixture);
    KithEngine *engine = open_impatient_engine(fixture);
    g_autoptr(KithSession) other = kith_session_new(engine);
    const Book *theirs = find(other, Book, 2);
    lock_row(find(fixture->session, Book, 1), KITH_FOR_SHARE, KITH_WAIT);
    assert_false(kith_lock(theirs, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    kith_set(theirs, price, 9);
    assert_false(kith_commit(other, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
    assert_string_equal(find(other, Book, 3)->title, "Mercy");
    commit(fixture->session);
    commit(other);
    assert_rows(fixture, "SELECT price FROM books WHERE id = 2", "9.0");
}

static void
only_an_object_with_a_row_can_be_locked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    const Author *bob = find(fixture->session, Author, 2);
    kith_delete(bob);
    forget_statements(fixture);
    assert_false(kith_lock(cora, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Author: only an object that has a row can be locked");
    assert_false(kith_lock(bob, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Author: only an object that has a row can be locked");
    assert_no_statements(fixture);
}

static void
one_row_cannot_be_skipped(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_SKIP_LOCKED, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Book: one row cannot be skipped; use KITH_NOWAIT");
}

/* --- queries ----------------------------------------------------------------------- */

static void
a_query_locks_what_it_reads(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_lt(Book, price, 3.0));
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_WAIT);
    assert_int_equal(kith_length(kith_all(query, &error)), 2);
    assert_statements(fixture,
                      "BEGIN",
                      is_sqlite(fixture) ? "SELECT books WHERE price < ?"
                                         : "SELECT books WHERE price < ? FOR UPDATE");
    if (!is_sqlite(fixture))
        assert_rows(fixture, FREE_FOR_UPDATE, "3");
    commit(fixture->session);
    assert_statements(fixture, "COMMIT");
}

static void
a_query_leaves_out_what_others_have_locked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    lock_row(find(other, Book, 1), KITH_FOR_UPDATE, KITH_WAIT);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_asc(Book, id));
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_SKIP_LOCKED);
    const Book *first = kith_first(query, &error);
    assert_done(first, error);
    assert_int_equal(first->id, 2);
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_NOWAIT);
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_BUSY, "*");
}

static void
a_query_that_locks_flushes_first(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set(find(fixture->session, Book, 3), price, 1);
    forget_statements(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_lt(Book, price, 2.0));
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_WAIT);
    assert_int_equal(kith_length(kith_all(query, &error)), 2);
    assert_done(error == NULL, error);
    assert_string_equal(g_ptr_array_index(fixture->statements, 1),
                        "UPDATE books SET price, version");
}

static void
a_query_that_locks_an_outdated_object_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 2);
    run_sql(fixture, "UPDATE books SET title = 'Spear', version = 8 WHERE id = 2");
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_lock_rows(query, KITH_FOR_SHARE, KITH_WAIT);
    assert_null(kith_all(query, &error));
    assert_error_facts(error, .table = "books", .entity = "Book", .key = "2");
    assert_error(error, KITH_ERROR_STALE, "Book 2" LOCKED_STALE);
    assert_string_equal(book->title, "Sword");
    assert_done(kith_refresh(book, &error), error);
    assert_int_equal(kith_length(kith_all(query, &error)), 3);
    assert_string_equal(book->title, "Spear");
}

/* --- objects that are not as they were read ---------------------------------------- */

static void
a_locked_row_with_another_version_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET price = 7.5, version = 6 WHERE id = 1");
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error_facts(error, .table = "books", .entity = "Book", .key = "1");
    assert_error(error, KITH_ERROR_STALE, "Book 1" LOCKED_STALE);
    assert_true(book->price == 1.5);
    assert_int_equal(book->version, 5);
    assert_done(kith_refresh(book, &error), error);
    lock_row(book, KITH_FOR_UPDATE, KITH_WAIT);
    kith_set(book, price, book->price + 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT price, version FROM books WHERE id = 1", "8.5|7");
}

static void
where_there_is_a_version_it_alone_tells(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET price = 7.5 WHERE id = 1");
    lock_row(book, KITH_FOR_UPDATE, KITH_WAIT);
    assert_true(book->price == 1.5);
}

static void
without_a_version_every_column_has_to_be_as_it_was(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    run_sql(fixture, "UPDATE authors SET born = 1966 WHERE id = 1");
    lock_row(bob, KITH_FOR_UPDATE, KITH_WAIT);
    assert_false(kith_lock(ann, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(error, KITH_ERROR_STALE, "Author 1" LOCKED_STALE);
    assert_done(kith_refresh(ann, &error), error);
    lock_row(ann, KITH_FOR_UPDATE, KITH_WAIT);
    assert_int_equal(ann->born.value, 1966);
}

static void
a_locked_row_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "DELETE FROM books WHERE id = 1");
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: the row is not in the table any more");
}

static void
an_object_of_an_earlier_unit_of_work_is_brought_up_to_date(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    commit(fixture->session);
    run_sql(fixture,
            "UPDATE books SET title = 'Ancillary Justice', version = 6 WHERE id = 1");
    lock_row(book, KITH_FOR_UPDATE, KITH_WAIT);
    assert_string_equal(book->title, "Ancillary Justice");
    assert_int_equal(book->version, 6);
    kith_set(book, price, 9);
    commit(fixture->session);
    assert_rows(fixture, "SELECT version FROM books WHERE id = 1", "7");
}

static void
an_edited_object_of_an_earlier_unit_of_work_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Book *sword = find(fixture->session, Book, 2);
    commit(fixture->session);
    run_sql(fixture, "UPDATE books SET title = 'Peace', version = 6 WHERE id = 1");
    kith_set(book, price, 9);
    kith_set(sword, price, 9);
    lock_row(sword, KITH_FOR_UPDATE, KITH_WAIT);
    assert_false(kith_lock(book, KITH_FOR_UPDATE, KITH_WAIT, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1" LOCKED_STALE);
    assert_true(book->price == 9);
    assert_string_equal(book->title, "Justice");
}

static void
an_object_that_this_unit_of_work_wrote_is_not_outdated(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    const Book *added = kith_add(
        fixture->session, Book, .id = 10, .title = "Raven", .author.target = ann);
    kith_set(book, price, 9);
    kith_set(ann, born, 1966);
    flush(fixture->session);
    kith_set(ann, name, "Anne");
    lock_row(ann, KITH_FOR_UPDATE, KITH_WAIT);
    lock_row(book, KITH_FOR_UPDATE, KITH_WAIT);
    lock_row(added, KITH_FOR_UPDATE, KITH_WAIT);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Anne|1966");
}

/* --- versions that are raised ------------------------------------------------------ */

static void
a_touch_raises_the_version_alone(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_touch(book);
    kith_touch(book);
    assert_true(kith_has_changes(fixture->session));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET version", "COMMIT");
    assert_int_equal(book->version, 6);
    assert_rows(
        fixture, "SELECT title, price, version FROM books WHERE id = 1", "Justice|1.5|6");
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_touch_with_a_change_raises_the_version_once(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_touch(book);
    kith_set(book, price, 9);
    commit(fixture->session);
    assert_rows(fixture, "SELECT version FROM books WHERE id = 1", "6");
}

static void
a_touch_of_a_new_object_says_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = kith_add(fixture->session,
                                Book,
                                .id = 10,
                                .title = "Raven",
                                .author.target = find(fixture->session, Author, 1));
    kith_touch(book);
    commit(fixture->session);
    assert_int_equal(book->version, 1);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_touch_makes_others_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    kith_set(find(other, Book, 1), price, 9);
    kith_touch(find(fixture->session, Book, 1));
    commit(fixture->session);
    assert_false(kith_commit(other, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: *");
}

static void
a_touch_of_a_row_that_changed_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET version = 6 WHERE id = 1");
    kith_touch(book);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: *");
    assert_int_equal(book->version, 5);
    kith_rollback(fixture->session);
    assert_false(kith_has_changes(fixture->session));
}

static void
a_touch_is_undone_by_a_rollback(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_touch(book);
    kith_rollback(fixture->session);
    assert_false(kith_has_changes(fixture->session));
    kith_touch(book);
    flush(fixture->session);
    assert_int_equal(book->version, 6);
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_touch(book);
    flush(fixture->session);
    assert_int_equal(book->version, 7);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_int_equal(book->version, 6);
    kith_rollback(fixture->session);
    assert_int_equal(book->version, 5);
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_rows(fixture, "SELECT version FROM books WHERE id = 1", "5");
}

static void
a_touch_that_was_flushed_is_not_lost_with_a_failure(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_touch(book);
    flush(fixture->session);
    const Author *second = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_int_equal(book->version, 5);
    assert_true(kith_has_changes(fixture->session));
    kith_delete(second);
    commit(fixture->session);
    assert_int_equal(book->version, 6);
    assert_rows(fixture, "SELECT version FROM books WHERE id = 1", "6");
}

static void
a_touch_without_a_version_is_a_misuse(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_touch(ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author: kith_touch of an entity without a KITH_VERSION (*)");
    kith_delete(find(fixture->session, Book, 1));
    kith_touch(find(fixture->session, Book, 2));
    commit(fixture->session);
    assert_rows(fixture, "SELECT id, version FROM books ORDER BY id", "2|8", "3|9");
}

static void
a_touch_of_a_deleted_object_is_a_misuse(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_delete(book);
    kith_touch(book);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Book 1: kith_touch: the object is deleted (*)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_lock_opens_a_transaction_and_lasts_as_long),
        ON_A_DATABASE(a_row_that_is_locked_for_update_cannot_be_locked_by_others),
        ON_A_DATABASE(a_row_that_is_locked_for_share_can_be_shared),
        ON_A_DATABASE(a_row_that_is_not_free_is_busy_for_who_does_not_wait),
        ON_A_DATABASE(a_lock_that_was_not_got_loses_no_change),
        ON_A_DATABASE(on_sqlite_a_lock_keeps_others_from_writing),
        ON_A_DATABASE(only_an_object_with_a_row_can_be_locked),
        ON_A_DATABASE(one_row_cannot_be_skipped),
        ON_A_DATABASE(a_query_locks_what_it_reads),
        ON_A_DATABASE(a_query_leaves_out_what_others_have_locked),
        ON_A_DATABASE(a_query_that_locks_flushes_first),
        ON_A_DATABASE(a_query_that_locks_an_outdated_object_is_stale),
        ON_A_DATABASE(a_locked_row_with_another_version_is_stale),
        ON_A_DATABASE(where_there_is_a_version_it_alone_tells),
        ON_A_DATABASE(without_a_version_every_column_has_to_be_as_it_was),
        ON_A_DATABASE(a_locked_row_that_is_gone_is_stale),
        ON_A_DATABASE(an_object_of_an_earlier_unit_of_work_is_brought_up_to_date),
        ON_A_DATABASE(an_edited_object_of_an_earlier_unit_of_work_is_stale),
        ON_A_DATABASE(an_object_that_this_unit_of_work_wrote_is_not_outdated),
        ON_A_DATABASE(a_touch_raises_the_version_alone),
        ON_A_DATABASE(a_touch_with_a_change_raises_the_version_once),
        ON_A_DATABASE(a_touch_of_a_new_object_says_nothing),
        ON_A_DATABASE(a_touch_makes_others_stale),
        ON_A_DATABASE(a_touch_of_a_row_that_changed_is_stale),
        ON_A_DATABASE(a_touch_is_undone_by_a_rollback),
        ON_A_DATABASE(a_touch_that_was_flushed_is_not_lost_with_a_failure),
        ON_A_DATABASE(a_touch_without_a_version_is_a_misuse),
        ON_A_DATABASE(a_touch_of_a_deleted_object_is_a_misuse),
    };
    return run_on_each_database("locks", tests);
}

/*
 * test-versions.c - rows that somebody else changed or deleted meanwhile: found by the
 * version where there is one, by the row count where there is none, before anything is
 * committed.
 */
#include "fixture.h"

/* Ann (1), and her books Justice (1) and Sword (2), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'Justice', 1.5, 5, 1), (2, 'Sword', 2.5, 7, 1)");
}

#define BOOK_STALE                                                                     \
    "Book 1: the row was changed or deleted by somebody else since it was read; roll " \
    "back, read it again, and do it once more"

static void
a_version_starts_at_one_and_rises_with_every_update(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    assert_int_equal(book->version, 0);
    commit(fixture->session);
    assert_int_equal(book->version, 1);
    for (int i = 2; i < 5; i++) {
        kith_set(book, price, i);
        commit(fixture->session);
        assert_int_equal(book->version, i);
    }
    assert_rows(fixture, "SELECT version FROM books", "4");
}

static void
a_version_that_is_given_is_taken(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Book, .title = "J", .version = 40, .author.target = ann);
    commit(fixture->session);
    assert_rows(fixture, "SELECT version FROM books", "40");
}

static void
an_update_of_a_row_that_was_changed_meanwhile_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *ann = find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE books SET title = 'Mercy', version = 6 WHERE id = 1");
    kith_set(book, price, 9);
    kith_set(ann, born, 1966);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error, .table = "books", .entity = "Book", .key = "1");
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET born",
                      "UPDATE books SET price, version",
                      "ROLLBACK");
    assert_rows(fixture, "SELECT title, version FROM books WHERE id = 1", "Mercy|6");
    assert_rows(fixture, "SELECT born FROM authors", "NULL");
    assert_int_equal(book->version, 5);
    assert_true(book->price == 9);
}

static void
after_a_stale_error_the_work_is_done_once_more(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET price = 3.5, version = 6 WHERE id = 1");
    kith_set(book, price, book->price + 1);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    kith_rollback(fixture->session);
    assert_true(book->price == 1.5);
    assert_done(kith_refresh(book, &error), error);
    kith_set(book, price, book->price + 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT price, version FROM books WHERE id = 1", "4.5|7");
}

static void
a_delete_of_a_row_that_was_changed_meanwhile_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET version = 6 WHERE id = 1");
    kith_delete(book);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    assert_int_equal(kith_state(book), KITH_DELETED);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(book), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT id FROM books ORDER BY id", "1", "2");
}

static void
an_update_of_a_row_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "DELETE FROM books WHERE id = 1");
    kith_set(book, price, 9);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    kith_delete(book);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
}

static void
without_a_version_an_update_of_a_row_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO members (login, name) VALUES ('ann', 'Ann'), ('bob', 'Bob')");
    const Member *ann = find(fixture->session, Member, "ann");
    const Member *bob = find(fixture->session, Member, "bob");
    run_sql(fixture, "DELETE FROM members WHERE login = 'ann'");
    kith_set(ann, name, "Anne");
    kith_set(bob, name, "Bo");
    assert_false(kith_commit(fixture->session, &error));
    assert_error_facts(error, .table = "members", .entity = "Member", .key = "'ann'");
    assert_error(
        error, KITH_ERROR_STALE, "Member 'ann': the row was changed or deleted *");
    assert_rows(fixture, "SELECT name FROM members", "Bob");
}

static void
without_a_version_a_delete_of_a_row_that_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cora')");
    for (int i = 1; i <= 3; i++)
        kith_delete(find(fixture->session, Author, i));
    run_sql(fixture, "DELETE FROM authors WHERE id = 2");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Author 2: the row was changed or deleted *");
    assert_rows(fixture, "SELECT id FROM authors ORDER BY id", "1", "3");
}

static void
without_a_version_the_last_writer_wins(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE authors SET name = 'Anne', born = 1 WHERE id = 1");
    kith_set(ann, born, 2);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors", "Anne|2");
}

static void
several_stale_rows_are_counted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    for (int id = 3; id <= 6; id++)
        kith_add(fixture->session,
                 Book,
                 .id = id,
                 .title = "title",
                 .author.target = find(fixture->session, Author, 1));
    commit(fixture->session);
    for (int id = 6; id > 0; id--)
        kith_set(find(fixture->session, Book, id), price, 9);
    run_sql(fixture, "DELETE FROM books WHERE id IN (2, 5)");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_STALE,
        "Book 2: the row was changed or deleted by somebody else since it was read, and "
        "1 more rows of this flush; roll back, read it again, and do it once more");
}

static void
a_stale_row_after_a_savepoint_keeps_the_work_before_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET version = 6 WHERE id = 1");
    kith_set(find(fixture->session, Author, 1), born, 1966);
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_set(book, price, 9);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors", "1966");
}

static void
two_sessions_that_change_one_book_do_not_lose_a_change(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    const Book *mine = find(fixture->session, Book, 1);
    const Book *theirs = find(other, Book, 1);
    kith_set(theirs, title, "Mercy");
    commit(other);
    kith_set(mine, price, 9);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, BOOK_STALE);
    assert_rows(
        fixture, "SELECT title, price, version FROM books WHERE id = 1", "Mercy|1.5|6");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_version_starts_at_one_and_rises_with_every_update),
        ON_A_DATABASE(a_version_that_is_given_is_taken),
        ON_A_DATABASE(an_update_of_a_row_that_was_changed_meanwhile_is_stale),
        ON_A_DATABASE(after_a_stale_error_the_work_is_done_once_more),
        ON_A_DATABASE(a_delete_of_a_row_that_was_changed_meanwhile_is_stale),
        ON_A_DATABASE(an_update_of_a_row_that_is_gone_is_stale),
        ON_A_DATABASE(without_a_version_an_update_of_a_row_that_is_gone_is_stale),
        ON_A_DATABASE(without_a_version_a_delete_of_a_row_that_is_gone_is_stale),
        ON_A_DATABASE(without_a_version_the_last_writer_wins),
        ON_A_DATABASE(several_stale_rows_are_counted),
        ON_A_DATABASE(a_stale_row_after_a_savepoint_keeps_the_work_before_it),
        ON_A_DATABASE(two_sessions_that_change_one_book_do_not_lose_a_change),
    };
    return run_on_each_database("versions", tests);
}

/*
 * test-refresh.c - the row of an object read again: alone, with what it is related to,
 * and when it may not be.
 */
#include "fixture.h"

static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id, translator_id) VALUES "
        "(1, 'Justice', 9.5, 1, 1, 2), (2, 'Sword', 9.5, 1, 1, NULL), "
        "(3, 'Dawn', 3.0, 1, 2, NULL)");
}

static void
a_refreshed_object_keeps_its_siblings(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    assert_done(kith_refresh(books[0], &error), error);
    forget_statements(fixture);
    kith_each (book, books)
        assert_done(kith_ref(book, author, &error), error);
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
what_was_refreshed_is_not_written(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = kith_edit(find(fixture->session, Book, 1));
    run_sql(fixture, "UPDATE books SET price = 1.0, version = 2 WHERE id = 1");
    assert_done(kith_refresh(book, &error), error);
    assert_true(book->price == 1.0);
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_refresh_with_relations_reads_them_by_a_statement_each(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *const *books = kith_many(ann, books, &error);
    assert_int_equal(kith_length(books), 2);
    const Book *justice = books[0];
    run_sql(fixture, "UPDATE authors SET name = 'Anna' WHERE id = 1");
    run_sql(fixture, "UPDATE books SET price = 1.0, version = 2 WHERE author_id = 1");
    run_sql(fixture, "UPDATE books SET author_id = 1, version = 2 WHERE id = 3");
    forget_statements(fixture);
    assert_done(kith_refresh_related(ann, &error), error);
    assert_statements(fixture,
                      "SELECT authors WHERE id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
    assert_string_equal(ann->name, "Anna");
    assert_true(justice->price == 1.0);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 3);
    assert_no_statements(fixture);
}

static void
a_refresh_with_relations_reads_what_is_referred_to(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *ann = kith_ref(book, author, &error);
    const Author *bob = kith_ref(book, translator, &error);
    run_sql(fixture, "UPDATE authors SET name = 'Anna' WHERE id = 1");
    run_sql(fixture, "UPDATE authors SET name = 'Bobby' WHERE id = 2");
    assert_done(kith_refresh_related(book, &error), error);
    assert_string_equal(ann->name, "Anna");
    assert_string_equal(bob->name, "Bobby");
}

static void
relations_that_are_not_loaded_are_not_refreshed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    assert_done(kith_refresh_related(book, &error), error);
    assert_statements(fixture, "SELECT books WHERE id");
}

static void
changes_of_related_objects_outlive_a_refresh(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const KithOptions options = { .no_autoflush = true };
    KithEngine *engine = open_engine(fixture, &options);
    g_autoptr(KithSession) session = kith_session_new(engine);
    const Author *ann = find(session, Author, 1);
    const Book *const *books = kith_many(ann, books, &error);
    const Book *justice = books[0];
    kith_set(justice, title, "Mercy");
    run_sql(fixture, "UPDATE books SET price = 1.0 WHERE id = 1");
    assert_done(kith_refresh_related(ann, &error), error);
    assert_string_equal(justice->title, "Mercy");
    assert_true(justice->price == 1.0);
    commit(session);
    assert_rows(fixture, "SELECT title FROM books WHERE id = 1", "Mercy");
}

static void
a_refresh_names_the_changes_that_forbid_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *bob = find(fixture->session, Author, 2);
    kith_set(bob, id, 7);
    kith_set(bob, name, "Bobby");
    assert_false(kith_refresh(bob, &error));
    assert_error_facts(error, .entity = "Author", .key = "2");
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Author 2: it has changes (id, name), which a refresh would lose; commit "
        "or roll back first");
    assert_false(kith_refresh_related(bob, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author 2: it has changes (id, name)*");
    assert_int_equal(bob->id, 7);
}

static void
an_object_without_a_row_cannot_be_refreshed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = kith_add(fixture->session, Author, .name = "New");
    assert_false(kith_refresh(ann, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author*: only an object that has a row can be refreshed");
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_false(kith_refresh_related(ann, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author*: only an object that has a row can be refreshed");
}

static void
a_refresh_of_a_row_that_is_gone_is_stale_and_changes_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 3);
    run_sql(fixture, "DELETE FROM books WHERE id = 3");
    assert_false(kith_refresh(book, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 3: the row is not in the table any more");
    assert_string_equal(book->title, "Dawn");
    assert_false(kith_refresh_related(book, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 3: the row is not in the table any more");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_refreshed_object_keeps_its_siblings),
        ON_A_DATABASE(what_was_refreshed_is_not_written),
        ON_A_DATABASE(a_refresh_with_relations_reads_them_by_a_statement_each),
        ON_A_DATABASE(a_refresh_with_relations_reads_what_is_referred_to),
        ON_A_DATABASE(relations_that_are_not_loaded_are_not_refreshed),
        ON_A_DATABASE(changes_of_related_objects_outlive_a_refresh),
        ON_A_DATABASE(a_refresh_names_the_changes_that_forbid_it),
        ON_A_DATABASE(an_object_without_a_row_cannot_be_refreshed),
        ON_A_DATABASE(a_refresh_of_a_row_that_is_gone_is_stale_and_changes_nothing),
    };
    return run_on_each_database("refresh", tests);
}

/*
 * test-expire.c - objects, members and sessions that are expired: what reads them again,
 * what is kept, what is written.
 */
#include "fixture.h"

static void
fill(Fixture *fixture)
{
    run_sql(
        fixture,
        "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 1966), (2, 'Bob', NULL)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 1, 1), (2, 'Sword', 9.5, 1, 1), (3, 'Dawn', 3.0, 1, 2)");
}

static void
rename_ann(Fixture *fixture)
{
    run_sql(fixture, "UPDATE authors SET name = 'Anna', born = 1967 WHERE id = 1");
}

/* --- objects ----------------------------------------------------------------------- */

static void
an_expired_object_is_read_again_by_the_next_get(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    rename_ann(fixture);
    kith_expire(ann);
    forget_statements(fixture);
    assert_string_equal(ann->name, "Ann"); /* reading a member does no I/O */
    assert_no_statements(fixture);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_string_equal(ann->name, "Anna");
    assert_int_equal(ann->born.value, 1967);
    assert_statements(fixture, "SELECT authors WHERE id");
    (void) find(fixture->session, Author, 1);
    assert_no_statements(fixture);
}

static void
a_query_that_finds_an_expired_object_fills_it_in(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    rename_ann(fixture);
    kith_expire(ann);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_done(kith_all(query, &error), error);
    assert_string_equal(ann->name, "Anna");
    forget_statements(fixture);
    (void) find(fixture->session, Author, 1);
    assert_no_statements(fixture);
}

static void
a_reference_to_an_expired_object_reads_it_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    assert_ptr_equal(kith_ref(book, author, &error), ann);
    rename_ann(fixture);
    kith_expire(ann);
    forget_statements(fixture);
    assert_ptr_equal(kith_ref(book, author, &error), ann);
    assert_string_equal(ann->name, "Anna");
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
the_reference_of_an_expired_object_is_that_of_its_row(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
    run_sql(fixture, "UPDATE books SET author_id = 2 WHERE id = 1");
    kith_expire(book);
    forget_statements(fixture);
    assert_string_equal(kith_ref(book, author, &error)->name, "Bob");
    assert_statements(fixture,
                      "SELECT books WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
siblings_that_are_expired_are_read_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    run_sql(fixture, "UPDATE books SET price = 1.0");
    kith_each (book, books)
        kith_expire(book);
    forget_statements(fixture);
    kith_each (book, books)
        assert_done(kith_ref(book, author, &error), error);
    kith_each (book, books)
        assert_true(book->price == 1.0);
    assert_statements(fixture, "SELECT books WHERE id IN (?) ORDER BY id");
}

static void
the_collections_of_an_expired_object_are_read_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 2);
    run_sql(fixture, "UPDATE books SET author_id = 1 WHERE id = 3");
    kith_expire(ann);
    forget_statements(fixture);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 3);
    assert_statements(fixture,
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
an_expired_object_whose_row_is_gone_is_not_found_and_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_expire(book);
    run_sql(fixture, "DELETE FROM books WHERE id = 1");
    assert_gone(fixture->session, Book, 1);
    assert_null(kith_ref(book, author, &error));
    assert_error_facts(error, .table = "books", .entity = "Book", .key = "1");
    assert_error(error, KITH_ERROR_STALE, "Book 1: the row is not in the table any more");
    assert_string_equal(book->title, "Justice");
}

static void
an_object_without_a_row_cannot_be_expired(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_expire(ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Author: kith_expire: only an object that has a row can be read again (*)");
    assert_no_statements(fixture);
    commit(fixture->session);
    kith_delete(ann);
    kith_expire_member(ann, name);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author: kith_expire_member: only an object that has a row can be read "
                 "again (*)");
    commit(fixture->session);
}

/* --- with changes ------------------------------------------------------------------ */

static void
what_is_changed_of_an_expired_object_is_kept_and_the_rest_is_read(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "Mine");
    rename_ann(fixture);
    kith_expire(ann);
    assert_ptr_equal(kith_get(fixture->session, Author, 1, &error), ann);
    assert_string_equal(ann->name, "Mine");
    assert_int_equal(ann->born.value, 1967);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 1", "Mine|1967");
}

static void
what_was_read_again_is_not_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    Author *editable = kith_edit(ann);
    rename_ann(fixture);
    kith_expire(ann);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_string_equal(editable->name, "Anna");
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_rollback_after_a_read_keeps_what_was_read(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_set(ann, name, "Mine");
    rename_ann(fixture);
    kith_expire(ann);
    (void) find(fixture->session, Author, 1);
    kith_rollback(fixture->session);
    assert_int_equal(ann->born.value, 1967);
    kith_expire(ann);
    (void) find(fixture->session, Author, 1);
    assert_string_equal(ann->name, "Anna");
}

static void
a_version_that_is_read_again_lets_the_change_be_written(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET version = 2, price = 1.0 WHERE id = 1");
    kith_set(book, title, "Mercy");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: *");
    kith_expire(book);
    (void) find(fixture->session, Book, 1);
    assert_true(book->price == 1.0);
    commit(fixture->session);
    assert_rows(fixture, "SELECT title, version FROM books WHERE id = 1", "Mercy|3");
}

/* --- members ----------------------------------------------------------------------- */

static void
an_expired_column_is_read_again_and_others_stay(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    rename_ann(fixture);
    kith_expire_member(ann, name);
    forget_statements(fixture);
    (void) find(fixture->session, Author, 1);
    assert_statements(fixture, "SELECT authors WHERE id");
    assert_string_equal(ann->name, "Anna");
    assert_int_equal(ann->born.value, 1966); /* as this unit of work has read it */
    (void) find(fixture->session, Author, 1);
    assert_no_statements(fixture);
}

static void
an_expired_column_that_is_set_needs_no_select(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_expire_member(ann, name);
    forget_statements(fixture);
    kith_set(ann, name, "Mine");
    (void) find(fixture->session, Author, 1);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    (void) find(fixture->session, Author, 1);
    assert_no_statements(fixture);
}

static void
an_expired_column_that_is_set_to_its_old_value_is_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    rename_ann(fixture);
    kith_expire_member(ann, name);
    kith_set(ann, name, "Ann");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET name", "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Ann");
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
what_was_set_unknown_is_unknown_again_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    rename_ann(fixture);
    kith_expire_member(ann, name);
    kith_set(ann, name, "Ann");
    kith_rollback(fixture->session);
    (void) find(fixture->session, Author, 1);
    assert_string_equal(ann->name, "Anna");

    kith_expire_member(ann, name);
    kith_set(ann, name, "Anna");
    flush(fixture->session);
    kith_rollback(fixture->session);
    run_sql(fixture, "UPDATE authors SET name = 'Annie' WHERE id = 1");
    (void) find(fixture->session, Author, 1);
    assert_string_equal(ann->name, "Annie");
}

static void
what_was_set_unknown_is_written_again_after_a_failure(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    rename_ann(fixture);
    kith_expire_member(ann, born);
    kith_set(ann, born, 1966);
    flush(fixture->session);
    kith_set(bob, name, "Anna"); /* is taken */
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author 2: *");
    kith_set(bob, name, "Bert");
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors ORDER BY id", "1966", "NULL");
}

static void
an_expired_reference_is_read_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
    run_sql(fixture, "UPDATE books SET author_id = 2, price = 1.0 WHERE id = 1");
    kith_expire_member(book, author);
    assert_string_equal(kith_ref(book, author, &error)->name, "Bob");
    assert_true(book->price == 9.5);
}

static void
an_expired_reference_that_is_set_needs_no_select(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *ann = find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE books SET author_id = 2 WHERE id = 1");
    kith_expire_member(book, author);
    kith_set(book, author, ann); /* which it had before */
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE books SET version, author_id", "COMMIT");
    assert_rows(fixture, "SELECT author_id FROM books WHERE id = 1", "1");
}

static void
an_expired_collection_is_read_again_and_its_owner_is_not(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 2);
    run_sql(fixture, "UPDATE books SET author_id = 1 WHERE id = 3");
    kith_expire_member(ann, books);
    forget_statements(fixture);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 3);
    assert_statements(fixture, "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
the_key_cannot_be_expired(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_expire_member(find(fixture->session, Author, 1), id);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author: kith_expire_member of a member that is the key (*)");
}

/* --- all --------------------------------------------------------------------------- */

static void
a_session_that_is_expired_reads_everything_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author, books);
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    run_sql(fixture, "UPDATE books SET price = 1.0");
    rename_ann(fixture);
    kith_expire_all(fixture->session);
    forget_statements(fixture);
    const Author *ann = kith_ref(books[0], author, &error);
    assert_string_equal(ann->name, "Anna");
    assert_true(books[0]->price == 1.0 && books[2]->price == 1.0);
    assert_statements(fixture,
                      "SELECT books WHERE id IN (?) ORDER BY id",
                      "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
changes_outlive_that_a_session_is_expired(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *cora = kith_add(fixture->session, Author, .id = 9, .name = "Cora");
    kith_set(ann, name, "Mine");
    rename_ann(fixture);
    kith_expire_all(fixture->session);
    (void) find(fixture->session, Author, 1);
    assert_string_equal(ann->name, "Mine");
    assert_int_equal(ann->born.value, 1967);
    assert_int_equal(kith_state(cora), KITH_PENDING);
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT id, name FROM authors ORDER BY id", "1|Mine", "2|Bob", "9|Cora");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(an_expired_object_is_read_again_by_the_next_get),
        ON_A_DATABASE(a_query_that_finds_an_expired_object_fills_it_in),
        ON_A_DATABASE(a_reference_to_an_expired_object_reads_it_again),
        ON_A_DATABASE(the_reference_of_an_expired_object_is_that_of_its_row),
        ON_A_DATABASE(siblings_that_are_expired_are_read_by_one_statement),
        ON_A_DATABASE(the_collections_of_an_expired_object_are_read_again),
        ON_A_DATABASE(an_expired_object_whose_row_is_gone_is_not_found_and_is_stale),
        ON_A_DATABASE(an_object_without_a_row_cannot_be_expired),
        ON_A_DATABASE(what_is_changed_of_an_expired_object_is_kept_and_the_rest_is_read),
        ON_A_DATABASE(what_was_read_again_is_not_written),
        ON_A_DATABASE(a_rollback_after_a_read_keeps_what_was_read),
        ON_A_DATABASE(a_version_that_is_read_again_lets_the_change_be_written),
        ON_A_DATABASE(an_expired_column_is_read_again_and_others_stay),
        ON_A_DATABASE(an_expired_column_that_is_set_needs_no_select),
        ON_A_DATABASE(an_expired_column_that_is_set_to_its_old_value_is_written),
        ON_A_DATABASE(what_was_set_unknown_is_unknown_again_after_a_rollback),
        ON_A_DATABASE(what_was_set_unknown_is_written_again_after_a_failure),
        ON_A_DATABASE(an_expired_reference_is_read_again),
        ON_A_DATABASE(an_expired_reference_that_is_set_needs_no_select),
        ON_A_DATABASE(an_expired_collection_is_read_again_and_its_owner_is_not),
        ON_A_DATABASE(the_key_cannot_be_expired),
        ON_A_DATABASE(a_session_that_is_expired_reads_everything_again),
        ON_A_DATABASE(changes_outlive_that_a_session_is_expired),
    };
    return run_on_each_database("expire", tests);
}

/*
 * test-relations.c - references and collections: loaded when needed, for all siblings by
 * one statement, and kept in step with each other in memory.
 */
#include "fixture.h"

/* Three authors and five books, two of them by Bob; put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cora')");
    run_sql(
        fixture,
        "INSERT INTO books (id, title, price, version, author_id, translator_id) VALUES "
        "(1, 'Justice', 9.5, 1, 1, NULL), (2, 'Sword', 9.5, 1, 1, 3), "
        "(3, 'Mercy', 12.25, 1, 1, 2), (4, 'Dawn', 3.0, 1, 2, NULL), "
        "(5, 'Kindred', 7.0, 1, 2, 3)");
}

/* All books by key, so that they came with one query; they live as long as the query. */
static const Book *const *
all_books(BookQuery *query)
{
    g_autoptr(GError) error = NULL;
    kith_order_by(query, kith_asc(Book, id));
    const Book *const *books = kith_all(query, &error);
    assert_done(books, error);
    return books;
}

static const Author *
author_of(const Book *book)
{
    g_autoptr(GError) error = NULL;
    const Author *author = kith_ref(book, author, &error);
    assert_done(error == NULL, error);
    return author;
}

/* The titles of the books of an author: "Justice, Sword". (transfer full) */
static char *
titles_of(const Author *author)
{
    g_autoptr(GError) error = NULL;
    const Book *const *books = kith_many(author, books, &error);
    assert_done(books, error);
    GString *text = g_string_new(NULL);
    kith_each (book, books)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", book->title);
    return g_string_free(text, FALSE);
}

#define assert_titles(author, expected)               \
    do {                                              \
        g_autofree char *titles_ = titles_of(author); \
        assert_string_equal(titles_, (expected));     \
    } while (0)

/* --- references -------------------------------------------------------------------- */

static void
a_reference_is_loaded_when_it_is_asked_for(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_null(book->author.target);
    forget_statements(fixture);
    const Author *ann = author_of(book);
    assert_string_equal(ann->name, "Ann");
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
    assert_ptr_equal(book->author.target, ann);
    assert_ptr_equal(author_of(book), ann);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_no_statements(fixture);
}

static void
a_reference_to_a_loaded_object_needs_no_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    assert_ptr_equal(author_of(book), ann);
    assert_no_statements(fixture);
}

static void
a_null_reference_is_null_without_a_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    assert_null(kith_ref(book, translator, &error));
    assert_null(error);
    assert_no_statements(fixture);
}

static void
references_of_siblings_are_loaded_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    const Book *const *books = all_books(query);
    forget_statements(fixture);
    static const char *const names[] = { "Ann", "Ann", "Ann", "Bob", "Bob" };
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(author_of(books[i])->name, names[i]);
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
    assert_ptr_equal(author_of(books[0]), author_of(books[2]));
}

static void
objects_of_another_query_are_no_siblings(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *justice = find(fixture->session, Book, 1);
    const Book *dawn = find(fixture->session, Book, 4);
    author_of(justice);
    assert_null(dawn->author.target);
}

static void
another_reference_of_the_siblings_is_loaded_by_a_statement_of_its_own(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    const Book *const *books = all_books(query);
    author_of(books[0]);
    forget_statements(fixture);
    /* Cora is the only one who is not loaded. */
    assert_string_equal(kith_ref(books[1], translator, &error)->name, "Cora");
    assert_string_equal(kith_ref(books[2], translator, &error)->name, "Bob");
    assert_null(kith_ref(books[3], translator, &error));
    assert_string_equal(kith_ref(books[4], translator, &error)->name, "Cora");
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
}

static void
references_by_text_and_to_itself_are_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    run_sql(fixture, "INSERT INTO members (login, name) VALUES ('ann', 'Ann')");
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (1, 'all', NULL)");
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (2, 'some', 1)");
    kith_add(fixture->session,
             Review,
             .text = "good",
             .book.target = find(fixture->session, Book, 1),
             .member.target = find(fixture->session, Member, "ann"));
    commit(fixture->session);
    g_autoptr(ReviewQuery) query = kith_query(new_session(fixture), Review);
    const Review *review = kith_first(query, &error);
    assert_string_equal(kith_ref(review, member, &error)->name, "Ann");
    assert_string_equal(kith_ref(review, book, &error)->title, "Justice");
    const Category *some = find(fixture->session, Category, 2);
    const Category *all = kith_ref(some, parent, &error);
    assert_string_equal(all->name, "all");
    assert_null(kith_ref(all, parent, &error));
    assert_null(error);
}

static void
the_reference_of_a_pending_object_is_its_target(void **state)
{
    Fixture *fixture = *state;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Book *book =
        kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    assert_ptr_equal(author_of(book), ann);
    commit(fixture->session);
    assert_ptr_equal(author_of(book), ann);
}

static void
a_reference_whose_row_is_gone_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 3);
    run_sql(fixture, "UPDATE books SET translator_id = NULL");
    run_sql(fixture, "DELETE FROM books WHERE author_id = 2");
    run_sql(fixture, "DELETE FROM authors WHERE id = 2");
    assert_null(kith_ref(book, translator, &error));
    assert_error(error,
                 KITH_ERROR_STALE,
                 "Book 3: its translator is not in the table of Author; refresh it");
    assert_done(kith_refresh(book, &error), error);
    assert_null(kith_ref(book, translator, &error));
    assert_null(error);
}

static void
two_thousand_references_are_loaded_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    for (int i = 1; i <= 2000; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = name, .author.target = author);
    }
    commit(fixture->session);
    g_autoptr(BookQuery) query = kith_query(new_session(fixture), Book);
    const Book *const *books = all_books(query);
    forget_statements(fixture);
    kith_each (book, books)
        assert_string_equal(author_of(book)->name, book->title);
    assert_statements(fixture, "SELECT authors WHERE id IN (?) ORDER BY id");
}

/* --- collections ------------------------------------------------------------------- */

static void
a_collection_is_loaded_when_it_is_asked_for(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    forget_statements(fixture);
    assert_titles(ann, "Justice, Sword, Mercy");
    assert_statements(fixture, "SELECT books WHERE author_id IN (?) ORDER BY id");
    assert_titles(ann, "Justice, Sword, Mercy");
    assert_no_statements(fixture);
    assert_ptr_equal(find(fixture->session, Book, 1)->author.target, ann);
}

static void
an_empty_collection_is_an_empty_array(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *cora = find(fixture->session, Author, 3);
    assert_titles(cora, "");
    forget_statements(fixture);
    assert_titles(cora, "");
    assert_no_statements(fixture);
}

static void
collections_of_siblings_are_loaded_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    kith_order_by(query, kith_asc(Author, id));
    const Author *const *authors = kith_all(query, &error);
    assert_done(authors, error);
    forget_statements(fixture);
    assert_titles(authors[2], "");
    assert_titles(authors[1], "Dawn, Kindred");
    assert_titles(authors[0], "Justice, Sword, Mercy");
    assert_statements(fixture, "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
two_thousand_collections_are_loaded_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 2000; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        for (int j = 0; j < i % 3; j++)
            kith_add(fixture->session, Book, .title = name, .author.target = author);
    }
    commit(fixture->session);
    g_autoptr(AuthorQuery) query = kith_query(new_session(fixture), Author);
    kith_order_by(query, kith_asc(Author, id));
    size_t i = 0;
    forget_statements(fixture);
    kith_each (author, kith_all(query, &error))
        assert_int_equal(kith_length(kith_many(author, books, &error)), i++ % 3);
    assert_int_equal(i, 2000);
    assert_statements(fixture,
                      "SELECT authors ORDER BY id",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
a_collection_of_the_same_entity_is_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (1, 'all', NULL)");
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (2, 'left', 1), (3, "
            "'right', 1)");
    const Category *all = find(fixture->session, Category, 1);
    const Category *const *children = kith_many(all, children, &error);
    assert_done(children, error);
    assert_int_equal(kith_length(children), 2);
    assert_string_equal(children[0]->name, "left");
    assert_ptr_equal(children[1]->parent.target, all);
    assert_int_equal(kith_length(kith_many(children[0], children, &error)), 0);
}

/* --- collections in step ----------------------------------------------------------- */

static void
a_loaded_collection_follows_what_is_added_and_deleted(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_titles(ann, "Justice, Sword, Mercy");
    forget_statements(fixture);
    const Book *new =
        kith_add(fixture->session, Book, .id = 9, .title = "Raven", .author.target = ann);
    assert_titles(ann, "Justice, Sword, Mercy, Raven");
    kith_delete(find(fixture->session, Book, 2));
    assert_titles(ann, "Justice, Mercy, Raven");
    kith_delete(new);
    assert_titles(ann, "Justice, Mercy");
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_titles(ann, "Justice, Mercy");
}

static void
a_loaded_collection_follows_a_reference_that_moves(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    assert_titles(ann, "Justice, Sword, Mercy");
    assert_titles(bob, "Dawn, Kindred");
    forget_statements(fixture);
    kith_set(find(fixture->session, Book, 2), author, bob);
    assert_titles(ann, "Justice, Mercy");
    assert_titles(bob, "Dawn, Kindred, Sword");
    kith_set(find(fixture->session, Book, 2), author, ann);
    assert_titles(bob, "Dawn, Kindred");
    assert_no_statements(fixture);
    assert_false(kith_has_changes(fixture->session));
    kith_set(find(fixture->session, Book, 1), author, bob);
    commit(fixture->session);
    assert_titles(ann, "Sword, Mercy");
    assert_titles(bob, "Justice, Dawn, Kindred");
}

static void
another_reference_to_the_same_entity_does_not_touch_the_collection(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    assert_titles(ann, "Justice, Sword, Mercy");
    assert_titles(bob, "Dawn, Kindred");
    kith_set(find(fixture->session, Book, 1), translator, bob);
    kith_set(find(fixture->session, Book, 4), translator, ann);
    assert_titles(ann, "Justice, Sword, Mercy");
    assert_titles(bob, "Dawn, Kindred");
}

static void
a_collection_knows_of_changes_that_were_made_before_it_was_loaded(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    kith_set(find(fixture->session, Book, 1), author, bob);
    kith_delete(find(fixture->session, Book, 2));
    kith_add(fixture->session, Book, .id = 9, .title = "Raven", .author.target = ann);
    assert_titles(ann, "Mercy, Raven");
    assert_titles(bob, "Justice, Dawn, Kindred");
}

static void
the_collection_of_a_pending_object_is_what_was_added_to_it(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *dora = kith_add(fixture->session, Author, .id = 4, .name = "Dora");
    assert_titles(dora, "");
    kith_add(fixture->session, Book, .id = 8, .title = "Raven", .author.target = dora);
    assert_titles(dora, "Raven");
    kith_set(find(fixture->session, Book, 1), author, dora);
    assert_titles(dora, "Raven, Justice");
    commit(fixture->session);
    assert_titles(dora, "Justice, Raven");
}

static void
an_array_that_is_walked_stays_while_objects_are_deleted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    unsigned n_walked = 0;
    kith_each (book, kith_many(ann, books, &error)) {
        n_walked++;
        if (book->id == 2)
            kith_delete(book);
        else
            kith_set(book, author, bob);
        assert_non_null(kith_many(ann, books, &error));
    }
    assert_int_equal(n_walked, 3);
    assert_titles(ann, "");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT id FROM books WHERE author_id = 2 ORDER BY id",
                "1",
                "3",
                "4",
                "5");
}

static void
after_a_rollback_a_collection_is_as_it_was(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Author *bob = find(fixture->session, Author, 2);
    assert_titles(ann, "Justice, Sword, Mercy");
    for (int flushes = 0; flushes < 2; flushes++) {
        kith_add(fixture->session, Book, .id = 9, .title = "Raven", .author.target = ann);
        kith_set(find(fixture->session, Book, 1), author, bob);
        kith_delete(find(fixture->session, Book, 2));
        assert_titles(ann, "Mercy, Raven");
        if (flushes == 1)
            flush(fixture->session);
        kith_rollback(fixture->session);
        assert_titles(ann, "Justice, Sword, Mercy");
        assert_titles(bob, "Dawn, Kindred");
    }
}

static void
after_a_rollback_to_a_savepoint_a_collection_is_as_it_was_then(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    kith_delete(find(fixture->session, Book, 1));
    assert_done(kith_savepoint(fixture->session, &error), error);
    assert_titles(ann, "Sword, Mercy");
    kith_delete(find(fixture->session, Book, 2));
    flush(fixture->session);
    assert_titles(ann, "Mercy");
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_titles(ann, "Sword, Mercy");
}

static void
in_the_next_unit_of_work_a_collection_is_read_again(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_titles(ann, "Justice, Sword, Mercy");
    run_sql(fixture, "DELETE FROM books WHERE id = 2");
    assert_titles(ann, "Justice, Sword, Mercy");
    commit(fixture->session);
    assert_titles(ann, "Justice, Mercy");
    run_sql(fixture, "UPDATE books SET author_id = 2 WHERE id = 1");
    commit(fixture->session);
    assert_titles(ann, "Mercy");
}

static void
a_failing_automatic_flush_before_a_collection_says_so(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *bad = kith_add(fixture->session, Book, .author.target = ann);
    assert_null(kith_many(ann, books, &error));
    assert_error(
        error,
        KITH_ERROR_NOT_NULL,
        "in the automatic flush before a query of Book: Book (new): title is NULL*");
    kith_delete(bad);
    assert_titles(ann, "Justice, Sword, Mercy");
}

static void
relations_of_deleted_rows_are_gone(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *cora = find(fixture->session, Author, 3);
    const Book *sword = find(fixture->session, Book, 2);
    const Book *kindred = find(fixture->session, Book, 5);
    kith_set_null(sword, translator);
    kith_set_null(kindred, translator);
    kith_delete(cora);
    commit(fixture->session);
    assert_null(kith_ref(sword, translator, &error));
    assert_null(error);
    assert_rows(fixture, "SELECT id FROM authors ORDER BY id", "1", "2");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_reference_is_loaded_when_it_is_asked_for),
        ON_A_DATABASE(a_reference_to_a_loaded_object_needs_no_statement),
        ON_A_DATABASE(a_null_reference_is_null_without_a_statement),
        ON_A_DATABASE(references_of_siblings_are_loaded_by_one_statement),
        ON_A_DATABASE(objects_of_another_query_are_no_siblings),
        ON_A_DATABASE(
            another_reference_of_the_siblings_is_loaded_by_a_statement_of_its_own),
        ON_A_DATABASE(references_by_text_and_to_itself_are_loaded),
        ON_A_DATABASE(the_reference_of_a_pending_object_is_its_target),
        ON_A_DATABASE(a_reference_whose_row_is_gone_is_stale),
        ON_A_DATABASE(two_thousand_references_are_loaded_by_one_statement),
        ON_A_DATABASE(a_collection_is_loaded_when_it_is_asked_for),
        ON_A_DATABASE(an_empty_collection_is_an_empty_array),
        ON_A_DATABASE(collections_of_siblings_are_loaded_by_one_statement),
        ON_A_DATABASE(two_thousand_collections_are_loaded_by_one_statement),
        ON_A_DATABASE(a_collection_of_the_same_entity_is_loaded),
        ON_A_DATABASE(a_loaded_collection_follows_what_is_added_and_deleted),
        ON_A_DATABASE(a_loaded_collection_follows_a_reference_that_moves),
        ON_A_DATABASE(another_reference_to_the_same_entity_does_not_touch_the_collection),
        ON_A_DATABASE(a_collection_knows_of_changes_that_were_made_before_it_was_loaded),
        ON_A_DATABASE(the_collection_of_a_pending_object_is_what_was_added_to_it),
        ON_A_DATABASE(an_array_that_is_walked_stays_while_objects_are_deleted),
        ON_A_DATABASE(after_a_rollback_a_collection_is_as_it_was),
        ON_A_DATABASE(after_a_rollback_to_a_savepoint_a_collection_is_as_it_was_then),
        ON_A_DATABASE(in_the_next_unit_of_work_a_collection_is_read_again),
        ON_A_DATABASE(a_failing_automatic_flush_before_a_collection_says_so),
        ON_A_DATABASE(relations_of_deleted_rows_are_gone),
    };
    return run_on_each_database("relations", tests);
}

/*
 * test-evict.c - letting go of objects: alone, with what is in their collections, and
 * when it is refused.
 */
#include "fixture.h"

static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 1, 1), (2, 'Sword', 9.5, 1, 1), (3, 'Dawn', 3.0, 1, 2)");
}

static void
a_collection_still_has_the_row_of_an_evicted_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *const *books = kith_many(ann, books, &error);
    assert_int_equal(kith_length(books), 2);
    kith_evict(books[0]);
    forget_statements(fixture);
    books = kith_many(ann, books, &error);
    assert_int_equal(kith_length(books), 2);
    assert_string_equal(books[0]->title, "Justice");
    assert_statements(fixture, "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
what_is_in_its_collections_goes_with_an_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 2);
    const Book *dawn = find(fixture->session, Book, 3);
    kith_evict_related(ann);
    forget_statements(fixture);
    (void) find(fixture->session, Book, 3);
    assert_no_statements(fixture);
    (void) find(fixture->session, Book, 1);
    (void) find(fixture->session, Author, 1);
    assert_statements(fixture, "SELECT books WHERE id", "SELECT authors WHERE id");
    assert_string_equal(dawn->title, "Dawn");
}

static void
a_tree_goes_with_its_root(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture,
            "INSERT INTO categories (id, name, parent_id) VALUES (1, 'a', NULL)");
    run_sql(fixture, "INSERT INTO categories (id, name, parent_id) VALUES (2, 'b', 1)");
    run_sql(fixture, "INSERT INTO categories (id, name, parent_id) VALUES (3, 'c', 2)");
    run_sql(fixture, "UPDATE categories SET parent_id = 3 WHERE id = 1"); /* a circle */
    g_autoptr(CategoryQuery) query = kith_query(fixture->session, Category);
    kith_with(query, children);
    const Category *const *all = kith_all(query, &error);
    assert_int_equal(kith_length(all), 3);
    kith_evict_related(all[0]);
    forget_statements(fixture);
    for (int64_t id = 1; id <= 3; id++)
        (void) find(fixture->session, Category, id);
    assert_statements(fixture,
                      "SELECT categories WHERE id",
                      "SELECT categories WHERE id",
                      "SELECT categories WHERE id");
}

static void
references_to_what_has_gone_load_it_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *dawn = find(fixture->session, Book, 3);
    const Author *bob = kith_ref(dawn, author, &error);
    assert_int_equal(kith_length(kith_many(bob, books, &error)), 1);
    const Book *justice = find(fixture->session, Book, 1);
    run_sql(fixture, "UPDATE books SET translator_id = 2 WHERE id = 1");
    assert_done(kith_refresh(justice, &error), error);
    assert_ptr_equal(kith_ref(justice, translator, &error), bob);
    kith_evict_related(bob); /* and Dawn */
    assert_null(justice->translator.target);
    assert_string_equal(kith_ref(justice, translator, &error)->name, "Bob");
}

static void
with_a_change_among_them_none_of_them_goes(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *const *books = kith_many(ann, books, &error);
    kith_set(books[1], title, "Mercy");
    kith_evict_related(ann);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author: only an object without changes can be evicted, and none that a "
                 "change refers to; commit first (*)");
    forget_statements(fixture);
    assert_ptr_equal(find(fixture->session, Author, 1), ann);
    assert_ptr_equal(find(fixture->session, Book, 1), books[0]);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_rows(fixture, "SELECT title FROM books WHERE id = 2", "Mercy");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_collection_still_has_the_row_of_an_evicted_object),
        ON_A_DATABASE(what_is_in_its_collections_goes_with_an_object),
        ON_A_DATABASE(a_tree_goes_with_its_root),
        ON_A_DATABASE(references_to_what_has_gone_load_it_again),
        ON_A_DATABASE(with_a_change_among_them_none_of_them_goes),
    };
    return run_on_each_database("evict", tests);
}

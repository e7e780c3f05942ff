/*
 * test-strict.c - lazy loads forbidden: for a session, a block, the rows of a query; what
 * is refused, what the refusal says, and what is found all the same.
 */
#include "fixture.h"

static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 1, 1), (2, 'Dawn', 3.0, 1, 2)");
}

/* A book of the strict kind: only what was loaded with it is to be had. */
static const Book *
first_book(BookQuery *query)
{
    g_autoptr(GError) error = NULL;
    kith_order_by(query, kith_asc(Book, id));
    const Book *book = kith_first(query, &error);
    assert_done(book, error);
    return book;
}

static void
a_strict_session_refuses_to_load_a_reference(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_strict(fixture->session, true);
    const Book *book = find(fixture->session, Book, 1);
    forget_statements(fixture);
    const int line = __LINE__ + 1;
    assert_null(kith_ref(book, author, &error));
    g_autofree char *pattern =
        g_strdup_printf("Book 1: nothing has loaded its author, and the session is "
                        "strict (*test-strict.c:%d); kith_with(query, author) loads "
                        "that with the query",
                        line);
    assert_error_facts(error, .entity = "Book", .key = "1");
    assert_error(error, KITH_ERROR_MISUSE, pattern);
    assert_no_statements(fixture);
    kith_set_strict(fixture->session, false);
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
}

static void
a_strict_session_refuses_to_load_a_collection(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_strict(fixture->session, true);
    const Author *ann = find(fixture->session, Author, 1);
    forget_statements(fixture);
    assert_null(kith_many(ann, books, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Author 1: nothing has loaded its books, and the session is strict (*); "
                 "kith_with(query, books) loads that with the query");
    assert_no_statements(fixture);
}

static void
a_strict_session_finds_what_is_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_strict(fixture->session, true);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author, books);
    const Book *book = first_book(query);
    forget_statements(fixture);
    const Author *ann = kith_ref(book, author, &error);
    assert_string_equal(ann->name, "Ann");
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 1);
    assert_null(kith_ref(book, translator, &error)); /* NULL, and no load */
    assert_done(error == NULL, error);
    assert_no_statements(fixture);
}

static void
a_strict_session_finds_what_is_in_it_by_other_ways(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_strict(fixture->session, true);
    const Author *ann = find(fixture->session, Author, 1);
    const Book *book = find(fixture->session, Book, 1);
    assert_ptr_equal(kith_ref(book, author, &error), ann);
    assert_done(error == NULL, error);
}

static void
the_collection_of_a_pending_object_needs_no_load(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const KithOptions options = { .no_autoflush = true };
    KithEngine *engine = open_engine(fixture, &options);
    g_autoptr(KithSession) session = kith_session_new(engine);
    kith_set_strict(session, true);
    const Author *ann = kith_add(session, Author, .name = "Ann");
    kith_add(session, Book, .title = "", .author.target = ann);
    const Book *const *books = kith_many(ann, books, &error);
    assert_done(books, error);
    assert_int_equal(kith_length(books), 1);
}

static void
a_block_is_strict_and_what_comes_after_it_is_not(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    size_t n_runs = 0;
    kith_strict(fixture->session)
    {
        n_runs++;
        assert_null(kith_ref(book, author, &error));
        assert_error(
            error,
            KITH_ERROR_MISUSE,
            "Book 1: nothing has loaded its author, and kith_strict () forbids to load "
            "it here (*); kith_with(query, author) loads that with the query");
    }
    assert_int_equal(n_runs, 1);
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
}

/* Leaves the block in the middle, and the function with it. */
static int
leave_early(KithSession *session)
{
    kith_strict(session)
    {
        kith_strict(session)
        {
            return 7;
        }
    }
    return 0;
}

static void
a_block_can_be_left_in_any_way(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    assert_int_equal(leave_early(fixture->session), 7);
    kith_strict(fixture->session) break;
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
}

static void
a_block_inside_of_another_does_not_end_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_strict(fixture->session)
    {
        kith_strict(fixture->session) continue;
        assert_null(kith_ref(book, author, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Book 1: nothing has loaded its author*");
    }
}

static void
the_rows_of_a_strict_query_are_strict_and_others_are_not(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(query, kith_eq(Book, id, (int64_t) 1));
    kith_strict_rows(query);
    const Book *book = first_book(query);
    const Book *other = find(fixture->session, Book, 2);
    assert_null(kith_ref(book, author, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Book 1: nothing has loaded its author, and the query that it came with "
                 "is strict (*); kith_with(query, author) loads that with the query");
    assert_string_equal(kith_ref(other, author, &error)->name, "Bob");
}

static void
what_is_loaded_with_a_strict_query_is_strict_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_strict_rows(query);
    kith_with(query, author);
    const Author *ann = kith_ref(first_book(query), author, &error);
    assert_done(ann, error);
    assert_null(kith_many(ann, books, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author 1: nothing has loaded its books*");
}

static void
nothing_is_lost_by_a_refusal(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_set(book, title, "Mercy");
    kith_strict(fixture->session)
    {
        assert_null(kith_ref(book, author, NULL));
        commit(fixture->session);
    }
    assert_rows(fixture, "SELECT title FROM books WHERE id = 1", "Mercy");
    assert_string_equal(kith_ref(book, author, &error)->name, "Ann");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_strict_session_refuses_to_load_a_reference),
        ON_A_DATABASE(a_strict_session_refuses_to_load_a_collection),
        ON_A_DATABASE(a_strict_session_finds_what_is_loaded),
        ON_A_DATABASE(a_strict_session_finds_what_is_in_it_by_other_ways),
        ON_A_DATABASE(the_collection_of_a_pending_object_needs_no_load),
        ON_A_DATABASE(a_block_is_strict_and_what_comes_after_it_is_not),
        ON_A_DATABASE(a_block_can_be_left_in_any_way),
        ON_A_DATABASE(a_block_inside_of_another_does_not_end_it),
        ON_A_DATABASE(the_rows_of_a_strict_query_are_strict_and_others_are_not),
        ON_A_DATABASE(what_is_loaded_with_a_strict_query_is_strict_too),
        ON_A_DATABASE(nothing_is_lost_by_a_refusal),
    };
    return run_on_each_database("strict", tests);
}

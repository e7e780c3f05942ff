/*
 * test-statistics.c - what a session counts, and the places that it names: statements,
 * rows, loads, hits, and what would have been N+1.
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

/* The text of the statistics has this line, '*' and '?' stand for anything. */
static void
assert_line(const Fixture *fixture, const char *pattern)
{
    g_autofree char *text = kith_statistics_text(fixture->session);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (g_pattern_match_simple(pattern, lines[i]))
            return;
    }
    print_error("no line is '%s' in:\n%s", pattern, text);
    fail();
}

static void
a_new_session_has_counted_nothing(void **state)
{
    Fixture *fixture = *state;
    const KithStatistics none = { 0 };
    KithStatistics found = kith_statistics(fixture->session);
    assert_memory_equal(&found, &none, sizeof none);
}

static void
statements_and_rows_are_counted_in_both_directions(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session); /* BEGIN, a batch, COMMIT */
    assert_int_equal(kith_statistics(fixture->session).n_statements, 3);
    assert_int_equal(kith_statistics(fixture->session).n_rows_written, 2);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_done(kith_all(query, &error), error);
    KithStatistics found = kith_statistics(fixture->session);
    assert_int_equal(found.n_statements, 4);
    assert_int_equal(found.n_rows_read, 2);
    assert_int_equal(found.n_known_rows, 2);
    assert_int_equal(found.n_objects, 0);
}

static void
gets_are_hits_or_misses(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    (void) find(fixture->session, Author, 1);
    (void) find(fixture->session, Author, 1);
    (void) find(fixture->session, Author, 1);
    assert_gone(fixture->session, Author, 7);
    assert_null(error);
    KithStatistics found = kith_statistics(fixture->session);
    assert_int_equal(found.n_hits, 2);
    assert_int_equal(found.n_misses, 2);
    assert_int_equal(found.n_objects, 1);
    assert_int_equal(found.n_statements, 2);
}

static void
a_lazy_load_for_siblings_says_what_it_saved(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    int line = 0;
    kith_each (book, kith_all(query, &error)) {
        line = __LINE__ + 1;
        assert_done(kith_ref(book, author, &error), error);
    }
    KithStatistics found = kith_statistics(fixture->session);
    assert_int_equal(found.n_lazy_loads, 1);
    assert_int_equal(found.n_lazy_objects, 3);
    assert_int_equal(found.n_lazy_alone, 0);
    g_autofree char *expected =
        g_strdup_printf("*test-statistics.c:%d: lazy load of Book.author: 1 load for 3 "
                        "objects; one by one "
                        "it would be 3",
                        line);
    assert_line(fixture, expected);
    assert_line(fixture, "lazy loads: 1 for 3 objects, 0 of them for one alone");
    assert_line(fixture, "2 statements: 5 rows read, 0 written");
}

static void
loads_of_one_object_each_are_named_with_their_place(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    int get = 0, many = 0;
    for (int64_t id = 1; id <= 2; id++) {
        get = __LINE__ + 1;
        const Author *author = kith_get(fixture->session, Author, id, &error);
        many = __LINE__ + 1;
        assert_done(kith_many(author, books, &error), error);
    }
    assert_int_equal(kith_statistics(fixture->session).n_lazy_alone, 2);
    g_autofree char *of_get =
        g_strdup_printf("*test-statistics.c:%d: kith_get of Author: 2 loads of one "
                        "object each (N+1): ask "
                        "for them with one query",
                        get);
    g_autofree char *of_many = g_strdup_printf(
        "*test-statistics.c:%d: lazy load of Author.books: 2 loads of one object each "
        "(N+1): ask for the objects with one query",
        many);
    assert_line(fixture, of_get);
    assert_line(fixture, of_many);
}

static void
what_is_loaded_with_a_query_is_no_lazy_load(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    kith_each (book, kith_all(query, &error))
        assert_done(kith_ref(book, author, &error), error);
    KithStatistics found = kith_statistics(fixture->session);
    assert_int_equal(found.n_lazy_loads, 0);
    assert_int_equal(found.n_statements, 2);
    assert_int_equal(found.n_objects, 5);
}

static void
a_reset_begins_anew(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    (void) find(fixture->session, Author, 1);
    kith_statistics_reset(fixture->session);
    assert_int_equal(kith_statistics(fixture->session).n_statements, 0);
    g_autofree char *text = kith_statistics_text(fixture->session);
    assert_null(strstr(text, "test-statistics.c"));
    (void) find(fixture->session, Author, 2);
    assert_int_equal(kith_statistics(fixture->session).n_statements, 1);
}

static void
sessions_of_one_engine_count_apart(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    (void) find(other, Author, 1);
    (void) find(fixture->session, Author, 1);
    (void) find(other, Author, 2);
    assert_int_equal(kith_statistics(other).n_statements, 2);
    assert_int_equal(kith_statistics(fixture->session).n_statements, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_new_session_has_counted_nothing),
        ON_A_DATABASE(statements_and_rows_are_counted_in_both_directions),
        ON_A_DATABASE(gets_are_hits_or_misses),
        ON_A_DATABASE(a_lazy_load_for_siblings_says_what_it_saved),
        ON_A_DATABASE(loads_of_one_object_each_are_named_with_their_place),
        ON_A_DATABASE(what_is_loaded_with_a_query_is_no_lazy_load),
        ON_A_DATABASE(a_reset_begins_anew),
        ON_A_DATABASE(sessions_of_one_engine_count_apart),
    };
    return run_on_each_database("statistics", tests);
}

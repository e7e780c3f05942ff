/*
 * test-stream.c - loops over any number of objects: what they give, what stays in memory,
 * and what else can be done meanwhile.
 */
#include "fixture.h"
#include "session.h"

#define N_AUTHORS 1000
#define MOST 300 /* objects in memory: a part, and some */

static unsigned
count_live(const KithSession *session)
{
    size_t count = 0;
    for (unsigned i = 0; i < session->engine->registry->n_mappers; i++)
        count += session->sets[i].map.n_entities;
    return (unsigned) count;
}

/* Authors 1, 2, …, and a book of each. */
static void
fill(Fixture *fixture)
{
    run_sql(
        fixture,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "1000) INSERT INTO authors (id, name, born) SELECT i, 'author ' || i, i FROM n");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "SELECT id, 'book', 1.0, 1, id FROM authors");
}

static AuthorQuery *
all_authors(KithSession *session)
{
    AuthorQuery *query = kith_query(session, Author);
    kith_order_by(query, kith_asc(Author, id));
    return query;
}

/* --- what it gives ----------------------------------------------------------------- */

static void
a_stream_gives_every_object_in_order_and_keeps_few(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    int64_t n_seen = 0;
    kith_stream (author, query, &error) {
        assert_int_equal(author->id, ++n_seen);
        assert_int_equal(author->born.value, n_seen);
        g_autofree char *name = g_strdup_printf("author %" G_GINT64_FORMAT, n_seen);
        assert_string_equal(author->name, name);
        assert_true(kith_session_of(author) == fixture->session);
        assert_in_range(count_live(fixture->session), 1, MOST);
    }
    assert_null(error);
    assert_int_equal(n_seen, N_AUTHORS);
    assert_int_equal(count_live(fixture->session), 0);
}

static void
a_stream_of_nothing_ends_at_once(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error)
        fail_msg("there is no author, and %s came", author->name);
    assert_null(error);
}

/* Parts end where they end: just before, at, and just behind the last row. */
static void
a_stream_ends_well_wherever_a_part_does(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    for (int64_t limit = 254; limit <= 258; limit++) {
        GError *error = NULL;
        g_autoptr(AuthorQuery) query = all_authors(fixture->session);
        kith_limit(query, limit);
        int64_t n_seen = 0;
        kith_stream (author, query, &error)
            assert_int_equal(author->id, ++n_seen);
        assert_null(error);
        assert_int_equal(n_seen, limit);
    }
}

static void
an_object_that_was_loaded_before_is_the_same_and_stays(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    const Author *known = find(fixture->session, Author, 400);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        if (author->id == 400)
            assert_ptr_equal(author, known);
    }
    assert_null(error);
    assert_ptr_equal(find(fixture->session, Author, 400), known);
    assert_int_equal(count_live(fixture->session), 1);
}

static void
a_stream_can_be_run_again_with_other_parameters(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_where(query, kith_ge(Author, id, kith_param(int64_t, "from")));
    for (int64_t from = 990; from <= 1000; from += 5) {
        int64_t n_seen = from - 1;
        kith_bind(query, "from", from);
        kith_stream (author, query, &error)
            assert_int_equal(author->id, ++n_seen);
        assert_null(error);
        assert_int_equal(n_seen, N_AUTHORS);
    }
}

/* --- changes ----------------------------------------------------------------------- */

static void
what_was_changed_stays_until_it_is_committed(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    run_sql(fixture, "DELETE FROM books WHERE author_id = 950");
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        if (author->id % 100 == 1)
            kith_set(author, born, 2000);
        if (author->id == 950)
            kith_delete(author);
    }
    assert_null(error);
    assert_int_equal(count_live(fixture->session), 11);
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM authors WHERE born = 2000", "10");
}

static void
changes_can_be_committed_in_the_loop(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        Author *edited = kith_edit(author);
        edited->born.value = -1;
        if (author->id % 50 == 0)
            commit(fixture->session);
        assert_in_range(count_live(fixture->session), 1, MOST + 50);
    }
    assert_null(error);
    assert_false(kith_has_changes(fixture->session));
    assert_rows(fixture, "SELECT count(*) FROM authors WHERE born = -1", "1000");
}

/* The row is read as it was when the stream began; the object is as it was committed. */
static void
what_was_committed_meanwhile_is_not_undone_by_an_older_row(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    const Author *last = find(fixture->session, Author, N_AUTHORS);
    commit(fixture->session);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        if (author->id == 1) {
            kith_set(last, name, "changed");
            commit(fixture->session);
        }
        if (author->id == N_AUTHORS)
            assert_string_equal(author->name, "changed");
    }
    assert_null(error);
    assert_string_equal(last->name, "changed");
    assert_false(kith_has_changes(fixture->session));
}

/* A change refers to it, so the flush needs it. */
static void
what_a_change_refers_to_stays(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        if (author->id == 7)
            kith_set(book, translator, author);
    }
    assert_null(error);
    assert_int_equal(book->translator.target->id, 7);
    commit(fixture->session);
    assert_rows(fixture, "SELECT translator_id FROM books WHERE id = 1", "7");
}

/* --- meanwhile --------------------------------------------------------------------- */

static void
other_queries_and_streams_can_be_run_in_the_loop(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) outer = all_authors(fixture->session);
    kith_limit(outer, 3);
    unsigned n_inner = 0;
    kith_stream (author, outer, &error) {
        g_autoptr(BookQuery) inner = kith_query(fixture->session, Book);
        kith_where(inner, kith_le(Book, id, author->id));
        kith_stream (book, inner, &error) {
            assert_true(book->id <= author->id);
            n_inner++;
        }
        assert_non_null(find(fixture->session, Book, 500));
    }
    assert_null(error);
    assert_int_equal(n_inner, 1 + 2 + 3);
}

static unsigned
count_statements(const Fixture *fixture, const char *prefix)
{
    unsigned count = 0;
    for (guint i = 0; i < fixture->statements->len; i++)
        count +=
            g_str_has_prefix(g_ptr_array_index(fixture->statements, i), prefix) ? 1 : 0;
    return count;
}

static void
a_reference_is_loaded_for_a_part_at_once(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_order_by(query, kith_asc(Book, id));
    forget_statements(fixture);
    kith_stream (book, query, &error) {
        const Author *author = kith_ref(book, author, &error);
        assert_done(author, error);
        assert_int_equal(author->id, book->id);
    }
    assert_null(error);
    assert_int_equal(count_statements(fixture, "SELECT authors"), 4);
    forget_statements(fixture);
}

static void
a_stream_can_load_relations_along(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    unsigned n_seen = 0;
    kith_stream (book, query, &error) {
        assert_non_null(book->author.target);
        assert_int_equal(book->author.target->id, book->id);
        n_seen++;
    }
    assert_null(error);
    assert_int_equal(n_seen, N_AUTHORS);
}

static bool
count_loaded(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) error;
    assert_non_null(object);
    ++*(unsigned *) data;
    return true;
}

static void
hooks_run_for_the_objects_of_a_stream(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    unsigned n_loaded = 0;
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_AFTER_LOAD, count_loaded, &n_loaded);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error)
        assert_true(n_loaded >= (unsigned) author->id);
    assert_null(error);
    assert_int_equal(n_loaded, N_AUTHORS);
}

/* --- left early -------------------------------------------------------------------- */

static void
a_loop_that_is_left_leaves_nothing_open(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    kith_stream (author, query, &error) {
        if (author->id == 300)
            break;
    }
    assert_null(error);
    assert_int_equal(count_live(fixture->session), 0);
    kith_add(fixture->session, Author, .id = 5000, .name = "Ann");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM authors", "1001");
}

static int64_t
find_in_stream(AuthorQuery *query)
{
    kith_stream (author, query, NULL) {
        if (author->id == 10)
            return author->id;
    }
    return 0;
}

static void
a_return_out_of_the_loop_is_ended_with_the_query(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    AuthorQuery *query = all_authors(fixture->session);
    assert_int_equal(find_in_stream(query), 10);
    kith_query_free((KithQuery *) query);
    assert_int_equal(count_live(fixture->session), 0);
}

static void
objects_that_are_cleared_in_the_loop_end_it(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    unsigned n_seen = 0;
    kith_stream (author, query, &error) {
        n_seen++;
        kith_clear(fixture->session);
    }
    assert_error(error, KITH_ERROR_MISUSE, "Author: *has ended before it");
    assert_int_equal(n_seen, 1);
}

static void
an_object_that_is_evicted_in_the_loop_does_not_come(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    unsigned n_seen = 0;
    kith_stream (author, query, &error) {
        assert_int_not_equal(author->id, 2);
        if (n_seen++ == 0)
            kith_evict(find(fixture->session, Author, 2));
    }
    assert_null(error);
    assert_int_equal(n_seen, N_AUTHORS - 1);
}

/* --- within a transaction ---------------------------------------------------------- */

static void
within_a_transaction_a_stream_sees_its_changes(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    kith_add(fixture->session, Author, .name = "Ann");
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    unsigned n_seen = 0;
    kith_stream (author, query, &error) { /* flushes first */
        assert_string_equal(author->name, "Ann");
        n_seen++;
    }
    assert_null(error);
    assert_int_equal(n_seen, 1);
    assert_no_rows(fixture, "SELECT name FROM authors");
    kith_rollback(fixture->session);
}

static void
within_a_transaction_other_statements_have_to_wait(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL, *refused = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    unsigned n_seen = 0;
    kith_stream (author, query, &error) {
        if (n_seen++ > 0)
            continue;
        kith_set(author, born, 1);
        assert_null(kith_get(fixture->session, Book, 1, &refused));
        assert_error(refused, KITH_ERROR_MISUSE, "a stream of Author is being read*");
        assert_false(kith_flush(fixture->session, &refused));
        assert_error(refused, KITH_ERROR_MISUSE, "a stream of Author is being read*");
        assert_false(kith_commit(fixture->session, &refused));
        assert_error(refused, KITH_ERROR_MISUSE, "a stream of Author is being read*");
    }
    assert_null(error);
    assert_int_equal(n_seen, N_AUTHORS);
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 1", "1");
}

static void
a_rollback_in_the_loop_ends_it(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    g_autoptr(AuthorQuery) query = all_authors(fixture->session);
    unsigned n_seen = 0;
    kith_stream (author, query, &error) {
        if (author->id == 1)
            kith_rollback(fixture->session);
        n_seen++;
    }
    assert_error(error, KITH_ERROR_MISUSE, "Author: *has ended before it");
    assert_in_range(n_seen, 1, MOST);
    assert_non_null(find(fixture->session, Author, 999));
}

/* --- what goes wrong --------------------------------------------------------------- */

/* Author 400 has a name that no member can hold. */
static void
spoil_a_name(Fixture *fixture)
{
    if (is_sqlite(fixture)) {
        run_sql(fixture, "UPDATE authors SET name = x'ff' WHERE id = 400");
    } else {
        run_sql(fixture, "ALTER TABLE authors ALTER COLUMN name DROP NOT NULL");
        run_sql(fixture, "UPDATE authors SET name = NULL WHERE id = 400");
    }
}

static void
an_error_in_the_middle_ends_the_loop_and_leaves_nothing_behind(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    spoil_a_name(fixture);
    for (int within = 0; within < 2; within++) {
        GError *error = NULL;
        if (within == 1)
            assert_done(kith_begin(fixture->session, NULL, &error), error);
        g_autoptr(AuthorQuery) query = all_authors(fixture->session);
        int64_t n_seen = 0;
        kith_stream (author, query, &error)
            assert_int_equal(author->id, ++n_seen);
        assert_in_range(n_seen, 1, 399);
        assert_error(error, KITH_ERROR_TYPE, "Author.name: *");
        assert_int_equal(count_live(fixture->session), 0);
        kith_rollback(fixture->session);
        assert_non_null(find(fixture->session, Author, 399));
        kith_clear(fixture->session);
    }
}

static void
a_statement_that_fails_gives_its_error(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    run_sql(fixture, "DROP TABLE loans");
    g_autoptr(LoanQuery) query = kith_query(fixture->session, Loan);
    kith_stream (loan, query, &error)
        fail_msg("there is no table, and a loan of %s came", loan->member_login);
    assert_error(error, KITH_ERROR_MAPPING, "mapping: *loans*");
    assert_gone(fixture->session, Author, 1); /* the session can be used */
}

static void
a_query_that_makes_no_sense_is_refused(void **state)
{
    Fixture *fixture = *state;
    GError *error = NULL;
    fill(fixture);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_with(query, author);
    kith_stream (book, query, &error)
        fail_msg("%s", book->title);
    assert_error(error, KITH_ERROR_MISUSE, "Book: a stream within a transaction cannot*");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_stream_gives_every_object_in_order_and_keeps_few),
        ON_A_DATABASE(a_stream_of_nothing_ends_at_once),
        ON_A_DATABASE(a_stream_ends_well_wherever_a_part_does),
        ON_A_DATABASE(an_object_that_was_loaded_before_is_the_same_and_stays),
        ON_A_DATABASE(a_stream_can_be_run_again_with_other_parameters),
        ON_A_DATABASE(what_was_changed_stays_until_it_is_committed),
        ON_A_DATABASE(changes_can_be_committed_in_the_loop),
        ON_A_DATABASE(what_was_committed_meanwhile_is_not_undone_by_an_older_row),
        ON_A_DATABASE(what_a_change_refers_to_stays),
        ON_A_DATABASE(other_queries_and_streams_can_be_run_in_the_loop),
        ON_A_DATABASE(a_reference_is_loaded_for_a_part_at_once),
        ON_A_DATABASE(a_stream_can_load_relations_along),
        ON_A_DATABASE(hooks_run_for_the_objects_of_a_stream),
        ON_A_DATABASE(a_loop_that_is_left_leaves_nothing_open),
        ON_A_DATABASE(a_return_out_of_the_loop_is_ended_with_the_query),
        ON_A_DATABASE(objects_that_are_cleared_in_the_loop_end_it),
        ON_A_DATABASE(an_object_that_is_evicted_in_the_loop_does_not_come),
        ON_A_DATABASE(within_a_transaction_a_stream_sees_its_changes),
        ON_A_DATABASE(within_a_transaction_other_statements_have_to_wait),
        ON_A_DATABASE(a_rollback_in_the_loop_ends_it),
        ON_A_DATABASE(an_error_in_the_middle_ends_the_loop_and_leaves_nothing_behind),
        ON_A_DATABASE(a_statement_that_fails_gives_its_error),
        ON_A_DATABASE(a_query_that_makes_no_sense_is_refused),
    };
    return run_on_each_database("streams", tests);
}

/*
 * test-session-life.c - a session that is made after another one was freed knows nothing
 * of it, whatever that one had been told, though its memory may be the same.
 */
#include "fixture.h"

#include "session.h"

static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 1, 1), (2, 'Sword', 9.5, 1, 1), (3, 'Dawn', 3.0, 1, 2)");
}

static void
assert_counted_nothing(const KithSession *session)
{
    const KithStatistics none = { 0 };
    KithStatistics found = kith_statistics(session);
    assert_memory_equal(&found, &none, sizeof none);
    g_autofree char *text = kith_statistics_text(session);
    assert_null(strstr(text, "test-session-life.c"));
}

static void
the_next_session_reads_anew(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *author = find(fixture->session, Author, 1);
    kith_set(author, name, "Anna");
    KithSession *session = new_session(fixture);
    run_sql(fixture, "UPDATE authors SET name = 'Anke' WHERE id = 1");
    forget_statements(fixture);
    assert_counted_nothing(session);
    assert_false(kith_has_changes(session));
    commit(session);
    assert_no_statements(fixture);
    assert_string_equal(find(session, Author, 1)->name, "Anke");
    assert_statements(fixture, "SELECT authors WHERE id");
}

static void
the_next_session_writes_nothing_of_the_last_one(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_add(fixture->session, Author, .name = "Cid");
    kith_delete(find(fixture->session, Book, 3));
    KithSession *session = new_session(fixture);
    kith_set(find(session, Author, 2), born, 1950);
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
    assert_rows(fixture, "SELECT count(*) FROM authors", "2");
    assert_rows(fixture, "SELECT count(*) FROM books", "3");
}

static void
a_transaction_ends_with_its_session(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const KithTransactionOptions options = { .read_only = true };
    fill(fixture);
    assert_done(kith_begin(fixture->session, &options, &error), error);
    (void) find(fixture->session, Author, 1);
    KithSession *session = new_session(fixture);
    assert_statements(fixture, "BEGIN", "SELECT authors WHERE id", "ROLLBACK");
    kith_set(find(session, Author, 1), name, "Anna");
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Anna");
}

static void
savepoints_end_with_their_session(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set(find(fixture->session, Author, 1), name, "Anna");
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_delete(find(fixture->session, Book, 1));
    flush(fixture->session);
    KithSession *session = new_session(fixture);
    assert_false(kith_savepoint_release(session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "there is no savepoint*");
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Ann");
    assert_rows(fixture, "SELECT count(*) FROM books", "3");
}

/* --- what a session was told ------------------------------------------------------- */

static bool
refuse(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) data;
    (void) error;
    return false;
}

static void
hooks_go_with_their_session(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_on(fixture->session, KITH_BEFORE_FLUSH, refuse, NULL);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_UPDATE, refuse, NULL);
    kith_on_entity(fixture->session, Author, KITH_AFTER_LOAD, refuse, NULL);
    KithSession *session = new_session(fixture);
    kith_set(find(session, Author, 1), name, "Anna");
    commit(session);
    assert_rows(fixture, "SELECT name FROM authors WHERE id = 1", "Anna");
}

static void
filters_go_with_their_session(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_add_filter(fixture->session, Author, "only Ann", kith_eq(Author, name, "Ann"));
    KithSession *session = new_session(fixture);
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    assert_int_equal(kith_length(kith_all(query, &error)), 2);
}

static void
a_session_is_not_strict_because_the_last_one_was(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_set_strict(fixture->session, true);
    KithSession *session = new_session(fixture);
    assert_done(kith_ref(find(session, Book, 1), author, &error), error);
}

static void
misuse_goes_with_its_session(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *author = find(fixture->session, Author, 1);
    kith_delete(author);
    kith_set(author, name, "Anna"); /* of an object that is deleted */
    assert_non_null(fixture->session->misuse);
    KithSession *session = new_session(fixture);
    (void) find(session, Author, 1);
    commit(session);
}

static void
what_was_counted_goes_with_its_session(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    (void) find(fixture->session, Author, 1);
    (void) find(fixture->session, Author, 1);
    assert_done(kith_ref(find(fixture->session, Book, 3), author, &error), error);
    kith_statistics_reset(fixture->session);
    assert_counted_nothing(fixture->session);
    (void) find(fixture->session, Author, 2);
    (void) find(fixture->session, Book, 2);
    assert_counted_nothing(new_session(fixture));
}

/* --- memory ------------------------------------------------------------------------ */

#define N_SESSIONS 20

static void
sessions_that_rest_are_taken_and_no_more_than_some(void **state)
{
    Fixture *fixture = *state;
    KithSession *sessions[N_SESSIONS];
    fill(fixture);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N_SESSIONS; i++) {
            sessions[i] = kith_session_new(fixture->engine);
            assert_ptr_equal(kith_session_of(find(sessions[i], Author, 1)), sessions[i]);
            for (int other = 0; other < i; other++)
                assert_ptr_not_equal(sessions[i], sessions[other]);
        }
        for (int i = 0; i < N_SESSIONS; i++)
            kith_session_free(sessions[i]);
        assert_in_range(fixture->engine->resting->len, 1, N_SESSIONS - 1);
    }
}

/* @is_cleared: before it is freed, so that nothing is in it then. */
static void
fill_and_free(Fixture *fixture, bool is_cleared)
{
    KithSession *session = kith_session_new(fixture->engine);
    for (int i = 0; i < 500; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        kith_add(session, Author, .name = name);
    }
    if (is_cleared)
        kith_clear(session);
    kith_session_free(session);
}

static void
a_session_that_was_large_does_not_rest(void **state)
{
    Fixture *fixture = *state;
    guint n_resting = fixture->engine->resting->len;
    fill_and_free(fixture, false);
    fill_and_free(fixture, true);
    assert_int_equal(fixture->engine->resting->len, n_resting);
    kith_session_free(kith_session_new(fixture->engine));
    assert_int_equal(fixture->engine->resting->len, n_resting + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(the_next_session_reads_anew),
        ON_A_DATABASE(the_next_session_writes_nothing_of_the_last_one),
        ON_A_DATABASE(a_transaction_ends_with_its_session),
        ON_A_DATABASE(savepoints_end_with_their_session),
        ON_A_DATABASE(hooks_go_with_their_session),
        ON_A_DATABASE(filters_go_with_their_session),
        ON_A_DATABASE(a_session_is_not_strict_because_the_last_one_was),
        ON_A_DATABASE(misuse_goes_with_its_session),
        ON_A_DATABASE(what_was_counted_goes_with_its_session),
        ON_A_DATABASE(sessions_that_rest_are_taken_and_no_more_than_some),
        ON_A_DATABASE(a_session_that_was_large_does_not_rest),
    };
    return run_on_each_database("the life of sessions", tests);
}

/*
 * test-limits.c - statements that take too long, and statements that somebody cancels.
 * What is run would never end by itself, so a test that passes was not lucky.
 */
#define _GNU_SOURCE /* alarm() */

#include "own-schema.h"
#include "shop.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static int
set_up(void **state)
{
    (void) set_up_with(state, shop_mappings);
    run_sql(*state, "INSERT INTO kinds (id, name) VALUES (1, 'all'), (2, 'tools')");
    return 0;
}

/* A query whose first row is the last of infinitely many. */
static KindQuery *
endless(Fixture *fixture)
{
    KindQuery *query = kith_query(fixture->session, Kind);
    kith_unsafe_sql(query,
                    "SELECT i AS id, 'x' AS name, i AS parent_id FROM (WITH RECURSIVE n "
                    "(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS "
                    "i FROM n) AS every");
    return query;
}

static void
assert_ends(KindQuery *query, KithErrorCode code, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    assert_null(kith_all(query, &error));
    assert_null(strstr(error->message, "given up"));
    assert_error(error, code, pattern);
}

/* --- timeouts ---------------------------------------------------------------------- */

static void
a_query_can_be_given_a_time(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(KindQuery) query = endless(fixture);
    kith_timeout(query, 30);
    assert_ends(query, KITH_ERROR_TIMEOUT, "timeout: the database took longer than 30 ms*");
    assert_ends(query, KITH_ERROR_TIMEOUT, "*");
    assert_non_null(find(fixture->session, Kind, 2));
}

static void
a_session_can_be_given_a_time(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(KindQuery) query = endless(fixture);
    kith_set_timeout(fixture->session, 30);
    assert_ends(query, KITH_ERROR_TIMEOUT, "*30 ms*");
    g_autoptr(KindQuery) copy = kith_copy(query);
    kith_timeout(copy, 20);
    g_autoptr(KindQuery) again = kith_copy(copy);
    assert_ends(again, KITH_ERROR_TIMEOUT, "*20 ms*");
    assert_ends(query, KITH_ERROR_TIMEOUT, "*30 ms*");
}

static void
an_engine_gives_its_sessions_a_time(void **state)
{
    Fixture *fixture = *state;
    KithOptions options = { .mappings = shop_mappings, .timeout_msec = 25 };
    fixture->engine = open_engine(fixture, &options);
    new_session(fixture);
    g_autoptr(KindQuery) query = endless(fixture);
    assert_ends(query, KITH_ERROR_TIMEOUT, "*25 ms*");
}

static void
counts_and_many_rows_are_limited_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autoptr(KindQuery) query = endless(fixture);
    kith_timeout(query, 20);
    assert_false(kith_count(query, &n, &error));
    assert_error(error, KITH_ERROR_TIMEOUT, "*");
    g_clear_error(&error);
    g_autoptr(KindQuery) update = kith_query(fixture->session, Kind);
    g_autoptr(KindQuery) never = endless(fixture);
    kith_where(update, kith_in_query(Kind, id, never, kith_member(Kind, id)));
    kith_change(update, kith_to(Kind, name, "none"));
    kith_timeout(update, 20);
    assert_false(kith_update_all(update, &n, &error));
    assert_error(error, KITH_ERROR_TIMEOUT, "*");
    g_clear_error(&error);
    kith_set_timeout(fixture->session, 20);
    assert_false(kith_unsafe_execute(
        fixture->session,
        "UPDATE kinds SET name = 'none' WHERE id IN (WITH RECURSIVE n (i) AS (SELECT 1 "
        "UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)",
        NULL,
        NULL,
        &error));
    assert_error(error, KITH_ERROR_TIMEOUT, "*");
    kith_set_timeout(fixture->session, 0);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM kinds ORDER BY id", "all", "tools");
}

static void
what_was_changed_is_pending_when_a_commit_took_too_long(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Kind *tools = find(session, Kind, 2);
    run_sql(fixture, is_sqlite(fixture) ? "BEGIN IMMEDIATE" : "BEGIN");
    run_sql(fixture, "UPDATE kinds SET name = 'theirs' WHERE id = 2");
    kith_set(tools, name, "ours");
    kith_add(session, Kind, .id = 9, .name = "new");
    kith_set_timeout(session, 30);
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_TIMEOUT, "*");
    assert_true(kith_has_changes(session));
    run_sql(fixture, "ROLLBACK");
    kith_set_timeout(session, 0);
    commit(session);
    assert_rows(fixture, "SELECT name FROM kinds ORDER BY id", "all", "ours", "new");
}

static void
within_a_transaction_the_rest_of_it_is_kept_or_rolled_back(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Kind *tools = find(session, Kind, 2);
    kith_set(tools, name, "ours");
    flush(session);
    g_autoptr(KindQuery) query = endless(fixture);
    kith_timeout(query, 20);
    assert_ends(query, KITH_ERROR_TIMEOUT, "*");
    assert_string_equal(tools->name, "ours");
    commit(session);
    assert_rows(fixture, "SELECT name FROM kinds ORDER BY id", "all", "ours");
}

static void
each_part_of_a_stream_has_its_time(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(KindQuery) query = kith_query(fixture->session, Kind);
    kith_unsafe_sql(query,
                    "SELECT i AS id, 'x' AS name, 0 AS parent_id FROM (WITH RECURSIVE n (i) AS "
                    "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n) AS every "
                    "WHERE i < 2000");
    kith_timeout(query, 1500); /* far more than rows that are there need */
    int n = 0;
    kith_stream (kind, query, &error)
        n += kind->id > 0;
    assert_error(error, KITH_ERROR_TIMEOUT, "*");
    assert_int_not_equal(n, 0);
}

/* --- cancelling -------------------------------------------------------------------- */

static void *
cancel(void *session)
{
    kith_cancel(session);
    return NULL;
}

static void
a_running_query_is_cancelled_from_another_thread(void **state)
{
    Fixture *fixture = *state;
    for (int i = 0; i < 10; i++) {
        g_autoptr(KindQuery) query = endless(fixture);
        GThread *thread = g_thread_new("cancel", cancel, fixture->session);
        assert_ends(query, KITH_ERROR_CANCELLED, "cancelled: by kith_cancel()*");
        g_thread_join(thread);
    }
    assert_non_null(find(fixture->session, Kind, 2));
}

static KithSession *interrupted;

static void
on_alarm(int number)
{
    (void) number;
    kith_cancel(interrupted);
}

static void
a_signal_handler_can_cancel(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(KindQuery) query = endless(fixture);
    interrupted = fixture->session;
    void (*before)(int) = signal(SIGALRM, on_alarm);
    alarm(1);
    assert_ends(query, KITH_ERROR_CANCELLED, "*");
    signal(SIGALRM, before);
}

static void
an_idle_session_stops_before_it_asks_for_anything(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    forget_statements(fixture);
    kith_cancel(session);
    kith_cancel(session);
    assert_null(kith_get(session, Kind, 2, &error));
    assert_error(error, KITH_ERROR_CANCELLED, "cancelled: by kith_cancel()");
    assert_non_null(find(session, Kind, 2));
}

static void
a_cancelled_commit_leaves_its_changes_pending(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Kind *tools = find(session, Kind, 2);
    kith_set(tools, name, "ours");
    kith_cancel(session);
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_CANCELLED, "*");
    g_clear_error(&error);
    flush(session);
    kith_cancel(session);
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_CANCELLED, "*");
    assert_true(kith_has_changes(session));
    commit(session);
    assert_rows(fixture, "SELECT name FROM kinds ORDER BY id", "all", "ours");
}

static void
to_roll_back_is_not_cancelled(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Kind *tools = find(session, Kind, 2);
    kith_set(tools, name, "ours");
    flush(session);
    kith_cancel(session);
    kith_rollback(session);
    assert_rows(fixture, "SELECT name FROM kinds ORDER BY id", "all", "tools");
    assert_null(kith_get(session, Kind, 1, &error));
    assert_error(error, KITH_ERROR_CANCELLED, "*");
}

static bool
cancel_and_fail(KithSession *session, void *data, GError **error)
{
    ++*(int *) data;
    kith_cancel(session);
    return kith_get(session, Kind, 1, error) != NULL;
}

static void
a_cancelled_function_is_not_run_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    assert_false(
        kith_transact(fixture->session, cancel_and_fail, &n_runs, NULL, &error));
    assert_error(error, KITH_ERROR_CANCELLED, "*");
    assert_int_equal(n_runs, 1);
}

static void
the_next_session_is_not_cancelled(void **state)
{
    Fixture *fixture = *state;
    kith_set_timeout(fixture->session, 1);
    kith_cancel(fixture->session);
    kith_session_free(fixture->session);
    fixture->session = kith_session_new(fixture->engine);
    assert_non_null(find(fixture->session, Kind, 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_query_can_be_given_a_time),
        ON_A_SCHEMA(a_session_can_be_given_a_time),
        ON_A_SCHEMA(an_engine_gives_its_sessions_a_time),
        ON_A_SCHEMA(counts_and_many_rows_are_limited_too),
        ON_A_SCHEMA(what_was_changed_is_pending_when_a_commit_took_too_long),
        ON_A_SCHEMA(within_a_transaction_the_rest_of_it_is_kept_or_rolled_back),
        ON_A_SCHEMA(each_part_of_a_stream_has_its_time),
        ON_A_SCHEMA(a_running_query_is_cancelled_from_another_thread),
        ON_A_SCHEMA(a_signal_handler_can_cancel),
        ON_A_SCHEMA(an_idle_session_stops_before_it_asks_for_anything),
        ON_A_SCHEMA(a_cancelled_commit_leaves_its_changes_pending),
        ON_A_SCHEMA(to_roll_back_is_not_cancelled),
        ON_A_SCHEMA(a_cancelled_function_is_not_run_again),
        ON_A_SCHEMA(the_next_session_is_not_cancelled),
    };
    return run_on_each_database("limits", tests);
}

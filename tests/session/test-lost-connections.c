/*
 * test-lost-connections.c - the server, or the way to it, gone at each moment of a unit
 * of work: every object is as the program made it, nothing is written twice, and the next
 * commit connects anew.
 */
#include "fixture.h"

#include "network.h"

/* Ann (101), Bob (102), and Ann's book Justice (101), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name) VALUES (101, 'Ann'), (102, 'Bob');"
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (101, 'Justice', 9.5, 1, 101)");
}

/* --- the fixture: a session of a known name, behind a proxy or not ----------------- */

static Proxy *proxy;   /* or NULL */
static char *name;     /* of the connections of the session */
static char *real_url; /* past the proxy */

static void
use_url(Fixture *fixture, const char *url)
{
    real_url = fixture->url;
    fixture->url = g_strdup(url);
    fixture->engine = open_engine(fixture, NULL);
    new_session(fixture);
    forget_statements(fixture);
}

static int
set_up(void **state)
{
    fixture_set_up(state);
    Fixture *fixture = *state;
    fill(fixture);
    name = g_strdup_printf("kith_lost_%u", g_random_int());
    g_autofree char *url = url_with_name(fixture->url, name);
    use_url(fixture, url);
    return 0;
}

static int
set_up_behind_a_proxy(void **state)
{
    fixture_set_up(state);
    Fixture *fixture = *state;
    fill(fixture);
    proxy = proxy_start(fixture->url);
    use_url(fixture, proxy_url(proxy));
    return 0;
}

static int
tear_down(void **state)
{
    fixture_tear_down(state);
    g_clear_pointer(&proxy, proxy_stop);
    g_clear_pointer(&name, g_free);
    g_clear_pointer(&real_url, g_free);
    return 0;
}

/* --- the work of these tests: each operation once ---------------------------------- */

typedef struct Work {
    const Author *cora; /* added */
    const Author *ann;  /* born is set */
    const Book *book;   /* moved to Cora, and cheaper */
    const Author *bob;  /* deleted */
} Work;

static Work
do_work(Fixture *fixture)
{
    Work work = { .cora = kith_add(fixture->session, Author, .name = "Cora"),
                  .ann = find(fixture->session, Author, 101),
                  .book = find(fixture->session, Book, 101),
                  .bob = find(fixture->session, Author, 102) };
    kith_set(work.ann, born, 1966);
    kith_set(work.book, author, work.cora);
    kith_set(work.book, price, 1);
    kith_delete(work.bob);
    forget_statements(fixture);
    return work;
}

static void
assert_is_as_the_program_made_it(const Work *work)
{
    assert_int_equal(kith_state(work->cora), KITH_PENDING);
    assert_int_equal(work->cora->id, 0);
    assert_int_equal(work->ann->born.value, 1966);
    assert_ptr_equal(work->book->author.target, work->cora);
    assert_true(work->book->price == 1);
    assert_int_equal(work->book->version, 1);
    assert_int_equal(kith_state(work->bob), KITH_DELETED);
}

static void
assert_nothing_is_written(Fixture *fixture)
{
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY name", "Ann|NULL", "Bob|NULL");
    assert_rows(fixture, "SELECT price, version FROM books", "9.5|1");
}

static void
assert_all_is_written(Fixture *fixture)
{
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY name", "Ann|1966", "Cora|NULL");
    assert_rows(fixture,
                "SELECT price, version, name FROM books JOIN authors ON author_id = "
                "authors.id",
                "1|2|Cora");
}

static void
assert_can_be_committed(Fixture *fixture, const Work *work)
{
    assert_is_as_the_program_made_it(work);
    assert_nothing_is_written(fixture);
    commit(fixture->session);
    assert_all_is_written(fixture);
    assert_int_equal(work->book->version, 2);
    assert_int_equal(kith_state(work->cora), KITH_PERSISTENT);
    assert_int_equal(kith_state(work->bob), KITH_DETACHED);
}

/* --- nobody there ------------------------------------------------------------------ */

static void
a_server_that_cannot_be_reached_takes_nothing_away(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    proxy_close(proxy);
    for (int i = 0; i < 2; i++) {
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
        assert_false(kith_begin(fixture->session, NULL, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
        assert_false(kith_savepoint(fixture->session, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
        assert_null(kith_get(fixture->session, Author, 999, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
        assert_is_as_the_program_made_it(&work);
    }
    proxy_open(proxy);
    assert_can_be_committed(fixture, &work);
}

static void
an_idle_connection_that_ended_is_replaced_without_a_word(void **state)
{
    Fixture *fixture = *state;
    Work work = do_work(fixture);
    end_processes(real_url, name);
    commit(fixture->session);
    assert_all_is_written(fixture);
    assert_int_equal(work.book->version, 2);
    end_processes(real_url, name);
    assert_gone(fixture->session, Author, 999);
}

/* --- before the flush -------------------------------------------------------------- */

static void
a_process_that_ends_before_the_flush_takes_nothing_away(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    Work work = do_work(fixture);
    end_processes(real_url, name);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_can_be_committed(fixture, &work);
}

static void
a_process_that_ends_before_a_commit_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    Work work = do_work(fixture);
    end_processes(real_url, name);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_can_be_committed(fixture, &work);
}

/* --- between flush and commit ------------------------------------------------------ */

static void
a_process_that_ends_between_flush_and_commit_takes_the_flush_with_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    flush(fixture->session);
    assert_true(work.cora->id > 0);
    end_processes(real_url, name);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_can_be_committed(fixture, &work);
}

static void
a_process_that_ends_between_two_flushes_takes_the_first_with_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    flush(fixture->session);
    const Author *dora = kith_add(fixture->session, Author, .name = "Dora");
    end_processes(real_url, name);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_int_equal(kith_state(dora), KITH_PENDING);
    kith_delete(dora);
    assert_can_be_committed(fixture, &work);
}

static void
a_process_that_ends_before_a_rollback_is_rolled_back_all_the_same(void **state)
{
    Fixture *fixture = *state;
    Work work = do_work(fixture);
    flush(fixture->session);
    end_processes(real_url, name);
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(work.cora), KITH_DETACHED);
    assert_int_equal(kith_state(work.bob), KITH_PERSISTENT);
    assert_int_equal(work.book->version, 1);
    assert_false(work.ann->born.has_value);
    assert_nothing_is_written(fixture);
    kith_set(work.ann, born, 1900);
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 101", "1900");
}

static void
a_query_that_loses_the_connection_loses_no_change(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    flush(fixture->session);
    end_processes(real_url, name);
    assert_null(kith_get(fixture->session, Author, 999, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_can_be_committed(fixture, &work);
}

/* --- during the flush -------------------------------------------------------------- */

/* Somebody holds the row of Ann, so that the flush waits; then its process ends. */
static void
end_during(Fixture *fixture, bool (*call)(KithSession *, KithPlace, GError **))
{
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    run_sql(fixture, "BEGIN");
    run_sql(fixture, "SELECT id FROM authors WHERE id = 101 FOR UPDATE");
    GThread *thread = end_waiting_process(real_url, name);
    assert_false(call(fixture->session, KITH_HERE, &error));
    g_thread_join(thread);
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    run_sql(fixture, "ROLLBACK");
    assert_can_be_committed(fixture, &work);
}

static void
a_process_that_ends_during_a_flush_writes_nothing(void **state)
{
    end_during(*state, kith_session_flush);
}

static void
a_process_that_ends_during_the_flush_of_a_commit_writes_nothing(void **state)
{
    end_during(*state, kith_session_commit);
}

/* The COMMIT is on its way already, but the server has said before that it failed. */
static void
a_process_that_ends_before_the_commit_behind_it_is_no_doubt(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    commit(fixture->session);
    run_sql(fixture, "BEGIN");
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (200, 'Cora')");
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    GThread *thread = end_waiting_process(real_url, name);
    assert_false(kith_commit(fixture->session, &error));
    g_thread_join(thread);
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    run_sql(fixture, "ROLLBACK");
    assert_int_equal(kith_state(cora), KITH_PENDING);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob", "Cora");
}

static void
an_answer_that_is_lost_during_a_flush_is_no_doubt(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    proxy_cut_at(proxy, "INSERT INTO", PROXY_LOSES_ANSWER);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    proxy_cut_at(proxy, NULL, PROXY_LOSES_WORD);
    assert_can_be_committed(fixture, &work);
}

/* --- the answer to a commit -------------------------------------------------------- */

static unsigned
count_statements(const Fixture *fixture, const char *statement)
{
    unsigned n = 0;
    for (guint i = 0; i < fixture->statements->len; i++) {
        if (g_str_has_prefix(g_ptr_array_index(fixture->statements, i), statement))
            n++;
    }
    return n;
}

static void
a_commit_that_got_lost_has_an_unknown_outcome_and_can_be_done_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    proxy_cut_at(proxy, "COMMIT", PROXY_LOSES_WORD);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_OUTCOME_UNKNOWN, "*may or may not have been committed*");
    assert_int_equal(count_statements(fixture, "BEGIN"), 1);
    proxy_cut_at(proxy, NULL, PROXY_LOSES_WORD);
    assert_can_be_committed(fixture, &work);
}

/* The row is there: the unique name of Cora says so when the program tries again. */
static void
a_commit_whose_answer_got_lost_is_decided_by_the_next_one(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    proxy_cut_at(proxy, "COMMIT", PROXY_LOSES_ANSWER);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_OUTCOME_UNKNOWN, "*");
    assert_int_equal(count_statements(fixture, "BEGIN"), 1);
    assert_is_as_the_program_made_it(&work);
    assert_all_is_written(fixture);
    proxy_cut_at(proxy, NULL, PROXY_LOSES_WORD);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    kith_rollback(fixture->session);
    assert_done(kith_refresh(work.book, &error), error);
    assert_int_equal(work.book->version, 2);
    assert_false(kith_has_changes(fixture->session));
}

static bool
add_cora(KithSession *session, void *data, GError **error)
{
    (void) error;
    ++*(int *) data;
    kith_add(session, Author, .name = "Cora");
    return true;
}

static void
a_transaction_of_unknown_outcome_is_not_repeated(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    KithTransactOptions options = { .first_delay_msec = 1, .retries_stale = true };
    proxy_cut_at(proxy, "COMMIT", PROXY_LOSES_ANSWER);
    assert_false(kith_transact(fixture->session, add_cora, &n_runs, &options, &error));
    assert_error(error, KITH_ERROR_OUTCOME_UNKNOWN, "*");
    assert_int_equal(n_runs, 1);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob", "Cora");
}

static void
a_transaction_that_lost_its_connection_is_not_repeated(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    KithTransactOptions options = { .first_delay_msec = 1 };
    proxy_cut_at(proxy, "INSERT INTO", PROXY_LOSES_WORD);
    assert_false(kith_transact(fixture->session, add_cora, &n_runs, &options, &error));
    assert_int_equal(n_runs, 1);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob");
}

/* --- savepoints -------------------------------------------------------------------- */

static void
a_connection_that_is_lost_takes_savepoints_with_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    assert_done(kith_savepoint(fixture->session, &error), error);
    const Author *dora = kith_add(fixture->session, Author, .name = "Dora");
    end_processes(real_url, name);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_false(kith_savepoint_release(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "there is no savepoint*");
    kith_delete(dora);
    assert_can_be_committed(fixture, &work);
}

static void
a_savepoint_that_cannot_be_set_loses_no_change(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    flush(fixture->session);
    end_processes(real_url, name);
    assert_false(kith_savepoint(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_can_be_committed(fixture, &work);
}

static void
a_savepoint_that_cannot_be_rolled_back_takes_everything_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Work work = do_work(fixture);
    assert_done(kith_savepoint(fixture->session, &error), error);
    const Author *dora = kith_add(fixture->session, Author, .name = "Dora");
    end_processes(real_url, name);
    assert_false(kith_savepoint_rollback(fixture->session, &error));
    assert_error(error, KITH_ERROR_CONNECTION, "*");
    assert_int_equal(kith_state(dora), KITH_DETACHED);
    assert_int_equal(kith_state(work.cora), KITH_DETACHED);
    assert_int_equal(kith_state(work.bob), KITH_PERSISTENT);
    assert_false(kith_has_changes(fixture->session));
    assert_nothing_is_written(fixture);
    kith_set(work.ann, born, 1900);
    commit(fixture->session);
}

static int
choose_postgres(void **state)
{
    static Fixture fixture = { .database = "PostgreSQL" };
    *state = &fixture;
    return 0;
}

#define DIRECT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
/* --- a server that does not stop --------------------------------------------------- */

/* The proxy passes one connection at a time, so the request to stop does not arrive. */
static void
a_server_that_does_not_stop_in_time_is_given_up(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    kith_unsafe_sql(
        query, "SELECT 1 AS id, 'x' AS name, 1 AS born FROM pg_sleep(20)");
    kith_timeout(query, 30);
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_TIMEOUT, "timeout: *30 ms: and the server does not answer*");
    assert_non_null(find(session, Author, 101));
}

#define BEHIND_A_PROXY(test) \
    cmocka_unit_test_setup_teardown(test, set_up_behind_a_proxy, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BEHIND_A_PROXY(a_server_that_cannot_be_reached_takes_nothing_away),
        DIRECT(an_idle_connection_that_ended_is_replaced_without_a_word),
        DIRECT(a_process_that_ends_before_the_flush_takes_nothing_away),
        DIRECT(a_process_that_ends_before_a_commit_writes_nothing),
        DIRECT(a_process_that_ends_between_flush_and_commit_takes_the_flush_with_it),
        DIRECT(a_process_that_ends_between_two_flushes_takes_the_first_with_it),
        DIRECT(a_process_that_ends_before_a_rollback_is_rolled_back_all_the_same),
        DIRECT(a_query_that_loses_the_connection_loses_no_change),
        DIRECT(a_process_that_ends_during_a_flush_writes_nothing),
        DIRECT(a_process_that_ends_during_the_flush_of_a_commit_writes_nothing),
        DIRECT(a_process_that_ends_before_the_commit_behind_it_is_no_doubt),
        BEHIND_A_PROXY(an_answer_that_is_lost_during_a_flush_is_no_doubt),
        BEHIND_A_PROXY(
            a_commit_that_got_lost_has_an_unknown_outcome_and_can_be_done_again),
        BEHIND_A_PROXY(a_commit_whose_answer_got_lost_is_decided_by_the_next_one),
        BEHIND_A_PROXY(a_transaction_of_unknown_outcome_is_not_repeated),
        BEHIND_A_PROXY(a_transaction_that_lost_its_connection_is_not_repeated),
        DIRECT(a_connection_that_is_lost_takes_savepoints_with_it),
        DIRECT(a_savepoint_that_cannot_be_set_loses_no_change),
        DIRECT(a_savepoint_that_cannot_be_rolled_back_takes_everything_back),
        BEHIND_A_PROXY(a_server_that_does_not_stop_in_time_is_given_up),
    };
    return cmocka_run_group_tests_name(
        "lost connections on PostgreSQL", tests, choose_postgres, NULL);
}

/*
 * test-transact.c - functions in transactions that lost against another one: what is done
 * again, how often, and with what; and what is not. The others are sessions of their own,
 * a second thread, or a driver that makes a commit fail.
 */
#include "fixture.h"

#include "engine.h"
#include "error.h"

/* The shortest waits there are. */
#define HURRIED .first_delay_msec = 1, .max_delay_msec = 1
static const KithTransactOptions hurried = { HURRIED };

static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO authors (id, name, born) VALUES (1, 'Ann', 10), (2, 'Bob', 20)");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'Justice', 1.5, 5, 1)");
}

/* What a function of these tests is told, and what it tells. */
typedef struct Errand {
    Fixture *fixture;
    int n_runs;
    int n_failures; /* how many of them are to fail */
    KithErrorCode code;
    int32_t seen;        /* the 'born' of Ann, as the last run saw it */
    const Author *added; /* by the last run */
    KithSession *other;
} Errand;

static bool
transact(Errand *errand,
         KithTransactFunction function,
         const KithTransactOptions *options)
{
    g_autoptr(GError) error = NULL;
    bool done =
        kith_transact(errand->fixture->session, function, errand, options, &error);
    assert_done(done, error);
    return done;
}

/* Add one to the 'born' of Ann, and fail as often as was asked for. */
static bool
raise_born(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    errand->n_runs++;
    const Author *ann = kith_get(session, Author, 1, error);
    if (ann == NULL)
        return false;
    errand->seen = ann->born.value;
    kith_set(ann, born, ann->born.value + 1);
    if (errand->n_failures-- <= 0)
        return true;
    kith_error_set(error, errand->code, "so the test wants it");
    return false;
}

static bool
add_cora(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    errand->n_runs++;
    errand->added = kith_add(session, Author, .name = "Cora");
    if (errand->n_failures-- <= 0)
        return true;
    kith_error_set(error, errand->code, "so the test wants it");
    return false;
}

/* --- without anybody else ---------------------------------------------------------- */

static void
a_function_is_run_in_a_transaction_and_committed_at_once(void **state)
{
    Fixture *fixture = *state;
    Errand errand = { .fixture = fixture };
    transact(&errand, add_cora, NULL);
    assert_statements(fixture, "BEGIN", "INSERT authors", "COMMIT");
    assert_int_equal(errand.n_runs, 1);
    assert_int_equal(kith_state(errand.added), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT name FROM authors", "Cora");
}

static bool
do_nothing(KithSession *session, void *data, GError **error)
{
    (void) session;
    (void) error;
    ((Errand *) data)->n_runs++;
    return true;
}

static void
a_function_that_does_nothing_has_its_transaction_all_the_same(void **state)
{
    Fixture *fixture = *state;
    Errand errand = { .fixture = fixture };
    KithTransactOptions options = { .transaction = { .read_only = true } };
    transact(&errand, do_nothing, &options);
    assert_statements(fixture, "BEGIN", "COMMIT");
}

static void
an_attempt_that_lost_leaves_nothing_behind(void **state)
{
    Fixture *fixture = *state;
    Errand errand = { .fixture = fixture,
                      .n_failures = 2,
                      .code = KITH_ERROR_SERIALIZATION };
    transact(&errand, add_cora, &hurried);
    assert_int_equal(errand.n_runs, 3);
    assert_statements(fixture,
                      "BEGIN",
                      "ROLLBACK",
                      "BEGIN",
                      "ROLLBACK",
                      "BEGIN",
                      "INSERT authors",
                      "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors", "Cora");
    assert_false(kith_has_changes(fixture->session));
}

static void
busy_is_repeated_too(void **state)
{
    Fixture *fixture = *state;
    Errand errand = { .fixture = fixture, .n_failures = 1, .code = KITH_ERROR_BUSY };
    transact(&errand, add_cora, &hurried);
    assert_int_equal(errand.n_runs, 2);
}

static void
other_errors_are_not_repeated(void **state)
{
    Fixture *fixture = *state;
    static const KithErrorCode codes[] = {
        KITH_ERROR_UNIQUE,     KITH_ERROR_STALE,   KITH_ERROR_OUTCOME_UNKNOWN,
        KITH_ERROR_CONNECTION, KITH_ERROR_TIMEOUT, KITH_ERROR_MISUSE,
        KITH_ERROR_SQL
    };
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(GError) error = NULL;
        Errand errand = { .fixture = fixture, .n_failures = 1, .code = codes[i] };
        assert_false(
            kith_transact(fixture->session, add_cora, &errand, &hurried, &error));
        assert_error(error, codes[i], "so the test wants it*");
        assert_int_equal(errand.n_runs, 1);
        assert_int_equal(kith_state(errand.added), KITH_DETACHED);
        assert_statements(fixture, "BEGIN", "ROLLBACK");
    }
}

static bool
add_ann_again(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    (void) error;
    errand->n_runs++;
    errand->added = kith_add(session, Author, .name = "Ann");
    return true;
}

static void
what_the_commit_refuses_is_rolled_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Errand errand = { .fixture = fixture };
    fill(fixture);
    assert_false(
        kith_transact(fixture->session, add_ann_again, &errand, &hurried, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_int_equal(errand.n_runs, 1);
    assert_int_equal(kith_state(errand.added), KITH_DETACHED);
    assert_false(kith_has_changes(fixture->session));
}

static void
the_attempts_are_limited(void **state)
{
    Fixture *fixture = *state;
    for (unsigned max_attempts = 0; max_attempts < 4; max_attempts++) {
        g_autoptr(GError) error = NULL;
        Errand errand = { .fixture = fixture,
                          .n_failures = 1000,
                          .code = KITH_ERROR_SERIALIZATION };
        KithTransactOptions options = { HURRIED, .max_attempts = max_attempts };
        assert_false(
            kith_transact(fixture->session, add_cora, &errand, &options, &error));
        assert_error(error, KITH_ERROR_SERIALIZATION, "so the test wants it");
        assert_int_equal(errand.n_runs, max_attempts == 0 ? 10 : max_attempts);
    }
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static bool
fail_silently(KithSession *session, void *data, GError **error)
{
    (void) error;
    ((Errand *) data)->n_runs++;
    kith_add(session, Author, .name = "Cora");
    return false;
}

static void
a_function_that_fails_without_an_error_is_a_misuse(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Errand errand = { .fixture = fixture };
    assert_false(
        kith_transact(fixture->session, fail_silently, &errand, &hurried, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "the function of kith_transact() failed without an error");
    assert_int_equal(errand.n_runs, 1);
    assert_statements(fixture, "BEGIN", "ROLLBACK");
}

/* --- when it is refused ------------------------------------------------------------ */

static void
no_function_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_false(kith_transact(fixture->session, NULL, NULL, &hurried, &error));
    assert_error(error, KITH_ERROR_MISUSE, "kith_transact() was given no function*");
    assert_no_statements(fixture);
}

static void
changes_from_before_are_refused_and_kept(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Errand errand = { .fixture = fixture };
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_transact(fixture->session, add_cora, &errand, NULL, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "there are changes from before kith_transact()*");
    assert_int_equal(errand.n_runs, 0);
    assert_no_statements(fixture);
    assert_int_equal(kith_state(ann), KITH_PENDING);
    commit(fixture->session);
    transact(&errand, add_cora, NULL);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Cora");
}

static void
an_open_transaction_is_refused_and_stays_open(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Errand errand = { .fixture = fixture };
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    forget_statements(fixture);
    assert_false(kith_transact(fixture->session, add_cora, &errand, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "a transaction is open already*");
    assert_int_equal(errand.n_runs, 0);
    commit(fixture->session);
    assert_statements(fixture, "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static bool
transact_within(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    return errand->n_runs++ > 0
           || kith_transact(session, transact_within, errand, NULL, error);
}

static void
a_transaction_within_a_transaction_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Errand errand = { .fixture = fixture };
    assert_false(kith_transact(fixture->session, transact_within, &errand, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "a transaction is open already*");
    assert_int_equal(errand.n_runs, 1);
}

/* --- what the next attempt sees ---------------------------------------------------- */

static bool
change_meanwhile(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    run_sql((Fixture *) data, "UPDATE authors SET born = born + 100 WHERE id = 1");
    return true;
}

static void
each_attempt_sees_the_rows_as_they_are_then(void **state)
{
    Fixture *fixture = *state;
    Errand errand = { .fixture = fixture,
                      .n_failures = 2,
                      .code = KITH_ERROR_SERIALIZATION };
    fill(fixture);
    find(fixture->session, Author, 1);
    run_sql(fixture, "UPDATE authors SET born = 0 WHERE id = 1");
    kith_on(fixture->session, KITH_AFTER_ROLLBACK, change_meanwhile, fixture);
    transact(&errand, raise_born, &hurried);
    assert_int_equal(errand.n_runs, 3);
    assert_int_equal(errand.seen, 200);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 1", "201");
}

/* Somebody changes the row between the read and the write of the first run. On SQLite
 * nobody can, so there it only looks so. */
static bool
raise_price(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    const Book *book = kith_get(session, Book, 1, error);
    if (book == NULL)
        return false;
    kith_set(book, price, book->price + 1);
    if (errand->n_runs++ > 0)
        return true;
    if (!is_sqlite(errand->fixture)) {
        run_sql(errand->fixture, "UPDATE books SET price = 7.5, version = version + 1");
        return true;
    }
    kith_error_set(error, KITH_ERROR_STALE, "Book 1: so the test wants it");
    return false;
}

static void
stale_is_repeated_if_the_program_says_so(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    Errand errand = { .fixture = fixture };
    const Book *book = find(fixture->session, Book, 1);
    KithTransactOptions options = { HURRIED, .retries_stale = true };
    assert_false(kith_transact(fixture->session, raise_price, &errand, &hurried, &error));
    assert_error(error,
                 KITH_ERROR_STALE,
                 "Book 1: * (kith_transact() does that with .retries_stale)");
    assert_true(book->price == 1.5);
    run_sql(fixture, "UPDATE books SET price = 7.5");
    errand.n_runs = 0;
    transact(&errand, raise_price, &options);
    assert_int_equal(errand.n_runs, 2);
    assert_true(book->price == 8.5);
    assert_rows(fixture, "SELECT price FROM books", "8.5");
}

/* --- other sessions ---------------------------------------------------------------- */

/* Let the other one go on as soon as we were told to wait. */
static void
release_when_busy(const KithTraceEvent *event, void *data)
{
    Errand *errand = data;
    if (event->error == NULL)
        return;
    errand->n_failures++;
    commit(errand->other);
}

static void
on_sqlite_a_session_that_was_busy_tries_again(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_sqlite(fixture))
        return;
    fill(fixture);
    Errand errand = { .fixture = fixture, .other = fixture->session };
    KithOptions options = { .busy_timeout_msec = 1,
                            .trace = release_when_busy,
                            .trace_data = &errand };
    KithEngine *engine = open_engine(fixture, &options);
    g_autoptr(KithSession) session = kith_session_new(engine);
    kith_set(find(fixture->session, Author, 2), born, 21);
    flush(fixture->session);
    assert_done(kith_transact(session, do_nothing, &errand, &hurried, &error), error);
    assert_int_equal(errand.n_failures, 1);
    assert_int_equal(errand.n_runs, 1);
    assert_rows(fixture, "SELECT born FROM authors ORDER BY id", "10", "21");
}

/* Raise the 'born' of Ann; in the first run somebody else does so meanwhile. */
static bool
raise_born_against_another(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    if (!raise_born(session, data, error))
        return false;
    if (errand->n_runs == 1)
        run_sql(errand->fixture, "UPDATE authors SET born = born + 100 WHERE id = 1");
    return true;
}

static void
a_real_serialization_failure_is_repeated(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    Errand errand = { .fixture = fixture };
    KithTransactOptions options = {
        HURRIED, .transaction = { .isolation = KITH_REPEATABLE_READ }
    };
    transact(&errand, raise_born_against_another, &options);
    assert_int_equal(errand.n_runs, 2);
    assert_int_equal(errand.seen, 110);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 1", "111");
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT authors WHERE id",
                      "UPDATE authors SET born (failed)",
                      "ROLLBACK",
                      "BEGIN",
                      "SELECT authors WHERE id",
                      "UPDATE authors SET born",
                      "COMMIT");
}

/* Each sets one of two from the sum of both: fine one after the other, not together. */
static bool
set_to_the_sum(KithSession *session, int64_t id, GError **error)
{
    const Author *ann = kith_get(session, Author, 1, error);
    const Author *bob = ann != NULL ? kith_get(session, Author, 2, error) : NULL;
    if (bob == NULL)
        return false;
    kith_set(id == 1 ? ann : bob, born, ann->born.value + bob->born.value);
    return true;
}

static bool
set_ann_to_the_sum(KithSession *session, void *data, GError **error)
{
    Errand *errand = data;
    KithTransactionOptions options = { .isolation = KITH_SERIALIZABLE };
    if (!set_to_the_sum(session, 1, error))
        return false;
    if (errand->n_runs++ > 0)
        return true;
    assert_true(kith_begin(errand->other, &options, NULL));
    assert_true(set_to_the_sum(errand->other, 2, NULL));
    commit(errand->other);
    return true;
}

static void
two_that_are_not_serializable_are_done_one_after_the_other(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    Errand errand = { .fixture = fixture, .other = other };
    KithTransactOptions options = { HURRIED,
                                    .transaction = { .isolation = KITH_SERIALIZABLE } };
    transact(&errand, set_ann_to_the_sum, &options);
    assert_int_equal(errand.n_runs, 2);
    assert_rows(fixture, "SELECT born FROM authors ORDER BY id", "40", "30");
}

/* --- a deadlock -------------------------------------------------------------------- */

typedef struct Dancer {
    Fixture *fixture;
    KithEngine *engine;
    int64_t first, second; /* the authors, in the order in which this one locks them */
    struct Dancer *partner;
    int n_runs;    /* atomic */
    int has_first; /* atomic: the first author is locked */
} Dancer;

static bool
lock_author(KithSession *session, int64_t id, GError **error)
{
    const Author *author = kith_get(session, Author, id, error);
    if (author == NULL || !kith_lock(author, KITH_FOR_UPDATE, KITH_WAIT, error))
        return false;
    kith_set(author, born, author->born.value + 1);
    return true;
}

/* Lock one, wait until the other dancer has locked the other, and lock that. */
static bool
dance(KithSession *session, void *data, GError **error)
{
    Dancer *dancer = data;
    g_atomic_int_inc(&dancer->n_runs);
    if (!lock_author(session, dancer->first, error))
        return false;
    g_atomic_int_set(&dancer->has_first, 1);
    while (g_atomic_int_get(&dancer->partner->has_first) == 0)
        g_thread_yield();
    return lock_author(session, dancer->second, error);
}

static void *
run_dancer(void *data)
{
    Dancer *dancer = data;
    g_autoptr(KithSession) session = kith_session_new(dancer->engine);
    GError *error = NULL;
    KithTransactOptions options = { HURRIED, .retries_stale = true };
    bool done = kith_transact(session, dance, dancer, &options, &error);
    assert_true(done == (error == NULL));
    return error;
}

static void
ignore(const KithTraceEvent *event, void *data)
{
    (void) event;
    (void) data;
}

static void
of_two_in_a_deadlock_both_get_their_way(void **state)
{
    Fixture *fixture = *state;
    if (is_sqlite(fixture))
        return;
    fill(fixture);
    KithEngine *engine = open_engine(fixture, &(KithOptions){ .trace = ignore });
    Dancer ann = { .fixture = fixture, .engine = engine, .first = 1, .second = 2 };
    Dancer bob = { .fixture = fixture, .engine = engine, .first = 2, .second = 1 };
    ann.partner = &bob;
    bob.partner = &ann;
    GThread *thread = g_thread_new("dancer", run_dancer, &bob);
    g_autoptr(GError) error = run_dancer(&ann);
    g_autoptr(GError) other_error = g_thread_join(thread);
    assert_done(error == NULL, error);
    assert_done(other_error == NULL, other_error);
    assert_true(ann.n_runs + bob.n_runs > 2);
    assert_rows(fixture, "SELECT born FROM authors ORDER BY id", "12", "22");
}

/* --- a commit that stands alone ---------------------------------------------------- */

/* A driver whose first commits lose. There is one at a time. */
static struct {
    const KithDriver *real;
    KithDriver table;
    int n_failures;
    KithErrorCode code;
} loser;

static bool
lose_commit(KithHandle *handle, GError **error)
{
    if (loser.n_failures-- <= 0)
        return (*loser.real->commit)(handle, error);
    loser.real->rollback(handle, "ROLLBACK", NULL);
    kith_error_set(error, loser.code, "so the test wants it");
    return false;
}

static void
let_commits_fail(KithEngine *engine, int n_failures, KithErrorCode code)
{
    loser.real = engine->driver;
    loser.table = *engine->driver;
    loser.table.commit = lose_commit;
    loser.n_failures = n_failures;
    loser.code = code;
    engine->driver = &loser.table;
    for (guint i = 0; i < engine->idle->len; i++)
        ((KithConnection *) g_ptr_array_index(engine->idle, i))->driver = &loser.table;
}

static void
a_commit_that_stands_alone_is_replayed_by_itself(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    const Author *bob = find(fixture->session, Author, 2);
    kith_set(book, price, 9);
    kith_delete(bob);
    const Author *cora = kith_add(fixture->session, Author, .id = 10, .name = "Cora");
    let_commits_fail(fixture->engine, 2, KITH_ERROR_SERIALIZATION);
    forget_statements(fixture);
    commit(fixture->session);
    assert_int_equal(loser.n_failures, -1);
    assert_int_equal(book->version, 6);
    assert_int_equal(kith_state(cora), KITH_PERSISTENT);
    assert_rows(fixture,
                "SELECT price, version FROM books",
                is_sqlite(fixture) ? "9.0|6" : "9|6");
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Cora");
}

static bool
count_run(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    ++*(int *) data;
    return true;
}

static void
a_commit_with_hooks_is_replayed_too(void **state)
{
    Fixture *fixture = *state;
    int n_before = 0, n_commits = 0;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    kith_on_entity(fixture->session, Book, KITH_BEFORE_UPDATE, count_run, &n_before);
    kith_on(fixture->session, KITH_AFTER_COMMIT, count_run, &n_commits);
    kith_touch(book);
    let_commits_fail(fixture->engine, 1, KITH_ERROR_SERIALIZATION);
    commit(fixture->session);
    assert_int_equal(n_before, 2);
    assert_int_equal(n_commits, 1);
    assert_int_equal(book->version, 6);
    assert_rows(fixture, "SELECT version FROM books", "6");
}

static void
a_commit_of_an_open_transaction_is_not_replayed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 1);
    let_commits_fail(fixture->engine, 2, KITH_ERROR_SERIALIZATION);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    kith_set(book, price, 9);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_SERIALIZATION, "so the test wants it");
    kith_touch(book);
    assert_done(kith_begin(fixture->session, NULL, &error), error);
    flush(fixture->session);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_SERIALIZATION, "so the test wants it");
    assert_int_equal(book->version, 5);
    assert_true(book->price == 9);
    commit(fixture->session);
    assert_int_equal(loser.n_failures, -1);
    assert_rows(fixture, "SELECT version FROM books", "6");
}

static void
a_commit_that_failed_otherwise_is_not_replayed(void **state)
{
    Fixture *fixture = *state;
    static const KithErrorCode codes[] = { KITH_ERROR_OUTCOME_UNKNOWN,
                                           KITH_ERROR_CONNECTION,
                                           KITH_ERROR_FOREIGN_KEY };
    let_commits_fail(fixture->engine, 0, KITH_ERROR_SQL);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(GError) error = NULL;
        loser.n_failures = 1;
        loser.code = codes[i];
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, codes[i], "*so the test wants it");
        assert_int_equal(loser.n_failures, 0);
        assert_int_equal(kith_state(cora), KITH_PENDING);
        assert_int_equal(cora->id, 0);
    }
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Cora");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_function_is_run_in_a_transaction_and_committed_at_once),
        ON_A_DATABASE(a_function_that_does_nothing_has_its_transaction_all_the_same),
        ON_A_DATABASE(an_attempt_that_lost_leaves_nothing_behind),
        ON_A_DATABASE(busy_is_repeated_too),
        ON_A_DATABASE(other_errors_are_not_repeated),
        ON_A_DATABASE(what_the_commit_refuses_is_rolled_back),
        ON_A_DATABASE(the_attempts_are_limited),
        ON_A_DATABASE(a_function_that_fails_without_an_error_is_a_misuse),
        ON_A_DATABASE(no_function_is_refused),
        ON_A_DATABASE(changes_from_before_are_refused_and_kept),
        ON_A_DATABASE(an_open_transaction_is_refused_and_stays_open),
        ON_A_DATABASE(a_transaction_within_a_transaction_is_refused),
        ON_A_DATABASE(each_attempt_sees_the_rows_as_they_are_then),
        ON_A_DATABASE(stale_is_repeated_if_the_program_says_so),
        ON_A_DATABASE(on_sqlite_a_session_that_was_busy_tries_again),
        ON_A_DATABASE(a_real_serialization_failure_is_repeated),
        ON_A_DATABASE(two_that_are_not_serializable_are_done_one_after_the_other),
        ON_A_DATABASE(of_two_in_a_deadlock_both_get_their_way),
        ON_A_DATABASE(a_commit_that_stands_alone_is_replayed_by_itself),
        ON_A_DATABASE(a_commit_with_hooks_is_replayed_too),
        ON_A_DATABASE(a_commit_of_an_open_transaction_is_not_replayed),
        ON_A_DATABASE(a_commit_that_failed_otherwise_is_not_replayed),
    };
    return run_on_each_database("transact", tests);
}

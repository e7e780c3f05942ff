/*
 * fixture.h - what every session test stands on: a new database with the tables of
 * library.h, an engine and a session on it, what they sent, and a connection of somebody
 * else.
 *
 *     static void
 *     a_commit_inserts_what_was_added(void **state)
 *     {
 *         Fixture *fixture = *state;
 *         kith_add(fixture->session, Author, .name = "Ann");
 *         commit(fixture->session);
 *         assert_statements(fixture, "BEGIN", "INSERT authors", "COMMIT");
 *         assert_rows(fixture, "SELECT name FROM authors", "Ann");
 *     }
 *
 *     int
 *     main(void)
 *     {
 *         const struct CMUnitTest tests[] = {
 *             ON_A_DATABASE(a_commit_inserts_what_was_added),
 *         };
 *         return run_on_each_database("changes", tests);
 *     }
 *
 * The tests run once for each database, in groups named "changes on SQLite" and so on.
 * The one for PostgreSQL needs the URL of a server in KITH_TEST_POSTGRES, and fails
 * without.
 */
#ifndef KITH_TESTS_FIXTURE_H
#define KITH_TESTS_FIXTURE_H

#include "library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct Outsider Outsider;

typedef struct Fixture {
    const char *database; /* "SQLite", "PostgreSQL" */
    char *url;            /* of the database of this test: for another engine */
    KithEngine *engine;
    KithSession *session;
    GPtrArray *statements; /* what was sent since the last look at it, in our words */
    bool last_failed;      /* of them */
    Outsider *outsider;
    GPtrArray *texts; /* of query_text() */
} Fixture;

/* --- tests and groups -------------------------------------------------------------- */

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

#define ON_A_DATABASE(test) \
    cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

/* Run an array of tests on each database. Returns how many failed. */
#define run_on_each_database(subject, tests) \
    fixture_run((subject), (tests), G_N_ELEMENTS(tests))
int fixture_run(const char *subject, const struct CMUnitTest *tests, size_t n_tests);

static inline bool
is_sqlite(const Fixture *fixture)
{
    return strcmp(fixture->database, "SQLite") == 0;
}

/* Free the session and take a new one: one that knows nothing. Returns it. */
KithSession *new_session(Fixture *fixture);

/* Another engine on the same database, recorded too unless @options has a trace of its
 * own. */
KithEngine *open_engine(Fixture *fixture, const KithOptions *options);

/* --- what was sent ----------------------------------------------------------------- */

/*
 * What was sent since the last look at it, in words that are the same for both databases.
 * An assertion that holds forgets what it has seen.
 *
 *     "BEGIN"  "COMMIT"  "ROLLBACK"  "SAVEPOINT 1"  "RELEASE 1"  "ROLLBACK TO 1"
 *     "INSERT authors"  "INSERT authors x2"          a batch of two rows
 *     "UPDATE books SET price, version"
 *     "DELETE books x3"
 *     "SELECT books WHERE id"  "SELECT books WHERE id IN (?) ORDER BY id"
 *     "SELECT books WHERE price < ? ORDER BY title LIMIT ?"
 *     "COUNT books WHERE title"                      '= ?' is left out
 *     "INSERT authors x2 (failed)"
 *
 * What is read from several tables, or from a part of one, stands in brackets:
 *
 *     "SELECT [animals LEFT JOIN dogs LEFT JOIN cats] WHERE id"
 *     "SELECT [vehicles WHERE vehicles.kind IN ('car', 'taxi')] ORDER BY id"
 *
 * Left out is what only one of the databases has to do: the SELECTs by which Kith finds
 * out which foreign key SQLite means; of PostgreSQL the query that makes keys, the
 * savepoint before rows that are written in bulk, and a COMMIT that was sent behind a
 * statement that failed.
 */
#define assert_statements(fixture, ...) \
    fixture_assert_statements(          \
        (fixture), (const char *const[]){ __VA_ARGS__, NULL }, __FILE__, __LINE__)
#define assert_no_statements(fixture) \
    fixture_assert_statements(        \
        (fixture), (const char *const[]){ NULL }, __FILE__, __LINE__)
void fixture_assert_statements(Fixture *fixture,
                               const char *const *expected,
                               const char *file,
                               int line);

void forget_statements(Fixture *fixture);

/* --- somebody else ----------------------------------------------------------------- */

/* Run statements over another connection, which does not check foreign keys on SQLite. */
#define run_sql(fixture, sql) fixture_run_sql((fixture), (sql), __FILE__, __LINE__)
void fixture_run_sql(Fixture *fixture, const char *sql, const char *file, int line);

/*
 * What a query gives over another connection, which sees only what is committed:
 * "1|Ann\n2|NULL\n3|''". Lives as long as the test.
 */
#define query_text(fixture, sql) fixture_query((fixture), (sql), __FILE__, __LINE__)
const char *fixture_query(Fixture *fixture, const char *sql, const char *file, int line);

/* The rows of a query, one text each: "1|Ann", "2|NULL". */
#define assert_rows(fixture, sql, ...)                              \
    fixture_assert_rows((fixture),                                  \
                        (sql),                                      \
                        (const char *const[]){ __VA_ARGS__, NULL }, \
                        __FILE__,                                   \
                        __LINE__)
#define assert_no_rows(fixture, sql) \
    fixture_assert_rows(             \
        (fixture), (sql), (const char *const[]){ NULL }, __FILE__, __LINE__)
void fixture_assert_rows(Fixture *fixture,
                         const char *sql,
                         const char *const *expected,
                         const char *file,
                         int line);

/* --- calls that have to go well ---------------------------------------------------- */

/* The call returned true, or no NULL: assert_done(kith_flush(session, &error), error). */
#define assert_done(call, error) fixture_check((call), (error), #call, __FILE__, __LINE__)
void fixture_check(
    bool done, const GError *error, const char *call, const char *file, int line);

#define commit(session) fixture_commit((session), __FILE__, __LINE__)
#define flush(session) fixture_flush((session), __FILE__, __LINE__)
void fixture_commit(KithSession *session, const char *file, int line);
void fixture_flush(KithSession *session, const char *file, int line);

/* The object that is there: find(session, Author, 1). */
#define find(session, T, key)  \
    ((const T *) fixture_find( \
        (session), &kith_mapping_##T, KITH_VALUE(key), __FILE__, __LINE__))
const void *fixture_find(KithSession *session,
                         const KithMapping *mapping,
                         KithValue key,
                         const char *file,
                         int line);

/* There is none: assert_gone(session, Author, 1). */
#define assert_gone(session, T, key) \
    fixture_assert_gone((session), &kith_mapping_##T, KITH_VALUE(key), __FILE__, __LINE__)
void fixture_assert_gone(KithSession *session,
                         const KithMapping *mapping,
                         KithValue key,
                         const char *file,
                         int line);

/* --- errors ------------------------------------------------------------------------ */

/*
 * The variable @error holds this one; its message is @pattern, in which '*' and '?' stand
 * for any text and any character. Clears the variable.
 */
#define assert_error(error, code, pattern) \
    fixture_assert_error(&(error), (code), (pattern), __FILE__, __LINE__)
void fixture_assert_error(
    GError **error, KithErrorCode code, const char *pattern, const char *file, int line);

/* What an error says beside its message; NULL: nothing. Does not clear it. */
typedef struct ErrorFacts {
    const char *constraint;
    const char *table;
    const char *column;
    const char *entity;
    const char *key;
} ErrorFacts;

/* assert_error_facts(error, .entity = "Author", .key = "7"): these, and no others. */
#define assert_error_facts(error, ...) \
    fixture_assert_error_facts((error), &(ErrorFacts){ __VA_ARGS__ }, __FILE__, __LINE__)
void fixture_assert_error_facts(const GError *error,
                                const ErrorFacts *facts,
                                const char *file,
                                int line);

#endif

/*
 * fixture.c - a new database for each test, and what the tests say of it. On SQLite that
 * is a file in a folder of its own below the one that the tests run in, on PostgreSQL a
 * schema of its own, so that programs can run at the same time. Both are gone after the
 * test.
 */
#include "fixture.h"

#include "bulk.h"
#include "outsider.h"

#include <stdlib.h>

/* --- what was sent ----------------------------------------------------------------- */

/* From a statement to our words for it: each pattern is replaced wherever it is found, in
 * order. */
static const struct {
    const char *pattern;
    const char *replacement;
} words[] = {
    { "\"", "" },
    { "^(UPDATE|DELETE FROM) (\\S+) AS t ", "\\1 \\2 " },
    { " = i\\.w[0-9]+", " = ?" },
    { "[?$][0-9]+", "?" },
    { "\\?(, \\?)+", "?" },
    { " = ANY \\(\\?\\)", " IN (?)" },
    { "\\(SELECT (\\*|v[0-9, v]+) FROM (unnest|kith_list)\\(\\?\\)\\)", "(?)" },
    { "\\(SELECT .*? FROM ([^()]*(\\([^()]*\\))?)\\) AS \\S+", "[\\1]" },
    { " ON \\S+ = [^] ]+", "" },
    { "^BEGIN.*$", "BEGIN" },
    { "^SAVEPOINT kith_", "SAVEPOINT " },
    { "^RELEASE SAVEPOINT kith_", "RELEASE " },
    { "^ROLLBACK TO SAVEPOINT kith_", "ROLLBACK TO " },
    { "^INSERT INTO (\\S+) .*$", "INSERT \\1" },
    { "^DELETE FROM (\\S+) .*$", "DELETE \\1" },
    { "^UPDATE (\\S+ SET .*?) (FROM unnest|WHERE).*$", "UPDATE \\1" },
    { "^SELECT count\\(\\*\\) FROM ", "COUNT " },
    { "^SELECT .*? FROM ", "SELECT " },
    { " LIMIT -1", "" },
    { " = \\?", "" },
};

static char *
describe(const KithTraceEvent *event)
{
    char *text = g_strdup(event->sql);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(GRegex) regex = g_regex_new(words[i].pattern, G_REGEX_DOTALL, 0, NULL);
        g_autofree char *before = text;
        text = g_regex_replace(regex, before, -1, 0, words[i].replacement, 0, NULL);
    }
    /* PostgreSQL lets the statement fail for a row that is not there, SQLite does not. */
    bool is_stale = g_error_matches(event->error, KITH_ERROR, KITH_ERROR_STALE);
    bool has_failed = event->error != NULL && !is_stale;
    g_autofree char *what = text;
    g_autofree char *times =
        event->n_executions > 1 ? g_strdup_printf(" x%zu", event->n_executions) : NULL;
    return g_strconcat(
        what, times != NULL ? times : "", has_failed ? " (failed)" : "", NULL);
}

/* What a driver sends to find out more, or behind a failure, is not for the tests to
 * know. */
static bool
is_incidental(const Fixture *fixture, const KithTraceEvent *event)
{
    bool follows_failure = fixture->last_failed && event->error != NULL;
    return follows_failure || g_str_has_prefix(event->sql, "SELECT 1 FROM ")
           || strstr(event->sql, "nextval(") != NULL
           || g_str_has_suffix(event->sql, " kith_flush");
}

static void
record(const KithTraceEvent *event, void *data)
{
    Fixture *fixture = data;
    if (is_incidental(fixture, event))
        return;
    fixture->last_failed = event->error != NULL;
    g_ptr_array_add(fixture->statements, describe(event));
}

void
forget_statements(Fixture *fixture)
{
    g_ptr_array_set_size(fixture->statements, 0);
    fixture->last_failed = false;
}

/* --- differences ------------------------------------------------------------------- */

static void
print_lines(char mark, const char *const *lines, size_t n_lines)
{
    for (size_t i = 0; i < n_lines; i++)
        print_error("  %c %s\n", mark, lines[i]);
}

/* Fail unless the two are the same; say where they part: '-' was expected, '+' was found.
 */
static void
compare_lines(const char *what,
              const char *const *expected,
              const char *const *found,
              const char *file,
              int line)
{
    size_t n_expected = g_strv_length((char **) (uintptr_t) expected);
    size_t n_found = g_strv_length((char **) (uintptr_t) found);
    size_t shorter = MIN(n_expected, n_found), same = 0, tail = 0;
    while (same < shorter && strcmp(expected[same], found[same]) == 0)
        same++;
    if (same == n_expected && same == n_found)
        return;
    while (tail < shorter - same
           && strcmp(expected[n_expected - tail - 1], found[n_found - tail - 1]) == 0)
        tail++;
    print_error("%s: '-' was expected, '+' was found\n", what);
    print_lines(' ', expected, same);
    print_lines('-', expected + same, n_expected - same - tail);
    print_lines('+', found + same, n_found - same - tail);
    print_lines(' ', expected + n_expected - tail, tail);
    _fail(file, line);
}

void
fixture_assert_statements(Fixture *fixture,
                          const char *const *expected,
                          const char *file,
                          int line)
{
    GPtrArray *statements = fixture->statements;
    g_ptr_array_add(statements, NULL);
    const char *const *found = (const char *const *) statements->pdata;
    compare_lines("statements", expected, found, file, line);
    forget_statements(fixture);
}

/* --- databases --------------------------------------------------------------------- */

/* The engines of a test; the first one is fixture->engine. */
static GPtrArray *engines;

static void
free_engine(void *engine)
{
    kith_engine_free(engine);
}

KithEngine *
open_engine(Fixture *fixture, const KithOptions *options)
{
    KithOptions own = options != NULL ? *options : (KithOptions){ .mappings = NULL };
    g_autoptr(GError) error = NULL;
    if (own.mappings == NULL)
        own.mappings = library_mappings;
    if (own.trace == NULL) {
        own.trace = record;
        own.trace_data = fixture;
    }
    KithEngine *engine = kith_engine_open(fixture->url, &own, &error);
    assert_done(engine, error);
    g_ptr_array_add(engines, engine);
    choose_bulk(engine);
    return engine;
}

int
fixture_set_up(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fixture->statements = g_ptr_array_new_with_free_func(g_free);
    fixture->texts = g_ptr_array_new_with_free_func(g_free);
    fixture->outsider = outsider_new(is_sqlite(fixture));
    fixture->url = g_strdup(outsider_url(fixture->outsider));
    engines = g_ptr_array_new_with_free_func(free_engine);
    fixture->engine = open_engine(fixture, NULL);
    assert_done(kith_schema_create(fixture->engine, &error), error);
    fixture->session = kith_session_new(fixture->engine);
    forget_statements(fixture);
    return 0;
}

int
fixture_tear_down(void **state)
{
    Fixture *fixture = *state;
    kith_session_free(fixture->session);
    g_clear_pointer(&engines, g_ptr_array_unref);
    outsider_free(fixture->outsider);
    g_ptr_array_unref(fixture->statements);
    g_ptr_array_unref(fixture->texts);
    g_free(fixture->url);
    *fixture = (Fixture){ .database = fixture->database };
    return 0;
}

KithSession *
new_session(Fixture *fixture)
{
    kith_session_free(fixture->session);
    fixture->session = kith_session_new(fixture->engine);
    return fixture->session;
}

/* --- groups ------------------------------------------------------------------------ */

static int
choose_sqlite(void **state)
{
    static Fixture fixture = { .database = "SQLite" };
    *state = &fixture;
    return 0;
}

static int
choose_postgres(void **state)
{
    static Fixture fixture = { .database = "PostgreSQL" };
    *state = &fixture;
    return 0;
}

int
fixture_run(const char *subject, const struct CMUnitTest *tests, size_t n_tests)
{
    g_autofree char *sqlite = g_strdup_printf("%s on SQLite", subject);
    g_autofree char *postgres = g_strdup_printf("%s on PostgreSQL", subject);
    return _cmocka_run_group_tests(sqlite, tests, n_tests, choose_sqlite, NULL)
           + _cmocka_run_group_tests(postgres, tests, n_tests, choose_postgres, NULL);
}

/* --- somebody else ----------------------------------------------------------------- */

const char *
fixture_query(Fixture *fixture, const char *sql, const char *file, int line)
{
    g_autofree char *complaint = NULL;
    char *text = outsider_query(fixture->outsider, sql, &complaint);
    if (text == NULL) {
        print_error("%s: %s\n", sql, complaint);
        _fail(file, line);
    }
    g_ptr_array_add(fixture->texts, text);
    return text;
}

void
fixture_run_sql(Fixture *fixture, const char *sql, const char *file, int line)
{
    (void) fixture_query(fixture, sql, file, line);
}

void
fixture_assert_rows(Fixture *fixture,
                    const char *sql,
                    const char *const *expected,
                    const char *file,
                    int line)
{
    const char *text = fixture_query(fixture, sql, file, line);
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    compare_lines(sql, expected, (const char *const *) rows, file, line);
}

/* --- calls that have to go well ---------------------------------------------------- */

void
fixture_check(
    bool done, const GError *error, const char *call, const char *file, int line)
{
    if (done && error == NULL)
        return;
    print_error(
        "%s: %s\n", call, error != NULL ? error->message : "failed without an error");
    _fail(file, line);
}

void
fixture_commit(KithSession *session, const char *file, int line)
{
    g_autoptr(GError) error = NULL;
    bool done = kith_session_commit(session, kith_place(file, line), &error);
    fixture_check(done, error, "commit", file, line);
}

void
fixture_flush(KithSession *session, const char *file, int line)
{
    g_autoptr(GError) error = NULL;
    bool done = kith_session_flush(session, kith_place(file, line), &error);
    fixture_check(done, error, "flush", file, line);
}

const void *
fixture_find(KithSession *session,
             const KithMapping *mapping,
             KithValue key,
             const char *file,
             int line)
{
    g_autoptr(GError) error = NULL;
    const void *object =
        kith_session_get(session, mapping, key, kith_place(file, line), &error);
    fixture_check(error == NULL, error, "find", file, line);
    if (object == NULL) {
        print_error("find: there is no such %s\n", mapping->entity);
        _fail(file, line);
    }
    return object;
}

void
fixture_assert_gone(KithSession *session,
                    const KithMapping *mapping,
                    KithValue key,
                    const char *file,
                    int line)
{
    g_autoptr(GError) error = NULL;
    const void *object =
        kith_session_get(session, mapping, key, kith_place(file, line), &error);
    fixture_check(error == NULL, error, "assert_gone", file, line);
    if (object == NULL)
        return;
    print_error("assert_gone: there is a %s with this key\n", mapping->entity);
    _fail(file, line);
}

/* --- errors ------------------------------------------------------------------------ */

void
fixture_assert_error(
    GError **error, KithErrorCode code, const char *pattern, const char *file, int line)
{
    if (*error == NULL) {
        print_error("no error, and expected was: %s\n", pattern);
        _fail(file, line);
    }
    bool is_it = g_error_matches(*error, KITH_ERROR, (gint) code)
                 && g_pattern_match_simple(pattern, (*error)->message);
    if (!is_it) {
        print_error("expected: code %d: %s\n", (int) code, pattern);
        print_error("found:    code %d: %s\n", (*error)->code, (*error)->message);
        _fail(file, line);
    }
    g_clear_error(error);
}

static char *
facts_text(const ErrorFacts *facts)
{
    return g_strdup_printf("constraint %s, table %s, column %s, entity %s, key %s",
                           facts->constraint,
                           facts->table,
                           facts->column,
                           facts->entity,
                           facts->key);
}

void
fixture_assert_error_facts(const GError *error,
                           const ErrorFacts *facts,
                           const char *file,
                           int line)
{
    ErrorFacts found = { .constraint = kith_error_constraint(error),
                         .table = kith_error_table(error),
                         .column = kith_error_column(error),
                         .entity = kith_error_entity(error),
                         .key = kith_error_key(error) };
    g_autofree char *expected_text = facts_text(facts);
    g_autofree char *found_text = facts_text(&found);
    if (strcmp(expected_text, found_text) == 0)
        return;
    print_error("expected: %s\n", expected_text);
    print_error("found:    %s\n", found_text);
    print_error("of:       %s\n", error != NULL ? error->message : "no error");
    _fail(file, line);
}

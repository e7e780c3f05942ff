/*
 * test-trace.c - what is seen of each statement: text, parameters, rows, the line that
 * caused it; and what is not to be seen.
 */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

/* What the trace said, an event a line: "sql | parameters | n_executions n_rows". */
static void
record_event(const KithTraceEvent *event, void *data)
{
    GString *text = data;
    g_autofree char *base = g_path_get_basename(event->place.file);
    assert_true(event->usec >= 0);
    assert_true(event->place.line > 0);
    assert_string_equal(base, "test-trace.c");
    g_string_append_printf(text,
                           "%s | %s | %zu %zu%s\n",
                           event->sql,
                           event->parameters,
                           event->n_executions,
                           event->n_rows,
                           event->error != NULL ? " failed" : "");
}

/* A session of an engine that is traced into @text; options but for the trace as in
 * @options. */
static KithSession *
open_traced(Fixture *fixture, GString *text, KithOptions options)
{
    options.trace = record_event;
    options.trace_data = text;
    return kith_session_new(open_engine(fixture, &options));
}

/* In the trace of a commit nobody can tell the databases apart but by these two. */
static void
assert_trace(const Fixture *fixture,
             GString *text,
             const char *sqlite,
             const char *postgres)
{
    assert_string_equal(text->str, is_sqlite(fixture) ? sqlite : postgres);
    g_string_truncate(text, 0);
}

static void
a_trace_shows_text_parameters_and_rows(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    kith_add(session, Author, .name = "O'Neil", .born = KITH_SOME(1966));
    kith_add(session, Author, .name = "Ann");
    commit(session);
    assert_trace(
        fixture,
        text,
        "BEGIN IMMEDIATE |  | 1 0\n"
        "INSERT INTO \"authors\" (\"name\", \"born\") VALUES (?1, ?2)"
        " | 'O''Neil', 1966 | 2 2\n"
        "COMMIT |  | 1 0\n",
        "BEGIN |  | 1 0\n"
        "INSERT INTO \"authors\" (\"name\", \"born\") VALUES ($1, $2) RETURNING \"id\""
        " | 'O''Neil', 1966 | 2 2\n"
        "COMMIT |  | 1 0\n");
    kith_clear(session);
    kith_set(find(session, Author, 2), born, 1970);
    commit(session);
    assert_trace(
        fixture,
        text,
        "SELECT \"id\", \"name\", \"born\" FROM \"authors\" WHERE \"id\" = ?1"
        " | 2 | 1 1\n"
        "BEGIN IMMEDIATE |  | 1 0\n"
        "UPDATE \"authors\" SET \"born\" = ?1 WHERE \"id\" = ?2 | 1970, 2 | 1 1\n"
        "COMMIT |  | 1 0\n",
        "SELECT \"id\", \"name\", \"born\" FROM \"authors\" WHERE \"id\" = $1"
        " | 2 | 1 1\n"
        "BEGIN |  | 1 0\n"
        "UPDATE \"authors\" SET \"born\" = $1 WHERE \"id\" = $2 | 1970, 2 | 1 1\n"
        "COMMIT |  | 1 0\n");
}

static void
a_trace_shows_every_kind_of_value(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    KithUuid uuid;
    assert_true(kith_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &uuid));
    kith_add(session,
             Sample,
             .flag = true,
             .small = -1,
             .large = INT64_MIN,
             .real = 0.5,
             .text = "é",
             .blob = { "\x00\xff", 2 },
             .time = kith_time_make(2026, 1, 2, 3, 4, 5, 6),
             .date = kith_date_make(2026, 1, 2),
             .uuid = uuid,
             .genre = GENRE_PLAY,
             .shelf = SHELF_HIGH,
             .maybe_genre = KITH_SOME(GENRE_POEM));
    commit(session);
    const char *found = strstr(text->str,
                               "true, -1, -9223372036854775808, 0.5, 'é', x'00ff', "
                               "'2026-01-02 03:04:05.000006', "
                               "'2026-01-02', '00112233-4455-6677-8899-aabbccddeeff', "
                               "'play', 2, NULL, NULL, NULL, NULL, "
                               "NULL, NULL, NULL, NULL, NULL, 'poem', NULL | 1 1\n");
    if (found == NULL)
        fail_msg("%s", text->str);
}

static void
a_long_text_is_cut_in_a_trace(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    g_autofree char *title = g_strnfill(5000, 'x');
    const Author *ann = kith_add(session, Author, .name = "Ann");
    kith_add(session, Book, .title = title, .author.target = ann);
    commit(session);
    assert_non_null(strstr(text->str, "xxx…'"));
    assert_true(text->len < 1000);
}

static void
a_trace_shows_the_line_of_the_program(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(session, Author, 1, &error));
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    int64_t count;
    assert_done(kith_count(query, &count, &error), error);
    assert_done(kith_all(query, &error), error);
    assert_done(kith_begin(session, NULL, &error), error);
    assert_done(kith_savepoint(session, &error), error);
    kith_rollback(session);
    /* record_event() has checked the file of each. */
    assert_non_null(strstr(text->str, "count(*)"));
    assert_non_null(strstr(text->str, "SAVEPOINT"));
    assert_non_null(strstr(text->str, "ROLLBACK"));
}

static void
record_line(const KithTraceEvent *event, void *data)
{
    *(int *) data = event->place.line;
}

static void
the_line_is_that_of_the_call(void **state)
{
    Fixture *fixture = *state;
    int line = 0;
    KithOptions options = { .trace = record_line, .trace_data = &line };
    g_autoptr(KithSession) session = kith_session_new(open_engine(fixture, &options));
    g_autoptr(GError) error = NULL;
    assert_null(kith_get(session, Author, 1, &error)), assert_int_equal(line, __LINE__);
    kith_add(session, Author, .name = "Ann");
    assert_true(kith_commit(session, &error)), assert_int_equal(line, __LINE__);
}

static void
a_statement_that_fails_is_seen_with_its_error(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    kith_add(session, Author, .id = 7, .name = "Bob");
    kith_add(session, Author, .id = 8, .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author 8: *");
    assert_non_null(strstr(text->str, "| 8, 'Ann', NULL | 2 0 failed\n"));
    assert_non_null(strstr(text->str, "ROLLBACK"));
}

/* --- what is not to be seen -------------------------------------------------------- */

static void
hidden_parameters_are_stars(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    KithOptions options = { .hide_parameters = true };
    g_autoptr(KithSession) session = open_traced(fixture, text, options);
    kith_add(session, Author, .id = 41, .name = "Ann");
    commit(session);
    kith_clear(session);
    kith_set(find(session, Author, 41), name, "Anne");
    commit(session);
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    kith_where(query, kith_eq(Author, name, "Anne"));
    assert_done(kith_all(query, &error), error);
    assert_null(strstr(text->str, "Ann"));
    assert_null(strstr(text->str, "41"));
    assert_non_null(strstr(text->str, "| '***', '***', '***' | 1 1\n"));
}

static void
a_secret_column_is_stars_and_the_others_are_not(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(KithSession) session = open_traced(fixture, text, (KithOptions){ 0 });
    const Member *ann =
        kith_add(session, Member, .login = "ann", .name = "Ann", .password = "hunter2");
    commit(session);
    assert_non_null(strstr(text->str, "| 'ann', 'Ann', '***' | 1 1\n"));
    kith_set(ann, password, "hunter3");
    commit(session);
    assert_non_null(strstr(text->str, "| '***', 'ann' | 1 1\n"));
    g_autoptr(MemberQuery) query = kith_query(session, Member);
    kith_where(query, kith_eq(Member, password, "hunter3"));
    assert_ptr_equal(kith_first(query, &error), ann);
    assert_non_null(strstr(text->str, "| '***', 1 | 1 1\n"));
    assert_null(strstr(text->str, "hunter"));
}

/* --- the log ----------------------------------------------------------------------- */

/* What is written to standard error while an author is added, with KITH_LOG=@log.
 * (transfer full) */
static char *
capture_log(Fixture *fixture, const char *log)
{
    char path[] = "kith-log-XXXXXX";
    int file = g_mkstemp(path);
    int saved = dup(STDERR_FILENO);
    assert_true(file >= 0 && saved >= 0);
    g_setenv("KITH_LOG", log, TRUE);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    KithSession *session = kith_session_new(open_engine(fixture, NULL));
    kith_add(session, Author, .name = "Ann");
    bool done = kith_commit(session, NULL);
    kith_session_free(session);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    g_unsetenv("KITH_LOG");
    close(file);
    close(saved);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    unlink(path);
    assert_true(done);
    return text;
}

static void
the_log_shows_statements_on_standard_error(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *text = capture_log(fixture, "sql");
    bool is_it = g_pattern_match_simple(
        "kith: BEGIN*[0 rows, * ms] *test-trace.c:*\n"
        "kith: INSERT INTO \"authors\" *  -- 'Ann', NULL  [1 row, * ms] *test-trace.c:*\n"
        "kith: COMMIT  [0 rows, * ms] *test-trace.c:*\n",
        text);
    if (!is_it)
        fail_msg("%s", text);
    assert_statements(fixture, "BEGIN", "INSERT authors", "COMMIT");
}

static void
the_log_leaves_values_out_if_it_is_told_to(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *text = capture_log(fixture, "sql-no-values");
    assert_null(strstr(text, "Ann"));
    assert_non_null(strstr(text, "-- '***', '***'  [1 row, "));
}

static void
without_the_variable_nothing_is_written(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *text = capture_log(fixture, "");
    assert_string_equal(text, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_trace_shows_text_parameters_and_rows),
        ON_A_DATABASE(a_trace_shows_every_kind_of_value),
        ON_A_DATABASE(a_long_text_is_cut_in_a_trace),
        ON_A_DATABASE(a_trace_shows_the_line_of_the_program),
        ON_A_DATABASE(the_line_is_that_of_the_call),
        ON_A_DATABASE(a_statement_that_fails_is_seen_with_its_error),
        ON_A_DATABASE(hidden_parameters_are_stars),
        ON_A_DATABASE(a_secret_column_is_stars_and_the_others_are_not),
        ON_A_DATABASE(the_log_shows_statements_on_standard_error),
        ON_A_DATABASE(the_log_leaves_values_out_if_it_is_told_to),
        ON_A_DATABASE(without_the_variable_nothing_is_written),
    };
    g_unsetenv("KITH_LOG");
    return run_on_each_database("traces", tests);
}

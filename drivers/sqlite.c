/*
 * sqlite.c - the driver for SQLite: connections, batches and queries. All that is
 * submitted is executed at once, row by row with one prepared statement, for there is no
 * round trip to save; sync() has nothing left to do. Values are moved by sqlite-value.c,
 * errors made by sqlite-error.c.
 */
#include "drivers.h"

#include "column.h"
#include "error.h"
#include "sqlite-error.h"
#include "sqlite-open.h"
#include "sqlite-statements.h"
#include "sqlite-value.h"
#include "sqlite-watch.h"

#include <sqlite3.h>
#include <string.h>

/* The one query that runs; lives in its handle. */
struct KithCursor {
    KithHandle *handle;
    sqlite3_stmt *statement; /* NULL: no query runs */
    bool has_first; /* query() stepped to the first row, which was not fetched yet */
    bool is_at_end;
    bool holds_memory; /* its parameters do, until they are cleared */
    bool was_in_transaction; /* when it began */
    int64_t changed_before; /* by the connection, in all */
};

/* What begins and ends most transactions is kept prepared. */
#define BEGIN_WRITING "BEGIN IMMEDIATE"
#define BEGIN_READ_ONLY "BEGIN"
static const char *const frames[] = { BEGIN_WRITING, BEGIN_READ_ONLY, "COMMIT" };
#define N_FRAMES G_N_ELEMENTS(frames)

struct KithHandle {
    sqlite3 *db;
    KithPreparedTable statements;
    sqlite3_stmt *frame[N_FRAMES]; /* of every transaction; NULL until it is needed */
    KithCursor cursor;
    KithSqliteWatch watch;
    bool has_failed; /* within a transaction, which only rollback() leaves */
    bool is_read_only; /* the transaction, where there is one */
};

/* --- connections ------------------------------------------------------------------- */

static bool
sqlite_accepts(const char *url)
{
    return g_str_has_prefix(url, KITH_SQLITE_URL_PREFIX);
}

static KithHandle *
handle_new(sqlite3 *db, const KithConnectOptions *options)
{
    KithHandle *handle = g_new0(KithHandle, 1);
    handle->db = db;
    handle->cursor.handle = handle;
    kith_sqlite_watch_init(&handle->watch, db, kith_sqlite_busy_timeout(options));
    return handle;
}

static KithHandle *
sqlite_open(const char *url, const KithConnectOptions *options, GError **error)
{
    sqlite3 *db = kith_sqlite_open(url, options, error);
    return db != NULL ? handle_new(db, options) : NULL;
}

/* Closing rolls back by itself. */
static void
sqlite_close(KithHandle *handle)
{
    if (handle == NULL)
        return;
    kith_sqlite_statements_clear(&handle->statements);
    for (size_t i = 0; i < N_FRAMES; i++)
        sqlite3_finalize(handle->frame[i]);
    sqlite3_close(handle->db);
    g_free(handle);
}

static void
sqlite_watch(KithHandle *handle, KithWatch *watch)
{
    handle->watch.watch = watch;
}

static bool
sqlite_is_alive(const KithHandle *handle)
{
    return handle->db != NULL;
}

static bool
sqlite_has_failed(const KithHandle *handle)
{
    return handle->has_failed;
}

/* --- statements -------------------------------------------------------------------- */

/* What the database says, unless it was told to stop. */
static void
set_error(KithHandle *handle, const char *table, GError **error)
{
    if (!kith_sqlite_watch_set_error(&handle->watch, handle->db, error))
        kith_sqlite_set_error(error, handle->db, table);
}

static bool
check_no_cursor(const KithHandle *handle, GError **error)
{
    if (handle->cursor.statement == NULL)
        return true;
    kith_error_set(error, KITH_ERROR_MISUSE, "misuse: a query is still being read");
    return false;
}

/*
 * A statement that fails leaves the transaction open, or, for a full disk, ends it; what
 * follows would then be committed by itself. So nothing is done after a failure until it
 * is rolled back.
 */
static bool
check_usable(const KithHandle *handle, GError **error)
{
    if (!check_no_cursor(handle, error))
        return false;
    if (handle->has_failed) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "misuse: the transaction failed; roll it back before anything else");
        return false;
    }
    return true;
}

/* The prepared statement of @owner, a KithShape or KithStatement. None may be running. */
static sqlite3_stmt *
get_statement(KithHandle *handle,
              const void *owner,
              const char *sql,
              size_t n_parameters,
              GError **error)
{
    const KithPrepared *prepared =
        kith_sqlite_statement(&handle->statements, handle->db, owner, sql, error);
    if (prepared == NULL || prepared->n_parameters == n_parameters)
        return prepared != NULL ? prepared->statement : NULL;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "misuse: the statement has %zu parameters, and %zu are given",
                   prepared->n_parameters,
                   n_parameters);
    return NULL;
}

/* --- transactions ------------------------------------------------------------------ */

static bool
is_in_transaction(const KithHandle *handle)
{
    return sqlite3_get_autocommit(handle->db) == 0;
}

/* A statement that is run over and over; its code is that of the reset, which has the
 * error again. */
static int
run_frame(KithHandle *handle, size_t frame)
{
    sqlite3_stmt **statement = &handle->frame[frame];
    if (*statement == NULL) {
        int code = sqlite3_prepare_v3(
            handle->db, frames[frame], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
        if (code != SQLITE_OK)
            return code;
    }
    (void) sqlite3_step(*statement);
    return sqlite3_reset(*statement);
}

static int
run_command(KithHandle *handle, const char *sql)
{
    for (size_t i = 0; i < N_FRAMES; i++) {
        if (strcmp(sql, frames[i]) == 0)
            return run_frame(handle, i);
    }
    return sqlite3_exec(handle->db, sql, NULL, NULL, NULL);
}

static bool
execute(KithHandle *handle, const char *sql, GError **error)
{
    if (run_command(handle, sql) == SQLITE_OK)
        return true;
    set_error(handle, NULL, error);
    return false;
}

static bool
sqlite_command(KithHandle *handle, const char *sql, GError **error)
{
    if (!check_usable(handle, error))
        return false;
    bool was_in_transaction = is_in_transaction(handle);
    bool is_done = execute(handle, sql, error);
    handle->has_failed = !is_done && was_in_transaction;
    if (!was_in_transaction)
        handle->is_read_only = strcmp(sql, BEGIN_READ_ONLY) == 0;
    return is_done;
}

static bool
sqlite_rollback(KithHandle *handle, const char *sql, GError **error)
{
    /* SQLite may have rolled back by itself. */
    bool is_done = !is_in_transaction(handle) && g_ascii_strcasecmp(sql, "ROLLBACK") == 0;
    KithWatch *watch = handle->watch.watch;
    handle->watch.watch = NULL; /* however late it is */
    is_done = is_done || execute(handle, sql, error);
    handle->watch.watch = watch;
    handle->has_failed = handle->has_failed && !is_done;
    return is_done;
}

static bool
sqlite_commit(KithHandle *handle, GError **error)
{
    if (check_usable(handle, error) && execute(handle, "COMMIT", error))
        return true;
    /* A deferred foreign key, or a lock, leaves the transaction open. */
    sqlite_rollback(handle, "ROLLBACK", NULL);
    return false;
}

/* --- batches ----------------------------------------------------------------------- */

static bool
bind_row(sqlite3_stmt *statement,
         const KithShape *shape,
         const KithRow *row,
         GError **error)
{
    int index = 1;
    for (size_t i = 0; i < shape->n_written; i++, index++) {
        if (!kith_sqlite_bind_column(
                statement, index, shape->entity, shape->written[i], row->row, error))
            return false;
    }
    for (size_t i = 0; i < shape->n_matched; i++, index++) {
        if (!kith_sqlite_bind_column(
                statement, index, shape->entity, shape->matched[i], row->before, error))
            return false;
    }
    return true;
}

static bool
store_generated_key(KithHandle *handle,
                    const KithShape *shape,
                    const KithRow *row,
                    GError **error)
{
    if (shape->generated == NULL || shape->n_returned > 0)
        return true;
    KithLayout layout = { .entity = shape->entity };
    int64_t key = sqlite3_last_insert_rowid(handle->db);
    return kith_column_store_integer(&layout, shape->generated, row->row, key, error);
}

static bool
store_returned(sqlite3_stmt *statement,
               const KithShape *shape,
               const KithRow *row,
               GError **error)
{
    KithLayout layout = { .entity = shape->entity };
    size_t length;
    for (size_t i = 0; i < shape->n_returned; i++) {
        if (!kith_sqlite_store(
                statement, i, &layout, shape->returned[i], row->row, &length, error))
            return false;
    }
    if (shape->keep != NULL)
        shape->keep(shape, row->row);
    return true;
}

/* A trigger can see to it that there is no new row. */
static bool
check_inserted(const KithHandle *handle, const KithShape *shape, GError **error)
{
    if (shape->operation != KITH_OPERATION_INSERT || shape->skips_existing
        || sqlite3_changes(handle->db) > 0)
        return true;
    kith_error_set_details(error,
                           KITH_ERROR_MAPPING,
                           &(KithErrorDetails){ .table = shape->table },
                           "%s: the insert did not give back one row",
                           shape->entity);
    return false;
}

/*
 * All is written at the first step, which gives the row; but what a foreign key refuses
 * is told only at the last one.
 */
static bool
run_row(KithHandle *handle,
        sqlite3_stmt *statement,
        const KithShape *shape,
        const KithRow *row,
        GError **error)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!row->is_passing && !store_returned(statement, shape, row, error))
            return false;
    }
    if (code == SQLITE_DONE)
        return check_inserted(handle, shape, error);
    set_error(handle, shape->table, error);
    return false;
}

static bool
write_row(KithHandle *handle,
          sqlite3_stmt *statement,
          const KithShape *shape,
          KithRow *row,
          GError **error)
{
    row->missed = false;
    if (!bind_row(statement, shape, row, error))
        return false;
    bool is_done = run_row(handle, statement, shape, row, error);
    sqlite3_reset(statement);
    if (!is_done)
        return false;
    if (shape->operation == KITH_OPERATION_INSERT)
        return store_generated_key(handle, shape, row, error);
    row->missed = sqlite3_changes(handle->db) == 0;
    return true;
}

static bool
write_batch(KithHandle *handle, KithBatch *batch, GError **error)
{
    const KithShape *shape = batch->shape;
    sqlite3_stmt *statement = get_statement(
        handle, shape, shape->sql, shape->n_written + shape->n_matched, error);
    if (statement == NULL) {
        batch->failed_row = 0; /* what is missing is missing for all of them */
        return false;
    }
    size_t n_written = 0;
    while (n_written < batch->n_rows
           && write_row(handle, statement, shape, &batch->rows[n_written], error))
        n_written++;
    sqlite3_clear_bindings(statement); /* they point into the rows, which do not stay */
    if (n_written == batch->n_rows)
        return true;
    batch->failed_row = n_written;
    return false;
}

static bool
sqlite_submit(KithHandle *handle, KithBatch *batch, GError **error)
{
    batch->failed_row = KITH_NO_ROW;
    batch->usec = 0;
    if (!check_usable(handle, error))
        return false;
    int64_t start = batch->is_timed ? g_get_monotonic_time() : 0;
    bool was_in_transaction = is_in_transaction(handle);
    bool is_done = write_batch(handle, batch, error);
    handle->has_failed = !is_done && was_in_transaction;
    if (batch->is_timed)
        batch->usec = g_get_monotonic_time() - start;
    return is_done;
}

static bool
sqlite_sync(KithHandle *handle, GError **error)
{
    return check_usable(handle, error);
}

/* --- queries ----------------------------------------------------------------------- */

static void
sqlite_finish(KithCursor *cursor)
{
    if (cursor == NULL || cursor->statement == NULL)
        return;
    sqlite3_reset(cursor->statement);
    if (cursor->holds_memory)
        sqlite3_clear_bindings(cursor->statement);
    cursor->statement = NULL;
}

/* A list points into the program's rows, which do not stay; texts and blobs are copies. */
static bool
holds_memory(const KithParameter *parameter)
{
    return parameter->list != NULL || parameter->kind == KITH_KIND_TEXT
           || parameter->kind == KITH_KIND_BLOB;
}

static bool
bind_parameters(KithCursor *cursor,
                const KithParameter *parameters,
                size_t n_parameters,
                GError **error)
{
    cursor->holds_memory = false;
    for (size_t i = 0; i < n_parameters; i++) {
        cursor->holds_memory = cursor->holds_memory || holds_memory(&parameters[i]);
        if (!kith_sqlite_bind_parameter(
                cursor->statement, (int) i + 1, &parameters[i], error))
            return false;
    }
    return true;
}

/* Steps to a row, or to the end. A failure here need not end the transaction. */
static bool
step(KithCursor *cursor, GError **error)
{
    KithHandle *handle = cursor->handle;
    int code = sqlite3_step(cursor->statement);
    if (code == SQLITE_ROW)
        return true;
    cursor->is_at_end = true;
    if (code == SQLITE_DONE)
        return true;
    set_error(handle, NULL, error);
    handle->has_failed = handle->has_failed
                         || (cursor->was_in_transaction && !is_in_transaction(handle));
    return false;
}

/* SQLite knows no such transactions, but what a statement does. */
static bool
check_read_only(const KithHandle *handle, sqlite3_stmt *statement, GError **error)
{
    if (!handle->is_read_only || sqlite3_stmt_readonly(statement)
        || !is_in_transaction(handle))
        return true;
    kith_error_set(
        error, KITH_ERROR_SQL, "the statement writes, and the transaction is read only");
    return false;
}

/* The first step is made here, for a statement that gives no rows has to run too. */
static KithCursor *
sqlite_query(KithHandle *handle,
             const KithStatement *statement,
             const KithParameter *parameters,
             size_t n_parameters,
             GError **error)
{
    /* In a failed transaction that is still open one may ask what it was that failed. */
    bool may_ask = handle->has_failed && is_in_transaction(handle);
    if (may_ask ? !check_no_cursor(handle, error) : !check_usable(handle, error))
        return NULL;
    KithCursor *cursor = &handle->cursor;
    cursor->statement =
        get_statement(handle, statement, statement->sql, n_parameters, error);
    cursor->has_first = true;
    cursor->is_at_end = false;
    cursor->was_in_transaction = is_in_transaction(handle);
    cursor->changed_before = sqlite3_total_changes64(handle->db);
    if (cursor->statement == NULL)
        return NULL;
    if (check_read_only(handle, cursor->statement, error)
        && bind_parameters(cursor, parameters, n_parameters, error)
        && step(cursor, error))
        return cursor;
    sqlite_finish(cursor);
    return NULL;
}

/* After the first step, which prepares the statement anew if a table changed meanwhile. */
static bool
check_width(const KithCursor *cursor, const KithLayout *layout, GError **error)
{
    int n_columns = sqlite3_column_count(cursor->statement);
    if ((size_t) n_columns == layout->n_columns)
        return true;
    kith_error_set(error,
                   KITH_ERROR_MAPPING,
                   "%s: the query gives %d columns, and the mapping takes %zu",
                   layout->entity,
                   n_columns,
                   layout->n_columns);
    return false;
}

/* After the end SQLite would run the statement again: it is not asked any more. */
static bool
advance(KithCursor *cursor, const KithLayout *layout, GError **error)
{
    if (!cursor->has_first)
        return cursor->is_at_end || step(cursor, error);
    cursor->has_first = false;
    return check_width(cursor, layout, error);
}

static KithFetched
sqlite_fetch(KithCursor *cursor,
             const KithLayout *layout,
             void *row,
             size_t *lengths,
             GError **error)
{
    if (!advance(cursor, layout, error))
        return KITH_FETCHED_ERROR;
    if (cursor->is_at_end)
        return KITH_FETCHED_END;
    if (!kith_sqlite_store_row(cursor->statement, layout, row, lengths, error))
        return KITH_FETCHED_ERROR;
    return KITH_FETCHED_ROW;
}

/* Statements that change no rows leave the number of the one before them. */
static size_t
sqlite_changed(const KithCursor *cursor)
{
    sqlite3 *db = cursor->handle->db;
    bool has_changed = sqlite3_total_changes64(db) != cursor->changed_before;
    return has_changed ? (size_t) sqlite3_changes64(db) : 0;
}

/* --- the table --------------------------------------------------------------------- */

static const char *const functions[KITH_FUNCTIONS] = {
    [KITH_FUNCTION_PLUS] = "({1} + {2})",
    [KITH_FUNCTION_MINUS] = "({1} - {2})",
    [KITH_FUNCTION_TIMES] = "({1} * {2})",
    [KITH_FUNCTION_DIVIDE] = "({1} / {2})",
    [KITH_FUNCTION_MODULO] = "({1} % {2})",
    [KITH_FUNCTION_NEGATE] = "(- {1})",
    [KITH_FUNCTION_ABS] = "abs({1})",
    [KITH_FUNCTION_ROUND] = "round({1}, {2})",
    [KITH_FUNCTION_LOWER] = "lower({1})",
    [KITH_FUNCTION_UPPER] = "upper({1})",
    [KITH_FUNCTION_TRIM] = "trim({1})",
    [KITH_FUNCTION_CONCAT] = "({1} || {2})",
    [KITH_FUNCTION_TEXT_LENGTH] = "length({1})",
    [KITH_FUNCTION_SUBSTRING] = "substr({1}, {2}, {3})",
    [KITH_FUNCTION_REPLACE] = "replace({1}, {2}, {3})",
    [KITH_FUNCTION_POSITION] = "instr({1}, {2})",
    [KITH_FUNCTION_NOW] = "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    [KITH_FUNCTION_DATE_OF] = "date({1})",
    [KITH_FUNCTION_HOUR] = "CAST(strftime('%H', {1}) AS INTEGER)",
    [KITH_FUNCTION_MINUTE] = "CAST(strftime('%M', {1}) AS INTEGER)",
    [KITH_FUNCTION_YEAR] = "CAST(strftime('%Y', {1}) AS INTEGER)",
    [KITH_FUNCTION_MONTH] = "CAST(strftime('%m', {1}) AS INTEGER)",
    [KITH_FUNCTION_DAY] = "CAST(strftime('%d', {1}) AS INTEGER)",
    [KITH_FUNCTION_WEEKDAY] = "CAST(strftime('%w', {1}) AS INTEGER)",
    [KITH_FUNCTION_MONTH_START] = "date({1}, 'start of month')",
    [KITH_FUNCTION_PLUS_DAYS] = "date({1}, {2} || ' days')",
    [KITH_FUNCTION_DAYS_BETWEEN] = "CAST(julianday({1}) - julianday({2}) AS INTEGER)",
    [KITH_FUNCTION_JSON_TEXT] = "({1} ->> {2})",
    [KITH_FUNCTION_JSON] = "({1} -> {2})",
    [KITH_FUNCTION_COALESCE] = "coalesce({1}, {2})",
    [KITH_FUNCTION_NULL_IF] = "nullif({1}, {2})",
    [KITH_FUNCTION_COUNT_ROWS] = "count(*)",
    [KITH_FUNCTION_COUNT] = "count({1})",
    [KITH_FUNCTION_SUM] = "sum({1})",
    [KITH_FUNCTION_SUM_DOUBLE] = "sum({1})",
    [KITH_FUNCTION_MIN] = "min({1})",
    [KITH_FUNCTION_MAX] = "max({1})",
    [KITH_FUNCTION_AVERAGE] = "avg({1})",
    [KITH_FUNCTION_JOINED] = "group_concat({1}, {2})",
    [KITH_FUNCTION_ROW_NUMBER] = "row_number()",
    [KITH_FUNCTION_RANK] = "rank()",
    [KITH_FUNCTION_DENSE_RANK] = "dense_rank()",
    [KITH_FUNCTION_TILE] = "ntile({1})",
    [KITH_FUNCTION_LAG] = "lag({1}, {2})",
    [KITH_FUNCTION_LEAD] = "lead({1}, {2})",
    [KITH_FUNCTION_FIRST] = "first_value({1})",
    [KITH_FUNCTION_LAST] = "last_value({1})",
};

static const KithDialect dialect = {
    .name = "SQLite",
    .placeholder = '?',
    .returns_key = false,
    .has_row_locks = false,
    .has_cursors = false,
    .has_arrays = false,
    .fails_when_missed = false,
    .bulk_from = 0,
    .make_keys = NULL,
    .has_isolation = false,
    .begin = BEGIN_WRITING,
    .begin_read_only = BEGIN_READ_ONLY,
    .defers_unique = false,
    .checks_length = true,
    .default_row = "DEFAULT VALUES",
    .no_limit = "-1",
    .types = {
        [KITH_KIND_BOOL] = "INTEGER",
        [KITH_KIND_INT32] = "INTEGER",
        [KITH_KIND_INT64] = "INTEGER",
        [KITH_KIND_DOUBLE] = "REAL",
        [KITH_KIND_TEXT] = "TEXT",
        [KITH_KIND_BLOB] = "BLOB",
        [KITH_KIND_TIME] = "TEXT",
        [KITH_KIND_DATE] = "TEXT",
        [KITH_KIND_UUID] = "BLOB",
        [KITH_KIND_ENUM] = "TEXT",
    },
    .text_with_length = NULL,
    .generated_key_int32 = "INTEGER PRIMARY KEY",
    .generated_key_int64 = "INTEGER PRIMARY KEY",
    .generated_key_is_primary = true,
    .schema_is_file = true,
    .defer_foreign_keys = "PRAGMA defer_foreign_keys = ON",
    .functions = functions,
    .has_like = false,
    .any_case = " LIKE ",
    .has_lateral = false,
    .has_right_join = SQLITE_VERSION_NUMBER >= 3039000,
    .nulls_are_small = true,
    .explain = "EXPLAIN QUERY PLAN ",
    .n_explained = 4,
};

const KithDriver kith_driver_sqlite = {
    .version = KITH_DRIVER_VERSION,
    .dialect = &dialect,
    .accepts = sqlite_accepts,
    .open = sqlite_open,
    .close = sqlite_close,
    .watch = sqlite_watch,
    .is_alive = sqlite_is_alive,
    .has_failed = sqlite_has_failed,
    .command = sqlite_command,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .submit = sqlite_submit,
    .sync = sqlite_sync,
    .query = sqlite_query,
    .fetch = sqlite_fetch,
    .changed = sqlite_changed,
    .finish = sqlite_finish,
};

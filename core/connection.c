/*
 * connection.c - a driver's handle, with tracing around it. Knows no SQL and no entity.
 */
#include "connection.h"

#include "watch.h"

/* Something submitted: a batch, or a command (then @batch is NULL). */
typedef struct KithSubmitted {
    char *sql; /* of a command */
    const KithBatch *batch;
    char *parameters; /* of the first row, as it was when it was submitted */
    int64_t usec;     /* of a command, if it ran at once */
} KithSubmitted;

static void
submitted_clear(void *data)
{
    g_free(((KithSubmitted *) data)->sql);
    g_free(((KithSubmitted *) data)->parameters);
}

KithConnection *
kith_connection_open(const KithDriver *driver,
                     const char *url,
                     const KithConnectOptions *options,
                     const KithTracer *tracer,
                     GError **error)
{
    KithHandle *handle = driver->open(url, options, error);
    if (handle == NULL)
        return NULL;
    KithConnection *connection = g_new0(KithConnection, 1);
    connection->driver = driver;
    connection->handle = handle;
    connection->tracer = tracer;
    connection->submitted = g_array_new(FALSE, FALSE, sizeof(KithSubmitted));
    g_array_set_clear_func(connection->submitted, submitted_clear);
    return connection;
}

void
kith_connection_close(KithConnection *connection)
{
    if (connection == NULL)
        return;
    connection->driver->finish(connection->cursor);
    connection->driver->close(connection->handle);
    g_array_unref(connection->submitted);
    g_clear_pointer(&connection->comments, g_hash_table_unref);
    g_free(connection->cursor_parameters);
    g_free(connection);
}

bool
kith_connection_is_alive(const KithConnection *connection)
{
    return connection->driver->is_alive(connection->handle);
}

bool
kith_connection_has_failed(const KithConnection *connection)
{
    return connection->driver->has_failed(connection->handle);
}

/* --- watching ---------------------------------------------------------------------- */

void
kith_connection_watch(KithConnection *connection, KithWatch *watch)
{
    if (connection->watch == watch)
        return;
    connection->watch = watch;
    connection->driver->watch(connection->handle, watch);
}

/* Something begins. Who was cancelled before it is told now, and nothing is sent. */
static bool
begin(KithConnection *connection, GError **error)
{
    KithWatch *watch = connection->watch;
    if (watch == NULL)
        return true;
    kith_watch_begin(watch);
    if (g_atomic_int_get(&watch->is_cancelled) == 0)
        return true;
    kith_watch_set_error(watch, KITH_STOP_CANCELLED, NULL, error);
    kith_watch_rest(watch);
    return false;
}

/* Who was cancelled has been told. */
static void
end(KithConnection *connection, const GError *failure)
{
    if (connection->watch != NULL
        && g_error_matches(failure, KITH_ERROR, KITH_ERROR_CANCELLED))
        kith_watch_rest(connection->watch);
}

bool
kith_connection_resume(KithConnection *connection, GError **error)
{
    return begin(connection, error);
}

/* --- tracing ----------------------------------------------------------------------- */

static char *
row_text(const KithConnection *connection, const KithBatch *batch, size_t row)
{
    GString *text = g_string_new(NULL);
    kith_trace_append_row(text, connection->tracer, batch->shape, &batch->rows[row]);
    return g_string_free(text, FALSE);
}

static void
remember(KithConnection *connection,
         const char *sql,
         const KithBatch *batch,
         int64_t usec)
{
    if (!kith_tracer_is_on(connection->tracer))
        return;
    KithSubmitted submitted = { .sql = g_strdup(sql), .batch = batch, .usec = usec };
    if (batch != NULL)
        submitted.parameters = row_text(connection, batch, 0);
    g_array_append_val(connection->submitted, submitted);
}

static size_t
count_written(const KithBatch *batch)
{
    size_t n_written = 0;
    for (size_t i = 0; i < batch->n_rows; i++)
        n_written += !batch->rows[i].missed;
    return n_written;
}

static void
report_batch(KithConnection *connection,
             const KithSubmitted *submitted,
             const GError *error)
{
    const KithBatch *batch = submitted->batch;
    g_autofree char *failed_row = batch->failed_row != KITH_NO_ROW
                                      ? row_text(connection, batch, batch->failed_row)
                                      : NULL;
    KithTraceEvent event = { .sql = batch->sql != NULL ? batch->sql : batch->shape->sql,
                             .parameters =
                                 failed_row != NULL ? failed_row : submitted->parameters,
                             .n_executions = batch->n_rows,
                             .n_rows = error == NULL ? count_written(batch) : 0,
                             .usec = batch->usec,
                             .place = connection->place,
                             .error = error };
    kith_tracer_report(connection->tracer, &event);
}

static void
report_command(KithConnection *connection,
               const char *sql,
               int64_t usec,
               const GError *error)
{
    if (!kith_tracer_is_on(connection->tracer))
        return;
    KithTraceEvent event = { .sql = sql,
                             .parameters = "",
                             .n_executions = 1,
                             .usec = usec,
                             .place = connection->place,
                             .error = error };
    kith_tracer_report(connection->tracer, &event);
}

/*
 * Report what was submitted. Where @error is set, the batch with a failed row is what it
 * belongs to, and nothing behind that one ran. Returns true if there was such a batch.
 */
static bool
report_submitted(KithConnection *connection, const GError *error)
{
    GArray *submitted = connection->submitted;
    bool failed = false;
    if (submitted->len == 0)
        return false;
    for (guint i = 0; i < submitted->len && !failed; i++) {
        const KithSubmitted *item = &g_array_index(submitted, KithSubmitted, i);
        failed = item->batch != NULL && item->batch->failed_row != KITH_NO_ROW;
        if (item->batch != NULL)
            report_batch(connection, item, failed ? error : NULL);
        else
            report_command(connection, item->sql, item->usec, NULL);
    }
    g_array_set_size(submitted, 0);
    return failed;
}

/* --- counting ---------------------------------------------------------------------- */

static void
count_statement(const KithConnection *connection, size_t n_written)
{
    if (connection->traffic == NULL)
        return;
    connection->traffic->n_statements++;
    connection->traffic->n_rows_written += n_written;
}

/* --- writing ----------------------------------------------------------------------- */

/* Nobody who does not look at statements waits for a clock. */
static int64_t
now(const KithConnection *connection)
{
    return kith_tracer_is_on(connection->tracer) ? g_get_monotonic_time() : 0;
}

bool
kith_connection_command(KithConnection *connection, const char *sql, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t since = now(connection);
    count_statement(connection, 0);
    bool done = begin(connection, &failure)
                && connection->driver->command(connection->handle, sql, &failure);
    end(connection, failure);
    int64_t usec = now(connection) - since;
    if (done) {
        remember(connection, sql, NULL, usec);
        return true;
    }
    (void) report_submitted(connection, NULL);
    report_command(connection, sql, usec, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
kith_connection_submit(KithConnection *connection, KithBatch *batch, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (connection->comments != NULL)
        batch->shape =
            kith_comments_shape(connection->comments, batch->shape, connection->place);
    batch->failed_row = KITH_NO_ROW;
    batch->n_suspects = 1;
    batch->sql = NULL;
    batch->is_timed = kith_tracer_is_on(connection->tracer);
    count_statement(connection, batch->n_rows);
    remember(connection, NULL, batch, 0);
    if (begin(connection, &failure)
        && connection->driver->submit(connection->handle, batch, &failure))
        return true;
    end(connection, failure);
    (void) report_submitted(connection, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
kith_connection_sync(KithConnection *connection, GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool done = begin(connection, &failure)
                && connection->driver->sync(connection->handle, &failure);
    end(connection, failure);
    (void) report_submitted(connection, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

bool
kith_connection_commit(KithConnection *connection, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t since = now(connection);
    count_statement(connection, 0);
    bool begins = begin(connection, &failure);
    bool done = begins && connection->driver->commit(connection->handle, &failure);
    if (!begins) /* a commit that fails leaves no transaction behind */
        (void) connection->driver->rollback(connection->handle, "ROLLBACK", NULL);
    end(connection, failure);
    if (!report_submitted(connection, failure))
        report_command(connection, "COMMIT", now(connection) - since, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

bool
kith_connection_rollback(KithConnection *connection, const char *sql, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t since = now(connection);
    count_statement(connection, 0);
    bool done = connection->driver->rollback(connection->handle, sql, &failure);
    (void) report_submitted(connection, NULL); /* a BEGIN that nothing came after */
    report_command(connection, sql, now(connection) - since, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

/* --- reading ----------------------------------------------------------------------- */

static void
report_query(KithConnection *connection, const GError *error)
{
    if (!kith_tracer_is_on(connection->tracer))
        return;
    KithTraceEvent event = { .sql = connection->cursor_sql,
                             .parameters = connection->cursor_parameters,
                             .n_executions = 1,
                             .n_rows = connection->cursor_rows,
                             .usec = g_get_monotonic_time() - connection->cursor_since,
                             .place = connection->place,
                             .error = error };
    kith_tracer_report(connection->tracer, &event);
}

static void
remember_query(KithConnection *connection,
               const KithStatement *statement,
               const KithParameter *parameters,
               size_t n_parameters)
{
    connection->cursor_rows = 0;
    if (!kith_tracer_is_on(connection->tracer))
        return;
    g_autoptr(GString) text = g_string_new(NULL);
    kith_trace_append_parameters(text, connection->tracer, parameters, n_parameters);
    g_free(connection->cursor_parameters);
    connection->cursor_parameters = g_strdup(text->str);
    connection->cursor_sql = statement->sql;
    connection->cursor_since = g_get_monotonic_time();
}

bool
kith_connection_query(KithConnection *connection,
                      const KithStatement *statement,
                      const KithParameter *parameters,
                      size_t n_parameters,
                      GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (connection->comments != NULL)
        statement =
            kith_comments_statement(connection->comments, statement, connection->place);
    remember_query(connection, statement, parameters, n_parameters);
    count_statement(connection, 0);
    connection->cursor = NULL;
    if (begin(connection, &failure))
        connection->cursor = connection->driver->query(
            connection->handle, statement, parameters, n_parameters, &failure);
    (void) report_submitted(connection, failure);
    if (connection->cursor != NULL)
        return true;
    end(connection, failure);
    report_query(connection, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

size_t
kith_connection_changed(const KithConnection *connection)
{
    return connection->driver->changed(connection->cursor);
}

void
kith_connection_finish(KithConnection *connection, const GError *error)
{
    connection->driver->finish(connection->cursor);
    connection->cursor = NULL;
    end(connection, error);
    if (connection->traffic != NULL)
        connection->traffic->n_rows_read += connection->cursor_rows;
    report_query(connection, error);
}

/*
 * postgres.c - the driver for PostgreSQL, and for servers that speak its protocol.
 *
 * A handle is always in pipeline mode: what is submitted is only queued, and one round
 * trip settles all of it, with the query or the COMMIT that made it necessary. This file
 * says what is sent when; postgres-pipeline.c sends and receives. Batches are sent by
 * postgres-batch.c, with the texts of postgres-text.c; what comes back is taken by
 * postgres-answer.c, of queries by postgres-cursor.c. postgres-parameters.c and
 * postgres-types.c know the values, postgres-error.c the errors, postgres-statement.c
 * what is prepared, postgres-connect.c how to get there.
 */
#include "drivers.h"

#include "error.h"
#include "postgres-batch.h"
#include "postgres-connect.h"
#include "postgres-cursor.h"
#include "postgres-text.h"

#include <string.h>

struct KithHandle {
    KithPostgresPipeline pipeline;
    GHashTable *texts;
    GHashTable *statements;
    KithPostgresParameters parameters;
    KithCursor cursor; /* there is never more than one */
};

/* --- errors ------------------------------------------------------------------------ */

/* Pass the failure on, but keep it: what is queued behind it cannot be used any more. */
static bool
report(KithHandle *handle, GError **error)
{
    if (error != NULL)
        *error = g_error_copy(handle->pipeline.failure);
    return false;
}

/* Pass the failure on when all is settled: now the server knows what state it is in. */
static bool
give_up(KithHandle *handle, GError **error)
{
    handle->pipeline.has_refused = false;
    g_propagate_error(error, g_steal_pointer(&handle->pipeline.failure));
    return false;
}

/* --- connections ------------------------------------------------------------------- */

static void
close_handle(KithHandle *handle)
{
    if (handle == NULL)
        return;
    kith_postgres_cursor_clear(&handle->cursor);
    kith_postgres_pipeline_clear(&handle->pipeline);
    g_hash_table_unref(handle->statements);
    g_hash_table_unref(handle->texts);
    kith_postgres_parameters_clear(&handle->parameters);
    g_free(handle);
}

static KithHandle *
open_handle(const char *url, const KithConnectOptions *options, GError **error)
{
    bool is_pooled = false;
    PGconn *conn = kith_postgres_connect(url, options, &is_pooled, error);
    if (conn == NULL)
        return NULL;
    KithHandle *handle = g_new0(KithHandle, 1);
    handle->texts = kith_postgres_texts_new();
    handle->statements = kith_postgres_statements_new();
    if (kith_postgres_pipeline_init(&handle->pipeline, conn)) {
        handle->pipeline.is_unnamed = 
            is_pooled || (options != NULL && options->unnamed_statements);
        return handle;
    }
    kith_error_set(
        error, KITH_ERROR_CONNECTION, "connection: the server allows no pipeline");
    close_handle(handle);
    return NULL;
}

/*
 * What ended the connection while it was idle has come already, and has only to be read.
 * In the idle state to ask libpq whether it is busy is to let it look at what it has
 * read.
 */
static bool
is_alive(const KithHandle *handle)
{
    const KithPostgresPipeline *pipeline = &handle->pipeline;
    if (!kith_postgres_pipeline_is_settled(pipeline) || pipeline->failure != NULL)
        return false;
    return PQconsumeInput(pipeline->conn) == 1 && !PQisBusy(pipeline->conn)
           && !kith_postgres_pipeline_is_lost(pipeline);
}

static bool
has_failed(const KithHandle *handle)
{
    const KithPostgresPipeline *pipeline = &handle->pipeline;
    return pipeline->failure != NULL || kith_postgres_pipeline_is_lost(pipeline)
           || PQtransactionStatus(pipeline->conn) == PQTRANS_INERROR;
}

static void
watch(KithHandle *handle, KithWatch *limits)
{
    handle->pipeline.watch.watch = limits;
}

static void
finish(KithCursor *cursor)
{
    if (cursor != NULL)
        kith_postgres_cursor_end(cursor);
}

/* --- writing ----------------------------------------------------------------------- */

static bool
command(KithHandle *handle, const char *sql, GError **error)
{
    return kith_postgres_pipeline_command(&handle->pipeline, sql)
           || report(handle, error);
}

static bool
submit(KithHandle *handle, KithBatch *batch, GError **error)
{
    KithPostgresSender sender = { .pipeline = &handle->pipeline,
                                  .texts = handle->texts,
                                  .statements = handle->statements,
                                  .parameters = &handle->parameters };
    batch->failed_row = KITH_NO_ROW;
    batch->usec = 0;
    if (handle->pipeline.failure != NULL)
        return report(handle, error);
    handle->pipeline.since = g_get_monotonic_time();
    return kith_postgres_batch_send(&sender, batch) || report(handle, error);
}

static bool
sync_all(KithHandle *handle, GError **error)
{
    if (handle->pipeline.failure != NULL)
        return report(handle, error);
    return kith_postgres_pipeline_settle(&handle->pipeline) || give_up(handle, error);
}

/* --- the end of a transaction ------------------------------------------------------ */

static bool
is_idle(const KithHandle *handle)
{
    return PQtransactionStatus(handle->pipeline.conn) == PQTRANS_IDLE;
}

static bool
run_rollback(KithPostgresPipeline *pipeline, const char *sql)
{
    kith_postgres_pipeline_drop(pipeline);
    return kith_postgres_pipeline_command(pipeline, sql)
           && kith_postgres_pipeline_settle(pipeline);
}

/* Whatever failed first, to who rolls back it matters that the connection is gone. */
static bool
report_loss(KithHandle *handle, GError **error)
{
    g_autoptr(GError) failure = g_steal_pointer(&handle->pipeline.failure);
    kith_error_set_code(failure, KITH_ERROR_CONNECTION);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/*
 * What is queued cannot be taken back, so it is sent and read to its end, with @sql
 * behind it. If something in it fails, the server skips @sql too, and it has to be sent
 * again.
 */
static bool
roll_back(KithHandle *handle, const char *sql, GError **error)
{
    KithPostgresPipeline *pipeline = &handle->pipeline;
    bool is_queued = !kith_postgres_pipeline_is_settled(pipeline);
    finish(&handle->cursor);
    if (!is_queued && is_idle(handle) && strcmp(sql, "ROLLBACK") == 0) {
        kith_postgres_pipeline_drop(pipeline);
        return true;
    }
    if (is_queued && run_rollback(pipeline, sql))
        return true;
    if (kith_postgres_pipeline_is_lost(pipeline) && pipeline->failure != NULL)
        return report_loss(handle, error);
    if (run_rollback(pipeline, sql))
        return true;
    if (kith_postgres_pipeline_is_lost(pipeline))
        return report_loss(handle, error);
    return give_up(handle, error);
}

/* However late it is. */
static bool
rollback(KithHandle *handle, const char *sql, GError **error)
{
    KithWatch *limits = handle->pipeline.watch.watch;
    handle->pipeline.watch.watch = NULL;
    bool done = roll_back(handle, sql, error);
    handle->pipeline.watch.watch = limits;
    return done;
}

/* Leave the connection so that it can be used again, unless it is lost. */
static void
roll_back_rest(KithHandle *handle)
{
    if (!kith_postgres_pipeline_is_lost(&handle->pipeline))
        rollback(handle, "ROLLBACK", NULL);
}

/*
 * The connection has ended after the COMMIT was sent, and the server has not said before
 * that the transaction could not be committed.
 */
static bool
is_outcome_unknown(const KithPostgresPipeline *pipeline)
{
    return kith_postgres_pipeline_is_lost(pipeline) && !pipeline->was_refused;
}

static GError *
unknown_outcome(const GError *failure)
{
    GError *error = NULL;
    KithErrorDetails details = { .sqlstate = kith_error_sqlstate(failure) };
    kith_error_set_details(
        &error,
        KITH_ERROR_OUTCOME_UNKNOWN,
        &details,
        "outcome unknown: the connection was lost while committing, so the "
        "transaction may or may not have been committed: %s",
        failure->message);
    return error;
}

/*
 * The COMMIT goes with all that is queued, in one piece if that is small, but for two things
 * that must be known before. A connection that has ended by now is found by a look at it. And what is given back has
 * to be seen first if it might not fit its member, as what is committed cannot be
 * refused: a key of a type that was not met yet, a default that may be NULL. Numbers of
 * rows have mostly come when the last chunk of a batch is still being written.
 */
static bool
send_commit(KithPostgresPipeline *pipeline)
{
    if (pipeline->failure != NULL)
        return false;
    kith_postgres_pipeline_look(pipeline);
    if (!kith_postgres_pipeline_wait_for_counts(pipeline))
        return false;
    if (pipeline->has_doubtful && !kith_postgres_pipeline_settle(pipeline))
        return false;
    return kith_postgres_pipeline_commit(pipeline);
}

/* No failure undoes what is done, but a key that was not stored has to be told of. */
static bool
report_committed(KithHandle *handle, GError **error)
{
    KithPostgresPipeline *pipeline = &handle->pipeline;
    g_autoptr(GError) failure = g_steal_pointer(&pipeline->failure);
    bool is_whole = !pipeline->has_refused;
    pipeline->has_refused = false;
    if (!is_whole)
        kith_error_set(error,
                       KITH_ERROR_OUTCOME_UNKNOWN,
                       "committed, but what was written is not known: %s",
                       failure->message);
    return is_whole;
}

static bool
commit(KithHandle *handle, GError **error)
{
    KithPostgresPipeline *pipeline = &handle->pipeline;
    bool is_sent = send_commit(pipeline);
    if (is_sent)
        kith_postgres_pipeline_settle(pipeline);
    if (is_sent && pipeline->is_committed)
        return report_committed(handle, error);
    g_autoptr(GError) failure = g_error_copy(pipeline->failure);
    if (is_sent && is_outcome_unknown(pipeline)) {
        g_propagate_error(error, unknown_outcome(failure));
        return false;
    }
    roll_back_rest(handle);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* --- reading ----------------------------------------------------------------------- */

static bool
set_parameters(KithHandle *handle,
               const KithParameter *parameters,
               size_t n_parameters,
               GError **error)
{
    kith_postgres_parameters_reset(&handle->parameters, n_parameters);
    for (size_t i = 0; i < n_parameters; i++) {
        if (!kith_postgres_set_parameter(&handle->parameters, i, &parameters[i], error))
            return false;
    }
    return true;
}

/* All that is queued goes with the query: a BEGIN held back costs no round trip. */
static bool
run_query(KithHandle *handle, const KithStatement *statement)
{
    KithPostgresStatement *prepared = kith_postgres_statements_find(
        handle->statements, statement, statement->sql, &handle->parameters);
    return kith_postgres_pipeline_query(&handle->pipeline, prepared, &handle->parameters)
           && kith_postgres_pipeline_settle(&handle->pipeline);
}

static KithCursor *
query(KithHandle *handle,
      const KithStatement *statement,
      const KithParameter *parameters,
      size_t n_parameters,
      GError **error)
{
    KithPostgresPipeline *pipeline = &handle->pipeline;
    finish(&handle->cursor);
    if (pipeline->failure != NULL) {
        report(handle, error);
        return NULL;
    }
    if (!set_parameters(handle, parameters, n_parameters, error))
        return NULL;
    bool stands_alone = kith_postgres_pipeline_is_settled(pipeline) && is_idle(handle);
    bool is_done = run_query(handle, statement);
    /* Nothing is lost by asking again, where there is no transaction that has failed. */
    if (!is_done && stands_alone && pipeline->is_repeatable) {
        kith_postgres_pipeline_drop(pipeline);
        is_done = run_query(handle, statement);
    }
    if (!is_done) {
        g_clear_pointer(&pipeline->answer, PQclear);
        give_up(handle, error);
        return NULL;
    }
    kith_postgres_cursor_begin(&handle->cursor, g_steal_pointer(&pipeline->answer));
    return &handle->cursor;
}

const KithDriver kith_driver_postgres = {
    .version = KITH_DRIVER_VERSION,
    .dialect = &kith_postgres_dialect,
    .accepts = kith_postgres_accepts,
    .open = open_handle,
    .close = close_handle,
    .watch = watch,
    .is_alive = is_alive,
    .has_failed = has_failed,
    .command = command,
    .commit = commit,
    .rollback = rollback,
    .submit = submit,
    .sync = sync_all,
    .query = query,
    .fetch = kith_postgres_cursor_fetch,
    .changed = kith_postgres_cursor_changed,
    .finish = finish,
};

/*
 * postgres-pipeline.c - sends without waiting, reads in order, and never blocks in one
 * direction while the other is full.
 *
 * libpq is used non-blocking: what the socket does not take stays in its buffer. Whenever
 * some has gathered there, it is sent, and what the server has answered meanwhile is
 * taken. Waiting is always for both directions, as a server whose answers nobody reads
 * stops reading itself.
 */
#include "postgres-pipeline.h"

#include "error.h"
#include "postgres-types.h"

#include <poll.h>
#include <string.h>

/* When to look at the socket: often enough to keep both sides busy, and buffers small. */
#define LOOK_EVERY_BYTES (64 * 1024)

/* About what the protocol adds to the values of an execution. */
#define BYTES_OF_MESSAGES 64

typedef enum ItemKind {
    ITEM_PREPARE,
    ITEM_COMMAND,
    ITEM_COMMIT,
    ITEM_ROWS, /* the rows of a batch that were queued one after another */
    ITEM_QUERY,
    ITEM_SYNC
} ItemKind;

typedef struct Item {
    ItemKind kind;
    KithPostgresStatement *statement; /* PREPARE, ROWS, QUERY */
    KithBatch *batch;                 /* ROWS, and PREPARE for them */
    size_t row;                       /* the next to be answered */
    size_t end;                       /* the one after the last that was queued */
} Item;

static bool
is_empty(const KithPostgresPipeline *pipeline)
{
    return pipeline->head == pipeline->items->len;
}

bool
kith_postgres_pipeline_is_settled(const KithPostgresPipeline *pipeline)
{
    return !pipeline->is_open;
}

bool
kith_postgres_pipeline_is_lost(const KithPostgresPipeline *pipeline)
{
    return pipeline->is_cut || pipeline->notice.is_fatal
           || PQstatus(pipeline->conn) == CONNECTION_BAD;
}

static Item *
head_of(KithPostgresPipeline *pipeline)
{
    return &g_array_index(pipeline->items, Item, pipeline->head);
}

static void
forget_items(KithPostgresPipeline *pipeline)
{
    g_array_set_size(pipeline->items, 0);
    pipeline->head = 0;
    pipeline->has_answer = false;
    pipeline->unsent = 0;
}

/* --- failing ----------------------------------------------------------------------- */

void
kith_postgres_pipeline_fail(KithPostgresPipeline *pipeline, GError *failure)
{
    if (pipeline->failure == NULL)
        pipeline->failure = failure;
    else
        g_error_free(failure);
}

static void
fail_with(KithPostgresPipeline *pipeline, const PGresult *result)
{
    kith_postgres_pipeline_fail(
        pipeline, kith_postgres_error_new(pipeline->conn, result, &pipeline->notice));
}

/* The server is gone, and whatever was not answered never will be. */
static void
lose(KithPostgresPipeline *pipeline)
{
    fail_with(pipeline, NULL);
    forget_items(pipeline);
    pipeline->is_open = false;
}

/*
 * Did the server say that there was no COMMIT? An error before it, or instead of it, says
 * so. An end of the connection at the COMMIT itself says nothing: it may have been done
 * before.
 */
static bool
is_refusal(const Item *item, const PGresult *result)
{
    if (PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL)
        return false;
    return item->kind != ITEM_COMMIT || !kith_postgres_result_is_fatal(result);
}

/* A statement that the server does not have any more is prepared at its next use. */
static void
forget_statement(KithPostgresPipeline *pipeline, Item *item, const PGresult *result)
{
    if (item->statement == NULL || !kith_postgres_result_is_unprepared(result))
        return;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    /* Gone, or made by somebody else: no server connection is our own. */
    if (strcmp(sqlstate, "0A000") != 0)
        pipeline->is_unnamed = true;
    kith_postgres_statement_forget(item->statement);
    pipeline->is_repeatable = pipeline->failure == NULL;
}

static void
take_failure(KithPostgresPipeline *pipeline, Item *item, const PGresult *result)
{
    forget_statement(pipeline, item, result);
    if (pipeline->failure != NULL)
        return;
    if (item->batch != NULL)
        item->batch->failed_row = item->row;
    pipeline->was_refused = is_refusal(item, result);
    fail_with(pipeline, result);
}

/* Where the failure before it was dropped, being skipped is one. */
static void
take_skipped(KithPostgresPipeline *pipeline)
{
    if (pipeline->failure != NULL)
        return;
    GError *error = NULL;
    kith_error_set(&error,
                   KITH_ERROR_SQL,
                   "the server skipped the statement, because one before it had failed");
    kith_postgres_pipeline_fail(pipeline, error);
}

/* An answer that is refused on this side; the server goes on, and would even commit. */
static void
refuse_answer(KithPostgresPipeline *pipeline, Item *item, GError *error)
{
    pipeline->has_refused = true;
    if (pipeline->failure == NULL)
        item->batch->failed_row = item->row;
    kith_postgres_pipeline_fail(pipeline, error);
}

/* --- taking answers ---------------------------------------------------------------- */

/* A trigger can see to it that there is no new row; an update may find none. */
static bool
check_answer(const KithShape *shape, const PGresult *result, GError **error)
{
    bool is_insert = shape->operation == KITH_OPERATION_INSERT;
    size_t n_fields = (size_t) PQnfields(result);
    if (n_fields == shape->n_returned && PQntuples(result) == 1)
        return true;
    kith_error_set_details(error,
                           KITH_ERROR_MAPPING,
                           &(KithErrorDetails){ .table = shape->table },
                           "%s: the %s did not give back one row",
                           shape->entity,
                           is_insert ? "insert" : "update");
    return false;
}

/* A generated key is never NULL; of others nothing says so but the member. */
static bool
always_fits(const KithShape *shape,
            const KithColumn *column,
            const PGresult *result,
            int i)
{
    return (column->nullable || column == shape->generated)
           && kith_postgres_always_fits(PQftype(result, i), column->kind);
}

static bool
store_answer(Item *item, const PGresult *result, GError **error)
{
    const KithShape *shape = item->batch->shape;
    void *row = item->batch->rows[item->row].row;
    KithLayout layout = { .entity = shape->entity };
    bool is_trusted = true;
    if (!check_answer(shape, result, error))
        return false;
    for (size_t i = 0; i < shape->n_returned; i++) {
        const KithColumn *column = shape->returned[i];
        KithPostgresValue value = kith_postgres_value(result, 0, (int) i);
        size_t length;
        is_trusted = is_trusted && always_fits(shape, column, result, (int) i);
        if (!kith_postgres_store(&layout, column, &value, row, &length, error))
            return false;
    }
    item->statement->is_trusted = is_trusted;
    if (shape->keep != NULL)
        shape->keep(shape, row);
    return true;
}

static void
take_answer(KithPostgresPipeline *pipeline, Item *item, const PGresult *result)
{
    KithRow *row = &item->batch->rows[item->row];
    GError *error = NULL;
    bool is_update = item->batch->shape->operation == KITH_OPERATION_UPDATE;
    row->missed = is_update && PQntuples(result) == 0;
    if (!row->missed && !row->is_passing && !store_answer(item, result, &error))
        refuse_answer(pipeline, item, error);
}

/* Without an answer the number of rows is all there is. */
static void
take_count(KithPostgresPipeline *pipeline, Item *item, PGresult *result)
{
    const KithShape *shape = item->batch->shape;
    GError *error = NULL;
    bool is_none = strcmp(PQcmdTuples(result), "0") == 0;
    bool is_insert = shape->operation == KITH_OPERATION_INSERT;
    item->batch->rows[item->row].missed = is_none && !is_insert;
    if (!is_none || !is_insert || shape->skips_existing)
        return;
    kith_error_set_details(&error,
                           KITH_ERROR_MAPPING,
                           &(KithErrorDetails){ .table = shape->table },
                           "%s: the insert did not give back one row",
                           shape->entity);
    refuse_answer(pipeline, item, error);
}

static void
take_row(KithPostgresPipeline *pipeline, Item *item, PGresult *result)
{
    KithBatch *batch = item->batch;
    if (batch == NULL)
        return;
    if (batch->shape->n_returned > 0)
        take_answer(pipeline, item, result);
    else
        take_count(pipeline, item, result);
    if (item->row + 1 < batch->n_rows)
        return;
    int64_t now = g_get_monotonic_time();
    batch->usec = now - pipeline->since;
    pipeline->since = now;
}

/* To COMMIT what has failed is to roll it back, which the server calls a success. */
static void
take_commit(KithPostgresPipeline *pipeline, PGresult *result)
{
    pipeline->is_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (pipeline->is_committed)
        return;
    GError *error = NULL;
    kith_error_set(
        &error,
        KITH_ERROR_SQL,
        "the transaction was rolled back instead of committed, because a statement "
        "in it had failed before");
    pipeline->was_refused = true;
    kith_postgres_pipeline_fail(pipeline, error);
}

static void
take_success(KithPostgresPipeline *pipeline, Item *item, PGresult *result)
{
    switch (item->kind) {
    case ITEM_PREPARE:
        item->statement->state = KITH_POSTGRES_PREPARED;
        break;
    case ITEM_ROWS:
        take_row(pipeline, item, result);
        break;
    case ITEM_COMMIT:
        take_commit(pipeline, result);
        break;
    case ITEM_QUERY:
        pipeline->answer = result;
        return;
    case ITEM_COMMAND:
    case ITEM_SYNC:
        break;
    }
    PQclear(result);
}

/* COPY takes the connection into another mode, which a pipeline cannot leave. */
static void
take_copy(KithPostgresPipeline *pipeline)
{
    GError *error = NULL;
    kith_error_set(&error, KITH_ERROR_MISUSE, "COPY cannot be run through a session");
    kith_postgres_pipeline_fail(pipeline, error);
    pipeline->is_cut = true;
    lose(pipeline);
}

static void
advance(KithPostgresPipeline *pipeline)
{
    Item *item = head_of(pipeline);
    pipeline->has_answer = false;
    /* Asked, and skipped or refused: the next use has to ask again. */
    if (item->kind == ITEM_PREPARE && item->statement->state == KITH_POSTGRES_ASKED)
        item->statement->state = KITH_POSTGRES_UNPREPARED;
    if (item->kind == ITEM_ROWS && ++item->row < item->end)
        return;
    pipeline->head++;
    if (is_empty(pipeline))
        forget_items(pipeline);
}

/* A sync that commits by itself can fail at that, and is answered twice. */
static void
end_answer(KithPostgresPipeline *pipeline)
{
    if (head_of(pipeline)->kind == ITEM_SYNC)
        pipeline->has_answer = false;
    else
        advance(pipeline);
}

/* @result is taken over. */
static void
take(KithPostgresPipeline *pipeline, PGresult *result)
{
    Item *item = head_of(pipeline);
    pipeline->has_answer = true;
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        take_success(pipeline, item, result);
        return;
    case PGRES_PIPELINE_SYNC:
        pipeline->is_open = false;
        advance(pipeline); /* no NULL follows this one */
        break;
    case PGRES_PIPELINE_ABORTED:
        take_skipped(pipeline);
        break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        take_copy(pipeline);
        break;
    default:
        take_failure(pipeline, item, result);
        break;
    }
    PQclear(result);
}

/*
 * Take the results that are here. After the end of a connection libpq still gives those
 * that it had read; when there are no more, it gives NULL where a result should be.
 */
static void
take_ready(KithPostgresPipeline *pipeline)
{
    while (!PQisBusy(pipeline->conn) && !is_empty(pipeline)) {
        PGresult *result = PQgetResult(pipeline->conn);
        if (result != NULL)
            take(pipeline, result);
        else if (pipeline->has_answer)
            end_answer(pipeline);
        else if (kith_postgres_pipeline_is_lost(pipeline))
            lose(pipeline);
        else
            break;
    }
    if (pipeline->is_cut && !is_empty(pipeline))
        lose(pipeline);
}

/* --- the socket -------------------------------------------------------------------- */

/*
 * libpq reads at least 8 kB at a time, and an encrypted record holds up to 16 kB: after a
 * second read nothing is left behind that the socket does not tell of.
 */
static void
read_socket(KithPostgresPipeline *pipeline)
{
    PGconn *conn = pipeline->conn;
    bool is_encrypted = PQsslInUse(conn) || PQgssEncInUse(conn);
    if (!PQconsumeInput(conn) || (is_encrypted && !PQconsumeInput(conn)))
        pipeline->is_cut = true;
    take_ready(pipeline);
}

/* Wait until something can be read, or, if some is left to be sent, written. */
static void
wait_for_socket(KithPostgresPipeline *pipeline, bool is_all_sent)
{
    short events = is_all_sent ? POLLIN : POLLIN | POLLOUT;
    struct pollfd socket = { .fd = PQsocket(pipeline->conn), .events = events };
    if (socket.fd >= 0)
        poll(&socket, 1, -1);
}

/* Hand all that is queued to the socket. A failure to write shows when reading. */
static void
send_queued(KithPostgresPipeline *pipeline)
{
    pipeline->unsent = 0;
    while (!kith_postgres_pipeline_is_lost(pipeline) && PQflush(pipeline->conn) != 0) {
        wait_for_socket(pipeline, false);
        read_socket(pipeline);
    }
}

void
kith_postgres_pipeline_look(KithPostgresPipeline *pipeline)
{
    send_queued(pipeline);
    read_socket(pipeline);
    if (pipeline->failure == NULL && kith_postgres_pipeline_is_lost(pipeline))
        lose(pipeline);
}

/* --- handing over ------------------------------------------------------------------ */

/* @is_queued: what the function of libpq returned. */
static bool
append(KithPostgresPipeline *pipeline, bool is_queued, const Item *item)
{
    if (!is_queued) {
        fail_with(pipeline, NULL);
        if (kith_postgres_pipeline_is_lost(pipeline))
            lose(pipeline);
        return false;
    }
    pipeline->is_open = true;
    g_array_append_val(pipeline->items, *item);
    return true;
}

static bool
send_sql(KithPostgresPipeline *pipeline, const char *sql, ItemKind kind)
{
    if (pipeline->failure != NULL)
        return false;
    pipeline->unnamed = NULL; /* this text takes its place */
    int is_queued = PQsendQueryParams(pipeline->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    return append(pipeline, is_queued == 1, &(Item){ .kind = kind });
}

bool
kith_postgres_pipeline_command(KithPostgresPipeline *pipeline, const char *sql)
{
    return send_sql(pipeline, sql, ITEM_COMMAND);
}

bool
kith_postgres_pipeline_commit(KithPostgresPipeline *pipeline)
{
    pipeline->is_committed = false;
    return send_sql(pipeline, "COMMIT", ITEM_COMMIT);
}

static bool
send_prepare(KithPostgresPipeline *pipeline,
             KithPostgresStatement *statement,
             const char *name,
             KithBatch *batch,
             size_t row)
{
    int is_queued = PQsendPrepare(
        pipeline->conn, name, statement->sql, (int) statement->n_types, statement->types);
    Item item = {
        .kind = ITEM_PREPARE, .statement = statement, .batch = batch, .row = row
    };
    statement->state = KITH_POSTGRES_ASKED;
    if (append(pipeline, is_queued == 1, &item))
        return true;
    statement->state = KITH_POSTGRES_UNPREPARED;
    return false;
}

/* Behind a pooler each pipeline parses anew, but once for all the rows of a batch. */
static bool
prepare(KithPostgresPipeline *pipeline,
        KithPostgresStatement *statement,
        KithBatch *batch,
        size_t row)
{
    if (!pipeline->is_unnamed) {
        return statement->state != KITH_POSTGRES_UNPREPARED
               || send_prepare(pipeline, statement, statement->name, batch, row);
    }
    if (pipeline->unnamed == statement)
        return true;
    pipeline->unnamed = statement;
    return send_prepare(pipeline, statement, "", batch, row);
}

static int
send_execution(KithPostgresPipeline *pipeline,
               const KithPostgresStatement *statement,
               const KithPostgresParameters *parameters)
{
    return PQsendQueryPrepared(pipeline->conn,
                               pipeline->is_unnamed ? "" : statement->name,
                               (int) parameters->count,
                               parameters->values,
                               parameters->lengths,
                               parameters->formats,
                               1);
}

/* Rows that follow each other share an item, so that many rows do not need many items. */
static bool
append_row(KithPostgresPipeline *pipeline, bool is_queued, const Item *row)
{
    GArray *items = pipeline->items;
    if (is_queued && !is_empty(pipeline)) {
        Item *last = &g_array_index(items, Item, items->len - 1);
        if (last->kind == ITEM_ROWS && last->batch == row->batch
            && last->end == row->row) {
            last->end++;
            return true;
        }
    }
    return append(pipeline, is_queued, row);
}

bool
kith_postgres_pipeline_row(KithPostgresPipeline *pipeline,
                           KithPostgresStatement *statement,
                           const KithPostgresParameters *parameters,
                           KithBatch *batch,
                           size_t row)
{
    if (pipeline->failure != NULL || !prepare(pipeline, statement, batch, row))
        return false;
    int is_queued = send_execution(pipeline, statement, parameters);
    Item item = { .kind = ITEM_ROWS,
                  .statement = statement,
                  .batch = batch,
                  .row = row,
                  .end = row + 1 };
    if (!append_row(pipeline, is_queued == 1, &item))
        return false;
    pipeline->has_doubtful |= batch->shape->n_returned > 0 && !statement->is_trusted;
    pipeline->unsent += BYTES_OF_MESSAGES + kith_postgres_parameters_size(parameters);
    if (pipeline->unsent >= LOOK_EVERY_BYTES)
        kith_postgres_pipeline_look(pipeline);
    return pipeline->failure == NULL;
}

bool
kith_postgres_pipeline_query(KithPostgresPipeline *pipeline,
                             KithPostgresStatement *statement,
                             const KithPostgresParameters *parameters)
{
    if (pipeline->failure != NULL || !prepare(pipeline, statement, NULL, 0))
        return false;
    int is_queued = send_execution(pipeline, statement, parameters);
    return append(
        pipeline, is_queued == 1, &(Item){ .kind = ITEM_QUERY, .statement = statement });
}

/* --- settling ---------------------------------------------------------------------- */

static void
begin_settling(KithPostgresPipeline *pipeline)
{
    pipeline->since = g_get_monotonic_time();
    pipeline->was_refused = false;
    pipeline->is_repeatable = false;
    pipeline->has_doubtful = false;
    int is_queued = PQpipelineSync(pipeline->conn);
    /* Without it, no answer would ever come. */
    if (!append(pipeline, is_queued == 1, &(Item){ .kind = ITEM_SYNC }))
        pipeline->is_cut = true;
}

bool
kith_postgres_pipeline_settle(KithPostgresPipeline *pipeline)
{
    if (!pipeline->is_open)
        return pipeline->failure == NULL;
    begin_settling(pipeline);
    while (!is_empty(pipeline)) {
        send_queued(pipeline);
        take_ready(pipeline); /* sending reads too, when the socket is full */
        if (is_empty(pipeline))
            break;
        wait_for_socket(pipeline, true);
        read_socket(pipeline);
    }
    pipeline->unnamed = NULL; /* the next pipeline can meet another server connection */
    if (pipeline->failure == NULL)
        kith_postgres_notice_clear(&pipeline->notice);
    return pipeline->failure == NULL;
}

void
kith_postgres_pipeline_drop(KithPostgresPipeline *pipeline)
{
    for (guint i = pipeline->head; i < pipeline->items->len; i++)
        g_array_index(pipeline->items, Item, i).batch = NULL;
    g_clear_error(&pipeline->failure);
    g_clear_pointer(&pipeline->answer, PQclear);
    pipeline->has_doubtful = false;
    pipeline->has_refused = false;
}

/* --- the connection ---------------------------------------------------------------- */

static void
keep_notice(void *data, const PGresult *result)
{
    KithPostgresPipeline *pipeline = data;
    kith_postgres_notice_keep(&pipeline->notice, result);
}

bool
kith_postgres_pipeline_init(KithPostgresPipeline *pipeline, PGconn *conn)
{
    *pipeline = (KithPostgresPipeline){ .conn = conn };
    pipeline->items = g_array_new(FALSE, FALSE, sizeof(Item));
    PQsetNoticeReceiver(conn, keep_notice, pipeline);
    return PQsetnonblocking(conn, 1) == 0 && PQenterPipelineMode(conn) == 1;
}

void
kith_postgres_pipeline_clear(KithPostgresPipeline *pipeline)
{
    g_clear_error(&pipeline->failure);
    g_clear_pointer(&pipeline->answer, PQclear);
    g_clear_pointer(&pipeline->items, g_array_unref);
    kith_postgres_notice_clear(&pipeline->notice);
    g_clear_pointer(&pipeline->conn, PQfinish);
}

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

#include <string.h>

/* When to look at the socket: often enough to keep both sides busy, and buffers small. */
#define LOOK_EVERY_BYTES (64 * 1024)

/* About what the protocol adds to the values of an execution. */
#define BYTES_OF_MESSAGES 64

typedef enum ItemKind {
    ITEM_PREPARE,
    ITEM_COMMAND,
    ITEM_COMMIT,
    ITEM_ROWS, /* rows of a batch: one after another, or by one statement */
    ITEM_QUERY,
    ITEM_SYNC
} ItemKind;

typedef struct Item {
    ItemKind kind;
    KithPostgresStatement *statement; /* PREPARE, ROWS, QUERY, BEGIN, COMMIT */
    KithPostgresRows rows;            /* ROWS: to be answered; and PREPARE for them */
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
    pipeline->n_counted = 0;
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
    GError *failure =
        kith_postgres_error_new(pipeline->conn, result, &pipeline->notice);
    kith_postgres_watch_explain(&pipeline->watch, &failure);
    kith_postgres_pipeline_fail(pipeline, failure);
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

/* A statement that cannot be prepared fails for the first of its rows like for any. */
static void
suspect(const Item *item)
{
    bool is_bulk = item->rows.is_bulk && item->kind == ITEM_ROWS;
    item->rows.batch->failed_row = item->rows.first;
    item->rows.batch->n_suspects = is_bulk ? item->rows.count : 1;
}

static void
take_failure(KithPostgresPipeline *pipeline, Item *item, const PGresult *result)
{
    forget_statement(pipeline, item, result);
    if (pipeline->failure != NULL)
        return;
    pipeline->was_refused = is_refusal(item, result);
    GError *missed = NULL;
    if (item->rows.batch != NULL && item->kind == ITEM_ROWS
        && kith_postgres_answer_is_missed(&item->rows, result, &missed)) {
        kith_postgres_pipeline_fail(pipeline, missed);
        return;
    }
    if (item->rows.batch != NULL)
        suspect(item);
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

/* --- taking answers ---------------------------------------------------------------- */

/* What was refused on this side the server would go on with, and even commit. */
static void
take_rows(KithPostgresPipeline *pipeline, Item *item, const PGresult *result)
{
    KithBatch *batch = item->rows.batch;
    GError *error = NULL;
    if (batch == NULL)
        return;
    KithPostgresRows rows = item->rows;
    if (!rows.is_bulk)
        rows.count = 1;
    size_t failed_row = batch->failed_row;
    if (!kith_postgres_answer_take(&rows, item->statement, result, &error)) {
        pipeline->has_refused = true;
        if (pipeline->failure != NULL)
            batch->failed_row = failed_row;
        kith_postgres_pipeline_fail(pipeline, error);
    }
    if (rows.first + rows.count < batch->n_rows)
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
        take_rows(pipeline, item, result);
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

/* Of rows that were queued one after another: on to the next. */
static bool
has_more_rows(Item *item)
{
    if (item->rows.is_bulk || item->rows.count == 1)
        return false;
    item->rows.first++;
    item->rows.count--;
    return true;
}

static void
advance(KithPostgresPipeline *pipeline)
{
    Item *item = head_of(pipeline);
    pipeline->has_answer = false;
    /* Asked, and skipped or refused: the next use has to ask again. */
    if (item->kind == ITEM_PREPARE && item->statement->state == KITH_POSTGRES_ASKED)
        item->statement->state = KITH_POSTGRES_UNPREPARED;
    if (item->kind == ITEM_ROWS && has_more_rows(item))
        return;
    if (item->kind == ITEM_ROWS && item->rows.is_counted)
        pipeline->n_counted--;
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
    if (socket.fd < 0
        || kith_postgres_watch_wait(&pipeline->watch, pipeline->conn, &socket))
        return;
    GError *error = NULL;
    kith_watch_set_error(pipeline->watch.watch,
                         pipeline->watch.stopped,
                         "and the server does not answer; the connection is given up",
                         &error);
    kith_postgres_pipeline_fail(pipeline, error);
    pipeline->is_cut = true;
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

/* Has something come, or has the connection ended? */
static bool
has_news(const KithPostgresPipeline *pipeline)
{
    struct pollfd socket = { .fd = PQsocket(pipeline->conn), .events = POLLIN };
    return socket.fd < 0 || poll(&socket, 1, 0) != 0;
}

/* libpq sends before it reads: so it is asked to read only where there is something, and
 * a small commit stays in one piece. */
void
kith_postgres_pipeline_look(KithPostgresPipeline *pipeline)
{
    if (has_news(pipeline))
        read_socket(pipeline);
    if (pipeline->failure == NULL && kith_postgres_pipeline_is_lost(pipeline))
        lose(pipeline);
}

/* Enough has gathered: both sides are kept busy, and the buffers small. */
static void
make_way(KithPostgresPipeline *pipeline)
{
    send_queued(pipeline);
    kith_postgres_pipeline_look(pipeline);
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

static bool
send_prepare(KithPostgresPipeline *pipeline,
             KithPostgresStatement *statement,
             const char *name,
             const KithPostgresRows *rows)
{
    int is_queued = PQsendPrepare(
        pipeline->conn, name, statement->sql, (int) statement->n_types, statement->types);
    Item item = { .kind = ITEM_PREPARE, .statement = statement, .rows = *rows };
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
        const KithPostgresRows *rows)
{
    if (!pipeline->is_unnamed) {
        return statement->state != KITH_POSTGRES_UNPREPARED
               || send_prepare(pipeline, statement, statement->name, rows);
    }
    if (pipeline->unnamed == statement)
        return true;
    pipeline->unnamed = statement;
    return send_prepare(pipeline, statement, "", rows);
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

/* What every transaction has: parsed once, but where nothing stays prepared. */
static bool
send_frame(KithPostgresPipeline *pipeline, KithPostgresStatement *statement, ItemKind kind)
{
    static const KithPostgresParameters none = { .count = 0 };
    static const KithPostgresRows no_rows = { .batch = NULL };
    if (pipeline->is_unnamed)
        return send_sql(pipeline, statement->sql, kind);
    if (pipeline->failure != NULL || !prepare(pipeline, statement, &no_rows))
        return false;
    int is_queued = send_execution(pipeline, statement, &none);
    return append(
        pipeline, is_queued == 1, &(Item){ .kind = kind, .statement = statement });
}

bool
kith_postgres_pipeline_command(KithPostgresPipeline *pipeline, const char *sql)
{
    return strcmp(sql, pipeline->begin.sql) == 0
               ? send_frame(pipeline, &pipeline->begin, ITEM_COMMAND)
               : send_sql(pipeline, sql, ITEM_COMMAND);
}

bool
kith_postgres_pipeline_commit(KithPostgresPipeline *pipeline)
{
    pipeline->is_committed = false;
    return send_frame(pipeline, &pipeline->commit, ITEM_COMMIT);
}

/* Rows that follow each other share an item, so that many rows do not need many items. */
static bool
append_rows(KithPostgresPipeline *pipeline, bool is_queued, const Item *item)
{
    GArray *items = pipeline->items;
    if (is_queued && !is_empty(pipeline) && !item->rows.is_bulk) {
        KithPostgresRows *last = &g_array_index(items, Item, items->len - 1).rows;
        if (g_array_index(items, Item, items->len - 1).kind == ITEM_ROWS
            && last->batch == item->rows.batch && !last->is_bulk
            && last->first + last->count == item->rows.first) {
            last->count++;
            return true;
        }
    }
    return append(pipeline, is_queued, item);
}

bool
kith_postgres_pipeline_rows(KithPostgresPipeline *pipeline,
                            KithPostgresStatement *statement,
                            const KithPostgresParameters *parameters,
                            const KithPostgresRows *rows)
{
    if (pipeline->failure != NULL || !prepare(pipeline, statement, rows))
        return false;
    int is_queued = send_execution(pipeline, statement, parameters);
    Item item = { .kind = ITEM_ROWS, .statement = statement, .rows = *rows };
    if (!append_rows(pipeline, is_queued == 1, &item))
        return false;
    if (rows->is_counted) {
        pipeline->n_counted++;
        PQsendFlushRequest(pipeline->conn); /* or the answer stays in the server */
    }
    pipeline->has_doubtful |=
        rows->batch->shape->n_returned > 0 && !statement->is_trusted;
    pipeline->unsent += BYTES_OF_MESSAGES + kith_postgres_parameters_size(parameters);
    if (pipeline->unsent >= LOOK_EVERY_BYTES)
        make_way(pipeline);
    return pipeline->failure == NULL;
}

bool
kith_postgres_pipeline_query(KithPostgresPipeline *pipeline,
                             KithPostgresStatement *statement,
                             const KithPostgresParameters *parameters)
{
    if (pipeline->failure != NULL
        || !prepare(pipeline, statement, &(KithPostgresRows){ .batch = NULL }))
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
kith_postgres_pipeline_wait_for_counts(KithPostgresPipeline *pipeline)
{
    while (pipeline->n_counted > 0 && pipeline->failure == NULL) {
        send_queued(pipeline);
        take_ready(pipeline);
        if (pipeline->n_counted == 0 || pipeline->failure != NULL)
            break;
        wait_for_socket(pipeline, true);
        read_socket(pipeline);
    }
    return pipeline->failure == NULL;
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
    kith_postgres_watch_end(&pipeline->watch, pipeline->is_cut);
    pipeline->unnamed = NULL; /* the next pipeline can meet another server connection */
    if (pipeline->failure == NULL)
        kith_postgres_notice_clear(&pipeline->notice);
    return pipeline->failure == NULL;
}

void
kith_postgres_pipeline_drop(KithPostgresPipeline *pipeline)
{
    for (guint i = pipeline->head; i < pipeline->items->len; i++)
        g_array_index(pipeline->items, Item, i).rows.batch = NULL;
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
    kith_postgres_statement_init(&pipeline->begin, kith_postgres_dialect.begin);
    kith_postgres_statement_init(&pipeline->commit, "COMMIT");
    pipeline->items = g_array_new(FALSE, FALSE, sizeof(Item));
    PQsetNoticeReceiver(conn, keep_notice, pipeline);
    return PQsetnonblocking(conn, 1) == 0 && PQenterPipelineMode(conn) == 1;
}

void
kith_postgres_pipeline_clear(KithPostgresPipeline *pipeline)
{
    g_clear_error(&pipeline->failure);
    kith_postgres_watch_end(&pipeline->watch, true);
    g_clear_pointer(&pipeline->answer, PQclear);
    g_clear_pointer(&pipeline->items, g_array_unref);
    kith_postgres_notice_clear(&pipeline->notice);
    g_clear_pointer(&pipeline->conn, PQfinish);
}

/*
 * stream.c - any number of objects in memory that does not grow. Rows are read in parts:
 * the objects of a part are siblings, so what is loaded for one is loaded for all, and
 * when the next part is due those that nobody has changed are let go. SQLite is stepped
 * through; a database with a server is asked for a part at a time, through a cursor.
 *
 * Where no transaction is open the rows come over a connection of their own, so that
 * other statements can be run meanwhile, and what they commit is not seen here. Within a
 * transaction they come over its connection, and other statements have to wait.
 */
#include "stream.h"

#include "change.h"
#include "eager.h"
#include "error.h"
#include "evict.h"
#include "time-limits.h"
#include "loader.h"
#include "query-plan.h"
#include "query.h"

/* As many as are worth a statement, and as few as anybody has room for. */
#define PART 256

struct KithStream {
    KithStream *next; /* of the session */
    KithSession *session;
    KithQuery *query;
    uint64_t epoch;             /* what was committed since is not seen */
    KithConnection *connection; /* NULL: not open yet, or over */
    bool is_own;                /* …it is not that of the transaction */
    const KithStatement *fetch; /* the next part; NULL: the rows are stepped through */
    char *close;                /* what ends the cursor */
    bool is_over;
    GError *failure;    /* why it was ended, to be told */
    GPtrArray *objects; /* this part, of structs; NULL where one is gone */
    guint at;
    GPtrArray *fresh; /* entities that came with it, and may go; NULL where one is gone */
};

/* --- opened ------------------------------------------------------------------------ */

static bool
declare(KithStream *stream, const KithQueryPlan *plan, GError **error)
{
    KithConnection *connection = stream->connection;
    KithEngine *engine = stream->session->engine;
    const char *sql = plan->statement->sql;
    g_autofree char *name = g_strdup_printf("kith_%08x", g_str_hash(sql));
    g_autofree char *declaration =
        g_strdup_printf("DECLARE %s NO SCROLL CURSOR FOR %s", name, sql);
    g_autofree char *fetch = g_strdup_printf("FETCH %d FROM %s", PART, name);
    stream->fetch = kith_engine_statement(engine, fetch);
    g_free(stream->close);
    stream->close = g_strdup_printf("CLOSE %s", name);
    if (stream->is_own
        && !kith_connection_command(
            connection, connection->driver->dialect->begin_read_only, error))
        return false;
    if (!kith_connection_query(connection,
                               kith_engine_statement(engine, declaration),
                               stream->query->parameters,
                               plan->n_parameters,
                               error))
        return false;
    kith_connection_finish(connection, NULL);
    return true;
}

static bool
start(KithStream *stream, const KithQueryPlan *plan, GError **error)
{
    if (stream->connection->driver->dialect->has_cursors)
        return declare(stream, plan, error);
    return kith_connection_query(stream->connection,
                                 plan->statement,
                                 stream->query->parameters,
                                 plan->n_parameters,
                                 error);
}

/* What is loaded along would have to be asked for in between. */
static bool
check(const KithStream *stream, GError **error)
{
    const KithQuery *query = stream->query;
    const char *why = NULL;
    if (query->result != NULL)
        why = "a stream gives objects, and the query selects something else";
    else if (!stream->is_own && kith_eager_has(&query->eager))
        why = "a stream within a transaction cannot load relations with its objects";
    if (why != NULL)
        kith_error_set(
            error, KITH_ERROR_MISUSE, "%s: %s", query->root.mapping->entity, why);
    return why == NULL;
}

static bool
open_stream(KithStream *stream, KithPlace place, GError **error)
{
    KithSession *session = stream->session;
    if (!kith_streams_check(session, error))
        return false;
    const KithQueryPlan *plan =
        kith_query_begin(stream->query, KITH_ASK_ALL, place, error);
    if (plan == NULL)
        return false;
    stream->is_own = session->connection == NULL;
    stream->epoch = session->epoch;
    if (!check(stream, error))
        return false;
    stream->connection = kith_session_connect(session, place, error);
    if (stream->connection == NULL)
        return false;
    if (!stream->is_own)
        session->reading = stream;
    return start(stream, plan, error);
}

/* --- closed ------------------------------------------------------------------------ */

static void
end_cursor(KithStream *stream)
{
    KithConnection *connection = stream->connection;
    bool has_failed = kith_connection_has_failed(connection);
    if (stream->fetch != NULL && stream->is_own)
        (void) (has_failed ? kith_connection_rollback(connection, "ROLLBACK", NULL)
                           : kith_connection_commit(connection, NULL));
    else if (stream->fetch != NULL && !has_failed)
        (void) kith_connection_command(connection, stream->close, NULL);
}

/* No more rows; the objects that were read are still there. */
static void
close_stream(KithStream *stream, const GError *error)
{
    KithSession *session = stream->session;
    KithConnection *connection = stream->connection;
    stream->is_over = true;
    if (connection == NULL)
        return;
    if (connection->cursor != NULL)
        kith_connection_finish(connection, error);
    end_cursor(stream);
    stream->connection = NULL;
    if (session->reading == stream)
        session->reading = NULL;
    if (stream->is_own)
        kith_engine_return(session->engine, connection);
    else
        kith_session_release(session, connection);
}

/* --- read -------------------------------------------------------------------------- */

static bool
load_part(KithStream *stream, bool *ret_is_last, KithPlace place, GError **error)
{
    KithQuery *query = stream->query;
    KithSelect select = { .place = place,
                          .is_locking = query->is_locking,
                          .is_old = stream->epoch != stream->session->epoch };
    const KithForeignKey *references[KITH_MAX_JOINED];
    unsigned n_joined = kith_query_joined(query, KITH_ASK_ALL, references);
    KithJoinedRow joined = { .n_parts = 0 };
    if (n_joined > 0) {
        kith_joined_init(&joined, query->set->mapper, references, n_joined);
        select.joined = &joined;
    }
    bool done = kith_load_part(query->set,
                               stream->connection,
                               &select,
                               PART,
                               stream->objects,
                               stream->fresh,
                               ret_is_last,
                               error);
    kith_joined_finish(&joined);
    return done;
}

/* The rows of the next part; ends the stream behind the last one. */
static bool
read_rows(KithStream *stream, KithPlace place, GError **error)
{
    KithConnection *connection = stream->connection;
    connection->place = place;
    connection->traffic = &stream->session->statistics.traffic;
    bool is_ready =
        stream->fetch != NULL
            ? kith_connection_query(connection, stream->fetch, NULL, 0, error)
            : kith_connection_resume(connection, error);
    if (!is_ready)
        return false;
    bool is_last = false;
    if (!load_part(stream, &is_last, place, error))
        return false;
    if (stream->fetch != NULL)
        kith_connection_finish(connection, NULL);
    if (is_last)
        close_stream(stream, NULL);
    return true;
}

/* With what the query loads along, and the hooks. */
static bool
read_part(KithStream *stream, KithPlace place, GError **error)
{
    KithQuery *query = stream->query;
    KithSession *session = stream->session;
    bool was_strict = session->is_loading_strictly;
    session->is_loading_strictly = was_strict || query->eager.is_strict;
    int64_t before = kith_limits_begin(query);
    bool done =
        (stream->connection != NULL || open_stream(stream, place, error))
        && read_rows(stream, place, error)
        && kith_eager_load(&query->eager, query->set, stream->objects, place, error);
    kith_limits_end(query, before);
    session->is_loading_strictly = was_strict;
    return done && kith_load_run_hooks(query->set, stream->fresh, error);
}

/* Let go of what nobody has changed; what was changed can go when it is committed. */
static void
let_go(KithStream *stream)
{
    g_ptr_array_set_size(stream->objects, 0);
    stream->at = 0;
    g_autoptr(GPtrArray) fresh = stream->fresh;
    stream->fresh = g_ptr_array_new();
    kith_evict_clean(stream->session, fresh, stream->fresh);
}

static const void *
next_object(KithStream *stream)
{
    while (stream->at < stream->objects->len) {
        const void *object = g_ptr_array_index(stream->objects, stream->at++);
        if (object != NULL)
            return object;
    }
    return NULL;
}

static bool
tell_failure(KithStream *stream, GError **error)
{
    if (stream->failure == NULL)
        return false;
    g_propagate_error(error, g_steal_pointer(&stream->failure));
    return true;
}

const void *
kith_query_stream_next(KithQuery *query, KithPlace place, GError **error)
{
    KithStream *stream = query->stream;
    const void *object = next_object(stream);
    while (object == NULL && !tell_failure(stream, error)) {
        let_go(stream);
        if (stream->is_over)
            return NULL;
        g_autoptr(GError) failure = NULL;
        if (!read_part(stream, place, &failure)) {
            close_stream(stream, failure);
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
        object = next_object(stream);
    }
    return object;
}

/* --- made and ended ---------------------------------------------------------------- */

KithQuery *
kith_query_stream_begin(KithQuery *query)
{
    KithSession *session = query->session;
    kith_stream_free(query->stream);
    KithStream *stream = g_new0(KithStream, 1);
    stream->session = session;
    stream->query = query;
    stream->objects = g_ptr_array_new();
    stream->fresh = g_ptr_array_new();
    stream->next = session->streams;
    session->streams = stream;
    query->stream = stream;
    return query;
}

KithQuery *
kith_query_stream_end(KithQuery *query)
{
    kith_stream_free(query->stream);
    return NULL;
}

void
kith_stream_free(KithStream *stream)
{
    if (stream == NULL)
        return;
    close_stream(stream, NULL);
    let_go(stream);
    KithStream **at = &stream->session->streams;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    stream->query->stream = NULL;
    g_ptr_array_unref(stream->objects);
    g_ptr_array_unref(stream->fresh);
    g_clear_error(&stream->failure);
    g_free(stream->close);
    g_free(stream);
}

static void
end_too_early(KithStream *stream)
{
    kith_error_set(&stream->failure,
                   KITH_ERROR_MISUSE,
                   "%s: what the stream was read from has ended before it",
                   stream->query->root.mapping->entity);
    close_stream(stream, stream->failure);
}

void
kith_streams_close(KithSession *session, bool frees_objects)
{
    for (KithStream *stream = session->streams; stream != NULL; stream = stream->next) {
        if (stream->connection != NULL && (frees_objects || !stream->is_own))
            end_too_early(stream);
        if (!frees_objects)
            continue;
        g_ptr_array_set_size(stream->objects, 0);
        g_ptr_array_set_size(stream->fresh, 0);
        stream->at = 0;
    }
}

void
kith_streams_forget(KithSession *session, const KithEntity *entity)
{
    for (KithStream *stream = session->streams; stream != NULL; stream = stream->next) {
        guint index;
        if (g_ptr_array_find(stream->objects, kith_entity_struct(entity), &index))
            g_ptr_array_index(stream->objects, index) = NULL;
        if (g_ptr_array_find(stream->fresh, entity, &index))
            g_ptr_array_remove_index_fast(stream->fresh, index);
    }
}

bool
kith_streams_check(const KithSession *session, GError **error)
{
    if (session->reading == NULL)
        return true;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "a stream of %s is being read in this transaction; end it first, or "
                   "stream without a transaction",
                   session->reading->query->root.mapping->entity);
    return false;
}

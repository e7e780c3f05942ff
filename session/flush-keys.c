/*
 * flush-keys.c - has keys made for new objects. They are taken from the sequences of the
 * tables, one block for each, and belong to no row yet: which object gets which is for us
 * to say, so nothing is matched by an order that nobody promises.
 */
#include "flush-keys.h"

#include "column.h"
#include "error.h"
#include "foreign-key.h"
#include "sql.h"

/* The rows of one table that are without a key. */
typedef struct Request {
    const KithMapper *mapper;
    char *table; /* as SQL names it */
    const char *column;
    int64_t count;
    GPtrArray *changes; /* of KithChange */
    guint n_made;
    bool is_refused; /* there is no way to have keys for this table */
} Request;

static const KithColumn request_columns[] = {
    { .name = "table",
      .member = "table",
      .kind = KITH_KIND_TEXT,
      .offset = offsetof(Request, table),
      .null_offset = KITH_NO_OFFSET },
    { .name = "column",
      .member = "column",
      .kind = KITH_KIND_TEXT,
      .offset = offsetof(Request, column),
      .null_offset = KITH_NO_OFFSET },
    { .name = "count",
      .member = "count",
      .kind = KITH_KIND_INT64,
      .offset = offsetof(Request, count),
      .null_offset = KITH_NO_OFFSET },
};

#define N_LISTS G_N_ELEMENTS(request_columns)

/* What the query gives. */
typedef struct Made {
    int64_t number; /* of the request; the first is 1 */
    KithOptInt64 key;
} Made;

static const KithColumn made_columns[] = {
    { .name = "number",
      .member = "number",
      .kind = KITH_KIND_INT64,
      .offset = offsetof(Made, number),
      .null_offset = KITH_NO_OFFSET },
    { .name = "key",
      .member = "key",
      .kind = KITH_KIND_INT64,
      .nullable = true,
      .offset = offsetof(Made, key.value),
      .null_offset = offsetof(Made, key.has_value) },
};

static const KithLayout made_layout = { .entity = "query",
                                        .columns = made_columns,
                                        .n_columns = G_N_ELEMENTS(made_columns) };

static void
free_request(void *data)
{
    Request *request = data;
    g_free(request->table);
    g_ptr_array_unref(request->changes);
    g_free(request);
}

/* --- what is wanted ---------------------------------------------------------------- */

/* Of an object in several tables the first one makes the key, and the others take it. */
static bool
lacks_key(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    return change->operation == KITH_OPERATION_INSERT && !change->has_made_key
           && mapper->generated != KITH_NO_INDEX
           && !kith_bits_has(change->bits, mapper->generated);
}

static Request *
find_request(GPtrArray *requests, const KithMapper *mapper)
{
    for (guint i = 0; i < requests->len; i++) {
        Request *request = g_ptr_array_index(requests, i);
        if (request->mapper == mapper)
            return request;
    }
    g_autoptr(GString) table = g_string_new(NULL);
    kith_sql_table(table, mapper->table);
    Request *request = g_new0(Request, 1);
    request->mapper = mapper;
    request->table = g_strdup(table->str);
    request->column = mapper->columns[mapper->generated].name;
    request->changes = g_ptr_array_new();
    g_ptr_array_add(requests, request);
    return request;
}

/* In the order of the plan, so that keys rise in the order in which rows are written. */
static GPtrArray *
collect(KithSession *session, const KithPlan *plan)
{
    GPtrArray *requests = g_ptr_array_new_with_free_func(free_request);
    for (guint i = 0; i < plan->order->len; i++) {
        KithChange *change = &g_array_index(
            plan->changes, KithChange, g_array_index(plan->order, unsigned, i));
        if (!lacks_key(change)
            || !kith_engine_makes_keys(session->engine, change->mapper))
            continue;
        Request *request = find_request(requests, change->mapper);
        g_ptr_array_add(request->changes, change);
        request->count++;
    }
    return requests;
}

/* Does the row refer to an object that has no key yet, or belong to one? */
static bool
waits_for_key(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    bool writes = change->operation != KITH_OPERATION_DELETE && !change->is_passing;
    if (change->operation == KITH_OPERATION_INSERT && change->has_made_key)
        return true;
    for (unsigned i = 0; writes && i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->is_extension && kith_mapper_key_is_missing(mapper, change->row))
            return true;
        const void *target = foreign_key->reference != KITH_NO_OFFSET
                                 ? *kith_reference_target(foreign_key, change->row)
                                 : NULL;
        if (target != NULL && kith_foreign_key_is_written(foreign_key, change->bits)
            && kith_mapper_key_is_missing(foreign_key->target, target))
            return true;
    }
    return false;
}

static bool
are_worth_asking(const KithSession *session,
                 const GPtrArray *requests,
                 const KithPlan *plan)
{
    for (guint i = 0; i < requests->len; i++) {
        const Request *request = g_ptr_array_index(requests, i);
        if (request->changes->len >= session->engine->make_keys_from)
            return true;
    }
    for (guint i = 0; i < plan->changes->len; i++) {
        if (waits_for_key(&g_array_index(plan->changes, KithChange, i)))
            return true;
    }
    return false;
}

/* --- asking ------------------------------------------------------------------------ */

static bool
refuse_answer(GError **error)
{
    kith_error_set(
        error, KITH_ERROR_SQL, "the database made other keys than it was asked for");
    return false;
}

static bool
give_key(Request *request, int64_t key, GError **error)
{
    const KithMapper *mapper = request->mapper;
    KithLayout layout = { .entity = mapper->entity };
    if (request->n_made == request->changes->len)
        return refuse_answer(error);
    KithChange *change = g_ptr_array_index(request->changes, request->n_made++);
    kith_bits_set(change->bits, mapper->generated);
    change->has_made_key = true;
    return kith_column_store_integer(
        &layout, &mapper->columns[mapper->generated], change->row, key, error);
}

static bool
take_made(GPtrArray *requests, const Made *made, GError **error)
{
    if (made->number < 1 || made->number > requests->len)
        return refuse_answer(error);
    Request *request = g_ptr_array_index(requests, (guint) made->number - 1);
    request->is_refused = request->is_refused || !made->key.has_value;
    return request->is_refused || give_key(request, made->key.value, error);
}

static bool
take_all(KithConnection *connection, GPtrArray *requests, GError **error)
{
    for (;;) {
        Made made = { .number = 0 };
        size_t lengths[G_N_ELEMENTS(made_columns)];
        KithFetched fetched =
            kith_connection_fetch(connection, &made_layout, &made, lengths, error);
        if (fetched == KITH_FETCHED_END)
            return true;
        if (fetched == KITH_FETCHED_ERROR || !take_made(requests, &made, error))
            return false;
    }
}

static bool
run_query(KithSession *session, GPtrArray *requests, GError **error)
{
    KithConnection *connection = session->connection;
    const KithStatement *statement =
        kith_engine_statement(session->engine, connection->driver->dialect->make_keys);
    KithList lists[N_LISTS];
    KithParameter parameters[N_LISTS];
    for (size_t i = 0; i < N_LISTS; i++) {
        lists[i] = (KithList){ .column = &request_columns[i],
                               .rows = (const void *const *) requests->pdata,
                               .n_rows = requests->len };
        parameters[i] = (KithParameter){ .list = &lists[i] };
    }
    g_autoptr(GError) failure = NULL;
    bool done =
        kith_connection_query(connection, statement, parameters, N_LISTS, &failure);
    if (done) {
        done = take_all(connection, requests, &failure);
        kith_connection_finish(connection, failure);
    }
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

static bool
note_refused(KithSession *session, const GPtrArray *requests, GError **error)
{
    for (guint i = 0; i < requests->len; i++) {
        const Request *request = g_ptr_array_index(requests, i);
        if (request->is_refused)
            kith_engine_note_keyless(session->engine, request->mapper);
        else if (request->n_made < request->changes->len)
            return refuse_answer(error);
    }
    return true;
}

bool
kith_make_keys(KithSession *session, const KithPlan *plan, GError **error)
{
    if (session->engine->driver->dialect->make_keys == NULL)
        return true;
    g_autoptr(GPtrArray) requests = collect(session, plan);
    return requests->len == 0 || !are_worth_asking(session, requests, plan)
           || (run_query(session, requests, error)
               && note_refused(session, requests, error));
}

/*
 * query-run.c - running a query: the plan for what is asked, and the rows as objects of
 * the session, structs of the program or values.
 */
#include "query.h"

#include "eager.h"
#include "error.h"
#include "flush.h"
#include "loader.h"
#include "time-limits.h"
#include "transaction.h"

#include <string.h>

/* --- before it is sent ------------------------------------------------------------- */

static bool
flush_tables(KithQuery *query, const KithQueryPlan *plan, KithPlace place, GError **error)
{
    if (plan->reads_unknown)
        return kith_flush_before_unknown(query->session, place, error);
    if (plan->n_tables == 0 && !kith_session_check_misuse(query->session, error))
        return false;
    for (unsigned i = 0; i < plan->n_tables; i++) {
        KithEntitySet *set = &query->session->sets[plan->tables[i]];
        if (!kith_flush_before_query(set, place, error))
            return false;
    }
    return true;
}

const void *
kith_query_close_objects(KithQuery *query)
{
    g_ptr_array_add(query->objects, NULL);
    return query->objects->pdata;
}

void
kith_query_reset(KithQuery *query)
{
    kith_arena_clear(&query->rows);
    if (query->objects == NULL)
        query->objects = g_ptr_array_new();
    g_ptr_array_set_size(query->objects, 0);
}

const KithQueryPlan *
kith_query_prepare(KithQuery *query, KithAsk ask, KithPlace place, GError **error)
{
    const KithQueryPlan *plan = kith_query_find_plan(query, ask, error);
    if (plan == NULL || !flush_tables(query, plan, place, error)
        || !kith_query_bind_parameters(query, plan, error))
        return NULL;
    /* A lock lasts as long as the transaction: there has to be one. */
    bool is_ready =
        !query->is_locking || kith_transaction_open(query->session, NULL, place, error);
    return is_ready ? plan : NULL;
}

const KithQueryPlan *
kith_query_begin(KithQuery *query, KithAsk ask, KithPlace place, GError **error)
{
    kith_query_reset(query);
    return kith_query_prepare(query, ask, place, error);
}

/* --- rows -------------------------------------------------------------------------- */

void *
kith_query_keep_row(KithArena *arena,
                    const KithLayout *layout,
                    size_t size,
                    const void *row,
                    const size_t *lengths)
{
    char *own = kith_arena_copy(arena, row, size);
    for (size_t i = 0; i < layout->n_columns; i++) {
        const KithColumn *column = &layout->columns[i];
        const void *value = kith_column_get(column, row);
        if (value == NULL)
            continue;
        void *at = own + column->offset;
        if (column->kind == KITH_KIND_TEXT)
            *(const char **) at =
                kith_arena_copy(arena, *(const char *const *) value, lengths[i] + 1);
        else if (column->kind == KITH_KIND_BLOB)
            ((KithBlob *) at)->data =
                kith_arena_copy(arena, ((const KithBlob *) value)->data, lengths[i]);
    }
    return own;
}

static bool
fetch_rows(KithQuery *query,
           KithConnection *connection,
           const KithLayout *layout,
           size_t size,
           GError **error)
{
    void *row = kith_arena_alloc(&query->rows, size);
    size_t *lengths = kith_arena_alloc(&query->rows, layout->n_columns * sizeof(size_t));
    memset(row, 0, size);
    for (;;) {
        KithFetched fetched =
            kith_connection_fetch(connection, layout, row, lengths, error);
        if (fetched != KITH_FETCHED_ROW)
            return fetched == KITH_FETCHED_END;
        g_ptr_array_add(query->objects,
                        kith_query_keep_row(&query->rows, layout, size, row, lengths));
    }
}

/* Rows of @layout into query->objects. */
static bool
read_rows(KithQuery *query,
          const KithQueryPlan *plan,
          const KithLayout *layout,
          size_t size,
          KithPlace place,
          GError **error)
{
    KithSession *session = query->session;
    g_autoptr(GError) failure = NULL;
    KithConnection *connection = kith_session_connect(session, place, error);
    if (connection == NULL)
        return false;
    int64_t before = kith_limits_begin(query);
    bool done = kith_connection_query(
        connection, plan->statement, query->parameters, plan->n_parameters, &failure);
    if (done) {
        done = fetch_rows(query, connection, layout, size, &failure);
        kith_connection_finish(connection, failure);
    }
    kith_limits_end(query, before);
    kith_session_release(session, connection);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

static bool
read_objects(KithQuery *query, const KithQueryPlan *plan, KithPlace place, GError **error)
{
    bool is_one = query->planned == KITH_ASK_FEW && query->few.value.as.int64 <= 1;
    KithSelect select = { .statement = plan->statement,
                          .parameters = query->parameters,
                          .n_parameters = plan->n_parameters,
                          .place = place,
                          .is_by_key = is_one,
                          .is_locking = query->is_locking,
                          .is_nowait = query->is_locking && query->wait == KITH_NOWAIT };
    const KithForeignKey *references[KITH_MAX_JOINED];
    unsigned n_joined = kith_query_joined(query, query->planned, references);
    KithJoinedRow joined = { .n_parts = 0 };
    if (n_joined > 0) {
        kith_joined_init(&joined, query->set->mapper, references, n_joined);
        select.joined = &joined;
    }
    bool was_strict = query->session->is_loading_strictly;
    query->session->is_loading_strictly = was_strict || query->eager.is_strict;
    int64_t before = kith_limits_begin(query);
    bool done =
        kith_load_objects(query->set, &select, query->objects, error)
        && kith_eager_load(&query->eager, query->set, query->objects, place, error);
    kith_limits_end(query, before);
    query->session->is_loading_strictly = was_strict;
    kith_joined_finish(&joined);
    return done;
}

static bool
run(KithQuery *query, KithAsk ask, KithPlace place, GError **error)
{
    const KithQueryPlan *plan = kith_query_begin(query, ask, place, error);
    if (plan == NULL)
        return false;
    if (plan->result == NULL)
        return read_objects(query, plan, place, error);
    return read_rows(
        query, plan, &plan->result->layout, plan->result->size, place, error);
}

/* --- what is asked ----------------------------------------------------------------- */

bool
kith_query_gives(const KithQuery *query, const KithMapping *wanted, GError **error)
{
    const KithMapping *given =
        query->result != NULL ? query->result : query->root.mapping;
    if (given == wanted || query->misuse != NULL)
        return true;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: the query gives %s, and is asked for %s",
                   query->root.mapping->entity,
                   given->entity,
                   wanted->entity);
    return false;
}

static const void *
all(KithQuery *query, KithPlace place, GError **error)
{
    return run(query, KITH_ASK_ALL, place, error) ? kith_query_close_objects(query)
                                                  : NULL;
}

const void *
kith_query_all(KithQuery *query, KithPlace place, GError **error)
{
    if (!kith_query_gives(query, query->root.mapping, error))
        return NULL;
    return all(query, place, error);
}

const void *
kith_query_rows(KithQuery *query,
                const KithMapping *result,
                KithPlace place,
                GError **error)
{
    return kith_query_gives(query, result, error) ? all(query, place, error) : NULL;
}

/* At most @n of what it gives. */
static bool
run_few(KithQuery *query, int64_t n, KithPlace place, GError **error)
{
    if (!kith_query_gives(query, query->root.mapping, error))
        return false;
    unsigned slot = query->few.slot;
    int64_t limit = query->limit.op != KITH_OP_END ? query->limit.value.as.int64 : n;
    query->few = (KithExpression){ .op = KITH_OP_VALUE,
                                   .kind = KITH_KIND_INT64,
                                   .value = kith_value_int64(MIN(n, limit)) };
    query->few.slot = slot;
    return run(query, KITH_ASK_FEW, place, error);
}

const void *
kith_query_first(KithQuery *query, KithPlace place, GError **error)
{
    if (!run_few(query, 1, place, error) || query->objects->len == 0)
        return NULL;
    return g_ptr_array_index(query->objects, 0);
}

const void *
kith_query_one(KithQuery *query, KithPlace place, GError **error)
{
    if (!run_few(query, 2, place, error))
        return NULL;
    if (query->objects->len == 1)
        return g_ptr_array_index(query->objects, 0);
    bool is_none = query->objects->len == 0;
    kith_error_set(error,
                   is_none ? KITH_ERROR_NOT_FOUND : KITH_ERROR_NOT_ONE,
                   is_none ? "%s: none matches, where one was asked for"
                           : "%s: several match, where one was asked for",
                   query->root.mapping->entity);
    return NULL;
}

static bool
ask_number(KithQuery *query,
           KithAsk ask,
           KithKind kind,
           void *ret_value,
           size_t size,
           KithPlace place,
           GError **error)
{
    const KithColumn column = {
        .name = "value", .member = "value", .kind = kind, .null_offset = KITH_NO_OFFSET
    };
    const KithLayout layout = { .entity = query->root.mapping->entity,
                                .columns = &column,
                                .n_columns = 1 };
    const KithQueryPlan *plan = kith_query_begin(query, ask, place, error);
    if (plan == NULL || !read_rows(query, plan, &layout, size, place, error))
        return false;
    memcpy(ret_value, g_ptr_array_index(query->objects, 0), size);
    return true;
}

bool
kith_query_exists(KithQuery *query, bool *ret_exists, KithPlace place, GError **error)
{
    return ask_number(query,
                      KITH_ASK_EXISTS,
                      KITH_KIND_BOOL,
                      ret_exists,
                      sizeof *ret_exists,
                      place,
                      error);
}

bool
kith_query_count(KithQuery *query, int64_t *ret_count, KithPlace place, GError **error)
{
    return ask_number(query,
                      KITH_ASK_COUNT,
                      KITH_KIND_INT64,
                      ret_count,
                      sizeof *ret_count,
                      place,
                      error);
}

static size_t
size_of_kind(KithKind kind)
{
    return kith_column_size(&(KithColumn){ .kind = kind });
}

/* The values of a column of @kind, one after the other. */
static const void *
read_values(
    KithQuery *query, KithKind kind, size_t *ret_n, KithPlace place, GError **error)
{
    const KithQueryPlan *plan = kith_query_begin(query, KITH_ASK_VALUES, place, error);
    if (plan == NULL)
        return NULL;
    KithColumn column = plan->value;
    column.kind = kind;
    column.nullable = kind == KITH_KIND_TEXT || kind == KITH_KIND_BLOB;
    const KithLayout layout = { .entity = query->root.mapping->entity,
                                .columns = &column,
                                .n_columns = 1 };
    size_t size = size_of_kind(kind);
    if (!read_rows(query, plan, &layout, size, place, error))
        return NULL;
    guint n = query->objects->len;
    char *values = kith_arena_alloc(&query->rows, n * size + 1);
    for (guint i = 0; i < n; i++)
        memcpy(values + i * size, g_ptr_array_index(query->objects, i), size);
    *ret_n = n;
    return values;
}

const void *
kith_query_values(KithQuery *query,
                  KithExpression expression,
                  KithKind kind,
                  size_t *ret_n,
                  KithPlace place,
                  GError **error)
{
    KithArena asked;
    kith_arena_init(&asked, NULL, 0);
    query->asked = kith_query_copy_expression(query, &asked, &expression);
    const void *values = read_values(query, kind, ret_n, place, error);
    query->asked = (KithExpression){ .op = KITH_OP_END };
    kith_arena_clear(&asked);
    return values;
}

/* --- how it would be run ----------------------------------------------------------- */

/* As many columns as the database has; the last one is what can be read. */
typedef struct Explained {
    KithOptInt64 numbers[4];
    const char *text;
} Explained;

static unsigned
describe_explained(const KithDialect *dialect, KithColumn *columns)
{
    unsigned n_numbers = dialect->n_explained - 1;
    for (unsigned i = 0; i < n_numbers; i++) {
        size_t at = offsetof(Explained, numbers) + i * sizeof(KithOptInt64);
        columns[i] = (KithColumn){ .name = "number",
                                   .member = "number",
                                   .kind = KITH_KIND_INT64,
                                   .nullable = true,
                                   .offset = at + offsetof(KithOptInt64, value),
                                   .null_offset = at };
    }
    columns[n_numbers] = (KithColumn){ .name = "text",
                                       .member = "text",
                                       .kind = KITH_KIND_TEXT,
                                       .nullable = true,
                                       .offset = offsetof(Explained, text),
                                       .null_offset = KITH_NO_OFFSET };
    return dialect->n_explained;
}

char *
kith_query_plan_text(KithQuery *query, KithPlace place, GError **error)
{
    const KithDialect *dialect = query->session->engine->driver->dialect;
    const KithQueryPlan *plan = kith_query_begin(query, KITH_ASK_ALL, place, error);
    if (plan == NULL)
        return NULL;
    KithColumn columns[G_N_ELEMENTS(((Explained *) 0)->numbers) + 1];
    const KithLayout layout = { "EXPLAIN",
                                columns,
                                describe_explained(dialect, columns) };
    g_autofree char *sql = g_strconcat(dialect->explain, plan->statement->sql, NULL);
    KithQueryPlan explaining = *plan;
    explaining.statement = kith_engine_statement(query->session->engine, sql);
    if (!read_rows(query, &explaining, &layout, sizeof(Explained), place, error))
        return NULL;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < query->objects->len; i++) {
        const Explained *row = g_ptr_array_index(query->objects, i);
        g_string_append_printf(text, "%s\n", row->text != NULL ? row->text : "");
    }
    return g_string_free(text, FALSE);
}

char *
kith_query_text(KithQuery *query, GError **error)
{
    const KithQueryPlan *plan = kith_query_find_plan(query, KITH_ASK_ALL, error);
    return plan != NULL ? g_strdup(plan->statement->sql) : NULL;
}

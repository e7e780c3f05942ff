/*
 * bulk.c - many rows changed or deleted by one statement, and the objects of the session
 * that are such rows. The statement returns keys; what a row has become only the database
 * knows, so the objects are read again, and deleted ones leave like those that a cascade
 * takes. The journal brings both back.
 */
#include "bulk-run.h"

#include "cascade.h"
#include "error.h"
#include "expire.h"
#include "journal.h"
#include "time-limits.h"
#include "loader.h"
#include "sql.h"
#include "transaction.h"

#include <string.h>

/* --- what comes back --------------------------------------------------------------- */

static size_t
aligned(size_t size)
{
    const size_t most = sizeof(max_align_t);
    return (size + most - 1) / most * most;
}

/* The columns of the result are where they are in its struct; the key comes behind it. */
static void
describe_rows(KithBulk *bulk, const KithMapper *result)
{
    const KithMapper *mapper = bulk->query->set->mapper;
    bulk->n_selected = result != NULL ? result->n_columns : 0;
    bulk->key_at = result != NULL ? aligned(result->size) : 0;
    bulk->size = bulk->key_at + mapper->size;
    bulk->columns = g_renew(KithColumn, bulk->columns, bulk->n_selected + mapper->n_keys);
    if (result != NULL)
        memcpy(bulk->columns,
               result->columns,
               bulk->n_selected * sizeof *result->columns);
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        KithColumn *column = &bulk->columns[bulk->n_selected + i];
        *column = mapper->columns[mapper->keys[i]];
        column->offset += bulk->key_at;
    }
    bulk->layout = (KithLayout){ .entity = mapper->entity,
                                 .columns = bulk->columns,
                                 .n_columns = bulk->n_selected + mapper->n_keys };
}

void
kith_bulk_init(KithBulk *bulk, KithQuery *query, bool keeps_keys, KithPlace place)
{
    *bulk = (KithBulk){ .query = query,
                        .place = place,
                        .first = query->session->journal->len,
                        .known = g_ptr_array_new(),
                        .keys = keeps_keys ? g_ptr_array_new() : NULL };
}

void
kith_bulk_finish(KithBulk *bulk)
{
    g_ptr_array_unref(bulk->known);
    g_clear_pointer(&bulk->keys, g_ptr_array_unref);
    g_clear_pointer(&bulk->columns, g_free);
}

static void
take_result(KithBulk *bulk, const KithMapper *result, const void *row, const size_t *lengths)
{
    KithQuery *query = bulk->query;
    g_ptr_array_add(
        query->objects,
        kith_query_keep_row(&query->rows, &result->layout, result->size, row, lengths));
}

/* A key as a struct of its own; its columns lie there as in any struct of the mapper. */
static void
take_key(KithBulk *bulk, const char *row, const size_t *lengths)
{
    const KithMapper *mapper = bulk->query->set->mapper;
    g_autofree KithColumn *columns = g_new(KithColumn, mapper->n_keys);
    for (unsigned i = 0; i < mapper->n_keys; i++)
        columns[i] = mapper->columns[mapper->keys[i]];
    const KithLayout layout = { mapper->entity, columns, mapper->n_keys };
    g_ptr_array_add(bulk->keys,
                    kith_query_keep_row(&bulk->query->rows,
                                        &layout,
                                        mapper->size,
                                        row + bulk->key_at,
                                        lengths + bulk->n_selected));
}

/* Count the rows, and find those that the session knows. */
static bool
take_rows(KithBulk *bulk,
          const KithMapper *result,
          KithConnection *connection,
          GError **error)
{
    const KithIdentityMap *map = &bulk->query->set->root->map;
    g_autofree size_t *lengths = g_new0(size_t, bulk->layout.n_columns);
    g_autofree char *row = g_malloc0(bulk->size);
    for (;;) {
        KithFetched fetched =
            kith_connection_fetch(connection, &bulk->layout, row, lengths, error);
        if (fetched != KITH_FETCHED_ROW)
            return fetched == KITH_FETCHED_END;
        KithEntity *entity = kith_identity_map_find(map, row + bulk->key_at);
        if (entity != NULL && entity->state == KITH_PERSISTENT)
            g_ptr_array_add(bulk->known, entity);
        if (result != NULL)
            take_result(bulk, result, row, lengths);
        if (bulk->keys != NULL)
            take_key(bulk, row, lengths);
        bulk->n++;
    }
}

bool
kith_bulk_run(KithBulk *bulk, const KithQueryPlan *plan, GError **error)
{
    KithQuery *query = bulk->query;
    KithConnection *connection = query->session->connection;
    GError *failure = NULL;
    describe_rows(bulk, plan->result);
    /* What becomes of rows that nobody has loaded is not in the journal. */
    query->session->has_unknown_writes = true;
    int64_t before = kith_limits_begin(query);
    bool done = kith_connection_query(
        connection, plan->statement, query->parameters, plan->n_parameters, &failure);
    if (done) {
        done = take_rows(bulk, plan->result, connection, &failure);
        kith_connection_finish(connection, failure);
    }
    kith_limits_end(query, before);
    if (!done) {
        kith_transaction_fail(query->session, bulk->place);
        g_propagate_error(error, failure);
    }
    return done;
}

/* --- objects follow ---------------------------------------------------------------- */

/* What the program has set since the flush stays; the rest is read again. */
static void
expire_known(KithBulk *bulk)
{
    for (guint i = 0; i < bulk->known->len; i++) {
        KithEntity *entity = g_ptr_array_index(bulk->known, i);
        kith_journal_add(
            bulk->query->session,
            (KithUndo){ .entity = entity,
                        .first = bulk->first,
                        .was = KITH_PERSISTENT,
                        .image = kith_entity_image_new(entity, kith_entity_struct(entity)),
                        .is_bulk = true });
        kith_expire_object(entity);
    }
}

static bool
read_known(const KithBulk *bulk, GError **error)
{
    for (guint i = 0; i < bulk->known->len; i++) {
        KithEntity *entity = g_ptr_array_index(bulk->known, i);
        if (kith_entity_is_expired(entity)
            && !kith_expire_read(entity, bulk->place, error))
            return false;
    }
    return true;
}

static bool
read_all(const KithBulk *bulk, GError **error)
{
    KithQuery *query = bulk->query;
    const KithMapper *mapper = query->set->mapper;
    const KithKeys keys = { mapper->n_keys, mapper->keys, mapper, mapper->keys };
    return kith_load_in(
               query->set, &keys, bulk->keys, bulk->place, query->objects, error)
           && kith_eager_load(
               &query->eager, query->set, query->objects, bulk->place, error);
}

bool
kith_bulk_read_again(KithBulk *bulk, GError **error)
{
    /* Rows that are no objects may have come to belong to a collection, or left one. */
    bulk->query->set->root->generation++;
    expire_known(bulk);
    return bulk->keys != NULL ? read_all(bulk, error) : read_known(bulk, error);
}

static void
let_go(const KithBulk *bulk)
{
    for (guint i = 0; i < bulk->known->len; i++) {
        KithEntity *entity = g_ptr_array_index(bulk->known, i);
        if (entity->state == KITH_PERSISTENT)
            kith_cascade_go(entity, bulk->first);
    }
    kith_cascade_settle(bulk->query->session, bulk->first, NULL, NULL);
}

/* --- a version in another table ---------------------------------------------------- */

/* Is the version in the table that was changed? Then the statement has raised it. */
static bool
has_raised_version(const KithQuery *query)
{
    const KithMapper *mapper = query->set->mapper;
    if (mapper->version == KITH_NO_INDEX)
        return true;
    size_t offset = query->assigned.first->offset;
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned column = reference != KITH_NO_INDEX
                          ? mapper->foreign_keys[reference].columns[0]
                          : kith_mapper_column_at(mapper, offset);
    return kith_mapper_stores(kith_mapper_part_with(mapper, column), mapper->version);
}

/* UPDATE "animals" SET "version" = "version" + 1 WHERE "id" IN (the keys) */
static char *
sql_of_versions(const KithQuery *query)
{
    const KithMapper *mapper = query->set->mapper;
    const KithMapper *part = kith_mapper_part_with(mapper, mapper->version);
    const KithColumn *columns[KITH_MAX_LISTS];
    GString *sql = g_string_new("UPDATE ");
    kith_sql_table(sql, part->table);
    g_string_append(sql, " SET ");
    kith_sql_identifier(sql, mapper->columns[mapper->version].name);
    g_string_append(sql, " = ");
    kith_sql_identifier(sql, mapper->columns[mapper->version].name);
    g_string_append(sql, " + 1 WHERE ");
    for (unsigned i = 0; i < part->n_keys; i++)
        columns[i] = &part->columns[part->keys[i]];
    kith_sql_in(sql, query->session->engine->driver->dialect, columns, part->n_keys, 1);
    return g_string_free(sql, FALSE);
}

static bool
raise_versions(const KithBulk *bulk, GError **error)
{
    KithQuery *query = bulk->query;
    const KithMapper *mapper = query->set->mapper;
    KithConnection *connection = query->session->connection;
    KithList lists[KITH_MAX_LISTS];
    KithParameter parameters[KITH_MAX_LISTS];
    const KithLayout layout = { .entity = mapper->entity };
    g_autofree char *sql = sql_of_versions(query);
    GError *failure = NULL;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        lists[i] = (KithList){ .column = &mapper->columns[mapper->keys[i]],
                               .rows = (const void *const *) bulk->keys->pdata,
                               .n_rows = bulk->keys->len };
        parameters[i] = (KithParameter){ .list = &lists[i] };
    }
    bool done = kith_connection_query(connection,
                                      kith_engine_statement(query->session->engine, sql),
                                      parameters,
                                      mapper->n_keys,
                                      &failure);
    if (done) {
        done = kith_connection_fetch(connection, &layout, NULL, NULL, &failure)
               == KITH_FETCHED_END;
        kith_connection_finish(connection, failure);
    }
    if (!done) {
        kith_transaction_fail(query->session, bulk->place);
        g_propagate_error(error, failure);
    }
    return done;
}

/* --- the statements ---------------------------------------------------------------- */

bool
kith_bulk_check(const KithQuery *query, GError **error)
{
    const KithSession *session = query->session;
    const char *why =
        session->is_flushing    ? "a hook cannot change many rows by one statement"
        : session->is_read_only ? "rows are to be written, and the transaction is read only"
                                : NULL;
    if (query->set == NULL || why == NULL)
        return true;
    kith_error_set(
        error, KITH_ERROR_MISUSE, "%s: %s", query->root.mapping->entity, why);
    return false;
}

static const KithQueryPlan *
begin(KithQuery *query, KithAsk ask, KithPlace place, GError **error)
{
    const KithQueryPlan *plan = kith_bulk_check(query, error)
                                    ? kith_query_begin(query, ask, place, error)
                                    : NULL;
    bool is_open =
        plan != NULL && kith_transaction_open(query->session, NULL, place, error);
    return is_open ? plan : NULL;
}

static bool
update(KithBulk *bulk, GError **error)
{
    KithQuery *query = bulk->query;
    const KithQueryPlan *plan = begin(query, KITH_ASK_UPDATE, bulk->place, error);
    if (plan == NULL)
        return false;
    bool wants_keys = bulk->keys != NULL;
    bool has_raised = has_raised_version(query);
    if (!has_raised && !wants_keys)
        bulk->keys = g_ptr_array_new();
    bulk->first = query->session->journal->len;
    bool done = kith_bulk_run(bulk, plan, error)
                && (has_raised || raise_versions(bulk, error));
    if (!wants_keys)
        g_clear_pointer(&bulk->keys, g_ptr_array_unref);
    return done && kith_bulk_read_again(bulk, error);
}

static bool
delete(KithBulk *bulk, GError **error)
{
    const KithQueryPlan *plan =
        begin(bulk->query, KITH_ASK_DELETE, bulk->place, error);
    bulk->first = bulk->query->session->journal->len;
    if (plan == NULL || !kith_bulk_run(bulk, plan, error))
        return false;
    let_go(bulk);
    return true;
}

/* @wanted: what is asked of the query: a result, or its own entity. */
static bool
change(KithQuery *query,
       const KithMapping *wanted,
       bool is_delete,
       bool keeps_keys,
       int64_t *ret_n,
       KithPlace place,
       GError **error)
{
    KithBulk bulk;
    if (!kith_query_gives(query, wanted, error))
        return false;
    kith_bulk_init(&bulk, query, keeps_keys, place);
    bool done = is_delete ? delete (&bulk, error) : update(&bulk, error);
    if (done && ret_n != NULL)
        *ret_n = bulk.n;
    kith_bulk_finish(&bulk);
    return done;
}

bool
kith_query_update(KithQuery *query, int64_t *ret_n, KithPlace place, GError **error)
{
    return change(query, query->root.mapping, false, false, ret_n, place, error);
}

bool
kith_query_delete(KithQuery *query, int64_t *ret_n, KithPlace place, GError **error)
{
    return change(query, query->root.mapping, true, false, ret_n, place, error);
}

const void *
kith_query_update_objects(KithQuery *query, KithPlace place, GError **error)
{
    if (!change(query, query->root.mapping, false, true, NULL, place, error))
        return NULL;
    return kith_query_close_objects(query);
}

const void *
kith_query_update_rows(KithQuery *query,
                       const KithMapping *result,
                       KithPlace place,
                       GError **error)
{
    if (!change(query, result, false, false, NULL, place, error))
        return NULL;
    return kith_query_close_objects(query);
}

const void *
kith_query_delete_rows(KithQuery *query,
                       const KithMapping *result,
                       KithPlace place,
                       GError **error)
{
    if (!change(query, result, true, false, NULL, place, error))
        return NULL;
    return kith_query_close_objects(query);
}

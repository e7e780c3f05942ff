/*
 * insert.c - many rows inserted by one statement, or by one for some hundred values of
 * the program: building it, and running it. Its text is in query-insert.c.
 *
 * Values are copied when they are given, and once more for each run, because keys and
 * versions are put into them. They go in statements of as many rows as a power of two, so
 * that few texts serve any number.
 */
#include "bulk-run.h"

#include "changeset.h"
#include "column.h"
#include "convert.h"
#include "error.h"
#include "flush-values.h"
#include "flush.h"
#include "journal.h"
#include "query-writer.h"
#include "transaction.h"

#include <string.h>

/* Of one statement. */
#define MAX_ROWS 256
#define MAX_PARAMETERS 8192

/* --- building ---------------------------------------------------------------------- */

void
kith_query_change(KithQuery *query, KithAssignment assignment)
{
    for (KithItem *item = query->assigned.first; item != NULL; item = item->next) {
        if (item->offset == assignment.offset)
            kith_query_blame(query, "a member is changed twice by one statement");
    }
    kith_query_add(query, &query->assigned, &assignment.value)->offset =
        assignment.offset;
}

void
kith_query_change_to_excluded(KithQuery *query)
{
    query->insert.changes_the_rest = true;
    kith_query_changed(query);
}

void
kith_query_insert_values(KithQuery *query, const void *structs, size_t n)
{
    KithInsert *insert = &query->insert;
    if (query->set == NULL) {
        kith_query_blame(query, "only an entity that the engine knows has rows to insert");
        return;
    }
    size_t size = query->set->mapper->size;
    if (insert->values == NULL)
        insert->values = g_ptr_array_new();
    for (size_t i = 0; i < n; i++) {
        void *copy =
            kith_arena_copy(&query->arena, (const char *) structs + i * size, size);
        kith_query_copy_texts(query, copy);
        g_ptr_array_add(insert->values, copy);
    }
}

void
kith_query_insert_from(KithQuery *query, const KithQuery *source)
{
    if (query->insert.from != NULL)
        kith_query_blame(query, "the rows of two queries are to be inserted at once");
    query->insert.from = kith_query_keep(query, source);
    kith_query_changed(query);
}

void
kith_query_on_conflict(KithQuery *query, size_t offset)
{
    const KithExpression member = { .op = KITH_OP_MEMBER };
    kith_query_add(query, &query->insert.conflict, &member)->offset = offset;
}

void
kith_query_skip_conflicts(KithQuery *query)
{
    query->insert.skips_conflicts = true;
    kith_query_changed(query);
}

/* --- values ------------------------------------------------------------------------ */

/* What a reference means is an object of the session that has a row by now. */
static bool
take_reference(KithSession *session,
               const KithForeignKey *foreign_key,
               void *row,
               GError **error)
{
    const KithMapper *mapper = foreign_key->mapper;
    const void *target = *kith_reference_target(foreign_key, row);
    KithEntitySet *targets = &session->sets[foreign_key->target->index];
    const KithEntity *entity = kith_identity_map_find(&targets->root->map, target);
    if (entity == NULL || kith_entity_struct(entity) != target
        || entity->state != KITH_PERSISTENT)
        return kith_write_refuse(mapper,
                                 error,
                                 "its %s is no object of the session that has a row",
                                 foreign_key->member);
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *column = &mapper->columns[foreign_key->columns[i]];
        const KithColumn *meant = &foreign_key->target->columns[foreign_key->targets[i]];
        const void *value = kith_column_get(meant, target);
        bool is_free = !foreign_key->is_shared[i] || kith_column_is_zero(column, row);
        if (value != NULL && is_free)
            memcpy(kith_column_place(column, row), value, kith_column_size(column));
    }
    return true;
}

static bool
has_target(const KithForeignKey *foreign_key, const void *row)
{
    return foreign_key->reference != KITH_NO_OFFSET
           && *kith_reference_target(foreign_key, row) != NULL;
}

/* After the flush, which gives new objects their keys. */
static bool
take_references(KithQuery *query, GError **error)
{
    const KithMapper *mapper = query->set->mapper;
    for (guint i = 0; i < query->insert.rows->len; i++) {
        void *row = g_ptr_array_index(query->insert.rows, i);
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
            const KithForeignKey *foreign_key = &mapper->foreign_keys[j];
            if (has_target(foreign_key, row)
                && !take_reference(query->session, foreign_key, row, error))
                return false;
        }
    }
    return true;
}

/* Keys that Kith makes, the first version, and what the row is. */
static void
complete(const KithMapper *mapper, void *row)
{
    if (mapper->generates_uuid && kith_mapper_key_is_missing(mapper, row)) {
        KithValue key = kith_value_uuid(kith_uuid_new());
        kith_column_set_value(&mapper->columns[mapper->generated], row, &key);
    }
    if (mapper->version != KITH_NO_INDEX
        && kith_column_is_zero(&mapper->columns[mapper->version], row)) {
        KithValue first = mapper->columns[mapper->version].kind == KITH_KIND_INT32
                              ? kith_value_int32(1)
                              : kith_value_int64(1);
        kith_column_set_value(&mapper->columns[mapper->version], row, &first);
    }
    if (mapper->discriminator != KITH_NO_INDEX)
        kith_column_set_value(
            &mapper->columns[mapper->discriminator], row, &mapper->what);
}

static bool
is_written(const KithMapper *mapper, unsigned index, const void *row)
{
    const KithColumnDetail *detail = &mapper->details[index];
    bool is_zero = kith_column_is_zero(&mapper->columns[index], row);
    if (detail->computed_sql != NULL)
        return false;
    if (index == mapper->generated || detail->default_sql != NULL)
        return !is_zero;
    return true;
}

static bool
check_row(const KithMapper *mapper, const void *row, GError **error)
{
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (mapper->details[i].computed_sql != NULL && !kith_column_is_zero(column, row))
            return kith_write_refuse(mapper,
                                     error,
                                     ".%s is computed by the database, and was set",
                                     column->member);
        if (is_written(mapper, i, row) && !kith_row_waits_for_key(mapper, i, row)
            && !kith_mapper_check_value(mapper, i, row, error)) {
            kith_error_name_row(error, mapper, row);
            return false;
        }
    }
    return true;
}

/* Of two that are the same to the database, the second would change what the first has
 * just inserted, which PostgreSQL refuses and SQLite does. */
static bool
check_conflicts(const KithQuery *query, GError **error)
{
    const KithMapper *mapper = query->set->mapper;
    unsigned n_columns;
    if (query->insert.conflict.count == 0
        || (query->assigned.count == 0 && !query->insert.changes_the_rest))
        return true;
    const unsigned *columns =
        kith_insert_find_conflict(query, mapper, &n_columns, error);
    if (columns == NULL)
        return false;
    g_autoptr(GHashTable) table = kith_tuple_table_new();
    for (guint i = 0; i < query->insert.rows->len; i++) {
        KithTuple tuple = {
            mapper, columns, n_columns, g_ptr_array_index(query->insert.rows, i)
        };
        unsigned other = kith_tuple_table_find(table, mapper, columns, tuple);
        if (other != KITH_NO_INDEX)
            return kith_write_refuse(mapper,
                                     error,
                                     "values %u and %u conflict with each other: one "
                                     "would change what the other inserts",
                                     other,
                                     i);
        kith_tuple_table_add(table, tuple, i);
    }
    return true;
}

/* The values as they are inserted; nothing is sent yet. */
static bool
prepare_rows(KithQuery *query, GError **error)
{
    const KithMapper *mapper = query->set->mapper;
    KithInsert *insert = &query->insert;
    if (insert->rows == NULL)
        insert->rows = g_ptr_array_new();
    g_ptr_array_set_size(insert->rows, 0);
    for (guint i = 0; i < insert->values->len; i++) {
        const void *value = g_ptr_array_index(insert->values, i);
        void *row = kith_arena_copy(&query->rows, value, mapper->size);
        complete(mapper, row);
        if (!check_row(mapper, row, error))
            return false;
        g_ptr_array_add(insert->rows, row);
    }
    return check_conflicts(query, error);
}

/* --- statements -------------------------------------------------------------------- */

static void
find_bits(const KithMapper *mapper, const void *row, uint64_t *bits)
{
    memset(bits, 0, KITH_BITS(mapper->n_columns) * sizeof *bits);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (is_written(mapper, i, row))
            kith_bits_set(bits, i);
    }
}

/* The next rows that have the same columns: as many as a statement is to have. */
static void
choose_rows(KithQuery *query, guint first, uint64_t *bits, uint64_t *other)
{
    const KithMapper *mapper = query->set->mapper;
    KithInsert *insert = &query->insert;
    size_t n_bytes = KITH_BITS(mapper->n_columns) * sizeof *bits;
    guint most = MIN(MAX_ROWS, MAX(MAX_PARAMETERS / mapper->n_columns, 1));
    guint n = 1;
    find_bits(mapper, g_ptr_array_index(insert->rows, first), bits);
    for (; n < most && first + n < insert->rows->len; n++) {
        find_bits(mapper, g_ptr_array_index(insert->rows, first + n), other);
        if (memcmp(bits, other, n_bytes) != 0)
            break;
    }
    insert->first = first;
    insert->n_rows = 1;
    while (insert->n_rows * 2 <= n)
        insert->n_rows *= 2;
    insert->bits = bits;
    kith_query_changed(query);
}

static bool
run_next(KithBulk *bulk, GError **error)
{
    const KithQueryPlan *plan =
        kith_query_prepare(bulk->query, KITH_ASK_INSERT, bulk->place, error);
    return plan != NULL && kith_bulk_run(bulk, plan, error);
}

static bool
run_values(KithBulk *bulk, uint64_t *bits, uint64_t *other, GError **error)
{
    KithInsert *insert = &bulk->query->insert;
    for (guint at = 0; at < insert->rows->len; at += insert->n_rows) {
        choose_rows(bulk->query, at, bits, other);
        if (!run_next(bulk, error))
            return false;
    }
    return true;
}

/* What is wrong with the query is found before anything is sent. */
static bool
check_plan(KithQuery *query, uint64_t *bits, uint64_t *other, GError **error)
{
    if (query->insert.from == NULL)
        choose_rows(query, 0, bits, other);
    return kith_query_find_plan(query, KITH_ASK_INSERT, error) != NULL;
}

static bool
begin(KithBulk *bulk, GError **error)
{
    KithQuery *query = bulk->query;
    if (!kith_flush_before_unknown(query->session, bulk->place, error)
        || (query->insert.from == NULL && !take_references(query, error))
        || !kith_transaction_open(query->session, NULL, bulk->place, error))
        return false;
    bulk->first = query->session->journal->len;
    return true;
}

/* --- objects ----------------------------------------------------------------------- */

/* The keys among those that came back that are no objects yet. */
static GPtrArray *
find_unknown(const KithBulk *bulk)
{
    GPtrArray *unknown = g_ptr_array_new();
    for (guint i = 0; bulk->keys != NULL && i < bulk->keys->len; i++) {
        void *key = g_ptr_array_index(bulk->keys, i);
        if (kith_identity_map_find(&bulk->query->set->root->map, key) == NULL)
            g_ptr_array_add(unknown, key);
    }
    return unknown;
}

/* A rollback takes their rows away, or makes them what nobody has read. */
static void
note_new(const KithBulk *bulk, const GPtrArray *unknown)
{
    KithQuery *query = bulk->query;
    for (guint i = 0; i < unknown->len; i++) {
        KithEntity *entity = kith_identity_map_find(&query->set->root->map,
                                                    g_ptr_array_index(unknown, i));
        if (entity == NULL)
            continue;
        kith_journal_add(query->session,
                         (KithUndo){ .entity = entity,
                                     .first = bulk->first,
                                     .was = KITH_PENDING,
                                     .is_bulk = true });
    }
}

/* --- the whole --------------------------------------------------------------------- */

static bool
check(KithQuery *query, GError **error)
{
    const KithInsert *insert = &query->insert;
    if (query->misuse != NULL) {
        g_propagate_error(error, g_error_copy(query->misuse));
        return false;
    }
    if (query->set == NULL)
        return kith_session_set_of(query->session, query->root.mapping, error) != NULL;
    bool has_values = insert->values != NULL && insert->values->len > 0;
    if (has_values != (insert->from != NULL))
        return kith_bulk_check(query, error);
    return kith_write_refuse(query->set->mapper,
                             error,
                             has_values ? "values and the rows of a query are inserted "
                                          "by one statement each"
                                        : "nothing is to be inserted; see "
                                          "kith_insert_values() and kith_insert_from()");
}

static bool
run(KithBulk *bulk, GError **error)
{
    KithQuery *query = bulk->query;
    unsigned n_words = KITH_BITS(query->set->mapper->n_columns);
    g_autofree uint64_t *bits = g_new0(uint64_t, n_words);
    g_autofree uint64_t *other = g_new0(uint64_t, n_words);
    query->insert.n_rows = 0;
    bool is_from = query->insert.from != NULL;
    bool done = (is_from || prepare_rows(query, error))
                && check_plan(query, bits, other, error) && begin(bulk, error)
                && (is_from ? run_next(bulk, error)
                            : run_values(bulk, bits, other, error));
    query->insert.bits = NULL;
    kith_query_changed(query); /* the plan was for the last rows of these */
    if (!done)
        return false;
    g_autoptr(GPtrArray) unknown = find_unknown(bulk);
    done = kith_bulk_read_again(bulk, error);
    note_new(bulk, unknown);
    return done;
}

static bool
insert(KithQuery *query,
       const KithMapping *wanted,
       bool keeps_keys,
       int64_t *ret_n,
       KithPlace place,
       GError **error)
{
    KithBulk bulk;
    if (!kith_query_gives(query, wanted, error) || !check(query, error))
        return false;
    kith_query_reset(query);
    kith_bulk_init(&bulk, query, keeps_keys, place);
    bool done = run(&bulk, error);
    if (done && ret_n != NULL)
        *ret_n = bulk.n;
    kith_bulk_finish(&bulk);
    return done;
}

bool
kith_query_insert(KithQuery *query, int64_t *ret_n, KithPlace place, GError **error)
{
    return insert(query, query->root.mapping, false, ret_n, place, error);
}

const void *
kith_query_insert_objects(KithQuery *query, KithPlace place, GError **error)
{
    if (!insert(query, query->root.mapping, true, NULL, place, error))
        return NULL;
    return kith_query_close_objects(query);
}

const void *
kith_query_insert_rows(KithQuery *query,
                       const KithMapping *result,
                       KithPlace place,
                       GError **error)
{
    if (!insert(query, result, false, NULL, place, error))
        return NULL;
    return kith_query_close_objects(query);
}

/*
 * query-each.c - what a query finds for each owner of a collection: of an author's books
 * the three dearest. One statement finds it for all owners; the rows of each are counted
 * by a window, and those beyond the limit left out.
 */
#include "change.h"
#include "collection.h"
#include "error.h"
#include "flush.h"
#include "foreign-key.h"
#include "loader.h"
#include "query-writer.h"
#include "relation.h"
#include "source.h"
#include "sql.h"
#include "strict.h"

/* --- the statement ----------------------------------------------------------------- */

static bool
is_limited(const KithQuery *query)
{
    return query->limit.op != KITH_OP_END || query->offset.op != KITH_OP_END;
}

static const KithForeignKey *
foreign_key_of(const KithQuery *query)
{
    const KithMany *many = query->each.many;
    return &many->source->foreign_keys[many->foreign_key];
}

static bool
check_plain(const KithQuery *query, GError **error)
{
    bool is_plain = query->result == NULL && query->combined == NULL
                    && query->tables == NULL && query->raw == NULL && !query->is_distinct
                    && !query->has_after && !query->is_locking;
    return is_plain
           || kith_write_refuse(query->set->mapper,
                                error,
                                "a query for the objects of a collection has conditions, "
                                "orders and limits only");
}

static void
write_columns_of_key(KithWriter *writer, const KithSource *row)
{
    const KithForeignKey *foreign_key = foreign_key_of(writer->query);
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : "");
        kith_write_column(
            writer, row->number, &row->mapper->columns[foreign_key->columns[i]]);
    }
}

/* The order of the query, and in it by key, so that it is the same every time. */
static bool
write_order(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    gsize before = writer->sql->len;
    if (!kith_write_orders(writer, scope, error))
        return false;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(writer->sql, writer->sql->len > before ? ", " : " ORDER BY ");
        kith_write_column(writer, scope->row.number, &mapper->columns[mapper->keys[i]]);
    }
    return true;
}

bool
kith_write_each_rank(KithWriter *writer, const KithScope *scope, GError **error)
{
    if (!is_limited(writer->query))
        return true;
    g_string_append(writer->sql, ", row_number() OVER (PARTITION BY ");
    write_columns_of_key(writer, &scope->row);
    if (!write_order(writer, scope, error))
        return false;
    g_string_append(writer->sql, ") AS \"kith_rank\"");
    return true;
}

bool
kith_write_each_rest(KithWriter *writer,
                     const KithScope *scope,
                     bool has_where,
                     GError **error)
{
    const KithForeignKey *foreign_key = foreign_key_of(writer->query);
    g_autoptr(GString) columns = g_string_new(NULL);
    GString *sql = writer->sql;
    writer->sql = columns;
    write_columns_of_key(writer, &scope->row);
    writer->sql = sql;
    size_t first = writer->parameters->len + 1;
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        KithPlanParameter parameter = { .slot = KITH_SLOT_OF_OWNERS, .place = i };
        g_array_append_val(writer->parameters, parameter);
    }
    g_string_append(sql, has_where ? " AND " : " WHERE ");
    kith_sql_in_columns(
        sql, writer->dialect, columns->str, foreign_key->n_columns, first);
    return is_limited(writer->query) || write_order(writer, scope, error);
}

static void
write_number(KithWriter *writer, const KithExpression *number)
{
    kith_write_parameter(
        writer, (KithPlanParameter){ .slot = number->slot, .kind = KITH_KIND_INT64 });
}

static void
write_bounds(KithWriter *writer, const KithQuery *query)
{
    bool has_limit = query->limit.op != KITH_OP_END;
    bool has_offset = query->offset.op != KITH_OP_END;
    g_string_append(writer->sql, ") AS ranked WHERE ");
    if (has_offset) {
        g_string_append(writer->sql, "\"kith_rank\" > ");
        write_number(writer, &query->offset);
    }
    if (has_limit) {
        g_string_append(writer->sql,
                        has_offset ? " AND \"kith_rank\" <= " : "\"kith_rank\" <= ");
        write_number(writer, &query->limit);
    }
    if (has_limit && has_offset) {
        g_string_append(writer->sql, " + ");
        write_number(writer, &query->offset);
    }
    g_string_append(writer->sql, " ORDER BY \"kith_rank\"");
}

bool
kith_write_each(KithWriter *writer, KithQuery *query, GError **error)
{
    const KithLayout *layout = kith_mapper_layout(query->set->mapper);
    if (!check_plain(query, error))
        return false;
    for (size_t i = 0; is_limited(query) && i < layout->n_columns; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : "SELECT ");
        kith_sql_identifier(writer->sql, layout->columns[i].name);
    }
    g_string_append(writer->sql, is_limited(query) ? " FROM (" : "");
    if (!kith_write_query(writer, NULL, query, KITH_ASK_EACH, NULL, error))
        return false;
    if (is_limited(query))
        write_bounds(writer, query);
    return true;
}

/* --- what was found ---------------------------------------------------------------- */

void
kith_each_forget(KithQuery *query)
{
    g_clear_pointer(&query->each.found, g_hash_table_unref);
}

static void
free_array(void *data)
{
    g_ptr_array_unref(data);
}

/* What was found for another collection, or in another unit of work, is gone. */
static void
begin_each(KithQuery *query, const KithMany *many)
{
    KithEach *each = &query->each;
    if (each->many != many)
        query->plan = NULL;
    if (each->many != many || each->epoch != query->session->epoch)
        kith_each_forget(query);
    if (each->found == NULL)
        each->found = g_hash_table_new_full(NULL, NULL, NULL, free_array);
    each->many = many;
    each->epoch = query->session->epoch;
}

/* The owners that nothing was found for yet, because nobody asked. */
static GPtrArray *
owners_to_find(const KithQuery *query, const GPtrArray *objects)
{
    GPtrArray *owners = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        void *owner = g_ptr_array_index(objects, i);
        if (!g_hash_table_contains(query->each.found, owner))
            g_ptr_array_add(owners, owner);
    }
    return owners;
}

static void
point_lists_to(KithQuery *query, const void *const *owners, size_t n_owners)
{
    const KithForeignKey *foreign_key = foreign_key_of(query);
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithMapper *target = foreign_key->target;
        query->each.lists[i] =
            (KithList){ .column = &target->columns[foreign_key->targets[i]],
                        .rows = owners,
                        .n_rows = n_owners };
    }
}

static void
hand_out(const KithQuery *query, const GPtrArray *children)
{
    for (guint i = 0; i < children->len; i++) {
        void *child = g_ptr_array_index(children, i);
        const void *owner =
            kith_reference_known(kith_entity_of(child), foreign_key_of(query));
        GPtrArray *found =
            owner != NULL ? g_hash_table_lookup(query->each.found, owner) : NULL;
        if (found != NULL)
            g_ptr_array_add(found, child);
    }
}

/* Objects for the owners that the lists point to. */
static bool
read_each(KithQuery *query, GPtrArray *ret_objects, KithPlace place, GError **error)
{
    const KithQueryPlan *plan = kith_query_begin(query, KITH_ASK_EACH, place, error);
    if (plan == NULL)
        return false;
    KithSelect select = { .statement = plan->statement,
                          .parameters = query->parameters,
                          .n_parameters = plan->n_parameters,
                          .place = place };
    return kith_load_objects(query->set, &select, ret_objects, error)
           && kith_eager_load(&query->eager, query->set, ret_objects, place, error);
}

static bool
find_for(KithQuery *query,
         const void *const *owners,
         size_t n_owners,
         KithPlace place,
         GError **error)
{
    const KithForeignKey *foreign_key = foreign_key_of(query);
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    point_lists_to(query, owners, n_owners);
    if (!read_each(query, children, place, error))
        return false;
    if (!foreign_key->means_key) {
        g_autoptr(GPtrArray) all = g_ptr_array_new();
        for (size_t i = 0; i < n_owners; i++)
            g_ptr_array_add(all, (void *) (uintptr_t) owners[i]);
        kith_references_link(children, foreign_key, all);
    }
    for (size_t i = 0; i < n_owners; i++)
        g_hash_table_insert(
            query->each.found, (void *) (uintptr_t) owners[i], g_ptr_array_new());
    hand_out(query, children);
    for (size_t i = 0; i < n_owners; i++)
        g_ptr_array_add(g_hash_table_lookup(query->each.found, owners[i]), NULL);
    return true;
}

static bool
check_collection(const KithQuery *query, const KithMany *many, GError **error)
{
    const KithMapper *mapper = query->set != NULL ? query->set->mapper : NULL;
    if (mapper == many->target && !kith_many_has_links(many) && !many->is_one)
        return true;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: kith_only is for collections of KITH_HAS_MANY, and a query for "
                   "what is in them",
                   many->member->name);
    return false;
}

bool
kith_query_find_each(KithQuery *query,
                     const KithMany *many,
                     const GPtrArray *objects,
                     KithPlace place,
                     GError **error)
{
    size_t chunk = query->session->engine->load_chunk;
    if (!check_collection(query, many, error))
        return false;
    begin_each(query, many);
    g_autoptr(GPtrArray) owners = owners_to_find(query, objects);
    for (size_t at = 0; at < owners->len; at += chunk) {
        const void *const *first = (const void *const *) owners->pdata + at;
        if (!find_for(query, first, MIN(chunk, owners->len - at), place, error))
            return false;
    }
    return true;
}

const void *
kith_entity_only(
    const void *object, size_t offset, KithQuery *query, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_only");
    if (entity == NULL) {
        (void) kith_relation_refuse_nothing(error);
        return NULL;
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithRelation relation;
    if (!kith_relation_at(mapper, offset, &relation) || relation.many == NULL
        || query->session != entity->set->session || entity->state != KITH_PERSISTENT) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "%s: kith_only is for a collection of an object that has a row, and "
            "a query of its session",
            mapper->entity);
        return NULL;
    }
    if (!check_collection(query, relation.many, error))
        return NULL;
    begin_each(query, relation.many);
    const GPtrArray *found = g_hash_table_lookup(query->each.found, object);
    if (found != NULL)
        return found->pdata;
    if (!kith_strict_allows(entity, relation.member, place, error))
        return NULL;
    g_autoptr(GPtrArray) siblings =
        kith_relation_siblings(entity, foreign_key_of(query)->target);
    if (!kith_query_find_each(query, relation.many, siblings, place, error))
        return NULL;
    kith_statistics_note_lazy(
        query->session, mapper, relation.member, siblings->len, place);
    found = g_hash_table_lookup(query->each.found, object);
    return found->pdata;
}

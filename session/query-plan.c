/*
 * query-plan.c - from the structure of a query to its plan. A plan is made once for all
 * sessions of an engine, and lives as long as it.
 */
#include "query-plan.h"

#include "error.h"
#include "query-writer.h"

static void
free_plan(void *data)
{
    KithQueryPlan *plan = data;
    g_free((void *) (uintptr_t) plan->parameters);
    g_free((void *) (uintptr_t) plan->tables);
    g_free(plan);
}

static void
free_key(void *data)
{
    g_bytes_unref(data);
}

GHashTable *
kith_query_plans_new(void)
{
    return g_hash_table_new_full(g_bytes_hash, g_bytes_equal, free_key, free_plan);
}

const KithMapper *
kith_query_mapper(KithQuery *query, const KithMapping *mapping, GError **error)
{
    if (mapping == query->root.mapping && query->set != NULL)
        return query->set->mapper;
    if (mapping->table == NULL)
        return kith_engine_result(query->session->engine, mapping, error);
    const KithEntitySet *set = kith_session_set_of(query->session, mapping, error);
    return set != NULL ? set->mapper : NULL;
}

/* --- is there more than one table? ------------------------------------------------- */

static bool
needs_tables(const KithExpression *expression)
{
    switch (expression->op) {
    case KITH_OP_VIA:
    case KITH_OP_HAS:
    case KITH_OP_ANY_OF:
    case KITH_OP_NONE_OF:
    case KITH_OP_EXISTS:
    case KITH_OP_SUBQUERY:
        return true;
    default:
        break;
    }
    for (const KithExpression *part = expression->parts;
         part != NULL && part->op != KITH_OP_END;
         part++) {
        if (needs_tables(part))
            return true;
    }
    return false;
}

static bool
items_need_tables(const KithItems *items)
{
    for (const KithItem *item = items->first; item != NULL; item = item->next) {
        if (needs_tables(&item->expression))
            return true;
    }
    return false;
}

unsigned
kith_query_joined(const KithQuery *query,
                  KithAsk ask,
                  const KithForeignKey **ret_foreign_keys)
{
    bool is_plain = query->result == NULL && query->combined == NULL
                    && query->tables == NULL && query->raw == NULL
                    && query->groups.count == 0
                    && !query->is_distinct && !query->is_locking
                    && (ask == KITH_ASK_ALL || ask == KITH_ASK_FEW);
    if (!is_plain || query->set == NULL || query->set->mapper->wide != NULL)
        return 0;
    return kith_eager_joined(&query->eager, query->set->mapper, ret_foreign_keys);
}

static bool
filters_need_tables(const KithQuery *query)
{
    const GPtrArray *filters = query->session->filters;
    for (guint i = 0; filters != NULL && i < filters->len; i++) {
        const KithFilter *filter = g_ptr_array_index(filters, i);
        if (kith_filter_applies(filter, query) && needs_tables(&filter->predicate))
            return true;
    }
    return false;
}

/* Is the table that is written one among others, in the statement itself? */
static bool
writes_beside_others(const KithQuery *query)
{
    bool is_change = query->ask == KITH_ASK_UPDATE || query->ask == KITH_ASK_DELETE;
    return query->ask == KITH_ASK_INSERT
           || (is_change && kith_mapper_is_in_hierarchy(query->set->mapper));
}

static bool
has_several_tables(const KithQuery *query)
{
    const KithForeignKey *joined[KITH_MAX_JOINED];
    return query->raw != NULL || writes_beside_others(query) || filters_need_tables(query)
           || kith_query_joined(query, query->ask, joined) > 0 || query->aliases != NULL
           || query->combined != NULL || query->tables != NULL
           || items_need_tables(&query->conditions) || items_need_tables(&query->orders)
           || items_need_tables(&query->groups) || items_need_tables(&query->having)
           || items_need_tables(&query->selected) || items_need_tables(&query->assigned)
           || (query->page != NULL && needs_tables(&query->page->expression))
           || needs_tables(&query->asked);
}

/* --- a plan ------------------------------------------------------------------------ */

/* Rows can be counted as they come, unless it is groups or different ones that count. */
static bool
counts_directly(const KithQuery *query)
{
    return query->result == NULL && query->combined == NULL && !query->is_distinct
           && query->groups.count == 0;
}

static bool
write_statement(KithWriter *writer, KithQuery *query, GError **error)
{
    KithAsk ask = query->ask;
    const char *before = "", *behind = "";
    if (ask == KITH_ASK_UPDATE || ask == KITH_ASK_DELETE)
        return kith_write_change(writer, query, ask == KITH_ASK_DELETE, error);
    if (ask == KITH_ASK_INSERT)
        return kith_write_insert(writer, query, error);
    if (ask == KITH_ASK_EACH)
        return kith_write_each(writer, query, error);
    if (ask == KITH_ASK_EXISTS) {
        before = "SELECT EXISTS (";
        behind = ")";
    } else if (ask == KITH_ASK_COUNT && !counts_directly(query)) {
        before = "SELECT count(*) FROM (";
        behind = ") AS counted";
        ask = KITH_ASK_BARE;
    }
    g_string_append(writer->sql, before);
    if (!kith_write_query(writer, NULL, query, ask, &query->asked, error))
        return false;
    g_string_append(writer->sql, behind);
    return true;
}

static KithQueryPlan *
new_plan(KithWriter *writer, const KithQuery *query)
{
    KithQueryPlan *plan = g_new0(KithQueryPlan, 1);
    plan->statement = kith_engine_statement(query->session->engine, writer->sql->str);
    plan->n_parameters = writer->parameters->len;
    plan->parameters =
        (KithPlanParameter *) (void *) g_array_free(writer->parameters, FALSE);
    plan->n_tables = writer->tables->len;
    plan->tables = (unsigned *) (void *) g_array_free(writer->tables, FALSE);
    plan->reads_unknown = writer->reads_unknown;
    writer->parameters = NULL;
    writer->tables = NULL;
    return plan;
}

/* What is asked for one value at a time is one column. */
static void
describe_value(KithQueryPlan *plan, KithWriter *writer, const KithQuery *query)
{
    KithSide side = { .mapper = NULL };
    if (query->ask == KITH_ASK_VALUES)
        (void) kith_write_find_side(writer, &query->asked, &side, NULL);
    plan->value =
        (KithColumn){ .name = "value",
                      .member = side.column != NULL ? side.column->member : "value",
                      .null_offset = KITH_NO_OFFSET };
}

static KithQueryPlan *
make_plan(KithQuery *query, GError **error)
{
    KithWriter writer = {
        .query = query,
        .dialect = query->session->engine->driver->dialect,
        .sql = g_string_new(NULL),
        .parameters = g_array_new(FALSE, FALSE, sizeof(KithPlanParameter)),
        .tables = g_array_new(FALSE, FALSE, sizeof(unsigned)),
        .common = g_ptr_array_new(),
        .qualifies = has_several_tables(query),
    };
    KithQueryPlan *plan = NULL;
    const KithMapping *given = query->result != NULL                ? query->result
                               : query->root.mapping->table == NULL ? query->root.mapping
                                                                    : NULL;
    const KithMapper *result =
        given != NULL ? kith_query_mapper(query, given, error) : NULL;
    if ((given == NULL || result != NULL) && write_statement(&writer, query, error)) {
        plan = new_plan(&writer, query);
        plan->result = result;
        describe_value(plan, &writer, query);
    }
    g_string_free(writer.sql, TRUE);
    g_clear_pointer(&writer.parameters, g_array_unref);
    g_clear_pointer(&writer.tables, g_array_unref);
    g_ptr_array_unref(writer.common);
    return plan;
}

/* Two threads can make the same one: the first that is kept is that of both. */
static const KithQueryPlan *
keep_plan(KithQuery *query, KithQueryPlan *plan)
{
    KithEngine *engine = query->session->engine;
    GBytes *key = g_bytes_new(query->key->data, query->key->len);
    g_mutex_lock(&engine->lock);
    KithQueryPlan *kept = g_hash_table_lookup(engine->plans, key);
    if (kept == NULL)
        g_hash_table_insert(engine->plans, g_bytes_ref(key), plan);
    g_mutex_unlock(&engine->lock);
    g_bytes_unref(key);
    if (kept != NULL)
        free_plan(plan);
    return kept != NULL ? kept : plan;
}

static const KithQueryPlan *
find_kept(KithQuery *query)
{
    KithEngine *engine = query->session->engine;
    GBytes *key = g_bytes_new_static(query->key->data, query->key->len);
    g_mutex_lock(&engine->lock);
    const KithQueryPlan *plan = g_hash_table_lookup(engine->plans, key);
    g_mutex_unlock(&engine->lock);
    g_bytes_unref(key);
    return plan;
}

static bool
check_root(KithQuery *query, GError **error)
{
    return query->root.mapping->table == NULL || query->set != NULL
           || kith_session_set_of(query->session, query->root.mapping, error) != NULL;
}

const KithQueryPlan *
kith_query_find_plan(KithQuery *query, KithAsk ask, GError **error)
{
    if (query->misuse != NULL) {
        if (error != NULL)
            *error = g_error_copy(query->misuse);
        return NULL;
    }
    bool is_known = query->plan != NULL && query->planned == ask
                    && query->n_filter_changes == query->session->n_filter_changes;
    if (is_known && ask != KITH_ASK_VALUES)
        return query->plan;
    if (!check_root(query, error) || !kith_query_make_page(query, error))
        return NULL;
    query->ask = ask;
    query->n_filter_changes = query->session->n_filter_changes;
    kith_query_make_key(query);
    const KithQueryPlan *plan = find_kept(query);
    if (plan == NULL) {
        KithQueryPlan *made = make_plan(query, error);
        plan = made != NULL ? keep_plan(query, made) : NULL;
    }
    query->plan = plan;
    query->planned = ask;
    return plan;
}

/*
 * query.c - building a query. All that the program gives is copied into the arena of the
 * query, other queries as queries of their own; nothing is looked at yet.
 */
#include "query.h"

#include "eager.h"
#include "error.h"
#include "stream.h"

#include <stdarg.h>
#include <string.h>

void
kith_query_blame(KithQuery *query, const char *format, ...)
{
    if (query->misuse != NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kith_error_set(
        &query->misuse, KITH_ERROR_MISUSE, "%s: %s", query->root.mapping->entity, text);
}

/* Numbers are never used twice, so that one which is left over means nothing else. */
static uint64_t
new_source(void)
{
    static uint64_t last;
    return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static KithQuery *
query_new(KithSession *session, const KithMapping *mapping, uint64_t source)
{
    KithQuery *query = g_malloc(sizeof *query);
    memset(query, 0, offsetof(KithQuery, first));
    query->root.source = source;
    query->root.mapping = mapping;
    query->session = session;
    kith_arena_init(&query->arena, query->first, sizeof query->first);
    kith_arena_init(&query->rows, NULL, 0);
    return query;
}

KithQuery *
kith_query_new(KithSession *session, const KithMapping *mapping)
{
    g_return_val_if_fail(session != NULL, NULL);
    KithQuery *query = query_new(session, mapping, new_source());
    if (mapping->table != NULL)
        query->set = kith_session_set_of(session, mapping, NULL);
    return query;
}

static void
free_query(void *data)
{
    kith_query_free(data);
}

void
kith_query_free(KithQuery *query)
{
    if (query == NULL)
        return;
    kith_stream_free(query->stream);
    kith_eager_clear(&query->eager);
    kith_each_forget(query);
    g_clear_pointer(&query->subqueries, g_ptr_array_unref);
    g_clear_pointer(&query->objects, g_ptr_array_unref);
    g_clear_pointer(&query->slots, g_ptr_array_unref);
    g_clear_pointer(&query->insert.values, g_ptr_array_unref);
    g_clear_pointer(&query->insert.rows, g_ptr_array_unref);
    g_clear_pointer(&query->key, g_byte_array_unref);
    g_clear_error(&query->misuse);
    for (KithBinding *binding = query->bindings; binding != NULL; binding = binding->next)
        g_free(binding->memory);
    g_free(query->values);
    g_free(query->parameters);
    g_free(query->after);
    kith_arena_clear(&query->rows);
    kith_arena_clear(&query->arena);
    g_free(query);
}

KithEager *
kith_query_eager(KithQuery *query)
{
    return &query->eager;
}

void
kith_query_changed(KithQuery *query)
{
    query->plan = NULL;
    kith_each_forget(query);
}

/* --- copies ------------------------------------------------------------------------ */

/* What a copy of an expression is to have instead of what the original has. */
typedef struct Copying {
    KithQuery *query; /* that it is for */
    KithArena *arena;
    uint64_t from; /* members of this source … */
    uint64_t to;   /* … become members of that one; 0: none do */
} Copying;

static KithBinding *
find_binding(const KithQuery *query, const char *name)
{
    KithBinding *binding = query->bindings;
    while (binding != NULL && strcmp(binding->name, name) != 0)
        binding = binding->next;
    return binding;
}

/* Values that a part was given are values of the whole, unless that has its own. */
KithQuery *
kith_query_keep(KithQuery *query, const KithQuery *original)
{
    KithQuery *part = kith_query_snapshot(original);
    for (const KithBinding *binding = part->bindings; binding != NULL;
         binding = binding->next) {
        if (find_binding(query, binding->name) == NULL)
            kith_query_bind(query, binding->name, binding->value);
    }
    if (query->subqueries == NULL)
        query->subqueries = g_ptr_array_new_with_free_func(free_query);
    g_ptr_array_add(query->subqueries, part);
    return part;
}

static KithValue
copy_value(KithArena *arena, KithValue value)
{
    if (value.kind == KITH_KIND_TEXT)
        value.as.text = kith_arena_text(arena, value.as.text);
    else if (value.kind == KITH_KIND_BLOB)
        value.as.blob.data =
            kith_arena_copy(arena, value.as.blob.data, value.as.blob.size);
    return value;
}

/* The value at @index of an array of the program's. */
static KithValue
element(KithKind kind, const void *array, size_t index)
{
    switch (kind) {
    case KITH_KIND_BOOL:
        return kith_value_bool(((const bool *) array)[index]);
    case KITH_KIND_INT32:
        return kith_value_int32(((const int32_t *) array)[index]);
    case KITH_KIND_INT64:
        return kith_value_int64(((const int64_t *) array)[index]);
    case KITH_KIND_DOUBLE:
        return kith_value_double(((const double *) array)[index]);
    case KITH_KIND_TEXT:
        return kith_value_text(((const char *const *) array)[index]);
    case KITH_KIND_BLOB:
        return kith_value_blob(((const KithBlob *) array)[index]);
    case KITH_KIND_TIME:
        return kith_value_time(((const KithTime *) array)[index]);
    case KITH_KIND_DATE:
        return kith_value_date(((const KithDate *) array)[index]);
    case KITH_KIND_UUID:
        return kith_value_uuid(((const KithUuid *) array)[index]);
    default:
        return kith_value_object(((const void *const *) array)[index]);
    }
}

/* In a query a list is an array of KithValue, whatever the array of the program was. */
static const KithValue *
copy_list(KithArena *arena, const KithExpression *list)
{
    KithValue *values = kith_arena_alloc(arena, list->offset * sizeof(KithValue));
    bool is_own = list->value.kind == KITH_KIND_OBJECT; /* of a query already */
    for (size_t i = 0; i < list->offset; i++)
        values[i] = copy_value(arena,
                               is_own ? ((const KithValue *) list->value.as.object)[i]
                                      : element(list->kind, list->value.as.object, i));
    return values;
}

static KithExpression copy_expression(const Copying *copying,
                                      const KithExpression *expression);

static const KithExpression *
copy_parts(const Copying *copying, const KithExpression *parts)
{
    size_t count = 0;
    while (parts[count].op != KITH_OP_END)
        count++;
    KithExpression *own = kith_arena_alloc(copying->arena, (count + 1) * sizeof *own);
    for (size_t i = 0; i <= count; i++)
        own[i] = copy_expression(copying, &parts[i]);
    return own;
}

static KithExpression
copy_expression(const Copying *copying, const KithExpression *expression)
{
    KithExpression copy = *expression;
    KithArena *arena = copying->arena;
    switch (copy.op) {
    case KITH_OP_LIST:
        copy.value = (KithValue){ .kind = KITH_KIND_OBJECT,
                                  .as.object = copy_list(arena, expression) };
        break;
    case KITH_OP_SUBQUERY:
    case KITH_OP_EXISTS:
        copy.value.as.object =
            kith_query_keep(copying->query, copy.value.as.object);
        break;
    default:
        copy.value = copy_value(arena, copy.value);
        break;
    }
    if (copying->to != 0 && copy.source == copying->from)
        copy.source = copying->to;
    if (copy.parts != NULL)
        copy.parts = copy_parts(copying, copy.parts);
    return copy;
}

static KithItem *
add_item(const Copying *copying, KithItems *items, const KithExpression *expression)
{
    KithItem *item = kith_arena_alloc(copying->arena, sizeof *item);
    *item = (KithItem){ .expression = copy_expression(copying, expression) };
    if (items->last != NULL)
        items->last->next = item;
    else
        items->first = item;
    items->last = item;
    items->count++;
    kith_query_changed(copying->query);
    return item;
}

static void
copy_items(const Copying *copying, KithItems *items, const KithItems *from)
{
    for (const KithItem *item = from->first; item != NULL; item = item->next) {
        KithItem *copy = add_item(copying, items, &item->expression);
        copy->direction = item->direction;
        copy->offset = item->offset;
    }
}

static void
copy_aliases(const Copying *copying, const KithQuery *from)
{
    KithQuery *query = copying->query;
    KithAlias **end = &query->aliases;
    for (const KithAlias *alias = from->aliases; alias != NULL; alias = alias->next) {
        KithAlias *copy = kith_arena_alloc(&query->arena, sizeof *copy);
        *copy = *alias;
        copy->next = NULL;
        copy->on = copy_expression(copying, &alias->on);
        if (alias->lateral != NULL)
            copy->lateral = kith_query_keep(query, alias->lateral);
        *end = copy;
        end = &copy->next;
    }
}

static void
copy_others(KithQuery *query, const KithQuery *from)
{
    for (const KithCombined *part = from->combined; part != NULL; part = part->next)
        kith_query_combine(query, part->operation, part->query);
    for (const KithCommonTable *table = from->tables; table != NULL; table = table->next)
        kith_query_common_table(query, table->mapping, table->base, table->step);
    for (const KithBinding *binding = from->bindings; binding != NULL;
         binding = binding->next)
        kith_query_bind(query, binding->name, binding->value);
}

static void
copy_raw(KithQuery *query, const KithQuery *from)
{
    KithRaw **end = &query->raw;
    for (const KithRaw *raw = from->raw; raw != NULL; raw = raw->next) {
        KithRaw *copy = kith_arena_alloc(&query->arena, sizeof *copy);
        *copy = *raw;
        copy->text = kith_arena_text(&query->arena, raw->text);
        copy->next = NULL;
        if (raw->parameter.op != KITH_OP_END)
            copy->parameter =
                kith_query_copy_expression(query, &query->arena, &raw->parameter);
        *end = copy;
        end = &copy->next;
    }
    for (const KithLifted *lifted = from->lifted; lifted != NULL; lifted = lifted->next)
        kith_query_lift_filter(query, lifted->name);
}

static void
copy_insert(const Copying *copying, KithInsert *insert, const KithInsert *from)
{
    for (guint i = 0; from->values != NULL && i < from->values->len; i++)
        kith_query_insert_values(copying->query, g_ptr_array_index(from->values, i), 1);
    if (from->from != NULL)
        kith_query_insert_from(copying->query, from->from);
    copy_items(copying, &insert->conflict, &from->conflict);
    insert->skips_conflicts = from->skips_conflicts;
    insert->changes_the_rest = from->changes_the_rest;
}

static KithQuery *
copy_query(const KithQuery *from, uint64_t source)
{
    KithQuery *query = query_new(from->session, from->root.mapping, source);
    Copying copying = { query, &query->arena, from->root.source, source };
    query->set = from->set;
    query->result = from->result;
    copy_items(&copying, &query->conditions, &from->conditions);
    copy_items(&copying, &query->orders, &from->orders);
    copy_items(&copying, &query->groups, &from->groups);
    copy_items(&copying, &query->having, &from->having);
    copy_items(&copying, &query->selected, &from->selected);
    copy_items(&copying, &query->assigned, &from->assigned);
    copy_aliases(&copying, from);
    copy_raw(query, from);
    copy_others(query, from);
    copy_insert(&copying, &query->insert, &from->insert);
    query->is_distinct = from->is_distinct;
    query->is_locking = from->is_locking;
    query->lock = from->lock;
    query->wait = from->wait;
    query->has_timeout = from->has_timeout;
    query->timeout_usec = from->timeout_usec;
    query->limit = from->limit;
    query->offset = from->offset;
    query->eager = kith_eager_copy(&from->eager);
    if (from->has_after)
        kith_query_after(query, from->after);
    if (from->misuse != NULL)
        query->misuse = g_error_copy(from->misuse);
    return query;
}

KithQuery *
kith_query_snapshot(const KithQuery *query)
{
    return copy_query(query, query->root.source);
}

KithQuery *
kith_query_copy(const KithQuery *query)
{
    return copy_query(query, new_source());
}

KithExpression
kith_query_copy_expression(KithQuery *query,
                           KithArena *arena,
                           const KithExpression *expression)
{
    const Copying copying = { query, arena, 0, 0 };
    return copy_expression(&copying, expression);
}

/* --- conditions, orders, pages ----------------------------------------------------- */

KithItem *
kith_query_add(KithQuery *query, KithItems *items, const KithExpression *expression)
{
    const Copying copying = { query, &query->arena, 0, 0 };
    return add_item(&copying, items, expression);
}

void
kith_query_where(KithQuery *query, KithPredicate predicate)
{
    kith_query_add(query, &query->conditions, &predicate);
}

void
kith_query_order_by(KithQuery *query, KithOrder order)
{
    kith_query_add(query, &query->orders, &order.expression)->direction = order.direction;
}

static KithExpression
number_of_rows(int64_t n)
{
    return (KithExpression){ .op = KITH_OP_VALUE,
                             .kind = KITH_KIND_INT64,
                             .value = kith_value_int64(n) };
}

/* Whether there is a limit is of the structure; how much it is, is a value. */
static void
set_rows(KithQuery *query, KithExpression *rows, int64_t n, bool is_given)
{
    bool had_one = rows->op != KITH_OP_END;
    unsigned slot = rows->slot;
    *rows = is_given ? number_of_rows(n) : (KithExpression){ .op = KITH_OP_END };
    rows->slot = slot;
    kith_each_forget(query);
    if (had_one != is_given)
        kith_query_changed(query);
}

void
kith_query_limit(KithQuery *query, int64_t limit)
{
    set_rows(query, &query->limit, limit, limit >= 0);
}

void
kith_query_offset(KithQuery *query, int64_t offset)
{
    set_rows(query, &query->offset, offset, offset > 0);
}

void
kith_query_distinct(KithQuery *query)
{
    query->is_distinct = true;
    kith_query_changed(query);
}

void
kith_query_copy_texts(KithQuery *query, void *row)
{
    const KithMapper *mapper = query->set->mapper;
    for (unsigned i = 0; i < mapper->n_texts; i++) {
        const KithColumn *column = &mapper->columns[mapper->texts[i]];
        const void *value = kith_column_get(column, row);
        if (value == NULL)
            continue;
        void *at = (char *) row + column->offset;
        if (column->kind == KITH_KIND_TEXT)
            *(const char **) at =
                kith_arena_text(&query->arena, *(const char *const *) value);
        else if (column->kind == KITH_KIND_BLOB)
            ((KithBlob *) at)->data = kith_arena_copy(&query->arena,
                                                      ((const KithBlob *) value)->data,
                                                      ((const KithBlob *) value)->size);
    }
}

void
kith_query_after(KithQuery *query, const void *object)
{
    g_clear_pointer(&query->after, g_free);
    query->has_after = true;
    query->page = NULL;
    kith_query_changed(query);
    if (object == NULL)
        return;
    if (query->set == NULL) {
        kith_query_blame(query, "only a query of objects goes on behind one");
        return;
    }
    query->after = g_memdup2(object, query->set->mapper->size);
    kith_query_copy_texts(query, query->after);
}

void
kith_query_lock(KithQuery *query, KithLock lock, KithLockWait wait)
{
    query->is_locking = true;
    query->lock = lock;
    query->wait = wait;
    kith_query_changed(query);
}

void
kith_query_bind(KithQuery *query, const char *name, KithValue value)
{
    KithBinding *binding = find_binding(query, name);
    if (binding == NULL) {
        binding = kith_arena_alloc(&query->arena, sizeof *binding);
        *binding = (KithBinding){ .name = kith_arena_text(&query->arena, name),
                                  .next = query->bindings };
        query->bindings = binding;
    }
    kith_each_forget(query);
    if (binding->value.kind != value.kind)
        kith_query_changed(query); /* SQL by hand takes its types from the values */
    g_clear_pointer(&binding->memory, g_free);
    if (value.kind == KITH_KIND_TEXT)
        value.as.text = binding->memory = g_strdup(value.as.text);
    else if (value.kind == KITH_KIND_BLOB && value.as.blob.size > 0)
        value.as.blob.data = binding->memory =
            g_memdup2(value.as.blob.data, value.as.blob.size);
    binding->value = value;
}

/* --- joins ------------------------------------------------------------------------- */

KithAlias *
kith_query_alias(KithQuery *query, const KithMapping *mapping)
{
    KithAlias *alias = kith_arena_alloc(&query->arena, sizeof *alias);
    KithAlias **end = &query->aliases;
    while (*end != NULL)
        end = &(*end)->next;
    *alias = (KithAlias){ .source = new_source(), .mapping = mapping };
    *end = alias;
    return alias;
}

KithExpression
kith_expression_at(const void *alias, size_t offset)
{
    const KithAlias *of = alias;
    return (KithExpression){ .op = KITH_OP_MEMBER,
                             .mapping = of->mapping,
                             .source = of->source,
                             .offset = offset };
}

KithExpression
kith_expression_via(const void *alias, size_t offset, const KithExpression *parts)
{
    KithExpression via = kith_expression_at(alias, offset);
    via.op = KITH_OP_VIA;
    via.parts = parts;
    return via;
}

/* Aliases are joined in the order of these calls: a later one can refer to earlier ones.
 */
static bool
take_alias(KithQuery *query, KithAlias *alias, KithJoin join)
{
    KithAlias **at = &query->aliases;
    while (*at != NULL && *at != alias)
        at = &(*at)->next;
    if (*at == NULL || alias->is_joined) {
        kith_query_blame(query,
                         *at == NULL ? "an alias of another query is joined"
                                     : "an alias is joined twice");
        return false;
    }
    *at = alias->next;
    while (*at != NULL)
        at = &(*at)->next;
    *at = alias;
    alias->next = NULL;
    alias->is_joined = true;
    alias->join = join;
    kith_query_changed(query);
    return true;
}

void
kith_query_join(KithQuery *query, KithAlias *alias, KithJoin join, KithPredicate on)
{
    const Copying copying = { query, &query->arena, 0, 0 };
    if (take_alias(query, alias, join))
        alias->on = copy_expression(&copying, &on);
}

void
kith_query_join_lateral(KithQuery *query,
                        KithAlias *alias,
                        KithJoin join,
                        const KithQuery *lateral)
{
    if (!take_alias(query, alias, join))
        return;
    if (lateral->result != alias->mapping)
        kith_query_blame(
            query, "a query that gives no %s is joined as one", alias->mapping->entity);
    if (join != KITH_JOIN_INNER && join != KITH_JOIN_LEFT)
        kith_query_blame(query, "a lateral join is an inner or a left one");
    alias->lateral = kith_query_keep(query, lateral);
}

/* --- rows -------------------------------------------------------------------------- */

void
kith_query_select(KithQuery *query,
                  const KithMapping *result,
                  size_t offset,
                  KithExpression expression)
{
    if (query->result != NULL && query->result != result)
        kith_query_blame(query,
                         "it gives %s already, and cannot give %s too",
                         query->result->entity,
                         result->entity);
    query->result = result;
    for (KithItem *item = query->selected.first; item != NULL; item = item->next) {
        if (item->offset == offset)
            kith_query_blame(query, "a member of %s is selected twice", result->entity);
    }
    kith_query_add(query, &query->selected, &expression)->offset = offset;
}

void
kith_query_group_by(KithQuery *query, KithExpression expression)
{
    kith_query_add(query, &query->groups, &expression);
}

void
kith_query_having(KithQuery *query, KithPredicate predicate)
{
    kith_query_add(query, &query->having, &predicate);
}

/* --- several queries --------------------------------------------------------------- */

/* What a query gives: a result, or its entity. */
static const KithMapping *
given_by(const KithQuery *query)
{
    return query->result != NULL ? query->result : query->root.mapping;
}

void
kith_query_combine(KithQuery *query, KithSetOperation operation, const KithQuery *other)
{
    KithCombined **end = &query->combined;
    while (*end != NULL)
        end = &(*end)->next;
    if (given_by(query) != given_by(other))
        kith_query_blame(query,
                         "a query that gives %s is combined with one that gives %s",
                         given_by(query)->entity,
                         given_by(other)->entity);
    KithCombined *part = kith_arena_alloc(&query->arena, sizeof *part);
    *part = (KithCombined){ .operation = operation,
                            .query = kith_query_keep(query, other) };
    *end = part;
    kith_query_changed(query);
}

void
kith_query_common_table(KithQuery *query,
                        const KithMapping *result,
                        const KithQuery *base,
                        const KithQuery *step)
{
    KithCommonTable **end = &query->tables;
    while (*end != NULL)
        end = &(*end)->next;
    if (given_by(base) != result || (step != NULL && given_by(step) != result))
        kith_query_blame(query,
                         "rows of %s cannot come from a query that gives something else",
                         result->entity);
    KithCommonTable *table = kith_arena_alloc(&query->arena, sizeof *table);
    *table = (KithCommonTable){
        .mapping = result,
        .base = kith_query_keep(query, base),
        .step = step != NULL ? kith_query_keep(query, step) : NULL,
    };
    *end = table;
    kith_query_changed(query);
}

/*
 * query-key.c - the structure of a query as bytes: all that its statement depends on, and
 * none of its values. The values are met on the way, and numbered in the order in which
 * they are met: a query of the same structure has the same number for the same place.
 *
 * Sources have numbers of their own in every query; what goes into the key is when they
 * were met.
 */
#include "query.h"

#include <string.h>

#define MAX_SOURCES 64

typedef struct Walk {
    const KithQuery *query; /* the one that is run */
    GByteArray *key;
    GPtrArray *slots;
    uint64_t sources[MAX_SOURCES]; /* in scope, and met */
    unsigned n_sources;
} Walk;

static void walk_query(Walk *walk, KithQuery *query, KithAsk ask);

static void
put(Walk *walk, const void *bytes, size_t size)
{
    g_byte_array_append(walk->key, bytes, (guint) size);
}

static void
put_number(Walk *walk, unsigned number)
{
    put(walk, &number, sizeof number);
}

static void
put_pointer(Walk *walk, const void *pointer)
{
    put(walk, &pointer, sizeof pointer);
}

static void
put_text(Walk *walk, const char *text)
{
    put(walk, text, strlen(text) + 1);
}

static void
put_source(Walk *walk, uint64_t source)
{
    unsigned at = walk->n_sources;
    while (at > 0 && walk->sources[at - 1] != source)
        at--;
    put_number(walk, source == 0 ? UINT_MAX : at);
}

/* More of them than can be told apart: then the number itself, and no plan is shared. */
static void
meet_source(Walk *walk, uint64_t source)
{
    if (walk->n_sources < MAX_SOURCES)
        walk->sources[walk->n_sources++] = source;
    else
        put(walk, &source, sizeof source);
}

static void
put_slot(Walk *walk, KithExpression *value)
{
    value->slot = walk->slots->len;
    g_ptr_array_add(walk->slots, value);
}

static void
walk_expression(Walk *walk, KithExpression *expression)
{
    unsigned head[3] = { expression->op, expression->kind, expression->function };
    put(walk, head, sizeof head);
    switch (expression->op) {
    case KITH_OP_VALUE:
        put_number(walk, expression->value.kind == KITH_KIND_OBJECT);
        put_slot(walk, expression);
        return;
    case KITH_OP_LIST:
        put_number(walk, expression->offset == 0);
        put_slot(walk, expression);
        return;
    case KITH_OP_PARAMETER:
        put_text(walk, expression->value.as.text);
        put_slot(walk, expression);
        return;
    case KITH_OP_CALL:
        put_text(walk, expression->value.as.text);
        break;
    case KITH_OP_FRAME: /* its numbers are part of the text */
        put(walk, &expression->parts[0].value.as.int64, sizeof(int64_t));
        put(walk, &expression->parts[1].value.as.int64, sizeof(int64_t));
        return;
    case KITH_OP_SUBQUERY:
    case KITH_OP_EXISTS: {
        unsigned n_sources = walk->n_sources;
        walk_query(
            walk, (KithQuery *) (uintptr_t) expression->value.as.object, KITH_ASK_EXISTS);
        for (KithExpression *part = kith_parts(expression);
             part != NULL && part->op != KITH_OP_END;
             part++)
            walk_expression(walk, part);
        walk->n_sources = n_sources;
        return;
    }
    default:
        put_pointer(walk, expression->mapping);
        put_source(walk, expression->source);
        put(walk, &expression->offset, sizeof expression->offset);
    }
    for (KithExpression *part = kith_parts(expression);
         part != NULL && part->op != KITH_OP_END;
         part++)
        walk_expression(walk, part);
    put_number(walk, KITH_OP_END);
}

static void
walk_items(Walk *walk, const KithItems *items)
{
    put_number(walk, items->count);
    for (KithItem *item = items->first; item != NULL; item = item->next) {
        put_number(walk, item->direction);
        put(walk, &item->offset, sizeof item->offset);
        walk_expression(walk, &item->expression);
    }
}

static void
walk_aliases(Walk *walk, const KithQuery *query)
{
    for (KithAlias *alias = query->aliases; alias != NULL; alias = alias->next) {
        if (!alias->is_joined)
            continue;
        put_pointer(walk, alias->mapping);
        put_number(walk, alias->join);
        if (alias->lateral != NULL) {
            unsigned n_sources = walk->n_sources;
            walk_query(walk, alias->lateral, KITH_ASK_ALL);
            walk->n_sources = n_sources;
        }
        meet_source(walk, alias->source);
        walk_expression(walk, &alias->on);
    }
    put_pointer(walk, NULL);
}

static void
walk_apart(Walk *walk, KithQuery *query)
{
    unsigned n_sources = walk->n_sources;
    walk_query(walk, query, KITH_ASK_ALL);
    walk->n_sources = n_sources;
}

static void
walk_others(Walk *walk, const KithQuery *query)
{
    for (KithCommonTable *table = query->tables; table != NULL; table = table->next) {
        put_pointer(walk, table->mapping);
        put_number(walk, table->step != NULL);
        walk_apart(walk, table->base);
        if (table->step != NULL)
            walk_apart(walk, table->step);
    }
    put_pointer(walk, NULL);
    for (KithCombined *part = query->combined; part != NULL; part = part->next) {
        put_number(walk, part->operation + 1);
        walk_apart(walk, part->query);
    }
    put_number(walk, 0);
}

static void
walk_query(Walk *walk, KithQuery *query, KithAsk ask)
{
    unsigned head[] = { ask,
                        query->is_distinct,
                        query->is_locking ? 1 + query->lock * 8u + query->wait : 0,
                        query->limit.op,
                        query->offset.op };
    put(walk, head, sizeof head);
    put_pointer(walk, query->root.mapping);
    const KithForeignKey *joined[KITH_MAX_JOINED];
    unsigned n_joined = kith_query_joined(query, ask, joined);
    put_number(walk, n_joined);
    for (unsigned i = 0; i < n_joined; i++)
        put_pointer(walk, joined[i]->name);
    if (ask == KITH_ASK_EACH)
        put_number(walk, query->each.many->foreign_key);
    put_pointer(walk, query->result);
    meet_source(walk, query->root.source);
    walk_aliases(walk, query);
    walk_items(walk, &query->conditions);
    if (query->page != NULL)
        walk_expression(walk, &query->page->expression);
    put_number(walk, query->has_after);
    walk_items(walk, &query->orders);
    walk_items(walk, &query->groups);
    walk_items(walk, &query->having);
    walk_items(walk, &query->selected);
    walk_items(walk, &query->assigned);
    for (KithRaw *raw = query->raw; raw != NULL; raw = raw->next) {
        put_text(walk, raw->text);
        if (raw->parameter.op == KITH_OP_END)
            continue;
        kith_query_type_raw(raw, walk->query);
        walk_expression(walk, &raw->parameter);
    }
    put_number(walk, query->raw != NULL);
    if (ask == KITH_ASK_FEW)
        put_slot(walk, &query->few);
    else if (query->limit.op != KITH_OP_END)
        put_slot(walk, &query->limit);
    if (query->offset.op != KITH_OP_END)
        put_slot(walk, &query->offset);
    walk_others(walk, query);
}

static void
walk_insert(Walk *walk, const KithInsert *insert, const KithMapper *mapper)
{
    unsigned head[] = { insert->n_rows,
                        insert->conflict.count,
                        insert->skips_conflicts,
                        insert->changes_the_rest,
                        insert->from != NULL };
    put(walk, head, sizeof head);
    if (insert->n_rows > 0)
        put(walk, insert->bits, KITH_BITS(mapper->n_columns) * sizeof(uint64_t));
    for (const KithItem *item = insert->conflict.first; item != NULL; item = item->next)
        put(walk, &item->offset, sizeof item->offset);
    if (insert->from != NULL)
        walk_apart(walk, insert->from);
}

/* All that hold, whether the query reads such rows or not. */
static void
walk_filters(Walk *walk, const KithQuery *query)
{
    const GPtrArray *filters = query->session->filters;
    for (guint i = 0; filters != NULL && i < filters->len; i++) {
        KithFilter *filter = g_ptr_array_index(filters, i);
        if (!kith_filter_applies(filter, query))
            continue;
        put_pointer(walk, filter->mapping);
        walk_expression(walk, &filter->predicate);
    }
}

void
kith_query_make_key(KithQuery *query)
{
    if (query->key == NULL) {
        query->key = g_byte_array_sized_new(512);
        query->slots = g_ptr_array_new();
    }
    g_byte_array_set_size(query->key, 0);
    g_ptr_array_set_size(query->slots, 0);
    Walk walk = { .query = query, .key = query->key, .slots = query->slots };
    if (query->ask == KITH_ASK_INSERT)
        meet_source(&walk, KITH_SOURCE_EXCLUDED);
    walk_query(&walk, query, query->ask);
    if (query->ask == KITH_ASK_INSERT)
        walk_insert(&walk, &query->insert, query->set->mapper);
    if (query->asked.op != KITH_OP_END)
        walk_expression(&walk, &query->asked);
    walk_filters(&walk, query);
}

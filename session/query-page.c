/*
 * query-page.c - the next page: the condition under which a row comes behind an object,
 * in the order of the query and, where that leaves two rows equal, in the order of the
 * key.
 *
 *     a > A  OR  (a = A AND (b < B  OR  (b = B AND key > KEY)))      of: a, b DESC
 *
 * A member of the query's entity has its value in the object. For another expression the
 * row of the object is asked. NULL has a place in the order too: the one that the query
 * says, or that the database gives it.
 */
#include "query.h"

#include "error.h"

#include <string.h>

/* One step of the order, and what the object has there. */
typedef struct Step {
    KithExpression left;
    KithExpression right; /* op END: NULL, as is known */
    bool is_descending;
    bool nulls_are_last;
    bool can_be_null; /* the rows */
    bool may_be_null; /* the object: not known */
} Step;

static KithExpression
node(KithQuery *query, KithOp op, const KithExpression *parts, size_t n_parts)
{
    KithExpression *own =
        kith_arena_alloc(&query->arena, (n_parts + 1) * sizeof(KithExpression));
    memcpy(own, parts, n_parts * sizeof(KithExpression));
    own[n_parts] = (KithExpression){ .op = KITH_OP_END };
    return (KithExpression){
        .op = op, .kind = KITH_KIND_BOOL, .mapping = query->root.mapping, .parts = own
    };
}

static KithExpression
both(KithQuery *query, KithOp op, KithExpression a, KithExpression b)
{
    const KithExpression parts[] = { a, b };
    return node(query, op, parts, 2);
}

static KithExpression
one(KithQuery *query, KithOp op, KithExpression a)
{
    return node(query, op, &a, 1);
}

/* Never true. */
static KithExpression
nothing(KithQuery *query, const Step *step)
{
    return both(query,
                KITH_OP_AND,
                one(query, KITH_OP_IS_NULL, step->left),
                one(query, KITH_OP_IS_NOT_NULL, step->left));
}

static KithExpression
behind_value(KithQuery *query, const Step *step)
{
    KithExpression beyond = both(
        query, step->is_descending ? KITH_OP_LT : KITH_OP_GT, step->left, step->right);
    if (step->can_be_null && step->nulls_are_last)
        return both(query, KITH_OP_OR, beyond, one(query, KITH_OP_IS_NULL, step->left));
    return beyond;
}

static KithExpression
behind_null(KithQuery *query, const Step *step)
{
    return step->nulls_are_last ? nothing(query, step)
                                : one(query, KITH_OP_IS_NOT_NULL, step->left);
}

/* The row is behind the object here. */
static KithExpression
is_behind(KithQuery *query, const Step *step)
{
    if (step->right.op == KITH_OP_END)
        return behind_null(query, step);
    KithExpression behind = behind_value(query, step);
    if (!step->may_be_null)
        return behind;
    return both(
        query,
        KITH_OP_OR,
        both(query, KITH_OP_AND, one(query, KITH_OP_IS_NOT_NULL, step->right), behind),
        both(query,
             KITH_OP_AND,
             one(query, KITH_OP_IS_NULL, step->right),
             behind_null(query, step)));
}

static KithExpression
is_equal(KithQuery *query, const Step *step)
{
    if (step->right.op == KITH_OP_END)
        return one(query, KITH_OP_IS_NULL, step->left);
    KithExpression equal = both(query, KITH_OP_EQ, step->left, step->right);
    if (!step->may_be_null)
        return equal;
    return both(query,
                KITH_OP_OR,
                equal,
                both(query,
                     KITH_OP_AND,
                     one(query, KITH_OP_IS_NULL, step->left),
                     one(query, KITH_OP_IS_NULL, step->right)));
}

/* --- what the object has ----------------------------------------------------------- */

static KithExpression
value_of(const KithColumn *column, const void *object)
{
    const void *at = kith_column_get(column, object);
    if (at == NULL)
        return (KithExpression){ .op = KITH_OP_END };
    KithKind kind = column->kind == KITH_KIND_ENUM ? KITH_KIND_INT32 : column->kind;
    KithExpression value = { .op = KITH_OP_VALUE, .kind = kind };
    static const size_t sizes[] = {
        [KITH_KIND_BOOL] = sizeof(bool),         [KITH_KIND_INT32] = sizeof(int32_t),
        [KITH_KIND_INT64] = sizeof(int64_t),     [KITH_KIND_DOUBLE] = sizeof(double),
        [KITH_KIND_TEXT] = sizeof(const char *), [KITH_KIND_BLOB] = sizeof(KithBlob),
        [KITH_KIND_TIME] = sizeof(KithTime),     [KITH_KIND_DATE] = sizeof(KithDate),
        [KITH_KIND_UUID] = sizeof(KithUuid),
    };
    value.value.kind = kind;
    memcpy(&value.value.as, at, sizes[kind]);
    return value;
}

/* The query that gives an expression of the row of the object. */
static KithExpression
ask_row(KithQuery *query, const KithExpression *expression)
{
    const KithMapper *mapper = query->set->mapper;
    KithQuery *row = kith_query_new(query->session, query->root.mapping);
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        const KithColumn *key = &mapper->columns[mapper->keys[i]];
        const KithExpression parts[] = {
            { .op = KITH_OP_MEMBER,
              .mapping = mapper->mapping,
              .offset = mapper->details[mapper->keys[i]].member->offset },
            value_of(key, query->after),
            { .op = KITH_OP_END },
        };
        kith_query_where(
            row,
            (KithExpression){ .op = KITH_OP_EQ, .kind = KITH_KIND_BOOL, .parts = parts });
    }
    const KithExpression parts[] = { *expression, { .op = KITH_OP_END } };
    const KithExpression subquery = { .op = KITH_OP_SUBQUERY,
                                      .value = { .as.object = row },
                                      .parts = parts };
    KithExpression own = kith_query_copy_expression(query, &query->arena, &subquery);
    kith_query_free(row);
    return own;
}

/* --- steps ------------------------------------------------------------------------- */

static void
place_nulls(const KithQuery *query, Step *step, unsigned direction)
{
    bool are_large = !query->session->engine->driver->dialect->nulls_are_small;
    step->is_descending = (direction & KITH_DESCENDING) != 0;
    if (direction & (KITH_NULLS_FIRST | KITH_NULLS_LAST))
        step->nulls_are_last = (direction & KITH_NULLS_LAST) != 0;
    else
        step->nulls_are_last = are_large != step->is_descending;
}

static Step
step_of_column(KithQuery *query, unsigned index, unsigned direction)
{
    const KithMapper *mapper = query->set->mapper;
    const KithColumn *column = &mapper->columns[index];
    Step step = { .left = { .op = KITH_OP_MEMBER,
                            .mapping = mapper->mapping,
                            .source = query->root.source,
                            .offset = mapper->details[index].member->offset },
                  .right = value_of(column, query->after),
                  .can_be_null = column->nullable };
    place_nulls(query, &step, direction);
    return step;
}

/* The column of an order, where it is one of the query's entity. */
static unsigned
own_column(const KithQuery *query, const KithItem *order)
{
    const KithExpression *expression = &order->expression;
    const KithMapper *mapper = query->set->mapper;
    bool is_own =
        expression->op == KITH_OP_MEMBER && expression->mapping == mapper->mapping
        && (expression->source == 0 || expression->source == query->root.source);
    if (!is_own)
        return KITH_NO_INDEX;
    unsigned reference = kith_mapper_reference_at(mapper, expression->offset);
    if (reference == KITH_NO_INDEX)
        return kith_mapper_column_at(mapper, expression->offset);
    const KithForeignKey *foreign_key = &mapper->foreign_keys[reference];
    return foreign_key->n_columns == 1 ? foreign_key->columns[0] : KITH_NO_INDEX;
}

static Step
step_of(KithQuery *query, const KithItem *order)
{
    unsigned column = own_column(query, order);
    if (column != KITH_NO_INDEX)
        return step_of_column(query, column, order->direction);
    Step step = { .left = order->expression,
                  .right = ask_row(query, &order->expression),
                  .can_be_null = true,
                  .may_be_null = true };
    place_nulls(query, &step, order->direction);
    return step;
}

static bool
is_ordered_by(const KithQuery *query, unsigned column)
{
    for (const KithItem *item = query->orders.first; item != NULL; item = item->next) {
        if (own_column(query, item) == column)
            return true;
    }
    return false;
}

/* Where rows can be equal the key tells them apart, whether there is a page before or
 * not. */
static void
order_by_key(KithQuery *query)
{
    const KithMapper *mapper = query->set->mapper;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        if (is_ordered_by(query, mapper->keys[i]))
            continue;
        KithExpression key = { .op = KITH_OP_MEMBER,
                               .mapping = mapper->mapping,
                               .offset =
                                   mapper->details[mapper->keys[i]].member->offset };
        kith_query_order_by(query, (KithOrder){ key, KITH_ASCENDING });
    }
}

bool
kith_query_make_page(KithQuery *query, GError **error)
{
    if (!query->has_after || query->page != NULL)
        return true;
    if (query->set == NULL || query->result != NULL || query->combined != NULL) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: only a query of objects goes on behind one",
                       query->root.mapping->entity);
        return false;
    }
    order_by_key(query);
    if (query->after == NULL)
        return true;
    g_autofree Step *steps = g_new(Step, query->orders.count);
    unsigned n_steps = 0;
    for (const KithItem *item = query->orders.first; item != NULL; item = item->next)
        steps[n_steps++] = step_of(query, item);
    KithExpression condition = is_behind(query, &steps[n_steps - 1]);
    for (unsigned i = n_steps - 1; i-- > 0;)
        condition = both(query,
                         KITH_OP_OR,
                         is_behind(query, &steps[i]),
                         both(query, KITH_OP_AND, is_equal(query, &steps[i]), condition));
    query->page = kith_arena_alloc(&query->arena, sizeof *query->page);
    *query->page = (KithItem){ .expression = condition };
    return true;
}

/*
 * query-expression.c - expressions as SQL. What a database calls its functions is in its
 * dialect; values become parameters, fitted to the column that stands on their other
 * side.
 */
#include "query-writer.h"

#include "sql.h"

#include <string.h>

/* --- values ------------------------------------------------------------------------ */

static bool
write_value(KithWriter *writer,
            const KithExpression *value,
            const KithSide *side,
            GError **error)
{
    KithPlanParameter parameter = { .slot = value->slot, .kind = value->kind };
    if (side != NULL && side->column != NULL) {
        parameter.kind = side->column->kind;
        parameter.column = side->column;
        parameter.mapper = side->mapper;
        parameter.foreign = side->foreign;
        parameter.place = side->place;
    }
    bool is_object = value->op == KITH_OP_VALUE && value->value.kind == KITH_KIND_OBJECT;
    if (is_object && parameter.foreign == NULL)
        return kith_write_refuse(
            writer->query->set->mapper, error, "a pointer is given for a value");
    kith_write_parameter(writer, parameter);
    return true;
}

/* --- members, and the way to them -------------------------------------------------- */

static bool
write_member(KithWriter *writer,
             const KithScope *scope,
             const KithExpression *member,
             unsigned place,
             GError **error)
{
    KithSide side = { .place = place };
    const KithSource *source = kith_write_find_source(scope, member, error);
    if (source == NULL
        || !kith_write_find_member(source->mapper, member->offset, &side, error))
        return false;
    kith_write_column(writer, source->number, side.column);
    return true;
}

static const KithExpression *
selected_at(const KithQuery *query, const KithMapping *result, size_t offset)
{
    if (query == NULL || query->result != result)
        return NULL;
    const KithItem *item = query->selected.first;
    while (item != NULL && item->offset != offset)
        item = item->next;
    return item != NULL ? &item->expression : NULL;
}

/* What the query gives is computed again where its name is not known. */
static bool
write_output(KithWriter *writer,
             const KithScope *scope,
             const KithExpression *output,
             GError **error)
{
    const KithScope *at = scope;
    while (at->query == NULL)
        at = at->outer;
    const KithExpression *selected =
        selected_at(at->query, output->mapping, output->offset);
    if (selected == NULL)
        return kith_write_refuse(at->row.mapper,
                                 error,
                                 "the query does not give this member of %s",
                                 output->mapping->entity);
    return kith_write_expression(writer, scope, selected, NULL, error);
}

/* Where no table can be joined, the one value is asked for by itself. */
static bool
write_apart(KithWriter *writer,
            const KithScope *scope,
            const KithSource *row,
            const KithForeignKey *foreign_key,
            const KithExpression *expression,
            const KithSide *side,
            GError **error)
{
    KithFrame frame = { .can_join = false };
    KithScope inner = { .outer = scope,
                        .row = kith_write_new_row(writer, foreign_key->target) };
    inner.row.frame = &frame;
    g_string_append(writer->sql, "(SELECT ");
    if (!kith_write_expression(writer, &inner, expression, side, error))
        return false;
    g_string_append(writer->sql, " FROM ");
    if (!kith_write_table(writer, &inner.row, error))
        return false;
    g_string_append(writer->sql, " WHERE ");
    kith_write_link(writer, row->mapper, foreign_key, row->number, inner.row.number);
    g_string_append_c(writer->sql, ')');
    return true;
}

static bool
write_via(KithWriter *writer,
          const KithScope *scope,
          const KithExpression *via,
          const KithSide *side,
          GError **error)
{
    const KithSource *row = kith_write_find_source(scope, via, error);
    const KithForeignKey *foreign_key =
        row != NULL ? kith_write_find_reference(row->mapper, via->offset, error) : NULL;
    if (foreign_key == NULL)
        return false;
    if (!row->frame->can_join)
        return write_apart(writer, scope, row, foreign_key, via->parts, side, error);
    KithScope inner = { .outer = scope,
                        .row = kith_write_join(writer, row, foreign_key, false) };
    return kith_write_expression(writer, &inner, via->parts, side, error);
}

/* --- functions --------------------------------------------------------------------- */

static bool
write_list(KithWriter *writer,
           const KithScope *scope,
           const KithExpression *parts,
           GError **error)
{
    for (const KithExpression *part = parts; part->op != KITH_OP_END; part++) {
        g_string_append(writer->sql, part != parts ? ", " : "");
        if (!kith_write_expression(writer, scope, part, NULL, error))
            return false;
    }
    return true;
}

/* Is the second argument like the first one? */
static bool
has_like_arguments(unsigned function)
{
    switch (function) {
    case KITH_FUNCTION_PLUS:
    case KITH_FUNCTION_MINUS:
    case KITH_FUNCTION_TIMES:
    case KITH_FUNCTION_DIVIDE:
    case KITH_FUNCTION_COALESCE:
    case KITH_FUNCTION_NULL_IF:
        return true;
    default:
        return false;
    }
}

static bool
write_argument(KithWriter *writer,
               const KithScope *scope,
               const KithExpression *function,
               unsigned number,
               GError **error)
{
    KithSide side = { .mapper = NULL };
    const KithExpression *parts = function->parts;
    if (number > 1 && has_like_arguments(function->function)
        && !kith_write_find_side(writer, parts, &side, error))
        return false;
    return kith_write_expression(writer, scope, &parts[number - 1], &side, error);
}

/* @behind: what goes behind the call itself: FILTER, OVER. */
static bool
write_function(KithWriter *writer,
               const KithScope *scope,
               const KithExpression *function,
               const char *behind,
               GError **error)
{
    const char *at = writer->dialect->functions[function->function];
    bool has_place = strstr(at, "{over}") != NULL;
    while (*at != '\0') {
        size_t plain = strcspn(at, "{");
        g_string_append_len(writer->sql, at, (gssize) plain);
        at += plain;
        if (g_str_has_prefix(at, "{over}")) {
            g_string_append(writer->sql, behind);
            at += strlen("{over}");
        } else if (*at == '{') {
            unsigned number = (unsigned) (at[1] - '0');
            if (!write_argument(writer, scope, function, number, error))
                return false;
            at += strlen("{1}");
        }
    }
    g_string_append(writer->sql, has_place ? "" : behind);
    return true;
}

static bool
write_call(KithWriter *writer,
           const KithScope *scope,
           const KithExpression *call,
           const char *behind,
           GError **error)
{
    kith_sql_table(writer->sql, call->value.as.text);
    g_string_append_c(writer->sql, '(');
    if (!write_list(writer, scope, call->parts, error))
        return false;
    g_string_append_printf(writer->sql, ")%s", behind);
    return true;
}

static bool
write_case(KithWriter *writer,
           const KithScope *scope,
           const KithExpression *choice,
           GError **error)
{
    KithSide side = { .mapper = NULL };
    if (!kith_write_find_side(writer, choice, &side, error))
        return false;
    g_string_append(writer->sql, "CASE WHEN ");
    if (!kith_write_condition(writer, scope, &choice->parts[0], false, error))
        return false;
    g_string_append(writer->sql, " THEN ");
    if (!kith_write_expression(writer, scope, &choice->parts[1], &side, error))
        return false;
    g_string_append(writer->sql, " ELSE ");
    if (!kith_write_expression(writer, scope, &choice->parts[2], &side, error))
        return false;
    g_string_append(writer->sql, " END");
    return true;
}

static bool
write_cast(KithWriter *writer,
           const KithScope *scope,
           const KithExpression *cast,
           GError **error)
{
    g_string_append(writer->sql, "CAST(");
    if (!kith_write_expression(writer, scope, cast->parts, NULL, error))
        return false;
    g_string_append_printf(writer->sql, " AS %s)", writer->dialect->types[cast->kind]);
    return true;
}

/* --- windows ----------------------------------------------------------------------- */

static void
write_edge(KithWriter *writer, const KithExpression *rows, const char *direction)
{
    int64_t n = rows->value.as.int64;
    if (n < 0)
        g_string_append_printf(writer->sql, "UNBOUNDED %s", direction);
    else if (n == 0)
        g_string_append(writer->sql, "CURRENT ROW");
    else
        g_string_append_printf(writer->sql, "%" G_GINT64_FORMAT " %s", n, direction);
}

void
kith_write_direction(GString *sql, unsigned direction)
{
    g_string_append(sql, direction & KITH_DESCENDING ? " DESC" : "");
    if (direction & KITH_NULLS_FIRST)
        g_string_append(sql, " NULLS FIRST");
    else if (direction & KITH_NULLS_LAST)
        g_string_append(sql, " NULLS LAST");
}

/* PARTITION BY a, b or ORDER BY c, d: all parts of the window of one kind. */
static bool
write_window_list(KithWriter *writer,
                  const KithScope *scope,
                  const KithExpression *parts,
                  KithOp op,
                  const char *words,
                  GError **error)
{
    bool is_first = true;
    for (const KithExpression *part = parts; part->op != KITH_OP_END; part++) {
        if (part->op != op || part->parts->op == KITH_OP_END)
            continue;
        g_string_append(writer->sql, is_first ? words : ", ");
        is_first = false;
        if (!kith_write_expression(writer, scope, part->parts, NULL, error))
            return false;
        if (op == KITH_OP_ORDER)
            kith_write_direction(writer->sql, part->function);
    }
    return true;
}

static bool
write_window(KithWriter *writer,
             const KithScope *scope,
             const KithExpression *parts,
             GError **error)
{
    g_string_append(writer->sql, " OVER (");
    if (!write_window_list(
            writer, scope, parts, KITH_OP_PARTITION, "PARTITION BY ", error)
        || !write_window_list(writer, scope, parts, KITH_OP_ORDER, " ORDER BY ", error))
        return false;
    for (const KithExpression *part = parts; part->op != KITH_OP_END; part++) {
        if (part->op != KITH_OP_FRAME)
            continue;
        g_string_append(writer->sql, " ROWS BETWEEN ");
        write_edge(writer, &part->parts[0], "PRECEDING");
        g_string_append(writer->sql, " AND ");
        write_edge(writer, &part->parts[1], "FOLLOWING");
    }
    g_string_append_c(writer->sql, ')');
    return true;
}

static bool
write_filter(KithWriter *writer,
             const KithScope *scope,
             const KithExpression *condition,
             GError **error)
{
    g_string_append(writer->sql, " FILTER (WHERE ");
    if (!kith_write_condition(writer, scope, condition, false, error))
        return false;
    g_string_append_c(writer->sql, ')');
    return true;
}

/* A function with what goes behind it, which is written first: it may stand inside. */
static bool
write_with_behind(KithWriter *writer,
                  const KithScope *scope,
                  const KithExpression *expression,
                  GError **error)
{
    GString *sql = writer->sql;
    g_autoptr(GString) behind = g_string_new(NULL);
    const KithExpression *function = expression;
    const KithExpression *window = NULL, *filter = NULL;
    if (function->op == KITH_OP_OVER) {
        window = &function->parts[1];
        function = function->parts;
    }
    if (function->op == KITH_OP_FILTER) {
        filter = &function->parts[1];
        function = function->parts;
    }
    writer->sql = behind;
    bool done = (filter == NULL || write_filter(writer, scope, filter, error))
                && (window == NULL || write_window(writer, scope, window, error));
    writer->sql = sql;
    if (!done)
        return false;
    if (function->op == KITH_OP_CALL)
        return write_call(writer, scope, function, behind->str, error);
    if (function->op == KITH_OP_FUNCTION)
        return write_function(writer, scope, function, behind->str, error);
    return kith_write_refuse(scope->row.mapper,
                             error,
                             "a window or a filter is of something that is no function");
}

/* --- expressions ------------------------------------------------------------------- */

bool
kith_write_subquery(KithWriter *writer,
                    const KithScope *scope,
                    const KithExpression *expression,
                    GError **error)
{
    KithQuery *query = (KithQuery *) (uintptr_t) expression->value.as.object;
    g_string_append_c(writer->sql, '(');
    if (!kith_write_query(
            writer, scope, query, KITH_ASK_VALUES, expression->parts, error))
        return false;
    g_string_append_c(writer->sql, ')');
    return true;
}

/* The exception in length: one case for each kind of expression. */
bool
kith_write_expression(KithWriter *writer,
                      const KithScope *scope,
                      const KithExpression *expression,
                      const KithSide *side,
                      GError **error)
{
    switch (expression->op) {
    case KITH_OP_VALUE:
    case KITH_OP_PARAMETER:
        return write_value(writer, expression, side, error);
    case KITH_OP_MEMBER:
        return write_member(
            writer, scope, expression, side != NULL ? side->place : 0, error);
    case KITH_OP_OUTPUT:
        return write_output(writer, scope, expression, error);
    case KITH_OP_VIA:
        return write_via(writer, scope, expression, side, error);
    case KITH_OP_SUBQUERY:
        return kith_write_subquery(writer, scope, expression, error);
    case KITH_OP_FUNCTION:
        return write_function(writer, scope, expression, "", error);
    case KITH_OP_CALL:
        return write_call(writer, scope, expression, "", error);
    case KITH_OP_FILTER:
    case KITH_OP_OVER:
        return write_with_behind(writer, scope, expression, error);
    case KITH_OP_CASE:
        return write_case(writer, scope, expression, error);
    case KITH_OP_CAST:
        return write_cast(writer, scope, expression, error);
    case KITH_OP_DISTINCT:
        g_string_append(writer->sql, "DISTINCT ");
        return kith_write_expression(writer, scope, expression->parts, NULL, error);
    default:
        if (expression->op >= KITH_OP_EQ && expression->op <= KITH_OP_EXISTS)
            return kith_write_condition(writer, scope, expression, false, error);
        return kith_write_refuse(
            scope->row.mapper, error, "a part of a query stands where none can be");
    }
}

/*
 * query-expression.c - expressions and conditions as SQL. What a database calls its
 * functions is in its dialect; values become parameters, fitted to the column that stands
 * on their other side.
 */
#include "query-writer.h"

#include "column.h"
#include "error.h"
#include "sql.h"

#include <stdarg.h>
#include <string.h>

bool
kith_write_refuse(const KithMapper *mapper, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kith_error_set(error, KITH_ERROR_MISUSE, "%s: %s", mapper->entity, text);
    return false;
}

/* --- what members are of ----------------------------------------------------------- */

/* Has a row of @mapper the members of @mapping? What extends an entity has its members.
 */
static bool
has_members_of(const KithMapper *mapper, const KithMapping *mapping)
{
    while (mapper != NULL && mapper->mapping != mapping)
        mapper = mapper->base;
    return mapper != NULL;
}

static bool
find_alias(const KithScope *scope,
           const KithExpression *member,
           const KithSource **ret_source,
           GError **error)
{
    for (unsigned i = 0; i < scope->n_aliases; i++) {
        const KithSource *alias = &scope->aliases[i];
        bool is_it = member->source != 0 ? alias->source == member->source
                                         : has_members_of(alias->mapper, member->mapping);
        if (!is_it)
            continue;
        if (*ret_source != NULL)
            return kith_write_refuse(alias->mapper,
                                     error,
                                     "the query has several of them; say by kith_at() "
                                     "which one is meant");
        *ret_source = alias;
    }
    return true;
}

/* The nearest row, or alias, that a member can be of. */
static const KithSource *
find_source(const KithScope *scope, const KithExpression *member, GError **error)
{
    const KithScope *first = scope;
    for (; scope != NULL; scope = scope->outer) {
        bool is_row = member->source != 0
                          ? scope->row.source == member->source
                          : has_members_of(scope->row.mapper, member->mapping);
        const KithSource *found = is_row ? &scope->row : NULL;
        if (found == NULL && !find_alias(scope, member, &found, error))
            return NULL;
        if (found != NULL)
            return found;
    }
    kith_write_refuse(first->row.mapper,
                      error,
                      "a member of %s is named, and there is none here; join one, or go "
                      "through a reference with kith_via()",
                      member->mapping->entity);
    return NULL;
}

/* The column of a member; of a reference, one of those that hold its key. */
static bool
find_member(const KithMapper *mapper, size_t offset, KithSide *side, GError **error)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned column = kith_mapper_column_at(mapper, offset);
    side->mapper = mapper;
    side->foreign = NULL;
    if (reference != KITH_NO_INDEX) {
        side->foreign = &mapper->foreign_keys[reference];
        column = side->foreign->columns[side->place];
    }
    if (column == KITH_NO_INDEX)
        return kith_write_refuse(
            mapper, error, "a query names a member that is not mapped");
    side->column = &mapper->columns[column];
    return true;
}

/* The part whose type an expression has, where it has that of a part. */
static const KithExpression *
typed_part(const KithExpression *expression)
{
    switch (expression->op) {
    case KITH_OP_CASE:
        return &expression->parts[1];
    case KITH_OP_VIA:
    case KITH_OP_SUBQUERY:
    case KITH_OP_FILTER:
    case KITH_OP_OVER:
        return expression->parts;
    case KITH_OP_FUNCTION:
        return expression->kind == KITH_KIND_NONE ? expression->parts : NULL;
    default:
        return NULL;
    }
}

bool
kith_write_find_side(KithWriter *writer,
                     const KithExpression *expression,
                     KithSide *ret_side,
                     GError **error)
{
    const KithExpression *part = typed_part(expression);
    if (part != NULL)
        return kith_write_find_side(writer, part, ret_side, error);
    ret_side->column = NULL;
    ret_side->foreign = NULL;
    if (expression->op != KITH_OP_MEMBER && expression->op != KITH_OP_OUTPUT)
        return true;
    const KithMapper *mapper =
        kith_query_mapper(writer->query, expression->mapping, error);
    return mapper != NULL && find_member(mapper, expression->offset, ret_side, error);
}

unsigned
kith_side_width(const KithSide *side)
{
    return side->foreign != NULL ? side->foreign->n_columns : 1;
}

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
    const KithSource *source = find_source(scope, member, error);
    if (source == NULL || !find_member(source->mapper, member->offset, &side, error))
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

/* A row of a relation's target: by the reference of @row, in a frame of its own. */
static KithSource
new_row(KithWriter *writer, const KithMapper *mapper)
{
    return (KithSource){ .mapper = mapper, .number = ++writer->n_sources };
}

static const KithForeignKey *
find_reference(const KithMapper *mapper, size_t offset, GError **error)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    if (reference != KITH_NO_INDEX)
        return &mapper->foreign_keys[reference];
    kith_write_refuse(
        mapper, error, "a query goes through a reference that is not mapped");
    return NULL;
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
    KithScope inner = { .outer = scope, .row = new_row(writer, foreign_key->target) };
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
    const KithSource *row = find_source(scope, via, error);
    const KithForeignKey *foreign_key =
        row != NULL ? find_reference(row->mapper, via->offset, error) : NULL;
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

static bool
write_subquery(KithWriter *writer,
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
        return write_subquery(writer, scope, expression, error);
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

/* --- comparisons ------------------------------------------------------------------- */

static const char *
operator_of(KithOp op)
{
    switch (op) {
    case KITH_OP_EQ:
        return " = ";
    case KITH_OP_NE:
        return " <> ";
    case KITH_OP_LT:
        return " < ";
    case KITH_OP_LE:
        return " <= ";
    case KITH_OP_GT:
        return " > ";
    case KITH_OP_GE:
        return " >= ";
    case KITH_OP_IS_NULL:
        return " IS NULL";
    default:
        return " IS NOT NULL";
    }
}

/* The side of a comparison that says what the other has to be; the first one, if it can.
 */
static bool
find_common_side(KithWriter *writer,
                 const KithExpression *parts,
                 KithSide *ret_side,
                 GError **error)
{
    if (!kith_write_find_side(writer, &parts[0], ret_side, error))
        return false;
    if (ret_side->column != NULL || parts[1].op == KITH_OP_END)
        return true;
    return kith_write_find_side(writer, &parts[1], ret_side, error);
}

static bool
write_comparison(KithWriter *writer,
                 const KithScope *scope,
                 const KithExpression *comparison,
                 GError **error)
{
    KithSide side = { .mapper = NULL };
    const KithExpression *parts = comparison->parts;
    if (!find_common_side(writer, parts, &side, error))
        return false;
    unsigned width = kith_side_width(&side);
    bool is_equality = comparison->op == KITH_OP_EQ || comparison->op == KITH_OP_NE;
    if (width > 1 && !is_equality)
        return kith_write_refuse(
            side.mapper, error, "a key of several members is less than nothing");
    g_string_append(writer->sql, width > 1 ? "(" : "");
    for (side.place = 0; side.place < width; side.place++) {
        if (side.place > 0)
            g_string_append(writer->sql, comparison->op == KITH_OP_EQ ? " AND " : " OR ");
        if (side.foreign != NULL)
            side.column = &side.mapper->columns[side.foreign->columns[side.place]];
        if (!kith_write_expression(writer, scope, &parts[0], &side, error))
            return false;
        g_string_append(writer->sql, operator_of(comparison->op));
        if (!kith_write_expression(writer, scope, &parts[1], &side, error))
            return false;
    }
    g_string_append(writer->sql, width > 1 ? ")" : "");
    return true;
}

/* A reference is NULL where one of its columns is. */
static bool
write_null_test(KithWriter *writer,
                const KithScope *scope,
                const KithExpression *test,
                GError **error)
{
    KithSide side = { .mapper = NULL };
    if (!kith_write_find_side(writer, test->parts, &side, error))
        return false;
    unsigned width = kith_side_width(&side);
    g_string_append(writer->sql, width > 1 ? "(" : "");
    for (side.place = 0; side.place < width; side.place++) {
        if (side.place > 0)
            g_string_append(writer->sql, test->op == KITH_OP_IS_NULL ? " OR " : " AND ");
        if (!kith_write_expression(writer, scope, test->parts, &side, error))
            return false;
        g_string_append(writer->sql, operator_of(test->op));
    }
    g_string_append(writer->sql, width > 1 ? ")" : "");
    return true;
}

static bool
write_between(KithWriter *writer,
              const KithScope *scope,
              const KithExpression *between,
              GError **error)
{
    KithSide side = { .mapper = NULL };
    const KithExpression *parts = between->parts;
    if (!kith_write_find_side(writer, parts, &side, error)
        || !kith_write_expression(writer, scope, &parts[0], NULL, error))
        return false;
    g_string_append(writer->sql, " BETWEEN ");
    if (!kith_write_expression(writer, scope, &parts[1], &side, error))
        return false;
    g_string_append(writer->sql, " AND ");
    return kith_write_expression(writer, scope, &parts[2], &side, error);
}

/* A pattern is made of the value when the query runs: see query-run.c. */
static bool
write_match(KithWriter *writer,
            const KithScope *scope,
            const KithExpression *match,
            GError **error)
{
    const KithExpression *pattern = &match->parts[1];
    bool in_any_case = (match->function & KITH_MATCH_ANY_CASE) != 0;
    bool is_glob = !in_any_case && !writer->dialect->has_like;
    KithSide side = { .mapper = NULL };
    if (pattern->op != KITH_OP_VALUE && pattern->op != KITH_OP_PARAMETER)
        return kith_write_refuse(scope->row.mapper,
                                 error,
                                 "a text is matched with something that is neither a "
                                 "value nor a parameter");
    if (!kith_write_find_side(writer, match->parts, &side, error)
        || !kith_write_expression(writer, scope, match->parts, NULL, error))
        return false;
    g_string_append(writer->sql,
                    in_any_case ? writer->dialect->any_case
                    : is_glob   ? " GLOB "
                                : " LIKE ");
    kith_write_parameter(writer,
                         (KithPlanParameter){ .slot = pattern->slot,
                                              .kind = KITH_KIND_TEXT,
                                              .column = side.column,
                                              .mapper = side.mapper,
                                              .is_pattern = true,
                                              .match = match->function });
    g_string_append(writer->sql, is_glob ? "" : " ESCAPE '\\'");
    return true;
}

/* --- one of many ------------------------------------------------------------------- */

/* (a, b), or a, of a key of several columns or of one. */
static bool
write_tuple(KithWriter *writer,
            const KithScope *scope,
            const KithExpression *expression,
            KithSide side,
            GError **error)
{
    unsigned width = kith_side_width(&side);
    g_string_append(writer->sql, width > 1 ? "(" : "");
    for (side.place = 0; side.place < width; side.place++) {
        g_string_append(writer->sql, side.place > 0 ? ", " : "");
        if (!kith_write_expression(writer, scope, expression, &side, error))
            return false;
    }
    g_string_append(writer->sql, width > 1 ? ")" : "");
    return true;
}

static void
write_list_columns(KithWriter *writer, const KithExpression *list, KithSide side)
{
    unsigned width = kith_side_width(&side);
    for (side.place = 0; side.place < width; side.place++) {
        g_string_append(writer->sql, side.place > 0 ? ", " : "");
        if (side.foreign != NULL)
            side.column = &side.mapper->columns[side.foreign->columns[side.place]];
        kith_write_parameter(writer,
                             (KithPlanParameter){ .slot = list->slot,
                                                  .kind = side.column != NULL
                                                              ? side.column->kind
                                                              : list->kind,
                                                  .column = side.column,
                                                  .mapper = side.mapper,
                                                  .foreign = side.foreign,
                                                  .place = side.place });
    }
}

/* All values are one parameter: see KithDialect.has_arrays. */
static void
write_in_list(KithWriter *writer,
              const KithExpression *list,
              const KithSide *side,
              bool is_not)
{
    unsigned width = kith_side_width(side);
    if (writer->dialect->has_arrays && width == 1) {
        g_string_append(writer->sql, is_not ? " <> ALL (" : " = ANY (");
        write_list_columns(writer, list, *side);
        g_string_append_c(writer->sql, ')');
        return;
    }
    g_string_append(writer->sql, is_not ? " NOT IN (SELECT " : " IN (SELECT ");
    for (unsigned i = 0; i < width; i++)
        g_string_append_printf(writer->sql, "%sv%u", i > 0 ? ", " : "", i + 1);
    g_string_append(writer->sql,
                    writer->dialect->has_arrays ? " FROM unnest(" : " FROM kith_list(");
    write_list_columns(writer, list, *side);
    g_string_append_c(writer->sql, ')');
    if (writer->dialect->has_arrays) {
        g_string_append(writer->sql, " AS list(");
        for (unsigned i = 0; i < width; i++)
            g_string_append_printf(writer->sql, "%sv%u", i > 0 ? ", " : "", i + 1);
        g_string_append_c(writer->sql, ')');
    }
    g_string_append_c(writer->sql, ')');
}

static bool
write_in(KithWriter *writer,
         const KithScope *scope,
         const KithExpression *in,
         GError **error)
{
    KithSide side = { .mapper = NULL };
    bool is_not = in->op == KITH_OP_NOT_IN;
    const KithExpression *values = &in->parts[1];
    if (!kith_write_find_side(writer, in->parts, &side, error)
        || !write_tuple(writer, scope, in->parts, side, error))
        return false;
    if (values->op == KITH_OP_LIST) {
        write_in_list(writer, values, &side, is_not);
        return true;
    }
    g_string_append(writer->sql, is_not ? " NOT IN " : " IN ");
    return write_subquery(writer, scope, values, error);
}

/* --- through relations ------------------------------------------------------------- */

static bool
write_joined_conditions(KithWriter *writer,
                        const KithScope *scope,
                        const KithExpression *parts,
                        const char *joint,
                        bool is_certain,
                        GError **error)
{
    bool is_first = true;
    for (const KithExpression *part = parts; part->op != KITH_OP_END; part++) {
        if (kith_is_skipped(part))
            continue;
        g_string_append(writer->sql, is_first ? "" : joint);
        is_first = false;
        if (!kith_write_condition(writer, scope, part, is_certain, error))
            return false;
    }
    return true;
}

static bool
all_are_skipped(const KithExpression *parts)
{
    for (; parts->op != KITH_OP_END; parts++) {
        if (!kith_is_skipped(parts))
            return false;
    }
    return true;
}

/* Of a row that has to be there a reference is a join: it can be walked from either end.
 */
static bool
write_has(KithWriter *writer,
          const KithScope *scope,
          const KithExpression *has,
          bool is_certain,
          GError **error)
{
    const KithSource *row = find_source(scope, has, error);
    const KithForeignKey *foreign_key =
        row != NULL ? find_reference(row->mapper, has->offset, error) : NULL;
    if (foreign_key == NULL)
        return false;
    if (!is_certain || !row->frame->can_join) {
        KithSource target = new_row(writer, foreign_key->target);
        GString *sql = writer->sql;
        g_autoptr(GString) link = writer->sql = g_string_new(NULL);
        kith_write_link(writer, row->mapper, foreign_key, row->number, target.number);
        writer->sql = sql;
        return kith_write_exists(
            writer, scope, target, NULL, link->str, has->parts, error);
    }
    KithScope inner = { .outer = scope,
                        .row = kith_write_join(writer, row, foreign_key, true) };
    bool is_empty = all_are_skipped(has->parts);
    g_string_append(writer->sql, is_empty ? "1 = 1" : "");
    return write_joined_conditions(writer, &inner, has->parts, " AND ", true, error)
           && kith_write_filters(writer, &inner, " AND ", error);
}

static bool
write_any(KithWriter *writer,
          const KithScope *scope,
          const KithExpression *any,
          GError **error)
{
    const KithSource *row = find_source(scope, any, error);
    if (row == NULL)
        return false;
    unsigned index = kith_mapper_many_at(row->mapper, any->offset);
    if (index == KITH_NO_INDEX)
        return kith_write_refuse(
            row->mapper, error, "a query goes through a collection that is not mapped");
    const KithMany *many = &row->mapper->many[index];
    KithSource item = new_row(writer, many->source);
    GString *sql = writer->sql;
    g_autoptr(GString) link = writer->sql = g_string_new(NULL);
    kith_write_link(writer,
                    many->source,
                    &many->source->foreign_keys[many->foreign_key],
                    item.number,
                    row->number);
    writer->sql = sql;
    g_string_append(writer->sql, any->op == KITH_OP_NONE_OF ? "NOT " : "");
    const KithForeignKey *far =
        kith_many_has_links(many) ? &many->source->foreign_keys[many->far] : NULL;
    return kith_write_exists(writer, scope, item, far, link->str, any->parts, error);
}

static bool
write_exists_in(KithWriter *writer,
                const KithScope *scope,
                const KithExpression *exists,
                GError **error)
{
    KithQuery *query = (KithQuery *) (uintptr_t) exists->value.as.object;
    g_string_append(writer->sql, "EXISTS (");
    if (!kith_write_query(writer, scope, query, KITH_ASK_EXISTS, NULL, error))
        return false;
    g_string_append_c(writer->sql, ')');
    return true;
}

/* --- conditions -------------------------------------------------------------------- */

bool
kith_is_skipped(const KithExpression *condition)
{
    switch (condition->op) {
    case KITH_OP_SKIP:
        return true;
    case KITH_OP_AND:
    case KITH_OP_OR:
    case KITH_OP_NOT:
        return all_are_skipped(condition->parts);
    default:
        return false;
    }
}

static bool
write_combined(KithWriter *writer,
               const KithScope *scope,
               const KithExpression *condition,
               bool is_certain,
               GError **error)
{
    bool is_or = condition->op == KITH_OP_OR, is_not = condition->op == KITH_OP_NOT;
    if (kith_is_skipped(condition)) {
        g_string_append(writer->sql, "1 = 1");
        return true;
    }
    g_string_append(writer->sql, is_not ? "NOT (" : "(");
    if (!write_joined_conditions(writer,
                                 scope,
                                 condition->parts,
                                 is_or ? " OR " : " AND ",
                                 is_certain && !is_or && !is_not,
                                 error))
        return false;
    g_string_append_c(writer->sql, ')');
    return true;
}

bool
kith_write_condition(KithWriter *writer,
                     const KithScope *scope,
                     const KithExpression *condition,
                     bool is_certain,
                     GError **error)
{
    switch (condition->op) {
    case KITH_OP_AND:
    case KITH_OP_OR:
    case KITH_OP_NOT:
    case KITH_OP_SKIP:
        return write_combined(writer, scope, condition, is_certain, error);
    case KITH_OP_IN:
    case KITH_OP_NOT_IN:
        return write_in(writer, scope, condition, error);
    case KITH_OP_MATCH:
        return write_match(writer, scope, condition, error);
    case KITH_OP_BETWEEN:
        return write_between(writer, scope, condition, error);
    case KITH_OP_IS_NULL:
    case KITH_OP_IS_NOT_NULL:
        return write_null_test(writer, scope, condition, error);
    case KITH_OP_HAS:
        return write_has(writer, scope, condition, is_certain, error);
    case KITH_OP_ANY_OF:
    case KITH_OP_NONE_OF:
        return write_any(writer, scope, condition, error);
    case KITH_OP_EXISTS:
        return write_exists_in(writer, scope, condition, error);
    case KITH_OP_HOLDS:
        return kith_write_expression(writer, scope, condition->parts, NULL, error);
    case KITH_OP_EQ:
    case KITH_OP_NE:
    case KITH_OP_LT:
    case KITH_OP_LE:
    case KITH_OP_GT:
    case KITH_OP_GE:
        return write_comparison(writer, scope, condition, error);
    default:
        return kith_write_expression(writer, scope, condition, NULL, error);
    }
}

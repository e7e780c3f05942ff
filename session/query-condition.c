/*
 * query-condition.c - conditions as SQL: comparisons, texts, lists, and what is said of
 * the rows that relations lead to, as EXISTS or by a join.
 */
#include "query-writer.h"

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
    return kith_write_subquery(writer, scope, values, error);
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
    const KithSource *row = kith_write_find_source(scope, has, error);
    const KithForeignKey *foreign_key =
        row != NULL ? kith_write_find_reference(row->mapper, has->offset, error) : NULL;
    if (foreign_key == NULL)
        return false;
    if (!is_certain || !row->frame->can_join) {
        KithSource target = kith_write_new_row(writer, foreign_key->target);
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
    const KithSource *row = kith_write_find_source(scope, any, error);
    if (row == NULL)
        return false;
    unsigned index = kith_mapper_many_at(row->mapper, any->offset);
    if (index == KITH_NO_INDEX)
        return kith_write_refuse(
            row->mapper, error, "a query goes through a collection that is not mapped");
    const KithMany *many = &row->mapper->many[index];
    KithSource item = kith_write_new_row(writer, many->source);
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

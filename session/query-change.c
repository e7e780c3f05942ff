/*
 * query-change.c - UPDATE and DELETE of the rows that a query finds. They have one table,
 * so references and collections are asked by subqueries; what comes back is the keys.
 */
#include "query-writer.h"

#include "error.h"
#include "sql.h"

/* What has no meaning where rows are changed would be left out silently. */
static bool
check_parts(const KithQuery *query, const KithMapper *mapper, GError **error)
{
    bool has_others = query->aliases != NULL || query->combined != NULL
                      || query->groups.count > 0 || query->having.count > 0
                      || query->orders.count > 0 || query->selected.count > 0
                      || query->limit.op != KITH_OP_END || query->offset.op != KITH_OP_END
                      || query->is_distinct || query->is_locking || query->has_after;
    if (has_others)
        return kith_write_refuse(mapper,
                                 error,
                                 "rows are changed by conditions alone; choose others "
                                 "by kith_in_query()");
    if (mapper->base != NULL || mapper->n_below > 0)
        return kith_write_refuse(mapper,
                                 error,
                                 "rows of entities that extend each other cannot be "
                                 "changed by one statement");
    return true;
}

static bool
check_assigned(const KithMapper *mapper, unsigned column, GError **error)
{
    const KithColumnDetail *detail = &mapper->details[column];
    const char *what = detail->is_key                 ? "a key"
                       : column == mapper->version    ? "a version"
                       : detail->computed_sql != NULL ? "a computed column"
                                                      : NULL;
    if (what == NULL)
        return true;
    return kith_write_refuse(mapper,
                             error,
                             ".%s is %s, which cannot be changed by one statement",
                             mapper->columns[column].member,
                             what);
}

static bool
write_assignment(KithWriter *writer,
                 const KithScope *scope,
                 const KithItem *item,
                 GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    KithExpression member = { .op = KITH_OP_MEMBER,
                              .mapping = mapper->mapping,
                              .offset = item->offset };
    KithSide side = { .mapper = NULL };
    if (!kith_write_find_side(writer, &member, &side, error))
        return false;
    for (side.place = 0; side.place < kith_side_width(&side); side.place++) {
        if (side.foreign != NULL)
            side.column = &mapper->columns[side.foreign->columns[side.place]];
        if (!check_assigned(mapper, (unsigned) (side.column - mapper->columns), error))
            return false;
        g_string_append(writer->sql, side.place > 0 ? ", " : "");
        kith_sql_identifier(writer->sql, side.column->name);
        g_string_append(writer->sql, " = ");
        if (!kith_write_expression(writer, scope, &item->expression, &side, error))
            return false;
    }
    return true;
}

static bool
write_assignments(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    const char *joint = " SET ";
    if (scope->query->assigned.count == 0)
        return kith_write_refuse(
            mapper, error, "nothing is to be changed; say what with kith_change()");
    for (const KithItem *item = scope->query->assigned.first; item != NULL;
         item = item->next) {
        g_string_append(writer->sql, joint);
        joint = ", ";
        if (!write_assignment(writer, scope, item, error))
            return false;
    }
    if (mapper->version == KITH_NO_INDEX)
        return true;
    const KithColumn *version = &mapper->columns[mapper->version];
    g_string_append(writer->sql, joint);
    kith_sql_identifier(writer->sql, version->name);
    g_string_append(writer->sql, " = ");
    kith_write_column(writer, scope->row.number, version);
    g_string_append(writer->sql, " + 1");
    return true;
}

static void
write_returning(KithWriter *writer, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : " RETURNING ");
        kith_sql_identifier(writer->sql, mapper->columns[mapper->keys[i]].name);
    }
}

bool
kith_write_change(KithWriter *writer, KithQuery *query, bool is_delete, GError **error)
{
    const KithMapper *mapper = kith_query_mapper(query, query->root.mapping, error);
    if (mapper == NULL || !check_parts(query, mapper, error))
        return false;
    KithFrame frame = { .can_join = false };
    const KithScope scope = {
        .row = { query->root.source, mapper, ++writer->n_sources, &frame },
        .query = query,
    };
    g_string_append(writer->sql, is_delete ? "DELETE FROM " : "UPDATE ");
    if (!kith_write_table(writer, &scope.row, error)
        || (!is_delete && !write_assignments(writer, &scope, error))
        || !kith_write_where(writer, &scope, error))
        return false;
    write_returning(writer, mapper);
    return true;
}

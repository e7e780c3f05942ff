/*
 * query-change.c - UPDATE and DELETE of the rows that a query finds. They have one table,
 * so references and collections are asked by subqueries; what comes back is the keys, and
 * what was selected.
 *
 * Of entities that extend each other the rows that are meant are found by what a query of
 * them reads (source.h), and the table that is written is another one beside it, tied to
 * it by the key.
 */
#include "query-writer.h"

#include "error.h"
#include "sql.h"

/* --- what is refused --------------------------------------------------------------- */

/* What has no meaning where rows are changed would be left out silently. */
static bool
check_parts(const KithQuery *query, const KithMapper *mapper, GError **error)
{
    bool has_others = query->aliases != NULL || query->combined != NULL
                      || query->groups.count > 0 || query->having.count > 0
                      || query->orders.count > 0 || query->limit.op != KITH_OP_END
                      || query->offset.op != KITH_OP_END || query->is_distinct
                      || query->is_locking || query->has_after || query->raw != NULL
                      || query->insert.values != NULL || query->insert.from != NULL;
    if (has_others)
        return kith_write_refuse(mapper,
                                 error,
                                 "rows are changed by conditions alone; choose others "
                                 "by kith_in_query()");
    if (query->selected.count > 0 && kith_mapper_is_in_hierarchy(mapper))
        return kith_write_refuse(mapper,
                                 error,
                                 "no rows are returned of entities that extend each "
                                 "other; ask for objects, or query them first");
    return true;
}

static bool
check_assigned(const KithMapper *mapper, unsigned column, GError **error)
{
    const KithColumnDetail *detail = &mapper->details[column];
    const char *what = detail->is_key                    ? "a key"
                       : column == mapper->version       ? "a version"
                       : column == mapper->discriminator ? "what says what the row is"
                       : detail->computed_sql != NULL    ? "a computed column"
                                                         : NULL;
    if (what == NULL)
        return true;
    return kith_write_refuse(mapper,
                             error,
                             ".%s is %s, which cannot be changed by one statement",
                             mapper->columns[column].member,
                             what);
}

/* --- assignments ------------------------------------------------------------------- */

/* The side of what is assigned to. */
static bool
find_assigned(KithWriter *writer,
              const KithMapper *mapper,
              const KithItem *item,
              KithSide *ret_side,
              GError **error)
{
    KithExpression member = { .op = KITH_OP_MEMBER,
                              .mapping = mapper->mapping,
                              .offset = item->offset };
    return kith_write_find_side(writer, &member, ret_side, error);
}

static bool
write_assignment(KithWriter *writer,
                 const KithScope *scope,
                 const KithItem *item,
                 GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    KithSide side = { .mapper = NULL };
    if (!find_assigned(writer, mapper, item, &side, error))
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

/* The version is raised where it is in the table that is written. */
static void
write_next_version(KithWriter *writer, const KithMapper *mapper, const char *joint)
{
    const KithMapper *part = writer->target->mapper;
    if (mapper->version == KITH_NO_INDEX || !kith_mapper_stores(part, mapper->version))
        return;
    const KithColumn *version = &mapper->columns[mapper->version];
    g_string_append(writer->sql, joint);
    kith_sql_identifier(writer->sql, version->name);
    g_string_append(writer->sql, " = ");
    kith_write_column(writer, writer->target->number, version);
    g_string_append(writer->sql, " + 1");
}

bool
kith_write_assignments(KithWriter *writer,
                       const KithScope *scope,
                       const char *joint,
                       GError **error)
{
    for (const KithItem *item = scope->query->assigned.first; item != NULL;
         item = item->next) {
        g_string_append(writer->sql, joint);
        joint = ", ";
        if (!write_assignment(writer, scope, item, error))
            return false;
    }
    write_next_version(writer, scope->row.mapper, joint);
    return true;
}

/* --- returning --------------------------------------------------------------------- */

static void
write_key(KithWriter *writer, const KithMapper *mapper, unsigned number)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : "");
        kith_write_column(writer, number, &mapper->columns[mapper->keys[i]]);
    }
}

bool
kith_write_returning(KithWriter *writer, const KithScope *scope, GError **error)
{
    g_string_append(writer->sql, " RETURNING ");
    if (scope->query->result != NULL) {
        if (!kith_write_result(writer, scope, error))
            return false;
        g_string_append(writer->sql, ", ");
    }
    write_key(writer, writer->target->mapper, writer->target->number);
    return true;
}

/* --- one table --------------------------------------------------------------------- */

static bool
write_plain(KithWriter *writer, KithScope *scope, bool is_delete, GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    writer->target = &scope->row;
    kith_write_note_table(writer, mapper);
    g_string_append(writer->sql, is_delete ? "DELETE FROM " : "UPDATE ");
    kith_sql_table(writer->sql, mapper->table);
    return (is_delete || kith_write_assignments(writer, scope, " SET ", error))
           && kith_write_where(writer, scope, " WHERE ", error)
           && kith_write_returning(writer, scope, error);
}

/* --- entities that extend each other ----------------------------------------------- */

/* The part whose table has all that is assigned. */
static const KithMapper *
find_assigned_part(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithMapper *mapper = scope->row.mapper, *found = NULL;
    for (const KithItem *item = scope->query->assigned.first; item != NULL;
         item = item->next) {
        KithSide side = { .mapper = NULL };
        if (!find_assigned(writer, mapper, item, &side, error))
            return NULL;
        const KithMapper *part =
            kith_mapper_part_with(mapper, (unsigned) (side.column - mapper->columns));
        if (found != NULL && found->storage != part->storage) {
            kith_write_refuse(mapper,
                              error,
                              "what is changed is in two tables, %s and %s; change each "
                              "by a statement of its own",
                              found->table,
                              part->table);
            return NULL;
        }
        found = part;
    }
    return found;
}

/* UPDATE "cats" SET … FROM (…) AS t1 WHERE "cats"."id" = t1."id" AND … */
static bool
write_part_update(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithMapper *mapper = scope->row.mapper, *part = writer->target->mapper;
    g_string_append(writer->sql, "UPDATE ");
    kith_sql_table(writer->sql, part->table);
    if (!kith_write_assignments(writer, scope, " SET ", error))
        return false;
    g_string_append(writer->sql, " FROM ");
    if (!kith_write_table(writer, &scope->row, error))
        return false;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(writer->sql, i > 0 ? " AND " : " WHERE ");
        kith_write_column(
            writer, writer->target->number, &part->columns[part->keys[i]]);
        g_string_append(writer->sql, " = ");
        kith_write_column(writer, scope->row.number, &mapper->columns[mapper->keys[i]]);
    }
    return kith_write_where(writer, scope, " AND ", error);
}

/* What is in the tables of those that extend it goes with the row of the root. */
static bool
write_root_delete(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    g_string_append(writer->sql, "DELETE FROM ");
    kith_sql_table(writer->sql, writer->target->mapper->table);
    g_string_append(writer->sql, " WHERE (");
    write_key(writer, writer->target->mapper, writer->target->number);
    g_string_append(writer->sql, ") IN (SELECT ");
    write_key(writer, mapper, scope->row.number);
    g_string_append(writer->sql, " FROM ");
    if (!kith_write_table(writer, &scope->row, error)
        || !kith_write_where(writer, scope, " WHERE ", error))
        return false;
    g_string_append_c(writer->sql, ')');
    return true;
}

static bool
write_part(KithWriter *writer, const KithScope *scope, bool is_delete, GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    const KithMapper *part =
        is_delete ? mapper->parts[0] : find_assigned_part(writer, scope, error);
    if (part == NULL)
        return false;
    const KithSource target = kith_write_new_row(writer, part);
    writer->target = &target;
    bool done = (is_delete ? write_root_delete(writer, scope, error)
                           : write_part_update(writer, scope, error))
                && kith_write_returning(writer, scope, error);
    writer->target = NULL;
    return done;
}

bool
kith_write_change(KithWriter *writer, KithQuery *query, bool is_delete, GError **error)
{
    const KithMapper *mapper = kith_query_mapper(query, query->root.mapping, error);
    if (mapper == NULL || !check_parts(query, mapper, error))
        return false;
    if (!is_delete && query->assigned.count == 0)
        return kith_write_refuse(
            mapper, error, "nothing is to be changed; say what with kith_change()");
    KithFrame frame = { .can_join = false };
    KithScope scope = {
        .row = { query->root.source, mapper, ++writer->n_sources, &frame },
        .query = query,
    };
    return kith_mapper_is_in_hierarchy(mapper)
               ? write_part(writer, &scope, is_delete, error)
               : write_plain(writer, &scope, is_delete, error);
}

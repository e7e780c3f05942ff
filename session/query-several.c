/*
 * query-several.c - queries that stand before another one, as tables that it can read
 * (WITH), or behind it, to be combined with it (UNION).
 */
#include "query-writer.h"

#include "sql.h"

static bool
write_common_table(KithWriter *writer, const KithCommonTable *table, GError **error)
{
    const KithMapper *mapper = kith_query_mapper(writer->query, table->mapping, error);
    if (mapper == NULL)
        return false;
    kith_sql_identifier(writer->sql, mapper->entity);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : " (");
        kith_sql_identifier(writer->sql, mapper->columns[i].name);
    }
    g_string_append(writer->sql, ") AS (");
    if (!kith_write_query(writer, NULL, table->base, KITH_ASK_ALL, NULL, error))
        return false;
    if (table->step != NULL) {
        g_ptr_array_add(writer->common, (gpointer) (uintptr_t) table->mapping);
        g_string_append(writer->sql, " UNION ALL ");
        if (!kith_write_query(writer, NULL, table->step, KITH_ASK_ALL, NULL, error))
            return false;
    } else {
        g_ptr_array_add(writer->common, (gpointer) (uintptr_t) table->mapping);
    }
    g_string_append_c(writer->sql, ')');
    return true;
}

bool
kith_write_common_tables(KithWriter *writer, const KithQuery *query, GError **error)
{
    bool is_recursive = false;
    for (const KithCommonTable *table = query->tables; table != NULL; table = table->next)
        is_recursive = is_recursive || table->step != NULL;
    const char *joint = is_recursive ? "WITH RECURSIVE " : "WITH ";
    for (const KithCommonTable *table = query->tables; table != NULL;
         table = table->next) {
        g_string_append(writer->sql, joint);
        joint = ", ";
        if (!write_common_table(writer, table, error))
            return false;
    }
    g_string_append(writer->sql, query->tables != NULL ? " " : "");
    return true;
}

/* A part with an order or a limit of its own, or with parts, is a table to the others. */
static bool
is_plain(const KithQuery *query)
{
    return query->combined == NULL && query->tables == NULL && query->orders.count == 0
           && query->limit.op == KITH_OP_END && query->offset.op == KITH_OP_END;
}

bool
kith_write_combined(KithWriter *writer,
                    const KithScope *outer,
                    const KithQuery *query,
                    GError **error)
{
    static const char *const words[] = { [KITH_UNION] = " UNION ",
                                         [KITH_UNION_ALL] = " UNION ALL ",
                                         [KITH_INTERSECT] = " INTERSECT ",
                                         [KITH_EXCEPT] = " EXCEPT " };
    for (const KithCombined *part = query->combined; part != NULL; part = part->next) {
        bool plain = is_plain(part->query);
        g_string_append(writer->sql, words[part->operation]);
        g_string_append(writer->sql, plain ? "" : "SELECT * FROM (");
        if (!kith_write_query(writer, outer, part->query, KITH_ASK_ALL, NULL, error))
            return false;
        if (!plain)
            g_string_append_printf(writer->sql, ") AS t%u", ++writer->n_sources);
    }
    return true;
}

/*
 * query-joins.c - the aliases that a query joins, as SQL, and the filters of what they
 * are joined to.
 *
 * A filter says which rows there are. For the right side of a LEFT JOIN its ON can say so.
 * A RIGHT or FULL JOIN gives rows of which the ON does not hold as well, and a WHERE would
 * take away those whose other side was filtered out: there it has to be within the table.
 */
#include "query-writer.h"

static bool
keeps_others(const KithAlias *alias)
{
    return alias->is_joined
           && (alias->join == KITH_JOIN_RIGHT || alias->join == KITH_JOIN_FULL);
}

bool
kith_query_may_lack_row(const KithQuery *query)
{
    const KithAlias *alias = query->aliases;
    while (alias != NULL && !keeps_others(alias))
        alias = alias->next;
    return alias != NULL;
}

bool
kith_write_filtered(KithWriter *writer,
                    const KithScope *scope,
                    gsize from,
                    GError **error)
{
    GString *sql = writer->sql;
    KithFrame *frame = scope->row.frame;
    bool can_join = frame->can_join;
    g_autoptr(GString) where = writer->sql = g_string_new(NULL);
    frame->can_join = false; /* the joins of the query are outside of it */
    bool done = kith_write_filters(writer, scope, " WHERE ", error);
    frame->can_join = can_join;
    writer->sql = sql;
    if (!done || where->len == 0)
        return done;
    g_string_insert(sql, (gssize) from, "(SELECT * FROM ");
    g_string_append_printf(sql, "%s) AS t%u", where->str, scope->row.number);
    return true;
}

/* --- aliases ----------------------------------------------------------------------- */

static bool
write_lateral(KithWriter *writer,
              const KithScope *scope,
              const KithAlias *alias,
              const KithSource *source,
              GError **error)
{
    if (!writer->dialect->has_lateral)
        return kith_write_refuse(scope->row.mapper,
                                 error,
                                 "%s has no LATERAL, which a query joins",
                                 writer->dialect->name);
    g_string_append(writer->sql, "LATERAL (");
    if (!kith_write_query(writer, scope, alias->lateral, KITH_ASK_ALL, NULL, error))
        return false;
    g_string_append_printf(writer->sql, ") AS t%u ON TRUE", source->number);
    return true;
}

static bool
write_alias(KithWriter *writer,
            KithScope *scope,
            const KithAlias *alias,
            KithSource *source,
            GError **error)
{
    static const char *const words[] = { [KITH_JOIN_INNER] = " JOIN ",
                                         [KITH_JOIN_LEFT] = " LEFT JOIN ",
                                         [KITH_JOIN_RIGHT] = " RIGHT JOIN ",
                                         [KITH_JOIN_FULL] = " FULL JOIN " };
    g_string_append(writer->sql, words[alias->join]);
    if (alias->lateral != NULL)
        return write_lateral(writer, scope, alias, source, error);
    gsize from = writer->sql->len;
    if (!kith_write_table(writer, source, error))
        return false;
    /* A member of the alias's entity is one of the alias here. */
    const KithScope inner = { .outer = scope, .row = *source };
    if (keeps_others(alias) && !kith_write_filtered(writer, &inner, from, error))
        return false;
    g_string_append(writer->sql, " ON ");
    return kith_write_condition(writer, &inner, &alias->on, false, error)
           && (keeps_others(alias)
               || kith_write_filters(writer, &inner, " AND ", error));
}

/* Where a row of the query may be missing, what is asked for has to be there without. */
static bool
check_kept(const KithWriter *writer, const KithScope *scope, KithAsk ask, GError **error)
{
    const KithQuery *query = scope->query;
    const KithMapper *mapper = scope->row.mapper;
    if (!kith_query_may_lack_row(query))
        return true;
    if (!writer->dialect->has_right_join)
        return kith_write_refuse(mapper,
                                 error,
                                 "%s has no RIGHT and no FULL JOIN, which a query joins by",
                                 writer->dialect->name);
    if (query->result == NULL && ask != KITH_ASK_VALUES && ask != KITH_ASK_EXISTS)
        return kith_write_refuse(mapper,
                                 error,
                                 "behind a right or full join an object may be missing; "
                                 "say with kith_select() what is to come instead");
    return !query->is_locking
           || kith_write_refuse(mapper,
                                error,
                                "a row that may be missing behind a right or full join "
                                "cannot be locked");
}

/* One after the other, each knowing those before it. */
bool
kith_write_aliases(KithWriter *writer,
                   KithScope *scope,
                   KithSource *sources,
                   KithAsk ask,
                   GError **error)
{
    KithFrame *frame = scope->row.frame;
    GString *sql = writer->sql;
    bool can_join = frame->can_join;
    bool done = check_kept(writer, scope, ask, error);
    frame->can_join = false;
    for (const KithAlias *alias = scope->query->aliases; alias != NULL && done;
         alias = alias->next) {
        if (!alias->is_joined)
            continue;
        const KithMapper *mapper =
            kith_query_mapper(writer->query, alias->mapping, error);
        if (mapper == NULL)
            return false;
        KithSource *source = &sources[scope->n_aliases];
        *source = (KithSource){ alias->source, mapper, ++writer->n_sources, frame };
        writer->sql = g_string_new(NULL);
        done = write_alias(writer, scope, alias, source, error);
        scope->n_aliases++;
        KithJoined joined = { .source = *source,
                              .text = g_string_free(writer->sql, FALSE) };
        g_array_append_val(frame->joins, joined);
    }
    writer->sql = sql;
    frame->can_join = can_join;
    return done;
}

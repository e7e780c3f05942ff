/*
 * query-sql.c - the clauses of a SELECT, and where its rows come from. Clauses are
 * written in the order that tells most: explicit joins, what is selected, conditions,
 * orders; the joins that references need are known only then, and FROM is put together
 * last.
 */
#include "query-writer.h"

#include "error.h"
#include "source.h"
#include "sql.h"

#include <string.h>

/* --- parameters, columns, tables --------------------------------------------------- */

void
kith_write_parameter(KithWriter *writer, KithPlanParameter parameter)
{
    g_array_append_val(writer->parameters, parameter);
    kith_sql_parameter(writer->sql, writer->dialect, writer->parameters->len);
}

/*
 * What is written goes by its own name: RETURNING knows no other on SQLite. Within
 * subqueries all tables have numbers, so the name is no other's.
 */
static void
write_name(KithWriter *writer, unsigned number)
{
    if (number == KITH_ROW_EXCLUDED)
        g_string_append(writer->sql, "excluded");
    else if (writer->target != NULL && number == writer->target->number)
        kith_sql_identifier(writer->sql, kith_mapper_table_name(writer->target->mapper));
    else
        g_string_append_printf(writer->sql, "t%u", number);
}

void
kith_write_column(KithWriter *writer, unsigned number, const KithColumn *column)
{
    if (writer->qualifies) {
        write_name(writer, number);
        g_string_append_c(writer->sql, '.');
    }
    kith_sql_identifier(writer->sql, column->name);
}

void
kith_write_note_table(KithWriter *writer, const KithMapper *mapper)
{
    for (guint i = 0; i < writer->tables->len; i++) {
        if (g_array_index(writer->tables, unsigned, i) == mapper->index)
            return;
    }
    g_array_append_val(writer->tables, mapper->index);
}

static bool
is_common(const KithWriter *writer, const KithMapping *mapping)
{
    return g_ptr_array_find(writer->common, mapping, NULL);
}

/* SQL by hand, whose parameters are ours; what it reads is not known. */
static void
write_raw(KithWriter *writer, const KithRaw *raw)
{
    writer->reads_unknown = true;
    g_string_append_c(writer->sql, '(');
    for (; raw != NULL; raw = raw->next) {
        g_string_append(writer->sql, raw->text);
        if (raw->parameter.op != KITH_OP_END)
            kith_write_parameter(writer,
                                 (KithPlanParameter){ .slot = raw->parameter.slot,
                                                      .kind = raw->parameter.kind });
    }
    g_string_append_c(writer->sql, ')');
}

/* What a query is over: its table, or what the program has written instead. */
static bool
write_root(KithWriter *writer, const KithScope *scope, GError **error)
{
    gsize from = writer->sql->len;
    if (scope->query->raw != NULL) {
        write_raw(writer, scope->query->raw);
        g_string_append_printf(writer->sql, " AS t%u", scope->row.number);
    } else if (!kith_write_table(writer, &scope->row, error)) {
        return false;
    }
    return !kith_query_may_lack_row(scope->query)
           || kith_write_filtered(writer, scope, from, error);
}

bool
kith_write_table(KithWriter *writer, const KithSource *source, GError **error)
{
    const KithMapper *mapper = source->mapper;
    if (mapper->table == NULL && !is_common(writer, mapper->mapping))
        return kith_write_refuse(mapper,
                                 error,
                                 "it is no table; say with kith_common_table() where "
                                 "its rows come from");
    if (mapper->table != NULL) {
        g_autofree char *alias =
            writer->qualifies ? g_strdup_printf("t%u", source->number) : NULL;
        kith_write_note_table(writer, mapper);
        kith_sql_source(writer->sql, mapper, alias, writer->query->is_locking);
        return true;
    }
    kith_sql_identifier(writer->sql, mapper->entity);
    if (writer->qualifies)
        g_string_append_printf(writer->sql, " AS t%u", source->number);
    return true;
}

void
kith_write_link(KithWriter *writer,
                const KithMapper *mapper,
                const KithForeignKey *foreign_key,
                unsigned from,
                unsigned to)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        g_string_append(writer->sql, i > 0 ? " AND " : "");
        kith_write_column(
            writer, to, &foreign_key->target->columns[foreign_key->targets[i]]);
        g_string_append(writer->sql, " = ");
        kith_write_column(writer, from, &mapper->columns[foreign_key->columns[i]]);
    }
}

/* --- joins ------------------------------------------------------------------------- */

static void
init_frame(KithFrame *frame, bool can_join)
{
    frame->joins = g_array_new(FALSE, FALSE, sizeof(KithJoined));
    frame->can_join = can_join;
}

static void
finish_frame(KithFrame *frame)
{
    for (guint i = 0; i < frame->joins->len; i++)
        g_free(g_array_index(frame->joins, KithJoined, i).text);
    g_array_unref(frame->joins);
}

KithSource
kith_write_join(KithWriter *writer,
                const KithSource *row,
                const KithForeignKey *foreign_key,
                bool is_inner)
{
    GArray *joins = row->frame->joins;
    for (guint i = 0; i < joins->len; i++) {
        KithJoined *joined = &g_array_index(joins, KithJoined, i);
        if (joined->parent.number != row->number || joined->foreign_key != foreign_key)
            continue;
        joined->is_inner = joined->is_inner || is_inner;
        return joined->source;
    }
    KithJoined joined = { .source = { .mapper = foreign_key->target,
                                      .number = ++writer->n_sources,
                                      .frame = row->frame },
                          .parent = *row,
                          .foreign_key = foreign_key,
                          .is_inner = is_inner };
    g_array_append_val(joins, joined);
    return joined.source;
}

static bool
write_joins(KithWriter *writer, const KithFrame *frame, GError **error)
{
    for (guint i = 0; i < frame->joins->len; i++) {
        const KithJoined *joined = &g_array_index(frame->joins, KithJoined, i);
        if (joined->text != NULL) {
            g_string_append(writer->sql, joined->text);
            continue;
        }
        g_string_append(writer->sql, joined->is_inner ? " JOIN " : " LEFT JOIN ");
        if (!kith_write_table(writer, &joined->source, error))
            return false;
        g_string_append(writer->sql, " ON ");
        kith_write_link(writer,
                        joined->parent.mapper,
                        joined->foreign_key,
                        joined->parent.number,
                        joined->source.number);
    }
    return true;
}

/* --- clauses ----------------------------------------------------------------------- */

static bool
write_conditions(KithWriter *writer,
                 const KithScope *scope,
                 const KithItems *items,
                 const char *word,
                 bool is_certain,
                 GError **error)
{
    const char *joint = word;
    for (const KithItem *item = items->first; item != NULL; item = item->next) {
        if (kith_is_skipped(&item->expression))
            continue;
        g_string_append(writer->sql, joint);
        joint = " AND ";
        if (!kith_write_condition(writer, scope, &item->expression, is_certain, error))
            return false;
    }
    return true;
}

static bool
filters_row(const KithFilter *filter, const KithMapper *mapper)
{
    while (mapper != NULL && mapper->mapping != filter->mapping)
        mapper = mapper->base;
    return mapper != NULL;
}

/* What a filter itself looks for is not filtered by it again, and so on for ever. */
static bool
is_open(const KithWriter *writer, const KithFilter *filter)
{
    const KithOpenFilter *open = writer->filters;
    while (open != NULL && open->filter != filter)
        open = open->outer;
    return open != NULL;
}

static bool
write_filter(KithWriter *writer,
             const KithScope *scope,
             const KithFilter *filter,
             GError **error)
{
    const KithOpenFilter open = { filter, writer->filters };
    writer->filters = &open;
    bool done = kith_write_condition(writer, scope, &filter->predicate, false, error);
    writer->filters = open.outer;
    return done;
}

bool
kith_write_filters(KithWriter *writer,
                   const KithScope *scope,
                   const char *joint,
                   GError **error)
{
    const GPtrArray *filters = writer->query->session->filters;
    for (guint i = 0; filters != NULL && i < filters->len; i++) {
        const KithFilter *filter = g_ptr_array_index(filters, i);
        if (!kith_filter_applies(filter, writer->query)
            || !filters_row(filter, scope->row.mapper) || is_open(writer, filter)
            || kith_is_skipped(&filter->predicate))
            continue;
        g_string_append(writer->sql, joint);
        joint = " AND ";
        if (!write_filter(writer, scope, filter, error))
            return false;
    }
    return true;
}

bool
kith_write_where(KithWriter *writer,
                 const KithScope *scope,
                 const char *word,
                 GError **error)
{
    const KithQuery *query = scope->query;
    gsize before = writer->sql->len;
    if (!write_conditions(writer, scope, &query->conditions, word, true, error))
        return false;
    /* Where the row itself may be missing, they hold before it is joined. */
    if (!kith_query_may_lack_row(query)
        && !kith_write_filters(
            writer, scope, writer->sql->len > before ? " AND " : word, error))
        return false;
    if (query->page == NULL)
        return true;
    g_string_append(writer->sql, writer->sql->len > before ? " AND " : word);
    return kith_write_condition(writer, scope, &query->page->expression, true, error);
}

/* The place of a member among what a query gives, from 1; 0: it does not give it. */
static unsigned
place_of(KithWriter *writer, const KithQuery *query, const KithExpression *expression)
{
    bool is_own = expression->op == KITH_OP_OUTPUT
                  || (expression->op == KITH_OP_MEMBER && query->combined != NULL
                      && query->result == NULL);
    const KithMapping *given =
        query->result != NULL ? query->result : query->root.mapping;
    if (!is_own || expression->mapping != given)
        return 0;
    const KithMapper *mapper = kith_query_mapper(writer->query, given, NULL);
    if (mapper == NULL)
        return 0;
    unsigned reference = kith_mapper_reference_at(mapper, expression->offset);
    unsigned column = reference != KITH_NO_INDEX
                          ? mapper->foreign_keys[reference].columns[0]
                          : kith_mapper_column_at(mapper, expression->offset);
    return column == KITH_NO_INDEX ? 0 : column + 1;
}

/* What is given already is named by its place: it may have parameters in it. */
static bool
write_given(KithWriter *writer,
            const KithScope *scope,
            const KithExpression *expression,
            GError **error)
{
    const KithQuery *query = scope->query;
    unsigned place = place_of(writer, query, expression);
    if (place > 0) {
        g_string_append_printf(writer->sql, "%u", place);
        return true;
    }
    if (query->combined != NULL)
        return kith_write_refuse(scope->row.mapper,
                                 error,
                                 "queries that are combined are ordered by something "
                                 "that they do not give");
    return kith_write_expression(writer, scope, expression, NULL, error);
}

static bool
write_groups(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithItem *group = scope->query->groups.first;
    for (const char *joint = " GROUP BY "; group != NULL; group = group->next) {
        g_string_append(writer->sql, joint);
        joint = ", ";
        if (!write_given(writer, scope, &group->expression, error))
            return false;
    }
    return write_conditions(
        writer, scope, &scope->query->having, " HAVING ", false, error);
}

static bool
is_own_member(const KithScope *scope, const KithExpression *expression)
{
    return expression->op == KITH_OP_OUTPUT
           || (expression->op == KITH_OP_MEMBER
               && expression->mapping == scope->row.mapper->mapping);
}

bool
kith_write_orders(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithQuery *query = scope->query;
    const char *joint = " ORDER BY ";
    for (const KithItem *item = query->orders.first; item != NULL; item = item->next) {
        if (query->is_distinct && query->result == NULL
            && writer->query->ask != KITH_ASK_VALUES
            && !is_own_member(scope, &item->expression))
            return kith_write_refuse(scope->row.mapper,
                                     error,
                                     "each object is to come once, ordered by something "
                                     "that is not its own");
        KithSide side = { .mapper = NULL };
        if (!kith_write_find_side(writer, &item->expression, &side, error))
            return false;
        for (side.place = 0; side.place < kith_side_width(&side); side.place++) {
            g_string_append(writer->sql, joint);
            joint = ", ";
            if (side.place > 0 ? !kith_write_expression(
                    writer, scope, &item->expression, &side, error)
                               : !write_given(writer, scope, &item->expression, error))
                return false;
            kith_write_direction(writer->sql, item->direction);
        }
    }
    return true;
}

/* Numbers of rows are parameters too: pages of a query are one statement. */
static void
write_limit(KithWriter *writer, const KithQuery *query, KithAsk ask)
{
    const KithExpression *limit = ask == KITH_ASK_FEW ? &query->few : &query->limit;
    bool has_offset = query->offset.op != KITH_OP_END;
    if (limit->op != KITH_OP_END) {
        g_string_append(writer->sql, " LIMIT ");
        kith_write_parameter(
            writer, (KithPlanParameter){ .slot = limit->slot, .kind = KITH_KIND_INT64 });
    } else if (has_offset && writer->dialect->no_limit != NULL) {
        g_string_append_printf(writer->sql, " LIMIT %s", writer->dialect->no_limit);
    }
    if (!has_offset)
        return;
    g_string_append(writer->sql, " OFFSET ");
    kith_write_parameter(
        writer,
        (KithPlanParameter){ .slot = query->offset.slot, .kind = KITH_KIND_INT64 });
}

/* SQLite locks the whole database when the transaction begins. */
static void
write_lock(KithWriter *writer, const KithScope *scope)
{
    static const char *const strengths[] = {
        [KITH_FOR_UPDATE] = " FOR UPDATE", [KITH_FOR_SHARE] = " FOR SHARE"
    };
    static const char *const waits[] = {
        [KITH_WAIT] = "", [KITH_NOWAIT] = " NOWAIT", [KITH_SKIP_LOCKED] = " SKIP LOCKED"
    };
    const KithQuery *query = scope->query;
    if (!query->is_locking || !writer->dialect->has_row_locks)
        return;
    g_string_append(writer->sql, strengths[query->lock]);
    if (writer->qualifies)
        g_string_append_printf(writer->sql, " OF t%u", scope->row.number);
    g_string_append(writer->sql, waits[query->wait]);
}

/* --- what is selected -------------------------------------------------------------- */

bool
kith_write_result(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithQuery *query = scope->query;
    const KithMapper *result = kith_query_mapper(writer->query, query->result, error);
    if (result == NULL)
        return false;
    if (result->table != NULL)
        return kith_write_inserted(writer, scope, result, error);
    for (unsigned i = 0; i < result->n_columns; i++) {
        const KithColumn *column = &result->columns[i];
        const KithItem *item = query->selected.first;
        while (item != NULL && item->offset != result->details[i].member->offset)
            item = item->next;
        if (item == NULL)
            return kith_write_refuse(
                result, error, "nothing is selected for .%s", column->member);
        g_string_append(writer->sql, i > 0 ? ", " : "");
        const KithSide side = { .mapper = result, .column = column };
        if (!kith_write_expression(writer, scope, &item->expression, &side, error))
            return false;
        g_string_append(writer->sql, " AS ");
        kith_sql_identifier(writer->sql, column->name);
    }
    for (const KithItem *item = query->selected.first; item != NULL; item = item->next) {
        if (kith_mapper_column_at(result, item->offset) == KITH_NO_INDEX)
            return kith_write_refuse(
                result, error, "a member is selected that its KITH_RESULT does not name");
    }
    return true;
}

/* What references mean that come with the objects. */
static void
write_joined(KithWriter *writer, const KithScope *scope, KithAsk ask)
{
    const KithForeignKey *joined[KITH_MAX_JOINED];
    unsigned n_joined = kith_query_joined(writer->query, ask, joined);
    for (unsigned i = 0; i < n_joined; i++) {
        KithSource source = kith_write_join(writer, &scope->row, joined[i], false);
        for (unsigned j = 0; j < source.mapper->n_columns; j++) {
            g_string_append(writer->sql, ", ");
            kith_write_column(writer, source.number, &source.mapper->columns[j]);
        }
    }
}

static bool
write_selected(KithWriter *writer,
               const KithScope *scope,
               KithAsk ask,
               const KithExpression *only,
               GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    KithSide side = { .mapper = NULL };
    switch (ask) {
    case KITH_ASK_EXISTS:
        g_string_append(writer->sql, "1");
        return true;
    case KITH_ASK_COUNT:
        g_string_append(writer->sql, "count(*)");
        return true;
    case KITH_ASK_VALUES:
        if (!kith_write_find_side(writer, only, &side, error))
            return false;
        for (side.place = 0; side.place < kith_side_width(&side); side.place++) {
            g_string_append(writer->sql, side.place > 0 ? ", " : "");
            if (!kith_write_expression(writer, scope, only, &side, error))
                return false;
        }
        return true;
    default:
        break;
    }
    if (scope->query->result != NULL)
        return kith_write_result(writer, scope, error);
    const KithLayout *layout = kith_mapper_layout(mapper);
    for (size_t i = 0; i < layout->n_columns; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : "");
        kith_write_column(writer, scope->row.number, &layout->columns[i]);
    }
    if (scope->query == writer->query)
        write_joined(writer, scope, ask);
    return ask != KITH_ASK_EACH || kith_write_each_rank(writer, scope, error);
}

/* --- a query ----------------------------------------------------------------------- */

static bool
has_order(KithAsk ask)
{
    return ask == KITH_ASK_ALL || ask == KITH_ASK_FEW || ask == KITH_ASK_VALUES;
}

/* Three texts, put together last: what is selected, FROM with its joins, and the rest. */
static bool
write_body(KithWriter *writer,
           KithScope *scope,
           KithSource *aliases,
           KithAsk ask,
           const KithExpression *only,
           GError **error)
{
    GString *sql = writer->sql;
    g_autoptr(GString) selected = g_string_new(NULL);
    g_autoptr(GString) rest = g_string_new(NULL);
    bool done = kith_write_aliases(writer, scope, aliases, ask, error);
    writer->sql = selected;
    done = done && write_selected(writer, scope, ask, only, error);
    writer->sql = rest;
    bool is_whole = scope->query->combined == NULL;
    done = done && kith_write_where(writer, scope, " WHERE ", error)
           && write_groups(writer, scope, error)
           && (!is_whole || !has_order(ask) || kith_write_orders(writer, scope, error))
           && (ask != KITH_ASK_EACH
               || kith_write_each_rest(writer, scope, rest->len > 0, error));
    writer->sql = sql;
    if (!done)
        return false;
    g_string_append(sql, scope->query->is_distinct ? "SELECT DISTINCT " : "SELECT ");
    g_string_append(sql, selected->str);
    g_string_append(sql, " FROM ");
    if (!write_root(writer, scope, error)
        || !write_joins(writer, scope->row.frame, error))
        return false;
    g_string_append(sql, rest->str);
    return true;
}

static unsigned
count_aliases(const KithQuery *query)
{
    unsigned count = 0;
    for (const KithAlias *alias = query->aliases; alias != NULL; alias = alias->next)
        count++;
    return count;
}

bool
kith_write_query(KithWriter *writer,
                 const KithScope *outer,
                 KithQuery *query,
                 KithAsk ask,
                 const KithExpression *only,
                 GError **error)
{
    guint n_common = writer->common->len;
    if (ask == KITH_ASK_EXISTS && (query->combined != NULL || query->result != NULL))
        ask = KITH_ASK_BARE;
    if (ask == KITH_ASK_VALUES && query->combined != NULL)
        return kith_write_refuse(
            writer->query->set->mapper, error, "one value is asked of combined queries");
    if (!kith_write_common_tables(writer, query, error))
        return false;
    const KithMapper *mapper =
        kith_query_mapper(writer->query, query->root.mapping, error);
    if (mapper == NULL)
        return false;
    KithFrame frame;
    init_frame(&frame, true);
    g_autofree KithSource *aliases = g_new0(KithSource, count_aliases(query) + 1);
    KithScope scope = {
        .outer = outer,
        .row = { query->root.source, mapper, ++writer->n_sources, &frame },
        .aliases = aliases,
        .query = query,
    };
    bool done = write_body(writer, &scope, aliases, ask, only, error);
    finish_frame(&frame);
    if (!done
        || (query->combined != NULL && !kith_write_combined(writer, outer, query, error)))
        return false;
    if (query->combined != NULL && has_order(ask) && !kith_write_orders(writer, &scope, error))
        return false;
    if (has_order(ask)) {
        write_limit(writer, query, ask);
        write_lock(writer, &scope);
    }
    g_ptr_array_set_size(writer->common, (gint) n_common);
    return true;
}

bool
kith_write_exists(KithWriter *writer,
                  const KithScope *outer,
                  KithSource row,
                  const KithForeignKey *far,
                  const char *link,
                  const KithExpression *parts,
                  GError **error)
{
    KithFrame frame;
    init_frame(&frame, true);
    row.frame = &frame;
    KithScope scope = { .outer = outer, .row = row };
    if (far != NULL)
        scope.row = kith_write_join(writer, &row, far, true);
    GString *sql = writer->sql;
    g_autoptr(GString) where = writer->sql = g_string_new(link);
    bool done = true;
    for (const KithExpression *part = parts; part->op != KITH_OP_END && done; part++) {
        if (kith_is_skipped(part))
            continue;
        g_string_append(where, " AND ");
        done = kith_write_condition(writer, &scope, part, true, error);
    }
    done = done && kith_write_filters(writer, &scope, " AND ", error);
    writer->sql = sql;
    g_string_append(sql, "EXISTS (SELECT 1 FROM ");
    done = done && kith_write_table(writer, &row, error)
           && write_joins(writer, &frame, error);
    g_string_append_printf(sql, " WHERE %s)", where->str);
    finish_frame(&frame);
    return done;
}

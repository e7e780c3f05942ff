/*
 * query-insert.c - INSERT of structs of the program, or of what another query gives, and
 * what becomes of rows that conflict with one that is there.
 *
 * What a query gives stands in parentheses, with a WHERE behind it: else SQLite takes ON
 * CONFLICT for the ON of a join.
 */
#include "query-writer.h"

#include "error.h"
#include "sql.h"

/* --- what is refused --------------------------------------------------------------- */

static bool
has_target(const KithInsert *insert)
{
    return insert->conflict.count > 0 || insert->skips_conflicts;
}

static bool
has_changes(const KithQuery *query)
{
    return query->assigned.count > 0 || query->insert.changes_the_rest;
}

/* What is wrong with the query; NULL: nothing. */
static const char *
find_fault(const KithQuery *query, const KithMapper *mapper)
{
    bool has_others = query->aliases != NULL || query->combined != NULL
                      || query->groups.count > 0 || query->having.count > 0
                      || query->orders.count > 0 || query->limit.op != KITH_OP_END
                      || query->offset.op != KITH_OP_END || query->is_distinct
                      || query->is_locking || query->has_after || query->raw != NULL;
    if (mapper->is_abstract)
        return "it is abstract: insert what extends it";
    if (mapper->n_parts > 1)
        return "an object in several tables is not inserted by one statement; add it with "
               "kith_add()";
    if (has_others)
        return "what is inserted is ordered, limited or joined in the query that "
               "kith_insert_from() is given";
    if (query->insert.skips_conflicts && query->insert.conflict.count > 0)
        return "all conflicts are skipped, and one is named by kith_on_conflict()";
    if (has_changes(query) && query->insert.conflict.count == 0)
        return "say by kith_on_conflict() which rows are changed instead of inserted";
    if (query->conditions.count > 0 && !has_changes(query))
        return "conditions choose which rows are changed, and none is; give them to the "
               "query that kith_insert_from() is given";
    return NULL;
}

/* --- what is inserted -------------------------------------------------------------- */

/* What @source selects for a column. @ret_place: of a reference, which of its columns. */
static const KithItem *
find_selected(const KithQuery *source,
              const KithMapper *mapper,
              unsigned index,
              unsigned *ret_place,
              const KithForeignKey **ret_foreign)
{
    for (const KithItem *item = source->selected.first; item != NULL; item = item->next) {
        unsigned reference = kith_mapper_reference_at(mapper, item->offset);
        *ret_foreign = NULL;
        *ret_place = 0;
        if (reference == KITH_NO_INDEX) {
            if (kith_mapper_column_at(mapper, item->offset) == index)
                return item;
            continue;
        }
        *ret_foreign = &mapper->foreign_keys[reference];
        for (; *ret_place < (*ret_foreign)->n_columns; ++*ret_place) {
            if ((*ret_foreign)->columns[*ret_place] == index)
                return item;
        }
    }
    return NULL;
}

static bool
is_selected(const KithQuery *source, const KithMapper *mapper, unsigned index)
{
    unsigned place;
    const KithForeignKey *foreign_key;
    return find_selected(source, mapper, index, &place, &foreign_key) != NULL;
}

bool
kith_write_inserted(KithWriter *writer,
                    const KithScope *scope,
                    const KithMapper *mapper,
                    GError **error)
{
    const KithQuery *source = writer->query->insert.from;
    const char *joint = "";
    if (source == NULL || source->result != mapper->mapping)
        return kith_write_refuse(mapper,
                                 error,
                                 "members of an entity are selected; that is for a query "
                                 "that kith_insert_from() is given");
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        KithSide side = { .mapper = mapper, .column = &mapper->columns[i] };
        const KithItem *item =
            find_selected(scope->query, mapper, i, &side.place, &side.foreign);
        if ((item != NULL) != is_selected(source, mapper, i))
            return kith_write_refuse(mapper,
                                     error,
                                     "of queries that are combined some select .%s, and "
                                     "some do not",
                                     side.column->member);
        if (item == NULL)
            continue;
        g_string_append(writer->sql, joint);
        joint = ", ";
        if (!kith_write_expression(writer, scope, &item->expression, &side, error))
            return false;
        g_string_append(writer->sql, " AS ");
        kith_sql_identifier(writer->sql, side.column->name);
    }
    return true;
}

/* Has a column to be selected? */
static bool
is_required(const KithMapper *mapper, unsigned index)
{
    const KithColumnDetail *detail = &mapper->details[index];
    bool is_made = index == mapper->version || index == mapper->discriminator
                   || detail->default_sql != NULL || detail->computed_sql != NULL
                   || (index == mapper->generated && !mapper->generates_uuid);
    return !is_made && !mapper->columns[index].nullable;
}

static bool
check_selected(const KithMapper *mapper, const KithQuery *source, GError **error)
{
    if (source->result != mapper->mapping)
        return kith_write_refuse(mapper,
                                 error,
                                 "the query that kith_insert_from() is given selects no "
                                 "member of it; see kith_select()");
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        bool given = is_selected(source, mapper, i);
        const char *member = mapper->columns[i].member;
        if (given && mapper->details[i].computed_sql != NULL)
            return kith_write_refuse(
                mapper, error, ".%s is computed by the database, and is selected", member);
        if (given && i == mapper->discriminator)
            return kith_write_refuse(
                mapper, error, ".%s says what a row is, and is not selected", member);
        if (!given && is_required(mapper, i))
            return kith_write_refuse(
                mapper, error, "nothing is selected for .%s, which cannot be NULL", member);
    }
    return true;
}

static bool
is_written(const KithQuery *query, const KithMapper *mapper, unsigned index)
{
    const KithInsert *insert = &query->insert;
    return insert->from != NULL ? is_selected(insert->from, mapper, index)
                                : kith_bits_has(insert->bits, index);
}

/* Does the INSERT say it by itself, beside what the query gives? */
static bool
is_added(const KithQuery *query, const KithMapper *mapper, unsigned index)
{
    return query->insert.from != NULL && !is_written(query, mapper, index)
           && (index == mapper->version || index == mapper->discriminator);
}

/* First what is given, then what is added. */
static void
write_columns(KithWriter *writer, const KithQuery *query, const KithMapper *mapper)
{
    const char *joint = "";
    g_string_append(writer->sql, " (");
    for (unsigned i = 0; i < 2 * mapper->n_columns; i++) {
        unsigned index = i % mapper->n_columns;
        bool is_first = i < mapper->n_columns;
        if (!(is_first ? is_written(query, mapper, index)
                       : is_added(query, mapper, index)))
            continue;
        g_string_append(writer->sql, joint);
        joint = ", ";
        kith_sql_identifier(writer->sql, mapper->columns[index].name);
    }
    g_string_append_c(writer->sql, ')');
}

static void
write_values(KithWriter *writer, const KithQuery *query, const KithMapper *mapper)
{
    for (guint row = 0; row < query->insert.n_rows; row++) {
        const char *joint = row > 0 ? ", (" : " VALUES (";
        for (unsigned i = 0; i < mapper->n_columns; i++) {
            if (!is_written(query, mapper, i))
                continue;
            g_string_append(writer->sql, joint);
            joint = ", ";
            kith_write_parameter(writer,
                                 (KithPlanParameter){ .slot = KITH_SLOT_OF_ROWS,
                                                      .kind = mapper->columns[i].kind,
                                                      .column = &mapper->columns[i],
                                                      .mapper = mapper,
                                                      .place = row });
        }
        g_string_append_c(writer->sql, ')');
    }
}

static bool
write_source(KithWriter *writer,
             const KithQuery *query,
             const KithMapper *mapper,
             GError **error)
{
    unsigned number = ++writer->n_sources;
    g_string_append_printf(writer->sql, " SELECT t%u.*", number);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!is_added(query, mapper, i))
            continue;
        g_string_append(writer->sql, ", ");
        if (i == mapper->version)
            g_string_append_c(writer->sql, '1');
        else
            kith_mapper_append_what(writer->sql, mapper);
    }
    g_string_append(writer->sql, " FROM (");
    if (!kith_write_query(writer, NULL, query->insert.from, KITH_ASK_ALL, NULL, error))
        return false;
    g_string_append_printf(writer->sql, ") AS t%u WHERE true", number);
    return true;
}

/* --- conflicts --------------------------------------------------------------------- */

/* The columns of kith_on_conflict(), as bits. */
static bool
find_conflict(const KithQuery *query,
              const KithMapper *mapper,
              uint64_t *bits,
              unsigned *ret_n,
              GError **error)
{
    *ret_n = 0;
    for (const KithItem *item = query->insert.conflict.first; item != NULL;
         item = item->next) {
        KithSide side = { .mapper = NULL };
        if (!kith_write_find_member(mapper, item->offset, &side, error))
            return false;
        for (side.place = 0; side.place < kith_side_width(&side); side.place++) {
            if (side.foreign != NULL)
                side.column = &mapper->columns[side.foreign->columns[side.place]];
            unsigned index = (unsigned) (side.column - mapper->columns);
            *ret_n += !kith_bits_has(bits, index);
            kith_bits_set(bits, index);
        }
    }
    return true;
}

static bool
are_these(const unsigned *columns, unsigned n_columns, const uint64_t *bits, unsigned n)
{
    bool are_these = n_columns == n;
    for (unsigned i = 0; are_these && i < n_columns; i++)
        are_these = kith_bits_has(bits, columns[i]);
    return are_these;
}

/* The columns that are unique together, of an index or the key; NULL: they are not. */
static const unsigned *
find_unique(const KithMapper *mapper, const uint64_t *bits, unsigned n)
{
    if (are_these(mapper->keys, mapper->n_keys, bits, n))
        return mapper->keys;
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        const KithIndex *index = &mapper->indexes[i];
        if (index->unique && !index->deferrable
            && are_these(index->columns, index->n_columns, bits, n))
            return index->columns;
    }
    return NULL;
}

const unsigned *
kith_insert_find_conflict(const KithQuery *query,
                          const KithMapper *mapper,
                          unsigned *ret_n,
                          GError **error)
{
    g_autofree uint64_t *bits = g_new0(uint64_t, KITH_BITS(mapper->n_columns));
    if (!find_conflict(query, mapper, bits, ret_n, error))
        return NULL;
    const unsigned *columns = find_unique(mapper, bits, *ret_n);
    if (columns == NULL)
        kith_write_refuse(mapper,
                          error,
                          "what kith_on_conflict() names is neither the key nor one "
                          "unique constraint, so no two rows can have it in common");
    return columns;
}

static bool
is_assigned(const KithQuery *query, const KithMapper *mapper, unsigned index)
{
    for (const KithItem *item = query->assigned.first; item != NULL; item = item->next) {
        unsigned reference = kith_mapper_reference_at(mapper, item->offset);
        const KithForeignKey *foreign_key =
            reference != KITH_NO_INDEX ? &mapper->foreign_keys[reference] : NULL;
        if (foreign_key == NULL && kith_mapper_column_at(mapper, item->offset) == index)
            return true;
        for (unsigned i = 0; foreign_key != NULL && i < foreign_key->n_columns; i++) {
            if (foreign_key->columns[i] == index)
                return true;
        }
    }
    return false;
}

/* kith_change_to_excluded(): "uses" = excluded."uses", of what nothing else is said. */
static const char *
write_the_rest(KithWriter *writer,
               const KithQuery *query,
               const KithMapper *mapper,
               const unsigned *conflict,
               unsigned n_conflict,
               const char *joint)
{
    for (unsigned i = 0; query->insert.changes_the_rest && i < mapper->n_columns; i++) {
        bool is_kept = !is_written(query, mapper, i) || mapper->details[i].is_key
                       || i == mapper->version || i == mapper->discriminator
                       || is_assigned(query, mapper, i);
        for (unsigned j = 0; j < n_conflict; j++)
            is_kept = is_kept || conflict[j] == i;
        if (is_kept)
            continue;
        g_string_append(writer->sql, joint);
        joint = ", ";
        kith_sql_identifier(writer->sql, mapper->columns[i].name);
        g_string_append(writer->sql, " = ");
        kith_write_column(writer, KITH_ROW_EXCLUDED, &mapper->columns[i]);
    }
    return joint;
}

static bool
write_update(KithWriter *writer,
             const KithScope *scope,
             const unsigned *conflict,
             unsigned n_conflict,
             GError **error)
{
    const KithMapper *mapper = scope->row.mapper;
    g_string_append(writer->sql, "UPDATE");
    gsize before = writer->sql->len;
    const char *joint =
        write_the_rest(writer, scope->query, mapper, conflict, n_conflict, " SET ");
    if (!kith_write_assignments(writer, scope, joint, error))
        return false;
    if (writer->sql->len == before)
        return kith_write_refuse(
            mapper, error, "beside what conflicts there is nothing to be changed");
    return kith_write_where(writer, scope, " WHERE ", error);
}

static bool
write_conflict(KithWriter *writer, const KithScope *scope, GError **error)
{
    const KithQuery *query = scope->query;
    const KithMapper *mapper = scope->row.mapper;
    const unsigned *columns = NULL;
    unsigned n_columns = 0;
    g_string_append(writer->sql, " ON CONFLICT ");
    if (query->insert.conflict.count > 0) {
        columns = kith_insert_find_conflict(query, mapper, &n_columns, error);
        if (columns == NULL)
            return false;
        for (unsigned i = 0; i < n_columns; i++) {
            g_string_append(writer->sql, i > 0 ? ", " : "(");
            kith_sql_identifier(writer->sql, mapper->columns[columns[i]].name);
        }
        g_string_append(writer->sql, ") ");
    }
    g_string_append(writer->sql, "DO ");
    if (has_changes(query))
        return write_update(writer, scope, columns, n_columns, error);
    g_string_append(writer->sql, "NOTHING");
    return true;
}

/* --- the statement ----------------------------------------------------------------- */

static bool
write_rows(KithWriter *writer,
           const KithQuery *query,
           const KithMapper *mapper,
           GError **error)
{
    write_columns(writer, query, mapper);
    if (query->insert.from != NULL)
        return write_source(writer, query, mapper, error);
    write_values(writer, query, mapper);
    return true;
}

bool
kith_write_insert(KithWriter *writer, KithQuery *query, GError **error)
{
    const KithMapper *mapper = query->set->mapper;
    const char *fault = find_fault(query, mapper);
    if (fault != NULL)
        return kith_write_refuse(mapper, error, "%s", fault);
    if (query->insert.from != NULL && !check_selected(mapper, query->insert.from, error))
        return false;
    KithFrame frame = { .can_join = false };
    const KithSource excluded = {
        KITH_SOURCE_EXCLUDED, mapper, KITH_ROW_EXCLUDED, &frame
    };
    const KithScope scope = {
        .row = { query->root.source, mapper, ++writer->n_sources, &frame },
        .aliases = &excluded,
        .n_aliases = has_target(&query->insert) ? 1 : 0,
        .query = query,
    };
    writer->target = &scope.row;
    kith_write_note_table(writer, mapper);
    g_string_append(writer->sql, "INSERT INTO ");
    kith_sql_table(writer->sql, mapper->parts[0]->table);
    bool done =
        write_rows(writer, query, mapper, error)
        && (!has_target(&query->insert) || write_conflict(writer, &scope, error))
        && kith_write_returning(writer, &scope, error);
    writer->target = NULL;
    return done;
}

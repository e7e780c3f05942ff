/*
 * source.c - see the header. To everything that writes a query, what is behind FROM is a
 * table with columns; that an object may be in several, with others, is known here alone.
 * The query in parentheses is one that SQLite and PostgreSQL merge with the one around
 * it, so conditions on it use the indexes of the tables.
 */
#include "source.h"

#include "sql.h"
#include "wide.h"

const KithLayout *
kith_mapper_layout(const KithMapper *mapper)
{
    return mapper->wide != NULL ? &mapper->wide->layout : &mapper->layout;
}

size_t
kith_mapper_row_size(const KithMapper *mapper)
{
    return mapper->wide != NULL ? mapper->wide->size : mapper->size;
}

static bool
begins_table(const KithWideBranch *branch)
{
    return branch->mapper->part->storage == branch->mapper->part;
}

/* Is the table of the mapper all that there is to read, and is all of it meant? */
static bool
is_plain_table(const KithMapper *mapper)
{
    bool is_plain = mapper->base == NULL;
    for (unsigned i = 0; mapper->wide != NULL && i < mapper->wide->n_branches; i++)
        is_plain = is_plain && !begins_table(&mapper->wide->branches[i]);
    return is_plain;
}

/* --- columns ----------------------------------------------------------------------- */

/* "dogs"."tricks" */
static void
append_column(GString *sql, const KithMapper *part, unsigned index)
{
    kith_sql_identifier(sql, kith_mapper_table_name(part));
    g_string_append_c(sql, '.');
    kith_sql_identifier(sql, part->columns[index].name);
}

/* "dogs"."animal_id" = "animals"."id" */
static void
append_same_key(GString *sql, const KithMapper *part, const KithMapper *other)
{
    for (unsigned i = 0; i < part->n_keys; i++) {
        g_string_append(sql, i > 0 ? " AND " : "");
        append_column(sql, part, part->keys[i]);
        g_string_append(sql, " = ");
        append_column(sql, other, other->keys[i]);
    }
}

/*
 * A row that may not be there cannot be locked, so PostgreSQL refuses to lock what is
 * joined by LEFT JOIN. Then each column of such a table is asked for by itself.
 */
static void
append_lone_column(GString *sql,
                   const KithMapper *mapper,
                   const KithMapper *part,
                   unsigned index)
{
    g_string_append(sql, "(SELECT ");
    append_column(sql, part, index);
    g_string_append(sql, " FROM ");
    kith_sql_table(sql, part->table);
    g_string_append(sql, " WHERE ");
    append_same_key(sql, part, mapper->parts[0]);
    g_string_append_c(sql, ')');
}

/* Is the table of @part one that every row of @mapper has? */
static bool
has_part(const KithMapper *mapper, const KithMapper *part)
{
    for (unsigned i = 0; i < mapper->n_parts; i++) {
        if (mapper->parts[i]->storage == part->storage)
            return true;
    }
    return false;
}

static void
append_branch_columns(GString *sql,
                      const KithMapper *mapper,
                      const KithWideBranch *branch,
                      bool is_locking)
{
    const KithMapper *part = branch->mapper->part;
    unsigned n_inherited = branch->mapper->base->n_columns;
    for (unsigned i = n_inherited; i < branch->mapper->n_columns; i++) {
        g_string_append(sql, ", ");
        if (is_locking && !has_part(mapper, part))
            append_lone_column(sql, mapper, part, i);
        else
            append_column(sql, part, i);
        g_string_append(sql, " AS ");
        kith_sql_identifier(
            sql, mapper->wide->layout.columns[branch->first + i - n_inherited].name);
    }
}

static void
append_columns(GString *sql, const KithMapper *mapper, bool is_locking)
{
    const KithWideRow *wide = mapper->wide;
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        append_column(sql, kith_mapper_part_with(mapper, i), i);
    }
    for (unsigned i = 0; wide != NULL && i < wide->n_branches; i++)
        append_branch_columns(sql, mapper, &wide->branches[i], is_locking);
}

/* --- tables ------------------------------------------------------------------------ */

static void
append_join(GString *sql,
            const char *join,
            const KithMapper *part,
            const KithMapper *other)
{
    g_string_append(sql, join);
    kith_sql_table(sql, part->table);
    g_string_append(sql, " ON ");
    append_same_key(sql, part, other);
}

static void
append_tables(GString *sql, const KithMapper *mapper, bool is_locking)
{
    const KithWideRow *wide = mapper->wide;
    kith_sql_table(sql, mapper->parts[0]->table);
    for (unsigned i = 1; i < mapper->n_parts; i++)
        append_join(sql, " JOIN ", mapper->parts[i], mapper->parts[i - 1]);
    for (unsigned i = 0; wide != NULL && !is_locking && i < wide->n_branches; i++) {
        const KithMapper *branch = wide->branches[i].mapper;
        if (begins_table(&wide->branches[i]))
            append_join(sql, " LEFT JOIN ", branch->part, branch->base->part);
    }
}

/* What shares the last table with its base is not all that is in it. */
static void
append_restriction(GString *sql, const KithMapper *mapper)
{
    if (mapper->part->base == NULL)
        return;
    g_string_append(sql, " WHERE ");
    append_column(sql, mapper->parts[0], mapper->discriminator);
    g_string_append(sql, " IN (");
    for (unsigned i = 0; i < mapper->n_concrete; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_mapper_append_what(sql, mapper->concrete[i]);
    }
    g_string_append_c(sql, ')');
}

void
kith_sql_source(GString *sql,
                const KithMapper *mapper,
                const char *alias,
                bool is_locking)
{
    bool is_plain = is_plain_table(mapper);
    if (is_plain) {
        kith_sql_table(sql, mapper->table);
    } else {
        g_string_append(sql, "(SELECT ");
        append_columns(sql, mapper, is_locking);
        g_string_append(sql, " FROM ");
        append_tables(sql, mapper, is_locking);
        append_restriction(sql, mapper);
        g_string_append_c(sql, ')');
    }
    if (is_plain && alias == NULL)
        return;
    g_string_append(sql, " AS ");
    if (alias != NULL)
        g_string_append(sql, alias);
    else
        kith_sql_identifier(sql, kith_mapper_table_name(mapper));
}

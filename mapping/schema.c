/*
 * schema.c - from mappings to DDL, one statement a string. Pure: no database is touched,
 * so the text is all there is to test. What differs between databases comes from the
 * dialect; running the statements is the engine's work, and comparing a table that exists
 * with its mapping is not done here.
 *
 * Tables come after those that they refer to. In a cycle there is no such order: there a
 * foreign key to a table that comes later is a *forward* one.
 */
#include "schema.h"

#include "schema-table.h"
#include "sql.h"

#include <stdlib.h>

/* --- the order of tables ----------------------------------------------------------- */

static int
compare_rank(const void *a, const void *b)
{
    const KithMapper *left = (*(const KithTable *const *) a)->mapper;
    const KithMapper *right = (*(const KithTable *const *) b)->mapper;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

static void
free_table(void *data)
{
    g_ptr_array_unref(((KithTable *) data)->parts);
    g_free(data);
}

/* What is inherited comes first. */
static int
compare_depth(const void *a, const void *b)
{
    const KithMapper *left = *(const KithMapper *const *) a;
    const KithMapper *right = *(const KithMapper *const *) b;
    if (left->depth != right->depth)
        return left->depth < right->depth ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

static void
add_table(GPtrArray *tables, const KithRegistry *registry, const KithMapper *mapper)
{
    KithTable *table = g_new0(KithTable, 1);
    table->mapper = mapper;
    table->parts = g_ptr_array_new();
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        const KithMapper *part = registry->mappers[i].part;
        if (part->storage == mapper)
            g_ptr_array_add(table->parts, (void *) (uintptr_t) part);
    }
    g_ptr_array_sort(table->parts, compare_depth);
    g_ptr_array_add(tables, table);
}

/* All tables, those that are referred to first. (transfer full) */
static GPtrArray *
order_tables(const KithRegistry *registry)
{
    GPtrArray *tables = g_ptr_array_new_with_free_func(free_table);
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        const KithMapper *part = registry->mappers[i].part;
        if (part->storage == part)
            add_table(tables, registry, part);
    }
    g_ptr_array_sort(tables, compare_rank);
    return tables;
}

static char *
add_foreign_key(const KithDialect *dialect,
                const KithMapper *mapper,
                const KithForeignKey *foreign_key)
{
    g_autoptr(GString) sql = g_string_new("ALTER TABLE ");
    kith_sql_table(sql, mapper->table);
    g_string_append(sql, " ADD ");
    kith_schema_append_foreign_key(sql, dialect, mapper, foreign_key);
    g_autoptr(GString) inside = g_string_new(NULL);
    kith_sql_inside_literal(inside, sql->str);
    return g_strdup_printf(dialect->add_foreign_key, inside->str);
}

static char *
drop_foreign_key(const KithMapper *mapper, const KithForeignKey *foreign_key)
{
    GString *sql = g_string_new("ALTER TABLE IF EXISTS ");
    kith_sql_table(sql, mapper->table);
    g_string_append(sql, " DROP CONSTRAINT IF EXISTS ");
    kith_sql_identifier(sql, foreign_key->name);
    return g_string_free(sql, FALSE);
}

/* --- statements -------------------------------------------------------------------- */

static char *
create_index(const KithMapper *mapper, const KithIndex *index, const KithDialect *dialect)
{
    GString *sql = g_string_new("CREATE INDEX IF NOT EXISTS ");
    const char *dot = strchr(mapper->table, '.');
    if (dialect->schema_is_file && dot != NULL) {
        g_autofree char *schema =
            g_strndup(mapper->table, (size_t) (dot - mapper->table));
        kith_sql_identifier(sql, schema);
        g_string_append_c(sql, '.');
    }
    kith_sql_identifier(sql, index->name);
    g_string_append(sql, " ON ");
    if (dialect->schema_is_file)
        kith_sql_identifier(sql, kith_mapper_table_name(mapper));
    else
        kith_sql_table(sql, mapper->table);
    g_string_append_c(sql, ' ');
    kith_schema_append_columns(sql, mapper, index->columns, index->n_columns);
    return g_string_free(sql, FALSE);
}

static void
create_indexes(GPtrArray *statements,
               const KithMapper *mapper,
               const KithDialect *dialect)
{
    for (unsigned i = kith_part_n_inherited_indexes(mapper); i < mapper->n_indexes; i++) {
        if (!mapper->indexes[i].unique)
            g_ptr_array_add(statements,
                            create_index(mapper, &mapper->indexes[i], dialect));
    }
}

static void
add_forward_keys(GPtrArray *statements,
                 const KithMapper *mapper,
                 const KithDialect *dialect)
{
    for (unsigned i = kith_part_n_inherited_foreign_keys(mapper);
         i < mapper->n_foreign_keys;
         i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (kith_schema_is_forward(mapper, foreign_key))
            g_ptr_array_add(statements, add_foreign_key(dialect, mapper, foreign_key));
    }
}

GPtrArray *
kith_schema_create_statements(const KithRegistry *registry, const KithDialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) tables = order_tables(registry);
    for (guint i = 0; i < tables->len; i++) {
        const KithTable *table = g_ptr_array_index(tables, i);
        g_ptr_array_add(statements, kith_schema_create_table(table, dialect));
        for (guint j = 0; j < table->parts->len; j++)
            create_indexes(statements, g_ptr_array_index(table->parts, j), dialect);
    }
    for (guint i = 0; dialect->add_foreign_key != NULL && i < tables->len; i++) {
        const KithTable *table = g_ptr_array_index(tables, i);
        for (guint j = 0; j < table->parts->len; j++)
            add_forward_keys(statements, g_ptr_array_index(table->parts, j), dialect);
    }
    return statements;
}

/*
 * Keys that close a cycle go first, one by one, where the database keeps its tables for
 * their sake. DROP … CASCADE would be shorter, and would also take views and the keys of
 * tables that the mapping does not know.
 */
static void
drop_forward_keys(GPtrArray *statements, const KithMapper *mapper)
{
    for (unsigned i = kith_part_n_inherited_foreign_keys(mapper);
         i < mapper->n_foreign_keys;
         i++) {
        if (kith_schema_is_forward(mapper, &mapper->foreign_keys[i]))
            g_ptr_array_add(statements,
                            drop_foreign_key(mapper, &mapper->foreign_keys[i]));
    }
}

/* Where dropping a table deletes its rows, rows that refer to each other stop it. */
static void
defer_foreign_keys(GPtrArray *statements,
                   const KithRegistry *registry,
                   const KithDialect *dialect)
{
    bool has_cycle = false;
    for (unsigned i = 0; i < registry->n_mappers; i++)
        has_cycle = has_cycle || registry->mappers[i].in_cycle;
    if (has_cycle && dialect->defer_foreign_keys != NULL)
        g_ptr_array_add(statements, g_strdup(dialect->defer_foreign_keys));
}

GPtrArray *
kith_schema_drop_statements(const KithRegistry *registry, const KithDialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) tables = order_tables(registry);
    defer_foreign_keys(statements, registry, dialect);
    for (guint i = 0; dialect->add_foreign_key != NULL && i < tables->len; i++) {
        const KithTable *table = g_ptr_array_index(tables, i);
        for (guint j = 0; j < table->parts->len; j++)
            drop_forward_keys(statements, g_ptr_array_index(table->parts, j));
    }
    for (guint i = tables->len; i > 0; i--) {
        const KithTable *table = g_ptr_array_index(tables, i - 1);
        GString *sql = g_string_new("DROP TABLE IF EXISTS ");
        kith_sql_table(sql, table->mapper->table);
        g_ptr_array_add(statements, g_string_free(sql, FALSE));
    }
    return statements;
}

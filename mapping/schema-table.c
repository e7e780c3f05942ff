/*
 * schema-table.c - the CREATE TABLE of one table: its columns, keys, checks and foreign
 * keys, those of each part in turn. Pure, like schema.c.
 */
#include "schema-table.h"

#include "sql.h"

/* The CREATE TABLE that is being written. */
typedef struct TableText {
    GString *sql;
    const KithDialect *dialect;
    const KithMapper *mapper; /* the part that is being written */
    bool has_line;
} TableText;

/* --- pieces ------------------------------------------------------------------------ */

void
kith_schema_append_columns(GString *sql,
                           const KithMapper *mapper,
                           const unsigned *columns,
                           unsigned n_columns)
{
    g_string_append_c(sql, '(');
    for (unsigned i = 0; i < n_columns; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_sql_identifier(sql, mapper->columns[columns[i]].name);
    }
    g_string_append_c(sql, ')');
}

static void
append_constraint(GString *sql, const char *name)
{
    g_string_append(sql, "CONSTRAINT ");
    kith_sql_identifier(sql, name);
    g_string_append_c(sql, ' ');
}

/* Begin the next line between the parentheses of the CREATE TABLE. */
static void
begin_line(TableText *table)
{
    g_string_append(table->sql, table->has_line ? ",\n    " : "\n    ");
    table->has_line = true;
}

/* --- columns and keys -------------------------------------------------------------- */

static void
append_type(TableText *table, unsigned index)
{
    const KithDialect *dialect = table->dialect;
    KithKind kind = table->mapper->columns[index].kind;
    size_t max_length = table->mapper->details[index].max_length;
    if (max_length == 0 || dialect->text_with_length == NULL) {
        g_string_append(table->sql, dialect->types[kind]);
        return;
    }
    g_string_append_printf(table->sql, dialect->text_with_length, max_length);
}

static bool
is_generated_by_database(const KithMapper *mapper, unsigned index)
{
    return index == mapper->generated && !mapper->generates_uuid
           && mapper->is_stored == NULL; /* else its key is that of another table */
}

/* The parentheses are for SQLite, which takes an expression as a default only so. */
static void
append_filler(GString *sql, const KithColumnDetail *detail)
{
    if (detail->default_sql != NULL)
        g_string_append_printf(sql, " DEFAULT (%s)", detail->default_sql);
    if (detail->computed_sql != NULL)
        g_string_append_printf(
            sql, " GENERATED ALWAYS AS (%s) STORED", detail->computed_sql);
}

static void
append_column(TableText *table, unsigned index)
{
    const KithColumn *column = &table->mapper->columns[index];
    begin_line(table);
    kith_sql_identifier(table->sql, column->name);
    g_string_append_c(table->sql, ' ');
    if (is_generated_by_database(table->mapper, index)) {
        g_string_append(table->sql,
                        column->kind == KITH_KIND_INT32
                            ? table->dialect->generated_key_int32
                            : table->dialect->generated_key_int64);
        return;
    }
    append_type(table, index);
    if (!column->nullable && table->mapper->base == NULL)
        g_string_append(table->sql, " NOT NULL");
    append_filler(table->sql, &table->mapper->details[index]);
}

static void
append_primary_key(TableText *table)
{
    const KithMapper *mapper = table->mapper;
    if (table->dialect->generated_key_is_primary
        && is_generated_by_database(mapper, mapper->keys[0]))
        return;
    g_autofree char *name = kith_mapper_constraint_name(mapper, NULL, 0, "pkey");
    begin_line(table);
    append_constraint(table->sql, name);
    g_string_append(table->sql, "PRIMARY KEY ");
    kith_schema_append_columns(table->sql, mapper, mapper->keys, mapper->n_keys);
}

static void
append_unique(TableText *table, const KithIndex *index)
{
    begin_line(table);
    append_constraint(table->sql, index->name);
    g_string_append(table->sql, "UNIQUE ");
    kith_schema_append_columns(
        table->sql, table->mapper, index->columns, index->n_columns);
    if (index->deferrable && table->dialect->defers_unique)
        g_string_append(table->sql, " DEFERRABLE INITIALLY DEFERRED");
}

/* --- checks ------------------------------------------------------------------------ */

/* What a column may hold is written "one of these", since enumerators can leave gaps. */
static void
append_names(GString *sql, const KithColumn *column, const KithNames *names)
{
    const char *separator = "";
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i] == NULL)
            continue;
        g_string_append(sql, separator);
        if (column->kind == KITH_KIND_ENUM)
            kith_sql_literal(sql, names->items[i]);
        else
            g_string_append_printf(sql, "%zu", i);
        separator = ", ";
    }
}

/* ("kind" IN ('cat', 'dog')), as far as a row of @mapper can be something. */
static void
append_what(GString *sql, const KithMapper *mapper)
{
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    kith_sql_identifier(sql, column->name);
    g_string_append(sql, " IN (");
    for (unsigned i = 0; i < mapper->n_concrete; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_mapper_append_what(sql, mapper->concrete[i]);
    }
    g_string_append_c(sql, ')');
}

/* The condition that the database has to be told, or NULL. A NULL passes all of them. */
static char *
make_condition(const TableText *table, unsigned index)
{
    const KithColumn *column = &table->mapper->columns[index];
    const KithColumnDetail *detail = &table->mapper->details[index];
    const char *const *types = table->dialect->types;
    bool bool_is_integer = g_str_equal(types[KITH_KIND_BOOL], types[KITH_KIND_INT32]);
    g_autoptr(GString) name = g_string_new(NULL);
    kith_sql_identifier(name, column->name);
    if (index == table->mapper->discriminator) {
        g_autoptr(GString) what = g_string_new(NULL);
        append_what(what, table->mapper);
        return g_strdup(what->str);
    }
    if (detail->names != NULL) {
        g_autoptr(GString) names = g_string_new(NULL);
        append_names(names, column, detail->names);
        return g_strdup_printf("%s IN (%s)", name->str, names->str);
    }
    if (column->kind == KITH_KIND_BOOL && bool_is_integer)
        return g_strdup_printf("%s IN (0, 1)", name->str);
    if (detail->max_length > 0 && table->dialect->checks_length)
        return g_strdup_printf("length(%s) <= %zu", name->str, detail->max_length);
    return NULL;
}

static void
append_check(TableText *table, unsigned index)
{
    g_autofree char *condition = make_condition(table, index);
    if (condition == NULL)
        return;
    g_autofree char *name =
        kith_mapper_constraint_name(table->mapper, &index, 1, "check");
    begin_line(table);
    append_constraint(table->sql, name);
    g_string_append_printf(table->sql, "CHECK (%s)", condition);
}

/* A column that only some of the rows of a table have is NULL in others, but not in its
 * own. */
static void
append_required(TableText *table, unsigned index)
{
    const KithMapper *part = table->mapper;
    bool is_known = kith_mapper_stores(part, part->discriminator);
    if (part->base == NULL || part->columns[index].nullable || !is_known)
        return;
    g_autofree char *name = kith_mapper_constraint_name(part, &index, 1, "required");
    begin_line(table);
    append_constraint(table->sql, name);
    g_string_append(table->sql, "CHECK (NOT (");
    append_what(table->sql, part);
    g_string_append(table->sql, ") OR ");
    kith_sql_identifier(table->sql, part->columns[index].name);
    g_string_append(table->sql, " IS NOT NULL)");
}

/* --- foreign keys ------------------------------------------------------------------ */

bool
kith_schema_is_forward(const KithMapper *mapper, const KithForeignKey *foreign_key)
{
    const KithMapper *target = foreign_key->table->storage;
    return target->rank == mapper->rank && target->index > mapper->storage->index;
}

static void
append_action(GString *sql, const char *event, KithAction action)
{
    static const char *const words[] = { [KITH_CASCADE] = "CASCADE",
                                         [KITH_SET_NULL] = "SET NULL",
                                         [KITH_RESTRICT] = "RESTRICT" };
    if (action != KITH_NO_ACTION)
        g_string_append_printf(sql, " ON %s %s", event, words[action]);
}

/* Where a column has to stay, such as a tenant, the session sets the others to NULL. */
static bool
can_be_null(const KithForeignKey *foreign_key)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!foreign_key->mapper->columns[foreign_key->columns[i]].nullable)
            return false;
    }
    return true;
}

/*
 * A constraint is checked at once unless the mapping asks for the end of the transaction:
 * a flush orders its statements, and an error then is of the statement that caused it.
 */
void
kith_schema_append_foreign_key(GString *sql,
                               const KithDialect *dialect,
                               const KithMapper *mapper,
                               const KithForeignKey *foreign_key)
{
    const KithMapper *target = foreign_key->table;
    append_constraint(sql, foreign_key->name);
    g_string_append(sql, "FOREIGN KEY ");
    kith_schema_append_columns(sql, mapper, foreign_key->columns, foreign_key->n_columns);
    g_string_append(sql, " REFERENCES ");
    if (dialect->schema_is_file)
        kith_sql_identifier(sql, kith_mapper_table_name(target));
    else
        kith_sql_table(sql, target->table);
    g_string_append_c(sql, ' ');
    kith_schema_append_columns(sql, target, foreign_key->targets, foreign_key->n_columns);
    if (foreign_key->on_delete != KITH_SET_NULL || can_be_null(foreign_key))
        append_action(sql, "DELETE", foreign_key->on_delete);
    append_action(sql, "UPDATE", foreign_key->on_update);
    if (foreign_key->deferrable)
        g_string_append(sql, " DEFERRABLE INITIALLY DEFERRED");
}

static void
append_foreign_keys(TableText *table)
{
    const KithMapper *mapper = table->mapper;
    bool has_forward = table->dialect->add_foreign_key == NULL;
    for (unsigned i = kith_part_n_inherited_foreign_keys(mapper);
         i < mapper->n_foreign_keys;
         i++) {
        if (kith_schema_is_forward(mapper, &mapper->foreign_keys[i]) && !has_forward)
            continue;
        begin_line(table);
        kith_schema_append_foreign_key(
            table->sql, table->dialect, mapper, &mapper->foreign_keys[i]);
    }
}

/* --- the table ---------------------------------------------------------------------- */

static void
append_part_columns(TableText *table)
{
    const KithMapper *part = table->mapper;
    for (unsigned i = kith_part_n_inherited_columns(part); i < part->n_columns; i++) {
        if (kith_mapper_stores(part, i))
            append_column(table, i);
    }
}

static void
append_part_uniques(TableText *table)
{
    const KithMapper *part = table->mapper;
    for (unsigned i = kith_part_n_inherited_indexes(part); i < part->n_indexes; i++) {
        if (part->indexes[i].unique)
            append_unique(table, &part->indexes[i]);
    }
}

static void
append_part_checks(TableText *table)
{
    const KithMapper *part = table->mapper;
    for (unsigned i = kith_part_n_inherited_columns(part); i < part->n_columns; i++) {
        if (!kith_mapper_stores(part, i))
            continue;
        append_check(table, i);
        append_required(table, i);
    }
}

/* Have each part in the table say its lines of one sort. */
static void
append_parts(TableText *table, const KithTable *of, void (*append)(TableText *table))
{
    for (guint i = 0; i < of->parts->len; i++) {
        table->mapper = g_ptr_array_index(of->parts, i);
        append(table);
    }
    table->mapper = of->mapper;
}

char *
kith_schema_create_table(const KithTable *of, const KithDialect *dialect)
{
    TableText table = { .sql = g_string_new("CREATE TABLE IF NOT EXISTS "),
                        .dialect = dialect,
                        .mapper = of->mapper };
    kith_sql_table(table.sql, of->mapper->table);
    g_string_append(table.sql, " (");
    append_parts(&table, of, append_part_columns);
    append_primary_key(&table);
    append_parts(&table, of, append_part_uniques);
    append_parts(&table, of, append_part_checks);
    append_parts(&table, of, append_foreign_keys);
    g_string_append(table.sql, "\n)");
    return g_string_free(table.sql, FALSE);
}

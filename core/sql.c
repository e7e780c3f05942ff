/*
 * sql.c - the text of statements. What differs between databases comes from the dialect;
 * which statement is wanted is the caller's business.
 */
#include "sql.h"

void
kith_sql_identifier(GString *sql, const char *name)
{
    g_string_append_c(sql, '"');
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"')
            g_string_append_c(sql, '"');
        g_string_append_c(sql, *at);
    }
    g_string_append_c(sql, '"');
}

void
kith_sql_inside_literal(GString *sql, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            g_string_append_c(sql, '\'');
        g_string_append_c(sql, *at);
    }
}

void
kith_sql_literal(GString *sql, const char *text)
{
    g_string_append_c(sql, '\'');
    kith_sql_inside_literal(sql, text);
    g_string_append_c(sql, '\'');
}

void
kith_sql_table(GString *sql, const char *table)
{
    const char *dot = strchr(table, '.');
    if (dot != NULL) {
        g_autofree char *schema = g_strndup(table, (size_t) (dot - table));
        kith_sql_identifier(sql, schema);
        g_string_append_c(sql, '.');
    }
    kith_sql_identifier(sql, dot != NULL ? dot + 1 : table);
}

void
kith_sql_parameter(GString *sql, const KithDialect *dialect, size_t number)
{
    g_string_append_printf(sql, "%c%zu", dialect->placeholder, number);
}

static void
append_parameters(GString *sql, const KithDialect *dialect, unsigned count, size_t first)
{
    for (unsigned i = 0; i < count; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_sql_parameter(sql, dialect, first + i);
    }
}

/* One column of arrays is not joined to a table of them: = ANY is what an index is used
 * for. */
void
kith_sql_in_columns(GString *sql,
                    const KithDialect *dialect,
                    const char *columns,
                    unsigned n_columns,
                    size_t first)
{
    g_string_append_printf(sql, n_columns > 1 ? "(%s)" : "%s", columns);
    if (dialect->has_arrays) {
        g_string_append(sql, n_columns > 1 ? " IN (SELECT * FROM unnest(" : " = ANY (");
    } else {
        for (unsigned i = 0; i < n_columns; i++)
            g_string_append_printf(sql, "%s%u", i > 0 ? ", v" : " IN (SELECT v", i + 1);
        g_string_append(sql, " FROM kith_list(");
    }
    append_parameters(sql, dialect, n_columns, first);
    g_string_append(sql, dialect->has_arrays && n_columns == 1 ? ")" : "))");
}

void
kith_sql_in(GString *sql,
            const KithDialect *dialect,
            const KithColumn *const *columns,
            unsigned n_columns,
            size_t first)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (unsigned i = 0; i < n_columns; i++) {
        g_string_append(names, i > 0 ? ", " : "");
        kith_sql_identifier(names, columns[i]->name);
    }
    kith_sql_in_columns(sql, dialect, names->str, n_columns, first);
}

/* "a" = $1<separator>"b" = $2, numbered from @first. */
static void
append_assignments(GString *sql,
                   const KithDialect *dialect,
                   const KithColumn *const *columns,
                   size_t n_columns,
                   size_t first,
                   const char *separator)
{
    for (size_t i = 0; i < n_columns; i++) {
        g_string_append(sql, i > 0 ? separator : "");
        kith_sql_identifier(sql, columns[i]->name);
        g_string_append(sql, " = ");
        kith_sql_parameter(sql, dialect, first + i);
    }
}

static void
append_returning(GString *sql, const KithShape *shape)
{
    for (size_t i = 0; i < shape->n_returned; i++) {
        g_string_append(sql, i > 0 ? ", " : " RETURNING ");
        kith_sql_identifier(sql, shape->returned[i]->name);
    }
}

static void
append_insert(GString *sql, const KithDialect *dialect, const KithShape *shape)
{
    g_string_append(sql, "INSERT INTO ");
    kith_sql_table(sql, shape->table);
    if (shape->n_written == 0) {
        g_string_append_printf(sql, " %s", dialect->default_row);
    } else {
        g_string_append(sql, " (");
        for (size_t i = 0; i < shape->n_written; i++) {
            g_string_append(sql, i > 0 ? ", " : "");
            kith_sql_identifier(sql, shape->written[i]->name);
        }
        g_string_append(sql, ") VALUES (");
        for (size_t i = 0; i < shape->n_written; i++) {
            g_string_append(sql, i > 0 ? ", " : "");
            kith_sql_parameter(sql, dialect, i + 1);
        }
        g_string_append_c(sql, ')');
    }
    if (shape->skips_existing)
        g_string_append(sql, " ON CONFLICT DO NOTHING");
    append_returning(sql, shape);
}

char *
kith_sql_write(const KithDialect *dialect, const KithShape *shape)
{
    GString *sql = g_string_new(NULL);
    if (shape->operation == KITH_OPERATION_INSERT) {
        append_insert(sql, dialect, shape);
        return g_string_free(sql, FALSE);
    }
    g_string_append(
        sql, shape->operation == KITH_OPERATION_UPDATE ? "UPDATE " : "DELETE FROM ");
    kith_sql_table(sql, shape->table);
    if (shape->operation == KITH_OPERATION_UPDATE) {
        g_string_append(sql, " SET ");
        append_assignments(sql, dialect, shape->written, shape->n_written, 1, ", ");
    }
    g_string_append(sql, " WHERE ");
    append_assignments(
        sql, dialect, shape->matched, shape->n_matched, shape->n_written + 1, " AND ");
    append_returning(sql, shape);
    return g_string_free(sql, FALSE);
}

char *
kith_sql_begin(const KithDialect *dialect, const KithTransactionOptions *options)
{
    static const char *const levels[] = {
        NULL, "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"
    };
    GString *sql =
        g_string_new(options->read_only ? dialect->begin_read_only : dialect->begin);
    if (dialect->has_isolation && options->isolation != KITH_ISOLATION_DEFAULT)
        g_string_append_printf(sql, " ISOLATION LEVEL %s", levels[options->isolation]);
    if (dialect->has_isolation && options->deferrable)
        g_string_append(sql, " DEFERRABLE");
    return g_string_free(sql, FALSE);
}

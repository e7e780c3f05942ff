/*
 * violation.c - completing what a database said of a violated constraint. PostgreSQL
 * names the constraint, SQLite the columns; of a foreign key SQLite says nothing at all.
 */
#include "violation.h"

#include "error.h"
#include "flush-values.h"
#include "foreign-key.h"
#include "sql.h"

/* --- unique ------------------------------------------------------------------------ */

/* If one of the two is what the database said, add the other. */
static bool
complete_with(GError *error,
              const KithMapper *mapper,
              const char *constraint,
              const unsigned *columns,
              unsigned n_columns)
{
    g_autofree char *names = kith_mapper_column_names(mapper, columns, n_columns);
    bool is_it = g_strcmp0(kith_error_constraint(error), constraint) == 0
                 || (kith_error_constraint(error) == NULL
                     && g_strcmp0(kith_error_column(error), names) == 0);
    if (is_it)
        kith_error_add_details(
            error, &(KithErrorDetails){ .constraint = constraint, .column = names });
    return is_it;
}

static void
complete_unique(GError *error, const KithMapper *mapper)
{
    const char *dot = strchr(mapper->table, '.');
    g_autofree char *key =
        g_strdup_printf("%s_pkey", dot != NULL ? dot + 1 : mapper->table);
    if (complete_with(error, mapper, key, mapper->keys, mapper->n_keys))
        return;
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        const KithIndex *index = &mapper->indexes[i];
        if (index->unique
            && complete_with(
                error, mapper, index->name, index->columns, index->n_columns))
            return;
    }
}

/* --- foreign keys ------------------------------------------------------------------ */

/* Is there a row in @there whose columns are those of @given? False if nobody can tell. */
static bool
ask_for_row(KithSession *session,
            KithConnection *connection,
            KithTuple there,
            KithTuple given,
            bool *ret_has)
{
    static const KithColumn one = { .name = "1",
                                    .member = "1",
                                    .kind = KITH_KIND_INT64,
                                    .nullable = true,
                                    .null_offset = KITH_NO_OFFSET };
    static const KithLayout layout = { .entity = "query",
                                       .columns = &one,
                                       .n_columns = 1 };
    g_autofree KithParameter *values = g_new0(KithParameter, given.n_columns);
    g_autoptr(GString) sql = g_string_new("SELECT 1 FROM ");
    kith_sql_table(sql, there.mapper->table);
    for (unsigned i = 0; i < given.n_columns; i++) {
        const KithColumn *column = &given.mapper->columns[given.columns[i]];
        values[i] = (KithParameter){ .kind = column->kind,
                                     .value = kith_column_get(column, given.row),
                                     .secret = column->secret };
        g_string_append(sql, i > 0 ? " AND " : " WHERE ");
        kith_sql_identifier(sql, there.mapper->columns[there.columns[i]].name);
        g_string_append(sql, " = ");
        kith_sql_parameter(sql, connection->driver->dialect, i + 1);
    }
    g_string_append(sql, " LIMIT 1");
    const KithStatement *statement = kith_engine_statement(session->engine, sql->str);
    int64_t found;
    size_t length;
    if (!kith_connection_query(connection, statement, values, given.n_columns, NULL))
        return false;
    KithFetched fetched =
        kith_connection_fetch(connection, &layout, &found, &length, NULL);
    kith_connection_finish(connection, NULL);
    *ret_has = fetched == KITH_FETCHED_ROW;
    return *ret_has || fetched == KITH_FETCHED_END;
}

static bool
has_row(KithSession *session,
        KithConnection *connection,
        KithTuple there,
        KithTuple given)
{
    bool has_it = false;
    return ask_for_row(session, connection, there, given, &has_it) && has_it;
}

bool
kith_violation_is_gone(KithSession *session,
                       KithConnection *connection,
                       const KithMapper *mapper,
                       const void *row)
{
    bool has_it = true;
    KithTuple key = { mapper, mapper->keys, mapper->n_keys, row };
    return ask_for_row(session, connection, key, key, &has_it) && !has_it;
}

/* The columns that have a foreign key, and those that it means. */
static KithTuple
columns_of(const KithForeignKey *foreign_key, const void *row)
{
    return (KithTuple){
        foreign_key->mapper, foreign_key->columns, foreign_key->n_columns, row
    };
}

static KithTuple
targets_of(const KithForeignKey *foreign_key, const void *row)
{
    return (KithTuple){
        foreign_key->table, foreign_key->targets, foreign_key->n_columns, row
    };
}

/* The foreign key of @row whose target is not there. */
static const KithForeignKey *
find_dangling(KithSession *session,
              KithConnection *connection,
              const KithMapper *mapper,
              const void *row)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (!kith_foreign_key_is_null(foreign_key, row)
            && !has_row(session,
                        connection,
                        targets_of(foreign_key, NULL),
                        columns_of(foreign_key, row)))
            return foreign_key;
    }
    return NULL;
}

/* Would the database rather let the row that refers go, or lose its reference? */
static bool
gives_way(const KithForeignKey *foreign_key)
{
    return foreign_key->on_delete == KITH_CASCADE
           || foreign_key->on_delete == KITH_SET_NULL;
}

/*
 * The foreign key by which a row refers to @row. One that gives way can have refused all
 * the same, if the table was made by others.
 */
static const KithForeignKey *
find_referring(KithSession *session,
               KithConnection *connection,
               const KithMapper *mapper,
               const void *row)
{
    const KithForeignKey *found = NULL;
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithForeignKey *foreign_key = mapper->referring[i];
        if (found != NULL && gives_way(foreign_key))
            continue;
        if (!has_row(session,
                     connection,
                     columns_of(foreign_key, NULL),
                     targets_of(foreign_key, row)))
            continue;
        found = foreign_key;
        if (!gives_way(foreign_key))
            break;
    }
    return found;
}

static void
name_foreign_key(GError *error, const KithForeignKey *foreign_key)
{
    const KithMapper *mapper = foreign_key->mapper;
    g_autofree char *names =
        kith_mapper_column_names(mapper, foreign_key->columns, foreign_key->n_columns);
    kith_error_add_details(error,
                           &(KithErrorDetails){ .constraint = foreign_key->name,
                                                .table = mapper->table,
                                                .column = names });
}

static void
complete_foreign_key(GError *error,
                     KithSession *session,
                     KithConnection *connection,
                     const KithMapper *mapper,
                     KithOperation operation,
                     const void *row)
{
    const KithForeignKey *found = operation == KITH_OPERATION_DELETE
                                      ? find_referring(session, connection, mapper, row)
                                      : find_dangling(session, connection, mapper, row);
    if (found == NULL)
        return;
    name_foreign_key(error, found);
    g_autofree char *words = g_steal_pointer(&error->message);
    if (operation == KITH_OPERATION_DELETE)
        error->message = g_strdup_printf("a row of %s refers to it by %s: %s",
                                         found->mapper->entity,
                                         kith_error_column(error),
                                         words);
    else
        error->message = g_strdup_printf(
            "there is no %s for its %s: %s", found->target->entity, found->member, words);
}

/* PostgreSQL names the constraint; the columns are those of the mapping. */
static bool
complete_named_foreign_key(GError *error, KithSession *session)
{
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            if (strcmp(mapper->foreign_keys[i].name, kith_error_constraint(error)) != 0)
                continue;
            name_foreign_key(error, &mapper->foreign_keys[i]);
            return true;
        }
    }
    return false;
}

static bool
names_secret(const GError *error, const KithMapper *mapper)
{
    const char *named = kith_error_column(error);
    g_auto(GStrv) columns = g_strsplit(named != NULL ? named : "", ", ", -1);
    for (char **at = columns; *at != NULL; at++) {
        for (unsigned i = 0; i < mapper->n_columns; i++) {
            if (mapper->columns[i].secret && strcmp(mapper->columns[i].name, *at) == 0)
                return true;
        }
    }
    return false;
}

/* PostgreSQL tells the values: "Key (token)=(…) already exists". */
static void
hide_secret(GError *error, const KithMapper *mapper)
{
    char *values = strstr(error->message, ": Key (");
    if (values != NULL && names_secret(error, mapper))
        *values = '\0';
}

void
kith_violation_complete(GError *error,
                        KithSession *session,
                        KithConnection *connection,
                        const KithMapper *mapper,
                        KithOperation operation,
                        const void *row)
{
    if (error == NULL || error->domain != KITH_ERROR)
        return;
    if (kith_error_table(error) == NULL)
        kith_error_add_details(error, &(KithErrorDetails){ .table = mapper->table });
    if (error->code == KITH_ERROR_UNIQUE)
        complete_unique(error, mapper);
    hide_secret(error, mapper);
    if (error->code != KITH_ERROR_FOREIGN_KEY)
        return;
    if (kith_error_constraint(error) != NULL)
        (void) complete_named_foreign_key(error, session);
    else
        complete_foreign_key(error, session, connection, mapper, operation, row);
}

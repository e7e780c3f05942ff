/*
 * outsider.c - see the header. SQLite: a file, since a database in memory cannot be
 * reached from outside its engine. PostgreSQL: a schema of the server in
 * KITH_TEST_POSTGRES, named after the process, which the search path of every connection
 * leads to.
 */
#include "outsider.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct Outsider {
    char *url;
    sqlite3 *sqlite; /* or NULL */
    char *folder;
    PGconn *postgres; /* or NULL */
    char *schema;
};

/* An empty text is shown as SQL writes it, so that its row is one. */
static void
append_value(GString *text, int column, const char *value)
{
    const char *shown = value == NULL ? "NULL" : *value == '\0' ? "''" : value;
    g_string_append_printf(text, "%s%s", column > 0 ? "|" : "", shown);
}

/* --- SQLite ------------------------------------------------------------------------ */

static void
open_sqlite(Outsider *outsider)
{
    outsider->folder = g_strdup("kith-test-XXXXXX");
    if (g_mkdtemp(outsider->folder) == NULL)
        fail_msg("cannot make a folder here for the database of the test");
    g_autofree char *path = g_build_filename(outsider->folder, "library.db", NULL);
    outsider->url = g_strdup_printf("sqlite:%s", path);
    if (sqlite3_open(path, &outsider->sqlite) != SQLITE_OK)
        fail_msg("%s: %s", path, sqlite3_errmsg(outsider->sqlite));
}

static void
close_sqlite(Outsider *outsider)
{
    sqlite3_close(outsider->sqlite);
    g_autoptr(GDir) folder = g_dir_open(outsider->folder, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(outsider->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(outsider->folder);
    g_free(outsider->folder);
}

static int
append_sqlite_row(void *data, int n_columns, char **values, char **names)
{
    (void) names;
    GString *text = data;
    if (text->len > 0)
        g_string_append_c(text, '\n');
    for (int i = 0; i < n_columns; i++)
        append_value(text, i, values[i]);
    return 0;
}

static char *
query_sqlite(sqlite3 *db, const char *sql, char **ret_complaint)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (sqlite3_exec(db, sql, append_sqlite_row, text, NULL) == SQLITE_OK)
        return g_string_free(g_steal_pointer(&text), FALSE);
    *ret_complaint = g_strdup(sqlite3_errmsg(db));
    return NULL;
}

/* --- PostgreSQL -------------------------------------------------------------------- */

static char *
query_postgres(PGconn *db, const char *sql, char **ret_complaint)
{
    PGresult *result = PQexec(db, sql);
    ExecStatusType status = PQresultStatus(result);
    GString *text = g_string_new(NULL);
    for (int row = 0; row < PQntuples(result); row++) {
        g_string_append(text, row > 0 ? "\n" : "");
        for (int i = 0; i < PQnfields(result); i++)
            append_value(
                text, i, PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i));
    }
    PQclear(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return g_string_free(text, FALSE);
    g_string_free(text, TRUE);
    *ret_complaint = g_strdup(PQerrorMessage(db));
    return NULL;
}

static void
run_postgres(Outsider *outsider, const char *sql)
{
    g_autofree char *complaint = NULL;
    g_autofree char *rows = query_postgres(outsider->postgres, sql, &complaint);
    if (rows == NULL)
        fail_msg("%s: %s", sql, complaint);
}

/* A URL, or a connection string, with one more parameter. */
static char *
add_search_path(const char *url, const char *schema)
{
    if (strstr(url, "://") == NULL)
        return g_strdup_printf("%s options='-c search_path=%s'", url, schema);
    const char *joint = strchr(url, '?') != NULL ? "&" : "?";
    return g_strdup_printf("%s%soptions=-c%%20search_path%%3D%s", url, joint, schema);
}

/* A test that failed can leave a transaction open, which is not waited for for ever. */
static void
drop_schema(Outsider *outsider)
{
    g_autofree char *sql = g_strdup_printf("BEGIN;"
                                           "SET LOCAL lock_timeout = '20s';"
                                           "DROP SCHEMA IF EXISTS %s CASCADE;"
                                           "COMMIT",
                                           outsider->schema);
    run_postgres(outsider, sql);
}

static void
open_postgres(Outsider *outsider)
{
    const char *server = g_getenv("KITH_TEST_POSTGRES");
    if (server == NULL || *server == '\0')
        fail_msg("KITH_TEST_POSTGRES has to hold the URL of a PostgreSQL server for the "
                 "tests");
    outsider->schema = g_strdup_printf("kith_test_%ld", (long) getpid());
    outsider->url = add_search_path(server, outsider->schema);
    outsider->postgres = PQconnectdb(outsider->url);
    if (PQstatus(outsider->postgres) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(outsider->postgres));
    run_postgres(outsider, "SET client_min_messages = warning");
    drop_schema(outsider);
    g_autofree char *sql = g_strdup_printf("CREATE SCHEMA %s", outsider->schema);
    run_postgres(outsider, sql);
}

static void
close_postgres(Outsider *outsider)
{
    drop_schema(outsider);
    PQfinish(outsider->postgres);
    g_free(outsider->schema);
}

/* --- the two together -------------------------------------------------------------- */

Outsider *
outsider_new(bool on_sqlite)
{
    Outsider *outsider = g_new0(Outsider, 1);
    if (on_sqlite)
        open_sqlite(outsider);
    else
        open_postgres(outsider);
    return outsider;
}

void
outsider_free(Outsider *outsider)
{
    if (outsider == NULL)
        return;
    if (outsider->sqlite != NULL)
        close_sqlite(outsider);
    else
        close_postgres(outsider);
    g_free(outsider->url);
    g_free(outsider);
}

const char *
outsider_url(const Outsider *outsider)
{
    return outsider->url;
}

char *
outsider_query(Outsider *outsider, const char *sql, char **ret_complaint)
{
    return outsider->sqlite != NULL
               ? query_sqlite(outsider->sqlite, sql, ret_complaint)
               : query_postgres(outsider->postgres, sql, ret_complaint);
}

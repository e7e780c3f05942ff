/*
 * postgres-error.c - from results of libpq to errors: which code, what it is about, in
 * words.
 *
 * The server decides what went wrong (SQLSTATE); whether the connection is lost, only
 * PQstatus() tells: class 08 also comes over connections that live, from servers that
 * stand behind others.
 */
#include "postgres-error.h"

#include "error.h"

#include <string.h>

#define NO_SUCH_TABLE "42P01"

static const char *
field(const PGresult *result, int which)
{
    const char *text = result != NULL ? PQresultErrorField(result, which) : NULL;
    return text != NULL ? text : "";
}

static const char *
null_if_empty(const char *text)
{
    return *text != '\0' ? text : NULL;
}

/* --- notices ----------------------------------------------------------------------- */

bool
kith_postgres_result_is_fatal(const PGresult *result)
{
    const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* Lost transactions, constraints, an operator at work; not "table exists, skipping". */
static bool
could_be_a_reason(const PGresult *result)
{
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    return kith_postgres_result_is_fatal(result) || g_str_has_prefix(sqlstate, "40")
           || g_str_has_prefix(sqlstate, "23") || g_str_has_prefix(sqlstate, "57");
}

void
kith_postgres_notice_keep(KithPostgresNotice *notice, const PGresult *result)
{
    notice->is_fatal = notice->is_fatal || kith_postgres_result_is_fatal(result);
    if (notice->text != NULL || !could_be_a_reason(result))
        return;
    g_strlcpy(notice->sqlstate, field(result, PG_DIAG_SQLSTATE), sizeof notice->sqlstate);
    notice->text = kith_postgres_one_line(field(result, PG_DIAG_MESSAGE_PRIMARY));
}

void
kith_postgres_notice_clear(KithPostgresNotice *notice)
{
    g_free(notice->text);
    *notice = (KithPostgresNotice){ .text = NULL };
}

/* --- text -------------------------------------------------------------------------- */

/* Lines are joined, indents and the full stop at the end go. */
char *
kith_postgres_one_line(const char *message)
{
    GString *line = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    for (char **at = lines; *at != NULL; at++) {
        const char *text = g_strstrip(*at);
        if (*text != '\0')
            g_string_append_printf(line, "%s%s", line->len > 0 ? "; " : "", text);
    }
    if (line->len > 0 && line->str[line->len - 1] == '.')
        g_string_truncate(line, line->len - 1);
    return g_string_free(line, FALSE);
}

/*
 * The columns in "Key (a, b)=(1, 2) already exists." The server names them nowhere else.
 * NULL in another language, and for an index on an expression, which is no column.
 */
static char *
columns_of_key(const char *detail)
{
    static const char before[] = "Key (";
    if (!g_str_has_prefix(detail, before))
        return NULL;
    const char *begin = detail + sizeof before - 1;
    const char *end = strstr(begin, ")=(");
    if (end == NULL || memchr(begin, '(', (size_t) (end - begin)) != NULL)
        return NULL;
    GString *columns = g_string_new_len(begin, end - begin);
    g_string_replace(columns, "\"", "", 0);
    return g_string_free(columns, FALSE);
}

/* Does the failure come from the side of the row that is referred to? */
static bool
is_still_referred_to(const PGresult *result)
{
    return strstr(field(result, PG_DIAG_MESSAGE_DETAIL), "still referenced") != NULL;
}

/* The columns that a constraint is about. (transfer full) (nullable) */
static char *
columns_of(const PGresult *result, KithErrorCode code)
{
    const char *column = field(result, PG_DIAG_COLUMN_NAME);
    if (*column != '\0')
        return g_strdup(column);
    if (code == KITH_ERROR_UNIQUE)
        return columns_of_key(field(result, PG_DIAG_MESSAGE_DETAIL));
    /* The key in the detail is then one of the other table. */
    if (code == KITH_ERROR_FOREIGN_KEY && !is_still_referred_to(result))
        return columns_of_key(field(result, PG_DIAG_MESSAGE_DETAIL));
    return NULL;
}

/* The detail of these is the whole row, with columns that nobody is to see. */
static bool
shows_row(KithErrorCode code)
{
    return code == KITH_ERROR_CHECK || code == KITH_ERROR_NOT_NULL;
}

/* "authors.name", "books (tenant, isbn)", or what else is known. (transfer full) */
static char *
subject(const KithErrorDetails *details)
{
    if (details->table != NULL && details->column != NULL) {
        bool is_one = strchr(details->column, ',') == NULL;
        return g_strdup_printf(
            is_one ? "%s.%s" : "%s (%s)", details->table, details->column);
    }
    if (details->constraint != NULL)
        return g_strdup_printf("what the constraint \"%s\" is about",
                               details->constraint);
    return g_strdup(details->table != NULL ? details->table : "a value");
}

/* What happened, in words. (transfer full) */
static char *
say(KithErrorCode code, const KithErrorDetails *details, const PGresult *result)
{
    g_autofree char *about = subject(details);
    switch (code) {
    case KITH_ERROR_UNIQUE:
        return g_strdup_printf("unique: %s is taken already", about);
    case KITH_ERROR_FOREIGN_KEY:
        if (is_still_referred_to(result))
            return g_strdup_printf("foreign key: rows of %s still refer to it",
                                   details->table);
        return g_strdup_printf("foreign key: %s refers to a row that is not there",
                               about);
    case KITH_ERROR_NOT_NULL:
        return g_strdup_printf("not null: %s cannot be NULL", about);
    case KITH_ERROR_CHECK:
        return g_strdup_printf("check: the table refused %s", about);
    case KITH_ERROR_SERIALIZATION:
        return g_strdup("serialization: lost against another transaction");
    case KITH_ERROR_BUSY:
        return g_strdup("busy: somebody else holds the lock");
    case KITH_ERROR_CONNECTION:
        return g_strdup("connection: lost, or refused by the server");
    case KITH_ERROR_OUTCOME_UNKNOWN:
        return g_strdup(
            "outcome unknown: the server cannot tell whether it was committed");
    case KITH_ERROR_TIMEOUT:
        return g_strdup("timeout: the statement took longer than it may");
    case KITH_ERROR_CANCELLED:
        return g_strdup("cancelled: the statement was cancelled");
    case KITH_ERROR_TYPE:
        return g_strdup("type: a value that the database cannot hold");
    case KITH_ERROR_MAPPING:
        if (g_strcmp0(details->sqlstate, NO_SUCH_TABLE) == 0)
            return g_strdup("mapping: the database has no such table; "
                            "kith_schema_create() makes those of the mappings");
        return g_strdup(
            "mapping: the database has no such column, or one of another type");
    default:
        return g_strdup("sql: the database refused the statement");
    }
}

/* --- which error it is ------------------------------------------------------------- */

bool
kith_postgres_result_is_unprepared(const PGresult *result)
{
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0)
        return true;
    /* "cached plan must not change result type"; the code alone can mean anything. */
    return strcmp(sqlstate, "0A000") == 0
           && strcmp(field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery")
                  == 0;
}

/* Distributed servers report what happened on another node as an internal error. */
static KithErrorCode
code_of_internal(const char *message)
{
    static const struct {
        const char *text;
        KithErrorCode code;
    } causes[] = {
        { "could not commit",
          KITH_ERROR_OUTCOME_UNKNOWN }, /* Citus, in the second phase */
        { "violates unique constraint", KITH_ERROR_UNIQUE },
        { "violates foreign key constraint", KITH_ERROR_FOREIGN_KEY },
        { "violates not-null constraint", KITH_ERROR_NOT_NULL },
        { "violates check constraint", KITH_ERROR_CHECK },
        { "Try again", KITH_ERROR_SERIALIZATION }, /* YugabyteDB, as the rest */
        { "Restart read required", KITH_ERROR_SERIALIZATION },
        { "Catalog Version Mismatch", KITH_ERROR_SERIALIZATION },
        { "schema version mismatch", KITH_ERROR_SERIALIZATION },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if (strstr(message, causes[i].text) != NULL)
            return causes[i].code;
    }
    return KITH_ERROR_SQL;
}

static KithErrorCode
code_of(const PGresult *result, const char *sqlstate)
{
    if (strcmp(sqlstate, "XX000") == 0)
        return code_of_internal(field(result, PG_DIAG_MESSAGE_PRIMARY));
    KithErrorCode code = kith_error_code_from_sqlstate(sqlstate);
    /* The driver prepares anew when it meets the statement again: begin again. */
    if (kith_postgres_result_is_unprepared(result))
        return KITH_ERROR_SERIALIZATION;
    /* One code for both; a timeout of the server says so in its text only. */
    if (code == KITH_ERROR_CANCELLED
        && strstr(field(result, PG_DIAG_MESSAGE_PRIMARY), "timeout") != NULL)
        return KITH_ERROR_TIMEOUT;
    /* What a replica ends a connection with may work on the next one. */
    if (kith_postgres_result_is_fatal(result) && code != KITH_ERROR_SERIALIZATION
        && code != KITH_ERROR_OUTCOME_UNKNOWN)
        return KITH_ERROR_CONNECTION;
    return code;
}

static GError *
connection_error(const PGconn *conn,
                 const PGresult *result,
                 const KithPostgresNotice *notice)
{
    bool is_lost = PQstatus(conn) == CONNECTION_BAD || notice->is_fatal;
    const char *words =
        result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(conn);
    g_autofree char *text =
        kith_postgres_one_line(notice->text != NULL ? notice->text : words);
    KithErrorDetails details = { .sqlstate = null_if_empty(notice->sqlstate) };
    GError *error = NULL;
    kith_error_set_details(&error,
                           is_lost ? KITH_ERROR_CONNECTION : KITH_ERROR_SQL,
                           &details,
                           "%s: %s",
                           is_lost ? "connection: lost"
                                   : "sql: the database refused the statement",
                           *text != '\0' ? text : "the server closed it");
    return error;
}

GError *
kith_postgres_error_new(const PGconn *conn,
                        const PGresult *result,
                        const KithPostgresNotice *notice)
{
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (*sqlstate == '\0')
        return connection_error(conn, result, notice);
    /* Citus: COMMIT fails as an internal error, the reason went before as a warning. */
    if (strcmp(sqlstate, "XX000") == 0 && notice->text != NULL)
        sqlstate = notice->sqlstate;
    KithErrorCode code = code_of(result, sqlstate);
    g_autofree char *columns = columns_of(result, code);
    KithErrorDetails details = {
        .sqlstate = sqlstate,
        .constraint = null_if_empty(field(result, PG_DIAG_CONSTRAINT_NAME)),
        .table = null_if_empty(field(result, PG_DIAG_TABLE_NAME)),
        .column = columns,
    };
    g_autofree char *what = say(code, &details, result);
    g_autofree char *primary =
        kith_postgres_one_line(field(result, PG_DIAG_MESSAGE_PRIMARY));
    g_autofree char *detail = kith_postgres_one_line(
        shows_row(code) ? "" : field(result, PG_DIAG_MESSAGE_DETAIL));
    const char *reason = notice->text != NULL ? notice->text : "";
    GError *error = NULL;
    kith_error_set_details(&error,
                           code,
                           &details,
                           "%s: %s%s%s%s%s",
                           what,
                           primary,
                           *detail != '\0' ? ": " : "",
                           detail,
                           *reason != '\0' ? ": " : "",
                           reason);
    return error;
}

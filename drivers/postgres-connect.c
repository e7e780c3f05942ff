/*
 * postgres-connect.c - opens a connection, and asks what is on its other end.
 *
 * The URL is never part of a message, as it can hold a password; what libpq says is
 * searched for the passwords in it before it is passed on.
 */
#include "postgres-connect.h"

#include "error.h"
#include "postgres-error.h"

#include <stdlib.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, PQfinish)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PQconninfoOption, PQconninfoFree)

#define DEFAULT_CONNECT_TIMEOUT_SEC 10
#define HIDDEN "(hidden)"

static bool
has_scheme(const char *url)
{
    return g_str_has_prefix(url, "postgresql://") || g_str_has_prefix(url, "postgres://");
}

/* The value that the URL gives for @keyword, or NULL. */
static const char *
value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    }
    return NULL;
}

static bool
is_any_set(const PQconninfoOption *options)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (options->val != NULL)
            return true;
    }
    return false;
}

bool
kith_postgres_accepts(const char *url)
{
    if (has_scheme(url))
        return true;
    g_autoptr(PQconninfoOption) options = PQconninfoParse(url, NULL);
    return is_any_set(options);
}

/* Read the URL. Of libpq's complaint, only what stands before a quotation is shown. */
static PQconninfoOption *
parse(const char *url, GError **error)
{
    char *complaint = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &complaint);
    if (options != NULL)
        return options;
    g_autofree char *line = kith_postgres_one_line(complaint != NULL ? complaint : "");
    PQfreemem(complaint);
    line[strcspn(line, "\"")] = '\0';
    kith_error_set(error,
                   KITH_ERROR_CONNECTION,
                   "connection: the URL or the connection string cannot be read: %s",
                   g_strchomp(line));
    return NULL;
}

/* Do both belong to one word? */
static bool
are_joined(char one, char next)
{
    return g_ascii_isalnum(one) && g_ascii_isalnum(next);
}

/* A short password is a part of many words: only where it is all of one it is hidden. */
static void
hide(GString *text, const char *secret)
{
    size_t length = secret != NULL ? strlen(secret) : 0;
    for (size_t at = 0; length > 0 && at + length <= text->len; at++) {
        const char *found = text->str + at;
        bool is_part = (at > 0 && are_joined(found[-1], found[0]))
                       || are_joined(found[length - 1], found[length]);
        if (is_part || strncmp(found, secret, length) != 0)
            continue;
        g_string_erase(text, (gssize) at, (gssize) length);
        g_string_insert(text, (gssize) at, HIDDEN);
        at += strlen(HIDDEN) - 1;
    }
}

static void
refuse(const PGconn *conn, const PQconninfoOption *options, GError **error)
{
    g_autofree char *line = kith_postgres_one_line(PQerrorMessage(conn));
    g_autoptr(GString) text = g_string_new(line);
    hide(text, value_of(options, "password"));
    hide(text, value_of(options, "sslpassword"));
    kith_error_set(
        error, KITH_ERROR_CONNECTION, "connection: cannot connect: %s", text->str);
}

/* The later keyword wins: defaults stand before the URL, what must hold after it. */
static PGconn *
dial(const char *url, const KithConnectOptions *options)
{
    int64_t msec = options != NULL ? options->connect_timeout_msec : 0;
    int64_t seconds =
        msec > 0 ? msec / 1000 + (msec % 1000 != 0) : DEFAULT_CONNECT_TIMEOUT_SEC;
    g_autofree char *timeout =
        g_strdup_printf("%" G_GINT64_FORMAT, MIN(seconds, G_MAXINT));
    const char *keywords[] = {
        "connect_timeout", "fallback_application_name", "dbname", "client_encoding", NULL
    };
    const char *values[] = { timeout, "kith", url, "UTF8", NULL };
    return PQconnectdbParams(keywords, values, 1);
}

static bool
is_utc(const char *zone)
{
    static const char *const names[] = { "UTC",     "Etc/UTC", "GMT",
                                         "Etc/GMT", "Zulu",    "Etc/Zulu" };
    for (size_t i = 0; zone != NULL && i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(zone, names[i]) == 0)
            return true;
    }
    return false;
}

/*
 * One question, for two things. A pooler makes up the process id that it gives to its
 * clients. And a timestamp without a zone is UTC for us, which the server only agrees to
 * when that is its zone. A server that cannot answer is used as if through a pooler: that
 * always works.
 */
static bool
ask(PGconn *conn, bool *ret_is_pooled)
{
    const char *sql = is_utc(PQparameterStatus(conn, "TimeZone"))
                          ? "SELECT pg_catalog.pg_backend_pid()"
                          : "SELECT pg_catalog.pg_backend_pid(), "
                            "pg_catalog.set_config('TimeZone', 'UTC', false)";
    g_autoptr(PGresult) result = PQexec(conn, sql);
    bool has_answer = PQresultStatus(result) == PGRES_TUPLES_OK;
    *ret_is_pooled = !has_answer || atoi(PQgetvalue(result, 0, 0)) != PQbackendPID(conn);
    return PQstatus(conn) == CONNECTION_OK;
}

PGconn *
kith_postgres_connect(const char *url,
                      const KithConnectOptions *options,
                      bool *ret_is_pooled,
                      GError **error)
{
    g_autoptr(PQconninfoOption) parsed = parse(url, error);
    if (parsed == NULL)
        return NULL;
    g_autoptr(PGconn) conn = dial(url, options);
    if (PQstatus(conn) == CONNECTION_OK && ask(conn, ret_is_pooled))
        return g_steal_pointer(&conn);
    refuse(conn, parsed, error);
    return NULL;
}

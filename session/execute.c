/*
 * execute.c - SQL by hand that gives no rows. The text is taken apart by query-raw.c, and
 * is a statement of the transaction. What it changes only the database knows: all that is
 * loaded is expired, and again if the transaction is rolled back.
 */
#include "query.h"

#include "column.h"
#include "convert.h"
#include "error.h"
#include "flush.h"
#include "sql.h"
#include "stream.h"
#include "transaction.h"

#include <string.h>

#define NAME "kith_unsafe_execute"

/* --- before anything is sent ------------------------------------------------------- */

/* The session would not know that a transaction has ended. */
static bool
check_statement(const char *sql, GError **error)
{
    static const char *const refused[] = { "ABORT",   "BEGIN",   "COMMIT",   "END",
                                           "PREPARE", "RELEASE", "ROLLBACK", "SAVEPOINT",
                                           "START",   NULL };
    g_autofree char *word = kith_raw_first_word(sql);
    if (word[0] == '\0')
        kith_error_set(error, KITH_ERROR_MISUSE, NAME ": the text holds no statement");
    else if (g_strv_contains(refused, word))
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       NAME
                       ": %s: a transaction is begun, ended and divided by the calls "
                       "for it, not by SQL",
                       word);
    else
        return true;
    return false;
}

static bool
check_value(const KithNamedValue *named, GError **error)
{
    const KithValue *value = &named->value;
    bool is_scalar = value->kind != KITH_KIND_OBJECT && value->kind != KITH_KIND_ENUM;
    if (!is_scalar)
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       NAME ": the parameter '%s' cannot be of type %s",
                       named->name,
                       kith_kind_name(value->kind));
    else if (value->kind == KITH_KIND_TEXT && !g_utf8_validate(value->as.text, -1, NULL))
        kith_error_set(error,
                       KITH_ERROR_TYPE,
                       NAME ": the parameter '%s' is a text that is not UTF-8",
                       named->name);
    else
        return true;
    return false;
}

static bool
is_asked_for(const char *name, const KithRaw *raw)
{
    for (; raw != NULL && raw->parameter.op != KITH_OP_END; raw = raw->next) {
        if (strcmp(raw->parameter.value.as.text, name) == 0)
            return true;
    }
    return false;
}

/* A name that is mistyped is a value too many. */
static bool
check_values(const KithNamedValue *values, const KithRaw *raw, GError **error)
{
    for (; values != NULL && values->name != NULL; values++) {
        if (!is_asked_for(values->name, raw)) {
            kith_error_set(error,
                           KITH_ERROR_MISUSE,
                           NAME ": there is no parameter ':%s' in the statement",
                           values->name);
            return false;
        }
        if (!check_value(values, error))
            return false;
    }
    return true;
}

static const KithValue *
find_value(const KithNamedValue *values, const char *name, GError **error)
{
    for (; values != NULL && values->name != NULL; values++) {
        if (strcmp(values->name, name) == 0)
            return &values->value;
    }
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   NAME
                   ": the parameter '%s' has no value; give it one with kith_named()",
                   name);
    return NULL;
}

/* The text with the database's own parameters, and their values. */
static bool
write_statement(const KithSession *session,
                const KithRaw *raw,
                const KithNamedValue *values,
                GString *sql,
                GArray *parameters,
                GError **error)
{
    const KithDialect *dialect = session->engine->driver->dialect;
    for (; raw != NULL; raw = raw->next) {
        g_string_append(sql, raw->text);
        if (raw->parameter.op == KITH_OP_END)
            break;
        const KithValue *value = find_value(values, raw->parameter.value.as.text, error);
        if (value == NULL)
            return false;
        KithParameter parameter = { .kind = value->kind,
                                    .value = kith_value_data(value) };
        g_array_append_val(parameters, parameter);
        kith_sql_parameter(sql, dialect, parameters->len);
    }
    return true;
}

static bool
check_session(KithSession *session, GError **error)
{
    if (!session->is_flushing)
        return kith_streams_check(session, error);
    kith_error_set(error, KITH_ERROR_MISUSE, NAME ": a hook cannot run SQL by hand");
    return false;
}

/* --- running ----------------------------------------------------------------------- */

static bool
check_end(KithFetched fetched, GError **error)
{
    if (fetched == KITH_FETCHED_END)
        return true;
    g_clear_error(error);
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   NAME ": the statement gives rows; kith_unsafe_sql() is for these");
    return false;
}

static bool
run(KithConnection *connection,
    const KithStatement *statement,
    const GArray *parameters,
    size_t *ret_n,
    GError **error)
{
    const KithLayout layout = { .entity = NAME };
    const KithParameter *values = (const KithParameter *) (const void *) parameters->data;
    g_autoptr(GError) failure = NULL;
    if (!kith_connection_query(connection, statement, values, parameters->len, error))
        return false;
    bool done = check_end(
        kith_connection_fetch(connection, &layout, NULL, NULL, &failure), &failure);
    if (done)
        *ret_n = kith_connection_changed(connection);
    kith_connection_finish(connection, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

static bool
run_in_transaction(KithSession *session,
                   const char *sql,
                   const GArray *parameters,
                   int64_t *ret_n,
                   KithPlace place,
                   GError **error)
{
    size_t n = 0;
    if (!kith_flush_before_unknown(session, place, error)
        || !kith_transaction_open(session, NULL, place, error))
        return false;
    const KithStatement *statement = kith_engine_statement(session->engine, sql);
    if (!run(session->connection, statement, parameters, &n, error)) {
        kith_transaction_fail(session, place);
        return false;
    }
    session->has_unknown_writes = true;
    kith_expire_all(session);
    if (ret_n != NULL)
        *ret_n = (int64_t) n;
    return true;
}

bool
kith_session_unsafe_execute(KithSession *session,
                            const char *sql,
                            const KithNamedValue *values,
                            int64_t *ret_n,
                            KithPlace place,
                            GError **error)
{
    KithArena arena;
    kith_arena_init(&arena, NULL, 0);
    const KithRaw *raw = kith_raw_parse(&arena, sql);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) parameters = g_array_new(FALSE, FALSE, sizeof(KithParameter));
    bool done =
        check_session(session, error) && check_statement(sql, error)
        && check_values(values, raw, error)
        && write_statement(session, raw, values, text, parameters, error)
        && run_in_transaction(session, text->str, parameters, ret_n, place, error);
    kith_arena_clear(&arena);
    return done;
}

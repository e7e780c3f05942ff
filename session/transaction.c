/*
 * transaction.c - begin, commit, roll back, savepoints: what each does to the database,
 * and with the journal to the objects.
 */
#include "transaction.h"

#include "backoff.h"
#include "change.h"
#include "error.h"
#include "events.h"
#include "flush.h"
#include "link.h"
#include "sql.h"
#include "stream.h"

/* --- opening and closing ----------------------------------------------------------- */

bool
kith_transaction_open(KithSession *session,
                      const KithTransactionOptions *options,
                      KithPlace place,
                      GError **error)
{
    if (session->connection != NULL) {
        session->connection->place = place;
        return true;
    }
    KithConnection *connection = kith_session_connect(session, place, error);
    if (connection == NULL)
        return false;
    const KithDialect *dialect = connection->driver->dialect;
    g_autofree char *special = options != NULL ? kith_sql_begin(dialect, options) : NULL;
    const char *begin = special != NULL ? special : dialect->begin;
    if (!kith_connection_command(connection, begin, error)) {
        kith_engine_return(session->engine, connection);
        return false;
    }
    session->connection = connection;
    session->is_read_only = options != NULL && options->read_only;
    return true;
}

/* The transaction has ended, one way or the other: the next one is another unit of work.
 */
static void
end(KithSession *session)
{
    KithConnection *connection = session->connection;
    session->connection = NULL;
    session->is_read_only = false;
    session->has_unknown_writes = false;
    session->epoch++;
    session->written = NULL;
    g_ptr_array_set_size(session->retired, 0);
    if (connection != NULL)
        kith_engine_return(session->engine, connection);
}

/* Of what was changed unseen, and is lost again, the journal knows nothing. */
static void
expire_unknown(KithSession *session)
{
    if (session->has_unknown_writes)
        kith_expire_all(session);
}

void
kith_transaction_abandon(KithSession *session, KithPlace place)
{
    if (session->connection != NULL) {
        session->connection->place = place;
        /* If this fails the connection is lost, and the transaction with it. */
        (void) kith_connection_rollback(session->connection, "ROLLBACK", NULL);
    }
    end(session);
}

/* --- savepoints -------------------------------------------------------------------- */

/* "kith_1" is the outermost. */
static char *
savepoint_sql(const KithSession *session, const char *verb)
{
    return g_strdup_printf("%s kith_%u", verb, session->savepoints->len);
}

static guint
innermost(const KithSession *session)
{
    const GArray *savepoints = session->savepoints;
    return savepoints->len > 0 ? g_array_index(savepoints, guint, savepoints->len - 1)
                               : 0;
}

bool
kith_session_savepoint(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_flush_now(session, place, error)
        || !kith_transaction_open(session, NULL, place, error))
        return false;
    guint length = session->journal->len;
    g_array_append_val(session->savepoints, length);
    g_autofree char *sql = savepoint_sql(session, "SAVEPOINT");
    if (kith_connection_command(session->connection, sql, error)
        && kith_connection_sync(session->connection, error))
        return true;
    g_array_set_size(session->savepoints, session->savepoints->len - 1);
    kith_transaction_fail(session, place);
    return false;
}

static bool
check_savepoint(const KithSession *session, GError **error)
{
    if (session->savepoints->len > 0)
        return true;
    kith_error_set(
        error, KITH_ERROR_MISUSE, "there is no savepoint; set one with kith_savepoint()");
    return false;
}

bool
kith_session_savepoint_release(KithSession *session, KithPlace place, GError **error)
{
    if (!check_savepoint(session, error) || !kith_flush_now(session, place, error))
        return false;
    g_autofree char *sql = savepoint_sql(session, "RELEASE SAVEPOINT");
    session->connection->place = place;
    if (!kith_connection_command(session->connection, sql, error)
        || !kith_connection_sync(session->connection, error)) {
        kith_transaction_fail(session, place);
        return false;
    }
    g_array_set_size(session->savepoints, session->savepoints->len - 1);
    return true;
}

bool
kith_session_savepoint_rollback(KithSession *session, KithPlace place, GError **error)
{
    if (!check_savepoint(session, error) || !kith_session_check_idle(session, error))
        return false;
    g_clear_error(&session->misuse);
    g_autofree char *back = savepoint_sql(session, "ROLLBACK TO SAVEPOINT");
    g_autofree char *release = savepoint_sql(session, "RELEASE SAVEPOINT");
    session->connection->place = place;
    if (!kith_connection_rollback(session->connection, back, error)
        || !kith_connection_command(session->connection, release, error)
        || !kith_connection_sync(session->connection, error)) {
        kith_session_rollback(session, place);
        return false;
    }
    kith_journal_undo(session, innermost(session), KITH_UNDO_ALL);
    expire_unknown(session);
    g_array_set_size(session->savepoints, session->savepoints->len - 1);
    return true;
}

/* --- failure ----------------------------------------------------------------------- */

void
kith_transaction_fail(KithSession *session, KithPlace place)
{
    if (session->savepoints->len > 0) {
        g_autofree char *back = savepoint_sql(session, "ROLLBACK TO SAVEPOINT");
        session->connection->place = place;
        if (kith_connection_rollback(session->connection, back, NULL)) {
            kith_journal_undo(session, innermost(session), KITH_UNDO_ROWS);
            expire_unknown(session);
            return;
        }
    }
    kith_transaction_lose(session, place);
}

void
kith_transaction_lose(KithSession *session, KithPlace place)
{
    kith_journal_undo(session, 0, KITH_UNDO_ROWS);
    kith_journal_forget(session);
    expire_unknown(session);
    kith_transaction_abandon(session, place);
}

/* --- begin, commit, roll back ------------------------------------------------------ */

bool
kith_session_begin(KithSession *session,
                   const KithTransactionOptions *options,
                   KithPlace place,
                   GError **error)
{
    if (session->connection != NULL) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "a transaction is open already; commit it, roll it back, or set a savepoint");
        return false;
    }
    return kith_transaction_open(session, options, place, error);
}

static bool
commit(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_flush_and_commit(session, place, error))
        return false;
    bool was_open = session->connection != NULL;
    kith_journal_commit(session);
    kith_links_settle(session);
    end(session);
    if (was_open)
        (void) kith_events_run(session, KITH_AFTER_COMMIT, NULL);
    return true;
}

/*
 * A commit that stands alone, with a transaction that it opened by itself, has read
 * nothing in it that could be outdated: after it lost against another one, all it has to
 * do is to be done again.
 */
bool
kith_session_commit(KithSession *session, KithPlace place, GError **error)
{
    bool stands_alone = session->connection == NULL;
    for (unsigned attempt = 1;; attempt++) {
        g_autoptr(GError) failure = NULL;
        if (commit(session, place, &failure))
            return true;
        if (!stands_alone || attempt == KITH_DEFAULT_ATTEMPTS
            || !g_error_matches(failure, KITH_ERROR, KITH_ERROR_SERIALIZATION)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        kith_backoff(NULL, attempt + 1);
    }
}

bool
kith_session_flush(KithSession *session, KithPlace place, GError **error)
{
    return kith_flush_now(session, place, error);
}

void
kith_session_rollback(KithSession *session, KithPlace place)
{
    if (session->is_flushing) {
        kith_session_blame(
            session, place, "a hook cannot roll back: it runs in the middle of a flush");
        return;
    }
    g_clear_error(&session->misuse);
    kith_streams_close(session, false);
    kith_journal_undo(session, 0, KITH_UNDO_ALL);
    kith_journal_forget(session);
    expire_unknown(session);
    kith_transaction_abandon(session, place);
    (void) kith_events_run(session, KITH_AFTER_ROLLBACK, NULL);
}

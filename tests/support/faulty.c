/*
 * faulty.c - see the header. Counted are the calls that send: open, command, submit, sync, commit and
 * query. A connection that is lost takes its open transaction with it, as the database would.
 */
#include "faulty.h"

#include "connection.h"
#include "engine.h"
#include "error.h"

#include <string.h>

struct KithHandle {
    KithHandle *real; /* NULL: the connection is lost */
    bool has_failed;  /* until it is rolled back */
};

static struct {
    const KithDriver *real;
    KithDriver table;
    Fault fault;
    unsigned countdown;
    FaultyCall fired_at;
    bool has_commanded; /* since it was armed; not BEGIN */
    char *complaint;
} faulty;

/* --- failing ----------------------------------------------------------------------------------- */

/* Is it this call that has to fail? */
static bool
is_due(FaultyCall call)
{
    if (faulty.countdown == 0 || --faulty.countdown > 0)
        return false;
    faulty.fired_at = call;
    return true;
}

static void
lose(KithHandle *handle)
{
    faulty.real->close(handle->real);
    handle->real = NULL;
}

static bool
fail(KithHandle *handle, GError **error)
{
    if (faulty.fault == FAULT_BUSY) {
        kith_error_set(error, KITH_ERROR_BUSY, "busy: so the test wants it");
        return false;
    }
    if (handle != NULL)
        lose(handle);
    kith_error_set(error, KITH_ERROR_CONNECTION, "connection lost: so the test wants it");
    return false;
}

/* A lost connection answers nothing, and a failed transaction nothing but a rollback. */
static bool
check_usable(const KithHandle *handle, const char *call, GError **error)
{
    if (handle->real == NULL) {
        kith_error_set(error, KITH_ERROR_CONNECTION, "connection lost: it was before");
        return false;
    }
    if (!handle->has_failed)
        return true;
    if (faulty.complaint == NULL)
        faulty.complaint = g_strdup_printf("%s() in a transaction that has failed", call);
    kith_error_set(error, KITH_ERROR_MISUSE, "misuse: the transaction failed; roll it back");
    return false;
}

static bool
fail_in_transaction(KithHandle *handle, GError **error)
{
    handle->has_failed = true;
    return fail(handle, error);
}

/* --- connecting ---------------------------------------------------------------------------------- */

static bool
faulty_accepts(const char *url)
{
    return faulty.real->accepts(url);
}

static KithHandle *
faulty_open(const char *url, const KithConnectOptions *options, GError **error)
{
    if (is_due(FAULTY_OPEN)) {
        (void) fail(NULL, error);
        return NULL;
    }
    KithHandle *real = faulty.real->open(url, options, error);
    if (real == NULL)
        return NULL;
    KithHandle *handle = g_new0(KithHandle, 1);
    handle->real = real;
    return handle;
}

static void
faulty_close(KithHandle *handle)
{
    if (handle == NULL)
        return;
    faulty.real->close(handle->real);
    g_free(handle);
}

static bool
faulty_is_alive(const KithHandle *handle)
{
    return handle->real != NULL && faulty.real->is_alive(handle->real);
}

static bool
faulty_has_failed(const KithHandle *handle)
{
    return handle->real == NULL || handle->has_failed
           || faulty.real->has_failed(handle->real);
}

/* --- writing --------------------------------------------------------------------------------------- */

static bool
faulty_command(KithHandle *handle, const char *sql, GError **error)
{
    if (!check_usable(handle, "command", error))
        return false;
    bool is_begin = g_str_has_prefix(sql, "BEGIN");
    bool is_of_flush = g_str_has_suffix(sql, " kith_flush");
    faulty.has_commanded = faulty.has_commanded || !(is_begin || is_of_flush);
    if (!is_due(is_begin ? FAULTY_BEGIN : is_of_flush ? FAULTY_SUBMIT : FAULTY_COMMAND))
        return faulty.real->command(handle->real, sql, error);
    return is_begin ? fail(handle, error) : fail_in_transaction(handle, error);
}

static bool
fail_commit(KithHandle *handle, GError **error)
{
    if (faulty.fault == FAULT_BUSY) {
        (void) faulty.real->rollback(handle->real, "ROLLBACK", NULL);
        return fail(handle, error);
    }
    lose(handle);
    kith_error_set(error, KITH_ERROR_OUTCOME_UNKNOWN, "connection lost in COMMIT");
    return false;
}

static bool
faulty_commit(KithHandle *handle, GError **error)
{
    if (!check_usable(handle, "commit", error))
        return false;
    if (!is_due(FAULTY_COMMIT))
        return faulty.real->commit(handle->real, error);
    if (faulty.fault != FAULT_LOST_AFTERWARDS)
        return fail_commit(handle, error);
    if (faulty.real->commit(handle->real, error))
        return fail_commit(handle, error);
    faulty.fired_at = FAULTY_NONE;
    return false;
}

static bool
faulty_rollback(KithHandle *handle, const char *sql, GError **error)
{
    handle->has_failed = false;
    return check_usable(handle, "rollback", error)
           && faulty.real->rollback(handle->real, sql, error);
}

static bool
faulty_submit(KithHandle *handle, KithBatch *batch, GError **error)
{
    if (!check_usable(handle, "submit", error))
        return false;
    return is_due(FAULTY_SUBMIT) ? fail_in_transaction(handle, error)
                    : faulty.real->submit(handle->real, batch, error);
}

static bool
faulty_sync(KithHandle *handle, GError **error)
{
    if (!check_usable(handle, "sync", error))
        return false;
    return is_due(faulty.has_commanded ? FAULTY_LAST_SYNC : FAULTY_SYNC) ? fail_in_transaction(handle, error)
                    : faulty.real->sync(handle->real, error);
}

/* --- reading ---------------------------------------------------------------------------------------- */

static KithCursor *
faulty_query(KithHandle *handle,
             const KithStatement *statement,
             const KithParameter *parameters,
             size_t n_parameters,
             GError **error)
{
    if (!check_usable(handle, "query", error))
        return NULL;
    bool makes_keys = strstr(statement->sql, "nextval(") != NULL;
    if (!is_due(makes_keys ? FAULTY_KEYS : FAULTY_QUERY))
        return faulty.real->query(handle->real, statement, parameters, n_parameters, error);
    (void) (makes_keys ? fail_in_transaction(handle, error) : fail(handle, error));
    return NULL;
}

static KithFetched
faulty_fetch(
    KithCursor *cursor, const KithLayout *layout, void *row, size_t *lengths, GError **error)
{
    return faulty.real->fetch(cursor, layout, row, lengths, error);
}

static void
faulty_watch(KithHandle *handle, KithWatch *watch)
{
    if (handle->real != NULL)
        faulty.real->watch(handle->real, watch);
}

static size_t
faulty_changed(const KithCursor *cursor)
{
    return faulty.real->changed(cursor);
}

static void
faulty_finish(KithCursor *cursor)
{
    faulty.real->finish(cursor);
}

/* --- what the test says ----------------------------------------------------------------------------- */

void
faulty_install(KithEngine *engine)
{
    faulty.real = engine->driver;
    faulty.table = (KithDriver){ .version = KITH_DRIVER_VERSION,
                                 .dialect = faulty.real->dialect,
                                 .accepts = faulty_accepts,
                                 .open = faulty_open,
                                 .close = faulty_close,
                                 .is_alive = faulty_is_alive,
                                 .has_failed = faulty_has_failed,
                                 .command = faulty_command,
                                 .commit = faulty_commit,
                                 .rollback = faulty_rollback,
                                 .submit = faulty_submit,
                                 .sync = faulty_sync,
                                 .query = faulty_query,
                                 .fetch = faulty_fetch,
                                 .watch = faulty_watch,
                                 .changed = faulty_changed,
                                 .finish = faulty_finish };
    g_ptr_array_set_size(engine->idle, 0); /* these were opened without the wrapper */
    engine->driver = &faulty.table;
    faulty_disarm();
}

void
faulty_arm(Fault fault, unsigned countdown)
{
    faulty.fault = fault;
    faulty.countdown = countdown;
    faulty.fired_at = FAULTY_NONE;
    faulty.has_commanded = false;
}

void
faulty_disarm(void)
{
    faulty.countdown = 0;
}

FaultyCall
faulty_fired_at(void)
{
    return faulty.fired_at;
}

char *
faulty_take_complaint(void)
{
    return g_steal_pointer(&faulty.complaint);
}

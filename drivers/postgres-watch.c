/*
 * postgres-watch.c - see the header.
 *
 * PQcancel() returns when the server has passed the request on; until then it could still
 * reach a statement that is sent later, so the thread is waited for before one is.
 */
#include "postgres-watch.h"

#include "error.h"

/* From when the server was asked to stop. */
#define GRACE_USEC (3 * G_USEC_PER_SEC)

/* A request that fails shows in that no answer comes. */
static void *
ask_to_stop(void *data)
{
    char complaint[256];
    (void) PQcancel(data, complaint, sizeof complaint);
    PQfreeCancel(data);
    return NULL;
}

static void
stop(KithPostgresWatch *watch, KithStop why, PGconn *conn)
{
    PGcancel *request = PQgetCancel(conn);
    watch->stopped = why;
    watch->gives_up = g_get_monotonic_time() + GRACE_USEC;
    if (request != NULL)
        watch->canceller = g_thread_new("kith-cancel", ask_to_stop, request);
}

static int
msec_until(int64_t time)
{
    return (int) (MAX(time - g_get_monotonic_time(), 0) / 1000) + 1;
}

bool
kith_postgres_watch_wait(KithPostgresWatch *watch, PGconn *conn, struct pollfd *socket)
{
    if (watch->watch == NULL) {
        poll(socket, 1, -1);
        return true;
    }
    if (watch->stopped != KITH_STOP_NONE)
        return poll(socket, 1, msec_until(watch->gives_up)) != 0
               || g_get_monotonic_time() < watch->gives_up;
    struct pollfd both[2] = {
        *socket,
        { .fd = kith_watch_descriptor(watch->watch), .events = POLLIN },
    };
    KithStop why = kith_watch_look(watch->watch);
    if (why == KITH_STOP_NONE) {
        poll(both, 2, kith_watch_msec_left(watch->watch));
        why = kith_watch_look(watch->watch);
    }
    socket->revents = both[0].revents;
    /* What has come is taken: it may be all that there was to wait for. */
    if (why != KITH_STOP_NONE && socket->revents == 0)
        stop(watch, why, conn);
    return true;
}

void
kith_postgres_watch_explain(const KithPostgresWatch *watch, GError **error)
{
    bool is_stop = g_error_matches(*error, KITH_ERROR, KITH_ERROR_CANCELLED)
                   || g_error_matches(*error, KITH_ERROR, KITH_ERROR_TIMEOUT);
    if (!is_stop || watch->stopped == KITH_STOP_NONE || watch->watch == NULL)
        return;
    g_autoptr(GError) said = g_steal_pointer(error);
    kith_watch_set_error(watch->watch, watch->stopped, said->message, error);
    kith_error_add_details(
        *error, &(KithErrorDetails){ .sqlstate = kith_error_sqlstate(said) });
}

void
kith_postgres_watch_end(KithPostgresWatch *watch, bool is_lost)
{
    watch->stopped = KITH_STOP_NONE;
    if (watch->canceller == NULL)
        return;
    if (is_lost)
        g_thread_unref(watch->canceller);
    else
        g_thread_join(watch->canceller);
    watch->canceller = NULL;
}

/*
 * postgres-watch.c - see the header.
 *
 * A request that comes before the statement does finds nothing to stop, so it is repeated
 * until there is an answer. PQcancel() returns when the server has passed the request on;
 * until then it could still reach a statement that is sent later, so its thread is waited
 * for before one is.
 */
#include "postgres-watch.h"

#include "error.h"

/* From when the server was asked to stop. */
#define GRACE_USEC (3 * G_USEC_PER_SEC)
#define FIRST_PAUSE_USEC (20 * 1000)

/* A thread makes it, which nobody may be waiting for any more. */
typedef struct KithPostgresRequest {
    PGcancel *cancel;
    GThread *thread;
    gint is_made; /* atomic */
} Request;

static void
clear_request(void *data)
{
    PQfreeCancel(((Request *) data)->cancel);
}

/* One that fails shows in that no answer comes. */
static void *
make_request(void *data)
{
    Request *request = data;
    char complaint[256];
    if (request->cancel != NULL)
        (void) PQcancel(request->cancel, complaint, sizeof complaint);
    g_atomic_int_set(&request->is_made, 1);
    g_atomic_rc_box_release_full(request, clear_request);
    return NULL;
}

static void
end_request(Request *request, bool is_lost)
{
    if (request == NULL)
        return;
    if (is_lost)
        g_thread_unref(request->thread);
    else
        g_thread_join(request->thread);
    g_atomic_rc_box_release_full(request, clear_request);
}

static void
ask(KithPostgresWatch *watch, PGconn *conn)
{
    Request *request = g_atomic_rc_box_new0(Request);
    end_request(watch->request, false);
    request->cancel = PQgetCancel(conn);
    request->thread =
        g_thread_new("kith-cancel", make_request, g_atomic_rc_box_acquire(request));
    watch->request = request;
    watch->asks_again = g_get_monotonic_time() + watch->pause_usec;
    watch->pause_usec *= 2;
}

static void
stop(KithPostgresWatch *watch, KithStop why, PGconn *conn)
{
    watch->stopped = why;
    watch->pause_usec = FIRST_PAUSE_USEC;
    watch->gives_up = g_get_monotonic_time() + GRACE_USEC;
    ask(watch, conn);
}

static int
msec_until(int64_t time)
{
    return (int) (MAX(time - g_get_monotonic_time(), 0) / 1000) + 1;
}

/* The server was asked to stop, and is going to answer. */
static bool
wait_for_end(KithPostgresWatch *watch, PGconn *conn, struct pollfd *socket)
{
    int n_ready = poll(socket, 1, msec_until(MIN(watch->asks_again, watch->gives_up)));
    int64_t now = g_get_monotonic_time();
    if (n_ready == 0 && now < watch->gives_up && now >= watch->asks_again
        && g_atomic_int_get(&watch->request->is_made) != 0)
        ask(watch, conn);
    return n_ready != 0 || now < watch->gives_up;
}

bool
kith_postgres_watch_wait(KithPostgresWatch *watch, PGconn *conn, struct pollfd *socket)
{
    if (watch->watch == NULL) {
        poll(socket, 1, -1);
        return true;
    }
    if (watch->stopped != KITH_STOP_NONE)
        return wait_for_end(watch, conn, socket);
    struct pollfd both[2] = {
        *socket,
        { .fd = kith_watch_descriptor(watch->watch), .events = POLLIN },
    };
    KithStop why = kith_watch_look(watch->watch);
    if (why == KITH_STOP_NONE) {
        poll(both, 2, kith_watch_msec_left(watch->watch));
        why = kith_watch_look(watch->watch);
        if (why == KITH_STOP_NONE && both[1].revents != 0)
            kith_watch_drain(watch->watch);
    }
    /* What has come is taken: it may be all that there was to wait for. */
    if (why != KITH_STOP_NONE && both[0].revents == 0)
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
    end_request(watch->request, is_lost);
    watch->request = NULL;
    watch->stopped = KITH_STOP_NONE;
}

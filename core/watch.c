/*
 * watch.c - see the header.
 */
#include "watch.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

void
kith_watch_init(KithWatch *watch)
{
    *watch = (KithWatch){ .waits_at = -1, .wakes_by = -1 };
}

void
kith_watch_finish(KithWatch *watch)
{
    if (watch->waits_at >= 0)
        close(watch->waits_at);
    if (watch->wakes_by >= 0)
        close(watch->wakes_by);
    kith_watch_init(watch);
}

void
kith_watch_reset(KithWatch *watch)
{
    kith_watch_rest(watch);
    watch->timeout_usec = 0;
    watch->deadline = 0;
}

/* --- cancelling -------------------------------------------------------------------- */

/* The flag before the pipe; who makes the pipe looks at the flag behind it. */
void
kith_watch_cancel(KithWatch *watch)
{
    int saved_errno = errno; /* of what a signal has interrupted */
    g_atomic_int_set(&watch->is_cancelled, 1);
    int wakes_by = g_atomic_int_get(&watch->wakes_by);
    /* One that is full has been written to already. */
    ssize_t n_written = wakes_by >= 0 ? write(wakes_by, "x", 1) : 0;
    (void) n_written;
    errno = saved_errno;
}

void
kith_watch_drain(const KithWatch *watch)
{
    char bytes[16];
    while (watch->waits_at >= 0 && read(watch->waits_at, bytes, sizeof bytes) > 0)
        continue;
}

void
kith_watch_rest(KithWatch *watch)
{
    if (g_atomic_int_get(&watch->is_cancelled) == 0)
        return;
    g_atomic_int_set(&watch->is_cancelled, 0);
    kith_watch_drain(watch);
}

int
kith_watch_descriptor(KithWatch *watch)
{
    int ends[2];
    if (watch->waits_at >= 0)
        return watch->waits_at;
    if (!g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
        return -1;
    g_unix_set_fd_nonblocking(ends[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(ends[1], TRUE, NULL);
    watch->waits_at = ends[0];
    g_atomic_int_set(&watch->wakes_by, ends[1]);
    return watch->waits_at;
}

/* --- time -------------------------------------------------------------------------- */

void
kith_watch_begin(KithWatch *watch)
{
    watch->deadline =
        watch->timeout_usec > 0 ? g_get_monotonic_time() + watch->timeout_usec : 0;
}

KithStop
kith_watch_look(KithWatch *watch)
{
    if (g_atomic_int_get(&watch->is_cancelled) != 0)
        return KITH_STOP_CANCELLED;
    bool is_late = watch->deadline > 0 && g_get_monotonic_time() >= watch->deadline;
    return is_late ? KITH_STOP_TIMEOUT : KITH_STOP_NONE;
}

int
kith_watch_msec_left(const KithWatch *watch)
{
    if (watch->deadline == 0)
        return -1;
    int64_t usec = MAX(watch->deadline - g_get_monotonic_time(), 0);
    return (int) MIN((usec + 999) / 1000, INT_MAX);
}

void
kith_watch_sleep(KithWatch *watch, int64_t msec)
{
    int left = kith_watch_msec_left(watch);
    struct pollfd cancelled = { .fd = kith_watch_descriptor(watch), .events = POLLIN };
    if (kith_watch_look(watch) == KITH_STOP_NONE)
        poll(&cancelled, 1, left >= 0 ? MIN(left, (int) msec) : (int) msec);
}

void
kith_watch_set_error(const KithWatch *watch,
                     KithStop stop,
                     const char *detail,
                     GError **error)
{
    const char *colon = detail != NULL ? ": " : "";
    const char *end = detail != NULL ? detail : "";
    if (stop == KITH_STOP_TIMEOUT)
        kith_error_set(error,
                       KITH_ERROR_TIMEOUT,
                       "timeout: the database took longer than %" G_GINT64_FORMAT
                       " ms%s%s",
                       watch->timeout_usec / 1000,
                       colon,
                       end);
    else
        kith_error_set(
            error, KITH_ERROR_CANCELLED, "cancelled: by kith_cancel()%s%s", colon, end);
}

/*
 * sqlite-watch.c - see the header.
 */
#include "sqlite-watch.h"

/* Of SQLite's virtual machine: some ten microseconds. */
#define STEPS_BETWEEN_LOOKS 1000

/* How long to wait for a lock, at each try; the last one from then on. */
static const int64_t pauses_msec[] = { 1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100 };

/* Returns what SQLite takes for 'stop'. */
static int
is_over(void *data)
{
    KithSqliteWatch *watch = data;
    if (watch->watch == NULL)
        return 0;
    watch->stopped = kith_watch_look(watch->watch);
    return watch->stopped != KITH_STOP_NONE;
}

/* Somebody holds the lock. Returns zero to give up. */
static int
wait_for_lock(void *data, int n_tries)
{
    KithSqliteWatch *watch = data;
    guint last = G_N_ELEMENTS(pauses_msec) - 1;
    int64_t pause = pauses_msec[MIN((guint) n_tries, last)];
    watch->waited_msec = n_tries > 0 ? watch->waited_msec : 0;
    pause = MIN(pause, watch->busy_timeout_msec - watch->waited_msec);
    if (pause <= 0 || is_over(watch))
        return 0;
    watch->waited_msec += pause;
    if (watch->watch != NULL)
        kith_watch_sleep(watch->watch, pause);
    else
        g_usleep((gulong) pause * 1000);
    return !is_over(watch);
}

void
kith_sqlite_watch_init(KithSqliteWatch *watch, sqlite3 *db, int64_t busy_timeout_msec)
{
    watch->busy_timeout_msec = busy_timeout_msec;
    sqlite3_progress_handler(db, STEPS_BETWEEN_LOOKS, is_over, watch);
    sqlite3_busy_handler(db, wait_for_lock, watch);
}

bool
kith_sqlite_watch_set_error(KithSqliteWatch *watch, sqlite3 *db, GError **error)
{
    KithStop stopped = watch->stopped;
    int code = sqlite3_errcode(db) & 0xff;
    watch->stopped = KITH_STOP_NONE;
    if (stopped == KITH_STOP_NONE || watch->watch == NULL
        || (code != SQLITE_INTERRUPT && code != SQLITE_BUSY && code != SQLITE_LOCKED))
        return false;
    kith_watch_set_error(watch->watch, stopped, sqlite3_errmsg(db), error);
    return true;
}

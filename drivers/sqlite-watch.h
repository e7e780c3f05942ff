/*
 * sqlite-watch.h - ending a statement that takes too long, or that somebody has cancelled.
 *
 * SQLite asks now and then whether it is to go on, and again whenever it meets a lock. In
 * between nothing can stop it, such as the time that a disk takes.
 */
#ifndef KITH_DRIVERS_SQLITE_WATCH_H
#define KITH_DRIVERS_SQLITE_WATCH_H

#include "watch.h"

#include <sqlite3.h>

typedef struct KithSqliteWatch {
    KithWatch *watch; /* NULL: nothing is limited */
    KithStop stopped; /* why SQLite was told to stop; it has not said so yet */
    int64_t busy_timeout_msec;
    int64_t waited_msec; /* for the present lock */
} KithSqliteWatch;

/* @watch stays where it is as long as @db is open. */
void kith_sqlite_watch_init(KithSqliteWatch *watch, sqlite3 *db, int64_t busy_timeout_msec);

/* Has the failure of @db come of being told to stop? Then set the error. */
bool kith_sqlite_watch_set_error(KithSqliteWatch *watch, sqlite3 *db, GError **error);

#endif

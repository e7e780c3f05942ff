/*
 * postgres-watch.h - asking the server to stop what takes too long, or what somebody has
 * cancelled. It is asked over a connection of its own, made by a thread, so that a server
 * that cannot be reached any more is not waited for.
 */
#ifndef KITH_DRIVERS_POSTGRES_WATCH_H
#define KITH_DRIVERS_POSTGRES_WATCH_H

#include "watch.h"

#include <libpq-fe.h>
#include <poll.h>

typedef struct KithPostgresWatch {
    KithWatch *watch;   /* NULL: nothing is limited */
    KithStop stopped;   /* why the server was asked to stop; NONE: it was not */
    struct KithPostgresRequest *request; /* that it stop; NULL: none was made */
    int64_t asks_again; /* when */
    int64_t pause_usec; /* until the next time */
    int64_t gives_up;   /* when the server is not waited for any more */
} KithPostgresWatch;

/*
 * Wait at @socket, and ask the server to stop when it is time. False: it was asked, and has
 * not answered; the connection is of no use any more.
 */
bool kith_postgres_watch_wait(KithPostgresWatch *watch,
                              PGconn *conn,
                              struct pollfd *socket);

/* If the server has stopped because it was asked to, say so in place of @error. */
void kith_postgres_watch_explain(const KithPostgresWatch *watch, GError **error);

/*
 * All is answered: what is asked of the server from now on must not be what is cancelled.
 * @is_lost: it did not answer.
 */
void kith_postgres_watch_end(KithPostgresWatch *watch, bool is_lost);

#endif

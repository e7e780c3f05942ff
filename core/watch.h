/*
 * watch.h - how long a session lets the database work, and whether somebody has told it to
 * stop. See KithWatch in kith-driver.h.
 *
 * To cancel is to set a flag and to write a byte into a pipe; neither needs a lock, so any
 * thread can do it, and a signal handler. A driver that only has to look now and then uses
 * the flag. One that waits at a socket waits at the pipe too, which is made when it first
 * does: who cancels writes into it if it is there, and who waits looks at the flag once
 * more when it is.
 */
#ifndef KITH_CORE_WATCH_PRIVATE_H
#define KITH_CORE_WATCH_PRIVATE_H

#include "kith-driver.h"

typedef enum KithStop {
    KITH_STOP_NONE,
    KITH_STOP_TIMEOUT,
    KITH_STOP_CANCELLED
} KithStop;

void kith_watch_init(KithWatch *watch);
void kith_watch_finish(KithWatch *watch);

/* The next user of it begins anew. */
void kith_watch_reset(KithWatch *watch);

/* Stop: what runs now, or what is run next. Called from any thread, or a signal handler. */
void kith_watch_cancel(KithWatch *watch);

/* A statement begins: its time counts from now on. */
void kith_watch_begin(KithWatch *watch);

/* It was cancelled, and whoever waited has been told: the next one runs. */
void kith_watch_rest(KithWatch *watch);

/* Take what was written of a cancelling that was told already. */
void kith_watch_drain(const KithWatch *watch);

/* Is it time to stop? */
KithStop kith_watch_look(KithWatch *watch);

/* What to wait at beside a socket: readable when it was cancelled; -1 if there is none. */
int kith_watch_descriptor(KithWatch *watch);

/* How long there is left, for poll(); -1: for ever. */
int kith_watch_msec_left(const KithWatch *watch);

/* Wait so long, or until it is time to stop. */
void kith_watch_sleep(KithWatch *watch, int64_t msec);

/* Say why it was stopped; @detail: (nullable): what the database said. */
void kith_watch_set_error(const KithWatch *watch,
                          KithStop stop,
                          const char *detail,
                          GError **error);

#endif

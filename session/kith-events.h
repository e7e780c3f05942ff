/*
 * kith-events.h - hooks: functions of the program that run when a session flushes,
 * commits, rolls back, or loads.
 *
 *     static bool
 *     stamp(KithSession *session, const void *object, void *data, GError **error)
 *     {
 *         const Book *book = object;
 *         kith_set(book, changed, kith_time_now());
 *         return true;
 *     }
 *
 *     kith_on_entity(session, Book, KITH_BEFORE_UPDATE, stamp, NULL);
 *
 * A hook may change objects, add and delete; what it changes is flushed with the rest.
 * Hooks that never come to rest are stopped: a flush makes at most KITH_MAX_ROUNDS
 * rounds, and all of them together see at most KITH_MAX_ROUNDS times as many objects as the
 * program changed (or 1000, if those were fewer); then it fails with MISUSE. A hook may ask
 * the database; it may not flush, commit, roll back or set savepoints.
 */
#ifndef KITH_EVENTS_H
#define KITH_EVENTS_H

#include "kith-session.h"

G_BEGIN_DECLS

#define KITH_MAX_ROUNDS 100

typedef enum KithEvent {
    /* Of the session; the object is NULL. */
    KITH_BEFORE_FLUSH,   /* there is something to write */
    KITH_AFTER_FLUSH,    /* it is written, not yet committed */
    KITH_AFTER_COMMIT,   /* a transaction was committed */
    KITH_AFTER_ROLLBACK, /* all was rolled back by kith_rollback() */
    /* Of an object. */
    KITH_BEFORE_INSERT, /* once in a flush, before anything is sent */
    KITH_BEFORE_UPDATE,
    KITH_BEFORE_DELETE,
    KITH_AFTER_INSERT, /* when all of the flush is written; a generated key is known */
    KITH_AFTER_UPDATE,
    KITH_AFTER_DELETE,
    KITH_AFTER_LOAD /* a row became an object that the session did not have */
} KithEvent;

/*
 * A hook. Returning false, with @error set, makes the flush or query fail: a flush is
 * then rolled back like one that the database refused. After a commit or a rollback there
 * is nothing to refuse, and what it returns does not matter.
 */
typedef bool (*KithHook)(KithSession *session,
                         const void *object,
                         void *data,
                         GError **error);

/* Run @hook at an event of the session. Hooks of one event run in the order in which they
 * came. */
KITH_API void kith_on(KithSession *session, KithEvent event, KithHook hook, void *data);

/* Run @hook at an event of the objects of T. */
#define kith_on_entity(session, T, event, hook, data) \
    kith_session_on_entity((session), &kith_mapping_##T, (event), (hook), (data))
KITH_API void kith_session_on_entity(KithSession *session,
                                     const KithMapping *mapping,
                                     KithEvent event,
                                     KithHook hook,
                                     void *data);

/*
 * Run a hook no more: the first one that was given with the same event, function and data.
 * Returns false if there is none. A hook may take itself away, or others, while it runs.
 */
KITH_API bool kith_off(KithSession *session, KithEvent event, KithHook hook, void *data);
#define kith_off_entity(session, T, event, hook, data) \
    kith_session_off_entity((session), &kith_mapping_##T, (event), (hook), (data))
KITH_API bool kith_session_off_entity(KithSession *session,
                                      const KithMapping *mapping,
                                      KithEvent event,
                                      KithHook hook,
                                      void *data);

G_END_DECLS

#endif

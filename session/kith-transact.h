/*
 * kith-transact.h - running a function in a transaction, again if it lost against another
 * one.
 *
 *     static bool transfer(KithSession *session, void *data, GError **error)
 *     {
 *         const Account *from = kith_require(session, Account, 1, error);
 *         if (from == NULL)
 *             return false;
 *         …
 *         return true;
 *     }
 *
 *     if (!kith_transact(session, transfer, NULL, NULL, &error)) …
 */
#ifndef KITH_TRANSACT_H
#define KITH_TRANSACT_H

#include "kith-session.h"

G_BEGIN_DECLS

/* Zero is the default of every option. */
typedef struct KithTransactOptions {
    KithTransactionOptions transaction;
    unsigned max_attempts; /* 0: 10 */
    int64_t
        first_delay_msec; /* before the second attempt, about; doubled each time; 0: 10 */
    int64_t max_delay_msec; /* 0: 1000 */
    bool retries_stale;     /* repeat after KITH_ERROR_STALE too */
} KithTransactOptions;

/*
 * What to do in the transaction. It can run several times, so it must read what it needs
 * through the session each time, and do nothing outside of it that cannot be done twice.
 * Returns false, with @error set, to roll back.
 */
typedef bool (*KithTransactFunction)(KithSession *session, void *data, GError **error);

/*
 * Begin, run @function, commit. If one of them fails with SERIALIZATION (which a deadlock
 * is too) or BUSY, roll back, wait (a random time around a delay that doubles), and do
 * all of it again with objects that are read anew. Any other error rolls back and is
 * returned, as is the last one when the attempts are used up. OUTCOME_UNKNOWN is never
 * repeated.
 * @options: (nullable). Errors: MISUSE if a transaction is open, there are changes that
 * were made before, or @function is NULL; those of @function and of kith_commit().
 */
#define kith_transact(session, function, data, options, error) \
    kith_session_transact((session), (function), (data), (options), KITH_HERE, (error))
KITH_API KITH_MUST_CHECK bool kith_session_transact(KithSession *session,
                                                    KithTransactFunction function,
                                                    void *data,
                                                    const KithTransactOptions *options,
                                                    KithPlace place,
                                                    GError **error);

G_END_DECLS

#endif

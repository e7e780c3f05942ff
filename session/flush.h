/*
 * flush.h - writing what has changed.
 */
#ifndef KITH_SESSION_FLUSH_PRIVATE_H
#define KITH_SESSION_FLUSH_PRIVATE_H

#include "session.h"

/*
 * Write what has changed, in a transaction that is opened if there is anything to write,
 * and wait until it is done. On failure all is as it was before the flush; where
 * statements were sent, the transaction (or the innermost savepoint) is rolled back.
 */
bool kith_flush_now(KithSession *session, KithPlace place, GError **error);

/* The same, and commit: with no more waiting in between than the checks need. */
bool kith_flush_and_commit(KithSession *session, KithPlace place, GError **error);

/* The memory of a flush that a session has kept; takes NULL. */
void kith_flush_free(KithFlush *flush);

/* False, and an error, while a hook runs in the middle of a flush. */
bool kith_session_check_idle(const KithSession *session, GError **error);

/* Flush before a query that reads @set, if it has changes and the engine was not told not
 * to. */
bool kith_flush_before_query(KithEntitySet *set, KithPlace place, GError **error);

/* The same before SQL by hand, of which it is not known what it reads: everything. */
bool kith_flush_before_unknown(KithSession *session, KithPlace place, GError **error);

#endif

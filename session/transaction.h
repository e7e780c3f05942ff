/*
 * transaction.h - the transaction of a session, in the database and in memory at once.
 */
#ifndef KITH_SESSION_TRANSACTION_PRIVATE_H
#define KITH_SESSION_TRANSACTION_PRIVATE_H

#include "journal.h"

/* Open a transaction if none is open. @options: (nullable). */
bool kith_transaction_open(KithSession *session,
                           const KithTransactionOptions *options,
                           KithPlace place,
                           GError **error);

/*
 * Something failed in the database: roll back to the innermost savepoint, or all, and
 * undo in memory what the database lost. The program's changes are still there to be
 * written.
 */
void kith_transaction_fail(KithSession *session, KithPlace place);

/* The same where no savepoint is of any help: a commit failed, or the connection is lost.
 */
void kith_transaction_lose(KithSession *session, KithPlace place);

/* Roll back in the database, whatever is open, and let go of the connection. */
void kith_transaction_abandon(KithSession *session, KithPlace place);

#endif

/*
 * violation.h - completing what a database said of a constraint that was violated.
 */
#ifndef KITH_SESSION_VIOLATION_PRIVATE_H
#define KITH_SESSION_VIOLATION_PRIVATE_H

#include "session.h"

/*
 * Add to @error what the mapping knows and the database did not say: the constraint of a
 * column, the columns of a constraint; and which foreign key of @row has no target, where
 * only "a foreign key" was said. @connection is asked for that, in the transaction that
 * is about to be rolled back.
 */
void kith_violation_complete(GError *error,
                             KithSession *session,
                             KithConnection *connection,
                             const KithMapper *mapper,
                             KithOperation operation,
                             const void *row);

/* Is there no row any more with the key of @row? False if nobody can tell. */
bool kith_violation_is_gone(KithSession *session,
                            KithConnection *connection,
                            const KithMapper *mapper,
                            const void *row);

#endif

/*
 * cascade.h - what the deletion of an object means for those that refer to it.
 *
 * By default the database does what the foreign key says to the rows, and the objects
 * that are loaded follow when the DELETE is written, without a statement. Objects that
 * are new, and refer to one that is deleted, follow before the flush.
 */
#ifndef KITH_SESSION_CASCADE_PRIVATE_H
#define KITH_SESSION_CASCADE_PRIVATE_H

#include "journal.h"

/*
 * Before a flush: let objects follow that are new. @ret_changed: (nullable): did any?
 * Done again it does nothing.
 */
bool kith_cascade(KithSession *session,
                  KithPlace place,
                  bool *ret_changed,
                  GError **error);

/*
 * The records of the journal from @first on were just written: the database has deleted,
 * and emptied, what refers to the rows that they deleted, by CASCADE or SET NULL.
 */
void kith_cascade_settle(KithSession *session, guint first);

/*
 * A foreign key of @child was emptied by the database, as part of what the records of the
 * journal from @first on are about.
 */
void kith_cascade_empty(KithEntity *child,
                        const KithForeignKey *foreign_key,
                        guint first);

#endif

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

/* Is what a reference means deleted, or taken back? */
static inline bool
kith_cascade_is_gone(const void *object)
{
    const KithEntity *entity = object != NULL ? kith_entity_of(object) : NULL;
    return entity != NULL && entity->magic == KITH_ENTITY_MAGIC
           && (entity->state == KITH_DELETED || entity->state == KITH_DETACHED);
}

/* Does anything become of a row whose target is deleted? */
static inline bool
kith_cascade_follows(const KithForeignKey *foreign_key)
{
    return foreign_key->on_delete == KITH_CASCADE
           || foreign_key->on_delete == KITH_SET_NULL;
}
#include "keys.h"

/*
 * Before a flush: new objects go with what they refer to, orphans are deleted, and where
 * the mapping says '.in_session' the session loads what refers to deleted objects, and
 * deletes or empties it. Done again it does nothing. @may_load: without it nothing is
 * sent. @ret_changed: (nullable): set if anything was changed.
 */
bool kith_cascade(KithSession *session,
                  bool may_load,
                  bool *ret_changed,
                  KithPlace place,
                  GError **error);

/*
 * Part of kith_cascade(): load what goes with what was deleted, where the session is to
 * do that, and let it go. @ret_any: set if anything was changed.
 */
bool kith_cascade_in_session(KithSession *session,
                             bool *ret_any,
                             KithPlace place,
                             GError **error);

/*
 * The records of the journal from @first on were just written: the database has deleted,
 * and emptied, what refers to the rows that they deleted, by CASCADE or SET NULL.
 * @follows: (nullable): does the row of an object still have the foreign key that it had?
 */
void kith_cascade_settle(KithSession *session,
                         guint first,
                         KithFollows follows,
                         void *data);

/* The row of an object was deleted, though the session has not asked for that object. */
void kith_cascade_go(KithEntity *child, guint first);

/*
 * A foreign key of @child was emptied by the database, as part of what the records of the
 * journal from @first on are about.
 */
void kith_cascade_empty(KithEntity *child,
                        const KithForeignKey *foreign_key,
                        guint first);

#endif

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
 * Does anything that is not deleted refer to @object by foreign key @index of @mapper,
 * that the database does not know of? Of a link both ends have to be there.
 */
bool kith_cascade_has_new_owner(KithSession *session,
                                const void *object,
                                const KithMapper *mapper,
                                unsigned index);

/* What was owned by @foreign_key, and is by nothing now, is deleted. */
void kith_cascade_take(KithEntity *target, const KithForeignKey *foreign_key);

/*
 * Foreign key @index of @links owns what it means: take out of @found (structs) what
 * other links lead to, which are loaded for that. Does nothing if it is no such foreign
 * key.
 */
bool kith_cascade_keep_unlinked(KithEntitySet *links,
                                unsigned index,
                                GPtrArray *found,
                                KithPlace place,
                                GError **error);

/* A new link went with what it means by @foreign_key: so does what is at its other end.
 */
void kith_cascade_follow_link(KithEntity *link, const KithForeignKey *foreign_key);

/*
 * A link to @item, a new object, was taken back: the foreign key that owned it, if it has
 * not got another owner; else NULL.
 */
const KithForeignKey *kith_cascade_find_unlinked(KithEntity *item);

/* See that what belongs to one owner was not given to two, as far as is known. */
bool kith_cascade_check_owners(KithSession *session, GError **error);

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

/*
 * collection.h - the many sides of references, kept in step in memory.
 *
 * A collection is loaded by kith_many(). From then on, in the same unit of work, it
 * follows what the program does to the references on the other side, without a statement.
 * It is read anew in the next unit of work, after a rollback, and after a reference was
 * changed behind its back.
 */
#ifndef KITH_SESSION_COLLECTION_PRIVATE_H
#define KITH_SESSION_COLLECTION_PRIVATE_H

#include "session.h"

/* Where the collection of @row is kept. */
KithCollection **kith_many_state(const KithMany *many, const void *row);

/* Where the item of a KITH_ONE is to be seen; and to show what it is by its collection. */
const void **kith_one_target(const KithMany *many, const void *row);
void kith_one_show(const KithMany *many, const void *row);

void kith_collection_free(KithCollection *collection); /* takes NULL */

/* The collection is as the session knows it now, and need not be read. */
bool kith_collection_is_current(const KithCollection *collection,
                                const KithEntitySet *targets);

/* It is read again when it is asked for. Takes NULL. */
static inline void
kith_collection_expire(KithCollection *collection)
{
    if (collection != NULL)
        collection->epoch = 0;
}

/*
 * What @source, a row that says what belongs to a collection, adds to it: itself, or what it
 * links to. NULL: that is not loaded.
 */
const void *kith_many_item(const KithMany *many, KithEntity *source);

/* Make the collection of @entity an empty one, current from now on, and being loaded. */
KithCollection *kith_collection_begin(KithEntity *entity,
                                      const KithMany *many,
                                      const KithEntitySet *targets);

/* Append while loading. */
void kith_collection_append(KithCollection *collection, const void *child);

/* The items, closed by NULL. They stay as they are until the unit of work ends. */
const void *kith_collection_items(KithCollection *collection);

/*
 * Reference @foreign_key of @child meant @from, and now means @to; each can be NULL. The
 * collections of both follow, where they are current.
 */
void kith_collections_move(KithEntity *child,
                           const KithForeignKey *foreign_key,
                           const void *from,
                           const void *to);

/* The object is new, or about to go: it enters, or leaves, all collections that it
 * belongs to. */
void kith_collections_enter(KithEntity *child);
void kith_collections_leave(KithEntity *child);

/* The items have changed what they are ordered by. */
void kith_collection_reorder(KithCollection *collection, KithSession *session);

/* Collections that the object can be in have to be read anew. */
void kith_collections_forget(KithEntity *entity);

#endif

/*
 * change.h - what the unit of work knows to be changed.
 */
#ifndef KITH_SESSION_CHANGE_PRIVATE_H
#define KITH_SESSION_CHANGE_PRIVATE_H

#include "session.h"

/*
 * Bring the foreign keys of an object in line with the targets of its references: the
 * program may have written 'book->author.target'. A target whose key is not known yet
 * leaves the foreign key empty, and its bit in @unknown (nullable) set. Returns whether all
 * keys are known.
 */
bool kith_references_sync(KithEntity *entity, uint64_t *unknown);

/* Has the program emptied a reference by writing NULL to its target? */
bool kith_reference_was_emptied(const KithEntity *entity,
                                const KithForeignKey *foreign_key);

/* Add a new object to a set, a copy of @initial. */
KithEntity *kith_set_add(KithEntitySet *set, const void *initial, KithPlace place);

/* Let a reference of an object mean @target, or nothing: what kith_set() does. */
void kith_reference_set(KithEntity *entity,
                        const KithForeignKey *foreign_key,
                        const void *target,
                        KithPlace place);

/* An orphan by @foreign_key that a failed flush has deleted gets an owner after all. */
void kith_orphan_revive(KithEntity *entity, const KithForeignKey *foreign_key);

/* Is there anything to write for this object? */
bool kith_entity_has_changes(KithEntity *entity);

/* Is there anything to write for any object of @set? */
bool kith_set_has_changes(KithEntitySet *set);

#endif

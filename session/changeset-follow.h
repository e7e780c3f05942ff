/*
 * changeset-follow.h - keys that a flush changes, and the rows that refer to them.
 *
 * Where the database follows (ON UPDATE CASCADE) nothing is written for the rows that
 * refer, unless the program has made them refer to something else. Where it does not, and
 * a reference can be written after the key or be NULL for a moment, the flush writes the
 * foreign keys of the objects that are loaded: as the database would, without a version.
 */
#ifndef KITH_SESSION_CHANGESET_FOLLOW_PRIVATE_H
#define KITH_SESSION_CHANGESET_FOLLOW_PRIVATE_H

#include "changeset.h"

/*
 * Find the keys that change, and who refers to them. Before the changes are collected; what
 * the program has assigned is taken over on the way.
 */
void kith_follows_find(KithChangeSet *set);

/*
 * @bits are the columns in which @entity, which is watched, differs from its row: take
 * those out that the database changes by itself, and add those that it does not.
 */
void kith_follows_adjust(KithChangeSet *set, KithEntity *entity, uint64_t *bits);

/* Add changes for the rows of objects that are not changed otherwise. */
void kith_follows_add(KithChangeSet *set);

/* Take back what kith_follows_adjust() has written to objects. */
void kith_follows_take_back(const KithChangeSet *set);

/* The columns of @entity that it has written to, for the journal; or NULL. (transfer
 * full) */
uint64_t *kith_follows_of(const KithChangeSet *set, const KithEntity *entity);

void kith_follows_finish(KithChangeSet *set);

#endif

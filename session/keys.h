/*
 * keys.h - what happens in memory when the key of an object changes.
 */
#ifndef KITH_SESSION_KEYS_PRIVATE_H
#define KITH_SESSION_KEYS_PRIVATE_H

#include "session.h"

/*
 * The key of @entity (or a unique column that is referred to) was that of @old, and is
 * now that of its struct: the foreign keys of all loaded objects that have the old value
 * follow, as ON UPDATE CASCADE made their rows do. Without a cascade the database refuses
 * the change while such rows exist.
 *
 * Looks at every loaded object of the entities that refer to this one: keys change
 * rarely.
 */
void kith_keys_follow(const KithEntity *entity, const void *old);

/* Does a foreign key of any entity refer to a column that differs between the two rows?
 */
bool kith_keys_differ(const KithMapper *mapper, const void *row, const void *other);

#endif

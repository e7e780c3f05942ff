/*
 * keys.h - what happens in memory when the keys of objects change.
 */
#ifndef KITH_SESSION_KEYS_PRIVATE_H
#define KITH_SESSION_KEYS_PRIVATE_H

#include "session.h"

/* An object whose key (or a unique column that is referred to) is another one now. */
typedef struct KithKeyChange {
    const KithEntity *entity;
    void *old; /* an image of the row with what the key was */
} KithKeyChange;

/* (transfer full): of KithKeyChange. */
GArray *kith_key_changes_new(void);

/* Add @entity, if @old is a row in which a column that is referred to differs. */
void kith_key_changes_add(GArray *changes, const KithEntity *entity, const void *old);

/* Does the row of @child still have the foreign key as it was before the changes? */
typedef bool (*KithFollows)(const KithEntity *child,
                            const KithForeignKey *foreign_key,
                            void *data);

/*
 * The foreign keys of all loaded objects that have an old value follow to what the row of
 * the object now has, as ON UPDATE CASCADE made their rows do, and so do those that refer
 * to what followed. Without a cascade the database refuses the change while such rows
 * exist. All of @changes come at once: keys can be swapped.
 */
void kith_keys_follow(GArray *changes, KithFollows follows, void *data);

/* Does a foreign key of any entity refer to a column that differs between the two rows?
 */
bool kith_keys_differ(const KithMapper *mapper, const void *row, const void *other);

#endif

/*
 * foreign-key.h - what is asked of a foreign key and done to it, whatever number of
 * columns it has, and wherever they are: hidden in a reference, or members of the
 * program.
 *
 * A row is a struct of the mapper that has the foreign key; an object is a struct that a
 * session gave out.
 */
#ifndef KITH_SESSION_FOREIGN_KEY_PRIVATE_H
#define KITH_SESSION_FOREIGN_KEY_PRIVATE_H

#include "entity.h"

/* Does it refer to nothing? For the database it does if one of its columns is NULL. */
bool kith_foreign_key_is_null(const KithForeignKey *foreign_key, const void *row);

/* Is it the same in both rows? */
bool kith_foreign_key_is_equal(const KithForeignKey *foreign_key,
                               const void *row,
                               const void *other);

/* Does @row refer to @target, a row of the target, by its values? */
bool kith_foreign_key_means(const KithForeignKey *foreign_key,
                            const void *row,
                            const void *target);

/* Is what it refers to the same in both rows of its target? */
bool kith_foreign_key_has_same_target(const KithForeignKey *foreign_key,
                                      const void *row,
                                      const void *other);

/* Is one of its columns among these? */
bool kith_foreign_key_is_written(const KithForeignKey *foreign_key, const uint64_t *bits);

/* Set the bits of the columns that a reference writes; of those that it empties. */
void kith_foreign_key_mark(const KithForeignKey *foreign_key, uint64_t *bits);
void kith_foreign_key_mark_emptied(const KithForeignKey *foreign_key, uint64_t *bits);

/* Make it NULL, as far as it can be. The target of the reference is let be. */
void kith_foreign_key_empty(const KithForeignKey *foreign_key, void *row);

/* Copy its columns, sharing text; the target of the reference is let be. */
void kith_foreign_key_restore(const KithForeignKey *foreign_key,
                              void *row,
                              const void *image);

/*
 * Let it mean @target, an object. Columns that are shared with other foreign keys are
 * only filled where the object is new and has nothing there. Returns false if the target
 * does not have the key yet; then it is NULL, as far as it can be.
 */
bool kith_foreign_key_copy(KithEntity *entity,
                           const KithForeignKey *foreign_key,
                           const void *target);

/*
 * The column, of those that are shared, in which @row has another value than its object
 * @target; KITH_NO_INDEX: none, as far as is known.
 */
unsigned kith_foreign_key_find_other(const KithForeignKey *foreign_key,
                                     const void *row,
                                     const void *target);

/*
 * The entity that the values of @row mean, whatever its state, if the session has it. A
 * reference to something else than a key is found only through its target.
 */
KithEntity *kith_foreign_key_find(KithSession *session,
                                  const KithForeignKey *foreign_key,
                                  const void *row);

#endif

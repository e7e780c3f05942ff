/*
 * expire.h - objects, or some of their columns, that have to be read anew.
 *
 * An object that is expired keeps its values, which a program may read, until a call that
 * does I/O reads its row. Then what is expired and not edited is taken over; what the
 * program has set is not.
 */
#ifndef KITH_SESSION_EXPIRE_PRIVATE_H
#define KITH_SESSION_EXPIRE_PRIVATE_H

#include "session.h"

/* The whole object, which has a row. */
void kith_expire_object(KithEntity *entity);

/* Does the column have to be read anew? */
bool kith_expire_is_unknown(const KithEntity *entity, unsigned index);

/* The program sets an unknown column: it is written whatever was there, and known again.
 */
void kith_expire_note_set(KithEntity *entity, unsigned index);

/* Is the value of the column, of an object with a baseline, the program's own? */
bool kith_expire_is_edited(const KithEntity *entity, unsigned index);

/* The row was read, and what is not edited taken over: nothing is expired any more. */
void kith_expire_end(KithEntity *entity);

/* A change was undone: what it was made over is not known any more. */
void kith_expire_undo(KithEntity *entity);

/*
 * Read the row of an object that is expired, and those of its siblings that are, by one
 * statement. Error: STALE if the row is gone.
 */
bool kith_expire_read(KithEntity *entity, KithPlace place, GError **error);

#endif

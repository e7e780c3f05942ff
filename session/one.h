/*
 * one.h - the other side of a unique reference: at most one object, kept like a
 * collection.
 */
#ifndef KITH_SESSION_ONE_PRIVATE_H
#define KITH_SESSION_ONE_PRIVATE_H

#include "session.h"

/* The one that refers to @owner, loaded if it is not; NULL without an error: none does.
 */
const void *kith_one_get(KithEntity *owner,
                         const KithMany *many,
                         KithPlace place,
                         GError **error);

/* Let @item, or nothing, be the one that refers to @owner. */
void kith_one_set(KithEntity *owner,
                  const KithMany *many,
                  const void *item,
                  KithPlace place);

/*
 * @newcomer is about to refer to @target by @foreign_key: what is known to refer to it
 * lets go.
 */
void kith_one_make_room(KithEntity *newcomer,
                        const KithForeignKey *foreign_key,
                        const void *target);

/*
 * The same for what is not known: objects that were made to refer to a row whose KITH_ONE
 * is not loaded have it loaded, by one statement for each relation. @ret_any: did any let
 * go?
 */
bool kith_one_make_room_in_rows(KithSession *session,
                                bool *ret_any,
                                KithPlace place,
                                GError **error);

#endif

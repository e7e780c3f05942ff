/*
 * order-kept.h - the order of the items of a collection: by their members, or by a
 * position that is kept.
 */
#ifndef KITH_SESSION_ORDER_KEPT_PRIVATE_H
#define KITH_SESSION_ORDER_KEPT_PRIVATE_H

#include "session.h"

/* Sort the items, which nobody is looking at. */
void kith_order_sort(KithCollection *collection);

/*
 * @item is put into a collection with a position: at its end if it is loaded, else it
 * gets its place before the flush. @collection: NULL if it is not current.
 */
void kith_order_enter(const KithMany *many,
                      const KithCollection *collection,
                      KithEntity *item);

/*
 * Before a flush: items without a place get theirs. Collections that are not loaded are,
 * to know what comes before.
 */
bool kith_order_place(KithSession *session, KithPlace place, GError **error);

#endif

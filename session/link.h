/*
 * link.h - rows of link tables, which many-to-many relations are made of. A link is an
 * ordinary object of a mapper of its own (see mapping/links.h): pending, persistent,
 * deleted.
 */
#ifndef KITH_SESSION_LINK_PRIVATE_H
#define KITH_SESSION_LINK_PRIVATE_H

#include "session.h"

/* Is @item an orphan that a failed flush has deleted, and that can get an owner again? */
bool kith_link_can_revive(const KithMany *many, const KithEntity *item);

/* Link two objects, unless they are. */
void kith_link_add(const KithMany *many,
                   KithEntity *owner,
                   KithEntity *item,
                   KithPlace place);

/*
 * Take a link away. One that the session does not know is believed to be there if
 * @may_be_unknown.
 */
void kith_link_remove(const KithMany *many,
                      KithEntity *owner,
                      KithEntity *item,
                      bool may_be_unknown);

/*
 * Are the two linked, by what the session knows? Returns false if it cannot tell without
 * the database.
 */
bool kith_link_is_known(const KithMany *many,
                        const KithEntity *owner,
                        const KithEntity *item,
                        bool *ret_linked);

/* Fill @row, a zeroed struct of the link mapper, with the keys of two objects that have
 * them. */
void kith_link_fill_key(const KithMany *many,
                        void *row,
                        const KithEntity *owner,
                        const KithEntity *item);

/* All is committed: links that were written are found by their keys from now on. */
void kith_links_settle(KithSession *session);

/* All objects of the set are gone. */
void kith_links_forget(KithEntitySet *set);

#endif

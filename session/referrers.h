/*
 * referrers.h - which of the loaded objects refer to a row, by what the database has.
 *
 * An index from the values of a foreign key to the objects that have them. There is none
 * until somebody asks: then the loaded objects of the entity are walked once, and from
 * then on it is kept up. So a key that changes, and an object that is evicted or
 * replaced, cost what refers to them, and a session in which nothing of the kind happens
 * pays nothing.
 */
#ifndef KITH_SESSION_REFERRERS_PRIVATE_H
#define KITH_SESSION_REFERRERS_PRIVATE_H

#include "session.h"

/*
 * The objects whose row refers by @foreign_key to @target, a row of its target.
 * (transfer container): of KithEntity.
 */
GPtrArray *kith_referrers_find(KithSession *session,
                               const KithForeignKey *foreign_key,
                               const void *target);

/* The index follows an object that has a row: filed when it has got one, or another one.
 */
void kith_referrers_file(KithEntity *entity);
void kith_referrers_take_out(KithEntity *entity);

/* File an object under its key, and what it refers to; or take it out of both. */
static inline void
kith_entity_file(KithEntity *entity)
{
    kith_identity_map_add(&entity->set->root->map, entity);
    if (entity->set->root->has_referrers)
        kith_referrers_file(entity);
}

static inline void
kith_entity_unfile(KithEntity *entity)
{
    kith_identity_map_remove(&entity->set->root->map, entity);
    if (entity->set->root->has_referrers)
        kith_referrers_take_out(entity);
}

/* The row of a filed object is another one, its key the same. */
static inline void
kith_entity_refile(KithEntity *entity)
{
    if (!entity->set->root->has_referrers)
        return;
    kith_referrers_take_out(entity);
    kith_referrers_file(entity);
}

/* Forget the indexes of @set: its objects are about to be freed. */
void kith_referrers_clear(KithEntitySet *set);

/*
 * Let every reference to a struct that is a key of @anew point to the struct that it
 * stands for there, which has the same key, or to nothing; foreign keys stay as they are.
 * @keeps_changes: not where the program has changed the reference.
 */
void kith_references_point_anew(KithSession *session,
                                GHashTable *anew,
                                bool keeps_changes);

#endif

/*
 * relation.h - a member that refers to other objects, and loading it for many objects at
 * once.
 */
#ifndef KITH_SESSION_RELATION_PRIVATE_H
#define KITH_SESSION_RELATION_PRIVATE_H

#include "collection.h"

/* A reference or a collection: one of the two is not NULL. */
typedef struct KithRelation {
    const KithForeignKey *reference;
    const KithMany *many;
    const KithMapper *target;
    const char *member;
} KithRelation;

/* The relation at @offset of the structs of @mapper. Returns false if none is. */
bool kith_relation_at(const KithMapper *mapper,
                      size_t offset,
                      KithRelation *ret_relation);

/*
 * Point a reference to @object, which it means already: it has not changed, it only
 * became known, in the baseline too.
 */
void kith_reference_link(KithEntity *entity,
                         const KithForeignKey *foreign_key,
                         const void *object);

/* @entity, and what came with the same query, is a @mapper too, and still has a row:
 * structs. (transfer full) */
GPtrArray *kith_relation_siblings(KithEntity *entity, const KithMapper *mapper);

/*
 * Load what the relation means for each of @objects (structs that have it) for which it
 * is not loaded: by one statement, or one for each chunk; by none if there is nothing to
 * load. A reference whose row is gone stays unknown. @ret_n_loaded: (nullable): for how
 * many of the objects there was something to load.
 */
bool kith_relation_load(KithSession *session,
                        const KithRelation *relation,
                        const GPtrArray *objects,
                        size_t *ret_n_loaded,
                        KithPlace place,
                        GError **error);

/*
 * The object that a reference means, if the session has it; the reference points to it from
 * now on.
 */
const void *kith_reference_known(KithEntity *entity, const KithForeignKey *foreign_key);

/* Point the references of @rows (structs), by their values, to those of @found. */
void kith_references_link(const GPtrArray *rows,
                          const KithForeignKey *foreign_key,
                          const GPtrArray *found);

/* Read the row of an object again, if it is expired and has one. */
bool kith_relation_read_if_expired(KithEntity *entity, KithPlace place, GError **error);

/* kith_relation_load() for what @entity and its siblings mean, where that may be lazy. */
bool kith_relation_load_lazily(KithEntity *entity,
                               const KithRelation *relation,
                               KithPlace place,
                               GError **error);

/* Load the collections of @objects that are not current. Part of kith_relation_load(). */
bool kith_collections_load(KithSession *session,
                           const KithMany *many,
                           const GPtrArray *objects,
                           size_t *ret_n_loaded,
                           KithPlace place,
                           GError **error);

/* The collection at @offset of an object, with what it holds loaded; NULL on error. */
KithCollection *kith_entity_collection(KithEntity *entity,
                                       const KithMany *many,
                                       KithPlace place,
                                       GError **error);

/* The collection of an object that has no row: what the session knows to belong to it. */
KithCollection *kith_collection_begin_new(KithEntity *entity, const KithMany *many);

/* Refuse a call that was given no object of a session. Returns false. */
bool kith_relation_refuse_nothing(GError **error);

/* Append what the relation of @object means and is loaded (structs) to @ret_objects. */
void kith_relation_collect(const KithRelation *relation,
                           const void *object,
                           GPtrArray *ret_objects);

#endif

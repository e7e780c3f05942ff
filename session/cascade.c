/*
 * cascade.c - before a flush: what was given to an owner that is deleted goes with it,
 * orphans are deleted. What has to be loaded for that is in cascade-load.c, what is
 * special where owners are said by links in cascade-links.c, and what the database has
 * done by itself when the flush is over in cascade-settle.c.
 */
#include "cascade.h"

#include "change.h"
#include "collection.h"
#include "foreign-key.h"
#include "order-kept.h"

/* --- what is not written yet ------------------------------------------------------ */

/* Was the reference set since the last flush? What it was before the database knows. */
static bool
is_unwritten(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *baseline = entity->tracking->baseline;
    if (entity->state == KITH_PENDING)
        return true;
    return entity->state == KITH_PERSISTENT && baseline != NULL
           && foreign_key->reference != KITH_NO_OFFSET
           && *kith_reference_target(foreign_key, kith_entity_struct(entity))
                  != *kith_reference_target(foreign_key, baseline);
}

/* Returns whether the object goes, too. */
static bool
follow_target(KithEntity *entity, const KithForeignKey *foreign_key)
{
    if (foreign_key->reference == KITH_NO_OFFSET || !is_unwritten(entity, foreign_key)
        || !kith_cascade_is_gone(
            *kith_reference_target(foreign_key, kith_entity_struct(entity))))
        return false;
    if (foreign_key->on_delete == KITH_SET_NULL)
        kith_reference_set(entity, foreign_key, NULL, KITH_HERE);
    if (foreign_key->on_delete != KITH_CASCADE)
        return false;
    kith_entity_delete(kith_entity_struct(entity), KITH_HERE);
    kith_cascade_follow_link(entity, foreign_key);
    return true;
}

/*
 * What was given to an owner that is deleted goes with it, though its row does not say so
 * yet. Returns whether anything went.
 */
static bool
follow_targets(KithSession *session)
{
    bool any = false;
    for (guint i = session->watched->len; i-- > 0;) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        bool goes = false;
        for (unsigned j = 0; !goes && j < mapper->n_foreign_keys; j++)
            goes = follow_target(entity, &mapper->foreign_keys[j]);
        any = any || goes;
    }
    return any;
}

/* Will the database delete the row of an object with a target that is to be deleted? */
static bool
is_about_to_follow(const KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        const KithEntity *target =
            foreign_key->on_delete == KITH_CASCADE ? kith_foreign_key_find(
                entity->set->session, foreign_key, kith_entity_row(entity))
                                                   : NULL;
        if (target != NULL && target->state == KITH_DELETED)
            return true;
    }
    return false;
}

static bool
has_deleted_objects(const KithSession *session)
{
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state == KITH_DELETED)
            return true;
    }
    return false;
}

/*
 * A new object can have the key of one that is to go with its target: after a flush that
 * failed, when that one had gone. Then it goes before the new one comes.
 */
static void
free_keys(KithSession *session)
{
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        const void *row = kith_entity_struct(entity);
        if (entity->state != KITH_PENDING
            || kith_mapper_key_is_missing(kith_entity_mapper(entity), row))
            continue;
        KithEntity *known = kith_identity_map_find(&entity->set->root->map, row);
        if (known != NULL && known->state == KITH_PERSISTENT && is_about_to_follow(known))
            kith_entity_delete(kith_entity_struct(known), KITH_HERE);
    }
}

/* --- orphans ----------------------------------------------------------------------- */

/* The foreign key by which an object is an orphan, or NULL. */
static const KithForeignKey *
find_orphaned(KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *row = kith_entity_struct(entity);
    KithTracking *tracking = entity->tracking;
    if (tracking->orphaned_by != NULL && tracking->orphaned_by->mapper->is_link)
        return kith_cascade_find_unlinked(entity);
    if (tracking->orphaned_by != NULL
        && *kith_reference_target(tracking->orphaned_by, row) == NULL)
        return tracking->orphaned_by;
    tracking->orphaned_by = NULL;
    for (unsigned i = 0; tracking->baseline != NULL && i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (!foreign_key->deletes_orphan
            || kith_foreign_key_is_null(foreign_key, tracking->baseline))
            continue;
        kith_references_sync(entity, NULL); /* the program may have written NULL to it */
        if (kith_foreign_key_is_null(foreign_key, row)
            && *kith_reference_target(foreign_key, row) == NULL)
            return foreign_key;
    }
    return NULL;
}

/* Returns whether there was one. */
static bool
delete_orphans(KithSession *session)
{
    bool any = false;
    for (guint i = session->watched->len; i-- > 0;) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        bool is_live = entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
        const KithForeignKey *orphaned_by = is_live ? find_orphaned(entity) : NULL;
        if (orphaned_by == NULL)
            continue;
        entity->tracking->orphaned_by = orphaned_by;
        kith_entity_delete(kith_entity_struct(entity), KITH_HERE);
        any = true;
    }
    return any;
}

/* --- all of it --------------------------------------------------------------------- */

/* Of a new object, by what it refers to. */
static bool
comes_with_nothing(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target =
        foreign_key->reference != KITH_NO_OFFSET
            ? *kith_reference_target(foreign_key, kith_entity_struct(entity))
            : NULL;
    return !kith_cascade_is_gone(target) && (target == NULL || !foreign_key->has_one);
}

/*
 * An object that has a row, and still refers to what it did: nothing goes with it. Or a
 * new one that refers to what stays. Where one is deleted there is always something to do.
 */
static bool
is_settled(const KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const KithTracking *tracking = entity->tracking;
    bool is_new = entity->state == KITH_PENDING;
    if ((entity->state != KITH_PERSISTENT && !is_new) || mapper->is_link
        || tracking->orphaned_by != NULL || tracking->unplaced != NULL)
        return false;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (is_new && !comes_with_nothing(entity, foreign_key))
            return false;
        /* Of these the values count, which the program may have written. */
        if (!is_new && tracking->baseline != NULL
            && (foreign_key->deletes_orphan || foreign_key->owns_target
                || foreign_key->takes_target || is_unwritten(entity, foreign_key)))
            return false;
    }
    return true;
}

static bool
has_something_to_do(const KithSession *session)
{
    for (guint i = 0; i < session->watched->len; i++) {
        if (!is_settled(g_ptr_array_index(session->watched, i)))
            return true;
    }
    return false;
}

bool
kith_cascade(KithSession *session,
             bool may_load,
             bool *ret_changed,
             KithPlace place,
             GError **error)
{
    if (!has_something_to_do(session))
        return true;
    bool was_flushing = session->is_flushing;
    bool any = true;
    bool done = kith_cascade_check_owners(session, error);
    session->is_flushing = true; /* what is loaded here does not flush */
    if (has_deleted_objects(session))
        free_keys(session);
    while (done && any) {
        any = follow_targets(session);
        any = delete_orphans(session) || any;
        if (may_load)
            done = kith_cascade_in_session(session, &any, place, error);
        if (ret_changed != NULL)
            *ret_changed = *ret_changed || any;
    }
    if (done && may_load)
        done = kith_order_place(session, place, error);
    session->is_flushing = was_flushing;
    return done;
}

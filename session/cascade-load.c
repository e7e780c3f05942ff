/*
 * cascade-load.c - what the session does by itself when objects are deleted, or let go of
 * what they own: it loads what is concerned, and deletes or empties it by the calls that
 * a program would use.
 */
#include "cascade.h"

#include "change.h"
#include "foreign-key.h"
#include "loader.h"
#include "one.h"
#include "transaction.h"

static void
add_to(GPtrArray **array, KithEntity *entity)
{
    if (*array == NULL)
        *array = g_ptr_array_new();
    g_ptr_array_add(*array, entity);
}

/* Objects that were deleted since the last time, and are yet to be flushed: their rows.
 * NULL: none. */
static GPtrArray *
take_deleted(KithSession *session)
{
    GPtrArray *deleted = NULL;
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state != KITH_DELETED || entity->tracking->is_cascaded)
            continue;
        entity->tracking->is_cascaded = true;
        add_to(&deleted, entity);
    }
    return deleted;
}

static GPtrArray *
rows_of_targets(const GPtrArray *deleted, const KithForeignKey *foreign_key)
{
    GPtrArray *rows = g_ptr_array_new();
    for (guint i = 0; i < deleted->len; i++) {
        const KithEntity *entity = g_ptr_array_index(deleted, i);
        if (kith_mapper_is_a(kith_entity_mapper(entity), foreign_key->target))
            g_ptr_array_add(rows, (void *) (uintptr_t) kith_entity_row(entity));
    }
    return rows;
}

/* One that was given to another owner before is not touched. Returns whether it followed.
 */
static bool
follow_in_session(KithEntity *child, unsigned index)
{
    const KithForeignKey *foreign_key = &kith_entity_mapper(child)->foreign_keys[index];
    const void *row = kith_entity_struct(child);
    const void *target = *kith_reference_target(foreign_key, row);
    const KithEntity *known =
        kith_foreign_key_find(child->set->session, foreign_key, row);
    bool leads_to_it = target != NULL ? kith_cascade_is_gone(target)
                                      : known != NULL && known->state == KITH_DELETED;
    if (!leads_to_it || child->state != KITH_PERSISTENT)
        return false;
    if (foreign_key->on_delete != KITH_CASCADE) {
        kith_reference_set(child, foreign_key, NULL, KITH_HERE);
        return true;
    }
    kith_entity_delete(row, KITH_HERE);
    child->tracking->has_followed = true;
    return true;
}

/* Load what refers to deleted rows by foreign key @index of @set, and let it follow. */
static bool
cascade_to_referrers(KithEntitySet *set,
                     unsigned index,
                     const GPtrArray *deleted,
                     bool *ret_any,
                     KithPlace place,
                     GError **error)
{
    const KithForeignKey *foreign_key = &set->mapper->foreign_keys[index];
    const KithKeys keys = kith_keys_of_referrers(foreign_key);
    g_autoptr(GPtrArray) rows = rows_of_targets(deleted, foreign_key);
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    if (rows->len == 0)
        return true;
    if (!kith_transaction_open(set->session, NULL, place, error)
        || !kith_load_in(set, &keys, rows, place, children, error))
        return false;
    for (guint i = 0; i < children->len; i++)
        *ret_any =
            follow_in_session(kith_entity_of(g_ptr_array_index(children, i)), index)
            || *ret_any;
    return true;
}

/* Does its target go with an object that is deleted? */
static bool
takes_with_it(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    return entity->state == KITH_DELETED
           && (foreign_key->owns_target || entity->tracking->has_followed);
}

/* Objects that have lost, or take with them, what they own: their rows. */
static GPtrArray *
rows_that_let_go(KithSession *session, const KithMapper *mapper, unsigned index)
{
    GPtrArray *rows = g_ptr_array_new();
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const void *baseline = entity->tracking->baseline;
        if (!kith_mapper_is_a(kith_entity_mapper(entity), mapper))
            continue;
        if (takes_with_it(entity, &mapper->foreign_keys[index]))
            g_ptr_array_add(rows, (void *) (uintptr_t) kith_entity_row(entity));
        if (entity->state != KITH_PERSISTENT || baseline == NULL)
            continue;
        kith_references_sync(entity, NULL);
        if (!kith_foreign_key_is_equal(
                &mapper->foreign_keys[index], kith_entity_struct(entity), baseline))
            g_ptr_array_add(rows, (void *) (uintptr_t) baseline);
    }
    return rows;
}

/* Of what was let go of, keep in @found what no other owner has been given. */
static void
keep_unowned(KithSession *session,
             GPtrArray *found,
             const KithMapper *mapper,
             unsigned index)
{
    for (guint i = found->len; i-- > 0;) {
        const void *object = g_ptr_array_index(found, i);
        if (kith_entity_of(object)->state != KITH_PERSISTENT
            || kith_cascade_has_new_owner(session, object, mapper, index))
            g_ptr_array_remove_index_fast(found, i);
    }
}

static bool
delete_owned_targets(
    KithEntitySet *set, unsigned index, bool *ret_any, KithPlace place, GError **error)
{
    KithSession *session = set->session;
    const KithForeignKey *foreign_key = &set->mapper->foreign_keys[index];
    const KithKeys keys = kith_keys_of_targets(foreign_key, set->mapper);
    g_autoptr(GPtrArray) rows = rows_that_let_go(session, set->mapper, index);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = rows->len; i-- > 0;) {
        const void *row = g_ptr_array_index(rows, i);
        KithEntity *known = kith_foreign_key_find(session, foreign_key, row);
        if (known != NULL || kith_foreign_key_is_null(foreign_key, row))
            g_ptr_array_remove_index_fast(rows, i);
        if (known != NULL)
            g_ptr_array_add(found, kith_entity_struct(known));
    }
    if (rows->len > 0
        && (!kith_transaction_open(session, NULL, place, error)
            || !kith_load_in(&session->sets[foreign_key->target->index],
                             &keys,
                             rows,
                             place,
                             found,
                             error)))
        return false;
    keep_unowned(session, found, set->mapper, index);
    if (!kith_cascade_keep_unlinked(set, index, found, place, error))
        return false;
    for (guint i = 0; i < found->len; i++) {
        kith_cascade_take(kith_entity_of(g_ptr_array_index(found, i)), foreign_key);
        *ret_any = true;
    }
    return true;
}

/*
 * Deleted objects whose row a new one takes over, since the last time. The row is
 * updated, and not deleted, so the database lets nothing follow. NULL: none.
 */
static GPtrArray *
take_taken_over(KithSession *session)
{
    GPtrArray *taken = NULL;
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        const void *row = kith_entity_struct(entity);
        if (entity->state != KITH_PENDING || kith_entity_mapper(entity)->n_referring == 0
            || kith_mapper_key_is_missing(kith_entity_mapper(entity), row))
            continue;
        KithEntity *known = kith_identity_map_find(&entity->set->root->map, row);
        if (known == NULL || known->state != KITH_DELETED
            || known->tracking->is_taken_over)
            continue;
        known->tracking->is_taken_over = true;
        add_to(&taken, known);
    }
    return taken;
}

/* What referred to a row that another object takes over goes with the one that had it. */
static bool
cascade_from_taken_over(KithSession *session,
                        bool *ret_any,
                        KithPlace place,
                        GError **error)
{
    g_autoptr(GPtrArray) taken = take_taken_over(session);
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; taken != NULL && m < registry->n_mappers; m++) {
        KithEntitySet *set = &session->sets[m];
        for (unsigned i = 0; i < set->mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &set->mapper->foreign_keys[i];
            if (foreign_key->mapper == set->mapper && kith_cascade_follows(foreign_key)
                && foreign_key->reference != KITH_NO_OFFSET
                && !cascade_to_referrers(set, i, taken, ret_any, place, error))
                return false;
        }
    }
    return true;
}

/* Load what goes with what was deleted, where the session is to do that, and let it go.
 */
bool
kith_cascade_in_session(KithSession *session,
                        bool *ret_any,
                        KithPlace place,
                        GError **error)
{
    g_autoptr(GPtrArray) deleted = take_deleted(session);
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        KithEntitySet *set = &session->sets[m];
        for (unsigned i = 0; i < set->mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &set->mapper->foreign_keys[i];
            if (foreign_key->mapper != set->mapper)
                continue; /* inherited: seen to where it is declared */
            if (deleted != NULL && foreign_key->in_session
                && !cascade_to_referrers(set, i, deleted, ret_any, place, error))
                return false;
            if ((foreign_key->owns_target || foreign_key->takes_target)
                && !delete_owned_targets(set, i, ret_any, place, error))
                return false;
        }
    }
    return cascade_from_taken_over(session, ret_any, place, error)
           && kith_one_make_room_in_rows(session, ret_any, place, error);
}

/*
 * cascade.c - see the header.
 */
#include "cascade.h"

#include "change.h"
#include "collection.h"
#include "foreign-key.h"
#include "loader.h"
#include "one.h"
#include "order-kept.h"
#include "referrers.h"
#include "transaction.h"

/* --- what is not written yet ------------------------------------------------------ */

static bool
is_gone(const void *object)
{
    const KithEntity *entity = object != NULL ? kith_entity_of(object) : NULL;
    return entity != NULL && entity->magic == KITH_ENTITY_MAGIC
           && (entity->state == KITH_DELETED || entity->state == KITH_DETACHED);
}

/* Was the reference set since the last flush? What it was before the database knows. */
static bool
is_unwritten(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *baseline = entity->tracking->baseline;
    if (entity->state == KITH_PENDING)
        return true;
    return entity->state == KITH_PERSISTENT && baseline != NULL
           && *kith_reference_target(foreign_key, kith_entity_struct(entity))
                  != *kith_reference_target(foreign_key, baseline);
}

/* Returns whether the object goes, too. */
static bool
follow_target(KithEntity *entity, const KithForeignKey *foreign_key)
{
    if (foreign_key->reference == KITH_NO_OFFSET || !is_unwritten(entity, foreign_key)
        || !is_gone(*kith_reference_target(foreign_key, kith_entity_struct(entity))))
        return false;
    if (foreign_key->on_delete == KITH_SET_NULL)
        kith_reference_set(entity, foreign_key, NULL, KITH_HERE);
    if (foreign_key->on_delete != KITH_CASCADE)
        return false;
    kith_entity_delete(kith_entity_struct(entity), KITH_HERE);
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

/* --- what the session does by itself ----------------------------------------------- */

/* Objects that were deleted since the last time, and are yet to be flushed: their rows.
 */
static GPtrArray *
take_deleted(KithSession *session)
{
    GPtrArray *deleted = g_ptr_array_new();
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state != KITH_DELETED || entity->tracking->is_cascaded)
            continue;
        entity->tracking->is_cascaded = true;
        g_ptr_array_add(deleted, entity);
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
    bool leads_to_it =
        target != NULL ? is_gone(target) : known != NULL && known->state == KITH_DELETED;
    if (!leads_to_it || child->state != KITH_PERSISTENT)
        return false;
    if (foreign_key->on_delete == KITH_CASCADE)
        kith_entity_delete(row, KITH_HERE);
    else
        kith_reference_set(child, foreign_key, NULL, KITH_HERE);
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

/* Objects that have lost, or take with them, what they own: their rows. */
static GPtrArray *
rows_that_let_go(KithSession *session,
                 const GPtrArray *deleted,
                 const KithMapper *mapper,
                 unsigned index)
{
    GPtrArray *rows = g_ptr_array_new();
    for (guint i = 0; i < deleted->len; i++) {
        KithEntity *entity = g_ptr_array_index(deleted, i);
        if (kith_mapper_is_a(kith_entity_mapper(entity), mapper))
            g_ptr_array_add(rows, (void *) (uintptr_t) kith_entity_row(entity));
    }
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const void *baseline = entity->tracking->baseline;
        if (!kith_mapper_is_a(kith_entity_mapper(entity), mapper)
            || entity->state != KITH_PERSISTENT || baseline == NULL)
            continue;
        kith_references_sync(entity, NULL);
        if (!kith_foreign_key_is_equal(
                &mapper->foreign_keys[index], kith_entity_struct(entity), baseline))
            g_ptr_array_add(rows, (void *) (uintptr_t) baseline);
    }
    return rows;
}

/* Does anything that is not deleted refer to it now? */
static bool
has_new_owner(KithSession *session,
              const void *object,
              const KithMapper *mapper,
              unsigned index)
{
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        bool is_live = entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
        if (is_live && kith_mapper_is_a(kith_entity_mapper(entity), mapper)
            && *kith_reference_target(&mapper->foreign_keys[index],
                                      kith_entity_struct(entity))
                   == object)
            return true;
    }
    return false;
}

static bool
delete_owned_targets(KithEntitySet *set,
                     unsigned index,
                     const GPtrArray *deleted,
                     bool *ret_any,
                     KithPlace place,
                     GError **error)
{
    KithSession *session = set->session;
    const KithForeignKey *foreign_key = &set->mapper->foreign_keys[index];
    const KithKeys keys = kith_keys_of_targets(foreign_key, set->mapper);
    g_autoptr(GPtrArray) rows = rows_that_let_go(session, deleted, set->mapper, index);
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
    for (guint i = 0; i < found->len; i++) {
        const void *object = g_ptr_array_index(found, i);
        if (kith_entity_of(object)->state != KITH_PERSISTENT
            || has_new_owner(session, object, set->mapper, index))
            continue;
        kith_entity_delete(object, KITH_HERE);
        *ret_any = true;
    }
    return true;
}

static bool
follows_deletes(const KithForeignKey *foreign_key)
{
    return foreign_key->on_delete == KITH_CASCADE
           || foreign_key->on_delete == KITH_SET_NULL;
}

/*
 * Deleted objects whose row a new one takes over, since the last time. The row is
 * updated, and not deleted, so the database lets nothing follow.
 */
static GPtrArray *
take_taken_over(KithSession *session)
{
    GPtrArray *taken = g_ptr_array_new();
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
        g_ptr_array_add(taken, known);
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
    for (unsigned m = 0; taken->len > 0 && m < registry->n_mappers; m++) {
        KithEntitySet *set = &session->sets[m];
        for (unsigned i = 0; i < set->mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &set->mapper->foreign_keys[i];
            if (foreign_key->mapper == set->mapper && follows_deletes(foreign_key)
                && foreign_key->reference != KITH_NO_OFFSET
                && !cascade_to_referrers(set, i, taken, ret_any, place, error))
                return false;
        }
    }
    return true;
}

/* Load what goes with what was deleted, where the session is to do that, and let it go.
 */
static bool
cascade_in_session(KithSession *session, bool *ret_any, KithPlace place, GError **error)
{
    g_autoptr(GPtrArray) deleted = take_deleted(session);
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        KithEntitySet *set = &session->sets[m];
        for (unsigned i = 0; i < set->mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &set->mapper->foreign_keys[i];
            if (foreign_key->mapper != set->mapper)
                continue; /* inherited: seen to where it is declared */
            if (foreign_key->in_session
                && !cascade_to_referrers(set, i, deleted, ret_any, place, error))
                return false;
            if (foreign_key->owns_target
                && !delete_owned_targets(set, i, deleted, ret_any, place, error))
                return false;
        }
    }
    return cascade_from_taken_over(session, ret_any, place, error)
           && kith_one_make_room_in_rows(session, ret_any, place, error);
}

/* --- all of it --------------------------------------------------------------------- */

bool
kith_cascade(KithSession *session,
             bool may_load,
             bool *ret_changed,
             KithPlace place,
             GError **error)
{
    bool was_flushing = session->is_flushing;
    bool any = session->watched->len > 0, done = true;
    session->is_flushing = true; /* what is loaded here does not flush */
    if (has_deleted_objects(session))
        free_keys(session);
    while (done && any) {
        any = follow_targets(session);
        any = delete_orphans(session) || any;
        if (may_load)
            done = cascade_in_session(session, &any, place, error);
        if (ret_changed != NULL)
            *ret_changed = *ret_changed || any;
    }
    if (done && may_load)
        done = kith_order_place(session, place, error);
    session->is_flushing = was_flushing;
    return done;
}

/* --- objects whose rows the database has changed ----------------------------------- */

void
kith_cascade_go(KithEntity *child, guint first)
{
    KithSession *session = child->set->session;
    kith_collections_leave(child);
    kith_entity_unfile(child);
    kith_session_unwatch(session, child);
    child->state = KITH_DELETED;
    kith_journal_add(
        session,
        (KithUndo){
            .entity = child, .first = first, .was = KITH_DELETED, .has_followed = true });
}

/* What the program has set meanwhile stays. */
void
kith_cascade_empty(KithEntity *child, const KithForeignKey *foreign_key, guint first)
{
    const KithMapper *mapper = kith_entity_mapper(child);
    void *own = kith_entity_struct(child);
    const void *row = kith_entity_row(child);
    void *image = kith_image_new(mapper, row);
    bool is_as_in_row = kith_foreign_key_is_equal(foreign_key, own, row);
    kith_journal_add(child->set->session,
                     (KithUndo){ .entity = child,
                                 .first = first,
                                 .was = KITH_PERSISTENT,
                                 .image = image,
                                 .has_followed = true,
                                 .emptied = foreign_key });
    if (row != own) {
        kith_foreign_key_empty(foreign_key, child->tracking->baseline);
        if (foreign_key->reference != KITH_NO_OFFSET)
            *kith_reference_target(foreign_key, child->tracking->baseline) = NULL;
    }
    if (is_as_in_row) {
        kith_foreign_key_empty(foreign_key, own);
        if (foreign_key->reference != KITH_NO_OFFSET)
            *kith_reference_target(foreign_key, own) = NULL;
    }
    kith_entity_refile(child);
}

/* What refers to a row that was deleted, by @foreign_key. */
static void
follow_row(const KithEntity *target,
           const KithForeignKey *foreign_key,
           guint first,
           KithFollows follows,
           void *data)
{
    g_autoptr(GPtrArray) children =
        kith_referrers_find(target->set->session, foreign_key, kith_entity_row(target));
    for (guint i = 0; i < children->len; i++) {
        KithEntity *child = g_ptr_array_index(children, i);
        if (child->state != KITH_PERSISTENT
            || (follows != NULL && !follows(child, foreign_key, data)))
            continue;
        if (foreign_key->on_delete == KITH_CASCADE)
            kith_cascade_go(child, first);
        else
            kith_cascade_empty(child, foreign_key, first);
    }
}

/* Is it one of the mapper that declares it, and not what another one inherits? */
static bool
is_declared(const KithForeignKey *foreign_key)
{
    const KithForeignKey *first = foreign_key->mapper->foreign_keys;
    return foreign_key >= first
           && foreign_key < first + foreign_key->mapper->n_foreign_keys;
}

static void
follow_deleted(const KithEntity *target, guint first, KithFollows follows, void *data)
{
    const KithMapper *mapper = kith_entity_mapper(target);
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithForeignKey *foreign_key = mapper->referring[i];
        if (follows_deletes(foreign_key) && !foreign_key->is_extension
            && is_declared(foreign_key))
            follow_row(target, foreign_key, first, follows, data);
    }
}

/* What goes lets others go: they are in the journal then, behind it. */
void
kith_cascade_settle(KithSession *session, guint first, KithFollows follows, void *data)
{
    for (guint i = first; i < session->journal->len; i++) {
        const KithUndo *undo = &g_array_index(session->journal, KithUndo, i);
        if (undo->was == KITH_DELETED && undo->entity->state == KITH_DELETED
            && !undo->is_replaced)
            follow_deleted(undo->entity, first, follows, data);
    }
}

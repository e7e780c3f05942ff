/*
 * cascade.c - see the header.
 */
#include "cascade.h"

#include "change.h"
#include "collection.h"
#include "foreign-key.h"
#include "referrers.h"

/* --- new objects ------------------------------------------------------------------- */

static bool
is_gone(const void *object)
{
    const KithEntity *entity = object != NULL ? kith_entity_of(object) : NULL;
    return entity != NULL && entity->magic == KITH_ENTITY_MAGIC
           && (entity->state == KITH_DELETED || entity->state == KITH_DETACHED);
}

/* Returns whether the object is no longer to be added. */
static bool
follow_target(KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target =
        foreign_key->reference != KITH_NO_OFFSET
            ? *kith_reference_target(foreign_key, kith_entity_struct(entity))
            : NULL;
    if (!is_gone(target))
        return false;
    if (foreign_key->on_delete == KITH_SET_NULL)
        kith_reference_set(entity, foreign_key, NULL, KITH_HERE);
    if (foreign_key->on_delete != KITH_CASCADE)
        return false;
    kith_entity_delete(kith_entity_struct(entity), KITH_HERE);
    return true;
}

/* A row that is not there yet goes with its target like one that is. Returns whether one
 * went. */
static bool
follow_targets(KithSession *session)
{
    bool any = false;
    for (guint i = session->watched->len; i-- > 0;) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        bool is_gone_too = false;
        for (unsigned j = 0; entity->state == KITH_PENDING && j < mapper->n_foreign_keys;
             j++)
            is_gone_too = is_gone_too || follow_target(entity, &mapper->foreign_keys[j]);
        any = any || is_gone_too;
    }
    return any;
}

bool
kith_cascade(KithSession *session, KithPlace place, bool *ret_changed, GError **error)
{
    bool has_changed = false;
    (void) place;
    (void) error;
    while (follow_targets(session))
        has_changed = true;
    if (ret_changed != NULL)
        *ret_changed = has_changed;
    return true;
}

/* --- objects whose rows the database has changed ----------------------------------- */

static void
go_with_target(KithEntity *child, guint first)
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
follow_row(const KithEntity *target, const KithForeignKey *foreign_key, guint first)
{
    g_autoptr(GPtrArray) children =
        kith_referrers_find(target->set->session, foreign_key, kith_entity_row(target));
    for (guint i = 0; i < children->len; i++) {
        KithEntity *child = g_ptr_array_index(children, i);
        if (child->state != KITH_PERSISTENT)
            continue;
        if (foreign_key->on_delete == KITH_CASCADE)
            go_with_target(child, first);
        else
            kith_cascade_empty(child, foreign_key, first);
    }
}

static void
follow_deleted(const KithEntity *target, guint first)
{
    const KithRegistry *registry = target->set->session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
            bool follows = foreign_key->on_delete == KITH_CASCADE
                           || foreign_key->on_delete == KITH_SET_NULL;
            if (follows
                && kith_mapper_is_a(kith_entity_mapper(target), foreign_key->target))
                follow_row(target, foreign_key, first);
        }
    }
}

/* What goes lets others go: they are in the journal then, behind it. */
void
kith_cascade_settle(KithSession *session, guint first)
{
    for (guint i = first; i < session->journal->len; i++) {
        const KithUndo *undo = &g_array_index(session->journal, KithUndo, i);
        if (undo->was == KITH_DELETED && undo->entity->state == KITH_DELETED)
            follow_deleted(undo->entity, first);
    }
}

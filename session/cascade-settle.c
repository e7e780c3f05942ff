/*
 * cascade-settle.c - objects whose rows the database has deleted, or emptied, with
 * another row become what their rows are.
 */
#include "cascade.h"

#include "collection.h"
#include "foreign-key.h"
#include "referrers.h"

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
    void *own = kith_entity_struct(child);
    const void *row = kith_entity_row(child);
    void *image = kith_entity_image_new(child, row);
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
        if (kith_cascade_follows(foreign_key) && !foreign_key->is_extension
            && is_declared(foreign_key))
            follow_row(target, foreign_key, first, follows, data);
    }
}

/*
 * What goes lets others go: they are in the journal then, behind it. What this flush
 * wrote refers to keys as they are now; but of a row that the database deleted it refers
 * to that row, which it was written before.
 */
void
kith_cascade_settle(KithSession *session, guint first, KithFollows follows, void *data)
{
    for (guint i = first; i < session->journal->len; i++) {
        const KithUndo *undo = &g_array_index(session->journal, KithUndo, i);
        if (undo->was == KITH_DELETED && undo->entity->state == KITH_DELETED
            && !undo->is_replaced)
            follow_deleted(
                undo->entity, first, undo->has_followed ? NULL : follows, data);
    }
}

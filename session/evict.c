/*
 * evict.c - letting go of objects: alone, or with what is in their collections.
 */
#include "change.h"
#include "collection.h"
#include "referrers.h"
#include "relation.h"
#include "session.h"

/* Does an object that is to be written, and stays, refer to one that goes? Then the flush
 * needs it. */
static bool
is_needed(const KithSession *session, GHashTable *going)
{
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        const void *baseline = entity->tracking->baseline;
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
            const KithForeignKey *foreign_key = &mapper->foreign_keys[j];
            if (foreign_key->reference == KITH_NO_OFFSET)
                continue;
            const void *target =
                *kith_reference_target(foreign_key, kith_entity_struct(entity));
            if (target == NULL || !g_hash_table_contains(going, target))
                continue;
            if (baseline == NULL
                || *kith_reference_target(foreign_key, baseline) != target)
                return true;
        }
    }
    return false;
}

static bool
has_changes(GHashTable *going)
{
    GHashTableIter iter;
    void *object;
    g_hash_table_iter_init(&iter, going);
    while (g_hash_table_iter_next(&iter, &object, NULL)) {
        KithEntity *entity = kith_entity_of(object);
        if (entity->state != KITH_PERSISTENT || kith_entity_has_changes(entity))
            return true;
    }
    return false;
}

/* Add what is in the loaded collections of an object, and in theirs; not what is only
 * linked to, which others link to as well. */
static void
add_with_collections(GHashTable *going, const void *object)
{
    if (!g_hash_table_insert(going, (void *) (uintptr_t) object, NULL))
        return;
    const KithMapper *mapper = kith_entity_mapper(kith_entity_of(object));
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    for (unsigned i = 0; i < mapper->n_many; i++) {
        KithRelation relation;
        if (!kith_many_has_links(&mapper->many[i])
            && kith_relation_at(mapper, mapper->many[i].member->offset, &relation))
            kith_relation_collect(&relation, object, children);
    }
    for (guint i = 0; i < children->len; i++)
        add_with_collections(going, g_ptr_array_index(children, i));
}

static void
evict(KithSession *session, GHashTable *going, KithPlace place, const char *entity)
{
    if (has_changes(going) || is_needed(session, going) || session->journal->len > 0) {
        kith_session_blame(session,
                           place,
                           "%s: only an object without changes can be evicted, and none "
                           "that a change refers to; commit first",
                           entity);
        return;
    }
    kith_references_point_anew(session, going, false); /* to nothing */
    GHashTableIter iter;
    void *object;
    g_hash_table_iter_init(&iter, going);
    while (g_hash_table_iter_next(&iter, &object, NULL)) {
        KithEntity *gone = kith_entity_of(object);
        kith_collections_leave(gone);
        gone->set->root->generation++; /* what it has left is read again */
        kith_session_drop(session, gone);
    }
}

void
kith_entity_evict(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_evict");
    if (entity == NULL)
        return;
    g_autoptr(GHashTable) going = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(going, kith_entity_struct(entity), NULL);
    evict(entity->set->session, going, place, entity->set->mapper->entity);
}

void
kith_entity_evict_related(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_evict_related");
    if (entity == NULL)
        return;
    g_autoptr(GHashTable) going = g_hash_table_new(NULL, NULL);
    add_with_collections(going, object);
    evict(entity->set->session, going, place, entity->set->mapper->entity);
}

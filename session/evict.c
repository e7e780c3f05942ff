/*
 * evict.c - letting go of objects: alone, or with what is in their collections.
 */
#include "evict.h"

#include "change.h"
#include "collection.h"
#include "referrers.h"
#include "relation.h"
#include "session.h"

/* What a change refers to, among objects that are to go, is not among them any more. */
static void
spare_targets(const KithEntity *entity, GHashTable *going)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *baseline = entity->tracking->baseline;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *target =
            *kith_reference_target(foreign_key, kith_entity_struct(entity));
        if (target != NULL
            && (baseline == NULL
                || *kith_reference_target(foreign_key, baseline) != target))
            g_hash_table_remove(going, target);
    }
}

/* An object that is to be written, and stays, needs what it refers to at the flush. */
static void
spare_needed(const KithSession *session, GHashTable *going)
{
    for (guint i = 0; i < session->watched->len; i++)
        spare_targets(g_ptr_array_index(session->watched, i), going);
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
drop_all(KithSession *session, GHashTable *going)
{
    if (g_hash_table_size(going) == 0)
        return;
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

static void
evict(KithSession *session, GHashTable *going, KithPlace place, const char *entity)
{
    guint n_going = g_hash_table_size(going);
    bool can_go = !has_changes(going) && session->journal->len == 0;
    if (can_go)
        spare_needed(session, going);
    if (can_go && g_hash_table_size(going) == n_going) {
        drop_all(session, going);
        return;
    }
    kith_session_blame(session,
                       place,
                       "%s: only an object without changes can be evicted, and none "
                       "that a change refers to; commit first",
                       entity);
}

void
kith_evict_clean(KithSession *session, const GPtrArray *entities, GPtrArray *ret_left)
{
    g_autoptr(GHashTable) going = g_hash_table_new(NULL, NULL);
    bool is_flushed = session->journal->len > 0; /* a rollback would need them */
    for (guint i = 0; i < entities->len; i++) {
        KithEntity *entity = g_ptr_array_index(entities, i);
        if (!is_flushed && entity->state == KITH_PERSISTENT
            && !kith_entity_has_changes(entity))
            g_hash_table_insert(going, kith_entity_struct(entity), NULL);
    }
    spare_needed(session, going);
    for (guint i = 0; i < entities->len; i++) {
        KithEntity *entity = g_ptr_array_index(entities, i);
        if (entity->state != KITH_DETACHED
            && !g_hash_table_contains(going, kith_entity_struct(entity)))
            g_ptr_array_add(ret_left, entity);
    }
    drop_all(session, going);
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

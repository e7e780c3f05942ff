/*
 * relation.c - references, and either kind of relation; collections are loaded in
 * collection-load.c. What is loaded for one object is loaded for
 * all that came with the same query, by one statement for each few hundred: walking the
 * references of a page of objects costs a statement, not one for each.
 */
#include "relation.h"

#include "change.h"
#include "error.h"
#include "expire.h"
#include "flush-values.h"
#include "foreign-key.h"
#include "loader.h"
#include "one.h"
#include "strict.h"

#include <string.h>

bool
kith_relation_refuse_nothing(GError **error)
{
    kith_error_set(error, KITH_ERROR_MISUSE, "the object is NULL, or of no session");
    return false;
}

GPtrArray *
kith_relation_siblings(KithEntity *entity, const KithMapper *mapper)
{
    GPtrArray *objects = g_ptr_array_new();
    const KithLoad *load = entity->load;
    g_ptr_array_add(objects, kith_entity_struct(entity));
    for (guint i = 0; load != NULL && i < load->n_entities; i++) {
        const KithEntity *sibling = load->entities[i];
        if (sibling != NULL && sibling != entity
            && kith_mapper_is_a(sibling->set->mapper, mapper)
            && sibling->state == KITH_PERSISTENT)
            g_ptr_array_add(objects, kith_entity_struct(sibling));
    }
    return objects;
}

bool
kith_relation_read_if_expired(KithEntity *entity, KithPlace place, GError **error)
{
    return entity->state != KITH_PERSISTENT || !kith_entity_is_expired(entity)
           || kith_expire_read(entity, place, error);
}

/* The entity that declares the relation: all that extend it have it. */
static const KithMapper *
owner_of(const KithRelation *relation)
{
    return relation->reference != NULL
               ? relation->reference->mapper
               : relation->many->source->foreign_keys[relation->many->foreign_key].target;
}

/* Load the relation of an object, because it is asked for; so for all its siblings. */
bool
kith_relation_load_lazily(KithEntity *entity,
                          const KithRelation *relation,
                          KithPlace place,
                          GError **error)
{
    KithSession *session = entity->set->session;
    size_t n_loaded;
    if (!kith_strict_allows(entity, relation->member, place, error))
        return false;
    g_autoptr(GPtrArray) siblings = kith_relation_siblings(entity, owner_of(relation));
    if (!kith_relation_load(session, relation, siblings, &n_loaded, place, error))
        return false;
    if (n_loaded > 0)
        kith_statistics_note_lazy(
            session, kith_entity_mapper(entity), relation->member, n_loaded, place);
    return true;
}

/* --- references -------------------------------------------------------------------- */

const void *
kith_reference_find(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const KithEntity *target = kith_foreign_key_find(
        entity->set->session, foreign_key, kith_entity_struct(entity));
    bool is_it = target != NULL && target->state == KITH_PERSISTENT
                 && kith_mapper_is_a(target->set->mapper, foreign_key->target);
    return is_it ? kith_entity_struct(target) : NULL;
}

const void *
kith_reference_find_target(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target = *kith_reference_target(foreign_key, kith_entity_struct(entity));
    return target != NULL ? target : kith_reference_find(entity, foreign_key);
}

void
kith_reference_link(KithEntity *entity,
                    const KithForeignKey *foreign_key,
                    const void *object)
{
    const void *row = kith_entity_struct(entity);
    const KithTracking *tracking = entity->tracking;
    if (tracking != NULL && tracking->baseline != NULL
        && kith_foreign_key_is_equal(foreign_key, row, tracking->baseline))
        *kith_reference_target(foreign_key, tracking->baseline) = object;
    *kith_reference_target(foreign_key, row) = object;
}

/* Point the reference of @entity to its target, if the session has it. */
static const void *
link_to_known(KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *object = kith_reference_find(entity, foreign_key);
    if (object != NULL)
        kith_reference_link(entity, foreign_key, object);
    return object;
}

static bool
is_unresolved(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *row = kith_entity_struct(entity);
    return *kith_reference_target(foreign_key, row) == NULL
           && !kith_foreign_key_is_null(foreign_key, row)
           && !kith_reference_was_emptied(entity, foreign_key);
}

const void *
kith_reference_known(KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target = *kith_reference_target(foreign_key, kith_entity_struct(entity));
    if (target == NULL && is_unresolved(entity, foreign_key))
        target = link_to_known(entity, foreign_key);
    return target;
}

/* Is what the reference means known, and as this unit of work has it? */
static bool
is_loaded(KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target = kith_reference_known(entity, foreign_key);
    if (target == NULL)
        return !is_unresolved(entity, foreign_key);
    return !kith_entity_is_expired(kith_entity_of(target));
}

void
kith_references_link(const GPtrArray *rows,
                     const KithForeignKey *foreign_key,
                     const GPtrArray *found)
{
    g_autoptr(GHashTable) by_value = kith_tuple_table_new();
    unsigned n = foreign_key->n_columns;
    for (guint i = 0; i < found->len; i++) {
        KithTuple tuple = {
            foreign_key->target, foreign_key->targets, n, g_ptr_array_index(found, i)
        };
        kith_tuple_table_add(by_value, tuple, i);
    }
    for (guint i = 0; i < rows->len; i++) {
        const void *row = g_ptr_array_index(rows, i);
        KithTuple tuple = { foreign_key->mapper, foreign_key->columns, n, row };
        unsigned index = kith_tuple_table_find(
            by_value, foreign_key->target, foreign_key->targets, tuple);
        if (index != KITH_NO_INDEX)
            kith_reference_link(
                kith_entity_of(row), foreign_key, g_ptr_array_index(found, index));
    }
}

static bool
load_references(KithSession *session,
                const KithForeignKey *foreign_key,
                const GPtrArray *objects,
                size_t *ret_n_loaded,
                KithPlace place,
                GError **error)
{
    KithEntitySet *targets = &session->sets[foreign_key->target->index];
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        void *object = g_ptr_array_index(objects, i);
        if (!is_loaded(kith_entity_of(object), foreign_key))
            g_ptr_array_add(rows, object);
    }
    *ret_n_loaded = rows->len;
    if (rows->len == 0)
        return true;
    const KithKeys keys = kith_keys_of_targets(foreign_key, foreign_key->mapper);
    if (!kith_load_in(targets, &keys, rows, place, found, error))
        return false;
    if (!foreign_key->means_key)
        kith_references_link(rows, foreign_key, found);
    for (guint i = 0; foreign_key->means_key && i < rows->len; i++)
        (void) link_to_known(kith_entity_of(g_ptr_array_index(rows, i)), foreign_key);
    return true;
}

static void
refuse_missing_target(const KithEntity *entity,
                      const KithForeignKey *foreign_key,
                      GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    kith_error_set(error,
                   KITH_ERROR_STALE,
                   "its %s is not in the table of %s; refresh it",
                   foreign_key->member,
                   foreign_key->target->entity);
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
}

const void *
kith_entity_ref(const void *object, size_t offset, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_ref");
    if (entity == NULL) {
        (void) kith_relation_refuse_nothing(error);
        return NULL;
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithRelation relation;
    bool is_mapped = kith_relation_at(mapper, offset, &relation);
    if (is_mapped && relation.many != NULL && relation.many->is_one)
        return kith_one_get(entity, relation.many, place, error);
    if (!is_mapped || relation.reference == NULL) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_ref of a member that is not mapped with KITH_BELONGS_TO",
                       mapper->entity);
        return NULL;
    }
    const KithForeignKey *foreign_key = relation.reference;
    if (!kith_relation_read_if_expired(entity, place, error))
        return NULL;
    if (is_loaded(entity, foreign_key))
        return *kith_reference_target(foreign_key, object);
    if (!kith_relation_load_lazily(entity, &relation, place, error))
        return NULL;
    if (is_loaded(entity, foreign_key))
        return *kith_reference_target(foreign_key, object);
    refuse_missing_target(entity, foreign_key, error);
    return NULL;
}

/* --- either ------------------------------------------------------------------------ */

bool
kith_relation_at(const KithMapper *mapper, size_t offset, KithRelation *ret_relation)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned many = kith_mapper_many_at(mapper, offset);
    KithRelation relation = { 0 };
    if (reference != KITH_NO_INDEX) {
        relation.reference = &mapper->foreign_keys[reference];
        relation.target = relation.reference->target;
        relation.member = relation.reference->member;
    } else if (many != KITH_NO_INDEX) {
        relation.many = &mapper->many[many];
        relation.target = relation.many->target;
        relation.member = relation.many->member->name;
    } else {
        return false;
    }
    *ret_relation = relation;
    return true;
}

bool
kith_relation_load(KithSession *session,
                   const KithRelation *relation,
                   const GPtrArray *objects,
                   size_t *ret_n_loaded,
                   KithPlace place,
                   GError **error)
{
    size_t n_loaded = 0;
    bool done = relation->reference != NULL
                    ? load_references(
                        session, relation->reference, objects, &n_loaded, place, error)
                    : kith_collections_load(
                        session, relation->many, objects, &n_loaded, place, error);
    if (done && ret_n_loaded != NULL)
        *ret_n_loaded = n_loaded;
    return done;
}

void
kith_relation_collect(const KithRelation *relation,
                      const void *object,
                      GPtrArray *ret_objects)
{
    if (relation->reference != NULL) {
        const void *target = *kith_reference_target(relation->reference, object);
        if (target != NULL)
            g_ptr_array_add(ret_objects, (void *) (uintptr_t) target);
        return;
    }
    const KithCollection *collection = *kith_many_state(relation->many, object);
    for (guint i = 0; collection != NULL && i < collection->items->len; i++) {
        void *item = g_ptr_array_index(collection->items, i);
        if (item != NULL)
            g_ptr_array_add(ret_objects, item);
    }
}

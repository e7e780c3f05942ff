/*
 * relation.c - references and collections. What is loaded for one object is loaded for
 * all that came with the same query, by one statement for each few hundred: walking the
 * references of a page of objects costs a statement, not one for each.
 */
#include "change.h"
#include "collection.h"
#include "error.h"
#include "flush-values.h"
#include "flush.h"
#include "foreign-key.h"
#include "loader.h"
#include "transaction.h"

#include <string.h>

static bool
refuse_nothing(GError **error)
{
    kith_error_set(error, KITH_ERROR_MISUSE, "the object is NULL, or of no session");
    return false;
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

/* The reference has not changed, it only became known: in the baseline too. */
static void
link_to(KithEntity *entity, const KithForeignKey *foreign_key, const void *object)
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
        link_to(entity, foreign_key, object);
    return object;
}

static bool
is_unresolved(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *row = kith_entity_struct(entity);
    return *kith_reference_target(foreign_key, row) == NULL
           && !kith_foreign_key_is_null(foreign_key, row);
}

/* The siblings of @entity, itself included, whose reference is not resolved: their
 * structs. */
static GPtrArray *
unresolved_siblings(KithEntity *entity, const KithForeignKey *foreign_key)
{
    GPtrArray *rows = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    const KithMapper *mapper = kith_entity_mapper(entity);
    const KithColumn *column = &mapper->columns[foreign_key->columns[0]];
    bool is_integer = foreign_key->n_columns == 1 && column->kind == KITH_KIND_INT64;
    const KithLoad *load = entity->load;
    g_ptr_array_add(rows, kith_entity_struct(entity));
    if (is_integer)
        g_hash_table_add(seen, (char *) kith_entity_struct(entity) + column->offset);
    for (guint i = 0; load != NULL && i < load->entities->len; i++) {
        KithEntity *sibling = g_ptr_array_index(load->entities, i);
        if (sibling == NULL || sibling == entity || sibling->set != entity->set
            || !is_unresolved(sibling, foreign_key)
            || link_to_known(sibling, foreign_key) != NULL)
            continue;
        /* Each key once, where that is easy to tell; the database takes it twice as well.
         */
        char *key = (char *) kith_entity_struct(sibling) + column->offset;
        if (!is_integer || g_hash_table_add(seen, key))
            g_ptr_array_add(rows, kith_entity_struct(sibling));
    }
    return rows;
}

/* Point references to something else than a key to what was loaded for them. */
static void
link_by_value(const GPtrArray *rows,
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
            link_to(kith_entity_of(row), foreign_key, g_ptr_array_index(found, index));
    }
}

static const void *
load_reference(KithEntity *entity,
               const KithForeignKey *foreign_key,
               KithEntitySet *targets,
               KithPlace place,
               GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const KithKeys keys = kith_keys_of_targets(foreign_key, mapper);
    g_autoptr(GPtrArray) rows = unresolved_siblings(entity, foreign_key);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    if (!kith_load_in(targets, &keys, rows, place, found, error))
        return NULL;
    if (!foreign_key->means_key)
        link_by_value(rows, foreign_key, found);
    for (guint i = 0; foreign_key->means_key && i < rows->len; i++)
        (void) link_to_known(kith_entity_of(g_ptr_array_index(rows, i)), foreign_key);
    const void *target = *kith_reference_target(foreign_key, kith_entity_struct(entity));
    if (target != NULL)
        return target;
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    kith_error_set(error,
                   KITH_ERROR_STALE,
                   "its %s is not in the table of %s; refresh it",
                   foreign_key->member,
                   foreign_key->target->entity);
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return NULL;
}

const void *
kith_entity_ref(const void *object, size_t offset, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_ref");
    if (entity == NULL) {
        (void) refuse_nothing(error);
        return NULL;
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    unsigned index = kith_mapper_reference_at(mapper, offset);
    if (index == KITH_NO_INDEX) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_ref of a member that is not mapped with KITH_BELONGS_TO",
                       mapper->entity);
        return NULL;
    }
    const KithForeignKey *foreign_key = &mapper->foreign_keys[index];
    const void *target = *kith_reference_target(foreign_key, object);
    KithEntitySet *targets = &entity->set->session->sets[foreign_key->target->index];
    if (target == NULL && is_unresolved(entity, foreign_key))
        target = link_to_known(entity, foreign_key);
    if (target == NULL && !is_unresolved(entity, foreign_key))
        return NULL;
    if (target != NULL
        && (!kith_entity_is_expired(kith_entity_of(target))
            || kith_entity_has_changes(kith_entity_of(target))))
        return target;
    return load_reference(entity, foreign_key, targets, place, error);
}

/* --- collections ------------------------------------------------------------------- */

/* The objects of the same load whose collection is to be read: their structs. */
static GPtrArray *
owners_to_load(KithEntity *entity, const KithMany *many, const KithEntitySet *targets)
{
    GPtrArray *owners = g_ptr_array_new();
    const KithLoad *load = entity->load;
    g_ptr_array_add(owners, kith_entity_struct(entity));
    for (guint i = 0; load != NULL && i < load->entities->len; i++) {
        KithEntity *sibling = g_ptr_array_index(load->entities, i);
        if (sibling == NULL || sibling == entity || sibling->set != entity->set
            || sibling->state != KITH_PERSISTENT)
            continue;
        if (!kith_collection_is_current(
                *kith_many_state(many, kith_entity_struct(sibling)), targets))
            g_ptr_array_add(owners, kith_entity_struct(sibling));
    }
    return owners;
}

/* Put each child into the collection of its parent, which is known, because it was asked
 * for. */
static void
hand_out(const GPtrArray *children, const KithMany *many, const KithForeignKey *back)
{
    for (guint i = 0; i < children->len; i++) {
        void *child = g_ptr_array_index(children, i);
        KithEntity *entity = kith_entity_of(child);
        const void *parent = *kith_reference_target(back, child);
        if (parent == NULL && is_unresolved(entity, back))
            parent = link_to_known(entity, back);
        KithCollection *collection =
            parent != NULL ? *kith_many_state(many, parent) : NULL;
        if (collection != NULL)
            kith_collection_append(collection, child);
    }
}

static bool
load_collections(KithEntity *entity,
                 const KithMany *many,
                 KithEntitySet *targets,
                 KithPlace place,
                 GError **error)
{
    const KithForeignKey *back = &many->target->foreign_keys[many->foreign_key];
    const KithKeys keys = kith_keys_of_referrers(back);
    g_autoptr(GPtrArray) owners = owners_to_load(entity, many, targets);
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    if (!kith_load_in(targets, &keys, owners, place, children, error))
        return false;
    for (guint i = 0; i < owners->len; i++)
        kith_collection_begin(
            kith_entity_of(g_ptr_array_index(owners, i)), many, targets);
    hand_out(children, many, back);
    return true;
}

/*
 * What has no row yet is referred to by objects that are not flushed alone; or by such as
 * need not be, where it takes over the row of one that is deleted.
 */
static void
gather_watched(KithEntity *entity, const KithMany *many, const KithEntitySet *targets)
{
    const KithForeignKey *back = &many->target->foreign_keys[many->foreign_key];
    const void *owner = kith_entity_struct(entity);
    const GPtrArray *watched = targets->session->watched;
    KithCollection *collection = kith_collection_begin(entity, many, targets);
    for (guint i = 0; i < watched->len; i++) {
        KithEntity *child = g_ptr_array_index(watched, i);
        bool is_live = child->state == KITH_PENDING || child->state == KITH_PERSISTENT;
        if (is_live && child->set == targets
            && *kith_reference_target(back, kith_entity_struct(child)) == owner)
            kith_collection_append(collection, kith_entity_struct(child));
    }
}

const void *
kith_entity_many(const void *object, size_t offset, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_many");
    if (entity == NULL) {
        (void) refuse_nothing(error);
        return NULL;
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    unsigned index = kith_mapper_many_at(mapper, offset);
    if (index == KITH_NO_INDEX) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_many of a member that is not mapped with KITH_HAS_MANY",
                       mapper->entity);
        return NULL;
    }
    const KithMany *many = &mapper->many[index];
    KithEntitySet *targets = &entity->set->session->sets[many->target->index];
    if (!kith_session_check_misuse(targets->session, error))
        return NULL;
    KithCollection *collection = *kith_many_state(many, object);
    if (kith_collection_is_current(collection, targets))
        return kith_collection_items(collection);
    if (!kith_flush_before_query(targets, place, error))
        return NULL;
    if (entity->state != KITH_PERSISTENT)
        gather_watched(entity, many, targets);
    else if (!load_collections(entity, many, targets, place, error))
        return NULL;
    return kith_collection_items(*kith_many_state(many, object));
}

size_t
kith_array_length(const void *array)
{
    const void *const *items = array;
    size_t length = 0;
    while (items != NULL && items[length] != NULL)
        length++;
    return length;
}

/* --- refresh and lock -------------------------------------------------------------- */

bool
kith_entity_refresh(const void *object, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_refresh");
    if (entity == NULL)
        return refuse_nothing(error);
    const KithMapper *mapper = kith_entity_mapper(entity);
    if (entity->state == KITH_PERSISTENT && !kith_entity_has_changes(entity))
        return kith_load_again(entity, place, error);
    kith_error_set(
        error,
        KITH_ERROR_MISUSE,
        entity->state == KITH_PERSISTENT
            ? "it has changes, which a refresh would lose; commit or roll back first"
            : "only an object that has a row can be refreshed");
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

bool
kith_entity_lock(
    const void *object, KithLock lock, KithLockWait wait, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_lock");
    if (entity == NULL)
        return refuse_nothing(error);
    if (entity->state == KITH_PERSISTENT && wait != KITH_SKIP_LOCKED)
        return kith_transaction_open(entity->set->session, NULL, place, error)
               && kith_load_locked(entity, lock, wait, place, error);
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: %s",
                   entity->set->mapper->entity,
                   wait == KITH_SKIP_LOCKED
                       ? "one row cannot be skipped; use KITH_NOWAIT"
                       : "only an object that has a row can be locked");
    return false;
}

/*
 * one.c - see the header. There can be only one row that refers to the owner, so when
 * another object takes its place, it lets go: its reference becomes NULL, or it is
 * deleted as an orphan.
 */
#include "one.h"

#include "change.h"
#include "collection.h"
#include "relation.h"

/* --- in memory --------------------------------------------------------------------- */

static const KithForeignKey *
back_of(const KithMany *many, const KithEntity *item)
{
    return &kith_entity_mapper(item)->foreign_keys[many->foreign_key];
}

static KithCollection *
current_of(const KithMany *many, const KithEntity *owner)
{
    KithCollection *collection = *kith_many_state(many, kith_entity_struct(owner));
    const KithEntitySet *source = &owner->set->session->sets[many->source->index];
    return kith_collection_is_current(collection, source) ? collection : NULL;
}

/* What the items of a KITH_ONE are, without the newcomer: let them go. */
static bool
let_go(const KithMany *many, KithCollection *collection, const void *newcomer)
{
    bool any = false;
    const void *const *items = kith_collection_items(collection);
    for (size_t i = 0; items[i] != NULL; i++) {
        KithEntity *item = kith_entity_of(items[i]);
        if (items[i] == newcomer)
            continue;
        kith_reference_set(item, back_of(many, item), NULL, KITH_HERE);
        any = true;
    }
    return any;
}

/* The KITH_ONE of @target that @foreign_key is the other side of, or NULL. */
static const KithMany *
find_one(const KithEntity *target,
         const KithMapper *source,
         const KithForeignKey *foreign_key)
{
    const KithMapper *mapper = kith_entity_mapper(target);
    for (unsigned i = 0; i < mapper->n_many; i++) {
        const KithMany *many = &mapper->many[i];
        if (many->is_one && kith_mapper_is_a(source, many->source)
            && &source->foreign_keys[many->foreign_key] == foreign_key)
            return many;
    }
    return NULL;
}

void
kith_one_make_room(KithEntity *newcomer,
                   const KithForeignKey *foreign_key,
                   const void *target)
{
    const KithEntity *owner = kith_entity_of(target);
    if (owner->magic != KITH_ENTITY_MAGIC)
        return;
    const KithMany *many = find_one(owner, kith_entity_mapper(newcomer), foreign_key);
    KithCollection *collection = many != NULL ? current_of(many, owner) : NULL;
    if (collection != NULL)
        (void) let_go(many, collection, kith_entity_struct(newcomer));
}

void
kith_one_set(KithEntity *owner, const KithMany *many, const void *item, KithPlace place)
{
    KithEntity *entity = item != NULL ? kith_entity_of(item) : NULL;
    KithCollection *collection = current_of(many, owner);
    if (collection == NULL && owner->state == KITH_PENDING)
        collection = kith_collection_begin_new(owner, many);
    const KithMapper *mapper = kith_entity_mapper(owner);
    const void *known = *kith_one_target(many, kith_entity_struct(owner));
    bool is_item = entity != NULL && entity->magic == KITH_ENTITY_MAGIC
                   && entity->set->session == owner->set->session
                   && kith_mapper_is_a(entity->set->mapper, many->target);
    if (item != NULL && !is_item)
        kith_session_blame(owner->set->session,
                           place,
                           "%s.%s: kith_set to what is no object of this session; add it "
                           "with kith_add()",
                           mapper->entity,
                           many->member->name);
    else if (item != NULL)
        kith_reference_set(
            entity, back_of(many, entity), kith_entity_struct(owner), place);
    else if (collection != NULL)
        (void) let_go(many, collection, NULL);
    else if (known != NULL)
        kith_reference_set(
            kith_entity_of(known), back_of(many, kith_entity_of(known)), NULL, place);
    else if (owner->state == KITH_PERSISTENT)
        kith_session_blame(
            owner->set->session,
            place,
            "%s.%s: what refers to it is not loaded; call kith_ref() before "
            "it is set to NULL",
            mapper->entity,
            many->member->name);
}

/* --- in rows ----------------------------------------------------------------------- */

/* Was the reference of @entity set to an owner of which it is not known what it had? */
static const KithMany *
takes_unknown_place(KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *target = *kith_reference_target(foreign_key, kith_entity_struct(entity));
    const KithEntity *owner = target != NULL ? kith_entity_of(target) : NULL;
    const KithTracking *tracking = entity->tracking;
    bool is_live = entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
    if (!is_live || owner == NULL || owner->magic != KITH_ENTITY_MAGIC
        || owner->state != KITH_PERSISTENT)
        return NULL;
    if (entity->state == KITH_PERSISTENT
        && (tracking->baseline == NULL
            || *kith_reference_target(foreign_key, tracking->baseline) == target))
        return NULL;
    const KithMany *many = find_one(owner, kith_entity_mapper(entity), foreign_key);
    return many != NULL && current_of(many, owner) == NULL ? many : NULL;
}

static bool
make_room_of(KithEntity *newcomer,
             const KithForeignKey *foreign_key,
             const KithMany *many,
             bool *ret_any,
             KithPlace place,
             GError **error)
{
    const void *target =
        *kith_reference_target(foreign_key, kith_entity_struct(newcomer));
    KithEntity *owner = kith_entity_of(target);
    g_autoptr(GPtrArray) owners = g_ptr_array_new();
    size_t n_loaded;
    g_ptr_array_add(owners, kith_entity_struct(owner));
    if (!kith_collections_load(
            owner->set->session, many, owners, &n_loaded, place, error))
        return false;
    if (let_go(many, current_of(many, owner), kith_entity_struct(newcomer)))
        *ret_any = true;
    return true;
}

bool
kith_one_make_room_in_rows(KithSession *session,
                           bool *ret_any,
                           KithPlace place,
                           GError **error)
{
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
            const KithForeignKey *foreign_key = &mapper->foreign_keys[j];
            const KithMany *many =
                foreign_key->has_one ? takes_unknown_place(entity, foreign_key) : NULL;
            if (many != NULL
                && !make_room_of(entity, foreign_key, many, ret_any, place, error))
                return false;
        }
    }
    return true;
}

/* --- asking ------------------------------------------------------------------------ */

const void *
kith_one_get(KithEntity *owner, const KithMany *many, KithPlace place, GError **error)
{
    KithCollection *collection = kith_entity_collection(owner, many, place, error);
    const void *const *items =
        collection != NULL ? kith_collection_items(collection) : NULL;
    return items != NULL ? items[0] : NULL;
}

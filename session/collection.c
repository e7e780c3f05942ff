/*
 * collection.c - see the header. An array that was handed out is never changed: a program
 * may be walking it. The collection goes on with a copy, and the old array is kept until
 * the unit of work ends.
 */
#include "collection.h"

KithCollection **
kith_many_state(const KithMany *many, const void *row)
{
    return (KithCollection **) (void *) ((char *) (uintptr_t) row + many->offset);
}

void
kith_collection_free(KithCollection *collection)
{
    if (collection == NULL)
        return;
    g_ptr_array_unref(collection->items);
    g_free(collection);
}

bool
kith_collection_is_current(const KithCollection *collection, const KithEntitySet *targets)
{
    return collection != NULL && collection->epoch == targets->session->epoch
           && collection->generation == targets->root->generation;
}

/* Give up the present array: to the session, if the program may still be looking at it.
 */
static void
retire_items(KithCollection *collection, KithSession *session)
{
    if (collection->is_handed_out)
        g_ptr_array_add(session->retired, collection->items);
    else
        g_ptr_array_unref(collection->items);
    collection->is_handed_out = false;
}

KithCollection *
kith_collection_begin(KithEntity *entity,
                      const KithMany *many,
                      const KithEntitySet *targets)
{
    KithCollection **state = kith_many_state(many, kith_entity_struct(entity));
    if (*state == NULL)
        *state = g_new0(KithCollection, 1);
    else
        retire_items(*state, targets->session);
    (*state)->items = g_ptr_array_new();
    (*state)->epoch = targets->session->epoch;
    (*state)->generation = targets->root->generation;
    return *state;
}

void
kith_collection_append(KithCollection *collection, const void *child)
{
    g_ptr_array_add(collection->items, (void *) (uintptr_t) child);
}

const void *
kith_collection_items(KithCollection *collection)
{
    GPtrArray *items = collection->items;
    if (items->len == 0 || g_ptr_array_index(items, items->len - 1) != NULL)
        g_ptr_array_add(items, NULL);
    collection->is_handed_out = true;
    return items->pdata;
}

/* Make the array one that nobody looks at, without a NULL at its end. */
static GPtrArray *
own_items(KithCollection *collection, KithSession *session)
{
    if (collection->is_handed_out) {
        GPtrArray *copy = g_ptr_array_copy(collection->items, NULL, NULL);
        retire_items(collection, session);
        collection->items = copy;
        g_ptr_array_set_size(copy, (gint) copy->len - 1);
    }
    return collection->items;
}

/* The current collection of @parent that @foreign_key is the other side of, or NULL. */
static KithCollection *
find_collection(const KithEntity *child,
                const KithForeignKey *foreign_key,
                const void *parent)
{
    const KithMapper *mapper = foreign_key->target;
    for (unsigned i = 0; parent != NULL && i < mapper->n_many; i++) {
        const KithMany *many = &mapper->many[i];
        if (many->target != child->set->mapper
            || &many->target->foreign_keys[many->foreign_key] != foreign_key)
            continue;
        KithCollection *collection = *kith_many_state(many, parent);
        if (kith_collection_is_current(collection, child->set))
            return collection;
    }
    return NULL;
}

static bool
is_mapped_object(const void *object, const KithMapper *mapper)
{
    const KithEntity *entity = object != NULL ? kith_entity_of(object) : NULL;
    return entity != NULL && entity->magic == KITH_ENTITY_MAGIC
           && kith_mapper_is_a(entity->set->mapper, mapper);
}

void
kith_collections_move(KithEntity *child,
                      const KithForeignKey *foreign_key,
                      const void *from,
                      const void *to)
{
    KithSession *session = child->set->session;
    void *object = kith_entity_struct(child);
    const KithMapper *mapper = foreign_key->target;
    KithCollection *old =
        is_mapped_object(from, mapper) ? find_collection(child, foreign_key, from) : NULL;
    KithCollection *new =
        is_mapped_object(to, mapper) ? find_collection(child, foreign_key, to) : NULL;
    if (old != NULL)
        g_ptr_array_remove(own_items(old, session), object);
    if (new != NULL)
        g_ptr_array_add(own_items(new, session), object);
}

/* The object that a reference means, if the session has it. */
static const void *
known_target(const KithEntity *child, const KithForeignKey *foreign_key)
{
    const void *target = *kith_reference_target(foreign_key, kith_entity_struct(child));
    return target != NULL ? target : kith_reference_find(child, foreign_key);
}

void
kith_collections_enter(KithEntity *child)
{
    const KithMapper *mapper = kith_entity_mapper(child);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET)
            kith_collections_move(
                child, foreign_key, NULL, known_target(child, foreign_key));
    }
}

void
kith_collections_leave(KithEntity *child)
{
    const KithMapper *mapper = kith_entity_mapper(child);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET)
            kith_collections_move(
                child, foreign_key, known_target(child, foreign_key), NULL);
    }
}

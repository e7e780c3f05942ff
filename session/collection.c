/*
 * collection.c - see the header. An array that was handed out is never changed: a program
 * may be walking it. The collection goes on with a copy, and the old array is kept until
 * the unit of work ends.
 */
#include "collection.h"

#include "order-kept.h"

KithCollection **
kith_many_state(const KithMany *many, const void *row)
{
    return (KithCollection **) (void *) ((char *) (uintptr_t) row + many->offset);
}

const void **
kith_one_target(const KithMany *many, const void *row)
{
    return (const void **) (void *) ((char *) (uintptr_t) row + many->member->offset);
}

void
kith_one_show(const KithMany *many, const void *row)
{
    const KithCollection *collection = *kith_many_state(many, row);
    if (many->is_one)
        *kith_one_target(many, row) =
            collection->items->len > 0 ? g_ptr_array_index(collection->items, 0) : NULL;
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
    (*state)->is_loading = true;
    (*state)->many = many;
    (*state)->epoch = targets->session->epoch;
    (*state)->generation = targets->root->generation;
    return *state;
}

void
kith_collection_append(KithCollection *collection, const void *child)
{
    g_ptr_array_add(collection->items, (void *) (uintptr_t) child);
    collection->is_unsorted = collection->many->n_order > 0;
}

/* Most collections of a tree are empty: nothing is allocated to say so. */
const void *
kith_collection_items(KithCollection *collection)
{
    static const void *const nothing[] = { NULL };
    GPtrArray *items = collection->items;
    if (items->len == 0)
        return nothing;
    if (collection->is_unsorted)
        kith_order_sort(collection);
    if (g_ptr_array_index(items, items->len - 1) != NULL)
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

void
kith_collection_reorder(KithCollection *collection, KithSession *session)
{
    (void) own_items(collection, session);
    kith_order_sort(collection);
}

static bool
is_entity(const void *object)
{
    return object != NULL && kith_entity_of(object)->magic == KITH_ENTITY_MAGIC;
}

const void *
kith_many_item(const KithMany *many, KithEntity *source)
{
    const KithMapper *mapper = kith_entity_mapper(source);
    return kith_many_has_links(many)
               ? kith_reference_find_target(source, &mapper->foreign_keys[many->far])
               : kith_entity_struct(source);
}

typedef void (*Change)(KithCollection *collection, KithSession *session, void *item);

static void
add_item(KithCollection *collection, KithSession *session, void *item)
{
    g_ptr_array_add(own_items(collection, session), item);
    collection->is_unsorted = collection->many->n_order > 0;
}

static void
remove_item(KithCollection *collection, KithSession *session, void *item)
{
    g_ptr_array_remove(own_items(collection, session), item);
}

/* Change all current collections of @owner that @foreign_key of @source is the other side
 * of. */
static void
change_collections(KithEntity *source,
                   const KithForeignKey *foreign_key,
                   const void *owner,
                   Change change)
{
    const KithMapper *mapper = kith_entity_mapper(source);
    if (!is_entity(owner)
        || !kith_mapper_is_a(kith_entity_mapper(kith_entity_of(owner)),
                             foreign_key->target))
        return;
    const KithMapper *owner_mapper = kith_entity_mapper(kith_entity_of(owner));
    for (unsigned i = 0; i < owner_mapper->n_many; i++) {
        const KithMany *many = &owner_mapper->many[i];
        if (!kith_mapper_is_a(mapper, many->source)
            || &mapper->foreign_keys[many->foreign_key] != foreign_key)
            continue;
        KithCollection *collection = *kith_many_state(many, owner);
        const void *item = kith_many_item(many, source);
        bool is_current = kith_collection_is_current(collection, source->set);
        /* What is shown of a KITH_ONE is never an object that is gone. */
        if (many->is_one && !is_current && change == remove_item
            && *kith_one_target(many, owner) == item)
            *kith_one_target(many, owner) = NULL;
        if (many->position != KITH_NO_INDEX && change == add_item)
            kith_order_enter(many, is_current ? collection : NULL, source);
        if (item == NULL || !is_current)
            continue;
        change(collection, source->set->session, (void *) (uintptr_t) item);
        kith_one_show(many, owner);
    }
}

void
kith_collections_move(KithEntity *child,
                      const KithForeignKey *foreign_key,
                      const void *from,
                      const void *to)
{
    change_collections(child, foreign_key, from, remove_item);
    change_collections(child, foreign_key, to, add_item);
}

void
kith_collections_enter(KithEntity *child)
{
    const KithMapper *mapper = kith_entity_mapper(child);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET)
            kith_collections_move(
                child, foreign_key, NULL, kith_reference_find_target(child, foreign_key));
    }
}

/* Links are not told when one of their ends goes. */
static void
forget_links(const KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithMapper *source = mapper->referring[i]->mapper;
        if (source->is_link)
            entity->set->session->sets[source->index].root->generation++;
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
                child, foreign_key, kith_reference_find_target(child, foreign_key), NULL);
    }
    forget_links(child);
}

void
kith_collections_forget(KithEntity *entity)
{
    entity->set->root->generation++;
    forget_links(entity);
}

/*
 * collection-load.c - loads collections: the rows that say what belongs to them, and, of
 * a link table, what these mean. What the program has changed and not flushed is merged
 * in, so that a collection is what the next flush would make of it.
 */
#include "collection.h"

#include "error.h"
#include "flush.h"
#include "foreign-key.h"
#include "loader.h"
#include "relation.h"
#include "strict.h"

static KithEntitySet *
source_of(KithSession *session, const KithMany *many)
{
    return &session->sets[many->source->index];
}

/* A link can be there still when what it means is about to go. */
static bool
is_live(const void *item)
{
    const KithEntity *entity = kith_entity_of(item);
    return entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
}

/* Add what row @entity stands for to the collection of its owner, if that is being
 * loaded. */
static void
hand_out(KithEntity *entity, const KithMany *many)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *owner =
        kith_reference_known(entity, &mapper->foreign_keys[many->foreign_key]);
    const void *item = kith_many_item(many, entity);
    KithCollection *collection = owner != NULL ? *kith_many_state(many, owner) : NULL;
    if (collection != NULL && collection->is_loading && item != NULL && is_live(item))
        kith_collection_append(collection, item);
}

static int
compare_sequence(const void *left, const void *right)
{
    const KithEntity *a = *(KithEntity *const *) left, *b = *(KithEntity *const *) right;
    uint64_t x = a->tracking->sequence, y = b->tracking->sequence;
    return (x > y) - (x < y);
}

/* Rows that are new or changed, and were not among those that were read, in the order
 * added. */
static void
merge_watched(const KithEntitySet *source, const KithMany *many, const GPtrArray *rows)
{
    const GPtrArray *watched = source->session->watched;
    if (source->n_watched == 0 && source->mapper->n_below == 0)
        return;
    g_autoptr(GHashTable) read = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) merged = g_ptr_array_new();
    for (guint i = 0; i < rows->len; i++)
        g_hash_table_add(read, g_ptr_array_index(rows, i));
    for (guint i = 0; i < watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(watched, i);
        if (is_live(kith_entity_struct(entity))
            && kith_mapper_is_a(entity->set->mapper, many->source)
            && !g_hash_table_contains(read, kith_entity_struct(entity)))
            g_ptr_array_add(merged, entity);
    }
    g_ptr_array_sort(merged, compare_sequence);
    for (guint i = 0; i < merged->len; i++)
        hand_out(g_ptr_array_index(merged, i), many);
}

/* Make the collections of @owners what @rows, and what is not flushed, say. */
static void
fill(const KithEntitySet *source,
     const KithMany *many,
     const GPtrArray *owners,
     const GPtrArray *rows)
{
    const KithForeignKey *back = &many->source->foreign_keys[many->foreign_key];
    for (guint i = 0; i < owners->len; i++)
        kith_collection_begin(kith_entity_of(g_ptr_array_index(owners, i)), many, source);
    if (!back->means_key)
        kith_references_link(rows, back, owners);
    for (guint i = 0; i < rows->len; i++)
        hand_out(kith_entity_of(g_ptr_array_index(rows, i)), many);
    merge_watched(source, many, rows);
    for (guint i = 0; i < owners->len; i++) {
        (*kith_many_state(many, g_ptr_array_index(owners, i)))->is_loading = false;
        kith_one_show(many, g_ptr_array_index(owners, i));
    }
}

/* What links mean. */
static bool
load_far_ends(KithSession *session,
              const KithMany *many,
              const GPtrArray *links,
              KithPlace place,
              GError **error)
{
    if (!kith_many_has_links(many))
        return true;
    const KithForeignKey *far = &many->source->foreign_keys[many->far];
    KithRelation relation = { .reference = far,
                              .target = far->target,
                              .member = far->member };
    return kith_relation_load(session, &relation, links, NULL, place, error);
}

bool
kith_collections_load(KithSession *session,
                      const KithMany *many,
                      const GPtrArray *objects,
                      size_t *ret_n_loaded,
                      KithPlace place,
                      GError **error)
{
    KithEntitySet *source = source_of(session, many);
    const KithKeys keys =
        kith_keys_of_referrers(&many->source->foreign_keys[many->foreign_key]);
    g_autoptr(GPtrArray) owners = g_ptr_array_new();
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    if (!kith_flush_before_query(source, place, error))
        return false;
    for (guint i = 0; i < objects->len; i++) {
        void *object = g_ptr_array_index(objects, i);
        if (!kith_collection_is_current(*kith_many_state(many, object), source))
            g_ptr_array_add(owners, object);
    }
    *ret_n_loaded = owners->len;
    if (owners->len == 0)
        return true;
    if (!kith_load_in(source, &keys, owners, place, rows, error)
        || !load_far_ends(session, many, rows, place, error))
        return false;
    fill(source, many, owners, rows);
    return true;
}

/*
 * What has no row yet is referred to by objects that are not flushed alone; or by such as
 * need not be, where it takes over the row of one that is deleted.
 */
KithCollection *
kith_collection_begin_new(KithEntity *entity, const KithMany *many)
{
    g_autoptr(GPtrArray) owners = g_ptr_array_new();
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(owners, kith_entity_struct(entity));
    fill(source_of(entity->set->session, many), many, owners, rows);
    return *kith_many_state(many, kith_entity_struct(entity));
}

KithCollection *
kith_entity_collection(KithEntity *entity,
                       const KithMany *many,
                       KithPlace place,
                       GError **error)
{
    KithSession *session = entity->set->session;
    KithEntitySet *source = source_of(session, many);
    KithCollection **collection = kith_many_state(many, kith_entity_struct(entity));
    if (!kith_session_check_misuse(session, error)
        || !kith_relation_read_if_expired(entity, place, error))
        return NULL;
    if (kith_collection_is_current(*collection, source))
        return *collection;
    if (entity->state == KITH_PENDING)
        return kith_collection_begin_new(entity, many);
    KithRelation relation = { .many = many,
                              .target = many->target,
                              .member = many->member->name };
    /* A refusal comes before the flush. */
    if (entity->state == KITH_PERSISTENT
        && !kith_strict_allows(entity, relation.member, place, error))
        return NULL;
    if (!kith_flush_before_query(source, place, error))
        return NULL;
    if (entity->state != KITH_PERSISTENT)
        return kith_collection_begin_new(entity, many);
    if (!kith_relation_load_lazily(entity, &relation, place, error))
        return NULL;
    return *collection;
}

const void *
kith_entity_many(const void *object, size_t offset, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_many");
    if (entity == NULL) {
        (void) kith_relation_refuse_nothing(error);
        return NULL;
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    unsigned index = kith_mapper_many_at(mapper, offset);
    if (index == KITH_NO_INDEX || mapper->many[index].is_one) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_many of a member that is not mapped as a collection",
                       mapper->entity);
        return NULL;
    }
    KithCollection *collection =
        kith_entity_collection(entity, &mapper->many[index], place, error);
    return collection != NULL ? kith_collection_items(collection) : NULL;
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

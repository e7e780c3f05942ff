/*
 * link.c - see the header. A link that has a row is found in the identity map, by the
 * keys of its two ends. One that is pending is in no map, and its ends may have no keys
 * yet: it is found by their addresses, in 'pairs' of its set.
 */
#include "link.h"

#include "change.h"
#include "collection.h"
#include "referrers.h"

#include <string.h>

/* The ends in the order of the mapping, whichever of them the program came from. */
typedef struct Pair {
    const KithEntity *near;
    const KithEntity *far;
} Pair;

static guint
hash_pair(gconstpointer data)
{
    const Pair *pair = data;
    uint64_t near = (uint64_t) (uintptr_t) pair->near;
    uint64_t far = (uint64_t) (uintptr_t) pair->far;
    uint64_t hash = (near * 31 + far) * UINT64_C(0x9E3779B97F4A7C15);
    return (guint) (hash >> 32);
}

static gboolean
is_equal_pair(gconstpointer a, gconstpointer b)
{
    const Pair *one = a, *other = b;
    return one->near == other->near && one->far == other->far;
}

static KithEntitySet *
links_of(const KithMany *many, const KithEntity *owner)
{
    return &owner->set->session->sets[many->source->index];
}

static const KithForeignKey *
near_of(const KithMany *many)
{
    return &many->source->foreign_keys[many->foreign_key];
}

static const KithForeignKey *
far_of(const KithMany *many)
{
    return &many->source->foreign_keys[many->far];
}

static Pair
make_pair(const KithMany *many, const KithEntity *owner, const KithEntity *item)
{
    bool is_back = many->foreign_key > many->far;
    return is_back ? (Pair){ item, owner } : (Pair){ owner, item };
}

/* --- finding ----------------------------------------------------------------------- */

static bool
has_key(const KithEntity *entity)
{
    return entity->is_in_map;
}

static void
fill_end(const KithForeignKey *foreign_key, void *row, const KithEntity *end)
{
    const void *target = kith_entity_row(end);
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *column = &foreign_key->mapper->columns[foreign_key->columns[i]];
        const KithColumn *key = &foreign_key->target->columns[foreign_key->targets[i]];
        memcpy((char *) row + column->offset,
               (const char *) target + key->offset,
               kith_column_size(key));
    }
}

void
kith_link_fill_key(const KithMany *many,
                   void *row,
                   const KithEntity *owner,
                   const KithEntity *item)
{
    fill_end(near_of(many), row, owner);
    fill_end(far_of(many), row, item);
}

static KithEntity *
find_in_map(const KithMany *many, const KithEntity *owner, const KithEntity *item)
{
    KithEntitySet *links = links_of(many, owner);
    if (!has_key(owner) || !has_key(item))
        return NULL;
    kith_link_fill_key(many, links->scratch, owner, item);
    KithEntity *found = kith_identity_map_find(&links->map, links->scratch);
    memset(links->scratch, 0, links->mapper->size);
    return found;
}

/* What was found may have been written, or taken back, since it was filed. */
static KithEntity *
find_pending(const KithMany *many, const KithEntity *owner, const KithEntity *item)
{
    KithEntitySet *links = links_of(many, owner);
    Pair pair = make_pair(many, owner, item);
    KithEntity *found =
        links->pairs != NULL ? g_hash_table_lookup(links->pairs, &pair) : NULL;
    return found != NULL && found->state == KITH_PENDING ? found : NULL;
}

static KithEntity *
find_link(const KithMany *many, const KithEntity *owner, const KithEntity *item)
{
    KithEntity *found = find_pending(many, owner, item);
    return found != NULL ? found : find_in_map(many, owner, item);
}

bool
kith_link_is_known(const KithMany *many,
                   const KithEntity *owner,
                   const KithEntity *item,
                   bool *ret_linked)
{
    const KithEntity *found = find_link(many, owner, item);
    bool is_current = kith_collection_is_current(
        *kith_many_state(many, kith_entity_struct(owner)), links_of(many, owner));
    bool is_known = found != NULL || is_current || !has_key(owner) || !has_key(item);
    if (is_known)
        *ret_linked = found != NULL && found->state != KITH_DELETED;
    return is_known;
}

/* --- changing ---------------------------------------------------------------------- */

static void
file_pair(KithEntitySet *links, Pair pair, KithEntity *link)
{
    if (links->pairs == NULL)
        links->pairs = g_hash_table_new_full(hash_pair, is_equal_pair, g_free, NULL);
    g_hash_table_replace(links->pairs, g_memdup2(&pair, sizeof pair), link);
}

/* Delete was undone: the row stays. */
static void
revive(KithEntity *link)
{
    link->state = KITH_PERSISTENT;
    kith_session_unwatch(link->set->session, link);
    kith_entity_drop_baseline(link);
    kith_collections_enter(link);
}

/* The object, of the two, that belongs to the other one; NULL: neither does. */
static KithEntity *
find_owned(const KithMany *many, KithEntity *owner, KithEntity *item)
{
    if (far_of(many)->owns_target)
        return item;
    return near_of(many)->owns_target ? owner : NULL;
}

/* The foreign key by which it does. */
static const KithForeignKey *
owning(const KithMany *many)
{
    return far_of(many)->owns_target ? far_of(many) : near_of(many);
}

bool
kith_link_can_revive(const KithMany *many, const KithEntity *item)
{
    return far_of(many)->owns_target && item->is_in_map
           && item->tracking->orphaned_by == far_of(many);
}

static void
note_owner(const KithMany *many, KithEntity *owner, KithEntity *item)
{
    KithEntity *owned = find_owned(many, owner, item);
    if (owned == NULL)
        return;
    kith_orphan_revive(owned, owning(many));
    if (owned->tracking != NULL && owned->tracking->orphaned_by == owning(many))
        owned->tracking->orphaned_by = NULL;
}

/* What is new, and was given to nobody else, leaves the session. */
static void
note_loss(const KithMany *many, KithEntity *owner, KithEntity *item)
{
    KithEntity *owned = find_owned(many, owner, item);
    if (owned != NULL && owned->state == KITH_PENDING)
        owned->tracking->orphaned_by = owning(many);
}

void
kith_link_add(const KithMany *many, KithEntity *owner, KithEntity *item, KithPlace place)
{
    KithEntitySet *links = links_of(many, owner);
    KithEntity *known = find_link(many, owner, item);
    note_owner(many, owner, item);
    if (known != NULL && known->state != KITH_DELETED)
        return;
    bool was_read = known != NULL && known->load != NULL;
    if (was_read) {
        revive(known);
        return;
    }
    if (known != NULL)
        kith_session_detach(links->session,
                            known); /* whether there is a row is not known */
    *kith_reference_target(near_of(many), links->scratch) = kith_entity_struct(owner);
    *kith_reference_target(far_of(many), links->scratch) = kith_entity_struct(item);
    KithEntity *link = kith_set_add(links, links->scratch, place);
    memset(links->scratch, 0, links->mapper->size);
    file_pair(links, make_pair(many, owner, item), link);
}

/* A link that the session has not read, to be deleted. */
static KithEntity *
assume_link(const KithMany *many, KithEntity *owner, KithEntity *item)
{
    KithEntitySet *links = links_of(many, owner);
    kith_link_fill_key(many, links->scratch, owner, item);
    *kith_reference_target(near_of(many), links->scratch) = kith_entity_struct(owner);
    *kith_reference_target(far_of(many), links->scratch) = kith_entity_struct(item);
    KithEntity *link = kith_entity_new(links, links->scratch, NULL);
    memset(links->scratch, 0, links->mapper->size);
    kith_entity_file(link);
    return link;
}

void
kith_link_remove(const KithMany *many,
                 KithEntity *owner,
                 KithEntity *item,
                 bool may_be_unknown)
{
    KithEntity *link = find_link(many, owner, item);
    if (link == NULL && may_be_unknown && has_key(owner) && has_key(item))
        link = assume_link(many, owner, item);
    if (link == NULL || link->state == KITH_DELETED)
        return;
    kith_collections_leave(link);
    if (link->state == KITH_PENDING) {
        kith_session_detach(link->set->session, link);
        note_loss(many, owner, item);
        return;
    }
    link->state = KITH_DELETED;
    kith_session_watch(link->set->session, link);
    link->tracking->is_cascaded = false;
    link->tracking->has_followed = false;
}

static gboolean
is_not_pending(gpointer pair, gpointer link, gpointer data)
{
    (void) pair;
    (void) data;
    return ((const KithEntity *) link)->state != KITH_PENDING;
}

void
kith_links_settle(KithSession *session)
{
    for (unsigned i = 0; i < session->engine->registry->n_mappers; i++) {
        if (session->sets[i].pairs != NULL)
            g_hash_table_foreach_remove(session->sets[i].pairs, is_not_pending, NULL);
    }
}

void
kith_links_forget(KithEntitySet *set)
{
    g_clear_pointer(&set->pairs, g_hash_table_unref);
}

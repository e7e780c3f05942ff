/*
 * cascade-links.c - what is special about cascades where owners are said by rows of a
 * link table. A link has two foreign keys; the one that owns, or takes, its target
 * leads to the item, the other one to the owner.
 */
#include "cascade.h"

#include "change.h"
#include "error.h"
#include "foreign-key.h"
#include "loader.h"
#include "referrers.h"
#include "transaction.h"

#include <string.h>

/* The foreign key at the other end of a link. */
static const KithForeignKey *
other_end(const KithMapper *mapper, unsigned index)
{
    return &mapper->foreign_keys[1 - index];
}

/* The object that a link means, if the session has it: new or not, deleted or not. */
static KithEntity *
find_end(const KithEntity *link, const KithForeignKey *foreign_key)
{
    const void *row = kith_entity_struct(link);
    const void *target = *kith_reference_target(foreign_key, row);
    return target != NULL ? kith_entity_of(target)
                          : kith_foreign_key_find(link->set->session, foreign_key, row);
}

static bool
is_gone(const KithEntity *entity)
{
    return entity != NULL && kith_cascade_is_gone(kith_entity_struct(entity));
}

/* --- who owns what ----------------------------------------------------------------- */

bool
kith_cascade_has_new_owner(KithSession *session,
                           const void *object,
                           const KithMapper *mapper,
                           unsigned index)
{
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        bool is_live = entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
        if (!is_live || !kith_mapper_is_a(kith_entity_mapper(entity), mapper)
            || *kith_reference_target(&mapper->foreign_keys[index],
                                      kith_entity_struct(entity))
                   != object)
            continue;
        if (!mapper->is_link || !is_gone(find_end(entity, other_end(mapper, index))))
            return true;
    }
    return false;
}

const KithForeignKey *
kith_cascade_find_unlinked(KithEntity *item)
{
    const KithForeignKey *foreign_key = item->tracking->orphaned_by;
    const KithMapper *links = foreign_key->mapper;
    unsigned index = (unsigned) (foreign_key - links->foreign_keys);
    bool has_owner = kith_cascade_has_new_owner(
        item->set->session, kith_entity_struct(item), links, index);
    return has_owner ? NULL : foreign_key;
}

bool
kith_cascade_keep_unlinked(KithEntitySet *links,
                           unsigned index,
                           GPtrArray *found,
                           KithPlace place,
                           GError **error)
{
    const KithForeignKey *foreign_key = &links->mapper->foreign_keys[index];
    const KithKeys keys = kith_keys_of_referrers(foreign_key);
    if (!links->mapper->is_link || !foreign_key->owns_target || found->len == 0)
        return true;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    for (guint i = 0; i < found->len; i++)
        g_ptr_array_add(rows,
                        (void *) (uintptr_t) kith_entity_row(
                            kith_entity_of(g_ptr_array_index(found, i))));
    if (!kith_transaction_open(links->session, NULL, place, error)
        || !kith_load_in(links, &keys, rows, place, others, error))
        return false;
    for (guint i = 0; i < others->len; i++) {
        const KithEntity *link = kith_entity_of(g_ptr_array_index(others, i));
        KithEntity *item = find_end(link, foreign_key);
        if (item != NULL && link->state == KITH_PERSISTENT
            && !is_gone(find_end(link, other_end(links->mapper, index))))
            g_ptr_array_remove(found, kith_entity_struct(item));
    }
    return true;
}

/* --- going with it ----------------------------------------------------------------- */

/* An orphan of a link can still get an owner if the flush fails. */
void
kith_cascade_take(KithEntity *target, const KithForeignKey *foreign_key)
{
    kith_entity_delete(kith_entity_struct(target), KITH_HERE);
    if (foreign_key->mapper->is_link && foreign_key->owns_target)
        target->tracking->orphaned_by = foreign_key;
}

/*
 * What has a row stays if it has an owner in the database, where it can have one only:
 * its link to that says whether it goes.
 */
void
kith_cascade_follow_link(KithEntity *link, const KithForeignKey *foreign_key)
{
    const KithMapper *mapper = kith_entity_mapper(link);
    if (!mapper->is_link)
        return;
    unsigned index = 1 - (unsigned) (foreign_key - mapper->foreign_keys);
    const KithForeignKey *far = &mapper->foreign_keys[index];
    KithEntity *item = far->takes_target ? find_end(link, far) : NULL;
    bool may_go = item != NULL
                  && (item->state == KITH_PENDING
                      || (item->state == KITH_PERSISTENT && !far->owns_target));
    if (may_go
        && !kith_cascade_has_new_owner(
            link->set->session, kith_entity_struct(item), mapper, index))
        kith_entity_delete(kith_entity_struct(item), KITH_HERE);
}

/* --- one owner --------------------------------------------------------------------- */

static bool
refuse_owner(const KithEntity *owner,
             const KithEntity *item,
             const KithMapper *links,
             GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(owner);
    g_autofree char *owner_key = kith_mapper_key_text(mapper, kith_entity_row(owner));
    g_autofree char *item_key =
        kith_mapper_key_text(kith_entity_mapper(item), kith_entity_row(item));
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s %s: %s: %s %s belongs to another %s; with '.delete_orphans' "
                   "it can have one owner",
                   mapper->entity,
                   owner_key,
                   strrchr(links->entity, '.') + 1,
                   kith_entity_mapper(item)->entity,
                   item_key,
                   mapper->entity);
    return false;
}

/* Is there a link in the database, that is known, from another owner that stays? */
static bool
has_known_owner(const KithEntity *item,
                const KithEntity *owner,
                const KithMapper *links,
                unsigned index)
{
    if (!item->is_in_map)
        return false;
    g_autoptr(GPtrArray) others = kith_referrers_find(
        item->set->session, &links->foreign_keys[index], kith_entity_row(item));
    for (guint i = 0; i < others->len; i++) {
        const KithEntity *link = g_ptr_array_index(others, i);
        const KithEntity *other = find_end(link, other_end(links, index));
        if (link->state == KITH_PERSISTENT && other != owner && !is_gone(other))
            return true;
    }
    return false;
}

/* @owners: by item, of the new links that were looked at. */
static bool
check_owner(const KithEntity *link, unsigned index, GHashTable *owners, GError **error)
{
    const KithMapper *links = kith_entity_mapper(link);
    KithEntity *owner = find_end(link, other_end(links, index));
    KithEntity *item = find_end(link, &links->foreign_keys[index]);
    if (owner == NULL || item == NULL || is_gone(owner) || is_gone(item))
        return true;
    if (g_hash_table_contains(owners, item) || has_known_owner(item, owner, links, index))
        return refuse_owner(owner, item, links, error);
    g_hash_table_add(owners, item);
    return true;
}

/* Links of several relations can lead to one item: each relation has owners of its own.
 */
static bool
check_links(KithSession *session, const KithMapper *links, unsigned index, GError **error)
{
    g_autoptr(GHashTable) owners = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *link = g_ptr_array_index(session->watched, i);
        if (kith_entity_mapper(link) == links && link->state == KITH_PENDING
            && !check_owner(link, index, owners, error))
            return false;
    }
    return true;
}

bool
kith_cascade_check_owners(KithSession *session, GError **error)
{
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        if (!mapper->is_link || session->sets[m].n_watched == 0)
            continue;
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            if (mapper->foreign_keys[i].owns_target
                && !check_links(session, mapper, i, error))
                return false;
        }
    }
    return true;
}

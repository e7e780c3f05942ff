/*
 * membership.c - what is in a collection, changed and asked for from the side of its
 * owner. Of a KITH_HAS_MANY that is the reference of the item; of a many-to-many relation
 * a link.
 */
#include "kith-relation.h"

#include "change.h"
#include "collection.h"
#include "error.h"
#include "flush.h"
#include "link.h"
#include "loader.h"
#include "relation.h"
#include "source.h"
#include "sql.h"

#include <string.h>

/* --- the arguments ----------------------------------------------------------------- */

static const KithMany *
find_many(const KithEntity *owner, size_t offset)
{
    const KithMapper *mapper = kith_entity_mapper(owner);
    unsigned index = kith_mapper_many_at(mapper, offset);
    return index != KITH_NO_INDEX ? &mapper->many[index] : NULL;
}

static const KithForeignKey *
back_of(const KithMany *many, const KithEntity *item)
{
    return &kith_entity_mapper(item)->foreign_keys[many->foreign_key];
}

/* Why the two cannot be changed together; NULL: they can. */
static const char *
find_fault(const KithMany *many, const KithEntity *owner, const void *item)
{
    const KithEntity *entity = item != NULL ? kith_entity_of(item) : NULL;
    if (many == NULL)
        return "the member is not mapped as a collection";
    if (owner->state == KITH_DELETED)
        return "the object is deleted";
    if (owner->state == KITH_DETACHED)
        return "the object is no longer in the session";
    if (entity == NULL)
        return "the item is NULL";
    if (entity->magic != KITH_ENTITY_MAGIC)
        return "the item is no object of a session; add it with kith_add()";
    if (entity->set->session != owner->set->session)
        return "the item is an object of another session; get it in this one";
    if (!kith_mapper_is_a(entity->set->mapper, many->target))
        return "the item is an object of another entity";
    if (entity->state == KITH_DETACHED)
        return "the item is no longer in the session";
    return NULL;
}

static void
blame(const KithEntity *owner,
      const KithMany *many,
      const char *fault,
      const char *action,
      KithPlace place)
{
    const KithMapper *mapper = kith_entity_mapper(owner);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(owner));
    kith_session_blame(owner->set->session,
                       place,
                       "%s %s: %s%s%s: %s",
                       mapper->entity,
                       key,
                       action,
                       many != NULL ? " of " : "",
                       many != NULL ? many->member->name : "",
                       fault);
}

/* --- changing ---------------------------------------------------------------------- */

static void
append(const KithMany *many, KithEntity *owner, KithEntity *item, KithPlace place)
{
    if (kith_many_has_links(many))
        kith_link_add(many, owner, item, place);
    else
        kith_reference_set(item, back_of(many, item), kith_entity_struct(owner), place);
}

/* Does the reference of the item lead to this owner, by its target or by its values? */
static bool
is_owned(const KithMany *many, const KithEntity *owner, const KithEntity *item)
{
    return kith_reference_find_target(item, back_of(many, item))
           == kith_entity_struct(owner);
}

static void
take_out(const KithMany *many, KithEntity *owner, KithEntity *item, KithPlace place)
{
    bool linked = false;
    if (!kith_many_has_links(many)) {
        if (is_owned(many, owner, item))
            kith_reference_set(item, back_of(many, item), NULL, place);
        return;
    }
    bool is_known = kith_link_is_known(many, owner, item, &linked);
    kith_link_remove(many, owner, item, !is_known);
}

void
kith_entity_append(const void *object, size_t offset, const void *item, KithPlace place)
{
    KithEntity *owner = kith_session_entity(object, place, "kith_append");
    const KithMany *many = owner != NULL ? find_many(owner, offset) : NULL;
    const char *fault = owner != NULL ? find_fault(many, owner, item) : NULL;
    if (owner == NULL)
        return;
    if (fault == NULL && kith_many_has_links(many)
        && kith_entity_of(item)->state == KITH_DELETED
        && !kith_link_can_revive(many, kith_entity_of(item)))
        fault = "the item is deleted";
    if (fault != NULL)
        blame(owner, many, fault, "kith_append", place);
    else
        append(many, owner, kith_entity_of(item), place);
}

void
kith_entity_remove(const void *object, size_t offset, const void *item, KithPlace place)
{
    KithEntity *owner = kith_session_entity(object, place, "kith_remove");
    const KithMany *many = owner != NULL ? find_many(owner, offset) : NULL;
    const char *fault = owner != NULL ? find_fault(many, owner, item) : NULL;
    if (owner == NULL)
        return;
    if (fault != NULL)
        blame(owner, many, fault, "kith_remove", place);
    else if (kith_entity_of(item)->state != KITH_DELETED)
        take_out(many, owner, kith_entity_of(item), place);
}

/* A call that can fail says at once what is wrong. */
static KithEntity *
check_call(const void *object,
           size_t offset,
           KithPlace place,
           const char *action,
           const KithMany **ret_many,
           GError **error)
{
    KithEntity *owner = kith_session_entity(object, place, action);
    if (owner == NULL) {
        (void) kith_relation_refuse_nothing(error);
        return NULL;
    }
    *ret_many = find_many(owner, offset);
    if (*ret_many != NULL)
        return owner;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: %s of a member that is not mapped as a collection",
                   kith_entity_mapper(owner)->entity,
                   action);
    return NULL;
}

static bool
check_item(const KithMany *many,
           const KithEntity *owner,
           const void *item,
           const char *action,
           GError **error)
{
    const char *fault = find_fault(many, owner, item);
    if (fault != NULL)
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: %s of %s: %s",
                       kith_entity_mapper(owner)->entity,
                       action,
                       many->member->name,
                       fault);
    return fault == NULL;
}

bool
kith_entity_replace(
    const void *object, size_t offset, const void *items, KithPlace place, GError **error)
{
    const KithMany *many = NULL;
    KithEntity *owner = check_call(object, offset, place, "kith_replace", &many, error);
    if (owner == NULL)
        return false;
    const void *const *wanted = items;
    for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++) {
        if (!check_item(many, owner, wanted[i], "kith_replace", error))
            return false;
    }
    KithCollection *collection = kith_entity_collection(owner, many, place, error);
    if (collection == NULL)
        return false;
    const void *const *present = kith_collection_items(collection);
    g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++)
        g_hash_table_add(kept, (void *) (uintptr_t) wanted[i]);
    for (size_t i = 0; present[i] != NULL; i++) {
        if (!g_hash_table_contains(kept, present[i]))
            take_out(many, owner, kith_entity_of(present[i]), place);
    }
    for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++)
        append(many, owner, kith_entity_of(wanted[i]), place);
    return true;
}

/* --- asking ------------------------------------------------------------------------ */

/* Look for the row of a link that the session does not know. */
static bool
load_link(const KithMany *many,
          const KithEntity *owner,
          const KithEntity *item,
          bool *ret_contains,
          KithPlace place,
          GError **error)
{
    KithEntitySet *links = &owner->set->session->sets[many->source->index];
    g_autofree void *key = g_malloc0(many->source->size);
    g_autoptr(GError) failure = NULL;
    kith_link_fill_key(many, key, owner, item);
    const void *found = kith_load_by_key(links, key, place, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    *ret_contains = found != NULL;
    return true;
}

bool
kith_entity_contains(const void *object,
                     size_t offset,
                     const void *item,
                     bool *ret_contains,
                     KithPlace place,
                     GError **error)
{
    const KithMany *many = NULL;
    KithEntity *owner = check_call(object, offset, place, "kith_contains", &many, error);
    if (owner == NULL || !check_item(many, owner, item, "kith_contains", error))
        return false;
    KithEntity *entity = kith_entity_of(item);
    if (!kith_many_has_links(many)) {
        *ret_contains = entity->state != KITH_DELETED && is_owned(many, owner, entity);
        return true;
    }
    return kith_link_is_known(many, owner, entity, ret_contains)
           || load_link(many, owner, entity, ret_contains, place, error);
}

/* Count the rows that refer to the owner. */
static bool
count_rows(const KithMany *many,
           const KithEntity *owner,
           int64_t *ret_count,
           KithPlace place,
           GError **error)
{
    KithSession *session = owner->set->session;
    const KithForeignKey *back = &many->source->foreign_keys[many->foreign_key];
    g_autofree KithParameter *values = g_new0(KithParameter, back->n_columns);
    g_autoptr(GString) sql = g_string_new("SELECT count(*) FROM ");
    kith_sql_source(sql, many->source, NULL, false);
    for (unsigned i = 0; i < back->n_columns; i++) {
        const KithColumn *key = &back->target->columns[back->targets[i]];
        values[i] =
            (KithParameter){ .kind = key->kind,
                             .value = kith_column_get(key, kith_entity_row(owner)),
                             .secret = key->secret };
        g_string_append(sql, i > 0 ? " AND " : " WHERE ");
        kith_sql_identifier(sql, many->source->columns[back->columns[i]].name);
        g_string_append(sql, " = ");
        kith_sql_parameter(sql, session->engine->driver->dialect, i + 1);
    }
    return kith_load_integer(
        session, sql->str, values, back->n_columns, ret_count, place, error);
}

bool
kith_entity_count_of(const void *object,
                     size_t offset,
                     int64_t *ret_count,
                     KithPlace place,
                     GError **error)
{
    const KithMany *many = NULL;
    KithEntity *owner = check_call(object, offset, place, "kith_count_of", &many, error);
    if (owner == NULL || !kith_session_check_misuse(owner->set->session, error))
        return false;
    KithEntitySet *source = &owner->set->session->sets[many->source->index];
    const KithCollection *collection = *kith_many_state(many, object);
    bool is_current = kith_collection_is_current(collection, source);
    if (!is_current && owner->state == KITH_PERSISTENT) {
        if (!kith_flush_before_query(source, place, error))
            return false;
        /* What could not be flushed now has to be counted with the rest. */
        if (!kith_set_has_changes(source))
            return count_rows(many, owner, ret_count, place, error);
    }
    KithCollection *loaded = kith_entity_collection(owner, many, place, error);
    if (loaded == NULL)
        return false;
    *ret_count = (int64_t) kith_array_length(kith_collection_items(loaded));
    return true;
}

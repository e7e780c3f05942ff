/*
 * expire.c - see the header. 'is_expired' of an object says that something of it has to
 * be read; tracking->unknown says which columns, or is NULL where it is all of them. What
 * the program sets while its column is unknown is remembered in tracking->given, because
 * the difference to the baseline, which is as old, would not show it.
 */
#include "expire.h"

#include "change.h"
#include "collection.h"
#include "error.h"
#include "loader.h"
#include "relation.h"

/* --- what is unknown --------------------------------------------------------------- */

void
kith_expire_object(KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    entity->is_expired = true;
    if (entity->tracking != NULL)
        g_clear_pointer(&entity->tracking->unknown, g_free);
    for (unsigned i = 0; i < mapper->n_many; i++)
        kith_collection_expire(
            *kith_many_state(&mapper->many[i], kith_entity_struct(entity)));
}

bool
kith_expire_is_unknown(const KithEntity *entity, unsigned index)
{
    if (!entity->is_expired || kith_entity_mapper(entity)->details[index].is_key)
        return false;
    const KithTracking *tracking = entity->tracking;
    return tracking == NULL || tracking->unknown == NULL
           || kith_bits_has(tracking->unknown, index);
}

bool
kith_expire_is_edited(const KithEntity *entity, unsigned index)
{
    const KithTracking *tracking = entity->tracking;
    if (tracking == NULL || tracking->baseline == NULL)
        return false;
    return !kith_column_is_equal(&kith_entity_mapper(entity)->columns[index],
                                 kith_entity_struct(entity),
                                 tracking->baseline)
           || (tracking->given != NULL && kith_bits_has(tracking->given, index));
}

/* Where all columns are unknown, say so column by column. */
static uint64_t *
unknown_bits(KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithTracking *tracking = kith_entity_track(entity);
    if (tracking->unknown != NULL)
        return tracking->unknown;
    bool is_all = entity->is_expired;
    tracking->unknown = g_new0(uint64_t, KITH_BITS(mapper->n_columns));
    for (unsigned i = 0; is_all && i < mapper->n_columns; i++) {
        if (!mapper->details[i].is_key)
            kith_bits_set(tracking->unknown, i);
    }
    return tracking->unknown;
}

static void
expire_column(KithEntity *entity, unsigned index)
{
    const KithTracking *tracking = entity->tracking;
    bool is_all = entity->is_expired && (tracking == NULL || tracking->unknown == NULL);
    if (is_all)
        return;
    kith_bits_set(unknown_bits(entity), index);
    entity->is_expired = true;
}

void
kith_expire_note_set(KithEntity *entity, unsigned index)
{
    unsigned n_words = KITH_BITS(kith_entity_mapper(entity)->n_columns);
    uint64_t *unknown = unknown_bits(entity);
    KithTracking *tracking = entity->tracking;
    if (tracking->given == NULL)
        tracking->given = g_new0(uint64_t, n_words);
    kith_bits_set(tracking->given, index);
    unknown[index / 64] &= ~(UINT64_C(1) << (index % 64));
    for (unsigned i = 0; i < n_words; i++) {
        if (unknown[i] != 0)
            return;
    }
    kith_expire_end(entity);
}

void
kith_expire_end(KithEntity *entity)
{
    entity->is_expired = false;
    if (entity->tracking != NULL)
        g_clear_pointer(&entity->tracking->unknown, g_free);
}

void
kith_expire_undo(KithEntity *entity)
{
    if (entity->tracking->given == NULL || entity->state != KITH_PERSISTENT)
        return;
    g_clear_pointer(&entity->tracking->given, g_free);
    kith_expire_object(entity);
}

/* --- reading ----------------------------------------------------------------------- */

bool
kith_expire_read(KithEntity *entity, KithPlace place, GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const KithKeys keys = { mapper->n_keys, mapper->keys, mapper, mapper->keys };
    g_autoptr(GPtrArray) siblings = kith_relation_siblings(entity, mapper);
    g_autoptr(GPtrArray) expired = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < siblings->len; i++) {
        void *object = g_ptr_array_index(siblings, i);
        if (kith_entity_is_expired(kith_entity_of(object)))
            g_ptr_array_add(expired, object);
    }
    if (!kith_load_in(entity->set, &keys, expired, place, found, error))
        return false;
    return !kith_entity_is_expired(entity) || kith_load_refuse_gone(entity, error);
}

/* --- what the program asks for ----------------------------------------------------- */

static bool
may_expire(const KithEntity *entity, KithPlace place, const char *action)
{
    if (entity == NULL)
        return false;
    if (entity->state == KITH_PERSISTENT)
        return true;
    kith_session_blame(entity->set->session,
                       place,
                       "%s: %s: only an object that has a row can be read again",
                       kith_entity_mapper(entity)->entity,
                       action);
    return false;
}

void
kith_entity_expire(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_expire");
    if (may_expire(entity, place, "kith_expire"))
        kith_expire_object(entity);
}

void
kith_entity_expire_member(const void *object, size_t offset, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_expire_member");
    if (!may_expire(entity, place, "kith_expire_member"))
        return;
    const KithMapper *mapper = kith_entity_mapper(entity);
    unsigned index = kith_mapper_column_at(mapper, offset);
    KithRelation relation;
    if (kith_relation_at(mapper, offset, &relation)) {
        if (relation.many != NULL)
            kith_collection_expire(*kith_many_state(relation.many, object));
        for (unsigned i = 0;
             relation.reference != NULL && i < relation.reference->n_columns;
             i++)
            expire_column(entity, relation.reference->columns[i]);
    } else if (index != KITH_NO_INDEX && !mapper->details[index].is_key) {
        expire_column(entity, index);
    } else {
        kith_session_blame(entity->set->session,
                           place,
                           "%s: kith_expire_member of a member that is %s",
                           mapper->entity,
                           index != KITH_NO_INDEX ? "the key" : "not mapped");
    }
}

/* Those without changes by their load; those with changes one by one. */
void
kith_expire_all(KithSession *session)
{
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state == KITH_PERSISTENT)
            kith_expire_object(entity);
    }
    kith_session_expire(session);
}

/*
 * refresh.c - reading the row of an object again, with what it is related to or under a
 * lock.
 */
#include "change.h"
#include "collection.h"
#include "error.h"
#include "expire.h"
#include "loader.h"
#include "relation.h"
#include "transaction.h"

static bool
refuse_nothing(GError **error)
{
    kith_error_set(error, KITH_ERROR_MISUSE, "the object is NULL, or of no session");
    return false;
}

/* --- refresh ----------------------------------------------------------------------- */

/* The members that differ from the row: "title, price". (transfer full) */
static char *
names_of_changes(const KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    GString *names = g_string_new(NULL);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (kith_expire_is_edited(entity, i))
            g_string_append_printf(
                names, "%s%s", names->len > 0 ? ", " : "", mapper->columns[i].member);
    }
    if (names->len == 0)
        g_string_append(names, "its version, or a reference");
    return g_string_free(names, FALSE);
}

static bool
may_refresh(KithEntity *entity, GError **error)
{
    if (entity->state == KITH_PERSISTENT && !kith_entity_has_changes(entity))
        return true;
    if (entity->state == KITH_PERSISTENT) {
        g_autofree char *names = names_of_changes(entity);
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "it has changes (%s), which a refresh would lose; commit or roll "
                       "back first",
                       names);
    } else {
        kith_error_set(
            error, KITH_ERROR_MISUSE, "only an object that has a row can be refreshed");
    }
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

bool
kith_entity_refresh(const void *object, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_refresh");
    if (entity == NULL)
        return refuse_nothing(error);
    return may_refresh(entity, error) && kith_load_again(entity, place, error);
}

/* --- with what it is related to ---------------------------------------------------- */

/* The relations of an object that are loaded. (transfer full) */
static GArray *
loaded_relations(const KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *object = kith_entity_struct(entity);
    GArray *relations = g_array_new(FALSE, FALSE, sizeof(KithRelation));
    KithRelation relation;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET
            && *kith_reference_target(foreign_key, object) != NULL
            && kith_relation_at(mapper, foreign_key->reference, &relation))
            g_array_append_val(relations, relation);
    }
    for (unsigned i = 0; i < mapper->n_many; i++) {
        if (*kith_many_state(&mapper->many[i], object) != NULL
            && kith_relation_at(mapper, mapper->many[i].member->offset, &relation))
            g_array_append_val(relations, relation);
    }
    return relations;
}

static void
expire_related(const GArray *relations, const void *object)
{
    g_autoptr(GPtrArray) related = g_ptr_array_new();
    for (guint i = 0; i < relations->len; i++)
        kith_relation_collect(
            &g_array_index(relations, KithRelation, i), object, related);
    for (guint i = 0; i < related->len; i++) {
        KithEntity *entity = kith_entity_of(g_ptr_array_index(related, i));
        if (entity->state == KITH_PERSISTENT)
            kith_expire_object(entity);
    }
}

bool
kith_entity_refresh_related(const void *object, KithPlace place, GError **error)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_refresh_related");
    if (entity == NULL)
        return refuse_nothing(error);
    if (!may_refresh(entity, error))
        return false;
    g_autoptr(GArray) relations = loaded_relations(entity);
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    g_ptr_array_add(objects, kith_entity_struct(entity));
    expire_related(relations, object);
    kith_expire_object(entity);
    if (!kith_load_again(entity, place, error))
        return false;
    for (guint i = 0; i < relations->len; i++) {
        const KithRelation *relation = &g_array_index(relations, KithRelation, i);
        if (!kith_relation_load(
                entity->set->session, relation, objects, NULL, place, error))
            return false;
    }
    return true;
}

/* --- lock -------------------------------------------------------------------------- */

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

/*
 * keys.c - foreign keys in memory follow the key that they refer to.
 */
#include "keys.h"

/* The column of @foreign_key in a row that has the old value; NULL if it has not. */
static bool
has_old_value(const KithMapper *mapper,
              const KithForeignKey *foreign_key,
              const void *row,
              const void *old)
{
    const KithColumn *column = &mapper->columns[foreign_key->columns[0]];
    const KithColumn *target = &foreign_key->target->columns[foreign_key->targets[0]];
    return kith_column_get(column, row) != NULL
           && kith_columns_are_equal(column, row, target, old);
}

/* Text is copied, because the row that it comes from can change again. */
static void
store_new_value(KithEntity *child, const KithForeignKey *foreign_key, const void *object)
{
    unsigned index = foreign_key->columns[0];
    const KithMapper *mapper = kith_entity_mapper(child);
    const KithColumn *target = &foreign_key->target->columns[foreign_key->targets[0]];
    void *baseline = child->tracking != NULL ? child->tracking->baseline : NULL;
    kith_entity_store(child, index, kith_column_get(target, object));
    if (baseline != NULL)
        kith_column_copy(&mapper->columns[index], baseline, kith_entity_struct(child));
}

static void
follow_in_set(KithEntitySet *set,
              const KithForeignKey *foreign_key,
              const void *old,
              const void *object)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    for (size_t slot = 0; slot < set->map.n_slots; slot++) {
        KithEntity *child = set->map.slots[slot].entity;
        if (child != NULL
            && has_old_value(set->mapper, foreign_key, kith_entity_row(child), old))
            g_ptr_array_add(children, child);
    }
    /* The foreign key can be a part of the child's own key, under which it is filed. */
    for (guint i = 0; i < children->len; i++)
        kith_identity_map_remove(&set->map, g_ptr_array_index(children, i));
    for (guint i = 0; i < children->len; i++)
        store_new_value(g_ptr_array_index(children, i), foreign_key, object);
    for (guint i = 0; i < children->len; i++)
        kith_identity_map_add(&set->map, g_ptr_array_index(children, i));
}

void
kith_keys_follow(const KithEntity *entity, const void *old)
{
    const KithSession *session = entity->set->session;
    const void *object = kith_entity_struct(entity);
    for (unsigned m = 0; m < session->engine->registry->n_mappers; m++) {
        KithEntitySet *set = &session->sets[m];
        for (unsigned i = 0; i < set->mapper->n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &set->mapper->foreign_keys[i];
            const KithColumn *target =
                &entity->set->mapper->columns[foreign_key->targets[0]];
            if (foreign_key->target == entity->set->mapper
                && !kith_column_is_equal(target, old, object))
                follow_in_set(set, foreign_key, old, object);
        }
    }
}

bool
kith_keys_differ(const KithMapper *mapper, const void *row, const void *other)
{
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithColumn *target = &mapper->columns[mapper->referring[i]->targets[0]];
        if (!kith_column_is_equal(target, row, other))
            return true;
    }
    return false;
}

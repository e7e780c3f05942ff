/*
 * foreign-key.c - see the header. All that the session knows of the columns of a foreign
 * key is here.
 */
#include "foreign-key.h"

#include "session.h"

#include <string.h>

/* A target can be new too, and have the key of its own target, and so on. */
#define MAX_DEPTH 16

static const KithColumn *
column_at(const KithForeignKey *foreign_key, unsigned i)
{
    return &foreign_key->mapper->columns[foreign_key->columns[i]];
}

static const KithColumn *
target_at(const KithForeignKey *foreign_key, unsigned i)
{
    return &foreign_key->target->columns[foreign_key->targets[i]];
}

/* --- questions --------------------------------------------------------------------- */

bool
kith_foreign_key_is_null(const KithForeignKey *foreign_key, const void *row)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (kith_column_get(column_at(foreign_key, i), row) == NULL)
            return true;
    }
    return false;
}

bool
kith_foreign_key_is_equal(const KithForeignKey *foreign_key,
                          const void *row,
                          const void *other)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!kith_column_is_equal(column_at(foreign_key, i), row, other))
            return false;
    }
    return true;
}

bool
kith_foreign_key_means(const KithForeignKey *foreign_key,
                       const void *row,
                       const void *target)
{
    if (kith_foreign_key_is_null(foreign_key, row))
        return false;
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!kith_columns_are_equal(
                column_at(foreign_key, i), row, target_at(foreign_key, i), target))
            return false;
    }
    return true;
}

bool
kith_foreign_key_has_same_target(const KithForeignKey *foreign_key,
                                 const void *row,
                                 const void *other)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!kith_column_is_equal(target_at(foreign_key, i), row, other))
            return false;
    }
    return true;
}

bool
kith_foreign_key_is_written(const KithForeignKey *foreign_key, const uint64_t *bits)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (kith_bits_has(bits, foreign_key->columns[i]))
            return true;
    }
    return false;
}

/* --- changing ---------------------------------------------------------------------- */

void
kith_foreign_key_mark(const KithForeignKey *foreign_key, uint64_t *bits)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!foreign_key->is_shared[i])
            kith_bits_set(bits, foreign_key->columns[i]);
    }
}

void
kith_foreign_key_mark_emptied(const KithForeignKey *foreign_key, uint64_t *bits)
{
    for (unsigned i = 0; i < foreign_key->n_emptied; i++)
        kith_bits_set(bits, foreign_key->emptied[i]);
}

/* A hidden column is never anything but NULL where there is no target. */
void
kith_foreign_key_empty(const KithForeignKey *foreign_key, void *row)
{
    const KithMapper *mapper = foreign_key->mapper;
    bool is_hidden = foreign_key->reference != KITH_NO_OFFSET && !foreign_key->is_via;
    for (unsigned i = 0; is_hidden && i < foreign_key->n_columns; i++)
        kith_column_empty(column_at(foreign_key, i), row);
    for (unsigned i = 0; i < foreign_key->n_emptied; i++)
        kith_column_empty(&mapper->columns[foreign_key->emptied[i]], row);
}

void
kith_foreign_key_restore(const KithForeignKey *foreign_key, void *row, const void *image)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++)
        kith_column_copy(column_at(foreign_key, i), row, image);
}

/*
 * What column @index of @object is going to be: of a new object maybe what its own target
 * has. NULL: not known yet.
 */
static const void *
value_to_be(const void *object, unsigned index, unsigned depth)
{
    const KithEntity *entity = kith_entity_of(object);
    if (entity->magic != KITH_ENTITY_MAGIC || depth == MAX_DEPTH)
        return NULL;
    const KithMapper *mapper = kith_entity_mapper(entity);
    if (index == mapper->generated && kith_mapper_key_is_missing(mapper, object))
        return NULL;
    for (unsigned i = 0; entity->state == KITH_PENDING && i < mapper->n_foreign_keys;
         i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        const void *target = foreign_key->reference != KITH_NO_OFFSET
                                 ? *kith_reference_target(foreign_key, object)
                                 : NULL;
        for (unsigned j = 0; target != NULL && j < foreign_key->n_columns; j++) {
            if (foreign_key->columns[j] == index)
                return value_to_be(target, foreign_key->targets[j], depth + 1);
        }
    }
    /* A deleted one is not going to be anything else than it is. */
    return kith_column_get(&mapper->columns[index],
                           entity->state == KITH_DELETED ? kith_entity_row(entity)
                                                         : object);
}

/* Texts are copied: the target can change, and be freed. */
static void
store(KithEntity *entity, unsigned index, const void *value)
{
    const KithColumn *column = &kith_entity_mapper(entity)->columns[index];
    const void *present = kith_column_get(column, kith_entity_struct(entity));
    bool is_same_text =
        present != NULL && column->kind == KITH_KIND_TEXT
        && strcmp(*(const char *const *) present, *(const char *const *) value) == 0;
    if (!is_same_text)
        kith_entity_store(entity, index, value);
}

bool
kith_foreign_key_copy(KithEntity *entity,
                      const KithForeignKey *foreign_key,
                      const void *target)
{
    void *row = kith_entity_struct(entity);
    const void *first = value_to_be(target, foreign_key->targets[0], 0);
    bool is_known = first != NULL;
    for (unsigned i = 1; is_known && i < foreign_key->n_columns; i++)
        is_known = value_to_be(target, foreign_key->targets[i], 0) != NULL;
    if (!is_known) {
        kith_foreign_key_empty(foreign_key, row);
        return false;
    }
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        bool is_free = !foreign_key->is_shared[i]
                       || (entity->state == KITH_PENDING
                           && kith_column_is_zero(column_at(foreign_key, i), row));
        if (is_free)
            store(entity,
                  foreign_key->columns[i],
                  i == 0 ? first : value_to_be(target, foreign_key->targets[i], 0));
    }
    return true;
}

unsigned
kith_foreign_key_find_other(const KithForeignKey *foreign_key,
                            const void *row,
                            const void *target)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (!foreign_key->is_shared[i])
            continue;
        const KithColumn *column = column_at(foreign_key, i);
        const void *value = value_to_be(target, foreign_key->targets[i], 0);
        const void *own = kith_column_get(column, row);
        if (value == NULL)
            continue;
        bool is_same =
            own != NULL
            && (column->kind == KITH_KIND_TEXT
                    ? strcmp(*(const char *const *) own, *(const char *const *) value)
                          == 0
                    : memcmp(own, value, kith_column_size(column)) == 0);
        if (!is_same)
            return foreign_key->columns[i];
    }
    return KITH_NO_INDEX;
}

/* --- finding ----------------------------------------------------------------------- */

/* A reference to one integer is looked up without a struct to look for. */
static KithEntity *
find_by_integer(const KithEntitySet *targets,
                const KithForeignKey *foreign_key,
                const void *row)
{
    const KithColumn *column = column_at(foreign_key, 0);
    const void *value = kith_column_get(column, row);
    int64_t key = column->kind == KITH_KIND_INT32 ? *(const int32_t *) value
                                                  : *(const int64_t *) value;
    KithEntity *target = kith_identity_map_find_integer(&targets->root->map, key);
    bool is_it =
        target != NULL && kith_mapper_is_a(target->set->mapper, foreign_key->target);
    return is_it ? target : NULL;
}

KithEntity *
kith_foreign_key_find(KithSession *session,
                      const KithForeignKey *foreign_key,
                      const void *row)
{
    KithEntitySet *targets = &session->sets[foreign_key->target->index];
    if (!foreign_key->means_key || kith_foreign_key_is_null(foreign_key, row))
        return NULL;
    if (targets->root->map.integer != KITH_KIND_NONE)
        return find_by_integer(targets, foreign_key, row);
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *key = target_at(foreign_key, i);
        memcpy((char *) targets->scratch + key->offset,
               kith_column_get(column_at(foreign_key, i), row),
               kith_column_size(key));
        if (key->null_offset != KITH_NO_OFFSET)
            *(bool *) ((char *) targets->scratch + key->null_offset) = true;
    }
    KithEntity *target = kith_identity_map_find(&targets->root->map, targets->scratch);
    memset(targets->scratch, 0, foreign_key->target->size);
    bool is_it =
        target != NULL && kith_mapper_is_a(target->set->mapper, foreign_key->target);
    return is_it ? target : NULL;
}

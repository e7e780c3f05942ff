/*
 * changeset-check.c - what can be known to be wrong before anything is sent: values that
 * their columns cannot hold, references to what is not there, two objects with one key.
 */
#include "changeset.h"

#include "convert.h"
#include "error.h"
#include "filled.h"
#include "foreign-key.h"
#include "inheritance.h"
#include "text.h"

#include <string.h>

/* Say which object an error is about. */
void
kith_error_name_row(GError **error, const KithMapper *mapper, const void *row)
{
    if (error == NULL || *error == NULL)
        return;
    g_autofree char *key = kith_mapper_key_text(mapper, row);
    kith_error_add_entity(*error, mapper->entity, key);
}

static bool
refuse_reference(const KithMapper *mapper,
                 const KithForeignKey *foreign_key,
                 KithErrorCode code,
                 const char *why,
                 GError **error)
{
    g_autofree char *names =
        kith_mapper_column_names(mapper, foreign_key->columns, foreign_key->n_columns);
    KithErrorDetails details = { .table = mapper->table, .column = names };
    kith_error_set_details(
        error, code, &details, "its %s is %s", foreign_key->member, why);
    return false;
}

/* Does another object take over the row of a deleted one? Then the key goes on to be
 * right. */
static bool
is_replaced(const KithChangeSet *set, const KithEntity *entity)
{
    unsigned change = entity->tracking != NULL ? entity->tracking->change : KITH_NO_INDEX;
    return change != KITH_NO_INDEX && kith_changeset_write(set, change)->is_replaced;
}

static bool
check_reference(const KithChangeSet *set,
                const KithMapper *mapper,
                const KithForeignKey *foreign_key,
                const void *object,
                GError **error)
{
    const KithEntity *target = kith_entity_of(object);
    if (target->magic != KITH_ENTITY_MAGIC)
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_MISUSE,
                                "no object of a session; add it with kith_add()",
                                error);
    if (target->set->session != set->session)
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_MISUSE,
                                "an object of another session; get it in this one",
                                error);
    if (!kith_mapper_is_a(target->set->mapper, foreign_key->target))
        return refuse_reference(
            mapper, foreign_key, KITH_ERROR_MISUSE, "an object of another entity", error);
    if (target->state == KITH_DETACHED
        || (target->state == KITH_DELETED && !is_replaced(set, target)))
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_FOREIGN_KEY,
                                "an object that is deleted; set another one, or NULL",
                                error);
    return true;
}

/* A column that several foreign keys have cannot be what each of their targets wants. */
static bool
check_shared_columns(const KithChange *change,
                     const KithForeignKey *foreign_key,
                     const void *target,
                     GError **error)
{
    unsigned index = kith_foreign_key_find_other(foreign_key, change->row, target);
    if (index == KITH_NO_INDEX)
        return true;
    g_autofree char *why = g_strdup_printf("an object of another %s than its own",
                                           change->mapper->columns[index].member);
    return refuse_reference(change->mapper, foreign_key, KITH_ERROR_MISUSE, why, error);
}

static bool
check_references(const KithChangeSet *set, const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *target = *kith_reference_target(foreign_key, change->row);
        bool is_written = kith_foreign_key_is_written(foreign_key, change->bits);
        if (is_written && target != NULL
            && !(check_reference(set, mapper, foreign_key, target, error)
                 && check_shared_columns(change, foreign_key, target, error)))
            return false;
    }
    return true;
}

bool
kith_row_waits_for_key(const KithMapper *mapper, unsigned index, const void *row)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool has_target = foreign_key->reference != KITH_NO_OFFSET
                          && *kith_reference_target(foreign_key, row) != NULL;
        for (unsigned j = 0; has_target && j < foreign_key->n_columns; j++) {
            if (foreign_key->columns[j] == index)
                return true;
        }
    }
    return false;
}

/* What nearly all values are, without a look at more than the column. */
static inline bool
is_plainly_right(const KithMapper *mapper, unsigned index, const void *row)
{
    const KithColumn *column = &mapper->columns[index];
    const KithColumnDetail *detail = &mapper->details[index];
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return column->nullable;
    if (column->kind != KITH_KIND_TEXT)
        return detail->names == NULL;
    const char *text = *(const char *const *) value;
    return detail->max_length == 0 && kith_text_is_valid(text, strlen(text));
}

static bool
check_values(const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!kith_bits_has(change->bits, i) || is_plainly_right(mapper, i, change->row)
            || kith_row_waits_for_key(mapper, i, change->row))
            continue;
        if (!kith_mapper_check_value(mapper, i, change->row, error))
            return false;
    }
    return true;
}

/* --- checking ---------------------------------------------------------------------- */

/* Does the object have another key than @row, by what the program made of it? */
static bool
gives_up_key(const KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        if (!kith_column_is_equal(
                &mapper->columns[mapper->keys[i]], kith_entity_struct(entity), row))
            return true;
    }
    return false;
}

/* Zero, written through a pointer that was kept: that is what an object without a row
 * has. */
static bool
check_key(const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    if (change->operation != KITH_OPERATION_UPDATE
        || !kith_mapper_key_is_missing(mapper, change->row))
        return true;
    const KithColumn *column = &mapper->columns[mapper->generated];
    KithErrorDetails details = { .table = mapper->table, .column = column->name };
    kith_error_set_details(error,
                           KITH_ERROR_MISUSE,
                           &details,
                           "a row cannot lose its key; set %s to another one",
                           column->member);
    return false;
}

static bool
writes_key(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        if (kith_bits_has(change->bits, mapper->keys[i]))
            return true;
    }
    return false;
}

/* An object that is added, or whose key was changed, to one that the session has already.
 */
static bool
check_identity(const KithChangeSet *set, unsigned index, GError **error)
{
    const KithChange *change = kith_changeset_change(set, index);
    const KithMapper *mapper = change->mapper;
    const KithIdentityMap *map =
        &kith_changeset_write(set, index)->entity->set->root->map;
    bool is_insert = change->operation == KITH_OPERATION_INSERT;
    if (!(is_insert || writes_key(change))
        || kith_mapper_key_is_missing(mapper, change->row))
        return true;
    const KithEntity *known = kith_identity_map_find(map, change->row);
    /* Of a deleted row's key there is one taker: the row that is to be is not two. */
    bool takes_over =
        known != NULL && known->state == KITH_DELETED
        && (is_insert ? kith_changeset_write(set, index)->replaces != KITH_NO_INDEX
                            || known->set->mapper != mapper
                      : !is_replaced(set, known));
    if (known == NULL || known == kith_changeset_write(set, index)->entity || takes_over
        || (known->state != KITH_DELETED && gives_up_key(known, change->row)))
        return true;
    g_autofree char *names = g_strdup(mapper->columns[mapper->keys[0]].name);
    KithErrorDetails details = { .table = mapper->table, .column = names };
    kith_error_set_details(
        error,
        KITH_ERROR_UNIQUE,
        &details,
        "%s, and an object with this key is loaded already; change that one instead",
        is_insert ? "it was added" : "its key was changed");
    return false;
}

bool
kith_changeset_check(const KithChangeSet *set, GError **error)
{
    for (guint i = 0; i < set->changes->len; i++) {
        const KithChange *change = kith_changeset_change(set, i);
        if (change->operation == KITH_OPERATION_DELETE)
            continue;
        if (!check_references(set, change, error) || !check_values(change, error)
            || !kith_filled_check(change, error) || !kith_what_check(change, error)
            || !check_key(change, error) || !check_identity(set, i, error)) {
            kith_error_name_row(error,
                                change->mapper,
                                change->before != NULL ? change->before : change->row);
            return false;
        }
    }
    return true;
}

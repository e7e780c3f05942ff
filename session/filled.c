/*
 * filled.c - what the database fills in; see the header.
 *
 * Zero stands for "left to the default" in a struct that has no other way to say it.
 * Where the program has said zero by name, with kith_set(), a bit of the tracking
 * remembers it.
 */
#include "filled.h"

#include "error.h"

/* --- what is left out -------------------------------------------------------------- */

static bool
is_given(const KithEntity *entity, unsigned index)
{
    const KithTracking *tracking = entity->tracking;
    return tracking != NULL && tracking->given != NULL
           && kith_bits_has(tracking->given, index);
}

/* The same for another state of the object. */
static bool
was_left_out(const KithEntity *entity, unsigned index, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    return mapper->details[index].default_sql != NULL
           && kith_column_is_zero(&mapper->columns[index], row)
           && !is_given(entity, index);
}

bool
kith_filled_is_left_out(const KithEntity *entity, unsigned index)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    if (!mapper->is_filled)
        return false;
    return mapper->details[index].computed_sql != NULL
           || was_left_out(entity, index, kith_entity_struct(entity));
}

void
kith_filled_mark_given(KithEntity *entity, unsigned index)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithTracking *tracking = kith_entity_track(entity);
    if (mapper->details[index].default_sql == NULL)
        return;
    if (tracking->given == NULL)
        tracking->given = g_new0(uint64_t, KITH_BITS(mapper->n_columns));
    kith_bits_set(tracking->given, index);
}

/* --- what cannot be set ------------------------------------------------------------ */

static bool
is_set(const KithChange *change, unsigned index)
{
    if (change->operation == KITH_OPERATION_INSERT)
        return !kith_column_is_zero(&change->mapper->columns[index], change->row);
    return kith_bits_has(change->bits, index);
}

bool
kith_filled_check(const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; mapper->is_filled && i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        KithErrorDetails details = { .table = mapper->table, .column = column->name };
        if (mapper->details[i].computed_sql == NULL || !is_set(change, i))
            continue;
        kith_error_set_details(
            error,
            KITH_ERROR_MISUSE,
            &details,
            "%s is computed by the database, and was set; set what it is "
            "computed from",
            column->member);
        return false;
    }
    return true;
}

/* --- what comes, and goes ---------------------------------------------------------- */

void
kith_filled_keep(const KithShape *shape, void *row)
{
    for (size_t i = 0; i < shape->n_returned; i++)
        kith_entity_keep(kith_entity_of(row), shape->returned[i]);
}

void
kith_filled_inherit(KithEntity *entity, const uint64_t *bits, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; mapper->is_filled && i < mapper->n_columns; i++) {
        if (!kith_bits_has(bits, i) && i != mapper->generated)
            kith_entity_store(entity, i, kith_column_get(&mapper->columns[i], row));
    }
}

void
kith_filled_take_back(KithEntity *entity, const uint64_t *bits, const void *image)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    bool is_insert = entity->state == KITH_PENDING;
    for (unsigned i = 0; mapper->is_filled && i < mapper->n_columns; i++) {
        const KithColumnDetail *detail = &mapper->details[i];
        bool is_filled =
            detail->computed_sql != NULL || (is_insert && detail->default_sql != NULL);
        if (is_filled && !kith_bits_has(bits, i))
            kith_column_copy(&mapper->columns[i], kith_entity_struct(entity), image);
    }
}

/* Has the program set the column since the flush that gave the object its baseline? */
static bool
was_set_since(const KithEntity *entity, unsigned index)
{
    const void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    return baseline != NULL
           && !kith_column_is_equal(&kith_entity_mapper(entity)->columns[index],
                                    kith_entity_struct(entity),
                                    baseline);
}

/* Zero that was set when the default was there already was meant. */
static void
undo_default(KithEntity *entity, unsigned index, const void *image)
{
    const KithColumn *column = &kith_entity_mapper(entity)->columns[index];
    void *row = kith_entity_struct(entity);
    if (!was_set_since(entity, index))
        kith_column_copy(column, row, image);
    else if (kith_column_is_zero(column, row))
        kith_filled_mark_given(entity, index);
}

void
kith_filled_undo(KithEntity *entity, const void *image)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; mapper->is_filled && i < mapper->n_columns; i++) {
        if (mapper->details[i].computed_sql != NULL && !was_set_since(entity, i))
            kith_column_copy(&mapper->columns[i], kith_entity_struct(entity), image);
        else if (entity->state == KITH_PENDING && was_left_out(entity, i, image))
            undo_default(entity, i, image);
    }
}

/*
 * inheritance.c - see the header. An object is what it was added as, or what its row said
 * when it was read, and stays that: its struct has room for nothing else.
 */
#include "inheritance.h"

#include "convert.h"
#include "error.h"

/* --- asking ------------------------------------------------------------------------ */

bool
kith_entity_is(const void *object, const KithMapping *mapping)
{
    const KithEntity *entity =
        object != NULL ? kith_session_entity(object, KITH_HERE, "kith_is") : NULL;
    const KithMapper *mapper = entity != NULL ? kith_entity_mapper(entity) : NULL;
    while (mapper != NULL && mapper->mapping != mapping)
        mapper = mapper->base;
    return mapper != NULL;
}

const void *
kith_entity_as(const void *object, const KithMapping *mapping)
{
    return kith_entity_is(object, mapping) ? object : NULL;
}

/* --- saying ------------------------------------------------------------------------ */

bool
kith_set_can_have_objects(KithEntitySet *set, KithPlace place)
{
    if (set->mapper->is_abstract)
        kith_session_blame(set->session,
                           place,
                           "%s is abstract: add an object of what extends it",
                           set->mapper->entity);
    return !set->mapper->is_abstract;
}

static bool
says_what(const KithMapper *mapper, const void *row)
{
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    g_autofree void *like = g_malloc0(mapper->size);
    kith_column_set_value(column, like, &mapper->what);
    return kith_column_is_equal(column, row, like);
}

void
kith_entity_say_what(KithEntity *entity, KithPlace place)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    if (mapper->discriminator == KITH_NO_INDEX)
        return;
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    if (!kith_column_is_zero(column, row) && !says_what(mapper, row))
        kith_session_blame(
            entity->set->session,
            place,
            "%s.%s is not to be given: it says what an object was added as",
            mapper->entity,
            column->member);
    kith_column_set_value(column, row, &mapper->what);
}

bool
kith_what_check(const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    if (mapper->discriminator == KITH_NO_INDEX
        || !kith_bits_has(change->bits, mapper->discriminator)
        || says_what(mapper, change->row))
        return true;
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    KithErrorDetails details = { .table = mapper->parts[0]->table,
                                 .column = column->name };
    kith_error_set_details(
        error,
        KITH_ERROR_MISUSE,
        &details,
        "its %s was changed: an object stays what it is; delete it, and add "
        "another one",
        column->member);
    return false;
}

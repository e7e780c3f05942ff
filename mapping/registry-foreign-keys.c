/*
 * registry-foreign-keys.c - foreign keys find their targets, and targets who refers to
 * them.
 */
#include "column.h"
#include "resolver.h"

/* At once: a database lets nothing refer to what is checked at the end. */
static bool
is_unique_column(const KithMapper *mapper, unsigned index)
{
    if (mapper->n_keys == 1 && mapper->keys[0] == index)
        return true;
    const KithMember *member = mapper->details[index].member;
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *row = &mapper->mapping->members[i];
        if (row->role == KITH_ROLE_UNIQUE && row->n_offsets == 1
            && row->offsets[0] == member->offset)
            return true;
    }
    return (member->role == KITH_ROLE_COLUMN && member->options.column.unique
            && !member->options.column.deferrable)
           || (member->role == KITH_ROLE_REFERENCE && member->options.reference.unique);
}

/* Add the foreign key of column @index; what the caller knows better is in @foreign_key.
 */
static void
add_foreign_key(KithResolver *resolver,
                KithMapper *mapper,
                unsigned index,
                unsigned target_index,
                KithForeignKey foreign_key)
{
    foreign_key.n_columns = 1;
    foreign_key.columns = kith_resolver_one_index(resolver, index);
    foreign_key.targets = kith_resolver_one_index(resolver, target_index);
    foreign_key.name =
        kith_resolver_constraint_name(resolver, mapper, foreign_key.columns, 1, "fkey");
    foreign_key.nullable = mapper->columns[index].nullable;
    if ((foreign_key.on_delete == KITH_SET_NULL || foreign_key.on_update == KITH_SET_NULL)
        && !foreign_key.nullable)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: KITH_SET_NULL needs a column that can be NULL",
                              mapper->columns[index].member);
    mapper->foreign_keys[mapper->n_foreign_keys++] = foreign_key;
}

static void
resolve_plain_foreign_key(KithResolver *resolver,
                          KithMapper *mapper,
                          unsigned index,
                          const KithForeignKeyOptions *options)
{
    const KithColumn *column = &mapper->columns[index];
    const KithMapper *target =
        kith_resolver_find_target(resolver, mapper, column->member, options->target);
    if (target == NULL)
        return;
    unsigned target_index = kith_mapper_column_at(target, options->offset);
    if (target_index == KITH_NO_INDEX || !is_unique_column(target, target_index)) {
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: what it refers to is neither the key of %s nor a unique column",
            column->member,
            target->entity);
        return;
    }
    if (target->details[target_index].computed_sql != NULL) {
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: what it refers to is computed by the database",
                              column->member);
        return;
    }
    if (target->columns[target_index].kind != column->kind) {
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: its type is %s, and that of %s.%s is %s",
                              column->member,
                              kith_kind_name(column->kind),
                              target->entity,
                              target->columns[target_index].member,
                              kith_kind_name(target->columns[target_index].kind));
        return;
    }
    add_foreign_key(resolver,
                    mapper,
                    index,
                    target_index,
                    (KithForeignKey){ .target = target,
                                      .reference = KITH_NO_OFFSET,
                                      .on_delete = options->on_delete,
                                      .on_update = options->on_update,
                                      .deferrable = options->deferrable });
}

static void
resolve_reference(KithResolver *resolver,
                  KithMapper *mapper,
                  unsigned index,
                  const KithMember *member)
{
    const KithReferenceOptions *options = &member->options.reference;
    const KithMapper *target =
        kith_resolver_find_target(resolver, mapper, member->name, member->target);
    if (target == NULL || target->n_keys != 1)
        return;
    add_foreign_key(resolver,
                    mapper,
                    index,
                    target->keys[0],
                    (KithForeignKey){ .target = target,
                                      .reference = member->offset,
                                      .on_delete = options->on_delete,
                                      .on_update = options->on_update,
                                      .deferrable = options->deferrable });
}

void
kith_resolve_foreign_keys(KithResolver *resolver, KithMapper *mapper)
{
    mapper->foreign_keys =
        kith_resolver_own(resolver, g_new0(KithForeignKey, mapper->n_columns + 1));
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithMember *member = mapper->details[i].member;
        const KithForeignKeyOptions *plain = NULL;
        if (member->role == KITH_ROLE_KEY)
            plain = &member->options.key.references;
        else if (member->role == KITH_ROLE_COLUMN)
            plain = &member->options.column.references;
        if (plain != NULL && plain->target != NULL)
            resolve_plain_foreign_key(resolver, mapper, i, plain);
        else if (member->role == KITH_ROLE_REFERENCE)
            resolve_reference(resolver, mapper, i, member);
    }
}

/* Who refers to a mapper: what its rows are looked up by when they come or go. */
void
kith_resolve_referring(KithResolver *resolver, KithMapper *target)
{
    const KithRegistry *registry = resolver->registry;
    g_autoptr(GPtrArray) referring = g_ptr_array_new();
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        for (unsigned i = 0; i < registry->mappers[m].n_foreign_keys; i++) {
            if (registry->mappers[m].foreign_keys[i].target == target)
                g_ptr_array_add(referring, &registry->mappers[m].foreign_keys[i]);
        }
    }
    target->n_referring = referring->len;
    g_ptr_array_add(referring, NULL);
    target->referring =
        kith_resolver_own(resolver, g_ptr_array_free(g_steal_pointer(&referring), FALSE));
}

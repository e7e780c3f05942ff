/*
 * registry-relations.c - collections find the reference that is their other side.
 */
#include "resolver.h"

/* Both sides may say what happens on delete; they have to say the same. */
static void
agree_on_delete(KithResolver *resolver,
                KithMapper *mapper,
                const KithMember *member,
                KithForeignKey *back)
{
    KithAction action = member->options.many.on_delete;
    if (action == KITH_NO_ACTION)
        return;
    if (back->on_delete != KITH_NO_ACTION && back->on_delete != action)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: its '.on_delete' is not that of the reference in %s",
                              member->name,
                              member->target->entity);
    if (action == KITH_SET_NULL && !back->nullable)
        kith_resolver_mistake(
            resolver,
            mapper->mapping,
            ".%s: KITH_SET_NULL needs the reference in %s to be nullable",
            member->name,
            member->target->entity);
    back->on_delete = action;
}

/* The foreign key where it is declared: in the mapper itself, or in what it extends. */
static KithForeignKey *
declared(const KithMapper *mapper, unsigned index)
{
    while (mapper->base != NULL && index < mapper->base->n_foreign_keys)
        mapper = mapper->base;
    return &mapper->foreign_keys[index];
}

void
kith_resolve_relations(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    unsigned n_inherited = mapper->base != NULL ? mapper->base->n_many : 0;
    mapper->many = kith_resolver_own(
        resolver, g_new0(KithMany, n_inherited + mapping->n_members + 1));
    if (n_inherited > 0)
        memcpy(mapper->many, mapper->base->many, n_inherited * sizeof *mapper->many);
    mapper->n_many = n_inherited;
    for (size_t i = 0; i < mapper->mapping->n_members; i++) {
        const KithMember *member = &mapper->mapping->members[i];
        if (member->role != KITH_ROLE_MANY)
            continue;
        const KithMapper *target =
            kith_resolver_find_target(resolver, mapper, member->name, member->target);
        if (target == NULL)
            continue;
        unsigned back = kith_mapper_reference_at(target, member->inverse);
        if (back == KITH_NO_INDEX) {
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ".%s: %s maps no KITH_BELONGS_TO for its other side",
                                  member->name,
                                  target->entity);
            continue;
        }
        agree_on_delete(resolver, mapper, member, declared(target, back));
        mapper->many[mapper->n_many++] = (KithMany){ .member = member,
                                                     .offset = member->offset,
                                                     .target = target,
                                                     .foreign_key = back };
    }
}

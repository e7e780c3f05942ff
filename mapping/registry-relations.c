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

void
kith_resolve_relations(KithResolver *resolver, KithMapper *mapper)
{
    mapper->many =
        kith_resolver_own(resolver, g_new0(KithMany, mapper->mapping->n_members + 1));
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
        agree_on_delete(resolver, mapper, member, &target->foreign_keys[back]);
        mapper->many[mapper->n_many++] = (KithMany){ .member = member,
                                                     .offset = member->offset,
                                                     .target = target,
                                                     .foreign_key = back };
    }
}

/*
 * registry-inheritance.c - which mapping extends which, and what the discriminator says
 * of each. Bases are resolved before what extends them, because what is inherited comes
 * first in the arrays of a mapper.
 */
#include "resolver.h"

/* --- who extends whom -------------------------------------------------------------- */

static const KithMember *
find_member(const KithMapping *mapping, KithRole role)
{
    for (size_t i = 0; i < mapping->n_members; i++) {
        if (mapping->members[i].role == role)
            return &mapping->members[i];
    }
    return NULL;
}

const KithMapping *
kith_mapping_root(const KithMapping *mapping)
{
    const KithMember *extends;
    while ((extends = find_member(mapping, KITH_ROLE_EXTENDS)) != NULL)
        mapping = extends->target;
    return mapping;
}

/* What a mapping that extends another may not have. */
static void
check_members(KithResolver *resolver, const KithMapping *mapping)
{
    const KithMember *extends = find_member(mapping, KITH_ROLE_EXTENDS);
    const char *root = kith_mapping_root(mapping)->entity;
    for (size_t i = 0; i < mapping->n_members; i++) {
        const KithMember *member = &mapping->members[i];
        if (member->role == KITH_ROLE_EXTENDS && member != extends)
            kith_resolver_mistake(resolver,
                                  mapping,
                                  ".%s: it extends %s already",
                                  member->name,
                                  extends->target->entity);
        else if (member->role == KITH_ROLE_KEY)
            kith_resolver_mistake(
                resolver, mapping, ".%s: its key is that of %s", member->name, root);
        else if (member->role == KITH_ROLE_DISCRIMINATOR)
            kith_resolver_mistake(resolver,
                                  mapping,
                                  ".%s: its discriminator is that of %s",
                                  member->name,
                                  root);
    }
}

/* Without its base a mapper goes on as one of its own, so that other mistakes are found.
 */
static void
resolve_base(KithResolver *resolver, KithMapper *mapper)
{
    const KithMapping *mapping = mapper->mapping;
    const KithMember *extends = find_member(mapping, KITH_ROLE_EXTENDS);
    if (extends != NULL) {
        check_members(resolver, mapping);
        mapper->base =
            kith_resolver_find_target(resolver, mapper, extends->name, extends->target);
    }
}

static void
resolve_root(KithMapper *mapper)
{
    while (mapper->root->base != NULL)
        mapper->root = mapper->root->base;
    for (const KithMapper *at = mapper; mapper->table[0] == '\0' && at != NULL;
         at = at->base)
        mapper->table = at->mapping->table;
}

KithMapper **
kith_resolve_bases(KithResolver *resolver)
{
    KithRegistry *registry = resolver->registry;
    KithMapper **ordered =
        kith_resolver_own(resolver, g_new0(KithMapper *, registry->n_mappers + 1));
    for (unsigned i = 0; i < registry->n_mappers; i++)
        resolve_base(resolver, &registry->mappers[i]);
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        KithMapper *mapper = &registry->mappers[i];
        resolve_root(mapper);
        for (const KithMapper *at = mapper->base; at != NULL; at = at->base) {
            mapper->depth++;
            registry->mappers[at->index].n_below++;
        }
    }
    for (unsigned depth = 0, n = 0; n < registry->n_mappers; depth++) {
        for (unsigned i = 0; i < registry->n_mappers; i++) {
            if (registry->mappers[i].depth == depth)
                ordered[n++] = &registry->mappers[i];
        }
    }
    return ordered;
}

/* --- what the discriminator says --------------------------------------------------- */

/* The two places where a value can be given have the same members. */
typedef struct Given {
    const KithMember *member;
    int64_t value;
    const char *text;
    bool abstract;
} Given;

static Given
given_of(const KithMapper *mapper)
{
    const KithMember *extends = find_member(mapper->mapping, KITH_ROLE_EXTENDS);
    const KithMember *own = find_member(mapper->mapping, KITH_ROLE_DISCRIMINATOR);
    if (mapper->base != NULL)
        return (Given){ extends,
                        extends->options.extends.value,
                        extends->options.extends.text,
                        extends->options.extends.abstract };
    return (Given){ own,
                    own->options.discriminator.value,
                    own->options.discriminator.text,
                    own->options.discriminator.abstract };
}

static bool
has_name(const KithNames *names, int64_t value)
{
    return names == NULL
           || (value >= 0 && (uint64_t) value < names->count
               && names->items[value] != NULL);
}

/* Take the value that is given, if the discriminator can hold it. */
static bool
take_value(KithResolver *resolver, KithMapper *mapper, const Given *given)
{
    const KithColumn *column = &mapper->columns[mapper->discriminator];
    const KithNames *names = mapper->details[mapper->discriminator].names;
    const char *root = mapper->root->entity;
    const char *name = given->member->name;
    if (column->kind == KITH_KIND_TEXT) {
        mapper->what = kith_value_text(given->text);
        if (given->text != NULL && given->value == 0)
            return true;
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: %s.%s is text: give its value as '.text'",
                              name,
                              root,
                              column->member);
        return false;
    }
    mapper->what = column->kind == KITH_KIND_INT64
                       ? kith_value_int64(given->value)
                       : kith_value_int32((int32_t) given->value);
    bool fits = column->kind == KITH_KIND_INT64
                || (given->value >= INT32_MIN && given->value <= INT32_MAX);
    if (given->text == NULL && fits && has_name(names, given->value))
        return true;
    kith_resolver_mistake(resolver,
                          mapper->mapping,
                          given->text != NULL
                              ? ".%s: %s.%s is no text: give its value as "
                                "'.value'"
                              : ".%s: %s.%s cannot hold its value, or has "
                                "no name for it",
                          name,
                          root,
                          column->member);
    return false;
}

static bool
is_same_value(const KithValue *a, const KithValue *b)
{
    if (a->kind == KITH_KIND_TEXT)
        return strcmp(a->as.text, b->as.text) == 0;
    return a->kind == KITH_KIND_INT64 ? a->as.int64 == b->as.int64
                                      : a->as.int32 == b->as.int32;
}

static void
check_value_is_its_own(KithResolver *resolver,
                       const KithMapper *mapper,
                       const Given *given)
{
    const KithRegistry *registry = resolver->registry;
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        const KithMapper *other = &registry->mappers[i];
        bool comes_before =
            other->depth < mapper->depth
            || (other->depth == mapper->depth && other->index < mapper->index);
        if (!comes_before || other->root != mapper->root || other->is_abstract
            || other->what.kind != mapper->what.kind
            || !is_same_value(&other->what, &mapper->what))
            continue;
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: the value of its discriminator is that of %s already",
                              given->member->name,
                              other->entity);
        return;
    }
}

static void
set_concrete(KithResolver *resolver, KithMapper *mapper, KithMapper *const *ordered)
{
    const KithMapper **concrete =
        kith_resolver_own(resolver, g_new0(const KithMapper *, mapper->n_below + 2));
    for (unsigned i = 0; i < resolver->registry->n_mappers; i++) {
        if (kith_mapper_is_a(ordered[i], mapper) && !ordered[i]->is_abstract)
            concrete[mapper->n_concrete++] = ordered[i];
    }
    mapper->concrete = concrete;
}

static void
resolve_value(KithResolver *resolver, KithMapper *mapper)
{
    if (mapper->discriminator == KITH_NO_INDEX) {
        if (mapper->base != NULL && mapper->base->base == NULL)
            kith_resolver_mistake(
                resolver,
                mapper->mapping,
                ".%s: %s has no KITH_DISCRIMINATOR to tell what a row is",
                find_member(mapper->mapping, KITH_ROLE_EXTENDS)->name,
                mapper->base->entity);
        return;
    }
    Given given = given_of(mapper);
    mapper->is_abstract = given.abstract;
    if (given.abstract && mapper->n_below == 0)
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: it is abstract, and nothing extends it",
                              given.member->name);
    if (!given.abstract && take_value(resolver, mapper, &given))
        check_value_is_its_own(resolver, mapper, &given);
}

void
kith_resolve_discriminators(KithResolver *resolver, KithMapper *const *ordered)
{
    for (unsigned i = 0; i < resolver->registry->n_mappers; i++)
        resolve_value(resolver, ordered[i]);
    for (unsigned i = 0; i < resolver->registry->n_mappers; i++)
        set_concrete(resolver, ordered[i], ordered);
}

/*
 * registry.c - checks the mappings of an engine and resolves them: members become
 * columns, foreign keys find their targets, collections their other side. What the
 * compiler could not see is found here; every mistake is collected, so that a newcomer
 * mends a mapping once and not ten times. Each kind of row has a file of its own:
 * registry-columns.c, registry-foreign-keys.c, registry-relations.c, registry-indexes.c;
 * inheritance is in registry-inheritance.c, registry-parts.c and wide.c.
 */
#include "registry.h"

#include "error.h"
#include "links.h"
#include "order.h"
#include "resolver.h"

#include <stdarg.h>

/* --- what resolving shares --------------------------------------------------------- */

void
kith_resolver_mistake(KithResolver *resolver,
                      const KithMapping *mapping,
                      const char *format,
                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(resolver->mistakes, "\n  %s", mapping->entity);
    g_string_append_vprintf(resolver->mistakes, format, arguments);
    va_end(arguments);
}

void *
kith_resolver_own(KithResolver *resolver, void *memory)
{
    g_ptr_array_add(resolver->registry->owned, memory);
    return memory;
}

const char *
kith_resolver_constraint_name(KithResolver *resolver,
                              const KithMapper *mapper,
                              const unsigned *columns,
                              unsigned n_columns,
                              const char *suffix)
{
    return kith_resolver_own(
        resolver, kith_mapper_constraint_name(mapper, columns, n_columns, suffix));
}

const unsigned *
kith_resolver_one_index(KithResolver *resolver, unsigned index)
{
    unsigned *indexes = kith_resolver_own(resolver, g_new(unsigned, 1));
    indexes[0] = index;
    return indexes;
}

const KithMapper *
kith_resolver_find_target(KithResolver *resolver,
                          const KithMapper *mapper,
                          const char *member,
                          const KithMapping *target)
{
    const KithMapper *found = kith_registry_find(resolver->registry, target);
    if (found == NULL && !mapper->is_link) /* else the member that it is of says so */
        kith_resolver_mistake(resolver,
                              mapper->mapping,
                              ".%s: the engine was not given the mapping of %s",
                              member,
                              target->entity);
    return found;
}

/* --- all of them ------------------------------------------------------------------- */

/* Multiplicative hashing of the address; mappings are aligned, so the low bits say
 * nothing. */
static size_t
first_slot(const KithRegistry *registry, const KithMapping *mapping)
{
    uint64_t hash = ((uint64_t) (uintptr_t) mapping >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t) (hash >> 32) & (registry->n_slots - 1);
}

const KithMapper *
kith_registry_find(const KithRegistry *registry, const KithMapping *mapping)
{
    size_t slot = first_slot(registry, mapping);
    while (registry->slots[slot] != NULL && registry->slots[slot]->mapping != mapping)
        slot = (slot + 1) & (registry->n_slots - 1);
    return registry->slots[slot];
}

static void
add_to_slots(KithRegistry *registry, const KithMapper *mapper)
{
    size_t slot = first_slot(registry, mapper->mapping);
    while (registry->slots[slot] != NULL)
        slot = (slot + 1) & (registry->n_slots - 1);
    registry->slots[slot] = mapper;
}

static void
check_twice(KithResolver *resolver, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->index; i++) {
        const KithMapper *other = &resolver->registry->mappers[i];
        if (other->mapping == mapper->mapping)
            kith_resolver_mistake(
                resolver, mapper->mapping, ": the engine was given it twice");
        else if (kith_mapping_has_table(other->mapping)
                 && kith_mapping_has_table(mapper->mapping)
                 && g_ascii_strcasecmp(other->table, mapper->table) == 0)
            kith_resolver_mistake(resolver,
                                  mapper->mapping,
                                  ": the table \"%s\" is that of %s already",
                                  mapper->table,
                                  other->entity);
    }
}

/*
 * Rows that refer to each other are inserted without the one reference, which comes
 * later. The database would put the default in its place.
 */
static void
check_defaults_in_cycles(KithResolver *resolver, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool has_default = false;
        for (unsigned j = 0; j < foreign_key->n_columns; j++)
            has_default = has_default
                          || mapper->details[foreign_key->columns[j]].default_sql != NULL;
        if (has_default && foreign_key->target->rank == mapper->rank)
            kith_resolver_mistake(
                resolver,
                mapper->mapping,
                ".%s: a foreign key to a table that refers back cannot have a default",
                foreign_key->member);
    }
}

static void
begin_mapper(KithRegistry *registry, const KithMapping *mapping, unsigned index)
{
    KithMapper *mapper = &registry->mappers[index];
    *mapper = (KithMapper){ .mapping = mapping,
                            .index = index,
                            .root = mapper,
                            .entity = mapping->entity,
                            .table = mapping->table,
                            .size = mapping->size,
                            .discriminator = KITH_NO_INDEX,
                            .generated = KITH_NO_INDEX,
                            .version = KITH_NO_INDEX };
    add_to_slots(registry, mapper);
}

static void
mark_link(const KithRegistry *registry, const KithLinkTable *table)
{
    const KithMapper *mapper = kith_registry_find(registry, table->mapping);
    registry->mappers[mapper->index].is_link = true;
}

static void
resolve(KithResolver *resolver, const KithMapping *const *mappings)
{
    KithRegistry *registry = resolver->registry;
    for (unsigned i = 0; i < registry->n_mappers; i++)
        begin_mapper(registry, mappings[i], i);
    for (guint i = 0; i < registry->links->len; i++)
        mark_link(registry, &g_array_index(registry->links, KithLinkTable, i));
    KithMapper **ordered = kith_resolve_bases(resolver);
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        kith_resolve_columns(resolver, ordered[i]);
        check_twice(resolver, &registry->mappers[i]);
    }
    kith_resolve_discriminators(resolver, ordered);
    for (unsigned i = 0; i < registry->n_mappers; i++)
        kith_resolve_foreign_keys(resolver, ordered[i]);
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        kith_resolve_relations(resolver, ordered[i]);
        kith_resolve_indexes(resolver, ordered[i]);
    }
    for (unsigned i = 0; i < registry->n_mappers; i++)
        kith_inherit_foreign_keys(ordered[i]); /* again: relations had a say in them */
    for (unsigned i = 0; i < registry->n_mappers; i++)
        kith_check_cascades(resolver, &registry->mappers[i]);
    kith_resolve_parts(resolver, ordered);
    kith_resolve_wide_rows(resolver, ordered);
    for (unsigned i = 0; i < registry->n_mappers; i++)
        kith_resolve_referring(resolver, ordered[i]);
    kith_order_mappers(registry);
    for (unsigned i = 0; i < registry->n_mappers; i++)
        check_defaults_in_cycles(resolver, &registry->mappers[i]);
}

static KithRegistry *
new_registry(void)
{
    KithRegistry *registry = g_new0(KithRegistry, 1);
    registry->owned = g_ptr_array_new_with_free_func(g_free);
    return registry;
}

static void
make_room(KithRegistry *registry, unsigned n_mappers)
{
    registry->n_mappers = n_mappers;
    registry->mappers = g_new0(KithMapper, n_mappers + 1);
    registry->n_slots = 4;
    while (registry->n_slots < 2 * n_mappers)
        registry->n_slots *= 2;
    registry->slots = g_new0(const KithMapper *, registry->n_slots);
}

static bool
check_mistakes(const GString *mistakes, GError **error)
{
    if (mistakes->len == 0)
        return true;
    kith_error_set(error, KITH_ERROR_MAPPING, "the mapping is wrong:%s", mistakes->str);
    return false;
}

/* What has no table has nothing that the rest could be resolved with. */
static bool
check_tables(KithResolver *resolver, const KithMapping *const *mappings, GError **error)
{
    for (unsigned i = 0; mappings[i] != NULL; i++) {
        if (mappings[i]->table == NULL)
            kith_resolver_mistake(resolver,
                                  mappings[i],
                                  ": it is a KITH_RESULT, which queries give; the engine "
                                  "is not told of it");
    }
    return check_mistakes(resolver->mistakes, error);
}

KithRegistry *
kith_registry_new(const KithMapping *const *mappings, GError **error)
{
    static const KithMapping *const none[] = { NULL };
    if (mappings == NULL)
        mappings = none;
    g_autoptr(KithRegistry) registry = new_registry();
    g_autoptr(GString) mistakes = g_string_new(NULL);
    KithResolver resolver = { registry, mistakes };
    if (!check_tables(&resolver, mappings, error))
        return NULL;
    g_autofree const KithMapping **all = kith_links_add(registry, mappings);
    unsigned n_mappers = 0;
    while (all[n_mappers] != NULL)
        n_mappers++;
    make_room(registry, n_mappers);
    resolve(&resolver, all);
    return check_mistakes(mistakes, error) ? g_steal_pointer(&registry) : NULL;
}

KithRegistry *
kith_registry_of_result(const KithMapping *mapping, GError **error)
{
    g_autoptr(KithRegistry) registry = new_registry();
    g_autoptr(GString) mistakes = g_string_new(NULL);
    KithResolver resolver = { registry, mistakes };
    make_room(registry, 1);
    begin_mapper(registry, mapping, 0);
    kith_resolve_columns(&resolver, &registry->mappers[0]);
    return check_mistakes(mistakes, error) ? g_steal_pointer(&registry) : NULL;
}

void
kith_registry_fit(KithRegistry *registry, const KithDialect *dialect)
{
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        const KithMapper *mapper = &registry->mappers[i], *part = mapper->part;
        for (unsigned j = 0; j < mapper->n_indexes; j++)
            mapper->indexes[j].deferrable &= dialect->defers_unique;
        for (unsigned j = 0; j < part->n_indexes; j++)
            part->indexes[j].deferrable &= dialect->defers_unique;
    }
}

void
kith_registry_free(KithRegistry *registry)
{
    if (registry == NULL)
        return;
    g_clear_pointer(&registry->links, g_array_unref);
    g_ptr_array_unref(registry->owned);
    g_free(registry->slots);
    g_free(registry->mappers);
    g_free(registry);
}

/*
 * resolver.h - what the files of the registry share while the mappings of an engine are
 * resolved.
 */
#ifndef KITH_MAPPING_RESOLVER_PRIVATE_H
#define KITH_MAPPING_RESOLVER_PRIVATE_H

#include "registry.h"

typedef struct KithResolver {
    KithRegistry *registry;
    GString *mistakes; /* lines */
} KithResolver;

/* Note a mistake of @mapping: @format begins with ": " or with ".member: ". */
G_GNUC_PRINTF(3, 4)
void kith_resolver_mistake(KithResolver *resolver,
                           const KithMapping *mapping,
                           const char *format,
                           ...);

/* Keep @memory for as long as the registry. */
void *kith_resolver_own(KithResolver *resolver, void *memory);

/* kith_mapper_constraint_name(), kept. */
const char *kith_resolver_constraint_name(KithResolver *resolver,
                                          const KithMapper *mapper,
                                          const unsigned *columns,
                                          unsigned n_columns,
                                          const char *suffix);

/* An array of one. */
const unsigned *kith_resolver_one_index(KithResolver *resolver, unsigned index);

/* The mapper of @target; NULL, and a mistake, if the engine was not given it. */
const KithMapper *kith_resolver_find_target(KithResolver *resolver,
                                            const KithMapper *mapper,
                                            const char *member,
                                            const KithMapping *target);

/* The mapping at the top of what @mapping extends; itself, if that is nothing. */
const KithMapping *kith_mapping_root(const KithMapping *mapping);

/*
 * In this order, each for all mappings before the next; a base before what extends it, as
 * in the array that kith_resolve_bases() returns (transfer none).
 */
KithMapper **kith_resolve_bases(KithResolver *resolver);
void kith_resolve_columns(KithResolver *resolver, KithMapper *mapper);
void kith_resolve_discriminators(KithResolver *resolver, KithMapper *const *ordered);
void kith_resolve_foreign_keys(KithResolver *resolver, KithMapper *mapper);
/* Take the foreign keys of the base over, as they are now. */
void kith_inherit_foreign_keys(KithMapper *mapper);
void kith_resolve_relations(KithResolver *resolver, KithMapper *mapper);
void kith_check_cascades(KithResolver *resolver, const KithMapper *mapper);
void kith_resolve_indexes(KithResolver *resolver, KithMapper *mapper);
void kith_resolve_parts(KithResolver *resolver, KithMapper *const *ordered);
void kith_resolve_wide_rows(KithResolver *resolver, KithMapper *const *ordered);
void kith_resolve_referring(KithResolver *resolver, KithMapper *target);

/*
 * Is there at most one row with given values of these columns, by the mapping? At any time: a
 * database lets nothing refer to what is checked at the end.
 */
bool kith_mapper_are_unique(const KithMapper *mapper,
                            const unsigned *columns,
                            unsigned n_columns);

#endif

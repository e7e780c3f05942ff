/*
 * registry.h - all mappings of an engine, checked together.
 */
#ifndef KITH_MAPPING_REGISTRY_PRIVATE_H
#define KITH_MAPPING_REGISTRY_PRIVATE_H

#include "mapper.h"

typedef struct KithRegistry {
    unsigned n_mappers;
    KithMapper *mappers;
    GPtrArray *owned; /* what the mappers point to */
    GArray *links;    /* of KithLinkTable */
    /* From the address of a mapping to its mapper: open addressing, never full. */
    size_t n_slots;
    const KithMapper **slots;
} KithRegistry;

/*
 * Check and resolve @mappings (closed by NULL; NULL: none). Error: MAPPING, with every
 * mistake that was found, a line each. (transfer full)
 */
KithRegistry *kith_registry_new(const KithMapping *const *mappings, GError **error);
/* What @dialect cannot do the mappers do not rely on. */
void kith_registry_fit(KithRegistry *registry, const KithDialect *dialect);

void kith_registry_free(KithRegistry *registry); /* takes NULL */

/* A KITH_RESULT, resolved by itself: the first and only mapper. (transfer full) */
KithRegistry *kith_registry_of_result(const KithMapping *mapping, GError **error);

/* The mapper of @mapping, or NULL if the engine was not given it. */
const KithMapper *kith_registry_find(const KithRegistry *registry,
                                     const KithMapping *mapping);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithRegistry, kith_registry_free)

#endif

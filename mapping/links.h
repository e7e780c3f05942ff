/*
 * links.h - the tables of many-to-many relations. Each gets a mapping, of a struct that no
 * program sees: two references, and the key members of both, by which they refer. So links
 * are ordinary objects to all that loads, plans, writes and undoes.
 */
#ifndef KITH_MAPPING_LINKS_PRIVATE_H
#define KITH_MAPPING_LINKS_PRIVATE_H

#include "registry.h"

typedef struct KithLinkTable {
    const KithMapping *owner;
    size_t offset; /* of the KITH_MANY in the owner */
    const KithMapping *mapping;
    size_t near; /* in its struct: the reference to the owner */
    size_t far;  /* and to the target */
} KithLinkTable;

/*
 * The mappings given, and those of their link tables, closed by NULL. The mappings are kept
 * by the registry. (transfer container)
 */
const KithMapping **kith_links_add(KithRegistry *registry,
                                   const KithMapping *const *mappings);

/* The table of the KITH_MANY_TO_MANY at @offset of @owner, or NULL. */
const KithLinkTable *kith_links_find(const KithRegistry *registry,
                                     const KithMapping *owner,
                                     size_t offset);

#endif

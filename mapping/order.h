/*
 * order.h - the order of tables that their foreign keys ask for.
 */
#ifndef KITH_MAPPING_ORDER_PRIVATE_H
#define KITH_MAPPING_ORDER_PRIVATE_H

#include "registry.h"

/*
 * Set rank and in_cycle of every mapper: a table has a higher rank than the tables that
 * it refers to, but for cycles, whose tables share one rank. Equal mappings give equal
 * ranks.
 */
void kith_order_mappers(KithRegistry *registry);

#endif

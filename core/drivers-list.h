/*
 * drivers-list.h - how the library reaches the databases: through this list, and nothing
 * else of drivers/.
 */
#ifndef KITH_CORE_DRIVERS_LIST_H
#define KITH_CORE_DRIVERS_LIST_H

#include "kith-driver.h"

/* The drivers compiled in, ending with NULL, in the order in which they are asked for a
 * URL. */
const KithDriver *const *kith_drivers(void);

#endif

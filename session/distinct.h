/*
 * distinct.h - of many rows, one for each key.
 */
#ifndef KITH_SESSION_DISTINCT_PRIVATE_H
#define KITH_SESSION_DISTINCT_PRIVATE_H

#include "entity.h"

/*
 * The first of @rows (structs of @mapper) with each value of @columns, in their order;
 * rows in which one of the columns is NULL are left out. (transfer full)
 */
GPtrArray *kith_rows_distinct(const KithMapper *mapper,
                              const unsigned *columns,
                              unsigned n_columns,
                              const GPtrArray *rows);

#endif

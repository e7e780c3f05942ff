/*
 * postgres-array.h - many values as one parameter: an array in the binary format of PostgreSQL.
 */
#ifndef KITH_DRIVERS_POSTGRES_ARRAY_H
#define KITH_DRIVERS_POSTGRES_ARRAY_H

#include "postgres-types.h"

/* An array while it is made: begin, add each value, end. */
typedef struct KithPostgresArray {
    GByteArray *bytes;
    KithPostgresParameters element; /* one, used again for each value */
    uint32_t n_elements;
    uint32_t has_null;
} KithPostgresArray;

void kith_postgres_array_begin(KithPostgresArray *array, KithKind kind);

/* Add the value of @column in @row. Errors: TYPE, naming @entity and the member. */
bool kith_postgres_array_add(KithPostgresArray *array,
                             const char *entity,
                             const KithColumn *column,
                             const void *row,
                             GError **error);

/* Returns the bytes of the array. (transfer full) */
GByteArray *kith_postgres_array_end(KithPostgresArray *array);

/* The OID of an array of values of @kind. */
Oid kith_postgres_array_type(KithKind kind);

#endif

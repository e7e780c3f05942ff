/*
 * postgres-parameters.h - values from structs to parameters in the binary format of
 * PostgreSQL, one value or a whole array of them in each parameter.
 */
#ifndef KITH_DRIVERS_POSTGRES_PARAMETERS_H
#define KITH_DRIVERS_POSTGRES_PARAMETERS_H

#include "postgres-types.h"

/* A number, a time or a UUID, as it is sent. */
typedef struct KithPostgresScalar {
    char bytes[16];
} KithPostgresScalar;

/* An array on the way to be one: its head, then length and bytes of each value. */
typedef struct KithPostgresArray {
    char *bytes;
    size_t length;
    size_t capacity;
    uint32_t n_values;
    bool has_nulls;
} KithPostgresArray;

/*
 * The parameters of one execution, in the arrays that libpq takes. Used again from one to
 * the next. Texts and blobs that stand alone are not copied: they are pointed at, where
 * the struct has them.
 */
typedef struct KithPostgresParameters {
    size_t count;
    size_t capacity;
    Oid *types;
    const char **values;
    int *lengths;
    int *formats;
    KithPostgresScalar *scalars;
    KithPostgresArray *arrays;
} KithPostgresParameters;

/* Make room for @count parameters; all are to be set then. */
void kith_postgres_parameters_reset(KithPostgresParameters *parameters, size_t count);
void kith_postgres_parameters_clear(KithPostgresParameters *parameters);

/* About how many bytes they take. */
size_t kith_postgres_parameters_size(const KithPostgresParameters *parameters);

/* More than the server takes in one message, or has in one value. */
bool kith_postgres_parameters_are_too_large(const KithPostgresParameters *parameters);

/* Set parameter @i from the member @column of @row. */
bool kith_postgres_set_column(KithPostgresParameters *parameters,
                              size_t i,
                              const char *entity,
                              const KithColumn *column,
                              const void *row,
                              GError **error);

/* Set parameter @i of a query. */
bool kith_postgres_set_parameter(KithPostgresParameters *parameters,
                                 size_t i,
                                 const KithParameter *parameter,
                                 GError **error);

/*
 * Let parameter @i be an array of values of @kind, which are then added one by one; end
 * it when all are there. Until then the bytes that it has are in arrays[i].length.
 */
void kith_postgres_array_begin(KithPostgresParameters *parameters,
                               size_t i,
                               KithKind kind);
bool kith_postgres_array_add_column(KithPostgresParameters *parameters,
                                    size_t i,
                                    const char *entity,
                                    const KithColumn *column,
                                    const void *row,
                                    GError **error);
void kith_postgres_array_end(KithPostgresParameters *parameters, size_t i);

/* Is the member @column of @row what the server gave as @value? */
bool kith_postgres_value_is(const KithPostgresValue *value,
                            const KithColumn *column,
                            const void *row);

#endif

/*
 * postgres-types.h - values in the binary format of PostgreSQL: parameters from structs,
 * and results into structs.
 */
#ifndef KITH_DRIVERS_POSTGRES_TYPES_H
#define KITH_DRIVERS_POSTGRES_TYPES_H

#include "kith-driver.h"

#include <libpq-fe.h>

extern const KithDialect kith_postgres_dialect;

/* A number, a time or a UUID, as it is sent. */
typedef struct KithPostgresScalar {
    char bytes[16];
} KithPostgresScalar;

/*
 * The parameters of one execution, in the arrays that libpq takes. Used again from row to
 * row. Texts and blobs are not copied: they are pointed at, where the struct has them.
 */
typedef struct KithPostgresParameters {
    size_t count;
    size_t capacity;
    Oid *types;
    const char **values;
    int *lengths;
    int *formats;
    KithPostgresScalar *scalars;
    GPtrArray *arrays; /* of GByteArray: the lists among them; NULL: there were none yet */
} KithPostgresParameters;

/* Make room for @count parameters; all are to be set then. */
void kith_postgres_parameters_reset(KithPostgresParameters *parameters, size_t count);
void kith_postgres_parameters_clear(KithPostgresParameters *parameters);

/* The OID that a parameter of @kind is sent with; 0 leaves it to the server. */
Oid kith_postgres_type_of_kind(KithKind kind);

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

/* A value of a result. */
typedef struct KithPostgresValue {
    Oid type;
    const char *bytes; /* followed by a zero byte, as libpq sees to; NULL: SQL NULL */
    size_t length;
} KithPostgresValue;

KithPostgresValue kith_postgres_value(const PGresult *result, int row, int column);

/* Does a member of @kind hold every value of @type but NULL, so that storing cannot fail?
 */
bool kith_postgres_always_fits(Oid type, KithKind kind);

/*
 * Store @value into the member @column of @row, by its own type, not by the one that the
 * mapping expects: servers that speak the protocol give back other types than were
 * declared. @ret_length is set for texts and blobs, which stay in the result.
 */
bool kith_postgres_store(const KithLayout *layout,
                         const KithColumn *column,
                         const KithPostgresValue *value,
                         void *row,
                         size_t *ret_length,
                         GError **error);

#endif

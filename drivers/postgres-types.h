/*
 * postgres-types.h - values in the binary format of PostgreSQL, as results give them,
 * into structs; and what the dialect calls them.
 */
#ifndef KITH_DRIVERS_POSTGRES_TYPES_H
#define KITH_DRIVERS_POSTGRES_TYPES_H

#include "kith-driver.h"

#include <libpq-fe.h>

extern const KithDialect kith_postgres_dialect;

/* The types of pg_type.dat that are known here; their numbers never change. */
typedef enum KithPostgresType {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_CHAR = 18,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_OID = 26,
    TYPE_JSON = 114,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_UNKNOWN = 705,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_DATE = 1082,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
    TYPE_NUMERIC = 1700,
    TYPE_UUID = 2950,
    /* Arrays of them. */
    TYPE_BOOL_ARRAY = 1000,
    TYPE_BYTEA_ARRAY = 1001,
    TYPE_INT4_ARRAY = 1007,
    TYPE_TEXT_ARRAY = 1009,
    TYPE_INT8_ARRAY = 1016,
    TYPE_FLOAT8_ARRAY = 1022,
    TYPE_DATE_ARRAY = 1182,
    TYPE_TIMESTAMPTZ_ARRAY = 1185,
    TYPE_UUID_ARRAY = 2951
} KithPostgresType;

/* Times count microseconds and dates days, here from 1970-01-01, there from 2000-01-01.
 */
#define EPOCH_DAYS 10957
#define EPOCH_USEC (EPOCH_DAYS * G_GINT64_CONSTANT(86400000000))

/* A value of a result. */
typedef struct KithPostgresValue {
    Oid type;
    const char *bytes; /* followed by a zero byte, as libpq sees to; NULL: SQL NULL */
    size_t length;
} KithPostgresValue;

KithPostgresValue kith_postgres_value(const PGresult *result, int row, int column);

/* The @length bytes at @bytes (1, 2, 4 or 8) as a number with a sign. */
int64_t kith_postgres_read_integer(const char *bytes, size_t length);

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

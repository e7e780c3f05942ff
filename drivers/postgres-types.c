/*
 * postgres-types.c - values of results in the binary format of PostgreSQL, and what the
 * dialect calls them.
 *
 * Numbers go in network byte order; times count microseconds, and dates days, from
 * 2000-01-01. Binary is exact, and needs neither quoting nor parsing. That a member can
 * hold a value is checked in column.c for all drivers alike; here, only that the type is
 * one which may be stored there.
 */
#include "postgres-types.h"

#include "column.h"
#include "error.h"

#include <limits.h>
#include <string.h>

#define FIRST_OID_OF_USERS 16384

/* Sums and averages of integers are numerics, which no member is made for. */
static const char *const functions[KITH_FUNCTIONS] = {
    [KITH_FUNCTION_PLUS] = "({1} + {2})",
    [KITH_FUNCTION_MINUS] = "({1} - {2})",
    [KITH_FUNCTION_TIMES] = "({1} * {2})",
    [KITH_FUNCTION_DIVIDE] = "({1} / {2})",
    [KITH_FUNCTION_MODULO] = "({1} % {2})",
    [KITH_FUNCTION_NEGATE] = "(- {1})",
    [KITH_FUNCTION_ABS] = "abs({1})",
    [KITH_FUNCTION_ROUND] =
        "CAST(round(CAST({1} AS numeric), CAST({2} AS integer)) AS double precision)",
    [KITH_FUNCTION_LOWER] = "lower({1})",
    [KITH_FUNCTION_UPPER] = "upper({1})",
    [KITH_FUNCTION_TRIM] = "btrim({1})",
    [KITH_FUNCTION_CONCAT] = "({1} || {2})",
    [KITH_FUNCTION_TEXT_LENGTH] = "char_length({1})",
    [KITH_FUNCTION_SUBSTRING] = "substr({1}, CAST({2} AS integer), CAST({3} AS integer))",
    [KITH_FUNCTION_REPLACE] = "replace({1}, {2}, {3})",
    [KITH_FUNCTION_POSITION] = "strpos({1}, {2})",
    [KITH_FUNCTION_NOW] = "clock_timestamp()",
    [KITH_FUNCTION_DATE_OF] = "CAST({1} AT TIME ZONE 'UTC' AS date)",
    [KITH_FUNCTION_HOUR] = "CAST(extract(hour FROM {1} AT TIME ZONE 'UTC') AS bigint)",
    [KITH_FUNCTION_MINUTE] =
        "CAST(extract(minute FROM {1} AT TIME ZONE 'UTC') AS bigint)",
    [KITH_FUNCTION_YEAR] = "CAST(extract(year FROM {1}) AS bigint)",
    [KITH_FUNCTION_MONTH] = "CAST(extract(month FROM {1}) AS bigint)",
    [KITH_FUNCTION_DAY] = "CAST(extract(day FROM {1}) AS bigint)",
    [KITH_FUNCTION_WEEKDAY] = "CAST(extract(dow FROM {1}) AS bigint)",
    [KITH_FUNCTION_MONTH_START] =
        "CAST(date_trunc('month', CAST({1} AS timestamp)) AS date)",
    [KITH_FUNCTION_PLUS_DAYS] = "({1} + CAST({2} AS integer))",
    [KITH_FUNCTION_DAYS_BETWEEN] = "({1} - {2})",
    [KITH_FUNCTION_JSON_TEXT] = "(CAST({1} AS jsonb) ->> {2})",
    [KITH_FUNCTION_JSON] = "CAST(CAST({1} AS jsonb) -> {2} AS text)",
    [KITH_FUNCTION_COALESCE] = "coalesce({1}, {2})",
    [KITH_FUNCTION_NULL_IF] = "nullif({1}, {2})",
    [KITH_FUNCTION_COUNT_ROWS] = "count(*)",
    [KITH_FUNCTION_COUNT] = "count({1})",
    [KITH_FUNCTION_SUM] = "CAST(sum({1}){over} AS bigint)",
    [KITH_FUNCTION_SUM_DOUBLE] = "sum({1})",
    [KITH_FUNCTION_MIN] = "min({1})",
    [KITH_FUNCTION_MAX] = "max({1})",
    [KITH_FUNCTION_AVERAGE] = "CAST(avg({1}){over} AS double precision)",
    [KITH_FUNCTION_JOINED] = "string_agg({1}, {2})",
    [KITH_FUNCTION_ROW_NUMBER] = "row_number()",
    [KITH_FUNCTION_RANK] = "rank()",
    [KITH_FUNCTION_DENSE_RANK] = "dense_rank()",
    [KITH_FUNCTION_TILE] = "ntile({1})",
    [KITH_FUNCTION_LAG] = "lag({1}, CAST({2} AS integer))",
    [KITH_FUNCTION_LEAD] = "lead({1}, CAST({2} AS integer))",
    [KITH_FUNCTION_FIRST] = "first_value({1})",
    [KITH_FUNCTION_LAST] = "last_value({1})",
};

const KithDialect kith_postgres_dialect = {
    .name = "PostgreSQL",
    .placeholder = '$',
    .returns_key = true,
    .has_row_locks = true,
    .has_cursors = true,
    .has_arrays = true,
    .fails_when_missed = true,
    .bulk_from = 5,
    /* Of a table without a sequence that may be used so, the request gives one NULL. */
    .make_keys =
        "SELECT k.n, nextval(k.sequence) FROM (SELECT i.n, i.count, (SELECT s.name FROM "
        "(SELECT pg_get_serial_sequence(i.name, a.attname) AS name FROM "
        "pg_catalog.pg_attribute AS a WHERE a.attrelid = to_regclass(i.name) AND "
        "a.attname = i.key AND a.attidentity <> 'a' OFFSET 0) AS s WHERE "
        "has_sequence_privilege(s.name, 'USAGE'))::regclass AS sequence FROM unnest($1, "
        "$2, $3) WITH ORDINALITY AS i (name, key, count, n) OFFSET 0) AS k, "
        "generate_series(1, CASE WHEN k.sequence IS NULL THEN 1 ELSE k.count END)",
    .make_keys_from = 32,
    .has_isolation = true,
    .begin = "BEGIN",
    .begin_read_only = "BEGIN READ ONLY",
    .defers_unique = true,
    .checks_length = false,
    .default_row = "DEFAULT VALUES",
    .no_limit = NULL,
    .types = {
        [KITH_KIND_BOOL] = "boolean",
        [KITH_KIND_INT32] = "integer",
        [KITH_KIND_INT64] = "bigint",
        [KITH_KIND_DOUBLE] = "double precision",
        [KITH_KIND_TEXT] = "text",
        [KITH_KIND_BLOB] = "bytea",
        [KITH_KIND_TIME] = "timestamp with time zone",
        [KITH_KIND_DATE] = "date",
        [KITH_KIND_UUID] = "uuid",
        [KITH_KIND_ENUM] = "text",
    },
    .text_with_length = "varchar(%zu)",
    .generated_key_int32 = "integer GENERATED BY DEFAULT AS IDENTITY",
    .generated_key_int64 = "bigint GENERATED BY DEFAULT AS IDENTITY",
    .generated_key_is_primary = false,
    .schema_is_file = false,
    .add_foreign_key = "DO $kith$BEGIN EXECUTE '%s'; "
                       "EXCEPTION WHEN duplicate_object THEN NULL; END$kith$",
    .defer_foreign_keys = NULL,
    .functions = functions,
    .has_like = true,
    .any_case = " ILIKE ",
    .has_lateral = true,
    .has_right_join = true,
    .nulls_are_small = false,
    .explain = "EXPLAIN ",
    .n_explained = 1,
};

/* --- decoding ---------------------------------------------------------------------- */

KithPostgresValue
kith_postgres_value(const PGresult *result, int row, int column)
{
    KithPostgresValue value = { .type = PQftype(result, column) };
    value.length = (size_t) PQgetlength(result, row, column);
    /* Nearly all values have a length, and then need not be asked whether they are NULL.
     */
    if (value.length > 0 || !PQgetisnull(result, row, column))
        value.bytes = PQgetvalue(result, row, column);
    return value;
}

int64_t
kith_postgres_read_integer(const char *bytes, size_t length)
{
    uint64_t wide;
    uint32_t narrow;
    if (length == sizeof wide) {
        memcpy(&wide, bytes, sizeof wide);
        return (int64_t) GUINT64_FROM_BE(wide);
    }
    if (length == sizeof narrow) {
        memcpy(&narrow, bytes, sizeof narrow);
        return (int32_t) GUINT32_FROM_BE(narrow);
    }
    uint64_t value = (*bytes & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | (unsigned char) bytes[i];
    return (int64_t) value;
}

static double
read_double(const char *bytes)
{
    int64_t bits = kith_postgres_read_integer(bytes, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float
read_float(const char *bytes)
{
    int32_t bits = (int32_t) kith_postgres_read_integer(bytes, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The server refuses to write a number into a boolean; so here it is not read as one. */
static bool
store_integer(const KithLayout *layout,
              const KithColumn *column,
              int64_t value,
              void *row,
              GError **error)
{
    if (column->kind == KITH_KIND_BOOL)
        return kith_column_refuse(layout, column, "an integer", error);
    return kith_column_store_integer(layout, column, row, value, error);
}

static bool
store_bool(const KithLayout *layout,
           const KithColumn *column,
           bool value,
           void *row,
           GError **error)
{
    if (column->kind != KITH_KIND_BOOL)
        return kith_column_refuse(layout, column, "a boolean", error);
    return kith_column_store_integer(layout, column, row, value ? 1 : 0, error);
}

/* A timestamp without a zone is taken as UTC, the zone of all our connections. */
static bool
store_time(const KithLayout *layout,
           const KithColumn *column,
           int64_t usec,
           void *row,
           GError **error)
{
    if (usec == INT64_MIN || usec == INT64_MAX)
        return kith_column_refuse(layout, column, "the time 'infinity'", error);
    if (usec > INT64_MAX - EPOCH_USEC)
        return kith_column_refuse(layout, column, "a time too far away", error);
    return kith_column_store_time(
        layout, column, row, (KithTime){ usec + EPOCH_USEC }, error);
}

static bool
store_date(const KithLayout *layout,
           const KithColumn *column,
           int64_t days,
           void *row,
           GError **error)
{
    if (days == INT32_MIN || days == INT32_MAX)
        return kith_column_refuse(layout, column, "the date 'infinity'", error);
    if (days > INT32_MAX - EPOCH_DAYS)
        return kith_column_refuse(layout, column, "a date too far away", error);
    KithDate date = { (int32_t) days + EPOCH_DAYS };
    return kith_column_store_date(layout, column, row, date, error);
}

static bool
store_uuid(const KithLayout *layout,
           const KithColumn *column,
           const KithPostgresValue *value,
           void *row,
           GError **error)
{
    KithUuid uuid;
    memcpy(uuid.bytes, value->bytes, sizeof uuid.bytes);
    return kith_column_store_uuid(layout, column, row, uuid, error);
}

static bool
refuse(const KithLayout *layout,
       const KithColumn *column,
       const KithPostgresValue *value,
       GError **error)
{
    const char *wanted = kith_postgres_dialect.types[column->kind];
    bool is_numeric = value->type == TYPE_NUMERIC;
    g_autofree char *found = is_numeric
                                 ? g_strdup_printf("a numeric (cast it to %s)", wanted)
                                 : g_strdup_printf("a value of the type with OID %u "
                                                   "(cast it to %s)",
                                                   value->type,
                                                   wanted);
    return kith_column_refuse(layout, column, found, error);
}

/* Of enums the binary form is the text; what is not one, the checks of a text refuse. */
static bool
store_other(const KithLayout *layout,
            const KithColumn *column,
            const KithPostgresValue *value,
            void *row,
            GError **error)
{
    bool wants_text = column->kind == KITH_KIND_TEXT || column->kind == KITH_KIND_ENUM;
    if (value->type < FIRST_OID_OF_USERS || !wants_text)
        return refuse(layout, column, value, error);
    return kith_column_store_text(
        layout, column, row, value->bytes, value->length, error);
}

/* The bytes that a value of @type has; 0: any number of them. */
static size_t
size_of_type(Oid type)
{
    switch (type) {
    case TYPE_BOOL:
        return 1;
    case TYPE_INT2:
        return 2;
    case TYPE_INT4:
    case TYPE_OID:
    case TYPE_FLOAT4:
    case TYPE_DATE:
        return 4;
    case TYPE_INT8:
    case TYPE_FLOAT8:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return 8;
    case TYPE_UUID:
        return 16;
    default:
        return 0;
    }
}

/* The exception in length: one case for each type. */
static bool
store_by_type(const KithLayout *layout,
              const KithColumn *column,
              const KithPostgresValue *value,
              void *row,
              GError **error)
{
    const char *bytes = value->bytes;
    switch (value->type) {
    case TYPE_BOOL:
        return store_bool(layout, column, *bytes != 0, row, error);
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        return store_integer(
            layout, column, kith_postgres_read_integer(bytes, value->length), row, error);
    case TYPE_OID:
        return store_integer(
            layout, column, (uint32_t) kith_postgres_read_integer(bytes, 4), row, error);
    case TYPE_FLOAT4:
        return kith_column_store_double(layout, column, row, read_float(bytes), error);
    case TYPE_FLOAT8:
        return kith_column_store_double(layout, column, row, read_double(bytes), error);
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_NAME:
    case TYPE_CHAR:
    case TYPE_UNKNOWN:
    case TYPE_JSON:
        return kith_column_store_text(layout, column, row, bytes, value->length, error);
    case TYPE_BYTEA:
        return kith_column_store_blob(layout, column, row, bytes, value->length, error);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return store_time(
            layout, column, kith_postgres_read_integer(bytes, 8), row, error);
    case TYPE_DATE:
        return store_date(
            layout, column, kith_postgres_read_integer(bytes, 4), row, error);
    case TYPE_UUID:
        return store_uuid(layout, column, value, row, error);
    default:
        return store_other(layout, column, value, row, error);
    }
}

bool
kith_postgres_always_fits(Oid type, KithKind kind)
{
    switch (type) {
    case TYPE_BOOL:
        return kind == KITH_KIND_BOOL;
    case TYPE_INT2:
    case TYPE_INT4:
        return kind == KITH_KIND_INT32 || kind == KITH_KIND_INT64
               || kind == KITH_KIND_DOUBLE;
    case TYPE_INT8:
        return kind == KITH_KIND_INT64 || kind == KITH_KIND_DOUBLE;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
        return kind == KITH_KIND_DOUBLE;
    case TYPE_UUID:
        return kind == KITH_KIND_UUID;
    default:
        return false;
    }
}

bool
kith_postgres_store(const KithLayout *layout,
                    const KithColumn *column,
                    const KithPostgresValue *value,
                    void *row,
                    size_t *ret_length,
                    GError **error)
{
    *ret_length = value->length;
    if (value->bytes == NULL)
        return kith_column_store_null(layout, column, row, error);
    size_t size = size_of_type(value->type);
    if (size != 0 && value->length != size)
        return kith_column_refuse(layout, column, "a value of an unknown format", error);
    return store_by_type(layout, column, value, row, error);
}

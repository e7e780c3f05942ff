/*
 * postgres-parameters.c - encodes values for the server: numbers go in network byte
 * order, which is exact and needs neither quoting nor parsing. A value is encoded the
 * same way whether it stands alone or in an array.
 */
#include "postgres-parameters.h"

#include "column.h"
#include "error.h"

#include <string.h>

/* The server takes no message, and has no value, of more than a gigabyte. */
#define MAX_BYTES ((size_t) 0x3fffff00)

/* An array that once was larger than this does not keep its memory. */
#define MAX_KEPT_BYTES (4 * 1024 * 1024)

/* What comes before the values of an array. */
typedef struct ArrayHead {
    int32_t n_dimensions;
    int32_t has_nulls;
    int32_t type;
    int32_t n_values;
    int32_t first_index;
} ArrayHead;

/* --- room -------------------------------------------------------------------------- */

static void
grow(KithPostgresParameters *parameters, size_t capacity)
{
    size_t old = parameters->capacity;
    parameters->capacity = capacity;
    parameters->types = g_renew(Oid, parameters->types, capacity);
    parameters->values = g_renew(const char *, parameters->values, capacity);
    parameters->lengths = g_renew(int, parameters->lengths, capacity);
    parameters->formats = g_renew(int, parameters->formats, capacity);
    parameters->scalars = g_renew(KithPostgresScalar, parameters->scalars, capacity);
    parameters->arrays = g_renew(KithPostgresArray, parameters->arrays, capacity);
    for (size_t i = old; i < capacity; i++) {
        parameters->formats[i] = 1;
        parameters->arrays[i] = (KithPostgresArray){ .bytes = NULL };
    }
}

void
kith_postgres_parameters_reset(KithPostgresParameters *parameters, size_t count)
{
    parameters->count = count;
    if (count > parameters->capacity)
        grow(parameters, count + 16);
}

void
kith_postgres_parameters_clear(KithPostgresParameters *parameters)
{
    for (size_t i = 0; i < parameters->capacity; i++)
        g_free(parameters->arrays[i].bytes);
    g_free(parameters->types);
    g_free(parameters->values);
    g_free(parameters->lengths);
    g_free(parameters->formats);
    g_free(parameters->scalars);
    g_free(parameters->arrays);
    *parameters = (KithPostgresParameters){ 0 };
}

size_t
kith_postgres_parameters_size(const KithPostgresParameters *parameters)
{
    size_t size = 0;
    for (size_t i = 0; i < parameters->count; i++)
        size += (size_t) parameters->lengths[i];
    return size;
}

bool
kith_postgres_parameters_are_too_large(const KithPostgresParameters *parameters)
{
    return kith_postgres_parameters_size(parameters) > MAX_BYTES;
}

/* --- one value --------------------------------------------------------------------- */

/* A value as it is sent; what is made for it lies in the scalar. */
typedef struct Encoded {
    const char *bytes; /* NULL: SQL NULL */
    size_t length;
    KithPostgresScalar *scalar;
} Encoded;

/* An encoder returns NULL, or what is wrong with the value. */

static const char *
encode_bytes(Encoded *encoded, const void *bytes, size_t length)
{
    if (length > MAX_BYTES)
        return "it is longer than a value can be";
    encoded->bytes = bytes;
    encoded->length = length;
    return NULL;
}

static const char *
encode_scalar(Encoded *encoded, const void *bytes, size_t length)
{
    memcpy(encoded->scalar->bytes, bytes, length);
    encoded->bytes = encoded->scalar->bytes;
    encoded->length = length;
    return NULL;
}

static const char *
encode_int32(Encoded *encoded, int32_t value)
{
    uint32_t bytes = GUINT32_TO_BE((uint32_t) value);
    return encode_scalar(encoded, &bytes, sizeof bytes);
}

static const char *
encode_int64(Encoded *encoded, int64_t value)
{
    uint64_t bytes = GUINT64_TO_BE((uint64_t) value);
    return encode_scalar(encoded, &bytes, sizeof bytes);
}

static const char *
encode_double(Encoded *encoded, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return encode_int64(encoded, bits);
}

/* The ends of the range mean 'infinity' to the server, so a moment must not get there. */
static const char *
encode_time(Encoded *encoded, KithTime time)
{
    if (time.usec <= INT64_MIN + EPOCH_USEC)
        return "it is a time before all times that PostgreSQL knows";
    return encode_int64(encoded, time.usec - EPOCH_USEC);
}

static const char *
encode_date(Encoded *encoded, KithDate date)
{
    if (date.days <= INT32_MIN + EPOCH_DAYS)
        return "it is a date before all dates that PostgreSQL knows";
    return encode_int32(encoded, date.days - EPOCH_DAYS);
}

/* The exception in length: one case for each kind. @value is not NULL. */
static const char *
encode_value(Encoded *encoded, KithKind kind, const void *value)
{
    switch (kind) {
    case KITH_KIND_BOOL:
        return encode_scalar(encoded, *(const bool *) value ? "\1" : "\0", 1);
    case KITH_KIND_INT32:
        return encode_int32(encoded, *(const int32_t *) value);
    case KITH_KIND_INT64:
        return encode_int64(encoded, *(const int64_t *) value);
    case KITH_KIND_DOUBLE:
        return encode_double(encoded, *(const double *) value);
    case KITH_KIND_TEXT: {
        const char *text = *(const char *const *) value;
        return text != NULL ? encode_bytes(encoded, text, strlen(text)) : NULL;
    }
    case KITH_KIND_BLOB: {
        const KithBlob *blob = value;
        return encode_bytes(encoded, blob->data, blob->size);
    }
    case KITH_KIND_TIME:
        return encode_time(encoded, *(const KithTime *) value);
    case KITH_KIND_DATE:
        return encode_date(encoded, *(const KithDate *) value);
    case KITH_KIND_UUID:
        return encode_scalar(encoded, value, sizeof(KithUuid));
    case KITH_KIND_NONE:
    case KITH_KIND_ENUM:
    case KITH_KIND_OBJECT:
        break;
    }
    return "it is of a kind that cannot be a parameter";
}

static const char *
encode_column(Encoded *encoded, const KithColumn *column, const void *row)
{
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return NULL;
    if (column->kind != KITH_KIND_ENUM)
        return encode_value(encoded, column->kind, value);
    const char *name = kith_column_enum_name(column, value);
    if (name == NULL)
        return "its value is none of the names of the enum";
    return encode_value(encoded, KITH_KIND_TEXT, &name);
}

static bool
refuse_column(const char *entity,
              const KithColumn *column,
              const char *complaint,
              GError **error)
{
    kith_error_set_details(error,
                           KITH_ERROR_TYPE,
                           &(KithErrorDetails){ .column = column->name },
                           "%s.%s cannot be written: %s",
                           entity,
                           column->member,
                           complaint);
    return false;
}

static bool
refuse_parameter(size_t i, const char *complaint, GError **error)
{
    kith_error_set(
        error, KITH_ERROR_TYPE, "parameter %zu cannot be sent: %s", i + 1, complaint);
    return false;
}

/* The types that a value of a kind, and an array of them, are sent with. */
static const struct {
    Oid one;
    Oid array;
} types[] = {
    [KITH_KIND_NONE] = { 0, 0 },
    [KITH_KIND_BOOL] = { TYPE_BOOL, TYPE_BOOL_ARRAY },
    [KITH_KIND_INT32] = { TYPE_INT4, TYPE_INT4_ARRAY },
    [KITH_KIND_INT64] = { TYPE_INT8, TYPE_INT8_ARRAY },
    [KITH_KIND_DOUBLE] = { TYPE_FLOAT8, TYPE_FLOAT8_ARRAY },
    [KITH_KIND_TEXT] = { TYPE_TEXT, TYPE_TEXT_ARRAY },
    [KITH_KIND_BLOB] = { TYPE_BYTEA, TYPE_BYTEA_ARRAY },
    [KITH_KIND_TIME] = { TYPE_TIMESTAMPTZ, TYPE_TIMESTAMPTZ_ARRAY },
    [KITH_KIND_DATE] = { TYPE_DATE, TYPE_DATE_ARRAY },
    [KITH_KIND_UUID] = { TYPE_UUID, TYPE_UUID_ARRAY },
    [KITH_KIND_ENUM] = { TYPE_TEXT, TYPE_TEXT_ARRAY },
    [KITH_KIND_OBJECT] = { 0, 0 },
};

static void
set(KithPostgresParameters *parameters, size_t i, KithKind kind, const Encoded *encoded)
{
    parameters->types[i] = types[kind].one;
    parameters->values[i] = encoded->bytes;
    parameters->lengths[i] = (int) encoded->length;
}

bool
kith_postgres_set_column(KithPostgresParameters *parameters,
                         size_t i,
                         const char *entity,
                         const KithColumn *column,
                         const void *row,
                         GError **error)
{
    Encoded encoded = { .scalar = &parameters->scalars[i] };
    const char *complaint = encode_column(&encoded, column, row);
    if (complaint != NULL)
        return refuse_column(entity, column, complaint, error);
    set(parameters, i, column->kind, &encoded);
    return true;
}

/* --- arrays ------------------------------------------------------------------------ */

static char *
reserve(KithPostgresArray *array, size_t n_bytes)
{
    if (array->capacity - array->length < n_bytes) {
        array->capacity = MAX(array->capacity * 2, array->length + n_bytes + 256);
        array->bytes = g_realloc(array->bytes, array->capacity);
    }
    char *room = array->bytes + array->length;
    array->length += n_bytes;
    return room;
}

void
kith_postgres_array_begin(KithPostgresParameters *parameters, size_t i, KithKind kind)
{
    KithPostgresArray *array = &parameters->arrays[i];
    parameters->types[i] = types[kind].array;
    if (array->capacity > MAX_KEPT_BYTES) {
        g_clear_pointer(&array->bytes, g_free);
        array->capacity = 0;
    }
    array->length = 0;
    array->n_values = 0;
    array->has_nulls = false;
    ArrayHead head = { .n_dimensions = (int32_t) GINT32_TO_BE(1),
                       .type = (int32_t) GUINT32_TO_BE(types[kind].one),
                       .first_index = (int32_t) GINT32_TO_BE(1) };
    memcpy(reserve(array, sizeof head), &head, sizeof head);
}

static void
add(KithPostgresArray *array, const Encoded *encoded)
{
    bool is_null = encoded->bytes == NULL;
    uint32_t length = is_null ? UINT32_MAX : GUINT32_TO_BE((uint32_t) encoded->length);
    char *room = reserve(array, sizeof length + encoded->length);
    memcpy(room, &length, sizeof length);
    if (encoded->length > 0)
        memcpy(room + sizeof length, encoded->bytes, encoded->length);
    array->has_nulls = array->has_nulls || is_null;
    array->n_values++;
}

bool
kith_postgres_array_add_column(KithPostgresParameters *parameters,
                               size_t i,
                               const char *entity,
                               const KithColumn *column,
                               const void *row,
                               GError **error)
{
    KithPostgresScalar scalar;
    Encoded encoded = { .scalar = &scalar };
    const char *complaint = encode_column(&encoded, column, row);
    if (complaint != NULL)
        return refuse_column(entity, column, complaint, error);
    add(&parameters->arrays[i], &encoded);
    return true;
}

/* An array of no values has no dimension, and no length of one. */
void
kith_postgres_array_end(KithPostgresParameters *parameters, size_t i)
{
    KithPostgresArray *array = &parameters->arrays[i];
    ArrayHead head;
    memcpy(&head, array->bytes, sizeof head);
    head.has_nulls = (int32_t) GINT32_TO_BE(array->has_nulls ? 1 : 0);
    head.n_values = (int32_t) GUINT32_TO_BE(array->n_values);
    if (array->n_values == 0) {
        head.n_dimensions = 0;
        array->length = offsetof(ArrayHead, n_values);
    }
    memcpy(
        array->bytes, &head, array->length < sizeof head ? array->length : sizeof head);
    parameters->values[i] = array->bytes;
    parameters->lengths[i] = (int) array->length;
}

/* --- parameters of queries --------------------------------------------------------- */

static const char *
set_list(KithPostgresParameters *parameters, size_t i, const KithList *list)
{
    kith_postgres_array_begin(parameters, i, list->column->kind);
    for (size_t row = 0; row < list->n_rows; row++) {
        KithPostgresScalar scalar;
        Encoded encoded = { .scalar = &scalar };
        const char *complaint = encode_column(&encoded, list->column, list->rows[row]);
        if (complaint != NULL)
            return complaint;
        if (parameters->arrays[i].length + encoded.length > MAX_BYTES)
            return "it is longer than a value can be";
        add(&parameters->arrays[i], &encoded);
    }
    kith_postgres_array_end(parameters, i);
    return NULL;
}

static const char *
set_value(KithPostgresParameters *parameters, size_t i, const KithParameter *parameter)
{
    Encoded encoded = { .scalar = &parameters->scalars[i] };
    const char *complaint =
        parameter->value != NULL
            ? encode_value(&encoded, parameter->kind, parameter->value)
            : NULL;
    set(parameters, i, parameter->kind, &encoded);
    return complaint;
}

bool
kith_postgres_set_parameter(KithPostgresParameters *parameters,
                            size_t i,
                            const KithParameter *parameter,
                            GError **error)
{
    const char *complaint = parameter->list != NULL
                                ? set_list(parameters, i, parameter->list)
                                : set_value(parameters, i, parameter);
    return complaint == NULL || refuse_parameter(i, complaint, error);
}

/* --- comparing --------------------------------------------------------------------- */

static bool
is_integer(Oid type)
{
    return type == TYPE_INT2 || type == TYPE_INT4 || type == TYPE_INT8;
}

/* The column of the table can be of another size than the member; char(n) is padded. */
bool
kith_postgres_value_is(const KithPostgresValue *value,
                       const KithColumn *column,
                       const void *row)
{
    KithPostgresScalar scalar;
    Encoded encoded = { .scalar = &scalar };
    size_t length = value->length;
    if (encode_column(&encoded, column, row) != NULL)
        return false;
    if (value->bytes == NULL || encoded.bytes == NULL)
        return value->bytes == encoded.bytes;
    if (is_integer(value->type) && is_integer(types[column->kind].one))
        return kith_postgres_read_integer(value->bytes, length)
               == kith_postgres_read_integer(encoded.bytes, encoded.length);
    while (value->type == TYPE_BPCHAR && length > encoded.length
           && value->bytes[length - 1] == ' ')
        length--;
    return length == encoded.length && memcmp(value->bytes, encoded.bytes, length) == 0;
}

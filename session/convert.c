/*
 * convert.c - values of the program on their way into a column: fitted to its kind, and
 * checked.
 */
#include "convert.h"

#include "column.h"
#include "error.h"
#include "text.h"

#include <string.h>

const void *
kith_value_data(const KithValue *value)
{
    return value->kind == KITH_KIND_NONE ? NULL : &value->as;
}

/* An integer of any width, where the value is one. */
static bool
integer_of(const KithValue *value, int64_t *ret_integer)
{
    if (value->kind == KITH_KIND_INT32)
        *ret_integer = value->as.int32;
    else if (value->kind == KITH_KIND_INT64)
        *ret_integer = value->as.int64;
    else if (value->kind == KITH_KIND_BOOL)
        *ret_integer = value->as.boolean;
    else
        return false;
    return true;
}

static bool
fit_integer(const KithColumn *column, int64_t integer, KithValue *value)
{
    switch (column->kind) {
    case KITH_KIND_BOOL:
        *value = kith_value_bool(integer != 0);
        return integer == 0 || integer == 1;
    case KITH_KIND_INT32:
    case KITH_KIND_ENUM:
        *value = kith_value_int32((int32_t) integer);
        return integer >= INT32_MIN && integer <= INT32_MAX;
    case KITH_KIND_INT64:
        *value = kith_value_int64(integer);
        return true;
    case KITH_KIND_DOUBLE:
        *value = kith_value_double((double) integer);
        return true;
    default:
        return false;
    }
}

bool
kith_value_fit(const char *entity,
               const KithColumn *column,
               KithValue *value,
               GError **error)
{
    int64_t integer;
    KithKind given = value->kind;
    if (given == KITH_KIND_NONE || given == KITH_KIND_OBJECT || given == column->kind)
        return true;
    if (integer_of(value, &integer) && fit_integer(column, integer, value))
        return true;
    if (integer_of(value, &integer))
        kith_error_set(error,
                       KITH_ERROR_TYPE,
                       "%s.%s: %" G_GINT64_FORMAT " does not fit a member of type %s",
                       entity,
                       column->member,
                       integer,
                       kith_kind_name(column->kind));
    else
        kith_error_set(error,
                       KITH_ERROR_TYPE,
                       "%s.%s: the value is of type %s, and the member of type %s",
                       entity,
                       column->member,
                       kith_kind_name(given),
                       kith_kind_name(column->kind));
    return false;
}

void
kith_column_set_value(const KithColumn *column, void *row, const KithValue *value)
{
    char *at = (char *) row + column->offset;
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) ((char *) row + column->null_offset) = value->kind != KITH_KIND_NONE;
    switch (column->kind) {
    case KITH_KIND_BOOL:
        *(bool *) at = value->as.boolean;
        break;
    case KITH_KIND_INT32:
    case KITH_KIND_ENUM:
        *(int32_t *) (void *) at = value->as.int32;
        break;
    case KITH_KIND_INT64:
        *(int64_t *) (void *) at = value->as.int64;
        break;
    case KITH_KIND_DOUBLE:
        *(double *) (void *) at = value->as.real;
        break;
    case KITH_KIND_TEXT:
        *(const char **) (void *) at = value->as.text;
        break;
    case KITH_KIND_BLOB:
        *(KithBlob *) (void *) at = value->as.blob;
        break;
    case KITH_KIND_TIME:
        *(KithTime *) (void *) at = value->as.time;
        break;
    case KITH_KIND_DATE:
        *(KithDate *) (void *) at = value->as.date;
        break;
    case KITH_KIND_UUID:
        *(KithUuid *) (void *) at = value->as.uuid;
        break;
    case KITH_KIND_NONE:
    case KITH_KIND_OBJECT:
        break;
    }
}

/* --- checks ------------------------------------------------------------------------ */

static bool
refuse(const KithMapper *mapper,
       const KithColumn *column,
       KithErrorCode code,
       const char *why,
       GError **error)
{
    KithErrorDetails details = { .table = mapper->table, .column = column->name };
    kith_error_set_details(error, code, &details, "%s %s", column->member, why);
    return false;
}

static bool
check_text(const KithMapper *mapper,
           const KithColumn *column,
           const char *text,
           size_t max_length,
           GError **error)
{
    if (!kith_text_is_valid(text, strlen(text)))
        return refuse(
            mapper, column, KITH_ERROR_TYPE, "is not UTF-8; use a KithBlob", error);
    if (max_length == 0 || (size_t) g_utf8_strlen(text, -1) <= max_length)
        return true;
    g_autofree char *why = g_strdup_printf("is longer than %zu characters", max_length);
    return refuse(mapper, column, KITH_ERROR_CHECK, why, error);
}

/* An enum that is stored as a number is held to its names as well. */
static bool
has_name(const KithNames *names, int32_t enumerator)
{
    return enumerator >= 0 && (size_t) enumerator < names->count
           && names->items[enumerator] != NULL;
}

bool
kith_mapper_check_value(const KithMapper *mapper,
                        unsigned index,
                        const void *row,
                        GError **error)
{
    const KithColumn *column = &mapper->columns[index];
    const KithColumnDetail *detail = &mapper->details[index];
    const void *value = kith_column_get(column, row);
    if (value == NULL && !column->nullable)
        return refuse(mapper,
                      column,
                      KITH_ERROR_NOT_NULL,
                      "is NULL, and may not be; set it, or map it as nullable",
                      error);
    if (value == NULL)
        return true;
    if (column->kind == KITH_KIND_TEXT) {
        const char *text = *(const char *const *) value;
        return check_text(mapper, column, text, detail->max_length, error);
    }
    if (detail->names != NULL && !has_name(detail->names, *(const int32_t *) value))
        return refuse(mapper,
                      column,
                      KITH_ERROR_TYPE,
                      "is an enumerator that the mapping does not name",
                      error);
    return true;
}

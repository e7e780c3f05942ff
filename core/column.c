/*
 * column.c - values on their way from a database into the members of a struct.
 */
#include "column.h"

#include "error.h"
#include "text.h"

#include <string.h>

const char *
kith_kind_name(KithKind kind)
{
    static const char *const names[] = {
        [KITH_KIND_NONE] = "NULL",     [KITH_KIND_BOOL] = "bool",
        [KITH_KIND_INT32] = "int32_t", [KITH_KIND_INT64] = "int64_t",
        [KITH_KIND_DOUBLE] = "double", [KITH_KIND_TEXT] = "const char *",
        [KITH_KIND_BLOB] = "KithBlob", [KITH_KIND_TIME] = "KithTime",
        [KITH_KIND_DATE] = "KithDate", [KITH_KIND_UUID] = "KithUuid",
        [KITH_KIND_ENUM] = "enum",     [KITH_KIND_OBJECT] = "reference",
    };
    return names[kind];
}

G_GNUC_PRINTF(4, 5)
static bool
refuse(const KithLayout *layout,
       const KithColumn *column,
       GError **error,
       const char *format,
       ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kith_error_set_details(error,
                           KITH_ERROR_TYPE,
                           &(KithErrorDetails){ .column = column->name },
                           "%s.%s: the column \"%s\" holds %s",
                           layout->entity,
                           column->member,
                           column->name,
                           why);
    return false;
}

bool
kith_column_refuse(const KithLayout *layout,
                   const KithColumn *column,
                   const char *found,
                   GError **error)
{
    return refuse(layout,
                  column,
                  error,
                  "%s, which a member of type %s cannot hold",
                  found,
                  kith_kind_name(column->kind));
}

bool
kith_column_store_null(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       GError **error)
{
    if (!column->nullable)
        return refuse(layout,
                      column,
                      error,
                      "NULL, which the member cannot be; use a KithOpt… member, or "
                      "'.nullable = true'");
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) ((char *) row + column->null_offset) = false;
    else if (column->kind == KITH_KIND_TEXT)
        *(const char **) (void *) ((char *) row + column->offset) = NULL;
    else
        *(KithBlob *) (void *) ((char *) row + column->offset) = (KithBlob){ NULL, 0 };
    return true;
}

bool
kith_column_store_integer(const KithLayout *layout,
                          const KithColumn *column,
                          void *row,
                          int64_t value,
                          GError **error)
{
    switch (column->kind) {
    case KITH_KIND_INT64:
        *(int64_t *) kith_column_place(column, row) = value;
        return true;
    case KITH_KIND_INT32:
        if (value < INT32_MIN || value > INT32_MAX)
            break;
        *(int32_t *) kith_column_place(column, row) = (int32_t) value;
        return true;
    case KITH_KIND_BOOL:
        if (value != 0 && value != 1)
            break;
        *(bool *) kith_column_place(column, row) = value == 1;
        return true;
    case KITH_KIND_DOUBLE:
        *(double *) kith_column_place(column, row) = (double) value;
        return true;
    default:
        return kith_column_refuse(layout, column, "an integer", error);
    }
    return refuse(layout,
                  column,
                  error,
                  "%" G_GINT64_FORMAT ", which does not fit a member of type %s",
                  value,
                  kith_kind_name(column->kind));
}

bool
kith_column_store_double(const KithLayout *layout,
                         const KithColumn *column,
                         void *row,
                         double value,
                         GError **error)
{
    if (column->kind != KITH_KIND_DOUBLE)
        return kith_column_refuse(layout, column, "a floating-point number", error);
    *(double *) kith_column_place(column, row) = value;
    return true;
}

static bool
store_enum(const KithLayout *layout,
           const KithColumn *column,
           void *row,
           const char *name,
           GError **error)
{
    for (size_t i = 0; i < column->names.count; i++) {
        if (column->names.items[i] != NULL && strcmp(column->names.items[i], name) == 0) {
            *(int32_t *) kith_column_place(column, row) = (int32_t) i;
            return true;
        }
    }
    return refuse(layout, column, error, "'%s', which is not a name of the enum", name);
}

static bool
refuse_text(const KithLayout *layout,
            const KithColumn *column,
            const char *text,
            size_t length,
            GError **error)
{
    if (memchr(text, '\0', length) != NULL)
        return refuse(
            layout, column, error, "a text with a zero byte, which C ends a text with");
    return refuse(layout, column, error, "a text that is not UTF-8; use a KithBlob");
}

bool
kith_column_store_text(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       const char *text,
                       size_t length,
                       GError **error)
{
    if (column->kind != KITH_KIND_TEXT && column->kind != KITH_KIND_ENUM)
        return kith_column_refuse(layout, column, "text", error);
    if (!kith_text_is_valid(text, length))
        return refuse_text(layout, column, text, length, error);
    if (column->kind == KITH_KIND_ENUM)
        return store_enum(layout, column, row, text, error);
    *(const char **) kith_column_place(column, row) = text;
    return true;
}

bool
kith_column_store_blob(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       const void *data,
                       size_t size,
                       GError **error)
{
    if (column->kind != KITH_KIND_BLOB)
        return kith_column_refuse(layout, column, "bytes", error);
    *(KithBlob *) kith_column_place(column, row) = (KithBlob){ data != NULL ? data : "", size };
    return true;
}

bool
kith_column_store_time(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       KithTime value,
                       GError **error)
{
    if (column->kind != KITH_KIND_TIME)
        return kith_column_refuse(layout, column, "a time", error);
    *(KithTime *) kith_column_place(column, row) = value;
    return true;
}

bool
kith_column_store_date(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       KithDate value,
                       GError **error)
{
    if (column->kind != KITH_KIND_DATE)
        return kith_column_refuse(layout, column, "a date", error);
    *(KithDate *) kith_column_place(column, row) = value;
    return true;
}

bool
kith_column_store_uuid(const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       KithUuid value,
                       GError **error)
{
    if (column->kind != KITH_KIND_UUID)
        return kith_column_refuse(layout, column, "a UUID", error);
    *(KithUuid *) kith_column_place(column, row) = value;
    return true;
}

const char *
kith_column_enum_name(const KithColumn *column, const void *value)
{
    int32_t enumerator = *(const int32_t *) value;
    if (enumerator < 0 || (size_t) enumerator >= column->names.count)
        return NULL;
    return column->names.items[enumerator];
}

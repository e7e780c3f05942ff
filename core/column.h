/*
 * column.h - storing what a database gave into a member, with the checks that every
 * driver owes: NULL where none may be, a number that does not fit, a text that is not
 * one, a name that the enum does not have. All say which member of which entity it is
 * about.
 */
#ifndef KITH_CORE_COLUMN_PRIVATE_H
#define KITH_CORE_COLUMN_PRIVATE_H

#include "kith-driver.h"

/* Where to write the value of @column; marks it as not NULL. */
static inline void *
kith_column_place(const KithColumn *column, void *row)
{
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) ((char *) row + column->null_offset) = true;
    return (char *) row + column->offset;
}

/* What a C programmer calls a kind: "int32_t", "KithTime". */
const char *kith_kind_name(KithKind kind);

/* Refused where the column is not nullable. */
bool kith_column_store_null(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            GError **error);

/* BOOL (0 or 1), INT32, INT64 and DOUBLE. */
bool kith_column_store_integer(const KithLayout *layout,
                               const KithColumn *column,
                               void *row,
                               int64_t value,
                               GError **error);

/* DOUBLE. */
bool kith_column_store_double(const KithLayout *layout,
                              const KithColumn *column,
                              void *row,
                              double value,
                              GError **error);

/* TEXT and ENUM. @text is borrowed; text[length] is zero. */
bool kith_column_store_text(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            const char *text,
                            size_t length,
                            GError **error);

/* BLOB. @data is borrowed; it can be NULL only if @size is 0, and is then stored as not
 * NULL. */
bool kith_column_store_blob(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            const void *data,
                            size_t size,
                            GError **error);

/* TIME, DATE, UUID. */
bool kith_column_store_time(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            KithTime value,
                            GError **error);
bool kith_column_store_date(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            KithDate value,
                            GError **error);
bool kith_column_store_uuid(const KithLayout *layout,
                            const KithColumn *column,
                            void *row,
                            KithUuid value,
                            GError **error);

/* Refuse a value of a type that the member is not made for; @found: "text", "a numeric".
 */
bool kith_column_refuse(const KithLayout *layout,
                        const KithColumn *column,
                        const char *found,
                        GError **error);

/* ENUM: the name of the enumerator at @value; NULL where it has none. */
const char *kith_column_enum_name(const KithColumn *column, const void *value);

#endif

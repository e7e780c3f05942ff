/*
 * convert.h - values of the program on their way into a column.
 */
#ifndef KITH_SESSION_CONVERT_PRIVATE_H
#define KITH_SESSION_CONVERT_PRIVATE_H

#include "mapper.h"

/*
 * Make @value one of the kind of @column: widen an integer, turn an enumerator into its
 * number. NULL and objects stay. Error: TYPE, for a value that the column cannot hold.
 */
bool kith_value_fit(const char *entity,
                    const KithColumn *column,
                    KithValue *value,
                    GError **error);

/* Where a driver finds the value; NULL for NULL. Lives as long as @value. */
const void *kith_value_data(const KithValue *value);

/* Put a value that fits into a struct; text and blobs stay borrowed. */
void kith_column_set_value(const KithColumn *column, void *row, const KithValue *value);

/*
 * Can the value of @column in @row be written? Refuses NULL where none may be (NOT_NULL),
 * text that is not UTF-8 or an enumerator without a name (TYPE), text that is too long
 * (CHECK).
 */
bool kith_mapper_check_value(const KithMapper *mapper,
                             unsigned index,
                             const void *row,
                             GError **error);

#endif

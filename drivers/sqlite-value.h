/*
 * sqlite-value.h - one value on its way into a statement of SQLite, or out of it.
 */
#ifndef KITH_SQLITE_VALUE_H
#define KITH_SQLITE_VALUE_H

#include "kith-driver.h"

#include <sqlite3.h>

/*
 * Bind the value of @column in @row as parameter @index (from 1). Text and blobs are not
 * copied: they must stay until the statement has run. @entity is for messages.
 */
bool kith_sqlite_bind_column(sqlite3_stmt *statement,
                             int index,
                             const char *entity,
                             const KithColumn *column,
                             const void *row,
                             GError **error);

/*
 * Give the value of @column in @row as the result of @cell. Text and blobs are not copied: they must
 * stay until the statement has run.
 */
void kith_sqlite_fill_cell(sqlite3_context *cell,
                           const KithColumn *column,
                           const void *row);

/*
 * Bind @parameter as parameter @index (from 1); text and blobs are copied, lists are not: they must
 * stay until the statement is reset.
 */
bool kith_sqlite_bind_parameter(sqlite3_stmt *statement,
                                int index,
                                const KithParameter *parameter,
                                GError **error);

/*
 * Store column @index (from 0) of the result into the member @column of @row. Text and
 * blobs are borrowed from the statement; their bytes go to @ret_length, which is 0 for
 * members of other types.
 */
bool kith_sqlite_store(sqlite3_stmt *statement,
                       size_t index,
                       const KithLayout *layout,
                       const KithColumn *column,
                       void *row,
                       size_t *ret_length,
                       GError **error);

/* Store the row that a statement has stepped to, which is as wide as @layout. */
bool kith_sqlite_store_row(sqlite3_stmt *statement,
                           const KithLayout *layout,
                           void *row,
                           size_t *ret_lengths,
                           GError **error);

#endif

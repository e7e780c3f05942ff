/*
 * postgres-cursor.h - the rows of a query that have come, and were not fetched yet.
 */
#ifndef KITH_DRIVERS_POSTGRES_CURSOR_H
#define KITH_DRIVERS_POSTGRES_CURSOR_H

#include "kith-driver.h"

#include <libpq-fe.h>

/*
 * Stores a value of one type into a column of one kind; not NULL, and not empty. Returns
 * false, having done nothing, for a value that is not plainly right.
 */
typedef bool (*KithPostgresReader)(const KithColumn *column,
                                   const char *bytes,
                                   size_t length,
                                   void *row);

struct KithCursor {
    PGresult *result; /* NULL: no query is open */
    int row;
    int n_rows;
    KithPostgresReader *readers; /* how the columns are read; NULL: by their type */
    bool has_readers;            /* that was found out … */
    const KithColumn *columns;   /* … for these */
    size_t n_readers;            /* for so many there is room */
};

/* Begin to read @result, which is taken over. */
void kith_postgres_cursor_begin(KithCursor *cursor, PGresult *result);

/* Free what the cursor has, or all of it with the room for its readers. */
void kith_postgres_cursor_end(KithCursor *cursor);
void kith_postgres_cursor_clear(KithCursor *cursor);

/* As in KithDriver. */
KithFetched kith_postgres_cursor_fetch(KithCursor *cursor,
                                       const KithLayout *layout,
                                       void *row,
                                       size_t *lengths,
                                       GError **error);
size_t kith_postgres_cursor_changed(const KithCursor *cursor);

#endif

/*
 * sqlite-statements.h - the statements that a connection has prepared, by the addresses of
 * what they were prepared for: a KithShape or a KithStatement.
 */
#ifndef KITH_DRIVERS_SQLITE_STATEMENTS_PRIVATE_H
#define KITH_DRIVERS_SQLITE_STATEMENTS_PRIVATE_H

#include <glib.h>
#include <sqlite3.h>

typedef struct KithPrepared {
    const void *owner;       /* NULL: an empty slot */
    sqlite3_stmt *statement; /* persistent */
    size_t n_parameters;
} KithPrepared;

/* An open table, at most half full. All zero: empty. */
typedef struct KithPreparedTable {
    KithPrepared *slots;
    unsigned n_slots; /* a power of two, or 0 */
    unsigned n_statements;
} KithPreparedTable;

/*
 * The statement of @owner, prepared from @sql if there is none. NULL, and an error, if it
 * cannot be. Lives until the next call.
 */
const KithPrepared *kith_sqlite_statement(KithPreparedTable *table,
                                          sqlite3 *db,
                                          const void *owner,
                                          const char *sql,
                                          GError **error);

void kith_sqlite_statements_clear(KithPreparedTable *table);

#endif

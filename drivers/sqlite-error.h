/*
 * sqlite-error.h - from what SQLite complains of to an error of ours.
 */
#ifndef KITH_SQLITE_ERROR_H
#define KITH_SQLITE_ERROR_H

#include "kith-error.h"

#include <sqlite3.h>

/*
 * Set @error from the last failure of @db; to be called before the statement is reset.
 * @table is the one that is written to, for the failures where SQLite does not name it;
 * NULL: not known.
 */
void kith_sqlite_set_error(GError **error, sqlite3 *db, const char *table);

#endif

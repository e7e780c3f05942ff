/*
 * sqlite-list.h - lists as tables: kith_list (?1, ?2), whose columns are v1, v2 and so
 * on.
 */
#ifndef KITH_SQLITE_LIST_H
#define KITH_SQLITE_LIST_H

#include "kith-driver.h"

#include <sqlite3.h>

/* Give @db the table. Returns a code of SQLite. */
int kith_sqlite_add_lists(sqlite3 *db);

/* Bind a list as parameter @index (from 1). It must stay until the statement is reset.
 * Returns a code of SQLite. */
int kith_sqlite_bind_list(sqlite3_stmt *statement, int index, const KithList *list);

#endif

/*
 * sqlite-open.h - opening a database of SQLite.
 */
#ifndef KITH_SQLITE_OPEN_H
#define KITH_SQLITE_OPEN_H

#include "kith-driver.h"

#include <sqlite3.h>

#define KITH_SQLITE_URL_PREFIX "sqlite:"

/*
 * Open what @url names, making the file if need be. The caller closes it. Errors:
 * CONNECTION, BUSY.
 */
sqlite3 *kith_sqlite_open(const char *url,
                          const KithConnectOptions *options,
                          GError **error);

/* How long to wait for a lock. */
int64_t kith_sqlite_busy_timeout(const KithConnectOptions *options);

#endif

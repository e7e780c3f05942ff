/*
 * postgres-connect.h - from a URL to a connection.
 */
#ifndef KITH_DRIVERS_POSTGRES_CONNECT_H
#define KITH_DRIVERS_POSTGRES_CONNECT_H

#include "kith-driver.h"

#include <libpq-fe.h>

bool kith_postgres_accepts(const char *url);

/*
 * Connect, in UTF-8 and UTC. @ret_is_pooled: is the process of the server another one
 * than the connection says, so that a pooler stands between? Errors: CONNECTION. No
 * password shows in them.
 */
PGconn *kith_postgres_connect(const char *url,
                              const KithConnectOptions *options,
                              bool *ret_is_pooled,
                              GError **error);

#endif

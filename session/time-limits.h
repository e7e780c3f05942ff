/*
 * time-limits.h - what a query is given of time, while it is run.
 */
#ifndef KITH_SESSION_TIME_LIMITS_PRIVATE_H
#define KITH_SESSION_TIME_LIMITS_PRIVATE_H

#include "query.h"

/* The time of the query in place of the session's. Returns that, for the end. */
int64_t kith_limits_begin(const KithQuery *query);
void kith_limits_end(const KithQuery *query, int64_t before);

#endif

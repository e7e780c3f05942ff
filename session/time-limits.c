/*
 * time-limits.c - how long the database may take, and stopping it. What is done about it is
 * the drivers': see watch.h.
 */
#include "time-limits.h"

static int64_t
usec_of(int64_t msec)
{
    return CLAMP(msec, 0, INT64_MAX / 2000) * 1000;
}

void
kith_set_timeout(KithSession *session, int64_t msec)
{
    session->watch.timeout_usec = usec_of(msec);
}

void
kith_cancel(KithSession *session)
{
    kith_watch_cancel(&session->watch);
}

void
kith_query_set_timeout(KithQuery *query, int64_t msec)
{
    query->has_timeout = true;
    query->timeout_usec = usec_of(msec);
}

int64_t
kith_limits_begin(const KithQuery *query)
{
    KithWatch *watch = &query->session->watch;
    int64_t before = watch->timeout_usec;
    if (query->has_timeout)
        watch->timeout_usec = query->timeout_usec;
    return before;
}

void
kith_limits_end(const KithQuery *query, int64_t before)
{
    query->session->watch.timeout_usec = before;
}

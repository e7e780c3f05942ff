/*
 * query-plan.h - the plans that an engine keeps.
 */
#ifndef KITH_SESSION_QUERY_PLAN_PRIVATE_H
#define KITH_SESSION_QUERY_PLAN_PRIVATE_H

#include <glib.h>

/* From the structure of a query, as a GBytes, to its KithQueryPlan. (transfer full) */
GHashTable *kith_query_plans_new(void);

#endif

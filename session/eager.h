/*
 * eager.h - relations that are loaded with a query.
 */
#ifndef KITH_SESSION_EAGER_PRIVATE_H
#define KITH_SESSION_EAGER_PRIVATE_H

#include "kith-loading.h"
#include "session.h"

/* What is to be loaded with a query, as a tree: paths that begin alike share their
 * beginning. */
typedef struct KithEager {
    GPtrArray *steps; /* of KithEagerStep; NULL: nothing */
    bool is_strict;   /* what comes with it loads nothing later */
} KithEager;

/* That of a query; see query.c. */
KithEager *kith_query_eager(KithQuery *query);

/* Is there anything? */
bool kith_eager_has(const KithEager *eager);

void kith_eager_clear(KithEager *eager);

/* Load it for @objects (structs), which came with a query for those of @set. */
bool kith_eager_load(const KithEager *eager,
                     const KithEntitySet *set,
                     const GPtrArray *objects,
                     KithPlace place,
                     GError **error);

#endif

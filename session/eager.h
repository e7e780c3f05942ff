/*
 * eager.h - relations that are loaded with a query.
 */
#ifndef KITH_SESSION_EAGER_PRIVATE_H
#define KITH_SESSION_EAGER_PRIVATE_H

#include "joined.h"
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

/* The same for another query; what only some of a collection is by stays borrowed. */
KithEager kith_eager_copy(const KithEager *eager);

/* The references of @mapper that are to come by a join; at most KITH_MAX_JOINED of them.
 */
unsigned kith_eager_joined(const KithEager *eager,
                           const KithMapper *mapper,
                           const KithForeignKey **ret_foreign_keys);

/* Load it for @objects (structs), which came with a query for those of @set. */
bool kith_eager_load(const KithEager *eager,
                     const KithEntitySet *set,
                     const GPtrArray *objects,
                     KithPlace place,
                     GError **error);

#endif

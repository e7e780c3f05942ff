/*
 * statistics.h - what a session counts. Counting is an increment; places are looked up
 * only where a statement is sent anyway.
 */
#ifndef KITH_SESSION_STATISTICS_PRIVATE_H
#define KITH_SESSION_STATISTICS_PRIVATE_H

#include "connection.h"
#include "kith-session.h"
#include "mapper.h"

typedef struct KithSite KithSite; /* a place of the program, and what it loads */

typedef struct KithCounts {
    KithTraffic traffic;
    uint64_t n_objects;
    uint64_t n_known_rows;
    uint64_t n_hits;
    uint64_t n_misses;
    uint64_t n_lazy_loads;
    uint64_t n_lazy_objects;
    uint64_t n_lazy_alone;
    KithSite *sites;      /* an open table; NULL: none was noted */
    unsigned n_site_room; /* slots, a power of two */
    unsigned n_sites;
} KithCounts;

void kith_statistics_finish(KithSession *session);

/* kith_get() is about to ask for an object. */
void kith_statistics_note_get(KithSession *session,
                              const KithMapper *mapper,
                              KithPlace place);

/* A relation was loaded for @n_objects objects, because one of them was asked for it. */
void kith_statistics_note_lazy(KithSession *session,
                               const KithMapper *mapper,
                               const char *member,
                               size_t n_objects,
                               KithPlace place);

#endif

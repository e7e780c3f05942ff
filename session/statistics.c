/*
 * statistics.c - see the header. A site is a place of the program and what it loads; the
 * same place with many loads of one object is what others call N+1.
 */
#include "statistics.h"

#include "kith-loading.h"
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct KithSite {
    KithPlace place;
    const KithMapper *mapper;
    const char *member; /* a relation; NULL: kith_get() */
    uint64_t n_loads;   /* 0: the slot is empty */
    uint64_t n_objects;
};

#define FIRST_ROOM 4

/* More than what a small unit of work has is not kept for the next one. */
#define MAX_KEPT_ROOM 16

/* --- the table of sites ------------------------------------------------------------ */

/* The slot of a site, or the empty one that it can have. */
static KithSite *
find_slot(KithSite *sites, unsigned room, const KithSite *like)
{
    /* Not the file: its name is long, and one line of two files is rare enough. */
    uint64_t hash = ((uint64_t) like->place.line << 32)
                    + ((uintptr_t) like->mapper >> 4) + ((uintptr_t) like->member >> 3);
    unsigned at = (unsigned) (hash * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (room - 1);
    for (; sites[at].n_loads > 0; at = (at + 1) & (room - 1)) {
        const KithSite *site = &sites[at];
        if (site->place.line == like->place.line && site->mapper == like->mapper
            && site->member == like->member
            && (site->place.file == like->place.file
                || g_str_equal(site->place.file, like->place.file)))
            break;
    }
    return &sites[at];
}

/* At most half of the slots are taken. */
static void
grow(KithCounts *counts)
{
    unsigned room = counts->sites != NULL ? 2 * counts->n_site_room : FIRST_ROOM;
    KithSite *sites = g_new0(KithSite, room);
    for (unsigned i = 0; i < counts->n_site_room; i++) {
        if (counts->sites[i].n_loads > 0)
            *find_slot(sites, room, &counts->sites[i]) = counts->sites[i];
    }
    g_free(counts->sites);
    counts->sites = sites;
    counts->n_site_room = room;
}

void
kith_statistics_finish(KithSession *session)
{
    g_free(session->statistics.sites);
}

void
kith_statistics_reset(KithSession *session)
{
    KithSite *sites = session->statistics.sites;
    unsigned room = session->statistics.n_site_room;
    if (room > MAX_KEPT_ROOM) {
        g_clear_pointer(&sites, g_free);
        room = 0;
    } else if (session->statistics.n_sites > 0) {
        memset(sites, 0, room * sizeof *sites);
    }
    session->statistics = (KithCounts){ .sites = sites, .n_site_room = room };
}

/* --- counting ---------------------------------------------------------------------- */

static void
note(KithSession *session, const KithSite *site)
{
    KithCounts *counts = &session->statistics;
    if (2 * (counts->n_sites + 1) > counts->n_site_room)
        grow(counts);
    KithSite *known = find_slot(counts->sites, counts->n_site_room, site);
    if (known->n_loads > 0) {
        known->n_loads += site->n_loads;
        known->n_objects += site->n_objects;
    } else {
        *known = *site;
        counts->n_sites++;
    }
}

void
kith_statistics_note_get(KithSession *session, const KithMapper *mapper, KithPlace place)
{
    session->statistics.n_misses++;
    note(session,
         &(KithSite){ .place = place, .mapper = mapper, .n_loads = 1, .n_objects = 1 });
}

void
kith_statistics_note_lazy(KithSession *session,
                          const KithMapper *mapper,
                          const char *member,
                          size_t n_objects,
                          KithPlace place)
{
    KithCounts *counts = &session->statistics;
    counts->n_lazy_loads++;
    counts->n_lazy_objects += n_objects;
    counts->n_lazy_alone += n_objects == 1;
    note(session,
         &(KithSite){ .place = place,
                      .mapper = mapper,
                      .member = member,
                      .n_loads = 1,
                      .n_objects = n_objects });
}

/* --- telling ----------------------------------------------------------------------- */

KithStatistics
kith_statistics(const KithSession *session)
{
    const KithCounts *counts = &session->statistics;
    return (KithStatistics){
        .n_statements = counts->traffic.n_statements,
        .n_rows_read = counts->traffic.n_rows_read,
        .n_rows_written = counts->traffic.n_rows_written,
        .n_objects = counts->n_objects,
        .n_known_rows = counts->n_known_rows,
        .n_hits = counts->n_hits,
        .n_misses = counts->n_misses,
        .n_lazy_loads = counts->n_lazy_loads,
        .n_lazy_objects = counts->n_lazy_objects,
        .n_lazy_alone = counts->n_lazy_alone,
    };
}

/* The costliest first; else by place, so that the text is the same for the same program.
 */
static int
compare_sites(const void *data, const void *other_data)
{
    const KithSite *site = *(const KithSite *const *) data;
    const KithSite *other = *(const KithSite *const *) other_data;
    if (site->n_loads != other->n_loads)
        return site->n_loads > other->n_loads ? -1 : 1;
    int order = g_strcmp0(site->place.file, other->place.file);
    return order != 0 ? order : site->place.line - other->place.line;
}

static void
append_site(GString *text, const KithSite *site)
{
    g_string_append_printf(text,
                           "%s:%d: %s of %s%s%s: %" PRIu64 " load%s",
                           site->place.file,
                           site->place.line,
                           site->member == NULL ? "kith_get" : "lazy load",
                           site->mapper->entity,
                           site->member != NULL ? "." : "",
                           site->member != NULL ? site->member : "",
                           site->n_loads,
                           site->n_loads == 1 ? "" : "s");
    if (site->n_objects > site->n_loads)
        g_string_append_printf(text,
                               " for %" PRIu64
                               " objects; one by one it would be %" PRIu64,
                               site->n_objects,
                               site->n_objects);
    else if (site->n_loads > 1)
        g_string_append_printf(text,
                               " of one object each (N+1): ask for %s with one query",
                               site->member == NULL ? "them" : "the objects");
    g_string_append_c(text, '\n');
}

char *
kith_statistics_text(const KithSession *session)
{
    KithStatistics it = kith_statistics(session);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
                           "%" PRIu64 " statements: %" PRIu64 " rows read, %" PRIu64
                           " written\n",
                           it.n_statements,
                           it.n_rows_read,
                           it.n_rows_written);
    g_string_append_printf(text,
                           "%" PRIu64 " objects made, %" PRIu64 " rows of known ones\n",
                           it.n_objects,
                           it.n_known_rows);
    g_string_append_printf(text,
                           "kith_get: %" PRIu64 " found, %" PRIu64 " asked for\n",
                           it.n_hits,
                           it.n_misses);
    g_string_append_printf(text,
                           "lazy loads: %" PRIu64 " for %" PRIu64 " objects, %" PRIu64
                           " of them for one alone\n",
                           it.n_lazy_loads,
                           it.n_lazy_objects,
                           it.n_lazy_alone);
    const KithCounts *counts = &session->statistics;
    g_autofree const KithSite **sites = g_new(const KithSite *, counts->n_sites + 1);
    unsigned n_sites = 0;
    for (unsigned i = 0; i < counts->n_site_room; i++) {
        if (counts->sites[i].n_loads > 0)
            sites[n_sites++] = &counts->sites[i];
    }
    qsort(sites, n_sites, sizeof *sites, compare_sites);
    for (unsigned i = 0; i < n_sites; i++)
        append_site(text, sites[i]);
    return g_string_free(text, FALSE);
}

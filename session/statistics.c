/*
 * statistics.c - see the header. A site is a place of the program and what it loads; the
 * same place with many loads of one object is what others call N+1.
 */
#include "statistics.h"

#include "kith-loading.h"
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct KithSite {
    KithPlace place;
    const KithMapper *mapper;
    const char *member; /* a relation; NULL: kith_get() */
    uint64_t n_loads;
    uint64_t n_objects;
} KithSite;

static guint
hash_site(const void *data)
{
    /* Not the file: its name is long, and one line of two files is rare enough. */
    const KithSite *site = data;
    return (guint) site->place.line * 31 + g_direct_hash(site->mapper)
           + g_direct_hash(site->member);
}

static gboolean
is_same_site(const void *data, const void *other_data)
{
    const KithSite *site = data, *other = other_data;
    return site->place.line == other->place.line && site->mapper == other->mapper
           && site->member == other->member
           && g_str_equal(site->place.file, other->place.file);
}

void
kith_statistics_init(KithSession *session)
{
    session->statistics.sites =
        g_hash_table_new_full(hash_site, is_same_site, g_free, NULL);
}

void
kith_statistics_finish(KithSession *session)
{
    g_hash_table_unref(session->statistics.sites);
}

void
kith_statistics_reset(KithSession *session)
{
    GHashTable *sites = session->statistics.sites;
    g_hash_table_remove_all(sites);
    session->statistics = (KithCounts){ .sites = sites };
}

/* --- counting ---------------------------------------------------------------------- */

static void
note(KithSession *session, KithSite site)
{
    GHashTable *sites = session->statistics.sites;
    KithSite *known = g_hash_table_lookup(sites, &site);
    if (known == NULL) {
        known = g_memdup2(&site, sizeof site);
        known->n_loads = known->n_objects = 0;
        g_hash_table_add(sites, known);
    }
    known->n_loads += site.n_loads;
    known->n_objects += site.n_objects;
}

void
kith_statistics_note_get(KithSession *session, const KithMapper *mapper, KithPlace place)
{
    session->statistics.n_misses++;
    note(session,
         (KithSite){ .place = place, .mapper = mapper, .n_loads = 1, .n_objects = 1 });
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
         (KithSite){ .place = place,
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
    g_autofree void **sites =
        g_hash_table_get_keys_as_array(session->statistics.sites, NULL);
    guint n_sites = g_hash_table_size(session->statistics.sites);
    qsort(sites, n_sites, sizeof *sites, compare_sites);
    for (guint i = 0; i < n_sites; i++)
        append_site(text, sites[i]);
    return g_string_free(text, FALSE);
}

/*
 * questions.c - queries, and walking from object to object.
 */
#include "questions.h"

#include <stdio.h>

const Package *
find_package(KithSession *session, const char *name, GError **error)
{
    g_autoptr(PackageQuery) query = kith_query(session, Package);
    kith_where(query, kith_eq(Package, name, name));
    kith_order_by(query, kith_asc(Package, architecture));
    return kith_first(query, error);
}

bool
print_essential(KithSession *session, GError **error)
{
    g_autoptr(PackageQuery) query = kith_query(session, Package);
    kith_where(query, kith_eq(Package, essential, true));
    int64_t n_essential;
    if (!kith_count(query, &n_essential, error))
        return false;
    printf("\nEssential packages: %" G_GINT64_FORMAT "\n", n_essential);
    return true;
}

/* --- the busiest maintainers ---------------------------------------------------- */

typedef struct Busy {
    const Maintainer *maintainer;
    size_t n_packages;
} Busy;

/* Most packages first, then by name. */
static int
compare_busy(const void *first, const void *second)
{
    const Busy *a = first;
    const Busy *b = second;
    if (a->n_packages != b->n_packages)
        return a->n_packages > b->n_packages ? -1 : 1;
    return g_strcmp0(a->maintainer->name, b->maintainer->name);
}

/* One statement for all: kith_many() loads for every object of the same query. */
static bool
count_packages(const Maintainer *const *maintainers, GArray *ranking, GError **error)
{
    kith_each (maintainer, maintainers) {
        const Package *const *packages = kith_many(maintainer, packages, error);
        if (packages == NULL)
            return false;
        Busy busy = { .maintainer = maintainer };
        while (packages[busy.n_packages] != NULL)
            busy.n_packages++;
        g_array_append_val(ranking, busy);
    }
    return true;
}

bool
print_busiest_maintainers(KithSession *session, GError **error)
{
    g_autoptr(MaintainerQuery) query = kith_query(session, Maintainer);
    const Maintainer *const *maintainers = kith_all(query, error);
    g_autoptr(GArray) ranking = g_array_new(FALSE, FALSE, sizeof(Busy));
    if (maintainers == NULL || !count_packages(maintainers, ranking, error))
        return false;

    g_array_sort(ranking, compare_busy);
    printf("\nThe maintainers with most packages\n");
    for (guint i = 0; i < MIN(ranking->len, 5); i++) {
        const Busy *busy = &g_array_index(ranking, Busy, i);
        printf("  %5zu  %s\n", busy->n_packages, busy->maintainer->name);
    }
    return true;
}

/* --- what a package needs ------------------------------------------------------- */

/* 'name (>= 1.2)', or 'or name' where it may take the place of the one before. */
static char *
describe_need(const Dependency *need)
{
    const char *either = need->choice > 0 ? "or " : "";
    if (need->version == NULL)
        return g_strconcat(either, need->name, NULL);
    return g_strdup_printf(
        "%s%s (%s %s)", either, need->name, need->relation, need->version);
}

static bool
print_need(const Dependency *need, GError **error)
{
    GError *problem = NULL;
    const Package *met_by = kith_ref(need, met_by, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    g_autofree char *text = describe_need(need);
    printf("  %-11s  %-40s  %s\n",
           need->choice > 0 ? "" : dpkg_need_field(need->kind),
           text,
           met_by != NULL ? met_by->version : "-");
    return true;
}

bool
print_needs(KithSession *session, const Package *package, GError **error)
{
    g_autoptr(DependencyQuery) query = kith_query(session, Dependency);
    kith_where(query, kith_eq(Dependency, package, package));
    kith_order_by(query, kith_asc(Dependency, kind));
    kith_order_by(query, kith_asc(Dependency, position));
    kith_order_by(query, kith_asc(Dependency, choice));
    const Dependency *const *needs = kith_all(query, error);
    if (needs == NULL)
        return false;

    printf("\nWhat %s %s needs, and what is there\n", package->name, package->version);
    kith_each (need, needs) {
        if (!print_need(need, error))
            return false;
    }
    return true;
}

/*
 * sync.c - brings the database up to date: load what it has, set what it should have, and
 * commit.
 *
 * Nothing here asks whether a value has changed, or in which order the rows have to be
 * written: to set a member to the value that it has is no change, and the commit knows
 * the foreign keys.
 */
#include "sync.h"

/* --- objects by name ------------------------------------------------------------ */

/* What is found moves from 'old' to 'current'; what is still in 'old' then is gone. */
typedef struct Index {
    GHashTable *old;     /* in the database, and not yet found in the file */
    GHashTable *current; /* in the file: found in the database, or added */
} Index;

static void
index_init(Index *index)
{
    index->old = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    index->current = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
index_clear(Index *index)
{
    g_hash_table_unref(index->old);
    g_hash_table_unref(index->current);
}

/* Takes @name. A GHashTable cannot hold a const pointer: the integer between drops it. */
static void
index_put(GHashTable *table, char *name, const void *object)
{
    g_hash_table_insert(table, name, (gpointer) (guintptr) object);
}

static const void *
index_find(Index *index, const char *name)
{
    gpointer own_name, object;
    if (g_hash_table_steal_extended(index->old, name, &own_name, &object))
        g_hash_table_insert(index->current, own_name, object);
    return g_hash_table_lookup(index->current, name);
}

typedef struct Sync {
    KithSession *session;
    Index sections;      /* by name */
    Index maintainers;   /* by "name <email>" */
    Index packages;      /* by "name:architecture" */
    GHashTable *by_name; /* current packages by name alone: the first of each */
} Sync;

static void
sync_init(Sync *sync, KithSession *session)
{
    sync->session = session;
    index_init(&sync->sections);
    index_init(&sync->maintainers);
    index_init(&sync->packages);
    sync->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
sync_clear(Sync *sync)
{
    index_clear(&sync->sections);
    index_clear(&sync->maintainers);
    index_clear(&sync->packages);
    g_hash_table_unref(sync->by_name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sync, sync_clear)

/* --- what the database has: one statement for each table ------------------------ */

static bool
load_sections(Sync *sync, GError **error)
{
    g_autoptr(SectionQuery) query = kith_query(sync->session, Section);
    const Section *const *sections = kith_all(query, error);
    if (sections == NULL)
        return false;
    kith_each (section, sections)
        index_put(sync->sections.old, g_strdup(section->name), section);
    return true;
}

static char *
maintainer_id(const char *name, const char *email)
{
    return g_strdup_printf("%s <%s>", name, email);
}

static bool
load_maintainers(Sync *sync, GError **error)
{
    g_autoptr(MaintainerQuery) query = kith_query(sync->session, Maintainer);
    const Maintainer *const *maintainers = kith_all(query, error);
    if (maintainers == NULL)
        return false;
    kith_each (maintainer, maintainers)
        index_put(sync->maintainers.old,
                  maintainer_id(maintainer->name, maintainer->email),
                  maintainer);
    return true;
}

/*
 * The needs of the first package bring those of all the others with them. They are loaded
 * here, before anything is changed, because a statement that reads flushes first.
 */
static bool
load_packages(Sync *sync, GError **error)
{
    g_autoptr(PackageQuery) query = kith_query(sync->session, Package);
    const Package *const *packages = kith_all(query, error);
    if (packages == NULL)
        return false;
    kith_each (package, packages) {
        if (kith_many(package, needs, error) == NULL)
            return false;
        index_put(sync->packages.old,
                  g_strdup_printf("%s:%s", package->name, package->architecture),
                  package);
    }
    return true;
}

/* --- what it should have: packages ---------------------------------------------- */

static const Section *
keep_section(Sync *sync, const char *name)
{
    if (name == NULL)
        return NULL;
    const Section *section = index_find(&sync->sections, name);
    if (section == NULL) {
        section = kith_add(sync->session, Section, .name = name);
        index_put(sync->sections.current, g_strdup(name), section);
    }
    return section;
}

static const Maintainer *
keep_maintainer(Sync *sync, const char *name, const char *email)
{
    if (name == NULL)
        return NULL;
    g_autofree char *id = maintainer_id(name, email);
    const Maintainer *maintainer = index_find(&sync->maintainers, id);
    if (maintainer == NULL) {
        maintainer = kith_add(sync->session, Maintainer, .name = name, .email = email);
        index_put(sync->maintainers.current, g_steal_pointer(&id), maintainer);
    }
    return maintainer;
}

static KithOptInt64
size_of(const DpkgPackage *installed)
{
    if (installed->installed_size < 0)
        return (KithOptInt64) KITH_NONE;
    return (KithOptInt64) KITH_SOME(installed->installed_size);
}

static const Package *
add_package(Sync *sync, const DpkgPackage *installed)
{
    const Package *package = kith_add(sync->session,
                                      Package,
                                      .name = installed->name,
                                      .architecture = installed->architecture);
    index_put(sync->packages.current, g_strdup(installed->id), package);
    return package;
}

/* A new package gets its values in the same way as one that may have changed. */
static void
keep_package(Sync *sync, const DpkgPackage *installed)
{
    const Section *section = keep_section(sync, installed->section);
    const Maintainer *maintainer =
        keep_maintainer(sync, installed->maintainer_name, installed->maintainer_email);
    const Package *package = index_find(&sync->packages, installed->id);
    if (package == NULL)
        package = add_package(sync, installed);

    kith_set(package, version, installed->version);
    kith_set(package, summary, installed->summary);
    kith_set(package, homepage, installed->homepage);
    kith_set(package, installed_size, size_of(installed));
    kith_set(package, priority, installed->priority);
    kith_set(package, essential, installed->essential);
    kith_set(package, section, section);
    kith_set(package, maintainer, maintainer);

    if (!g_hash_table_contains(sync->by_name, installed->name))
        index_put(sync->by_name, g_strdup(installed->name), package);
}

/* --- what it should have: needs ------------------------------------------------- */

/*
 * A need is known by its place, so that a new version constraint is an UPDATE of one
 * column. A package has a dozen of them: looking through them all is quick enough.
 */
static bool
is_same_place(const Dependency *need, const DpkgNeed *wanted)
{
    return need->kind == wanted->kind && need->position == wanted->position
           && need->choice == wanted->choice;
}

static const Dependency *
find_need(const Dependency *const *needs, const DpkgNeed *wanted)
{
    kith_each (need, needs) {
        if (is_same_place(need, wanted))
            return need;
    }
    return NULL;
}

static bool
is_wanted(const Dependency *need, const GPtrArray *wanted)
{
    for (guint i = 0; i < wanted->len; i++) {
        if (is_same_place(need, g_ptr_array_index(wanted, i)))
            return true;
    }
    return false;
}

/* The package that meets a need: of the same architecture, if it is there for several. */
static const Package *
find_provider(Sync *sync, const Package *package, const char *name)
{
    g_autofree char *id = g_strdup_printf("%s:%s", name, package->architecture);
    const Package *provider = g_hash_table_lookup(sync->packages.current, id);
    return provider != NULL ? provider : g_hash_table_lookup(sync->by_name, name);
}

static void
keep_need(Sync *sync,
          const Package *package,
          const Dependency *const *needs,
          const DpkgNeed *wanted)
{
    const Dependency *need = find_need(needs, wanted);
    if (need == NULL)
        need = kith_add(sync->session,
                        Dependency,
                        .package.target = package,
                        .kind = wanted->kind,
                        .position = wanted->position,
                        .choice = wanted->choice);

    kith_set(need, name, wanted->name);
    kith_set(need, relation, wanted->relation);
    kith_set(need, version, wanted->version);
    kith_set(need, met_by, find_provider(sync, package, wanted->name));
}

static bool
keep_needs(Sync *sync, const DpkgPackage *installed, GError **error)
{
    const Package *package = index_find(&sync->packages, installed->id);
    const Dependency *const *needs = kith_many(package, needs, error);
    if (needs == NULL)
        return false;
    kith_each (need, needs) {
        if (!is_wanted(need, installed->needs))
            kith_delete(need);
    }
    for (guint i = 0; i < installed->needs->len; i++)
        keep_need(sync, package, needs, g_ptr_array_index(installed->needs, i));
    return true;
}

/* --- what it should not have any more ------------------------------------------- */

static void
delete_left(const Index *index)
{
    GHashTableIter iter;
    gpointer object;
    g_hash_table_iter_init(&iter, index->old);
    while (g_hash_table_iter_next(&iter, NULL, &object))
        kith_delete(object);
}

/* The table would cascade to the needs; deleted here, they are counted too. */
static bool
delete_left_needs(const Index *packages, GError **error)
{
    GHashTableIter iter;
    gpointer object;
    g_hash_table_iter_init(&iter, packages->old);
    while (g_hash_table_iter_next(&iter, NULL, &object)) {
        const Package *package = object;
        const Dependency *const *needs = kith_many(package, needs, error);
        if (needs == NULL)
            return false;
        kith_each (need, needs)
            kith_delete(need);
    }
    return true;
}

/* --- all of it ------------------------------------------------------------------ */

static bool
load(Sync *sync, GError **error)
{
    return load_sections(sync, error) && load_maintainers(sync, error)
           && load_packages(sync, error);
}

/* All packages before all needs: a package may need one that stands further down. */
static bool
keep(Sync *sync, const GPtrArray *installed, GError **error)
{
    for (guint i = 0; i < installed->len; i++)
        keep_package(sync, g_ptr_array_index(installed, i));
    for (guint i = 0; i < installed->len; i++) {
        if (!keep_needs(sync, g_ptr_array_index(installed, i), error))
            return false;
    }
    return true;
}

static bool
delete_rest(Sync *sync, GError **error)
{
    if (!delete_left_needs(&sync->packages, error))
        return false;
    delete_left(&sync->packages);
    delete_left(&sync->maintainers);
    delete_left(&sync->sections);
    return true;
}

bool
sync_packages(KithSession *session, const GPtrArray *installed, GError **error)
{
    g_auto(Sync) sync;
    sync_init(&sync, session);
    return load(&sync, error) && keep(&sync, installed, error)
           && delete_rest(&sync, error) && kith_commit(session, error);
}

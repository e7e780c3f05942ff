/*
 * changes.c - what a rollback does to objects, and what a commit sends.
 */
#include "changes.h"

#include <stdio.h>

/* The flush writes to the database, in a transaction that is open until the rollback. */
bool
show_rollback(KithSession *session, const Package *package, GError **error)
{
    printf("\nA change that is rolled back\n");
    printf("  before   %s %s\n", package->name, package->version);
    kith_set(package, version, "0~changed");
    if (!kith_flush(session, error))
        return false;
    printf("  flushed  %s %s\n", package->name, package->version);
    kith_rollback(session);
    printf("  after    %s %s\n", package->name, package->version);
    return true;
}

/* A new section, and a package that moves there: an INSERT, an UPDATE of two columns. */
static const Section *
commit_move(KithSession *session, const Package *package, GError **error)
{
    const Section *attic = kith_add(session, Section, .name = "kith-demo");
    kith_set(package, section, attic);
    kith_set(package, summary, "Moved to another section");
    return kith_commit(session, error) ? attic : NULL;
}

bool
show_small_commit(KithSession *session,
                  const Package *package,
                  Watch *watch,
                  GError **error)
{
    GError *problem = NULL;
    const Section *section = kith_ref(package, section, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    /* A copy: once the change is committed, the session lets go of the text before it. */
    g_autofree char *summary = g_strdup(package->summary);

    printf("\nThe statements of a small commit\n");
    watch->prints = true;
    const Section *attic = commit_move(session, package, error);
    watch->prints = false;
    if (attic == NULL)
        return false;

    kith_set(package, section, section);
    kith_set(package, summary, summary);
    kith_delete(attic);
    return kith_commit(session, error);
}

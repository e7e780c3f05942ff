/*
 * changes.h - two small changes, to look at: one that is rolled back, one that is
 * committed.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "model.h"
#include "watch.h"

/* Change a package, roll back, and print what the object in memory says before and after.
 */
bool show_rollback(KithSession *session, const Package *package, GError **error);

/* Commit a small change, print its statements, and put everything back as it was. */
bool show_small_commit(KithSession *session,
                       const Package *package,
                       Watch *watch,
                       GError **error);

#endif

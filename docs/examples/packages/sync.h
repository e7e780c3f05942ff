/*
 * sync.h - bringing the database up to date with what is installed.
 */
#ifndef SYNC_H
#define SYNC_H

#include "model.h"

/*
 * Make the database say what @installed says, an array of DpkgPackage: add what is new,
 * change what has changed, delete what is gone, all in one commit. On error nothing is
 * written.
 */
bool sync_packages(KithSession *session, const GPtrArray *installed, GError **error);

#endif

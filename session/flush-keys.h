/*
 * flush-keys.h - keys that the database makes before the rows are written, where it can.
 */
#ifndef KITH_SESSION_FLUSH_KEYS_PRIVATE_H
#define KITH_SESSION_FLUSH_KEYS_PRIVATE_H

#include "flush-plan.h"
#include "session.h"

/*
 * Give the new objects of @plan their keys, if it pays: in one query for all of them, so
 * that no row has to wait for the one that it refers to. It pays where another row refers
 * to one of them, or where they are many. Else, and where the database cannot make keys
 * so, they are left without, and get them when they are written.
 */
bool kith_make_keys(KithSession *session, const KithPlan *plan, GError **error);

#endif

/*
 * flush-hooks.h - the hooks of a flush.
 */
#ifndef KITH_SESSION_FLUSH_HOOKS_PRIVATE_H
#define KITH_SESSION_FLUSH_HOOKS_PRIVATE_H

#include "changeset.h"

/* A flush begins: so much, and no more, may the hooks of all its rounds change. */
void kith_hooks_begin(KithSession *session);

/* Run the hooks before a flush, for the session and for each object that is to be
 * written. */
bool kith_hooks_before_flush(KithSession *session, GError **error);

/* The same for objects that were deleted, or changed, because of what these hooks did. */
bool kith_hooks_before_more(KithSession *session, GError **error);

/* Run the hooks after a flush that wrote @set. */
bool kith_hooks_after_flush(KithChangeSet *set, GError **error);

/* The error of hooks that never rest. Returns false. */
bool kith_hooks_refuse_rounds(GError **error);

#endif

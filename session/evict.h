/*
 * evict.h - letting go of objects that nobody needs.
 */
#ifndef KITH_SESSION_EVICT_PRIVATE_H
#define KITH_SESSION_EVICT_PRIVATE_H

#include "session.h"

/*
 * Free those of @entities that have no changes and that no change refers to. Those that
 * could go once the changes are committed are appended to @ret_left.
 */
void kith_evict_clean(KithSession *session,
                      const GPtrArray *entities,
                      GPtrArray *ret_left);

#endif

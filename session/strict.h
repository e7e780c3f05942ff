/*
 * strict.h - no lazy loads, where the program does not want them.
 */
#ifndef KITH_SESSION_STRICT_PRIVATE_H
#define KITH_SESSION_STRICT_PRIVATE_H

#include "session.h"

/* May the relation @member of the object be loaded because it is asked for? Error:
 * MISUSE. */
bool kith_strict_allows(const KithEntity *entity,
                        const char *member,
                        KithPlace place,
                        GError **error);

#endif

/*
 * query-pattern.h - texts that are matched with patterns.
 */
#ifndef KITH_SESSION_QUERY_PATTERN_PRIVATE_H
#define KITH_SESSION_QUERY_PATTERN_PRIVATE_H

#include "arena.h"
#include "kith-expression.h"

/*
 * The pattern for @text, in @arena; @match: KithMatch. @is_glob: for GLOB, else for LIKE
 * with '\' as its escape.
 */
const char *kith_pattern(KithArena *arena,
                         const char *text,
                         unsigned match,
                         bool is_glob);

#endif

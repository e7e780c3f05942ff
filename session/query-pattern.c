/*
 * query-pattern.c - a text that a program looks for, as a pattern of the database: LIKE
 * knows %, _ and \; GLOB knows *, ? and [, which are taken literally within [ ].
 */
#include "query-pattern.h"

#include <string.h>

static char *
put_literal(char *at, char c, bool is_glob)
{
    if (is_glob && strchr("*?[", c) != NULL) {
        *at++ = '[';
        *at++ = c;
        *at++ = ']';
        return at;
    }
    if (!is_glob && strchr("%_\\", c) != NULL)
        *at++ = '\\';
    *at++ = c;
    return at;
}

/* One character of a LIKE pattern, which the program wrote. */
static char *
put_pattern(char *at, const char **text, bool is_glob)
{
    char c = **text;
    if (c == '\\' && (*text)[1] != '\0') {
        (*text)++;
        return put_literal(at, **text, is_glob);
    }
    if (is_glob && (c == '%' || c == '_')) {
        *at++ = c == '%' ? '*' : '?';
        return at;
    }
    if (!is_glob && (c == '%' || c == '_')) {
        *at++ = c;
        return at;
    }
    return put_literal(at, c, is_glob);
}

const char *
kith_pattern(KithArena *arena, const char *text, unsigned match, bool is_glob)
{
    unsigned kind = match & ~(unsigned) KITH_MATCH_ANY_CASE;
    bool is_open_before = kind == KITH_MATCH_ENDS || kind == KITH_MATCH_CONTAINS;
    bool is_open_behind = kind == KITH_MATCH_STARTS || kind == KITH_MATCH_CONTAINS;
    char *pattern = kith_arena_alloc(arena, 3 * strlen(text) + 3);
    char *at = pattern;
    if (is_open_before)
        *at++ = is_glob ? '*' : '%';
    for (; *text != '\0'; text++) {
        if (kind == KITH_MATCH_LIKE)
            at = put_pattern(at, &text, is_glob);
        else
            at = put_literal(at, *text, is_glob);
    }
    if (is_open_behind)
        *at++ = is_glob ? '*' : '%';
    *at = '\0';
    return pattern;
}

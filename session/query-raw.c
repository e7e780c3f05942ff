/*
 * query-raw.c - SQL by hand, taken apart at its parameters. ':name' is one, unless it
 * stands in a literal, in a quoted name or in a comment, or is the '::' of a cast.
 */
#include "query.h"

#include <string.h>

static bool
is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Behind what is quoted by @quote, which begins at @at; two of them are one of it. */
static const char *
skip_quoted(const char *at, char quote)
{
    at++;
    while (*at != '\0' && (*at != quote || at[1] == quote))
        at += *at == quote ? 2 : 1;
    return *at == '\0' ? at : at + 1;
}

static const char *
skip_to(const char *at, const char *end)
{
    const char *found = strstr(at, end);
    return found != NULL ? found + strlen(end) : at + strlen(at);
}

/* $tag$ … $tag$, as PostgreSQL quotes. */
static const char *
skip_dollars(const char *at)
{
    const char *end = at + 1;
    while (is_name(*end))
        end++;
    if (*end != '$')
        return at + 1;
    g_autofree char *tag = g_strndup(at, (size_t) (end + 1 - at));
    return skip_to(end + 1, tag);
}

/* Behind what hides parameters; @at itself where nothing does. */
static const char *
skip_hidden(const char *at)
{
    if (*at == '\'' || *at == '"')
        return skip_quoted(at, *at);
    if (at[0] == '-' && at[1] == '-')
        return skip_to(at, "\n");
    if (at[0] == '/' && at[1] == '*')
        return skip_to(at + 2, "*/");
    if (at[0] == ':' && at[1] == ':')
        return at + 2;
    return *at == '$' ? skip_dollars(at) : at;
}

static bool
is_parameter(const char *at)
{
    return at[0] == ':' && (g_ascii_isalpha(at[1]) || at[1] == '_');
}

/* The next parameter, or the end. */
static const char *
find_parameter(const char *at)
{
    while (*at != '\0' && !is_parameter(at)) {
        const char *behind = skip_hidden(at);
        at = behind == at ? at + 1 : behind;
    }
    return at;
}

static char *
copy_text(KithArena *arena, const char *from, const char *to)
{
    char *text = kith_arena_alloc(arena, (size_t) (to - from) + 1);
    memcpy(text, from, (size_t) (to - from));
    text[to - from] = '\0';
    return text;
}

static KithExpression
parameter(KithArena *arena, const char *from, const char *to)
{
    return (KithExpression){ .op = KITH_OP_PARAMETER,
                             .value = { .kind = KITH_KIND_TEXT,
                                        .as.text = copy_text(arena, from, to) } };
}

KithRaw *
kith_raw_parse(KithArena *arena, const char *sql)
{
    KithRaw *first = NULL, **end = &first;
    for (const char *at = sql; first == NULL || *at != '\0';) {
        const char *found = find_parameter(at), *behind = found;
        KithRaw *raw = kith_arena_alloc(arena, sizeof *raw);
        *raw = (KithRaw){ .text = copy_text(arena, at, found) };
        if (*found != '\0') {
            behind++;
            while (is_name(*behind))
                behind++;
            raw->parameter = parameter(arena, found + 1, behind);
        }
        *end = raw;
        end = &raw->next;
        at = behind;
    }
    return first;
}

char *
kith_raw_first_word(const char *sql)
{
    const char *at = sql, *end;
    while (g_ascii_isspace(*at) || *at == ';' || g_str_has_prefix(at, "--")
           || g_str_has_prefix(at, "/*"))
        at = *at == '-' || *at == '/' ? skip_hidden(at) : at + 1;
    for (end = at; is_name(*end);)
        end++;
    return g_ascii_strup(at, end - at);
}

void
kith_query_unsafe_sql(KithQuery *query, const char *sql)
{
    if (query->raw != NULL)
        kith_query_blame(query, "its rows come from SQL by hand already");
    else
        query->raw = kith_raw_parse(&query->arena, sql);
    kith_query_changed(query);
}

void
kith_query_type_raw(KithRaw *raw, const KithQuery *query)
{
    KithExpression *parameter = &raw->parameter;
    parameter->kind = KITH_KIND_NONE;
    for (const KithBinding *binding = query->bindings; binding != NULL;
         binding = binding->next) {
        if (strcmp(binding->name, parameter->value.as.text) == 0)
            parameter->kind = binding->value.kind;
    }
}

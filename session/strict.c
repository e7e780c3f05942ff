/*
 * strict.c - see kith-loading.h. A session is strict as a whole, within blocks, or for
 * the objects that came with a query; a lazy load asks here first.
 */
#include "strict.h"

#include "eager.h"
#include "error.h"

void
kith_set_strict(KithSession *session, bool is_strict)
{
    session->is_strict = is_strict;
}

KithStrict
kith_strict_enter(KithSession *session)
{
    session->n_strict++;
    return (KithStrict){ .session = session };
}

void
kith_strict_leave(KithStrict *strict)
{
    strict->session->n_strict--;
}

void
kith_query_strict(KithQuery *query)
{
    kith_query_eager(query)->is_strict = true;
}

/* Why it may not; NULL: it may. */
static const char *
refusal(const KithEntity *entity)
{
    const KithSession *session = entity->set->session;
    if (session->n_strict > 0)
        return "kith_strict () forbids to load it here";
    if (session->is_strict)
        return "the session is strict";
    if (entity->load != NULL && entity->load->is_strict)
        return "the query that it came with is strict";
    return NULL;
}

bool
kith_strict_allows(const KithEntity *entity,
                   const char *member,
                   KithPlace place,
                   GError **error)
{
    const char *why = refusal(entity);
    if (why == NULL)
        return true;
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "nothing has loaded its %s, and %s (%s:%d); kith_with(query, "
                   "%s) loads that with the query",
                   member,
                   why,
                   place.file,
                   place.line,
                   member);
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

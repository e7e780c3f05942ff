/*
 * filter.c - conditions that all queries of a session have. They are kept by the session,
 * and written into every statement that reads their entity; a query that knows its plan
 * looks for it again when they change.
 */
#include "query.h"

#include <string.h>

static void
free_filter(void *data)
{
    KithFilter *filter = data;
    kith_query_free(filter->owner);
    g_free(filter->name);
    g_free(filter);
}

bool
kith_filter_applies(const KithFilter *filter, const KithQuery *query)
{
    for (const KithLifted *lifted = query->lifted; lifted != NULL;
         lifted = lifted->next) {
        if (lifted->name == NULL || strcmp(lifted->name, filter->name) == 0)
            return false;
    }
    return true;
}

/* @mapping: NULL: of any. */
static void
remove_filters(KithSession *session, const char *name, const KithMapping *mapping)
{
    GPtrArray *filters = session->filters;
    session->n_filter_changes++;
    for (guint i = filters != NULL ? filters->len : 0; i-- > 0;) {
        const KithFilter *filter = g_ptr_array_index(filters, i);
        if (strcmp(filter->name, name) == 0
            && (mapping == NULL || filter->mapping == mapping))
            g_ptr_array_remove_index(filters, i);
    }
}

void
kith_session_remove_filter(KithSession *session, const char *name)
{
    remove_filters(session, name, NULL);
}

void
kith_session_add_filter(KithSession *session,
                        const char *name,
                        const KithMapping *mapping,
                        KithPredicate predicate)
{
    if (session->filters == NULL)
        session->filters = g_ptr_array_new_with_free_func(free_filter);
    remove_filters(session, name, mapping);
    KithFilter *filter = g_new0(KithFilter, 1);
    filter->owner = kith_query_new(session, mapping);
    filter->name = g_strdup(name);
    filter->mapping = mapping;
    filter->predicate = kith_query_copy_expression(
        filter->owner, &filter->owner->arena, &predicate);
    g_ptr_array_add(session->filters, filter);
}

void
kith_query_lift_filter(KithQuery *query, const char *name)
{
    KithLifted *lifted = kith_arena_alloc(&query->arena, sizeof *lifted);
    *lifted =
        (KithLifted){ .name = name != NULL ? kith_arena_text(&query->arena, name) : NULL,
                      .next = query->lifted };
    query->lifted = lifted;
    kith_query_changed(query);
}

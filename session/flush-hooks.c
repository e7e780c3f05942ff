/*
 * flush-hooks.c - runs the hooks of a flush: those before it until they change nothing
 * more, those after it when all is written.
 */
#include "flush-hooks.h"

#include "change.h"
#include "error.h"
#include "events.h"

#define MIN_OBJECTS 1000

static KithEvent
event_before(const KithEntity *entity)
{
    if (entity->state == KITH_PENDING)
        return KITH_BEFORE_INSERT;
    return entity->state == KITH_DELETED ? KITH_BEFORE_DELETE : KITH_BEFORE_UPDATE;
}

/* Rounds alone would not stop a hook that adds two objects each time. */
void
kith_hooks_begin(KithSession *session)
{
    session->hook_budget =
        (uint64_t) KITH_MAX_ROUNDS * MAX(session->watched->len, MIN_OBJECTS);
}

static bool
charge(KithSession *session, uint64_t n_objects, GError **error)
{
    if (session->hook_budget < n_objects) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "the hooks go on changing objects, by now %d times as many as there "
            "were",
            KITH_MAX_ROUNDS);
        return false;
    }
    session->hook_budget -= n_objects;
    return true;
}

/* Run the hooks for what is to be written; each once in a flush, unless its operation
 * changes. */
static bool
run_hooks_before(KithSession *session, bool *ret_any, GError **error)
{
    *ret_any = false;
    /* A hook can add to the watched objects, which is for the next round, and take away
     * from them: look at each place anew. */
    guint n_watched = session->watched->len;
    for (guint i = 0; i < MIN(n_watched, session->watched->len); i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        KithEvent event = event_before(entity);
        uint64_t notified = session->n_flushes * (KITH_AFTER_LOAD + 1) + event;
        if (!kith_events_has(session, event, kith_entity_mapper(entity))
            || entity->tracking->notified == notified || !kith_entity_has_changes(entity))
            continue;
        entity->tracking->notified = notified;
        *ret_any = true;
        if (!charge(session, 1, error) || !kith_events_run_for(entity, event, error))
            return false;
    }
    return true;
}

bool
kith_hooks_refuse_rounds(GError **error)
{
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "the hooks go on changing objects after %d rounds",
                   KITH_MAX_ROUNDS);
    return false;
}

bool
kith_hooks_before_flush(KithSession *session, GError **error)
{
    session->n_flushes++;
    return kith_events_run(session, KITH_BEFORE_FLUSH, error)
           && kith_hooks_before_more(session, error);
}

bool
kith_hooks_before_more(KithSession *session, GError **error)
{
    bool any = true;
    for (unsigned round = 0; any && round < KITH_MAX_ROUNDS; round++) {
        if (!run_hooks_before(session, &any, error))
            return false;
    }
    return !any || kith_hooks_refuse_rounds(error);
}

bool
kith_hooks_after_flush(KithChangeSet *set, GError **error)
{
    static const KithEvent events[] = { KITH_AFTER_INSERT,
                                        KITH_AFTER_UPDATE,
                                        KITH_AFTER_DELETE };
    if (!charge(set->session, set->writes->len, error))
        return false;
    for (guint i = 0; i < set->writes->len; i++) {
        if (kith_changeset_change(set, i)->is_passing)
            continue;
        if (!kith_events_run_for(kith_changeset_write(set, i)->entity,
                                 events[kith_changeset_change(set, i)->operation],
                                 error))
            return false;
    }
    return kith_events_run(set->session, KITH_AFTER_FLUSH, error);
}

/*
 * events.c - keeps the hooks of a session and runs them. When they run is decided where
 * things happen: in flush.c, transaction.c and loader.c.
 */
#include "events.h"

#include "error.h"

typedef struct HookEntry {
    KithEvent event;
    const KithMapper *mapper; /* NULL: of the session */
    KithHook hook;            /* NULL: taken away while hooks were running */
    void *data;
} HookEntry;

void
kith_events_init(KithSession *session)
{
    session->hooks = g_array_new(FALSE, FALSE, sizeof(HookEntry));
}

void
kith_events_forget(KithSession *session)
{
    g_array_set_size(session->hooks, 0);
}

void
kith_events_finish(KithSession *session)
{
    g_array_unref(session->hooks);
}

void
kith_on(KithSession *session, KithEvent event, KithHook hook, void *data)
{
    g_return_if_fail(session != NULL && hook != NULL && event < KITH_BEFORE_INSERT);
    HookEntry entry = { .event = event, .hook = hook, .data = data };
    g_array_append_val(session->hooks, entry);
}

void
kith_session_on_entity(KithSession *session,
                       const KithMapping *mapping,
                       KithEvent event,
                       KithHook hook,
                       void *data)
{
    g_return_if_fail(session != NULL && hook != NULL && event >= KITH_BEFORE_INSERT);
    g_autoptr(GError) error = NULL;
    const KithEntitySet *set = kith_session_set_of(session, mapping, &error);
    if (set == NULL) {
        kith_session_blame(session, KITH_HERE, "%s", error->message);
        return;
    }
    HookEntry entry = {
        .event = event, .mapper = set->mapper, .hook = hook, .data = data
    };
    g_array_append_val(session->hooks, entry);
}

/* --- taking away ------------------------------------------------------------------- */

/* While hooks run the places of the others stay what they are. */
static void
take_away(KithSession *session, guint place)
{
    if (session->n_running_hooks > 0)
        g_array_index(session->hooks, HookEntry, place).hook = NULL;
    else
        g_array_remove_index(session->hooks, place);
}

static void
sweep(KithSession *session)
{
    for (guint i = session->hooks->len; i-- > 0;) {
        if (g_array_index(session->hooks, HookEntry, i).hook == NULL)
            g_array_remove_index(session->hooks, i);
    }
}

static bool
find_and_take_away(KithSession *session, const HookEntry *like)
{
    for (guint i = 0; i < session->hooks->len; i++) {
        const HookEntry *entry = &g_array_index(session->hooks, HookEntry, i);
        if (entry->event != like->event || entry->mapper != like->mapper
            || entry->hook != like->hook || entry->data != like->data)
            continue;
        take_away(session, i);
        return true;
    }
    return false;
}

bool
kith_off(KithSession *session, KithEvent event, KithHook hook, void *data)
{
    g_return_val_if_fail(session != NULL && hook != NULL, false);
    return find_and_take_away(session,
                              &(HookEntry){ .event = event, .hook = hook, .data = data });
}

bool
kith_session_off_entity(KithSession *session,
                        const KithMapping *mapping,
                        KithEvent event,
                        KithHook hook,
                        void *data)
{
    g_return_val_if_fail(session != NULL && hook != NULL, false);
    const KithEntitySet *set = kith_session_set_of(session, mapping, NULL);
    return set != NULL
           && find_and_take_away(
               session,
               &(HookEntry){
                   .event = event, .mapper = set->mapper, .hook = hook, .data = data });
}

/* --- running ----------------------------------------------------------------------- */

/* Hooks of an entity are those of all that extends it. */
static bool
is_of(const HookEntry *entry, const KithMapper *mapper)
{
    return mapper == NULL
               ? entry->mapper == NULL
               : entry->mapper != NULL && kith_mapper_is_a(mapper, entry->mapper);
}

bool
kith_events_any(const KithSession *session)
{
    return session->hooks->len > 0;
}

bool
kith_events_has(const KithSession *session, KithEvent event, const KithMapper *mapper)
{
    for (guint i = 0; i < session->hooks->len; i++) {
        const HookEntry *entry = &g_array_index(session->hooks, HookEntry, i);
        if (entry->event == event && entry->hook != NULL && is_of(entry, mapper))
            return true;
    }
    return false;
}

/* A copy of each entry, because a hook may add hooks. */
static bool
run_each(KithSession *session,
         KithEvent event,
         const KithMapper *mapper,
         const void *object,
         GError **error)
{
    for (guint i = 0; i < session->hooks->len; i++) {
        HookEntry entry = g_array_index(session->hooks, HookEntry, i);
        g_autoptr(GError) refusal = NULL;
        if (entry.event != event || entry.hook == NULL || !is_of(&entry, mapper)
            || entry.hook(session, object, entry.data, &refusal))
            continue;
        if (refusal == NULL)
            kith_error_set(
                &refusal, KITH_ERROR_MISUSE, "a hook refused, and did not say why");
        g_propagate_error(error, g_steal_pointer(&refusal));
        return false;
    }
    return true;
}

static bool
run(KithSession *session,
    KithEvent event,
    const KithMapper *mapper,
    const void *object,
    GError **error)
{
    session->n_running_hooks++;
    bool done = run_each(session, event, mapper, object, error);
    if (--session->n_running_hooks == 0)
        sweep(session);
    return done;
}

bool
kith_events_run(KithSession *session, KithEvent event, GError **error)
{
    return run(session, event, NULL, NULL, error);
}

bool
kith_events_run_for(KithEntity *entity, KithEvent event, GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autoptr(GError) refusal = NULL;
    if (run(entity->set->session, event, mapper, kith_entity_struct(entity), &refusal))
        return true;
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    if (refusal->domain == KITH_ERROR)
        kith_error_add_entity(refusal, mapper->entity, key);
    else
        g_prefix_error(&refusal, "%s %s: ", mapper->entity, key);
    g_propagate_error(error, g_steal_pointer(&refusal));
    return false;
}

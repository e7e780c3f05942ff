/*
 * session-life.c - sessions are made, cleared and freed; see session.h. For each small
 * unit of work there is one, so the memory of a small session that is freed rests with
 * the engine until the next one is made: its sets, its arrays and its tables, all of them
 * empty.
 */
#include "session.h"

#include "collection.h"
#include "events.h"
#include "flush.h"
#include "journal.h"
#include "kith-loading.h"
#include "link.h"
#include "referrers.h"
#include "stream.h"
#include "transaction.h"

/* What has ever held more than this is not kept: it is a small part of what it was for. */
#define MAX_KEPT_OBJECTS 64

/* --- memory ------------------------------------------------------------------------ */

/* So that what stands behind is aligned for anything. */
static size_t
aligned(size_t size)
{
    return (size + 15) / 16 * 16;
}

/* The sets, and behind them what each has to read a row into: one allocation. */
static void
make_sets(KithSession *session)
{
    const KithRegistry *registry = session->engine->registry;
    size_t size = aligned(registry->n_mappers * sizeof(KithEntitySet));
    size_t at = size;
    for (unsigned i = 0; i < registry->n_mappers; i++)
        size += aligned(registry->mappers[i].size)
                + aligned(registry->mappers[i].n_columns * sizeof(size_t));
    char *memory = g_malloc0(size);
    session->sets = (KithEntitySet *) (void *) memory;
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        KithEntitySet *set = &session->sets[i];
        set->session = session;
        set->mapper = &registry->mappers[i];
        set->root = &session->sets[set->mapper->root->index];
        kith_identity_map_init(&set->map, set->mapper);
        kith_slab_init(&set->images, aligned(set->mapper->size));
        set->scratch = memory + at;
        at += aligned(set->mapper->size);
        set->lengths = (size_t *) (void *) (memory + at);
        at += aligned(set->mapper->n_columns * sizeof(size_t));
    }
}

static KithSession *
make_memory(KithEngine *engine)
{
    KithSession *session = g_new0(KithSession, 1);
    session->engine = engine;
    kith_slab_init(&session->trackings, sizeof(KithTracking));
    session->watched = g_ptr_array_new();
    session->detached = g_ptr_array_new();
    session->retired = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    kith_watch_init(&session->watch);
    kith_journal_init(session);
    kith_events_init(session);
    make_sets(session);
    return session;
}

void
kith_session_free_memory(KithSession *session, unsigned n_mappers)
{
    for (unsigned i = 0; i < n_mappers; i++) {
        kith_identity_map_finish(&session->sets[i].map);
        kith_slab_finish(&session->sets[i].images);
    }
    kith_slab_finish(&session->trackings);
    kith_journal_finish(session);
    kith_events_finish(session);
    kith_statistics_finish(session);
    kith_flush_free(session->flush);
    kith_watch_finish(&session->watch);
    g_ptr_array_unref(session->watched);
    g_ptr_array_unref(session->detached);
    g_ptr_array_unref(session->retired);
    g_free(session->sets);
    g_free(session);
}

/*
 * All that is not memory is as in a new session. There is no engine, so that a program
 * that goes on with a session that it has freed does not get far.
 */
static void
come_to_rest(KithSession *session)
{
    kith_watch_reset(&session->watch);
    *session = (KithSession){ .sets = session->sets,
                              .trackings = session->trackings,
                              .watched = session->watched,
                              .detached = session->detached,
                              .retired = session->retired,
                              .journal = session->journal,
                              .savepoints = session->savepoints,
                              .hooks = session->hooks,
                              .flush = session->flush,
                              .watch = session->watch,
                              .statistics = { .sites = session->statistics.sites,
                                              .n_site_room =
                                                  session->statistics.n_site_room } };
}

/* Has there been so little in it that its arrays are small? */
static bool
is_small(const KithSession *session)
{
    bool is_small = session->next_sequence <= MAX_KEPT_OBJECTS
                    && session->n_flushes <= MAX_KEPT_OBJECTS;
    for (unsigned i = 0; is_small && i < session->engine->registry->n_mappers; i++)
        is_small = session->sets[i].map.n_slots <= KITH_SMALL_IDENTITY_MAP;
    return is_small;
}

/* --- made and freed ---------------------------------------------------------------- */

KithSession *
kith_session_new(KithEngine *engine)
{
    g_return_val_if_fail(engine != NULL, NULL);
    KithSession *session = kith_engine_take_session(engine);
    if (session == NULL)
        session = make_memory(engine);
    session->engine = engine;
    session->watch.timeout_usec = engine->timeout_usec;
    session->epoch = 1;
    return session;
}

static void
free_entity(KithEntity *entity)
{
    if (entity->load != NULL)
        kith_load_leave(entity);
    kith_entity_free(entity);
}

static void
clear_set(KithEntitySet *set)
{
    for (size_t slot = 0; set->map.n_entities > 0 && slot < set->map.n_slots; slot++) {
        if (set->map.slots[slot].entity != NULL)
            free_entity(set->map.slots[slot].entity);
    }
    kith_identity_map_clear(&set->map);
    kith_referrers_clear(set);
    kith_links_forget(set);
    set->n_watched = 0;
    set->generation++;
}

static void
free_entities(KithSession *session)
{
    /* A watched object that is in no map is pending. */
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (!entity->is_in_map)
            free_entity(entity);
    }
    for (guint i = 0; i < session->detached->len; i++)
        free_entity(g_ptr_array_index(session->detached, i));
    g_ptr_array_set_size(session->watched, 0);
    g_ptr_array_set_size(session->detached, 0);
    g_ptr_array_set_size(session->retired, 0);
    for (unsigned i = 0; i < session->engine->registry->n_mappers; i++)
        clear_set(&session->sets[i]);
}

/* What a flush deleted, and nobody committed, is in the journal only. */
static void
detach_deleted(KithSession *session)
{
    for (guint i = 0; i < session->journal->len; i++) {
        KithEntity *entity = g_array_index(session->journal, KithUndo, i).entity;
        if (entity->state == KITH_DELETED && !entity->is_in_map)
            kith_session_detach(session, entity);
    }
}

void
kith_clear(KithSession *session)
{
    session->was_large = session->was_large || !is_small(session);
    kith_streams_close(session, true);
    detach_deleted(session);
    kith_journal_clear(session);
    free_entities(session);
    g_clear_error(&session->misuse);
    session->written = NULL;
}

void
kith_session_free(KithSession *session)
{
    if (session == NULL)
        return;
    KithEngine *engine = session->engine;
    kith_streams_close(session, true);
    if (session->connection != NULL)
        kith_transaction_abandon(session, KITH_HERE);
    kith_clear(session);
    kith_journal_forget(session);
    kith_events_forget(session);
    g_clear_pointer(&session->filters, g_ptr_array_unref);
    kith_statistics_reset(session);
    bool is_kept = !session->was_large;
    come_to_rest(session);
    if (!is_kept || !kith_engine_rest_session(engine, session))
        kith_session_free_memory(session, engine->registry->n_mappers);
}

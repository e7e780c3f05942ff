/*
 * session.c - the objects of a session, by key, and the end of objects. Sends nothing by
 * itself. Sessions themselves are made and freed in session-life.c.
 */
#include "session.h"

#include "change.h"
#include "collection.h"
#include "convert.h"
#include "error.h"
#include "events.h"
#include "link.h"
#include "loader.h"
#include "referrers.h"
#include "stream.h"
#include "transaction.h"

#include <stdarg.h>
#include <string.h>

/* --- misuse ------------------------------------------------------------------------ */

void
kith_session_blame(KithSession *session, KithPlace place, const char *format, ...)
{
    if (session->misuse != NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kith_error_set(
        &session->misuse, KITH_ERROR_MISUSE, "%s (%s:%d)", what, place.file, place.line);
}

bool
kith_session_check_misuse(KithSession *session, GError **error)
{
    if (session->misuse == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&session->misuse));
    return false;
}

KithEntity *
kith_session_entity(const void *object, KithPlace place, const char *action)
{
    if (object == NULL) {
        g_critical("%s: the object is NULL (%s:%d)", action, place.file, place.line);
        return NULL;
    }
    KithEntity *entity = kith_entity_of(object);
    if (entity->magic != KITH_ENTITY_MAGIC) {
        g_critical("%s: no session gave out this pointer, or it was freed since (%s:%d)",
                   action,
                   place.file,
                   place.line);
        return NULL;
    }
    return entity;
}

KithEntitySet *
kith_session_set_of(KithSession *session, const KithMapping *mapping, GError **error)
{
    const KithMapper *mapper = kith_registry_find(session->engine->registry, mapping);
    if (mapper != NULL)
        return &session->sets[mapper->index];
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: the engine was not given this mapping; add it to KITH_MAPPINGS",
                   mapping->entity);
    return NULL;
}

/* --- watched and detached ---------------------------------------------------------- */

void
kith_session_watch(KithSession *session, KithEntity *entity)
{
    KithTracking *tracking = kith_entity_track(entity);
    if (tracking->position != KITH_NO_INDEX)
        return;
    tracking->position = session->watched->len;
    g_ptr_array_add(session->watched, entity);
    entity->set->n_watched++;
}

void
kith_session_unwatch(KithSession *session, KithEntity *entity)
{
    KithTracking *tracking = entity->tracking;
    if (tracking == NULL || tracking->position == KITH_NO_INDEX)
        return;
    GPtrArray *watched = session->watched;
    KithEntity *last = g_ptr_array_index(watched, watched->len - 1);
    last->tracking->position = tracking->position;
    g_ptr_array_index(watched, tracking->position) = last;
    g_ptr_array_set_size(watched, (gint) watched->len - 1);
    tracking->position = KITH_NO_INDEX;
    entity->set->n_watched--;
}

void
kith_session_leave_gap(KithSession *session, KithEntity *entity)
{
    KithTracking *tracking = entity->tracking;
    if (tracking == NULL || tracking->position == KITH_NO_INDEX)
        return;
    g_ptr_array_index(session->watched, tracking->position) = NULL;
    tracking->position = KITH_NO_INDEX;
    entity->set->n_watched--;
}

void
kith_session_close_gaps(KithSession *session)
{
    GPtrArray *watched = session->watched;
    guint n_left = 0;
    for (guint i = 0; i < watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(watched, i);
        if (entity == NULL)
            continue;
        if (i != n_left) {
            g_ptr_array_index(watched, n_left) = entity;
            entity->tracking->position = n_left;
        }
        n_left++;
    }
    g_ptr_array_set_size(watched, (gint) n_left);
}

void
kith_session_detach(KithSession *session, KithEntity *entity)
{
    if (entity->is_in_map)
        kith_entity_unfile(entity);
    kith_session_unwatch(session, entity);
    kith_entity_drop_baseline(entity);
    if (entity->load != NULL)
        kith_load_leave(entity);
    entity->state = KITH_DETACHED;
    g_ptr_array_add(session->detached, entity);
}

KithState
kith_state(const void *object)
{
    const KithEntity *entity = kith_session_entity(object, KITH_HERE, "kith_state");
    return entity != NULL ? (KithState) entity->state : KITH_DETACHED;
}

KithSession *
kith_session_of(const void *object)
{
    const KithEntity *entity = kith_session_entity(object, KITH_HERE, "kith_session_of");
    return entity != NULL && entity->state != KITH_DETACHED ? entity->set->session : NULL;
}

/* --- loads ------------------------------------------------------------------------- */

KithLoad *
kith_load_new(KithSession *session)
{
    KithLoad *load = g_new(KithLoad, 1);
    *load = (KithLoad){ .epoch = session->epoch,
                        .is_strict = session->is_loading_strictly,
                        .entities = &load->alone,
                        .n_room = 1 };
    return load;
}

void
kith_load_free_if_empty(KithLoad *load)
{
    if (load->n_live > 0)
        return;
    if (load->entities != &load->alone)
        g_free(load->entities);
    g_free(load);
}

void
kith_load_leave(KithEntity *entity)
{
    KithLoad *load = entity->load;
    KithSession *session = entity->set->session;
    load->entities[entity->load_position] = NULL;
    load->n_live--;
    entity->load = NULL;
    if (load->n_live == 0 && session->written == load)
        session->written = NULL;
    kith_load_free_if_empty(load);
}

static void
make_room(KithLoad *load)
{
    bool was_alone = load->entities == &load->alone;
    load->n_room *= 2;
    load->entities =
        g_renew(KithEntity *, was_alone ? NULL : load->entities, load->n_room);
    if (was_alone)
        load->entities[0] = load->alone;
}

void
kith_load_add(KithLoad *load, KithEntity *entity)
{
    if (entity->load == load)
        return;
    if (entity->load != NULL)
        kith_load_leave(entity);
    entity->load = load;
    entity->load_position = load->n_entities;
    if (load->n_entities == load->n_room)
        make_room(load);
    load->entities[load->n_entities++] = entity;
    load->n_live++;
}

/* --- connections ------------------------------------------------------------------- */

KithConnection *
kith_session_connect(KithSession *session, KithPlace place, GError **error)
{
    KithConnection *connection = session->connection;
    if (!kith_streams_check(session, error))
        return NULL;
    if (connection == NULL)
        connection = kith_engine_borrow(session->engine, error);
    if (connection != NULL) {
        connection->place = place;
        connection->traffic = &session->statistics.traffic;
        kith_connection_watch(connection, &session->watch);
    }
    return connection;
}

void
kith_session_release(KithSession *session, KithConnection *connection)
{
    if (connection == NULL)
        return;
    if (connection != session->connection)
        kith_engine_return(session->engine, connection);
    else if (kith_connection_has_failed(connection))
        kith_transaction_fail(session, connection->place);
}

/* --- expired objects --------------------------------------------------------------- */

void
kith_session_expire(KithSession *session)
{
    session->expired_epoch = session->epoch;
    session->epoch++; /* so that a read of the row counts as the first one */
}

bool
kith_entity_is_expired(KithEntity *entity)
{
    const KithSession *session = entity->set->session;
    uint64_t read_in = entity->load != NULL ? entity->load->epoch : 0;
    if (entity->is_expired)
        return true;
    return session->expired_epoch > 0 && read_in <= session->expired_epoch
           && !kith_entity_has_changes(entity);
}

/* --- get --------------------------------------------------------------------------- */

bool
kith_session_check_key(const KithMapper *mapper, const void *row, GError **error)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        const KithColumn *key = &mapper->columns[mapper->keys[i]];
        KithErrorDetails details = { .table = mapper->table, .column = key->name };
        const char *const *text = kith_column_get(key, row);
        if (text == NULL)
            kith_error_set_details(error,
                                   KITH_ERROR_NOT_NULL,
                                   &details,
                                   "%s.%s: the key is NULL",
                                   mapper->entity,
                                   key->member);
        else if (key->kind == KITH_KIND_TEXT && !g_utf8_validate(*text, -1, NULL))
            kith_error_set_details(error,
                                   KITH_ERROR_TYPE,
                                   &details,
                                   "%s.%s: the key is not UTF-8",
                                   mapper->entity,
                                   key->member);
        else
            continue;
        return false;
    }
    return true;
}

static const void *
load_by_key(KithEntitySet *set, const void *key, KithPlace place, GError **error)
{
    kith_statistics_note_get(set->session, set->mapper, place);
    return kith_load_by_key(set, key, place, error);
}

static const void *
get_by_row(KithEntitySet *set, const void *key, KithPlace place, GError **error)
{
    if (!kith_session_check_key(set->mapper, key, error))
        return NULL;
    KithEntity *entity = kith_identity_map_find(&set->root->map, key);
    if (entity != NULL && !kith_mapper_is_a(entity->set->mapper, set->mapper))
        return NULL; /* a cat, and a dog was asked for */
    if (entity == NULL || kith_entity_is_expired(entity))
        return load_by_key(set, key, place, error);
    set->session->statistics.n_hits++;
    return entity->state == KITH_PERSISTENT ? kith_entity_struct(entity) : NULL;
}

const void *
kith_session_get(KithSession *session,
                 const KithMapping *mapping,
                 KithValue key,
                 KithPlace place,
                 GError **error)
{
    KithEntitySet *set = kith_session_set_of(session, mapping, error);
    if (set == NULL)
        return NULL;
    const KithMapper *mapper = set->mapper;
    if (mapper->n_keys != 1) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: its key has %u members; use kith_get_by()",
                       mapper->entity,
                       mapper->n_keys);
        return NULL;
    }
    const KithColumn *column = &mapper->columns[mapper->keys[0]];
    if (!kith_value_fit(mapper->entity, column, &key, error))
        return NULL;
    kith_column_set_value(column, set->scratch, &key);
    return get_by_row(set, set->scratch, place, error);
}

const void *
kith_session_get_by(KithSession *session,
                    const KithMapping *mapping,
                    const void *key,
                    KithPlace place,
                    GError **error)
{
    KithEntitySet *set = kith_session_set_of(session, mapping, error);
    return set != NULL ? get_by_row(set, key, place, error) : NULL;
}

/* --- get, where there has to be one ------------------------------------------------ */

static void
set_not_found(const KithMapper *mapper, const void *row, GError **error)
{
    g_autofree char *key = kith_mapper_key_text(mapper, row);
    kith_error_set(error, KITH_ERROR_NOT_FOUND, "there is no such object");
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
}

const void *
kith_session_require(KithSession *session,
                     const KithMapping *mapping,
                     KithValue key,
                     KithPlace place,
                     GError **error)
{
    g_autoptr(GError) failure = NULL;
    const void *found = kith_session_get(session, mapping, key, place, &failure);
    if (found == NULL && failure == NULL) {
        const KithEntitySet *set = kith_session_set_of(session, mapping, NULL);
        const KithColumn *column = &set->mapper->columns[set->mapper->keys[0]];
        kith_value_fit(set->mapper->entity, column, &key, NULL); /* as it did above */
        kith_column_set_value(column, set->scratch, &key);
        set_not_found(set->mapper, set->scratch, error);
    }
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return found;
}

const void *
kith_session_require_by(KithSession *session,
                        const KithMapping *mapping,
                        const void *key,
                        KithPlace place,
                        GError **error)
{
    g_autoptr(GError) failure = NULL;
    const void *found = kith_session_get_by(session, mapping, key, place, &failure);
    if (found == NULL && failure == NULL)
        set_not_found(kith_session_set_of(session, mapping, NULL)->mapper, key, error);
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return found;
}

/* --- the end of one object --------------------------------------------------------- */

void
kith_session_drop(KithSession *session, KithEntity *entity)
{
    kith_streams_forget(session, entity);
    kith_session_unwatch(session, entity);
    kith_entity_unfile(entity);
    if (entity->load != NULL)
        kith_load_leave(entity);
    kith_entity_free(entity);
}

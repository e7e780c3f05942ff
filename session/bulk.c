/*
 * bulk.c - many rows changed or deleted by one statement, and the objects of the session
 * that are such rows. The statement returns keys; what a row has become only the database
 * knows, so the objects are read again, and deleted ones leave like those that a cascade
 * takes. The journal brings both back.
 */
#include "query.h"

#include "cascade.h"
#include "error.h"
#include "expire.h"
#include "journal.h"
#include "transaction.h"

#include <string.h>

/* The keys that come back, and where in a struct of the entity they go. */
static KithColumn *
key_columns(const KithMapper *mapper)
{
    KithColumn *columns = g_new(KithColumn, mapper->n_keys);
    for (unsigned i = 0; i < mapper->n_keys; i++)
        columns[i] = mapper->columns[mapper->keys[i]];
    return columns;
}

/* Count the rows, and find those that the session knows. */
static bool
take_keys(KithQuery *query,
          KithConnection *connection,
          GPtrArray *ret_entities,
          int64_t *ret_n,
          GError **error)
{
    KithEntitySet *set = query->set;
    const KithMapper *mapper = set->mapper;
    g_autofree KithColumn *columns = key_columns(mapper);
    g_autofree size_t *lengths = g_new0(size_t, mapper->n_keys);
    g_autofree void *row = g_malloc0(mapper->size);
    const KithLayout layout = { mapper->entity, columns, mapper->n_keys };
    for (;;) {
        KithFetched fetched =
            kith_connection_fetch(connection, &layout, row, lengths, error);
        if (fetched != KITH_FETCHED_ROW)
            return fetched == KITH_FETCHED_END;
        KithEntity *entity = kith_identity_map_find(&set->root->map, row);
        if (entity != NULL && entity->state == KITH_PERSISTENT)
            g_ptr_array_add(ret_entities, entity);
        ++*ret_n;
    }
}

static bool
run_statement(KithQuery *query,
              const KithQueryPlan *plan,
              GPtrArray *ret_entities,
              int64_t *ret_n,
              GError **error)
{
    KithConnection *connection = query->session->connection;
    if (!kith_connection_query(
            connection, plan->statement, query->parameters, plan->n_parameters, error))
        return false;
    g_autoptr(GError) failure = NULL;
    bool done = take_keys(query, connection, ret_entities, ret_n, &failure);
    kith_connection_finish(connection, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

/* --- objects follow ---------------------------------------------------------------- */

/* What the program has set since the flush stays; the rest is read again. */
static bool
read_again(const GPtrArray *entities, guint first, KithPlace place, GError **error)
{
    for (guint i = 0; i < entities->len; i++) {
        KithEntity *entity = g_ptr_array_index(entities, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        kith_journal_add(
            entity->set->session,
            (KithUndo){ .entity = entity,
                        .first = first,
                        .was = KITH_PERSISTENT,
                        .image = kith_image_new(mapper, kith_entity_struct(entity)),
                        .is_bulk = true });
        kith_expire_object(entity);
    }
    for (guint i = 0; i < entities->len; i++) {
        KithEntity *entity = g_ptr_array_index(entities, i);
        if (kith_entity_is_expired(entity) && !kith_expire_read(entity, place, error))
            return false;
    }
    return true;
}

static void
let_go(KithSession *session, const GPtrArray *entities, guint first)
{
    for (guint i = 0; i < entities->len; i++) {
        KithEntity *entity = g_ptr_array_index(entities, i);
        if (entity->state == KITH_PERSISTENT)
            kith_cascade_go(entity, first);
    }
    kith_cascade_settle(session, first, NULL, NULL);
}

/* --- the statement ----------------------------------------------------------------- */

static bool
check_session(const KithQuery *query, GError **error)
{
    if (query->set == NULL || !query->session->is_flushing)
        return true;
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "%s: a hook cannot change many rows by one statement",
                   query->root.mapping->entity);
    return false;
}

static bool
change(KithQuery *query, bool is_delete, int64_t *ret_n, KithPlace place, GError **error)
{
    KithSession *session = query->session;
    g_autoptr(GPtrArray) entities = g_ptr_array_new();
    int64_t n = 0;
    const KithQueryPlan *plan =
        check_session(query, error) ? kith_query_begin(
            query, is_delete ? KITH_ASK_DELETE : KITH_ASK_UPDATE, place, error)
                                    : NULL;
    if (plan == NULL || !kith_transaction_open(session, NULL, place, error))
        return false;
    guint first = session->journal->len;
    if (!run_statement(query, plan, entities, &n, error)) {
        kith_transaction_fail(session, place);
        return false;
    }
    if (is_delete)
        let_go(session, entities, first);
    else if (!read_again(entities, first, place, error))
        return false;
    if (ret_n != NULL)
        *ret_n = n;
    return true;
}

bool
kith_query_update(KithQuery *query, int64_t *ret_n, KithPlace place, GError **error)
{
    return change(query, false, ret_n, place, error);
}

bool
kith_query_delete(KithQuery *query, int64_t *ret_n, KithPlace place, GError **error)
{
    return change(query, true, ret_n, place, error);
}

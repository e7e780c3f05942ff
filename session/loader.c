/*
 * loader.c - asks for objects: by a query, by one key, by many. Their rows become objects
 * in intake.c.
 */
#include "loader.h"

#include "distinct.h"
#include "error.h"
#include "events.h"
#include "intake.h"
#include "source.h"
#include "sql.h"

void
kith_sql_select(GString *sql, const KithMapper *mapper, bool is_locking)
{
    const KithLayout *layout = kith_mapper_layout(mapper);
    g_string_append(sql, "SELECT ");
    for (size_t i = 0; i < layout->n_columns; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        kith_sql_identifier(sql, layout->columns[i].name);
    }
    g_string_append(sql, " FROM ");
    kith_sql_source(sql, mapper, NULL, is_locking);
}

/* --- queries ----------------------------------------------------------------------- */

/* When the query is over: a hook may ask the database by itself. */
static bool
run_load_hooks(const GPtrArray *fresh, GError **error)
{
    for (guint i = 0; fresh != NULL && i < fresh->len; i++) {
        if (!kith_events_run_for(g_ptr_array_index(fresh, i), KITH_AFTER_LOAD, error))
            return false;
    }
    return true;
}

static bool
select_rows(KithIntake *intake,
            const KithSelect *select,
            KithConnection *connection,
            GError **error)
{
    GError *failure = NULL;
    if (!kith_connection_query(connection,
                               select->statement,
                               select->parameters,
                               select->n_parameters,
                               error))
        return false;
    bool done = kith_intake_rows(intake, connection, NULL, &failure);
    kith_connection_finish(connection, failure);
    if (!done)
        g_propagate_error(error, failure);
    return done;
}

/*
 * A row that is not free would end the transaction where the database knows locks of
 * rows. With a savepoint of its own, which goes with the query, the attempt is all that
 * ends.
 */
static bool
attempt_rows(KithIntake *intake,
             const KithSelect *select,
             KithConnection *connection,
             GError **error)
{
    if (!kith_connection_command(connection, "SAVEPOINT kith_lock", error))
        return false;
    if (select_rows(intake, select, connection, error))
        return kith_connection_command(connection, "RELEASE SAVEPOINT kith_lock", error);
    if (kith_connection_rollback(connection, "ROLLBACK TO SAVEPOINT kith_lock", NULL))
        (void) kith_connection_command(connection, "RELEASE SAVEPOINT kith_lock", NULL);
    return false;
}

static bool
run_select(KithIntake *intake, const KithSelect *select, GError **error)
{
    KithSession *session = intake->set->session;
    KithConnection *connection = kith_session_connect(session, select->place, error);
    GError *failure = NULL;
    if (connection == NULL)
        return false;
    bool is_attempt = select->is_nowait && connection->driver->dialect->has_row_locks;
    bool done = is_attempt ? attempt_rows(intake, select, connection, &failure)
                           : select_rows(intake, select, connection, &failure);
    kith_session_release(session, connection);
    if (!done)
        g_propagate_error(error, failure);
    return done;
}

/* Is there a hook for something that the rows can be? */
static bool
has_load_hooks(const KithEntitySet *set, const KithJoinedRow *joined)
{
    const KithSession *session = set->session;
    bool has_hooks = false;
    for (unsigned i = 0; i < set->mapper->n_concrete; i++)
        has_hooks =
            has_hooks
            || kith_events_has(session, KITH_AFTER_LOAD, set->mapper->concrete[i]);
    for (unsigned i = 0; joined != NULL && i < joined->n_parts; i++)
        has_hooks =
            has_hooks
            || kith_events_has(
                session, KITH_AFTER_LOAD, joined->parts[i].foreign_key->target);
    return has_hooks;
}

/* Run the query, take its rows, and run the hooks of what is new. */
static bool
load(KithIntake *intake, const KithSelect *select, GError **error)
{
    g_autoptr(GPtrArray) fresh = NULL;
    if (kith_events_any(intake->set->session)
        && has_load_hooks(intake->set, select->joined))
        fresh = g_ptr_array_new();
    intake->fresh = fresh;
    intake->joined = select->joined;
    intake->is_locking = select->is_locking;
    intake->is_by_key = select->is_by_key;
    return run_select(intake, select, error) && run_load_hooks(fresh, error);
}

bool
kith_load_objects(KithEntitySet *set,
                  const KithSelect *select,
                  GPtrArray *ret_objects,
                  GError **error)
{
    KithIntake intake = { .set = set, .objects = ret_objects };
    return load(&intake, select, error);
}

bool
kith_load_part(KithEntitySet *set,
               KithConnection *connection,
               const KithSelect *select,
               size_t n_wanted,
               GPtrArray *ret_objects,
               GPtrArray *ret_fresh,
               bool *ret_is_end,
               GError **error)
{
    KithIntake intake = { .set = set,
                          .objects = ret_objects,
                          .fresh = ret_fresh,
                          .is_locking = select->is_locking,
                          .is_old = select->is_old,
                          .n_wanted = n_wanted,
                          .joined = select->joined };
    return kith_intake_rows(&intake, connection, ret_is_end, error);
}

bool
kith_load_run_hooks(const KithEntitySet *set, const GPtrArray *fresh, GError **error)
{
    return !kith_events_has(set->session, KITH_AFTER_LOAD, set->mapper)
           || run_load_hooks(fresh, error);
}

const char *
kith_sql_lock(const KithDialect *dialect, KithLock lock, KithLockWait wait)
{
    static const char *const clauses[][3] = {
        [KITH_FOR_UPDATE] = { " FOR UPDATE",
                              " FOR UPDATE NOWAIT",
                              " FOR UPDATE SKIP LOCKED" },
        [KITH_FOR_SHARE] = { " FOR SHARE",
                             " FOR SHARE NOWAIT",
                             " FOR SHARE SKIP LOCKED" },
    };
    /* SQLite locks the whole database when the transaction begins. */
    return dialect->has_row_locks ? clauses[lock][wait] : "";
}

/* Append "a" = $1 AND "b" = $2 for the key of @mapper. */
static void
append_key(GString *sql, const KithDialect *dialect, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(sql, i > 0 ? " AND " : "");
        kith_sql_identifier(sql, mapper->columns[mapper->keys[i]].name);
        g_string_append(sql, " = ");
        kith_sql_parameter(sql, dialect, i + 1);
    }
}

/* @suffix: what follows the WHERE. */
static const KithStatement *
make_statement_by_key(KithEngine *engine, const KithMapper *mapper, const char *suffix)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    kith_sql_select(sql, mapper, suffix[0] != '\0');
    g_string_append(sql, " WHERE ");
    append_key(sql, engine->driver->dialect, mapper);
    g_string_append(sql, suffix);
    return kith_engine_statement(engine, sql->str);
}

/* The one without a suffix is what most gets are: it is made once. */
static const KithStatement *
statement_by_key(KithEngine *engine, const KithMapper *mapper, const char *suffix)
{
    if (suffix[0] != '\0')
        return make_statement_by_key(engine, mapper, suffix);
    void **known = &engine->by_key[mapper->index];
    const KithStatement *statement = g_atomic_pointer_get(known);
    if (statement == NULL) {
        statement = make_statement_by_key(engine, mapper, suffix);
        g_atomic_pointer_set(known, (void *) (uintptr_t) statement);
    }
    return statement;
}

/* Most keys are of fewer columns than this. */
#define FEW_KEYS 4

/*
 * The key can be in the scratch struct: it is read before the row is, which goes there
 * too.
 * @suffix: what follows the WHERE; of a query that locks, not empty or no matter.
 * @ret_object: NULL if there is no such row.
 */
static bool
load_by_key(KithEntitySet *set,
            const void *key,
            const char *suffix,
            KithSelect select,
            const void **ret_object,
            GError **error)
{
    const KithMapper *mapper = set->mapper;
    KithParameter few[FEW_KEYS];
    g_autofree KithParameter *many =
        mapper->n_keys > FEW_KEYS ? g_new(KithParameter, mapper->n_keys) : NULL;
    KithParameter *parameters = many != NULL ? many : few;
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        const KithColumn *column = &mapper->columns[mapper->keys[i]];
        parameters[i] = (KithParameter){ .kind = column->kind,
                                         .value = kith_column_get(column, key),
                                         .secret = column->secret };
    }
    select.statement = statement_by_key(set->session->engine, mapper, suffix);
    select.is_by_key = true;
    select.parameters = parameters;
    select.n_parameters = mapper->n_keys;
    KithIntake intake = { .set = set };
    bool done = load(&intake, &select, error);
    *ret_object = intake.last;
    return done;
}

const void *
kith_load_by_key(KithEntitySet *set, const void *key, KithPlace place, GError **error)
{
    const void *object;
    bool done = load_by_key(set, key, "", (KithSelect){ .place = place }, &object, error);
    return done ? object : NULL;
}

bool
kith_load_refuse_gone(const KithEntity *entity, GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    KithErrorDetails details = { .table = mapper->table };
    kith_error_set_details(
        error, KITH_ERROR_STALE, &details, "the row is not in the table any more");
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

/* So that the row is taken in whole; if there is none, the object is as it was. */
bool
kith_load_again(KithEntity *entity, KithPlace place, GError **error)
{
    const void *object;
    KithSelect select = { .place = place };
    KithTracking *tracking = entity->tracking;
    bool was_expired = entity->is_expired;
    g_autofree uint64_t *unknown =
        tracking != NULL ? g_steal_pointer(&tracking->unknown) : NULL;
    entity->is_expired = true;
    bool done =
        load_by_key(entity->set, kith_entity_row(entity), "", select, &object, error)
        && (object != NULL || kith_load_refuse_gone(entity, error));
    if (done)
        return true;
    entity->is_expired = was_expired;
    if (entity->tracking != NULL && entity->tracking->unknown == NULL)
        entity->tracking->unknown = g_steal_pointer(&unknown);
    return false;
}

bool
kith_load_locked(
    KithEntity *entity, KithLock lock, KithLockWait wait, KithPlace place, GError **error)
{
    const void *object;
    KithSelect select = { .place = place,
                          .is_locking = true,
                          .is_nowait = wait == KITH_NOWAIT };
    const KithDialect *dialect = entity->set->session->engine->driver->dialect;
    if (!load_by_key(entity->set,
                     kith_entity_row(entity),
                     kith_sql_lock(dialect, lock, wait),
                     select,
                     &object,
                     error))
        return false;
    return object != NULL || kith_load_refuse_gone(entity, error);
}

/* --- many keys at once ------------------------------------------------------------- */

KithKeys
kith_keys_of_targets(const KithForeignKey *foreign_key, const KithMapper *mapper)
{
    return (KithKeys){ .n_columns = foreign_key->n_columns,
                       .columns = foreign_key->targets,
                       .source = mapper,
                       .source_columns = foreign_key->columns };
}

KithKeys
kith_keys_of_referrers(const KithForeignKey *foreign_key)
{
    return (KithKeys){ .n_columns = foreign_key->n_columns,
                       .columns = foreign_key->columns,
                       .source = foreign_key->target,
                       .source_columns = foreign_key->targets };
}

static void
append_order_by_key(GString *sql, const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        g_string_append(sql, i > 0 ? ", " : " ORDER BY ");
        kith_sql_identifier(sql, mapper->columns[mapper->keys[i]].name);
    }
}

/* The same text whatever the number of keys. (transfer full) */
static char *
sql_of_keys(KithEntitySet *set, const KithKeys *keys)
{
    const KithMapper *mapper = set->mapper;
    g_autofree const KithColumn **columns = g_new(const KithColumn *, keys->n_columns);
    for (unsigned i = 0; i < keys->n_columns; i++)
        columns[i] = &mapper->columns[keys->columns[i]];
    GString *sql = g_string_new(NULL);
    kith_sql_select(sql, mapper, false);
    g_string_append(sql, " WHERE ");
    kith_sql_in(sql, set->session->engine->driver->dialect, columns, keys->n_columns, 1);
    append_order_by_key(sql, mapper);
    return g_string_free(sql, FALSE);
}

/* One statement for @n_rows of the rows. */
static bool
load_chunk(KithEntitySet *set,
           const KithKeys *keys,
           KithSelect select,
           const void *const *rows,
           size_t n_rows,
           GPtrArray *ret_objects,
           GError **error)
{
    g_autofree KithList *lists = g_new(KithList, keys->n_columns);
    g_autofree KithParameter *parameters = g_new0(KithParameter, keys->n_columns);
    for (unsigned i = 0; i < keys->n_columns; i++) {
        lists[i] = (KithList){ .column = &keys->source->columns[keys->source_columns[i]],
                               .rows = rows,
                               .n_rows = n_rows };
        parameters[i] =
            (KithParameter){ .list = &lists[i],
                             .secret = set->mapper->columns[keys->columns[i]].secret };
    }
    select.parameters = parameters;
    select.n_parameters = keys->n_columns;
    return kith_load_objects(set, &select, ret_objects, error);
}

bool
kith_load_in(KithEntitySet *set,
             const KithKeys *keys,
             const GPtrArray *all_rows,
             KithPlace place,
             GPtrArray *ret_objects,
             GError **error)
{
    size_t chunk = set->session->engine->load_chunk;
    g_autoptr(GPtrArray) rows =
        kith_rows_distinct(keys->source, keys->source_columns, keys->n_columns, all_rows);
    g_autofree char *sql = sql_of_keys(set, keys);
    const KithSelect select = { .statement =
                                    kith_engine_statement(set->session->engine, sql),
                                .place = place };
    for (size_t at = 0; at < rows->len; at += chunk) {
        const void *const *first = (const void *const *) rows->pdata + at;
        size_t n_rows = MIN(chunk, rows->len - at);
        if (!load_chunk(set, keys, select, first, n_rows, ret_objects, error))
            return false;
    }
    return true;
}

/* --- one integer ------------------------------------------------------------------- */

bool
kith_load_integer(KithSession *session,
                  const char *sql,
                  const KithParameter *parameters,
                  size_t n_parameters,
                  int64_t *ret_integer,
                  KithPlace place,
                  GError **error)
{
    static const KithColumn column = { .name = "count",
                                       .member = "count",
                                       .kind = KITH_KIND_INT64,
                                       .null_offset = KITH_NO_OFFSET };
    static const KithLayout layout = { .entity = "query",
                                       .columns = &column,
                                       .n_columns = 1 };
    g_autoptr(GError) failure = NULL;
    const KithStatement *statement = kith_engine_statement(session->engine, sql);
    KithConnection *connection = kith_session_connect(session, place, error);
    if (connection == NULL)
        return false;
    int64_t integer = 0;
    size_t length;
    bool done =
        kith_connection_query(connection, statement, parameters, n_parameters, &failure);
    if (done) {
        done = kith_connection_fetch(connection, &layout, &integer, &length, &failure)
               != KITH_FETCHED_ERROR;
        kith_connection_finish(connection, failure);
    }
    kith_session_release(session, connection);
    if (done)
        *ret_integer = integer;
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

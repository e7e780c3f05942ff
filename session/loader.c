/*
 * loader.c - rows to objects. A row is read into the scratch struct of its set, with text
 * borrowed from the driver; the key in it says whether the object is known. Only a new
 * one is allocated.
 */
#include "loader.h"

#include "change.h"
#include "distinct.h"
#include "error.h"
#include "events.h"
#include "expire.h"
#include "foreign-key.h"
#include "referrers.h"
#include "relation.h"
#include "source.h"
#include "sql.h"
#include "wide.h"

#include <string.h>

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

/* --- one row ----------------------------------------------------------------------- */

/* Of an object that is expired, what is, and was not changed since; else all. */
static bool
is_taken_over(const KithEntity *entity, unsigned index)
{
    return !entity->is_expired
           || (kith_expire_is_unknown(entity, index)
               && !kith_expire_is_edited(entity, index));
}

/* Where a reference changes, what it refers to is not known any more. */
static void
forget_changed_targets(KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool is_taken = foreign_key->reference != KITH_NO_OFFSET;
        for (unsigned j = 0; is_taken && j < foreign_key->n_columns; j++)
            is_taken = is_taken_over(entity, foreign_key->columns[j]);
        /* A key that is the same is not taken: a failure may take it back. */
        if (!is_taken || kith_foreign_key_is_equal(foreign_key, own, row))
            continue;
        *kith_reference_target(foreign_key, own) = NULL;
        if (entity->tracking != NULL && entity->tracking->baseline != NULL)
            *kith_reference_target(foreign_key, entity->tracking->baseline) = NULL;
        entity->set->root->generation++;
    }
}

/* Take over what the row has, column by column, and only where it differs. */
static void
bring_up_to_date(KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    if (entity->set->session->journal->len == 0)
        kith_entity_sweep(entity); /* what an earlier read replaced */
    /* The program may have assigned a text of its own that is equal to ours. */
    if (entity->tracking != NULL && entity->tracking->is_edited)
        kith_entity_adopt(entity);
    forget_changed_targets(entity, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (!is_taken_over(entity, i))
            continue;
        if (!kith_column_is_equal(column, own, row))
            kith_entity_store(entity, i, kith_column_get(column, row));
        if (entity->tracking != NULL && entity->tracking->baseline != NULL)
            kith_column_copy(column, entity->tracking->baseline, own);
    }
    kith_entity_refile(entity);
    kith_expire_end(entity);
}

static bool
has_edits(KithEntity *entity)
{
    return entity->state != KITH_PERSISTENT || kith_entity_has_changes(entity);
}

/* Is the row another one than the session believes? A version tells, else every column
 * has to. */
static bool
is_outdated(const KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *known = kith_entity_row(entity);
    if (mapper->version != KITH_NO_INDEX)
        return !kith_column_is_equal(&mapper->columns[mapper->version], known, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!kith_column_is_equal(&mapper->columns[i], known, row))
            return true;
    }
    return false;
}

static bool
refuse_outdated(const KithEntity *entity, GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    KithErrorDetails details = { .table = mapper->table };
    kith_error_set_details(
        error,
        KITH_ERROR_STALE,
        &details,
        "the row that was locked is not as it was read: somebody else changed it; "
        "refresh it, and do it once more");
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

/* The rows of a query, on their way. */
typedef struct Intake {
    KithEntitySet *set;
    KithLoad *load;
    GPtrArray *objects; /* of structs */
    GPtrArray *fresh;   /* of entities that are new to the session; NULL: nobody asks */
    bool is_locking;
    bool is_by_key;
    bool is_old;
    size_t n_wanted; /* rows, before it stops; 0: all there are */
    const KithJoinedRow *joined;
} Intake;

static KithEntity *
take_new(Intake *intake, uint64_t hash)
{
    KithEntitySet *set = intake->set;
    KithEntity *entity = kith_entity_new(set, set->scratch, set->lengths);
    kith_identity_map_add_hashed(&set->root->map, entity, hash);
    if (set->root->has_referrers)
        kith_referrers_file(entity);
    kith_load_add(intake->load, entity);
    set->session->statistics.n_objects++;
    if (intake->fresh != NULL)
        g_ptr_array_add(intake->fresh, entity);
    return entity;
}

static bool
take_known(Intake *intake, KithEntity *entity, GError **error)
{
    KithEntitySet *set = intake->set;
    set->session->statistics.n_known_rows++;
    bool was_read_in_this_unit =
        entity->load != NULL && entity->load->epoch == set->session->epoch;
    bool is_edited = has_edits(entity);
    if (intake->is_old)
        return true;
    if (!was_read_in_this_unit && !is_edited) {
        bring_up_to_date(entity, set->scratch);
        kith_load_add(intake->load, entity);
        return true;
    }
    if (entity->is_expired && entity->state == KITH_PERSISTENT) {
        bring_up_to_date(entity, set->scratch);
        if (!was_read_in_this_unit)
            kith_load_add(intake->load, entity);
    }
    return !intake->is_locking || !is_outdated(entity, set->scratch)
           || refuse_outdated(entity, error);
}

static bool
take_row(Intake *intake, GError **error)
{
    const KithIdentityMap *map = &intake->set->root->map;
    const void *row = intake->set->scratch;
    uint64_t hash = kith_identity_map_hash(map, row);
    KithEntity *entity = kith_identity_map_find_hashed(map, row, hash);
    if (entity == NULL)
        entity = take_new(intake, hash);
    else if (!take_known(intake, entity, error))
        return false;
    /* A row that this unit of work deletes is still there to be found, but gone for us.
     */
    if (entity->state == KITH_PERSISTENT)
        g_ptr_array_add(intake->objects, kith_entity_struct(entity));
    return true;
}

/* The row is something that extends what was asked for, or that itself. */
static bool
take_wide_row(Intake *intake,
              const KithWideRow *wide,
              const void *row,
              const size_t *lengths,
              GError **error)
{
    const KithMapper *what = kith_wide_what(wide, row, error);
    if (what == NULL)
        return false;
    intake->set = &intake->set->session->sets[what->index];
    bool done =
        kith_wide_take(
            wide, what, row, lengths, intake->set->scratch, intake->set->lengths, error)
        && take_row(intake, error);
    memset(intake->set->scratch, 0, what->size);
    return done;
}

static bool
take_wide_rows(Intake *intake,
               const KithWideRow *wide,
               KithConnection *connection,
               bool *ret_is_end,
               GError **error)
{
    g_autofree void *row = g_malloc0(wide->size);
    g_autofree size_t *lengths = g_new0(size_t, wide->layout.n_columns + 1);
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(connection, &wide->layout, row, lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_wide_row(intake, wide, row, lengths, error);
        if (intake->is_by_key || ++n_rows == intake->n_wanted)
            break;
    }
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
}

/* What stands beside an object in its row, and is what its reference means. */
static bool
take_part(Intake *intake,
          const KithJoinedPart *part,
          KithEntity *owner,
          const void *row,
          const size_t *lengths,
          GError **error)
{
    KithEntitySet *targets = intake->set;
    if (!kith_joined_has(part, row))
        return true;
    kith_joined_take(part, targets, row, lengths);
    bool done = take_row(intake, error);
    const KithEntity *target =
        kith_identity_map_find(&targets->root->map, targets->scratch);
    memset(targets->scratch, 0, targets->mapper->size);
    if (done && kith_reference_known(owner, part->foreign_key) == NULL
        && target->state == KITH_PERSISTENT
        && kith_foreign_key_means(
            part->foreign_key, kith_entity_struct(owner), kith_entity_struct(target)))
        kith_reference_link(owner, part->foreign_key, kith_entity_struct(target));
    return done;
}

static bool
take_joined_row(
    Intake *intake, Intake *parts, const void *row, const size_t *lengths, GError **error)
{
    KithEntitySet *set = intake->set;
    const KithMapper *mapper = set->mapper;
    memcpy(set->scratch, row, mapper->size);
    memcpy(set->lengths, lengths, mapper->n_columns * sizeof *lengths);
    bool done = take_row(intake, error);
    KithEntity *owner = kith_identity_map_find(&set->root->map, set->scratch);
    memset(set->scratch, 0, mapper->size);
    for (unsigned i = 0; done && i < intake->joined->n_parts; i++)
        done =
            take_part(&parts[i], &intake->joined->parts[i], owner, row, lengths, error);
    return done;
}

/* What each part brings are siblings, as if they had come by a statement of their own. */
static void
begin_parts(const Intake *intake, Intake *parts, GPtrArray *objects)
{
    KithSession *session = intake->set->session;
    for (unsigned i = 0; i < intake->joined->n_parts; i++) {
        const KithMapper *target = intake->joined->parts[i].foreign_key->target;
        parts[i] = (Intake){ .set = &session->sets[target->index],
                             .load = kith_load_new(session),
                             .objects = objects,
                             .fresh = intake->fresh,
                             .is_old = intake->is_old };
    }
}

static bool
take_joined_rows(Intake *intake,
                 KithConnection *connection,
                 bool *ret_is_end,
                 GError **error)
{
    const KithJoinedRow *joined = intake->joined;
    Intake parts[KITH_MAX_JOINED];
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    g_autofree void *row = g_malloc0(joined->size);
    g_autofree size_t *lengths = g_new0(size_t, joined->layout.n_columns + 1);
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    begin_parts(intake, parts, objects);
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(connection, &joined->layout, row, lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_joined_row(intake, parts, row, lengths, error);
        if (++n_rows == intake->n_wanted)
            break;
    }
    for (unsigned i = 0; i < joined->n_parts; i++)
        kith_load_free_if_empty(parts[i].load);
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
}

/* @ret_is_end: were these all? (nullable) */
static bool
take_rows(Intake *intake, KithConnection *connection, bool *ret_is_end, GError **error)
{
    KithEntitySet *set = intake->set;
    if (intake->joined != NULL)
        return take_joined_rows(intake, connection, ret_is_end, error);
    if (set->mapper->wide != NULL)
        return take_wide_rows(intake, set->mapper->wide, connection, ret_is_end, error);
    const KithMapper *mapper = set->mapper;
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    memset(set->scratch, 0, mapper->size);
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(
            connection, &mapper->layout, set->scratch, set->lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_row(intake, error);
        if (intake->is_by_key || ++n_rows == intake->n_wanted)
            break;
    }
    memset(set->scratch, 0, mapper->size);
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
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
select_rows(Intake *intake,
            const KithSelect *select,
            KithConnection *connection,
            GError **error)
{
    if (!kith_connection_query(connection,
                               select->statement,
                               select->parameters,
                               select->n_parameters,
                               error))
        return false;
    g_autoptr(GError) failure = NULL;
    bool done = take_rows(intake, connection, NULL, &failure);
    kith_connection_finish(connection, failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

/*
 * A row that is not free would end the transaction where the database knows locks of
 * rows. With a savepoint of its own, which goes with the query, the attempt is all that
 * ends.
 */
static bool
attempt_rows(Intake *intake,
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
run_select(Intake *intake, const KithSelect *select, GError **error)
{
    KithSession *session = intake->set->session;
    KithConnection *connection = kith_session_connect(session, select->place, error);
    g_autoptr(GError) failure = NULL;
    if (connection == NULL)
        return false;
    bool is_attempt = select->is_nowait && connection->driver->dialect->has_row_locks;
    bool done = is_attempt ? attempt_rows(intake, select, connection, &failure)
                           : select_rows(intake, select, connection, &failure);
    kith_session_release(session, connection);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

bool
kith_load_objects(KithEntitySet *set,
                  const KithSelect *select,
                  GPtrArray *ret_objects,
                  GError **error)
{
    KithSession *session = set->session;
    bool has_hooks = false;
    for (unsigned i = 0; i < set->mapper->n_concrete; i++)
        has_hooks =
            has_hooks
            || kith_events_has(session, KITH_AFTER_LOAD, set->mapper->concrete[i]);
    for (unsigned i = 0; select->joined != NULL && i < select->joined->n_parts; i++)
        has_hooks = has_hooks
                    || kith_events_has(session,
                                       KITH_AFTER_LOAD,
                                       select->joined->parts[i].foreign_key->target);
    g_autoptr(GPtrArray) fresh = has_hooks ? g_ptr_array_new() : NULL;
    Intake intake = { .set = set,
                      .load = kith_load_new(session),
                      .objects = ret_objects,
                      .fresh = fresh,
                      .joined = select->joined,
                      .is_locking = select->is_locking,
                      .is_by_key = select->is_by_key };
    bool done = run_select(&intake, select, error);
    kith_load_free_if_empty(intake.load);
    return done && run_load_hooks(fresh, error);
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
    Intake intake = { .set = set,
                      .load = kith_load_new(set->session),
                      .objects = ret_objects,
                      .fresh = ret_fresh,
                      .is_locking = select->is_locking,
                      .is_old = select->is_old,
                      .n_wanted = n_wanted,
                      .joined = select->joined };
    bool done = take_rows(&intake, connection, ret_is_end, error);
    kith_load_free_if_empty(intake.load);
    return done;
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

/*
 * The key can be in the scratch struct: it is read before the row is, which goes there
 * too.
 * @suffix: what follows the WHERE; of a query that locks, not empty or no matter.
 */
static bool
load_by_key(KithEntitySet *set,
            const void *key,
            const char *suffix,
            KithSelect select,
            GPtrArray *ret_objects,
            GError **error)
{
    const KithMapper *mapper = set->mapper;
    g_autofree KithParameter *parameters = g_new0(KithParameter, mapper->n_keys);
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
    return kith_load_objects(set, &select, ret_objects, error);
}

const void *
kith_load_by_key(KithEntitySet *set, const void *key, KithPlace place, GError **error)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    if (!load_by_key(set, key, "", (KithSelect){ .place = place }, objects, error))
        return NULL;
    return objects->len > 0 ? g_ptr_array_index(objects, 0) : NULL;
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
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    KithSelect select = { .place = place };
    KithTracking *tracking = entity->tracking;
    bool was_expired = entity->is_expired;
    g_autofree uint64_t *unknown =
        tracking != NULL ? g_steal_pointer(&tracking->unknown) : NULL;
    entity->is_expired = true;
    bool done =
        load_by_key(entity->set, kith_entity_row(entity), "", select, objects, error)
        && (objects->len > 0 || kith_load_refuse_gone(entity, error));
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
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    KithSelect select = { .place = place,
                          .is_locking = true,
                          .is_nowait = wait == KITH_NOWAIT };
    const KithDialect *dialect = entity->set->session->engine->driver->dialect;
    if (!load_by_key(entity->set,
                     kith_entity_row(entity),
                     kith_sql_lock(dialect, lock, wait),
                     select,
                     objects,
                     error))
        return false;
    return objects->len > 0 || kith_load_refuse_gone(entity, error);
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

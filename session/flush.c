/*
 * flush.c - runs a flush: collects what has changed, has it planned, writes it, and makes
 * the objects what the database now has. Every object is either all written or all as
 * before.
 */
#include "flush.h"

#include "change.h"
#include "convert.h"
#include "error.h"
#include "events.h"
#include "filled.h"
#include "flush-plan.h"
#include "keys.h"
#include "transaction.h"
#include "violation.h"

#include <string.h>

/* What a flush holds beside the changes: one for each of them, in the same places. */
typedef struct KithWrite {
    KithEntity *entity;
    void *image; /* INSERT: the struct before it got keys; taken over by the journal */
    /*
     * INSERT of a key that the same flush deletes: the DELETE of it. The two are written
     * as one UPDATE. KITH_NO_INDEX: none.
     */
    unsigned replaces;
    bool is_replaced; /* DELETE: such a one */
} KithWrite;

typedef struct KithFlush {
    KithSession *session;
    KithPlace place;
    GArray *changes;   /* of KithChange */
    GArray *writes;    /* of KithWrite */
    GPtrArray *memory; /* bits of the changes */
    KithPlan *plan;
    GPtrArray *batches; /* of KithBatch, by step: alive until all is settled */
    bool has_checks;    /* rows that may be missed: to be looked at before a commit */
} KithFlush;

static KithChange *
change_at(const KithFlush *flush, unsigned index)
{
    return &g_array_index(flush->changes, KithChange, index);
}

static KithWrite *
write_at(const KithFlush *flush, unsigned index)
{
    return &g_array_index(flush->writes, KithWrite, index);
}

static void
clear_write(void *data)
{
    g_free(((KithWrite *) data)->image);
}

static void
free_batch(void *data)
{
    KithBatch *batch = data;
    g_free(batch->rows);
    g_free(batch);
}

static void
flush_init(KithFlush *flush, KithSession *session, KithPlace place)
{
    *flush = (KithFlush){ .session = session, .place = place };
    flush->changes = g_array_new(FALSE, FALSE, sizeof(KithChange));
    flush->writes = g_array_new(FALSE, FALSE, sizeof(KithWrite));
    g_array_set_clear_func(flush->writes, clear_write);
    flush->memory = g_ptr_array_new_with_free_func(g_free);
    flush->batches = g_ptr_array_new_with_free_func(free_batch);
}

static void
flush_finish(KithFlush *flush)
{
    for (guint i = 0; i < flush->writes->len; i++) {
        KithTracking *tracking = write_at(flush, i)->entity->tracking;
        if (tracking != NULL)
            tracking->change = KITH_NO_INDEX;
    }
    kith_plan_free(flush->plan);
    g_ptr_array_unref(flush->batches);
    g_array_unref(flush->changes);
    g_array_unref(flush->writes);
    g_ptr_array_unref(flush->memory);
}

/* --- collecting
 * ---------------------------------------------------------------------------------- */

static void
add_change(KithFlush *flush, KithEntity *entity, KithChange change, void *image)
{
    KithWrite write = { .entity = entity, .image = image, .replaces = KITH_NO_INDEX };
    entity->tracking->change = flush->changes->len;
    g_array_append_val(flush->changes, change);
    g_array_append_val(flush->writes, write);
}

static uint64_t *
new_bits(KithFlush *flush, const KithMapper *mapper)
{
    uint64_t *bits = g_new0(uint64_t, KITH_BITS(mapper->n_columns));
    g_ptr_array_add(flush->memory, bits);
    return bits;
}

/* A version starts at 1, and goes up by one with every update. */
static void
raise_version(const KithMapper *mapper, void *row, const void *before)
{
    if (mapper->version == KITH_NO_INDEX)
        return;
    const KithColumn *column = &mapper->columns[mapper->version];
    const char *from = (const char *) (before != NULL ? before : row) + column->offset;
    char *to = (char *) row + column->offset;
    int64_t step = before != NULL ? 1 : 0;
    if (column->kind == KITH_KIND_INT32)
        *(int32_t *) (void *) to =
            (int32_t) (*(const int32_t *) (const void *) from + step);
    else
        *(int64_t *) (void *) to = *(const int64_t *) (const void *) from + step;
}

static void
start_version(const KithMapper *mapper, void *row)
{
    if (mapper->version == KITH_NO_INDEX)
        return;
    const KithColumn *column = &mapper->columns[mapper->version];
    char *at = (char *) row + column->offset;
    if (column->kind == KITH_KIND_INT32 && *(int32_t *) (void *) at == 0)
        *(int32_t *) (void *) at = 1;
    else if (column->kind == KITH_KIND_INT64 && *(int64_t *) (void *) at == 0)
        *(int64_t *) (void *) at = 1;
}

static void
collect_insert(KithFlush *flush, KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    void *image = kith_image_new(mapper, row);
    uint64_t *bits = new_bits(flush, mapper);
    if (mapper->generates_uuid && kith_mapper_key_is_missing(mapper, row)) {
        KithValue key = kith_value_uuid(kith_uuid_new());
        kith_column_set_value(&mapper->columns[mapper->generated], row, &key);
    }
    start_version(mapper, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!kith_filled_is_left_out(entity, i))
            kith_bits_set(bits, i);
    }
    if (kith_mapper_key_is_missing(mapper, row))
        bits[mapper->generated / 64] &= ~(UINT64_C(1) << (mapper->generated % 64));
    add_change(flush,
               entity,
               (KithChange){ .operation = KITH_OPERATION_INSERT,
                             .mapper = mapper,
                             .object = row,
                             .row = row,
                             .bits = bits,
                             .sequence = entity->tracking->sequence },
               image);
}

static void
collect_update(KithFlush *flush, KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithTracking *tracking = entity->tracking;
    uint64_t *bits = new_bits(flush, mapper);
    uint64_t *unknown = new_bits(flush, mapper);
    if (tracking->baseline == NULL)
        return;
    kith_references_sync(entity, unknown);
    bool has_unknown = false;
    bool differs = kith_entity_diff(entity, bits);
    for (unsigned i = 0; i < KITH_BITS(mapper->n_columns); i++) {
        bits[i] |= unknown[i];
        has_unknown = has_unknown || unknown[i] != 0;
    }
    if (!differs && !has_unknown && !tracking->is_touched)
        return;
    void *row = kith_entity_struct(entity);
    raise_version(mapper, row, tracking->baseline);
    if (mapper->version != KITH_NO_INDEX)
        kith_bits_set(bits, mapper->version);
    add_change(flush,
               entity,
               (KithChange){ .operation = KITH_OPERATION_UPDATE,
                             .mapper = mapper,
                             .object = row,
                             .row = row,
                             .before = tracking->baseline,
                             .bits = bits },
               NULL);
}

static void
collect(KithFlush *flush)
{
    const GPtrArray *watched = flush->session->watched;
    for (guint i = 0; i < watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(watched, i);
        if (entity->state != KITH_DELETED && entity->tracking->is_edited)
            kith_entity_adopt(entity);
        if (entity->state == KITH_PENDING) {
            kith_references_sync(entity, NULL);
            collect_insert(flush, entity);
        } else if (entity->state == KITH_PERSISTENT) {
            collect_update(flush, entity);
        } else if (entity->state == KITH_DELETED && entity->is_in_map) {
            add_change(flush,
                       entity,
                       (KithChange){ .operation = KITH_OPERATION_DELETE,
                                     .mapper = kith_entity_mapper(entity),
                                     .object = kith_entity_struct(entity),
                                     .before = kith_entity_row(entity) },
                       NULL);
        }
    }
}

/* --- checking
 * --------------------------------------------------------------------------------------
 */

/* Say which object an error is about. */
static void
name_entity(GError **error, const KithMapper *mapper, const void *row)
{
    if (error == NULL || *error == NULL)
        return;
    g_autofree char *key = kith_mapper_key_text(mapper, row);
    kith_error_add_entity(*error, mapper->entity, key);
}

static bool
refuse_reference(const KithMapper *mapper,
                 const KithForeignKey *foreign_key,
                 KithErrorCode code,
                 const char *why,
                 GError **error)
{
    const KithColumn *column = &mapper->columns[foreign_key->columns[0]];
    KithErrorDetails details = { .table = mapper->table, .column = column->name };
    kith_error_set_details(error, code, &details, "its %s is %s", column->member, why);
    return false;
}

static bool
check_reference(const KithFlush *flush,
                const KithMapper *mapper,
                const KithForeignKey *foreign_key,
                const void *object,
                GError **error)
{
    const KithEntity *target = kith_entity_of(object);
    if (target->magic != KITH_ENTITY_MAGIC)
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_MISUSE,
                                "no object of a session; add it with kith_add()",
                                error);
    if (target->set->session != flush->session)
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_MISUSE,
                                "an object of another session; get it in this one",
                                error);
    if (target->set->mapper != foreign_key->target)
        return refuse_reference(
            mapper, foreign_key, KITH_ERROR_MISUSE, "an object of another entity", error);
    if (target->state == KITH_DELETED || target->state == KITH_DETACHED)
        return refuse_reference(mapper,
                                foreign_key,
                                KITH_ERROR_FOREIGN_KEY,
                                "an object that is deleted; set another one, or NULL",
                                error);
    return true;
}

static bool
check_references(const KithFlush *flush, const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *target = *kith_reference_target(foreign_key, change->row);
        bool is_written = kith_bits_has(change->bits, foreign_key->columns[0]);
        if (is_written && target != NULL
            && !check_reference(flush, mapper, foreign_key, target, error))
            return false;
    }
    return true;
}

/* Is the column one that gets its value when the target of its reference has a key? */
static bool
waits_for_key(const KithMapper *mapper, unsigned index, const void *row)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->columns[0] == index && foreign_key->reference != KITH_NO_OFFSET)
            return *kith_reference_target(foreign_key, row) != NULL;
    }
    return false;
}

static bool
check_values(const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!kith_bits_has(change->bits, i) || waits_for_key(mapper, i, change->row))
            continue;
        if (!kith_mapper_check_value(mapper, i, change->row, error))
            return false;
    }
    return true;
}

/* An object that is added under a key that the session knows already. */
static bool
check_identity(const KithFlush *flush, const KithChange *change, GError **error)
{
    const KithMapper *mapper = change->mapper;
    const KithIdentityMap *map = &flush->session->sets[mapper->index].map;
    if (change->operation != KITH_OPERATION_INSERT
        || kith_mapper_key_is_missing(mapper, change->row))
        return true;
    const KithEntity *known = kith_identity_map_find(map, change->row);
    if (known == NULL || known->state == KITH_DELETED)
        return true;
    g_autofree char *names = g_strdup(mapper->columns[mapper->keys[0]].name);
    KithErrorDetails details = { .table = mapper->table, .column = names };
    kith_error_set_details(
        error,
        KITH_ERROR_UNIQUE,
        &details,
        "it was added, and an object with this key is loaded already; change "
        "that one instead");
    return false;
}

static bool
check(const KithFlush *flush, GError **error)
{
    for (guint i = 0; i < flush->changes->len; i++) {
        const KithChange *change = change_at(flush, i);
        if (change->operation == KITH_OPERATION_DELETE)
            continue;
        if (!check_references(flush, change, error) || !check_values(change, error)
            || !kith_filled_check(change, error)
            || !check_identity(flush, change, error)) {
            name_entity(error,
                        change->mapper,
                        change->before != NULL ? change->before : change->row);
            return false;
        }
    }
    return true;
}

/* --- planning
 * ----------------------------------------------------------------------------------------
 */

/* Delete and add of one key is an update of what differs: the row stays, and what refers
 * to it. */
static void
find_replacements(KithFlush *flush)
{
    for (guint i = 0; i < flush->changes->len; i++) {
        const KithChange *change = change_at(flush, i);
        const KithMapper *mapper = change->mapper;
        if (change->operation != KITH_OPERATION_INSERT
            || kith_mapper_key_is_missing(mapper, change->row))
            continue;
        const KithIdentityMap *map = &flush->session->sets[mapper->index].map;
        const KithEntity *known = kith_identity_map_find(map, change->row);
        if (known == NULL || known->state != KITH_DELETED)
            continue;
        write_at(flush, i)->replaces = known->tracking->change;
        write_at(flush, known->tracking->change)->is_replaced = true;
    }
}

/* The update that an insert becomes. Returns false if the row is the same already. */
static bool
make_replacement(KithFlush *flush, KithChange *change, const void *before)
{
    const KithMapper *mapper = change->mapper;
    uint64_t *bits = new_bits(flush, mapper);
    bool differs = false;
    kith_filled_inherit(kith_entity_of(change->row), change->bits, before);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        bool is_version = i == mapper->version;
        if (is_version || kith_column_is_equal(&mapper->columns[i], change->row, before))
            continue;
        kith_bits_set(bits, i);
        differs = true;
    }
    if (mapper->version != KITH_NO_INDEX && differs) {
        raise_version(mapper, change->row, before);
        kith_bits_set(bits, mapper->version);
    } else if (mapper->version != KITH_NO_INDEX) {
        kith_column_copy(&mapper->columns[mapper->version], change->row, before);
    }
    change->operation = KITH_OPERATION_UPDATE;
    change->before = before;
    change->bits = bits;
    return differs;
}

/* What is to be planned: the changes, with an update in place of each delete and add of
 * one key. */
static GArray *
changes_to_plan(KithFlush *flush)
{
    GArray *planned =
        g_array_sized_new(FALSE, FALSE, sizeof(KithChange), flush->changes->len);
    for (guint i = 0; i < flush->changes->len; i++) {
        KithChange change = *change_at(flush, i);
        const KithWrite *write = write_at(flush, i);
        if (write->is_replaced)
            continue;
        if (write->replaces != KITH_NO_INDEX
            && !make_replacement(
                flush, &change, change_at(flush, write->replaces)->before))
            continue;
        g_array_append_val(planned, change);
    }
    return planned;
}

static bool
prepare(KithFlush *flush, GError **error)
{
    if (!kith_session_check_misuse(flush->session, error))
        return false;
    collect(flush);
    if (!check(flush, error))
        return false;
    find_replacements(flush);
    g_autoptr(GArray) planned = changes_to_plan(flush);
    flush->plan =
        kith_plan_new((const KithChange *) (void *) planned->data, planned->len, error);
    return flush->plan != NULL;
}

/* --- writing
 * -------------------------------------------------------------------------------------------
 */

/*
 * Give the foreign keys of a row the keys of their targets. Returns false if one is not
 * known yet: its insert was submitted, and has to be settled first.
 */
static bool
resolve_references(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool has_target = foreign_key->reference != KITH_NO_OFFSET
                          && *kith_reference_target(foreign_key, change->row) != NULL;
        if (!has_target || !kith_bits_has(change->bits, foreign_key->columns[0]))
            continue;
        const KithColumn *column = &mapper->columns[foreign_key->columns[0]];
        if (change->left_out != NULL
            && kith_bits_has(change->left_out, foreign_key->columns[0])) {
            *(bool *) ((char *) change->row + column->null_offset) = false;
            continue;
        }
        if (kith_column_get(column, change->row) == NULL)
            kith_references_sync(kith_entity_of(change->row), NULL);
        if (kith_column_get(column, change->row) == NULL)
            return false;
    }
    return true;
}

static bool
resolve_step(KithFlush *flush, const KithStep *step, GError **error)
{
    for (unsigned i = 0; i < step->n_changes; i++) {
        const KithChange *change = kith_plan_change(flush->plan, step, i);
        if (resolve_references(change))
            continue;
        if (!kith_connection_sync(flush->session->connection, error))
            return false;
        g_assert(resolve_references(change)); /* the plan put the target before */
    }
    return true;
}

static KithBatch *
new_batch(KithFlush *flush, const KithStep *step)
{
    KithBatch *batch = g_new0(KithBatch, 1);
    batch->shape = kith_engine_shape(
        flush->session->engine, step->mapper, step->operation, step->bits);
    batch->n_rows = step->n_changes;
    batch->rows = g_new0(KithRow, step->n_changes);
    batch->failed_row = KITH_NO_ROW;
    for (unsigned i = 0; i < step->n_changes; i++) {
        const KithChange *change = kith_plan_change(flush->plan, step, i);
        batch->rows[i] = (KithRow){ .row = change->row,
                                    .before = change->before,
                                    .is_passing = change->is_passing };
    }
    g_ptr_array_add(flush->batches, batch);
    return batch;
}

static bool
submit_steps(KithFlush *flush, GError **error)
{
    const GArray *steps = flush->plan->steps;
    for (guint i = 0; i < steps->len; i++) {
        const KithStep *step = &g_array_index(steps, KithStep, i);
        flush->has_checks = flush->has_checks || step->operation != KITH_OPERATION_INSERT;
        if (step->operation != KITH_OPERATION_DELETE && !resolve_step(flush, step, error))
            return false;
        KithBatch *batch = new_batch(flush, step);
        if (!kith_connection_submit(flush->session->connection, batch, error))
            return false;
    }
    return true;
}

/* A row that was not there to be changed: somebody else was faster. */
static bool
check_missed(const KithFlush *flush, GError **error)
{
    const KithRow *first = NULL;
    const KithMapper *mapper = NULL;
    size_t n_missed = 0;
    for (guint i = 0; i < flush->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(flush->batches, i);
        for (size_t j = 0; j < batch->n_rows; j++) {
            if (!batch->rows[j].missed)
                continue;
            if (n_missed++ == 0) {
                first = &batch->rows[j];
                mapper = g_array_index(flush->plan->steps, KithStep, i).mapper;
            }
        }
    }
    if (n_missed == 0)
        return true;
    g_autofree char *more =
        n_missed > 1 ? g_strdup_printf(", and %zu more rows of this flush", n_missed - 1)
                     : g_strdup("");
    KithErrorDetails details = { .table = mapper->table };
    kith_error_set_details(
        error,
        KITH_ERROR_STALE,
        &details,
        "the row was changed or deleted by somebody else since it was read%s; "
        "roll back, read it again, and do it once more",
        more);
    name_entity(error, mapper, first->before);
    return false;
}

/* --- failure
 * ---------------------------------------------------------------------------------------------
 */

/*
 * A row that was missed before the failure is what went wrong first: the rows behind it relied on what
 * it should have become.
 */
static bool
was_missed_first(const KithFlush *flush, GError **error)
{
    g_autoptr(GError) stale = NULL;
    if (g_error_matches(*error, KITH_ERROR, KITH_ERROR_STALE)
        || check_missed(flush, &stale))
        return false;
    g_clear_error(error);
    *error = g_steal_pointer(&stale);
    return true;
}

/* Complete @error with what is known of the row that it is about, if it is about one. */
static void
explain(const KithFlush *flush, GError **failure)
{
    GError *error = *failure;
    if (was_missed_first(flush, failure))
        return;
    for (guint i = 0; i < flush->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(flush->batches, i);
        if (batch->failed_row == KITH_NO_ROW)
            continue;
        const KithStep *step = &g_array_index(flush->plan->steps, KithStep, i);
        const KithRow *row = &batch->rows[batch->failed_row];
        const void *named = row->before != NULL ? row->before : row->row;
        kith_violation_complete(error,
                                flush->session,
                                flush->session->connection,
                                step->mapper,
                                step->operation,
                                row->row != NULL ? row->row : row->before);
        name_entity(&error, step->mapper, named);
        return;
    }
}

/* Take the keys and versions back that this flush gave to objects, and did not get to
 * write. */
static void
take_back(KithFlush *flush)
{
    for (guint i = 0; i < flush->changes->len; i++) {
        const KithChange *change = change_at(flush, i);
        const KithWrite *write = write_at(flush, i);
        if (change->operation == KITH_OPERATION_DELETE)
            continue;
        const void *image = change->before != NULL ? change->before : write->image;
        kith_entity_take_back(write->entity, image);
        kith_filled_take_back(write->entity, change->bits, image);
    }
}

/* --- success
 * -----------------------------------------------------------------------------------------------
 */

static bool
changes_key(const KithChange *change)
{
    for (unsigned i = 0; i < change->mapper->n_keys; i++) {
        if (kith_bits_has(change->bits, change->mapper->keys[i]))
            return true;
    }
    return false;
}

static void
settle_insert(KithSession *session, KithEntity *entity, KithWrite *write)
{
    kith_journal_add(session,
                     (KithUndo){ .entity = entity,
                                 .was = KITH_PENDING,
                                 .sequence = entity->tracking->sequence,
                                 .image = g_steal_pointer(&write->image),
                                 .given = g_steal_pointer(&entity->tracking->given) });
    entity->state = KITH_PERSISTENT;
    if (session->written == NULL)
        session->written = kith_load_new(session);
    kith_load_add(session->written, entity);
    if (entity->tracking->is_edited)
        kith_entity_take_baseline(entity);
}

static void
settle_update(KithSession *session, KithEntity *entity)
{
    KithTracking *tracking = entity->tracking;
    tracking->is_touched = false;
    /* The program may have written to a reference by itself, which the collections did
     * not see. */
    if (tracking->is_edited && kith_entity_mapper(entity)->n_foreign_keys > 0)
        entity->set->generation++;
    kith_journal_add(session,
                     (KithUndo){ .entity = entity,
                                 .was = KITH_PERSISTENT,
                                 .image = g_steal_pointer(&tracking->baseline) });
    if (tracking->is_edited)
        kith_entity_take_baseline(entity);
}

static void
settle_delete(KithSession *session, KithEntity *entity)
{
    kith_journal_add(session, (KithUndo){ .entity = entity, .was = KITH_DELETED });
    kith_session_unwatch(session, entity);
}

/* When all are filed under their new keys, those that refer to them follow. */
static void
follow_keys(KithFlush *flush)
{
    KithSession *session = flush->session;
    guint first = session->journal->len - flush->changes->len;
    for (guint i = 0; i < flush->changes->len; i++) {
        const KithChange *change = change_at(flush, i);
        const void *old = g_array_index(session->journal, KithUndo, first + i).image;
        if (change->operation == KITH_OPERATION_UPDATE
            && kith_keys_differ(change->mapper, change->row, old))
            kith_keys_follow(write_at(flush, i)->entity, old);
    }
}

/* Keys can move from object to object: all leave the map first, then all are filed again.
 */
static void
settle(KithFlush *flush)
{
    KithSession *session = flush->session;
    for (guint i = 0; i < flush->changes->len; i++) {
        const KithChange *change = change_at(flush, i);
        KithEntity *entity = write_at(flush, i)->entity;
        bool leaves =
            change->operation == KITH_OPERATION_DELETE
            || (change->operation == KITH_OPERATION_UPDATE && changes_key(change));
        if (leaves)
            kith_identity_map_remove(&entity->set->map, entity);
    }
    for (guint i = 0; i < flush->changes->len; i++) {
        KithEntity *entity = write_at(flush, i)->entity;
        KithOperation operation = change_at(flush, i)->operation;
        if (operation == KITH_OPERATION_INSERT)
            settle_insert(session, entity, write_at(flush, i));
        else if (operation == KITH_OPERATION_UPDATE)
            settle_update(session, entity);
        else
            settle_delete(session, entity);
        if (operation == KITH_OPERATION_DELETE)
            continue;
        if (!entity->is_in_map)
            kith_identity_map_add(&entity->set->map, entity);
        if (!entity->tracking->is_edited) {
            kith_session_unwatch(session, entity);
            kith_entity_drop_baseline(entity);
        }
    }
    follow_keys(flush);
}

/* --- the three together
 * ------------------------------------------------------------------------------------ */

/* Prepare and send. Nothing is sent if nothing has changed. */
static bool
run(KithFlush *flush, GError **error)
{
    if (!prepare(flush, error)) {
        take_back(flush);
        return false;
    }
    if (flush->plan->steps->len == 0)
        return true;
    if (flush->session->is_read_only) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "there are changes to write, and the transaction is read only");
        take_back(flush);
        return false;
    }
    if (!kith_transaction_open(flush->session, NULL, flush->place, error)) {
        take_back(flush);
        return false;
    }
    g_autoptr(GError) failure = NULL;
    if (submit_steps(flush, &failure))
        return true;
    explain(flush, &failure);
    take_back(flush);
    kith_transaction_fail(flush->session, flush->place);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
wait_and_check(KithFlush *flush, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (kith_connection_sync(flush->session->connection, &failure)
        && check_missed(flush, &failure))
        return true;
    explain(flush, &failure);
    take_back(flush);
    kith_transaction_fail(flush->session, flush->place);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
commit(KithFlush *flush, GError **error)
{
    KithSession *session = flush->session;
    g_autoptr(GError) failure = NULL;
    session->connection->place = flush->place;
    if (kith_connection_commit(session->connection, &failure))
        return true;
    explain(flush, &failure);
    take_back(flush);
    kith_transaction_lose(session, flush->place);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* --- hooks
 * ----------------------------------------------------------------------------------------
 */

static KithEvent
event_before(const KithEntity *entity)
{
    if (entity->state == KITH_PENDING)
        return KITH_BEFORE_INSERT;
    return entity->state == KITH_DELETED ? KITH_BEFORE_DELETE : KITH_BEFORE_UPDATE;
}

/* Run the hooks for what is to be written; each once in a flush, unless its operation
 * changes. */
static bool
run_hooks_before(KithSession *session, bool *ret_any, GError **error)
{
    *ret_any = false;
    /* A hook can add to the watched objects, and take away from them: look at each place
     * anew. */
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        KithEvent event = event_before(entity);
        uint64_t notified = session->n_flushes * (KITH_AFTER_LOAD + 1) + event;
        if (!kith_events_has(session, event, kith_entity_mapper(entity))
            || entity->tracking->notified == notified || !kith_entity_has_changes(entity))
            continue;
        entity->tracking->notified = notified;
        *ret_any = true;
        if (!kith_events_run_for(entity, event, error))
            return false;
    }
    return true;
}

static bool
refuse_rounds(GError **error)
{
    kith_error_set(error,
                   KITH_ERROR_MISUSE,
                   "the hooks go on changing objects after %d rounds",
                   KITH_MAX_ROUNDS);
    return false;
}

static bool
prepare_with_hooks(KithSession *session, GError **error)
{
    bool any = true;
    session->n_flushes++;
    if (!kith_events_run(session, KITH_BEFORE_FLUSH, error))
        return false;
    for (unsigned round = 0; any && round < KITH_MAX_ROUNDS; round++) {
        if (!run_hooks_before(session, &any, error))
            return false;
    }
    return !any || refuse_rounds(error);
}

static bool
run_hooks_after(KithFlush *flush, GError **error)
{
    static const KithEvent events[] = { KITH_AFTER_INSERT,
                                        KITH_AFTER_UPDATE,
                                        KITH_AFTER_DELETE };
    for (guint i = 0; i < flush->changes->len; i++) {
        if (!kith_events_run_for(write_at(flush, i)->entity,
                                 events[change_at(flush, i)->operation],
                                 error))
            return false;
    }
    return kith_events_run(flush->session, KITH_AFTER_FLUSH, error);
}

/* --- flush, and commit
 * ------------------------------------------------------------------------------ */

/* @finish: wait_and_check(), or all that a commit takes. */
static bool
flush_once(KithSession *session,
           KithPlace place,
           bool (*finish)(KithFlush *flush, GError **error),
           bool (*after)(KithFlush *flush, GError **error),
           GError **error)
{
    KithFlush flush;
    flush_init(&flush, session, place);
    bool done = run(&flush, error) && finish(&flush, error);
    if (done) {
        settle(&flush);
        if (after != NULL && !after(&flush, error)) {
            kith_transaction_fail(session, place);
            done = false;
        }
    }
    flush_finish(&flush);
    return done;
}

static bool
finish_flush(KithFlush *flush, GError **error)
{
    return flush->plan->steps->len == 0 || wait_and_check(flush, error);
}

static bool
finish_commit(KithFlush *flush, GError **error)
{
    return (!flush->has_checks || wait_and_check(flush, error))
           && (flush->session->connection == NULL || commit(flush, error));
}

/* Flush until the hooks have nothing more to change. */
static bool
flush_with_hooks(KithSession *session, KithPlace place, GError **error)
{
    for (unsigned round = 0; kith_has_changes(session); round++) {
        if (round == KITH_MAX_ROUNDS)
            return refuse_rounds(error);
        session->is_flushing = true;
        bool done = prepare_with_hooks(session, error)
                    && flush_once(session, place, finish_flush, run_hooks_after, error);
        session->is_flushing = false;
        if (!done)
            return false;
    }
    return kith_session_check_misuse(session, error);
}

bool
kith_session_check_idle(const KithSession *session, GError **error)
{
    if (!session->is_flushing)
        return true;
    kith_error_set(
        error,
        KITH_ERROR_MISUSE,
        "a hook cannot flush, commit or roll back: it runs in the middle of a flush");
    return false;
}

bool
kith_flush_now(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_session_check_idle(session, error))
        return false;
    if (kith_events_any(session) && !flush_with_hooks(session, place, error))
        return false;
    return flush_once(session, place, finish_flush, NULL, error);
}

bool
kith_flush_and_commit(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_session_check_idle(session, error))
        return false;
    if (kith_events_any(session) && !flush_with_hooks(session, place, error))
        return false;
    return flush_once(session, place, finish_commit, NULL, error);
}

/* A plan is made like for a flush, and what that did to the objects is taken back. */
static char *
describe_plan(KithSession *session, char *(*describe)(const KithPlan *), GError **error)
{
    KithFlush flush;
    flush_init(&flush, session, KITH_HERE);
    char *text = prepare(&flush, error) ? describe(flush.plan) : NULL;
    take_back(&flush);
    flush_finish(&flush);
    return text;
}

char *
kith_plan(KithSession *session, GError **error)
{
    return describe_plan(session, kith_plan_to_text, error);
}

char *
kith_plan_graph(KithSession *session, GError **error)
{
    return describe_plan(session, kith_plan_to_dot, error);
}

bool
kith_flush_before_query(KithEntitySet *set, KithPlace place, GError **error)
{
    KithSession *session = set->session;
    if (!kith_session_check_misuse(session, error))
        return false;
    if (session->engine->no_autoflush || session->is_flushing
        || !kith_set_has_changes(set))
        return true;
    if (kith_flush_now(session, place, error))
        return true;
    if (error != NULL)
        g_prefix_error(
            error, "in the automatic flush before a query of %s: ", set->mapper->entity);
    return false;
}

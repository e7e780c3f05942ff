/*
 * flush-write.c - hands the steps of a plan to the driver as batches, and gives rows the
 * keys that they refer to on the way. What went wrong is said in flush-failure.c.
 */
#include "flush-write.h"

#include "change.h"
#include "flush-keys.h"
#include "foreign-key.h"

void
kith_writing_init(KithWriting *writing)
{
    writing->batches = g_ptr_array_new();
    kith_arena_init(&writing->memory, writing->first, sizeof writing->first);
}

void
kith_writing_finish(KithWriting *writing)
{
    kith_arena_clear(&writing->memory);
    g_ptr_array_unref(writing->batches);
}

void
kith_writing_begin(KithWriting *writing, KithSession *session)
{
    writing->session = session;
    writing->is_first = false;
    writing->has_savepoint = false;
    writing->has_checks = false;
}

void
kith_writing_clear(KithWriting *writing)
{
    writing->plan = NULL;
    g_ptr_array_set_size(writing->batches, 0);
    kith_arena_clear(&writing->memory);
}

/*
 * A key that the database has made before, and that the row has since the change was
 * collected. Not so what had been left out, and is written now.
 */
static bool
has_key_of(const KithChange *change,
           const KithForeignKey *foreign_key,
           const void *target)
{
    return change->operation == KITH_OPERATION_INSERT && change->left_out == NULL
           && foreign_key->n_columns == 1
           && foreign_key->targets[0] == foreign_key->target->generated
           && kith_entity_of(target)->state == KITH_PERSISTENT;
}

/*
 * Give the foreign keys of a row the keys of their targets. Returns false if one is not
 * known yet: its insert was submitted, and has to be settled first.
 */
static bool
resolve_references(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; !change->is_passing && i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->is_extension && kith_mapper_key_is_missing(mapper, change->row))
            return false;
        const void *target = foreign_key->reference != KITH_NO_OFFSET
                                 ? *kith_reference_target(foreign_key, change->row)
                                 : NULL;
        if (target == NULL || has_key_of(change, foreign_key, target)
            || !kith_foreign_key_is_written(foreign_key, change->bits))
            continue;
        if (change->left_out != NULL
            && kith_foreign_key_is_written(foreign_key, change->left_out))
            kith_foreign_key_empty(foreign_key, change->row);
        else if (!kith_foreign_key_copy(kith_entity_of(change->row), foreign_key, target))
            return false;
    }
    return true;
}

/* Most rows that are inserted got the keys that they refer to when they were collected. */
static bool
may_be_unresolved(const KithChange *change)
{
    return change->operation != KITH_OPERATION_INSERT || change->awaits_keys
           || change->has_made_key || change->left_out != NULL;
}

bool
kith_writing_resolve(const KithWriting *writing, guint index, GError **error)
{
    const KithStep *step = &g_array_index(writing->plan->steps, KithStep, index);
    if (step->operation == KITH_OPERATION_DELETE)
        return true;
    for (unsigned i = 0; i < step->n_changes; i++) {
        const KithChange *change = kith_plan_change(writing->plan, step, i);
        if (!may_be_unresolved(change) || resolve_references(change))
            continue;
        if (!kith_connection_sync(writing->session->connection, error))
            return false;
        g_assert(resolve_references(change)); /* the plan put the target before */
    }
    return true;
}

bool
kith_writing_may_go_with_others(const KithStep *step)
{
    bool may_go = false;
    for (unsigned i = 0; i < step->mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &step->mapper->foreign_keys[i];
        may_go = may_go
                 || (foreign_key->on_delete == KITH_CASCADE
                     && foreign_key->table == step->mapper);
    }
    return step->operation == KITH_OPERATION_DELETE && may_go;
}

/*
 * Are the rows written by one statement, where the database has such? Many are, and rows
 * that could go with each other: those that are named go first, then what goes with them.
 */
static bool
is_bulk(const KithWriting *writing, const KithStep *step)
{
    size_t bulk_from = writing->session->engine->bulk_from;
    return bulk_from > 0
           && (step->n_changes >= bulk_from
               || (step->n_changes > 1 && kith_writing_may_go_with_others(step)));
}

static KithBatch *
new_batch(KithWriting *writing, const KithStep *step)
{
    KithEngine *engine = writing->session->engine;
    KithBatch *batch = kith_arena_alloc(&writing->memory, sizeof *batch);
    *batch = (KithBatch){
        .shape = kith_engine_shape(engine, step->mapper, step->operation, step->bits),
        .n_rows = step->n_changes,
        .rows =
            kith_arena_alloc(&writing->memory, step->n_changes * sizeof *batch->rows),
        .failed_row = KITH_NO_ROW,
        .in_bulk = is_bulk(writing, step),
    };
    for (unsigned i = 0; i < step->n_changes; i++) {
        const KithChange *change = kith_plan_change(writing->plan, step, i);
        batch->rows[i] = (KithRow){ .row = change->row,
                                    .before = change->before,
                                    .is_passing = change->is_passing };
    }
    g_ptr_array_add(writing->batches, batch);
    return batch;
}

static bool
submit_step(KithWriting *writing, guint index, GError **error)
{
    const KithStep *step = &g_array_index(writing->plan->steps, KithStep, index);
    writing->has_checks = writing->has_checks || step->operation != KITH_OPERATION_INSERT;
    return kith_writing_resolve(writing, index, error)
           && kith_connection_submit(
               writing->session->connection, new_batch(writing, step), error);
}

/*
 * To find out which row of many a statement failed for, they are written once more, row
 * by row. A transaction that has nothing else in it is begun anew for that.
 */
static bool
set_savepoint(KithWriting *writing, GError **error)
{
    const GArray *steps = writing->plan->steps;
    bool has_bulk = false;
    for (guint i = 0; i < steps->len; i++)
        has_bulk = has_bulk || is_bulk(writing, &g_array_index(steps, KithStep, i));
    if (!has_bulk || writing->is_first)
        return true;
    writing->has_savepoint = true;
    return kith_connection_command(
        writing->session->connection, "SAVEPOINT " KITH_FLUSH_SAVEPOINT, error);
}

bool
kith_writing_submit(KithWriting *writing, const KithPlan *plan, GError **error)
{
    writing->plan = plan;
    bool done =
        kith_make_keys(writing->session, plan, error) && set_savepoint(writing, error);
    for (guint i = 0; done && i < plan->steps->len; i++)
        done = submit_step(writing, i, error);
    if (done && writing->has_savepoint)
        done = kith_connection_command(writing->session->connection,
                                       "RELEASE SAVEPOINT " KITH_FLUSH_SAVEPOINT,
                                       error);
    return done;
}

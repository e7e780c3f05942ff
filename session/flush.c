/*
 * flush.c - runs a flush: what has changed is planned, written, and settled. Every object
 * is either all written or all as before.
 */
#include "flush.h"

#include "change.h"
#include "changeset.h"
#include "error.h"
#include "events.h"
#include "flush-hooks.h"
#include "foreign-key.h"
#include "transaction.h"
#include "violation.h"

#include <string.h>

typedef struct KithFlush {
    KithSession *session;
    KithPlace place;
    KithChangeSet set;
    KithPlan *plan;
    GPtrArray *batches; /* of KithBatch, by step: alive until all is settled */
    bool has_checks;    /* rows that may be missed: to be looked at before a commit */
} KithFlush;

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
    kith_changeset_init(&flush->set, session);
    flush->batches = g_ptr_array_new_with_free_func(free_batch);
}

static void
flush_finish(KithFlush *flush)
{
    kith_plan_free(flush->plan);
    g_ptr_array_unref(flush->batches);
    kith_changeset_finish(&flush->set);
}

static bool
prepare(KithFlush *flush, GError **error)
{
    if (!kith_session_check_misuse(flush->session, error))
        return false;
    kith_changeset_collect(&flush->set);
    if (kith_changeset_check(&flush->set, error))
        flush->plan = kith_changeset_plan(&flush->set, error);
    return flush->plan != NULL;
}

/* --- writing ----------------------------------------------------------------------- */

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
        const void *target = foreign_key->reference != KITH_NO_OFFSET
                                 ? *kith_reference_target(foreign_key, change->row)
                                 : NULL;
        if (target == NULL || !kith_foreign_key_is_written(foreign_key, change->bits))
            continue;
        if (change->left_out != NULL
            && kith_foreign_key_is_written(foreign_key, change->left_out))
            kith_foreign_key_empty(foreign_key, change->row);
        else if (!kith_foreign_key_copy(kith_entity_of(change->row), foreign_key, target))
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
    kith_error_name_row(error, mapper, first->before);
    return false;
}

/* --- failure ----------------------------------------------------------------------- */

/*
 * A row that was missed before the failure is what went wrong first: the rows behind it
 * relied on what it should have become.
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
        kith_error_name_row(&error, step->mapper, named);
        return;
    }
}

/* --- success ----------------------------------------------------------------------- */

/* --- the three together ------------------------------------------------------------ */

/* Prepare and send. Nothing is sent if nothing has changed. */
static bool
run(KithFlush *flush, GError **error)
{
    if (!prepare(flush, error)) {
        kith_changeset_take_back(&flush->set);
        return false;
    }
    if (flush->plan->steps->len == 0)
        return true;
    if (flush->session->is_read_only) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "there are changes to write, and the transaction is read only");
        kith_changeset_take_back(&flush->set);
        return false;
    }
    if (!kith_transaction_open(flush->session, NULL, flush->place, error)) {
        kith_changeset_take_back(&flush->set);
        return false;
    }
    g_autoptr(GError) failure = NULL;
    if (submit_steps(flush, &failure))
        return true;
    explain(flush, &failure);
    kith_changeset_take_back(&flush->set);
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
    kith_changeset_take_back(&flush->set);
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
    kith_changeset_take_back(&flush->set);
    kith_transaction_lose(session, flush->place);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* --- flush, and commit ------------------------------------------------------------- */

/* @finish: wait_and_check(), or all that a commit takes. */
static bool
flush_once(KithSession *session,
           KithPlace place,
           bool (*finish)(KithFlush *flush, GError **error),
           bool (*after)(KithChangeSet *set, GError **error),
           GError **error)
{
    KithFlush flush;
    flush_init(&flush, session, place);
    bool done = run(&flush, error) && finish(&flush, error);
    if (done) {
        kith_changeset_settle(&flush.set);
        if (after != NULL && !after(&flush.set, error)) {
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

/* After a failure one can go back to a savepoint, but not once COMMIT was sent. */
static bool
finish_commit(KithFlush *flush, GError **error)
{
    bool has_to_wait =
        flush->has_checks
        || (flush->plan->steps->len > 0 && flush->session->savepoints->len > 0);
    return (!has_to_wait || wait_and_check(flush, error))
           && (flush->session->connection == NULL || commit(flush, error));
}

/* Flush until the hooks have nothing more to change. */
static bool
flush_with_hooks(KithSession *session, KithPlace place, GError **error)
{
    for (unsigned round = 0; kith_has_changes(session); round++) {
        if (round == KITH_MAX_ROUNDS)
            return kith_hooks_refuse_rounds(error);
        session->is_flushing = true;
        bool done =
            kith_hooks_before_flush(session, error)
            && flush_once(session, place, finish_flush, kith_hooks_after_flush, error);
        session->is_flushing = false;
        if (!done)
            return false;
    }
    return kith_session_check_misuse(session, error);
}

/* What the rounds before a failure have written is not left behind. */
static bool
flush_all_with_hooks(KithSession *session, KithPlace place, GError **error)
{
    guint n_undos = session->journal->len;
    kith_hooks_begin(session);
    if (flush_with_hooks(session, place, error))
        return true;
    if (session->journal->len > n_undos)
        kith_transaction_fail(session, place);
    return false;
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
    if (kith_events_any(session) && !flush_all_with_hooks(session, place, error))
        return false;
    return flush_once(session, place, finish_flush, NULL, error);
}

bool
kith_flush_and_commit(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_session_check_idle(session, error))
        return false;
    if (kith_events_any(session) && !flush_all_with_hooks(session, place, error))
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
    kith_changeset_take_back(&flush.set);
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

/*
 * flush.c - runs a flush: what has changed is planned, written, and settled. Every object
 * is either all written or all as before.
 */
#include "flush.h"

#include "cascade.h"
#include "change.h"
#include "changeset.h"
#include "error.h"
#include "events.h"
#include "flush-hooks.h"
#include "flush-write.h"
#include "stream.h"
#include "transaction.h"

/* What a flush takes; the memory of a small one waits in the session for the next. */
struct KithFlush {
    KithSession *session;
    KithPlace place;
    KithChangeSet set;
    KithPlan *plan;
    KithWriting writing; /* alive until all is settled */
};

/* More changes than this are not often made, and their memory is not kept. */
#define MAX_KEPT_CHANGES 64

static KithFlush *
flush_new(void)
{
    KithFlush *flush = g_new0(KithFlush, 1);
    kith_changeset_init(&flush->set);
    flush->plan = kith_plan_new();
    kith_writing_init(&flush->writing);
    return flush;
}

void
kith_flush_free(KithFlush *flush)
{
    if (flush == NULL)
        return;
    kith_writing_finish(&flush->writing);
    kith_plan_free(flush->plan);
    kith_changeset_finish(&flush->set);
    g_free(flush);
}

static KithFlush *
flush_begin(KithSession *session, KithPlace place)
{
    KithFlush *flush = g_steal_pointer(&session->flush);
    if (flush == NULL)
        flush = flush_new();
    flush->session = session;
    flush->place = place;
    kith_changeset_begin(&flush->set, session);
    kith_writing_begin(&flush->writing, session);
    return flush;
}

static void
flush_end(KithFlush *flush)
{
    KithSession *session = flush->session;
    bool is_small = flush->set.changes->len <= MAX_KEPT_CHANGES;
    kith_writing_clear(&flush->writing);
    kith_plan_clear(flush->plan);
    kith_changeset_clear(&flush->set);
    if (is_small && session->flush == NULL)
        session->flush = flush;
    else
        kith_flush_free(flush);
}

static bool
prepare(KithFlush *flush, bool may_load, GError **error)
{
    if (!kith_session_check_misuse(flush->session, error)
        || !kith_cascade(flush->session, may_load, NULL, flush->place, error))
        return false;
    kith_changeset_collect(&flush->set);
    return kith_changeset_check(&flush->set, error)
           && kith_changeset_plan(&flush->set, flush->plan, error);
}

/* --- the parts together ------------------------------------------------------------ */

/* Prepare and send. Nothing is sent if nothing has changed. */
static bool
run(KithFlush *flush, GError **error)
{
    if (!prepare(flush, true, error)) {
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
    flush->writing.is_first = flush->session->connection == NULL;
    if (!kith_transaction_open(flush->session, NULL, flush->place, error)) {
        kith_changeset_take_back(&flush->set);
        return false;
    }
    g_autoptr(GError) failure = NULL;
    if (kith_writing_submit(&flush->writing, flush->plan, &failure))
        return true;
    kith_writing_explain(&flush->writing, &failure);
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
        && kith_writing_check(&flush->writing, &failure))
        return true;
    kith_writing_explain(&flush->writing, &failure);
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
    flush->set.is_committed = kith_connection_commit(session->connection, &failure);
    if (flush->set.is_committed)
        return true;
    kith_writing_explain(&flush->writing, &failure);
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
    KithFlush *flush = flush_begin(session, place);
    bool done = run(flush, error) && finish(flush, error);
    if (done) {
        kith_changeset_settle(&flush->set);
        if (after != NULL && !after(&flush->set, error)) {
            kith_transaction_fail(session, place);
            done = false;
        }
    }
    flush_end(flush);
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
        (flush->writing.has_checks
         && !flush->session->engine->driver->dialect->fails_when_missed)
        || (flush->plan->steps->len > 0 && flush->session->savepoints->len > 0);
    return (!has_to_wait || wait_and_check(flush, error))
           && (flush->session->connection == NULL || commit(flush, error));
}

/* Hooks delete what others refer to; what goes with it has hooks, too. */
static bool
run_hooks_before(KithSession *session, KithPlace place, GError **error)
{
    bool has_changed = true;
    bool done = kith_cascade(session, true, NULL, place, error)
                && kith_hooks_before_flush(session, error);
    while (done && has_changed) {
        has_changed = false;
        done = kith_cascade(session, true, &has_changed, place, error)
               && (!has_changed || kith_hooks_before_more(session, error));
    }
    return done;
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
            run_hooks_before(session, place, error)
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
        return kith_streams_check(session, error);
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
    KithFlush *flush = flush_begin(session, KITH_HERE);
    char *text = prepare(flush, false, error) ? describe(flush->plan) : NULL;
    kith_changeset_take_back(&flush->set);
    flush_end(flush);
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

bool
kith_flush_before_unknown(KithSession *session, KithPlace place, GError **error)
{
    if (!kith_session_check_misuse(session, error))
        return false;
    if (session->engine->no_autoflush || session->is_flushing
        || !kith_has_changes(session))
        return true;
    return kith_flush_now(session, place, error);
}

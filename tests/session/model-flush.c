/*
 * model-flush.c - the operations of a run that write, and what each has to come to: in the database,
 * in the objects, and in the transaction.
 */
#include "model-run.h"

#include "session.h"

/* --- how a call ended ---------------------------------------------------------------------------------- */

static bool
is_code(const GError *error, KithErrorCode code)
{
    return g_error_matches(error, KITH_ERROR, (gint) code);
}

static void
expect_error(Run *run, bool done, const GError *error, KithErrorCode code, const char *why)
{
    if (done || !is_code(error, code))
        complain(run,
                 "it should fail with code %d (%s), and %s",
                 (int) code,
                 why,
                 error != NULL ? error->message : "does not");
}

bool
has_failed_by_fault(Run *run, bool done, const GError *error)
{
    if (faulty_fired_at() == FAULTY_NONE)
        return false;
    bool is_ours = is_code(error, KITH_ERROR_BUSY) || is_code(error, KITH_ERROR_CONNECTION)
                   || is_code(error, KITH_ERROR_OUTCOME_UNKNOWN);
    if (done || !is_ours)
        complain(run,
                 "it should fail by the fault, and %s",
                 error != NULL ? error->message : "does not");
    return true;
}

/* A failure goes back to the innermost savepoint, if that can still be reached. */
static unsigned
level_after_failure(const Run *run, OperationKind kind)
{
    FaultyCall call = faulty_fired_at();
    bool is_reached = run->session->connection != NULL;
    if (call == FAULTY_COMMIT)
        return 0;
    /* SQLite has released the savepoint when the failure comes; or the connection is lost. */
    bool may_be_all = call != FAULTY_NONE && (kind == OPERATION_RELEASE || !is_reached);
    return may_be_all && !is_reached ? 0 : run->model->level;
}

static void
conclude_fault(Run *run, const Forecast *forecast, OperationKind kind)
{
    FaultyCall call = faulty_fired_at();
    bool had_begun = run->model->is_open || (call != FAULTY_OPEN && call != FAULTY_BEGIN);
    /* The flush was over when the savepoint failed; or it did not need a transaction. */
    if (!had_begun && !forecast->writes)
        g_free(model_flush(run->model, forecast));
    if (!had_begun)
        return;
    unsigned level = level_after_failure(run, kind);
    if (call == FAULTY_COMMAND || call == FAULTY_LAST_SYNC)
        model_flush_and_lose(run->model, forecast, level);
    else
        model_fail(run->model, level);
    run->n_failed++;
}

static void
conclude_violation(Run *run,
                   const Forecast *forecast,
                   OperationKind kind,
                   bool done,
                   const GError *error)
{
    const Problem *problem = NULL;
    for (guint i = 0; problem == NULL && i < forecast->problems->len; i++) {
        const Problem *other = &g_array_index(forecast->problems, Problem, i);
        problem = other->is_refused ? NULL : other;
    }
    if (done || error == NULL || error->domain != KITH_ERROR
        || !forecast_allows(forecast, false, (KithErrorCode) error->code))
        expect_error(run, done, error, problem->code, problem->entity->name);
    model_fail(run->model, level_after_failure(run, kind));
    run->n_failed++;
}

/* Found before anything was sent: the transaction stays as it is. Returns true if it is that. */
static bool
conclude_refusal(Run *run, const Forecast *forecast, bool done, const GError *error)
{
    Model *model = run->model;
    if (model->is_misused) {
        expect_error(run, done, error, KITH_ERROR_MISUSE, "a call made no sense");
        model->is_misused = false;
    } else if (forecast_fails(forecast, true)) {
        if (done || error == NULL
            || !forecast_allows(forecast, true, (KithErrorCode) error->code))
            complain(run,
                     "it should be refused, and %s",
                     error != NULL ? error->message : "is not");
    } else if (model->is_read_only && forecast->writes) {
        expect_error(run, done, error, KITH_ERROR_MISUSE, "the transaction is read only");
    } else {
        return false;
    }
    run->n_failed++;
    return true;
}

bool
conclude_flush(
    Run *run, const Forecast *forecast, OperationKind kind, bool done, const GError *error)
{
    if (done != (error == NULL)) {
        complain(run, "it %s an error", done ? "is done, with" : "fails without");
        return false;
    }
    if (conclude_refusal(run, forecast, done, error))
        return false;
    if (forecast->is_blind) {
        run->model->is_ambiguous = true;
        return false;
    }
    bool has_fired = faulty_fired_at() != FAULTY_NONE && faulty_fired_at() != FAULTY_QUERY;
    bool violates = forecast_fails(forecast, false);
    bool is_allowed = error != NULL && violates
                      && forecast_allows(forecast, false, (KithErrorCode) error->code);
    if (has_fired && (is_allowed || has_failed_by_fault(run, done, error))) {
        conclude_fault(run, forecast, kind);
        return false;
    }
    if (violates) {
        conclude_violation(run, forecast, kind, done, error);
        return false;
    }
    if (!done && faulty_fired_at() != FAULTY_QUERY) {
        complain(run, "it should go well: %s", error->message);
        return false;
    }
    g_autofree char *complaint = model_flush(run->model, forecast);
    if (complaint != NULL)
        complain(run, "%s", complaint);
    note_inserts(run);
    run->model->is_open = run->model->is_open || forecast->writes;
    return true;
}

/* --- the operations -------------------------------------------------------------------------------------- */

static void
flush(Run *run)
{
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    run_log(run, "flush()");
    bool done = kith_flush(run->session, &error);
    if (conclude_flush(run, forecast, OPERATION_FLUSH, done, error))
        g_ptr_array_set_size(run->texts, 0);
}

/* The rows are committed, and the session could not be told: it knows nothing any more. */
static void
conclude_unknown_commit(Run *run, const Forecast *forecast)
{
    (void) forecast;
    kith_session_free(run->session);
    run->session = kith_session_new(run->database->engine);
    model_forget(run->model);
    g_ptr_array_set_size(run->texts, 0);
}

static void
commit(Run *run, Fault fault)
{
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    run_log(run, "commit()");
    bool done = kith_commit(run->session, &error);
    bool is_unknown = faulty_fired_at() == FAULTY_COMMIT && fault == FAULT_LOST_AFTERWARDS;
    if (is_unknown) {
        /* What the database made is not in the objects any more: read it. */
        if (done || !is_code(error, KITH_ERROR_OUTCOME_UNKNOWN))
            complain(run, "the outcome should be unknown");
        run->model->is_ambiguous = true;
        conclude_unknown_commit(run, forecast);
        return;
    }
    if (conclude_flush(run, forecast, OPERATION_COMMIT, done, error)) {
        model_commit(run->model);
        g_ptr_array_set_size(run->texts, 0);
    }
    check_rows(run);
}

static void
savepoint(Run *run)
{
    if (run->model->level == MAX_LEVELS - 1)
        return;
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    run_log(run, "savepoint()");
    bool done = kith_savepoint(run->session, &error);
    if (!conclude_flush(run, forecast, OPERATION_SAVEPOINT, done, error))
        return;
    model_savepoint(run->model);
    g_ptr_array_set_size(run->texts, 0);
}

static void
release(Run *run)
{
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    run_log(run, "savepoint_release()");
    bool done = kith_savepoint_release(run->session, &error);
    if (run->model->level == 0) {
        expect_error(run, done, error, KITH_ERROR_MISUSE, "there is no savepoint");
        return;
    }
    if (!conclude_flush(run, forecast, OPERATION_RELEASE, done, error))
        return;
    model_release(run->model);
    g_ptr_array_set_size(run->texts, 0);
}

static void
roll_back_to_savepoint(Run *run)
{
    Model *model = run->model;
    g_autoptr(GError) error = NULL;
    run_log(run, "savepoint_rollback()");
    bool done = kith_savepoint_rollback(run->session, &error);
    if (model->level == 0) {
        expect_error(run, done, error, KITH_ERROR_MISUSE, "there is no savepoint");
        return;
    }
    if (has_failed_by_fault(run, done, error)) {
        model_roll_back(model, 0);
    } else {
        if (!done)
            complain(run, "it should go well: %s", error->message);
        model_roll_back(model, model->level);
        model->level--;
    }
    check_rows(run);
}

void
change_roll_back(Run *run)
{
    run_log(run, "rollback()");
    kith_rollback(run->session);
    model_roll_back(run->model, 0);
    g_ptr_array_set_size(run->texts, 0);
    check_rows(run);
}

static void
begin(Run *run, const Operation *operation)
{
    KithTransactionOptions options = { .read_only = operation->a % 4 == 0 };
    g_autoptr(GError) error = NULL;
    run_log(run, "begin(%s)", options.read_only ? "read only" : "");
    bool done = kith_begin(run->session, &options, &error);
    if (run->model->is_open) {
        expect_error(run, done, error, KITH_ERROR_MISUSE, "a transaction is open");
        return;
    }
    if (has_failed_by_fault(run, done, error))
        return;
    if (!done)
        complain(run, "it should go well: %s", error->message);
    run->model->is_open = true;
    run->model->is_read_only = options.read_only;
}

static void
change_session(Run *run)
{
    run_log(run, "a new session");
    kith_session_free(run->session);
    run->session = kith_session_new(run->database->engine);
    model_forget(run->model);
    g_ptr_array_set_size(run->texts, 0);
    check_rows(run);
}

bool
run_flush(Run *run, const Operation *operation)
{
    switch (operation->kind) {
    case OPERATION_FLUSH:
        return flush(run), true;
    case OPERATION_SAVEPOINT:
        return savepoint(run), true;
    case OPERATION_RELEASE:
        return release(run), true;
    case OPERATION_ROLLBACK_TO:
        return roll_back_to_savepoint(run), true;
    case OPERATION_COMMIT:
        return commit(run, operation->fault), true;
    case OPERATION_ROLLBACK:
        return change_roll_back(run), true;
    case OPERATION_BEGIN:
        return begin(run, operation), true;
    case OPERATION_NEW_SESSION:
        return change_session(run), true;
    default:
        return false;
    }
}

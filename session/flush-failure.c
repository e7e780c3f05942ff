/*
 * flush-failure.c - which object it is that a flush failed for, and whether a row that
 * was missed is a failure.
 */
#include "flush-write.h"

#include "changeset.h"
#include "error.h"
#include "violation.h"

#include <string.h>

/* --- rows that were not there ------------------------------------------------------ */

/* Has the flush deleted a row of @mapper? */
static bool
has_deleted(const KithWriting *writing, const KithMapper *mapper)
{
    for (guint i = 0; i < writing->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(writing->batches, i);
        const KithStep *step = &g_array_index(writing->plan->steps, KithStep, i);
        if (step->operation != KITH_OPERATION_DELETE || step->mapper != mapper)
            continue;
        for (size_t j = 0; j < batch->n_rows; j++) {
            if (!batch->rows[j].missed)
                return true;
        }
    }
    return false;
}

/*
 * Did the row go with another one of its table, which the flush has deleted? What lies
 * between the two need not be loaded, so the plan cannot put the lower one first. Only a
 * database that goes on when a row is missed can be asked.
 */
static bool
went_with_another(const KithWriting *writing, const KithStep *step, const KithRow *row)
{
    KithConnection *connection = writing->session->connection;
    return !connection->driver->dialect->fails_when_missed
           && kith_writing_may_go_with_others(step) && has_deleted(writing, step->mapper)
           && kith_violation_is_gone(
               writing->session, connection, step->mapper, row->before);
}

/* A row that was not there to be changed: somebody else was faster. */
bool
kith_writing_check(const KithWriting *writing, GError **error)
{
    const KithChange *first = NULL;
    size_t n_missed = 0;
    for (guint i = 0; i < writing->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(writing->batches, i);
        const KithStep *step = &g_array_index(writing->plan->steps, KithStep, i);
        for (size_t j = 0; j < batch->n_rows; j++) {
            if (!batch->rows[j].missed
                || went_with_another(writing, step, &batch->rows[j]))
                continue;
            if (n_missed++ == 0)
                first = kith_plan_change(writing->plan, step, (unsigned) j);
        }
    }
    if (n_missed == 0)
        return true;
    g_autofree char *more =
        n_missed > 1 ? g_strdup_printf(", and %zu more rows of this flush", n_missed - 1)
                     : g_strdup("");
    KithErrorDetails details = { .table = first->mapper->table };
    kith_error_set_details(
        error,
        KITH_ERROR_STALE,
        &details,
        "the row was changed or deleted by somebody else since it was read%s; "
        "roll back, read it again, and do it once more",
        more);
    kith_error_name_row(error, kith_change_what(first), first->before);
    return false;
}

/*
 * A row that was missed before the failure is what went wrong first: the rows behind it
 * relied on what it should have become.
 */
static bool
was_missed_first(const KithWriting *writing, GError **error)
{
    g_autoptr(GError) stale = NULL;
    if (kith_writing_check(writing, &stale))
        return false;
    g_clear_error(error);
    *error = g_steal_pointer(&stale);
    return true;
}

/* --- which of many it was ---------------------------------------------------------- */

/* Errors that a row can be the reason of. */
static bool
is_about_a_row(const GError *error)
{
    static const KithErrorCode codes[] = {
        KITH_ERROR_UNIQUE, KITH_ERROR_FOREIGN_KEY, KITH_ERROR_NOT_NULL, KITH_ERROR_CHECK,
        KITH_ERROR_TYPE,   KITH_ERROR_SQL,         KITH_ERROR_STALE,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_error_matches(error, KITH_ERROR, (gint) codes[i]))
            return true;
    }
    return false;
}

/*
 * Go back to where the transaction was before this flush. A commit that failed has rolled
 * back all of it; then another one has to do, without what was written before.
 */
static bool
start_again(const KithWriting *writing)
{
    KithConnection *connection = writing->session->connection;
    if (writing->has_savepoint
        && kith_connection_rollback(
            connection, "ROLLBACK TO " KITH_FLUSH_SAVEPOINT, NULL))
        return true;
    return writing->session->savepoints->len == 0
           && kith_connection_rollback(connection, "ROLLBACK", NULL)
           && kith_connection_command(
               connection, connection->driver->dialect->begin, NULL);
}

/*
 * Write it all once more, up to batch @last, and that one row by row. It fails as it did,
 * but now it is known for which row.
 */
static void
write_again(const KithWriting *writing, guint last, GError **error)
{
    KithConnection *connection = writing->session->connection;
    bool done = true;
    for (guint i = 0; done && i <= last; i++) {
        KithBatch *batch = g_ptr_array_index(writing->batches, i);
        batch->in_bulk = batch->in_bulk && i < last;
        done = kith_writing_resolve(writing, i, error)
               && kith_connection_submit(connection, batch, error)
               && (batch->shape->generated == NULL
                   || kith_connection_sync(connection, error));
    }
    if (done)
        (void) kith_connection_sync(connection, error);
}

/* The message has the values that were refused, as far as the database tells them. */
static bool
is_same(const GError *one, const GError *other)
{
    return other != NULL && other->domain == one->domain && other->code == one->code
           && g_strcmp0(kith_error_constraint(one), kith_error_constraint(other)) == 0
           && g_strcmp0(kith_error_sqlstate(one), kith_error_sqlstate(other)) == 0
           && strcmp(one->message, other->message) == 0;
}

/* It went wrong in another way: nothing of that is what is to be told. */
static void
forget_failure(const KithWriting *writing, guint last)
{
    for (guint i = 0; i <= last; i++) {
        KithBatch *batch = g_ptr_array_index(writing->batches, i);
        batch->failed_row = KITH_NO_ROW;
        for (size_t j = 0; j < batch->n_rows; j++)
            batch->rows[j].missed = false;
    }
}

/*
 * A statement for many rows failed, and does not say for which. What is found is believed
 * only if it is the same failure: others write meanwhile.
 */
static void
find_culprit(const KithWriting *writing, guint index, const GError *error)
{
    KithBatch *batch = g_ptr_array_index(writing->batches, index);
    size_t first = batch->failed_row, n_suspects = batch->n_suspects;
    g_autoptr(GError) found = NULL;
    if (n_suspects == 1 || !is_about_a_row(error) || !start_again(writing))
        return;
    write_again(writing, index, &found);
    bool is_one = is_same(error, found) && batch->failed_row != KITH_NO_ROW
                  && batch->n_suspects == 1 && batch->failed_row - first < n_suspects;
    if (is_one)
        return;
    forget_failure(writing, index);
    batch->failed_row = first;
    batch->n_suspects = n_suspects;
}

/* --- saying it --------------------------------------------------------------------- */

/* A key that was made for the flush is not one that the program could know. */
static void
name_row(const KithWriting *writing, guint index, GError *error)
{
    const KithBatch *batch = g_ptr_array_index(writing->batches, index);
    const KithStep *step = &g_array_index(writing->plan->steps, KithStep, index);
    const KithRow *row = &batch->rows[batch->failed_row];
    const KithChange *change =
        kith_plan_change(writing->plan, step, (unsigned) batch->failed_row);
    const KithMapper *what = kith_change_what(change);
    if (batch->n_suspects > 1) {
        g_prefix_error(&error, "one of %zu rows: ", batch->n_suspects);
        kith_error_add_entity(error, what->entity, NULL);
    } else if (change->has_made_key) {
        kith_error_add_entity(error, what->entity, "(new)");
    } else {
        kith_error_name_row(&error, what, row->before != NULL ? row->before : row->row);
    }
}

void
kith_writing_explain(const KithWriting *writing, GError **failure)
{
    if (was_missed_first(writing, failure))
        return;
    for (guint i = 0; i < writing->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(writing->batches, i);
        const KithStep *step = &g_array_index(writing->plan->steps, KithStep, i);
        if (batch->failed_row == KITH_NO_ROW)
            continue;
        find_culprit(writing, i, *failure);
        if (was_missed_first(writing, failure))
            return;
        const KithRow *row = &batch->rows[batch->failed_row];
        kith_violation_complete(*failure,
                                writing->session,
                                writing->session->connection,
                                step->mapper,
                                step->operation,
                                row->row != NULL ? row->row : row->before);
        name_row(writing, i, *failure);
        return;
    }
}

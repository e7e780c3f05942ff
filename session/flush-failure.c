/*
 * flush-failure.c - which object it is that a flush failed for.
 */
#include "flush-write.h"

#include "changeset.h"
#include "error.h"
#include "violation.h"

/* A row that was not there to be changed: somebody else was faster. */
bool
kith_writing_check(const KithWriting *writing, GError **error)
{
    const KithRow *first = NULL;
    const KithMapper *mapper = NULL;
    size_t n_missed = 0;
    for (guint i = 0; i < writing->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(writing->batches, i);
        for (size_t j = 0; j < batch->n_rows; j++) {
            if (!batch->rows[j].missed)
                continue;
            if (n_missed++ == 0) {
                first = &batch->rows[j];
                mapper = g_array_index(writing->plan->steps, KithStep, i).mapper;
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

/*
 * A row that was missed before the failure is what went wrong first: the rows behind it
 * relied on what it should have become.
 */
static bool
was_missed_first(const KithWriting *writing, GError **error)
{
    g_autoptr(GError) stale = NULL;
    if (g_error_matches(*error, KITH_ERROR, KITH_ERROR_STALE)
        || kith_writing_check(writing, &stale))
        return false;
    g_clear_error(error);
    *error = g_steal_pointer(&stale);
    return true;
}

void
kith_writing_explain(const KithWriting *writing, GError **failure)
{
    GError *error = *failure;
    if (was_missed_first(writing, failure))
        return;
    for (guint i = 0; i < writing->batches->len; i++) {
        const KithBatch *batch = g_ptr_array_index(writing->batches, i);
        if (batch->failed_row == KITH_NO_ROW)
            continue;
        const KithStep *step = &g_array_index(writing->plan->steps, KithStep, i);
        const KithRow *row = &batch->rows[batch->failed_row];
        const void *named = row->before != NULL ? row->before : row->row;
        kith_violation_complete(error,
                                writing->session,
                                writing->session->connection,
                                step->mapper,
                                step->operation,
                                row->row != NULL ? row->row : row->before);
        kith_error_name_row(&error, step->mapper, named);
        return;
    }
}

/*
 * test-model.c - random sequences of operations on random objects, on each database, each step of
 * them compared with a model in memory. See model.h for the model, model-run.h for the operations.
 *
 *     KITH_TEST_SEED     the seed, or "random"; it is printed at the start. Same seed, same
 *                        sequences; without it the same ones every day, so that a failure is
 *                        of the change that was made
 *     KITH_TEST_ROUNDS   how many sequences; a soak is a larger number
 *     KITH_TEST_ROUND    only this one of them
 *     KITH_TEST_VERBOSE  print each operation as it is done
 *
 * A sequence that fails is made shorter by leaving out what it fails without, and printed.
 */
#define _POSIX_C_SOURCE 200809L /* for sigsetjmp() */

#include "model-run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DEFAULT_ROUNDS 300
#define MAX_RERUNS 3000 /* to make a sequence shorter */

static guint32 seed = 20261122;
static unsigned n_rounds = DEFAULT_ROUNDS;
static int only_round = -1;

/* --- making sequences ------------------------------------------------------------------------------------ */

/* How often an operation comes, relative to the others. */
static const unsigned weights[N_OPERATIONS] = {
    [OPERATION_ADD] = 44,        [OPERATION_SET] = 30,         [OPERATION_EDIT] = 8,
    [OPERATION_WRITE] = 24,      [OPERATION_MOVE] = 16,        [OPERATION_DELETE] = 10,
    [OPERATION_DELETE_TREE] = 9, [OPERATION_SWAP] = 14,        [OPERATION_ROTATE] = 9,
    [OPERATION_REPLACE] = 10,    [OPERATION_APPEND] = 8,      [OPERATION_REMOVE] = 3,
    [OPERATION_REPLACE_KEY] = 10, [OPERATION_MISUSE] = 2,
    [OPERATION_EVICT] = 4,       [OPERATION_PLAN] = 3,         [OPERATION_MEND] = 22,
    [OPERATION_GET] = 8,         [OPERATION_GET_MISSING] = 1,  [OPERATION_QUERY] = 10,
    [OPERATION_REFERENCE] = 6,   [OPERATION_COLLECTION] = 8,   [OPERATION_REFRESH] = 4,
    [OPERATION_FLUSH] = 16,      [OPERATION_SAVEPOINT] = 12,   [OPERATION_RELEASE] = 5,
    [OPERATION_ROLLBACK_TO] = 8, [OPERATION_COMMIT] = 24,      [OPERATION_ROLLBACK] = 7,
    [OPERATION_BEGIN] = 4,       [OPERATION_NEW_SESSION] = 3,  [OPERATION_OTHER_CHANGE] = 4,
    [OPERATION_OTHER_DELETE] = 3, [OPERATION_OTHER_ADD] = 3,
};

static OperationKind
choose_kind(GRand *random)
{
    unsigned total = 0;
    for (unsigned i = 0; i < N_OPERATIONS; i++)
        total += weights[i];
    unsigned number = (unsigned) g_rand_int_range(random, 0, (gint32) total);
    for (unsigned i = 0; i < N_OPERATIONS; i++) {
        if (number < weights[i])
            return (OperationKind) i;
        number -= weights[i];
    }
    g_assert_not_reached();
}

static Operation
make_operation(GRand *random, bool has_faults, const unsigned *focus)
{
    Operation operation = { .kind = choose_kind(random) };
    operation.entity = focus[g_rand_int_range(random, 0, 4)];
    operation.a = (unsigned) g_rand_int_range(random, 0, 1000);
    operation.b = (unsigned) g_rand_int_range(random, 0, 1000);
    operation.c = (unsigned) g_rand_int_range(random, 0, 1000);
    bool can_fail = operation.kind >= OPERATION_GET && operation.kind < OPERATION_NEW_SESSION;
    unsigned fault_at = (unsigned) g_rand_int_range(random, 1, 8);
    Fault fault = (Fault) g_rand_int_range(random, 0, 3);
    if (has_faults && can_fail && g_rand_int_range(random, 0, 4) == 0) {
        operation.fault_at = fault_at;
        operation.fault = fault;
    }
    return operation;
}

/* A sequence is about a few entities, so that its objects meet. It ends with all mended. */
static GArray *
make_sequence(unsigned round, bool has_faults)
{
    static const unsigned relatives[][4] = {
        { AUTHOR, AUTHOR, BOOK, BOOK },       { AUTHOR, BOOK, CATEGORY, BOOK },
        { CATEGORY, CATEGORY, BOOK, AUTHOR }, { BRANCH, EMPLOYEE, BRANCH, EMPLOYEE },
        { SEAT, SEAT, SEAT, SEAT },           { TAG, TAG, TAG, SEAT },
        { TAG, MARK, TAG, MARK },             { TAG, HINT, TAG, HINT },
        { TAG, TAG, MARK, HINT },             { TAG, MARK, HINT, MARK },
        { AUTHOR, BRANCH, EMPLOYEE, TAG },    { CATEGORY, CATEGORY, CATEGORY, CATEGORY },
    };
    g_autoptr(GRand) random = g_rand_new_with_seed_array((guint32[]){ seed, round }, 2);
    GArray *sequence = g_array_new(FALSE, FALSE, sizeof(Operation));
    const unsigned *focus = relatives[g_rand_int_range(random, 0, G_N_ELEMENTS(relatives))];
    int n_operations = g_rand_int_range(random, 5, 60);
    for (int i = 0; i < n_operations; i++) {
        Operation operation = make_operation(random, has_faults, focus);
        g_array_append_val(sequence, operation);
    }
    Operation last[] = { { .kind = OPERATION_MEND }, { .kind = OPERATION_COMMIT } };
    g_array_append_vals(sequence, last, 2);
    return sequence;
}

/* What was done, to be printed. */
typedef struct Counts {
    unsigned n_sequences;
    unsigned n_operations;
    unsigned n_failed; /* flushes that had to fail, and did */
    unsigned n_faults; /* calls of the driver that failed */
} Counts;

/* --- running them -------------------------------------------------------------------------------------------- */

static sigjmp_buf crash_return;
static Run *crashing_run;

static void
on_crash(int number)
{
    siglongjmp(crash_return, number);
}

/* What the library says to the developer is a failure of the test. */
static void
on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
    (void) domain;
    (void) level;
    (void) data;
    if (crashing_run != NULL)
        complain(crashing_run, "%s", message);
}

static void
discard(const gchar *text)
{
    (void) text;
}

static void
run_all(Run *run, const GArray *sequence)
{
    for (guint i = 0; i < sequence->len; i++)
        run_operation(run, &g_array_index(sequence, Operation, i));
}

/*
 * Run a sequence. Returns false if it fails; then @ret_log says what was done. A crash is caught so
 * that the sequence can be made shorter: what it leaves behind is given up.
 */
static bool
run_sequence(Database *database, const GArray *sequence, Counts *counts, char **ret_log)
{
    static Run run;
    run_init(&run, database);
    crashing_run = &run;
    void (*on_abort)(int) = signal(SIGABRT, on_crash);
    void (*on_fault)(int) = signal(SIGSEGV, on_crash);
    int crash = sigsetjmp(crash_return, 1);
    if (crash == 0)
        run_all(&run, sequence);
    else
        complain(&run, "it crashes: signal %d", crash);
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_fault);
    crashing_run = NULL;
    bool is_good = run.failure == NULL;
    counts->n_sequences++;
    counts->n_operations += run.step;
    counts->n_failed += run.n_failed;
    counts->n_faults += run.n_faults;
    if (!is_good && ret_log != NULL)
        *ret_log = g_strdup(run.log->str);
    if (crash == 0)
        run_finish(&run);
    else
        database_open_engine(database);
    return is_good;
}

/* --- making them shorter ---------------------------------------------------------------------------------------- */

static GArray *
without(const GArray *sequence, guint first, guint n_operations)
{
    GArray *shorter = g_array_new(FALSE, FALSE, sizeof(Operation));
    for (guint i = 0; i < sequence->len; i++) {
        if (i < first || i >= first + n_operations)
            g_array_append_val(shorter, g_array_index(sequence, Operation, i));
    }
    return shorter;
}

static bool
still_fails(Database *database, const GArray *sequence, unsigned *n_reruns)
{
    Counts counts = { 0 };
    return ++*n_reruns < MAX_RERUNS && !run_sequence(database, sequence, &counts, NULL);
}

/* Leave out what can be left out, in pieces of one size. Returns true if that was anything. */
static bool
leave_out(Database *database, GArray **sequence, guint size, unsigned *n_reruns)
{
    bool any = false;
    for (guint first = 0; first < (*sequence)->len;) {
        GArray *shorter = without(*sequence, first, size);
        if (still_fails(database, shorter, n_reruns)) {
            g_array_unref(*sequence);
            *sequence = shorter;
            any = true;
        } else {
            g_array_unref(shorter);
            first += size;
        }
    }
    return any;
}

static void
leave_out_faults(Database *database, GArray *sequence, unsigned *n_reruns)
{
    for (guint i = 0; i < sequence->len; i++) {
        Operation *operation = &g_array_index(sequence, Operation, i);
        unsigned fault_at = operation->fault_at;
        operation->fault_at = 0;
        if (fault_at > 0 && !still_fails(database, sequence, n_reruns))
            operation->fault_at = fault_at;
    }
}

static GArray *
shrink(Database *database, const GArray *sequence)
{
    unsigned n_reruns = 0;
    GPrintFunc print = g_set_printerr_handler(discard);
    GArray *shortest = without(sequence, 0, 0);
    for (guint size = sequence->len / 2; size > 0; size /= 2)
        leave_out(database, &shortest, size, &n_reruns);
    leave_out_faults(database, shortest, &n_reruns);
    while (leave_out(database, &shortest, 1, &n_reruns))
        ;
    g_set_printerr_handler(print);
    return shortest;
}

static void
report(Database *database, unsigned round, const GArray *sequence)
{
    g_autoptr(GArray) shortest = shrink(database, sequence);
    g_autofree char *log = NULL;
    Counts counts = { 0 };
    if (run_sequence(database, shortest, &counts, &log))
        (void) run_sequence(database, sequence, &counts, &log);
    fail_msg("sequence %u of seed %u fails on %s:\n%s",
             round,
             seed,
             database->name,
             log != NULL ? log : "  (but not when it is run again)");
}

/* --- the tests ----------------------------------------------------------------------------------------------------- */

static void
print_counts(const Counts *counts)
{
    print_message("# %u sequences, %u operations, %u failures foreseen, %u made by the driver\n",
                  counts->n_sequences,
                  counts->n_operations,
                  counts->n_failed,
                  counts->n_faults);
}

static void
run_rounds(Database *database, bool has_faults)
{
    Counts counts = { 0 };
    for (unsigned i = 0; i < n_rounds; i++) {
        unsigned round = 2 * i + has_faults;
        g_autoptr(GArray) sequence = make_sequence(round, has_faults);
        bool is_wanted = only_round < 0 || (unsigned) only_round == round;
        if (is_wanted && !run_sequence(database, sequence, &counts, NULL))
            report(database, round, sequence);
    }
    print_counts(&counts);
}

static void
random_sequences_do_what_the_model_says(void **state)
{
    run_rounds(*state, false);
}

static void
random_sequences_with_a_failing_driver_do_what_the_model_says(void **state)
{
    run_rounds(*state, true);
}

/* The sequence up to its last commit, which fails at call @fault_at, and is then done again. */
static GArray *
with_failing_commit(const GArray *sequence, unsigned fault_at, Fault fault)
{
    GArray *failing = without(sequence, 0, 0);
    Operation *last = &g_array_index(failing, Operation, failing->len - 1);
    Operation again = *last;
    last->fault_at = fault_at;
    last->fault = fault;
    g_array_append_val(failing, again);
    return failing;
}

static void
a_commit_that_fails_at_any_call_can_be_done_again(void **state)
{
    Counts counts = { 0 };
    for (unsigned round = 0; round < n_rounds / 4; round++) {
        g_autoptr(GArray) sequence = make_sequence(2 * round, false);
        bool has_fired = only_round < 0 || (unsigned) only_round == 2 * round;
        for (unsigned fault_at = 1; has_fired; fault_at++) {
            unsigned n_before = counts.n_faults;
            g_autoptr(GArray) failing
                = with_failing_commit(sequence, fault_at, (Fault) (fault_at % 2));
            if (!run_sequence(*state, failing, &counts, NULL))
                report(*state, 2 * round, failing);
            has_fired = counts.n_faults != n_before;
        }
    }
    print_counts(&counts);
}

/* --- main -------------------------------------------------------------------------------------------------------------- */

static int
set_up_sqlite(void **state)
{
    static Database database;
    database_open(&database, true);
    *state = &database;
    return 0;
}

static int
set_up_postgres(void **state)
{
    static Database database;
    database_open(&database, false);
    *state = &database;
    return 0;
}

static int
tear_down(void **state)
{
    if (*state != NULL)
        database_close(*state);
    return 0;
}

static void
read_environment(void)
{
    const char *own_seed = g_getenv("KITH_TEST_SEED");
    const char *rounds = g_getenv("KITH_TEST_ROUNDS");
    const char *round = g_getenv("KITH_TEST_ROUND");
    if (g_strcmp0(own_seed, "random") == 0)
        seed = g_random_int();
    else if (own_seed != NULL)
        seed = (guint32) g_ascii_strtoull(own_seed, NULL, 10);
    if (rounds != NULL)
        n_rounds = (unsigned) g_ascii_strtoull(rounds, NULL, 10);
    if (round != NULL)
        only_round = (int) g_ascii_strtoll(round, NULL, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_do_what_the_model_says),
        cmocka_unit_test(random_sequences_with_a_failing_driver_do_what_the_model_says),
        cmocka_unit_test(a_commit_that_fails_at_any_call_can_be_done_again),
    };
    read_environment();
    g_log_set_default_handler(on_log, NULL);
    print_message("# KITH_TEST_SEED=%u KITH_TEST_ROUNDS=%u\n", seed, n_rounds);
    return cmocka_run_group_tests_name("model on SQLite", tests, set_up_sqlite, tear_down)
           + cmocka_run_group_tests_name(
               "model on PostgreSQL", tests, set_up_postgres, tear_down);
}

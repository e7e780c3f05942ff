/*
 * bench.c - see the header. Variants are run in turn, beginning with another one each
 * round, so that what the machine does meanwhile hits them all; a ratio is that of two
 * runs of one round, and the median of the rounds is what counts.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench.h"

#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 7
#define QUICK_ROUNDS 3

typedef struct Samples {
    double values[BENCH_MAX_VARIANTS][BENCH_MAX_ROUNDS];
} Samples;

struct Bench {
    BenchOptions options;
    GArray *measures; /* of BenchMeasure */
    GArray *results;  /* of PlotBar: those with a ratio */
    unsigned n_run;
    unsigned n_met;
    unsigned n_missed;
    GString *table; /* of the targets */
};

Bench *
bench_new(const BenchOptions *options)
{
    Bench *bench = g_new0(Bench, 1);
    bench->options = *options;
    bench->measures = g_array_new(FALSE, FALSE, sizeof(BenchMeasure));
    bench->results = g_array_new(FALSE, FALSE, sizeof(PlotBar));
    bench->table = g_string_new(NULL);
    return bench;
}

void
bench_free(Bench *bench)
{
    for (guint i = 0; i < bench->results->len; i++)
        g_free(g_array_index(bench->results, PlotBar, i).name);
    g_array_unref(bench->measures);
    g_array_unref(bench->results);
    g_string_free(bench->table, TRUE);
    g_free(bench);
}

const BenchOptions *
bench_options(const Bench *bench)
{
    return &bench->options;
}

void
bench_add(Bench *bench, BenchMeasure measure)
{
    g_array_append_val(bench->measures, measure);
}

size_t
bench_size(const Bench *bench, size_t full, size_t least)
{
    size_t size = full;
    if (bench->options.is_quick)
        size = full / 10;
    if (bench->options.is_tiny)
        size = full / 1000;
    return MAX(size, least);
}

/* --- within a variant -------------------------------------------------------------- */

static int64_t
now(const BenchRun *run)
{
    struct timespec time;
    clock_gettime(run->options->is_cpu ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC,
                  &time);
    return (int64_t) time.tv_sec * 1000000000 + time.tv_nsec;
}

void
bench_start(BenchRun *run)
{
    run->since = now(run);
}

void
bench_stop(BenchRun *run)
{
    double nsec = (double) (now(run) - run->since);
    const char *unit = run->measure->unit;
    if (strcmp(unit, "ms") == 0)
        run->value += nsec / 1e6;
    else if (strcmp(unit, "us") == 0)
        run->value += nsec / 1e3 / (double) run->n;
    else
        run->value += nsec / (double) run->n;
}

void
bench_set(BenchRun *run, double value)
{
    run->value = value;
}

void
bench_require(
    bool holds, const char *what, const GError *error, const char *file, int line)
{
    if (holds)
        return;
    fflush(stdout);
    fprintf(stderr,
            "%s:%d: %s%s%s\n",
            file,
            line,
            what,
            error != NULL ? ": " : "",
            error != NULL ? error->message : "");
    exit(EXIT_FAILURE);
}

/* --- running ----------------------------------------------------------------------- */

static unsigned
count_variants(const BenchMeasure *measure)
{
    unsigned count = 0;
    while (count < BENCH_MAX_VARIANTS && measure->variants[count].function != NULL)
        count++;
    return count;
}

static int
count_rounds(const Bench *bench)
{
    if (bench->options.rounds > 0)
        return MIN(bench->options.rounds, BENCH_MAX_ROUNDS);
    if (bench->options.is_tiny)
        return 1;
    return bench->options.is_quick ? QUICK_ROUNDS : ROUNDS;
}

static void
take_samples(const Bench *bench,
             const BenchMeasure *measure,
             int n_rounds,
             Samples *samples)
{
    unsigned n_variants = count_variants(measure);
    for (int round = 0; round < n_rounds; round++) {
        for (unsigned i = 0; i < n_variants; i++) {
            unsigned which = (i + (unsigned) round) % n_variants;
            const BenchVariant *variant = &measure->variants[which];
            BenchRun run = { .measure = measure,
                             .options = &bench->options,
                             .n = measure->n,
                             .data = variant->data };
            variant->function(&run);
            samples->values[which][round] = run.value;
        }
    }
}

static int
compare_doubles(const void *a, const void *b)
{
    double one = *(const double *) a, other = *(const double *) b;
    return (one > other) - (one < other);
}

static double
median(const double *values, int count)
{
    double sorted[BENCH_MAX_ROUNDS];
    memcpy(sorted, values, (size_t) count * sizeof *values);
    qsort(sorted, (size_t) count, sizeof *sorted, compare_doubles);
    return count % 2 == 1 ? sorted[count / 2]
                          : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* The variant with the lowest median, but for the last one. */
static unsigned
find_best(const BenchMeasure *measure, const Samples *samples, int n_rounds)
{
    unsigned best = 0;
    for (unsigned i = 0; i + 1 < count_variants(measure); i++) {
        if (measure->variants[i].is_extra)
            continue;
        if (measure->variants[best].is_extra
            || median(samples->values[i], n_rounds)
                   < median(samples->values[best], n_rounds))
            best = i;
    }
    return best;
}

static double
median_ratio(const double *values, const double *divisors, int count)
{
    double ratios[BENCH_MAX_ROUNDS];
    for (int i = 0; i < count; i++)
        ratios[i] = values[i] / divisors[i];
    return median(ratios, count);
}

static void
print_variant(const BenchVariant *variant,
              const char *unit,
              const double *values,
              int n_rounds,
              double ratio)
{
    double lowest = values[0], highest = values[0];
    for (int i = 1; i < n_rounds; i++) {
        lowest = MIN(lowest, values[i]);
        highest = MAX(highest, values[i]);
    }
    printf("    %-44s %10.2f %-5s [%.2f to %.2f]",
           variant->name,
           median(values, n_rounds),
           unit,
           lowest,
           highest);
    if (ratio > 0)
        printf("  x %.2f", ratio);
    printf("%s\n", variant->is_extra ? "  (not compared with)" : "");
}

/* --- judging ----------------------------------------------------------------------- */

static void
judge(Bench *bench, const BenchMeasure *measure, double reached, const char *unit)
{
    bool is_met = reached <= measure->target;
    *(is_met ? &bench->n_met : &bench->n_missed) += 1;
    g_string_append_printf(bench->table,
                           "  %-6s  %7.2f%s  at most %.2f%s  %s: %s\n",
                           is_met ? "met" : "MISSED",
                           reached,
                           unit,
                           measure->target,
                           unit,
                           measure->group,
                           measure->name);
}

static void
report(Bench *bench, const BenchMeasure *measure, const Samples *samples, int n_rounds)
{
    unsigned last = count_variants(measure) - 1;
    unsigned best = find_best(measure, samples, n_rounds);
    bool has_ratio = last > 0 && !measure->variants[best].is_extra;
    printf("\n%s: %s (%zu)\n", measure->group, measure->name, measure->n);
    for (unsigned i = 0; i <= last; i++) {
        double ratio =
            has_ratio ? median_ratio(samples->values[i], samples->values[best], n_rounds)
                      : 0;
        print_variant(&measure->variants[i],
                      measure->unit,
                      samples->values[i],
                      n_rounds,
                      i == best ? 0 : ratio);
    }
    fflush(stdout);
    double ratio =
        has_ratio ? median_ratio(samples->values[last], samples->values[best], n_rounds)
                  : 0;
    double reached =
        measure->is_absolute ? median(samples->values[last], n_rounds) : ratio;
    if (measure->target > 0)
        judge(bench, measure, reached, measure->is_absolute ? measure->unit : "");
    if (!has_ratio)
        return;
    PlotBar bar = { .name = g_strdup_printf("%s: %s", measure->group, measure->name),
                    .ratio = ratio,
                    .target = measure->is_absolute ? 0 : measure->target };
    g_array_append_val(bench->results, bar);
}

static bool
is_wanted(const Bench *bench, const BenchMeasure *measure)
{
    g_autofree char *title = g_strdup_printf("%s: %s", measure->group, measure->name);
    return bench->options.only == NULL || strstr(title, bench->options.only) != NULL;
}

static void
run_measure(Bench *bench, const BenchMeasure *measure)
{
    g_autofree Samples *samples = g_new0(Samples, 1);
    int n_rounds = count_rounds(bench);
    bench->n_run++;
    take_samples(bench, measure, n_rounds, samples);
    if (bench->options.is_tiny)
        printf("ok %u - %s: %s\n", bench->n_run, measure->group, measure->name);
    else
        report(bench, measure, samples, n_rounds);
}

static void
finish(const Bench *bench)
{
    printf("\nTargets\n%s\n", bench->table->str);
    if (bench->options.plot != NULL) {
        plot_ratios(bench->options.plot, bench->results);
        printf("The plot is in %s\n", bench->options.plot);
    }
    printf("%u targets met, %u missed\n", bench->n_met, bench->n_missed);
}

void
bench_run(Bench *bench)
{
    for (guint i = 0; i < bench->measures->len; i++) {
        const BenchMeasure *measure = &g_array_index(bench->measures, BenchMeasure, i);
        if (is_wanted(bench, measure))
            run_measure(bench, measure);
    }
    if (bench->options.is_tiny)
        printf("1..%u\n", bench->n_run);
    else
        finish(bench);
}

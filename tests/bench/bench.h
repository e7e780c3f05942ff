/*
 * bench.h - the harness: measures, each with the variants that do the same work, run in
 * turn, round after round, in one process; then the median ratio of the last variant,
 * which is Kith, to the best of the others.
 *
 *     static void
 *     load_by_hand(BenchRun *run)
 *     {
 *         ...                         what is not timed
 *         bench_start(run);
 *         ...
 *         bench_stop(run);
 *         bench_expect(n_loaded == run->n);
 *     }
 *
 *     void
 *     add_loads(Bench *bench)
 *     {
 *         bench_add(bench,
 *                   (BenchMeasure){
 *                       .group = "SQLite",
 *                       .name = "load",
 *                       .unit = "ms",
 *                       .n = 100000,
 *                       .target = 1.10,
 *                       .variants = { { .name = "by hand", .function = load_by_hand },
 *                                     { .name = "Kith", .function = load } } });
 *     }
 *
 * A variant sees to it that what it did is right, and ends the program if it is not. How
 * long it took is never asserted.
 */
#ifndef KITH_BENCH_H
#define KITH_BENCH_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_VARIANTS 8
#define BENCH_MAX_ROUNDS 99

typedef struct Bench Bench;
typedef struct BenchMeasure BenchMeasure;

/* One run of one variant. */
typedef struct BenchRun {
    const BenchMeasure *measure;
    const struct BenchOptions *options;
    size_t n;         /* how much work, from the measure */
    const void *data; /* of the variant */
    double value;     /* the result, in the unit of the measure */
    int64_t since;    /* nanoseconds */
} BenchRun;

typedef struct BenchVariant {
    const char *name;
    void (*function)(BenchRun *run);
    const void *data;
    bool is_extra; /* shown, and not compared with: it does less, or is not the best form
                    */
} BenchVariant;

struct BenchMeasure {
    const char *group; /* "SQLite" */
    const char *name;
    const char *unit; /* "ms", "us": of one of @n; "ns": the same; else bench_set() */
    size_t n;
    double target;    /* the last variant at most so many times the best; 0: none */
    bool is_absolute; /* …at most so many of @unit */
    BenchVariant variants[BENCH_MAX_VARIANTS]; /* the last one is judged */
};

/* What the command line asks for. */
typedef struct BenchOptions {
    bool is_quick;    /* --quick: a tenth of the work, three rounds */
    bool is_tiny;     /* --tiny: hardly any work, one round, TAP: a test */
    bool is_cpu;      /* --cpu: the processor time of this process, on a busy machine */
    int rounds;       /* --rounds N */
    const char *only; /* --only TEXT: measures with TEXT in "group: name" */
    const char *postgres; /* --postgres URL; NULL: without PostgreSQL */
    const char *folder;   /* --folder PATH: for databases, on a disk */
    const char *memory;   /* --memory PATH: for databases, where a sync costs nothing */
    const char *plot;     /* --plot PATH: the plot, if there is to be one */
} BenchOptions;

Bench *bench_new(const BenchOptions *options);
const BenchOptions *bench_options(const Bench *bench);

/* Add a measure; its texts are static. */
void bench_add(Bench *bench, BenchMeasure measure);

/* @full, or less of it as the options say; at least @least. */
size_t bench_size(const Bench *bench, size_t full, size_t least);

/* Run all, print all: the last line says how many targets were met. */
void bench_run(Bench *bench);
void bench_free(Bench *bench);

/* --- within a variant -------------------------------------------------------------- */

void bench_start(BenchRun *run);
void bench_stop(BenchRun *run); /* once more after another start: adds up */
void bench_set(BenchRun *run, double value);

/* The work was done right; else the program ends, saying what was not. */
#define bench_expect(condition) \
    bench_require((condition), #condition, NULL, __FILE__, __LINE__)
#define bench_done(call, error) bench_require((call), #call, (error), __FILE__, __LINE__)
void bench_require(
    bool holds, const char *what, const GError *error, const char *file, int line);

#endif

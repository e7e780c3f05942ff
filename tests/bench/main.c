/*
 * main.c - the command line of the benchmarks; run.sh calls it.
 */
#include "distance.h"
#include "postgres-hand.h"
#include "workloads.h"

#include <stdlib.h>

static BenchOptions
parse(int *argc, char ***argv)
{
    gboolean is_quick = FALSE, is_tiny = FALSE, is_cpu = FALSE;
    int rounds = 0;
    static char *only = NULL, *postgres = NULL, *folder = ".", *memory = NULL,
                *plot = NULL;
    GOptionEntry entries[] = {
        { "quick", 0, 0, G_OPTION_ARG_NONE, &is_quick, "A tenth of the work", NULL },
        { "tiny", 0, 0, G_OPTION_ARG_NONE, &is_tiny, "Hardly any work, TAP", NULL },
        { "cpu", 0, 0, G_OPTION_ARG_NONE, &is_cpu, "Processor time", NULL },
        { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "How often", "N" },
        { "only", 0, 0, G_OPTION_ARG_STRING, &only, "Those with TEXT in them", "TEXT" },
        { "postgres", 0, 0, G_OPTION_ARG_STRING, &postgres, "A server", "URL" },
        { "folder", 0, 0, G_OPTION_ARG_FILENAME, &folder, "On a disk", "PATH" },
        { "memory", 0, 0, G_OPTION_ARG_FILENAME, &memory, "Not on a disk", "PATH" },
        { "plot", 0, 0, G_OPTION_ARG_FILENAME, &plot, "A picture, in SVG", "PATH" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("%s\n", error->message);
        exit(EXIT_FAILURE);
    }
    return (BenchOptions){ .is_quick = is_quick,
                           .is_tiny = is_tiny,
                           .is_cpu = is_cpu,
                           .rounds = rounds,
                           .only = only,
                           .postgres = postgres,
                           .folder = folder,
                           .memory = memory != NULL ? memory : folder,
                           .plot = plot };
}

static void
add_sqlite(Bench *bench)
{
    add_sqlite_rows(bench);
    add_sqlite_gets(bench);
    add_sqlite_queries(bench);
    add_sqlite_changes(bench);
    add_sqlite_units(bench);
    add_sqlite_references(bench);
    add_sqlite_tree(bench);
}

/* Far away what takes many round trips would take minutes, by hand as well. */
static void
add_postgres(Bench *bench, const char *near, const char *far)
{
    add_postgres_rows(bench, "PostgreSQL", near);
    add_postgres_gets(bench, "PostgreSQL", near);
    add_postgres_changes(bench, "PostgreSQL", near);
    add_postgres_units(bench, "PostgreSQL", near);
    add_postgres_references(bench, "PostgreSQL", near);
    add_postgres_tree(bench, "PostgreSQL", near);
    add_postgres_round_trips(bench, "PostgreSQL", near);
    add_postgres_rows(bench, "PostgreSQL, 1 ms away", far);
    add_postgres_changes(bench, "PostgreSQL, 1 ms away", far);
    add_postgres_units(bench, "PostgreSQL, 1 ms away", far);
    add_postgres_references(bench, "PostgreSQL, 1 ms away", far);
}

int
main(int argc, char **argv)
{
    BenchOptions options = parse(&argc, &argv);
    Bench *bench = bench_new(&options);
    Distance *distance = NULL;
    add_sqlite(bench);
    add_memory(bench);
    add_identity(bench);
    if (options.postgres != NULL) {
        distance = distance_start(options.postgres, 1000);
        add_postgres(bench, options.postgres, distance_url(distance));
    }
    bench_run(bench);
    if (distance != NULL) {
        distance_stop(distance);
        postgres_forget(options.postgres);
    }
    bench_free(bench);
    return EXIT_SUCCESS;
}

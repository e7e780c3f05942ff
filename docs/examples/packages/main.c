/*
 * packages - keeps a database of the packages that are installed on this machine.
 *
 *     packages [URL] [--status FILE] [--needs NAME]
 *
 * The first run fills the database; the next one writes what has changed since.
 */
#include <stdio.h>
#include <stdlib.h>

#include "changes.h"
#include "questions.h"
#include "sync.h"

#define DEFAULT_STATUS "/var/lib/dpkg/status"

#ifndef SAMPLE_STATUS /* for a machine without dpkg; the build says where it is */
#define SAMPLE_STATUS "sample.status"
#endif

/* --- arguments ------------------------------------------------------------------ */

typedef struct Arguments {
    char *status;
    char *package;
    char **urls;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->status);
    g_free(arguments->package);
    g_strfreev(arguments->urls);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
read_arguments(Arguments *arguments, int argc, char **argv, GError **error)
{
    /* clang-format off */
    const GOptionEntry entries[] = {
        { "status", 's', 0, G_OPTION_ARG_FILENAME, &arguments->status,
          "The status file to read [" DEFAULT_STATUS "]", "FILE" },
        { "needs", 'n', 0, G_OPTION_ARG_STRING, &arguments->package,
          "Tell what this package needs [dpkg]", "NAME" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->urls,
          NULL, "[URL]" },
        G_OPTION_ENTRY_NULL
    };
    /* clang-format on */
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, &argc, &argv, error);
}

static const char *
choose_url(const Arguments *arguments)
{
    return arguments->urls != NULL ? arguments->urls[0] : "sqlite:packages.db";
}

static const char *
choose_status(const Arguments *arguments)
{
    if (arguments->status != NULL)
        return arguments->status;
    return g_file_test(DEFAULT_STATUS, G_FILE_TEST_EXISTS) ? DEFAULT_STATUS
                                                           : SAMPLE_STATUS;
}

static const char *
choose_package(const Arguments *arguments)
{
    return arguments->package != NULL ? arguments->package : "dpkg";
}

/* --- the parts of a run --------------------------------------------------------- */

static KithEngine *
open_engine(const char *url, Watch *watch, GError **error)
{
    const KithOptions options = {
        .mappings = KITH_MAPPINGS(Section, Maintainer, Package, Dependency),
        .trace = watch_trace,
        .trace_data = watch,
    };
    g_autoptr(KithEngine) engine = kith_engine_open(url, &options, error);
    if (engine == NULL || !kith_schema_create(engine, error))
        return NULL;
    return g_steal_pointer(&engine);
}

static bool
bring_up_to_date(KithEngine *engine, const char *status, Watch *watch, GError **error)
{
    int64_t started = g_get_monotonic_time();
    g_autoptr(GPtrArray) installed = dpkg_read(status, error);
    if (installed == NULL)
        return false;
    double seconds = (double) (g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    printf("%u packages read from %s in %.3f s\n", installed->len, status, seconds);

    watch_reset(watch);
    g_autoptr(KithSession) session = kith_session_new(engine);
    if (!sync_packages(session, installed, error))
        return false;
    printf("%zu rows written to %s in %.3f s: %zu inserted, %zu updated, %zu deleted\n",
           watch_n_written(watch),
           kith_engine_database(engine),
           watch_seconds(watch),
           watch->n_inserted,
           watch->n_updated,
           watch->n_deleted);
    return true;
}

static bool
ask(KithEngine *engine, GError **error)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    return print_essential(session, error) && print_busiest_maintainers(session, error);
}

static bool
look_at(KithEngine *engine, const char *name, Watch *watch, GError **error)
{
    g_autoptr(KithSession) session = kith_session_new(engine);
    GError *problem = NULL;
    const Package *package = find_package(session, name, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    if (package == NULL) {
        printf("\n%s is not installed\n", name);
        return true;
    }
    return print_needs(session, package, error) && show_rollback(session, package, error)
           && show_small_commit(session, package, watch, error);
}

static bool
run(const Arguments *arguments, GError **error)
{
    Watch watch = { 0 };
    g_autoptr(KithEngine) engine = open_engine(choose_url(arguments), &watch, error);
    return engine != NULL
           && bring_up_to_date(engine, choose_status(arguments), &watch, error)
           && ask(engine, error)
           && look_at(engine, choose_package(arguments), &watch, error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_auto(Arguments) arguments = { 0 };
    if (read_arguments(&arguments, argc, argv, &error) && run(&arguments, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "packages: %s\n", error->message);
    return EXIT_FAILURE;
}

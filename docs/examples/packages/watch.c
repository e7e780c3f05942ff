/*
 * watch.c - what the trace of the engine tells: the counts here are the database's, not
 * ours.
 */
#include "watch.h"

#include <stdio.h>

void
watch_reset(Watch *watch)
{
    bool prints = watch->prints;
    *watch = (Watch){ .started = g_get_monotonic_time(), .prints = prints };
}

size_t
watch_n_written(const Watch *watch)
{
    return watch->n_inserted + watch->n_updated + watch->n_deleted;
}

double
watch_seconds(const Watch *watch)
{
    return (double) (g_get_monotonic_time() - watch->started) / G_USEC_PER_SEC;
}

static void
print_event(const KithTraceEvent *event)
{
    printf("  %s\n", event->sql);
    if (event->parameters != NULL && *event->parameters != '\0')
        printf("      %s\n", event->parameters);
}

void
watch_trace(const KithTraceEvent *event, void *data)
{
    Watch *watch = data;
    if (watch->prints)
        print_event(event);
    if (event->error != NULL)
        return;

    watch->n_statements += event->n_executions;
    if (g_str_has_prefix(event->sql, "INSERT"))
        watch->n_inserted += event->n_rows;
    else if (g_str_has_prefix(event->sql, "UPDATE"))
        watch->n_updated += event->n_rows;
    else if (g_str_has_prefix(event->sql, "DELETE"))
        watch->n_deleted += event->n_rows;
}

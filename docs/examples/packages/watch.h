/*
 * watch.h - counting what is really sent to the database, and showing it where that is
 * wanted.
 */
#ifndef WATCH_H
#define WATCH_H

#include <kith/kith.h>

typedef struct Watch {
    size_t n_statements;
    size_t n_inserted; /* rows */
    size_t n_updated;
    size_t n_deleted;
    int64_t started; /* in microseconds */
    bool prints;     /* each statement, as it is sent */
} Watch;

/* Count from zero again, and start the clock. */
void watch_reset(Watch *watch);

size_t watch_n_written(const Watch *watch);

/* Since watch_reset(). */
double watch_seconds(const Watch *watch);

/* For KithOptions: '.trace = watch_trace, .trace_data = &watch'. */
void watch_trace(const KithTraceEvent *event, void *watch);

#endif

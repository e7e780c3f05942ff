/*
 * kith-trace.h - seeing every statement: its text, its parameters, how many rows, how
 * long, and the line of the program that caused it.
 *
 * With the environment variable KITH_LOG=sql each statement is written to standard error,
 * whatever the program asked for; KITH_LOG=sql-no-values leaves the values of the
 * parameters out.
 */
#ifndef KITH_TRACE_H
#define KITH_TRACE_H

#include "kith-error.h"

G_BEGIN_DECLS

/* A statement that ran, or failed. All of it lives until the callback returns. */
typedef struct KithTraceEvent {
    const char *sql;
    const char *parameters; /* "7, 'Ann', NULL": where a batch has many rows, of the first
                             * one, or of the one that failed */
    size_t n_executions;    /* rows of the batch: how often the statement ran; else 1 */
    size_t n_rows;          /* that were read, or written */
    int64_t usec;           /* as far as it can be told: a pipeline answers all at once */
    KithPlace place;        /* the call that caused it */
    const GError *error;    /* NULL: it went well */
} KithTraceEvent;

/* @data is as given in KithOptions. Runs in the thread of the session; must not use the
 * session. */
typedef void (*KithTraceFunction)(const KithTraceEvent *event, void *data);

G_END_DECLS

#endif

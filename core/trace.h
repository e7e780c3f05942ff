/*
 * trace.h - for the library: who wants to see statements, and how values look to them.
 */
#ifndef KITH_CORE_TRACE_PRIVATE_H
#define KITH_CORE_TRACE_PRIVATE_H

#include "kith-driver.h"
#include "kith-trace.h"

typedef struct KithTracer {
    KithTraceFunction function;
    void *data;
    bool logs;  /* KITH_LOG: write to standard error too */
    bool hides; /* show no values */
} KithTracer;

/* Fill @tracer with what the program asked for, and what KITH_LOG asks for. */
void kith_tracer_init(KithTracer *tracer,
                      KithTraceFunction function,
                      void *data,
                      bool hides);

static inline bool
kith_tracer_is_on(const KithTracer *tracer)
{
    return tracer->function != NULL || tracer->logs;
}

void kith_tracer_report(const KithTracer *tracer, const KithTraceEvent *event);

/* Append the values that one row of a batch gives to the parameters of its statement. */
void kith_trace_append_row(GString *text,
                           const KithTracer *tracer,
                           const KithShape *shape,
                           const KithRow *row);

void kith_trace_append_parameters(GString *text,
                                  const KithTracer *tracer,
                                  const KithParameter *parameters,
                                  size_t n_parameters);

/* Append a value as a literal of SQL would show it; @value NULL is NULL. */
void kith_trace_append_value(GString *text, KithKind kind, const void *value);

#endif

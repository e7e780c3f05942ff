/*
 * trace.c - showing statements. Nothing here runs unless somebody asked to see them.
 */
#include "trace.h"

#include "column.h"

#include <stdio.h>
#include <string.h>

/* Longer texts and blobs are cut: a trace is to be read. */
#define MAX_TEXT 120 /* bytes */
#define MAX_BLOB 16
#define MAX_LISTED 8 /* values of a list */

void
kith_tracer_init(KithTracer *tracer, KithTraceFunction function, void *data, bool hides)
{
    const char *log = g_getenv("KITH_LOG");
    bool logs_without_values = g_strcmp0(log, "sql-no-values") == 0;
    tracer->function = function;
    tracer->data = data;
    tracer->logs = g_strcmp0(log, "sql") == 0 || logs_without_values;
    tracer->hides = hides || logs_without_values;
}

/* One write a line, so that the lines of two threads do not mix. */
static void
write_line(const KithTraceEvent *event)
{
    g_autoptr(GString) line = g_string_new("kith: ");
    g_string_append(line, event->sql);
    if (event->parameters != NULL && event->parameters[0] != '\0')
        g_string_append_printf(line, "  -- %s", event->parameters);
    if (event->n_executions > 1)
        g_string_append_printf(line, " and %zu more", event->n_executions - 1);
    g_string_append_printf(line,
                           "  [%zu row%s, %.3f ms] %s:%d",
                           event->n_rows,
                           event->n_rows == 1 ? "" : "s",
                           (double) event->usec / 1000.0,
                           event->place.file,
                           event->place.line);
    if (event->error != NULL)
        g_string_append_printf(line, "\nkith: failed: %s", event->error->message);
    g_string_append_c(line, '\n');
    fputs(line->str, stderr);
}

void
kith_tracer_report(const KithTracer *tracer, const KithTraceEvent *event)
{
    if (tracer->logs)
        write_line(event);
    if (tracer->function != NULL)
        tracer->function(event, tracer->data);
}

static void
append_text(GString *text, const char *given)
{
    /* What is shown is read, logged, put into errors: it is UTF-8, whatever was given. */
    g_autofree char *value = g_utf8_make_valid(given, -1);
    g_string_append_c(text, '\'');
    for (const char *at = value; *at != '\0'; at++) {
        bool begins_character = ((unsigned char) *at & 0xC0) != 0x80;
        if (begins_character && at - value >= MAX_TEXT) {
            g_string_append(text, "…");
            break;
        }
        if (*at == '\'')
            g_string_append_c(text, '\'');
        g_string_append_c(text, *at);
    }
    g_string_append_c(text, '\'');
}

static void
append_blob(GString *text, const KithBlob *blob)
{
    const uint8_t *bytes = blob->data;
    g_string_append(text, "x'");
    for (size_t i = 0; i < blob->size && i < MAX_BLOB; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    if (blob->size > MAX_BLOB)
        g_string_append_printf(text, "… %zu bytes", blob->size);
    g_string_append_c(text, '\'');
}

/* As short as it can be without being another number. */
static void
append_double(GString *text, double value)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(buffer, sizeof buffer, "%.15g", value);
    if (g_ascii_strtod(buffer, NULL) != value)
        g_ascii_dtostr(buffer, sizeof buffer, value);
    g_string_append(text, buffer);
}

void
kith_trace_append_value(GString *text, KithKind kind, const void *value)
{
    char buffer[MAX(KITH_TIME_TEXT_SIZE, KITH_UUID_TEXT_SIZE)];
    if (value == NULL) {
        g_string_append(text, "NULL");
        return;
    }
    switch (kind) {
    case KITH_KIND_BOOL:
        g_string_append(text, *(const bool *) value ? "true" : "false");
        break;
    case KITH_KIND_INT32:
    case KITH_KIND_ENUM:
        g_string_append_printf(text, "%d", *(const int32_t *) value);
        break;
    case KITH_KIND_INT64:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, *(const int64_t *) value);
        break;
    case KITH_KIND_DOUBLE:
        append_double(text, *(const double *) value);
        break;
    case KITH_KIND_TEXT:
        append_text(text, *(const char *const *) value);
        break;
    case KITH_KIND_BLOB:
        append_blob(text, value);
        break;
    case KITH_KIND_TIME:
        append_text(text, kith_time_format(*(const KithTime *) value, buffer));
        break;
    case KITH_KIND_DATE:
        append_text(text, kith_date_format(*(const KithDate *) value, buffer));
        break;
    case KITH_KIND_UUID:
        append_text(text, kith_uuid_format(*(const KithUuid *) value, buffer));
        break;
    case KITH_KIND_NONE:
    case KITH_KIND_OBJECT:
        break;
    }
}

/* A value that may be shown; an enum by its name. */
static void
append_known(GString *text, const KithColumn *column, const void *value)
{
    if (value != NULL && column->kind == KITH_KIND_ENUM) {
        const char *name = kith_column_enum_name(column, value);
        append_text(text, name != NULL ? name : "?");
    } else {
        kith_trace_append_value(text, column->kind, value);
    }
}

static void
append_column(GString *text,
              const KithTracer *tracer,
              const KithColumn *column,
              const void *row)
{
    if (text->len > 0)
        g_string_append(text, ", ");
    const void *value = kith_column_get(column, row);
    if (tracer->hides || column->secret)
        g_string_append(text, "'***'");
    else
        append_known(text, column, value);
}

void
kith_trace_append_row(GString *text,
                      const KithTracer *tracer,
                      const KithShape *shape,
                      const KithRow *row)
{
    for (size_t i = 0; i < shape->n_written; i++)
        append_column(text, tracer, shape->written[i], row->row);
    for (size_t i = 0; i < shape->n_matched; i++)
        append_column(text, tracer, shape->matched[i], row->before);
}

/* The first few of a list; the rest is counted. */
static void
append_list(GString *text, const KithList *list)
{
    g_string_append_c(text, '[');
    for (size_t i = 0; i < MIN(list->n_rows, MAX_LISTED); i++) {
        g_string_append(text, i > 0 ? ", " : "");
        append_known(text, list->column, kith_column_get(list->column, list->rows[i]));
    }
    if (list->n_rows > MAX_LISTED)
        g_string_append_printf(text, ", … %zu in all", list->n_rows);
    g_string_append_c(text, ']');
}

void
kith_trace_append_parameters(GString *text,
                             const KithTracer *tracer,
                             const KithParameter *parameters,
                             size_t n_parameters)
{
    for (size_t i = 0; i < n_parameters; i++) {
        if (text->len > 0)
            g_string_append(text, ", ");
        if (tracer->hides || parameters[i].secret)
            g_string_append(text, "'***'");
        else if (parameters[i].list != NULL)
            append_list(text, parameters[i].list);
        else
            kith_trace_append_value(text, parameters[i].kind, parameters[i].value);
    }
}

/*
 * model-run.c - the life of a run, and of the database under it: opened once for a test, emptied
 * before each run.
 */
#include "model-run.h"

#include "bulk.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* --- the database ----------------------------------------------------------------------------------- */

void
database_open_engine(Database *database)
{
    KithOptions options = { .mappings = model_mappings };
    g_autoptr(GError) error = NULL;
    database->engine = kith_engine_open(outsider_url(database->outsider), &options, &error);
    if (database->engine == NULL || !kith_schema_create(database->engine, &error))
        fail_msg("%s", error->message);
    choose_bulk(database->engine);
    faulty_install(database->engine);
}

void
database_open(Database *database, bool on_sqlite)
{
    database->name = on_sqlite ? "SQLite" : "PostgreSQL";
    database->reuses_keys = on_sqlite;
    database->outsider = outsider_new(on_sqlite);
    database_open_engine(database);
}

void
database_close(Database *database)
{
    kith_engine_free(database->engine);
    outsider_free(database->outsider);
}

static void
empty_tables(const Database *database)
{
    g_autofree char *complaint = NULL;
    g_autofree char *done = outsider_query(database->outsider,
                                           "UPDATE branches SET manager_id = NULL;"
                                           "DELETE FROM books; DELETE FROM authors;"
                                           "UPDATE categories SET parent_id = NULL;"
                                           "DELETE FROM categories; DELETE FROM employees;"
                                           "DELETE FROM branches; DELETE FROM seats;"
                                           "DELETE FROM marks; DELETE FROM hints;"
                                           "DELETE FROM tags",
                                           &complaint);
    if (done == NULL)
        fail_msg("the tables cannot be emptied: %s", complaint);
}

/* --- what is printed --------------------------------------------------------------------------------- */

void
complain(Run *run, const char *format, ...)
{
    if (run->failure != NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    run->failure = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    run_log(run, "here: %s", run->failure);
}

void
run_log(Run *run, const char *format, ...)
{
    gsize length = run->log->len;
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(run->log, "%4u. ", run->step);
    g_string_append_vprintf(run->log, format, arguments);
    g_string_append_c(run->log, '\n');
    va_end(arguments);
    if (run->is_verbose)
        print_message("%s", run->log->str + length);
}

/* Texts live in a few places that are used in turn. */
static char *
next_place(void)
{
    static char places[8][40];
    static unsigned next;
    return places[next++ % 8];
}

const char *
name_of(const Object *object)
{
    char *place = next_place();
    g_snprintf(place, 40, "%s%u", object->entity->name, object->index);
    return place;
}

const char *
text_of_cell(const Run *run, const Field *field, Cell cell)
{
    char *place = next_place();
    if (cell.kind == CELL_NULL)
        return "NULL";
    if (cell.kind == CELL_OBJECT)
        return name_of(object_at(run->model, (unsigned) cell.number));
    bool is_text = field->kind == FIELD_TEXT
                   || (field->kind == FIELD_REFERENCE
                       && entities[field->target].fields[0].kind == FIELD_TEXT);
    g_snprintf(place, 40, "%s%" G_GINT64_FORMAT, is_text ? "t" : "", cell.number);
    return place;
}

/* --- a run ----------------------------------------------------------------------------------------------- */

void
run_init(Run *run, const Database *database)
{
    *run = (Run){ .database = database, .fresh = 1000 };
    run->is_verbose = g_getenv("KITH_TEST_VERBOSE") != NULL;
    empty_tables(database);
    run->log = g_string_new(NULL);
    run->texts = g_ptr_array_new_with_free_func(g_free);
    run->session = kith_session_new(database->engine);
    run->model = model_new();
}

/* A read with a transaction open, or a flush before it, would leave more than one way to go on. */
static Fault
fault_of(const Run *run, const Operation *operation)
{
    bool reads = operation->kind < OPERATION_FLUSH;
    bool is_simple = !run->model->is_open && !model_has_changes(run->model);
    return reads && !is_simple ? FAULT_BUSY : operation->fault;
}

void
run_operation(Run *run, const Operation *operation)
{
    static const char *const faults[] = { "busy", "lost", "lost afterwards" };
    if (run->failure != NULL || run->model->is_ambiguous)
        return;
    run->step++;
    Operation own = *operation;
    own.fault = fault_of(run, operation);
    if (own.fault_at > 0)
        run_log(run, "call %u of the driver fails: %s", own.fault_at, faults[own.fault]);
    faulty_arm(own.fault, own.fault_at);
    if (!run_change(run, &own) && !run_flush(run, &own))
        run_read(run, &own);
    run->n_faults += faulty_fired_at() != FAULTY_NONE;
    faulty_disarm();
    if (run->model->is_ambiguous)
        return;
    if (run->failure == NULL && (operation->c % 3 == 0))
        check_changes(run);
    check_memory(run);
    note_reads(run);
}

void
run_finish(Run *run)
{
    kith_session_free(run->session);
    model_free(run->model);
    g_ptr_array_unref(run->texts);
    g_string_free(run->log, TRUE);
    g_free(run->failure);
}

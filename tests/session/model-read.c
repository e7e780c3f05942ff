/*
 * model-read.c - the operations of a run that read, with the flush that may come first, and those of
 * somebody else, who changes rows behind the back of the session.
 */
#include "model-run.h"

#include "session.h"

#include <stdlib.h>

/* --- what was read ------------------------------------------------------------------------------------- */

static uint64_t
unit_of_reading(const Object *object)
{
    const KithEntity *entity = kith_entity_of(object->pointer);
    return entity->load != NULL ? entity->load->epoch : 0;
}

static Row
read_key(const Entity *entity, const void *pointer)
{
    Row row = { .cells = { { .kind = CELL_NULL } } };
    for (unsigned i = 0; i < entity->uniques[0].n_fields; i++) {
        unsigned f = entity->uniques[0].fields[i];
        row.cells[f] = field_read(&entity->fields[f], pointer);
    }
    return row;
}

static void
absorb_new(Run *run, const Entity *entity, const void *pointer)
{
    Row key = read_key(entity, pointer);
    const Row *row = model_find_row(run->model, entity, &key);
    if (row == NULL) {
        complain(run, "an object of %s was read that has no row", entity->table);
        return;
    }
    Object *object = model_load(run->model, entity, pointer, row);
    run_log(run, "  %s is read", name_of(object));
}

static void
absorb_again(Run *run, Object *object)
{
    uint64_t unit = unit_of_reading(object);
    if (unit == object->read_in || object->state != KITH_PERSISTENT
        || model_is_changed(run->model, object))
        return;
    const Row *row = model_find_row(run->model, object->entity, &object->base);
    if (row != NULL)
        model_reload(run->model, object, row);
}

void
absorb_reads(Run *run)
{
    Model *model = run->model;
    for (guint i = 0; i < model->objects->len; i++) {
        if (!object_at(model, i)->is_gone)
            absorb_again(run, object_at(model, i));
    }
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        const KithEntitySet *set
            = kith_session_set_of(run->session, entities[e].mapping, NULL);
        for (size_t slot = 0; slot < set->map.n_slots; slot++) {
            const KithEntity *entity = set->map.slots[slot].entity;
            const void *pointer = entity != NULL ? kith_entity_struct(entity) : NULL;
            if (pointer != NULL && !g_hash_table_contains(model->by_pointer, pointer))
                absorb_new(run, &entities[e], pointer);
        }
    }
}

void
note_inserts(Run *run)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        Object *object = object_at(run->model, i);
        if (!object->is_gone && !object->saved[run->model->level].exists)
            object->read_in = unit_of_reading(object);
    }
}

void
note_reads(Run *run)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        Object *object = object_at(run->model, i);
        if (!object->is_gone)
            object->read_in = unit_of_reading(object);
    }
}

/* --- get ------------------------------------------------------------------------------------------------ */

static const void *
call_get(Run *run, const Entity *entity, const Row *key, GError **error)
{
    g_autofree void *initial = g_malloc0(entity->mapping->size);
    g_autofree char *text = text_of(key->cells[0].number);
    for (unsigned i = 0; i < entity->uniques[0].n_fields; i++) {
        unsigned f = entity->uniques[0].fields[i];
        field_write(&entity->fields[f], initial, key->cells[f], text);
    }
    return kith_session_get_by(run->session, entity->mapping, initial, KITH_HERE, error);
}

static void
get(Run *run, const Entity *entity, const Row *key)
{
    const Object *known = model_find(run->model, entity, key);
    bool is_there = model_find_row(run->model, entity, key) != NULL;
    g_autoptr(GError) error = NULL;
    run_log(run,
            "get(%s, %s)",
            entity->name,
            text_of_cell(run, &entity->fields[0], key->cells[0]));
    const void *pointer = call_get(run, entity, key, &error);
    if (has_failed_by_fault(run, error == NULL, error))
        return;
    absorb_reads(run);
    const void *expected = known != NULL && known->state == KITH_PERSISTENT ? known->pointer : NULL;
    if (error != NULL)
        complain(run, "it should go well: %s", error->message);
    else if (known != NULL ? pointer != expected : (pointer != NULL) != is_there)
        complain(run, "it gives %s", pointer != NULL ? "a wrong object" : "nothing");
}

static void
run_get(Run *run, const Operation *operation)
{
    const GArray *rows = run->model->rows[operation->entity];
    if (rows->len == 0)
        return;
    Row row = g_array_index(rows, Row, operation->a % rows->len);
    get(run, &entities[operation->entity], &row);
}

static void
run_get_missing(Run *run, const Operation *operation)
{
    Row row = { .cells = { cell_number(5000 + operation->a), cell_number(1) } };
    get(run, &entities[operation->entity], &row);
}

/* --- query ---------------------------------------------------------------------------------------------- */

static bool
has_changes(const Run *run, const Entity *entity)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        const Object *object = object_at(run->model, i);
        if (object->entity == entity && model_is_changed(run->model, object))
            return true;
    }
    return false;
}

/* What comes before a query. Returns true if the query itself can go well. */
static bool
conclude_autoflush(Run *run,
                   const Forecast *forecast,
                   const Entity *entity,
                   bool done,
                   const GError *error)
{
    Model *model = run->model;
    if (model->is_misused) {
        if (done || !g_error_matches(error, KITH_ERROR, KITH_ERROR_MISUSE))
            complain(run, "it should say that a call made no sense");
        model->is_misused = false;
        return false;
    }
    if (has_changes(run, entity)) {
        if (!conclude_flush(run, forecast, OPERATION_QUERY, done, error))
            return false;
        g_ptr_array_set_size(run->texts, 0);
    }
    return !has_failed_by_fault(run, done, error);
}

static void
check_found(Run *run, const Entity *entity, const void **found)
{
    const GArray *rows = run->model->rows[entity - entities];
    guint n_found = 0;
    for (; found[n_found] != NULL; n_found++) {
        const Object *object = g_hash_table_lookup(run->model->by_pointer, found[n_found]);
        if (object == NULL || object->state != KITH_PERSISTENT
            || model_find_row(run->model, entity, &object->base) == NULL)
            complain(run, "it gives a wrong object");
        else if (unit_of_reading(object) != run->session->epoch)
            complain(run, "%s is not read anew", name_of(object));
        for (guint i = 0; i < n_found; i++) {
            if (found[i] == found[n_found])
                complain(run, "it gives %s twice", object != NULL ? name_of(object) : "one");
        }
    }
    if (n_found != rows->len)
        complain(run, "it gives %u objects, and there are %u rows", n_found, rows->len);
}

static void
query(Run *run, const Entity *entity)
{
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    run_log(run, "query(%s)", entity->name);
    g_autofree const void **found = all_of(run->session, entity, &error);
    if (!conclude_autoflush(run, forecast, entity, found != NULL, error))
        return;
    absorb_reads(run);
    if (found != NULL)
        check_found(run, entity, found);
    else
        complain(run, "it should go well: %s", error->message);
}

/* --- references and collections ------------------------------------------------------------------------------ */

static void
run_reference(Run *run, const Operation *operation)
{
    const Entity *entity = &entities[operation->entity];
    Object *object = pick_live(run, entity, operation->a);
    unsigned f = operation->b % entity->n_fields;
    const Field *field = &entity->fields[f];
    if (object == NULL || field->kind != FIELD_REFERENCE)
        return;
    Cell cell = object->values.cells[f];
    const Object *target = model_target(run->model, field, cell);
    Row key = { .cells = { cell } };
    /* A deleted object, or row: that is another story. */
    bool is_there = target != NULL ? is_live(target)
                                   : cell.kind == CELL_NULL
                                         || model_find_row(
                                                run->model, &entities[field->target], &key)
                                                != NULL;
    if (!is_there)
        return;
    g_autoptr(GError) error = NULL;
    run_log(run, "ref(%s, %s)", name_of(object), field->name);
    const void *pointer = kith_entity_ref(object->pointer, field->offset, KITH_HERE, &error);
    if (has_failed_by_fault(run, error == NULL, error))
        return;
    absorb_reads(run);
    target = model_target(run->model, field, cell);
    if (error != NULL)
        complain(run, "it should go well: %s", error->message);
    else if (pointer != (target != NULL ? target->pointer : NULL))
        complain(run, "it gives %s", pointer != NULL ? "a wrong object" : "nothing");
}

/* Has the program written to a reference by itself, which collections learn at the flush? */
static bool
is_author_written(const Run *run, const Object *book)
{
    return book->kept != NULL && model_is_changed(run->model, book);
}

static void
check_collection(Run *run, const Object *author, const void *const *found)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        const Object *book = object_at(run->model, i);
        if (book->entity != &entities[BOOK] || book->is_gone || is_author_written(run, book))
            continue;
        /* One that somebody else deleted may be there or not. */
        if (book->has_row && model_find_row(run->model, book->entity, &book->base) == NULL)
            continue;
        bool expected = is_live(book)
                        && model_target(run->model,
                                        &book->entity->fields[3],
                                        book->values.cells[3])
                               == author;
        unsigned n_found = 0;
        for (unsigned j = 0; found[j] != NULL; j++)
            n_found += found[j] == book->pointer;
        if (n_found != expected)
            complain(run,
                     "%s is %u times in the collection, and should be %u times",
                     name_of(book),
                     n_found,
                     expected);
    }
}

static void
run_collection(Run *run, const Operation *operation)
{
    const Object *author = pick_live(run, &entities[AUTHOR], operation->a);
    if (author == NULL)
        return;
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    unsigned n_written = run->session->journal->len;
    run_log(run, "many(%s, books)", name_of(author));
    const void *const *found = books_of(author->pointer, &error);
    /* One that is loaded is given without a flush. */
    bool has_flushed = found == NULL || run->session->journal->len != n_written;
    bool can_go_on = has_flushed
                         ? conclude_autoflush(
                               run, forecast, &entities[BOOK], found != NULL, error)
                         : !has_failed_by_fault(run, found != NULL, error);
    if (!can_go_on)
        return;
    absorb_reads(run);
    if (found != NULL)
        check_collection(run, author, found);
    else
        complain(run, "it should go well: %s", error->message);
}

static void
run_refresh(Run *run, const Operation *operation)
{
    Object *object = pick_live(run, &entities[operation->entity], operation->a);
    if (object == NULL)
        return;
    g_autoptr(GError) error = NULL;
    bool is_changed = model_is_changed(run->model, object);
    const Row *row = model_find_row(run->model, object->entity, &object->base);
    run_log(run, "refresh(%s)", name_of(object));
    bool done = kith_refresh(object->pointer, &error);
    KithErrorCode code = is_changed ? KITH_ERROR_MISUSE : KITH_ERROR_STALE;
    if (has_failed_by_fault(run, done, error))
        return;
    if (is_changed || row == NULL) {
        if (done || !g_error_matches(error, KITH_ERROR, (gint) code))
            complain(run, "it should fail with code %d", (int) code);
        return;
    }
    if (!done)
        complain(run, "it should go well: %s", error->message);
    model_reload(run->model, object, row);
}

/* --- somebody else --------------------------------------------------------------------------------------------- */

/* Both as the transaction sees it, and as it is committed: none is open. */
static Row *
committed(Run *run, EntityIndex entity, guint index)
{
    return &g_array_index(run->model->saved_rows[0][entity], Row, index);
}

static char *
other_runs(Run *run, const char *sql)
{
    g_autofree char *complaint = NULL;
    run_log(run, "somebody else: %s", sql);
    char *found = outsider_query(run->database->outsider, sql, &complaint);
    if (found == NULL)
        complain(run, "it should go well: %s", complaint);
    return found;
}

static char *
where_key(const Run *run, const Entity *entity, const Row *row)
{
    GString *sql = g_string_new(" WHERE ");
    for (unsigned i = 0; i < entity->uniques[0].n_fields; i++) {
        unsigned f = entity->uniques[0].fields[i];
        g_string_append_printf(sql,
                               "%s%s = '%s'",
                               i > 0 ? " AND " : "",
                               entity->fields[f].column,
                               text_of_cell(run, &entity->fields[f], row->cells[f]));
    }
    return g_string_free(sql, FALSE);
}

/* A text that does not have to be unique; NO_FIELD: there is none. */
static unsigned
text_field_of(const Entity *entity)
{
    static const char *const names[] = { "title", "town", "label" };
    for (unsigned f = 0; f < entity->n_fields; f++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
            if (g_str_equal(entity->fields[f].name, names[i]))
                return f;
        }
    }
    return NO_FIELD;
}

static void
other_changes(Run *run, const Operation *operation, guint index)
{
    const Entity *entity = &entities[operation->entity];
    unsigned f = text_field_of(entity), version = version_of(entity);
    Row *row = &g_array_index(run->model->rows[operation->entity], Row, index);
    if (f == NO_FIELD)
        return;
    row->cells[f] = cell_number(100 + operation->b % 3);
    if (version != NO_FIELD)
        row->cells[version].number++;
    g_autofree char *where = where_key(run, entity, row);
    g_autofree char *sql
        = g_strdup_printf("UPDATE %s SET %s = 't%d'%s%s",
                          entity->table,
                          entity->fields[f].column,
                          (int) row->cells[f].number,
                          version != NO_FIELD ? ", version = version + 1" : "",
                          where);
    *committed(run, (EntityIndex) operation->entity, index) = *row;
    g_free(other_runs(run, sql));
}

static bool
is_referred_to_by_rows(const Run *run, const Entity *entity, const Row *target)
{
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        for (unsigned f = 0; f < entities[e].n_fields; f++) {
            const Field *field = &entities[e].fields[f];
            bool may_refer
                = field->kind == FIELD_REFERENCE && &entities[field->target] == entity;
            for (guint i = 0; may_refer && i < run->model->rows[e]->len; i++) {
                const Row *row = &g_array_index(run->model->rows[e], Row, i);
                if (cells_are_equal(row->cells[f], target->cells[0]))
                    return true;
            }
        }
    }
    return false;
}

static void
other_deletes(Run *run, const Operation *operation, guint index)
{
    const Entity *entity = &entities[operation->entity];
    Row row = g_array_index(run->model->rows[operation->entity], Row, index);
    bool is_known = model_find(run->model, entity, &row) != NULL;
    if (is_referred_to_by_rows(run, entity, &row))
        return;
    /* SQLite gives such a key again, and then nobody can tell the two rows apart. */
    if (run->database->reuses_keys && is_known && made_key_of(entity) != NO_FIELD)
        return;
    g_autofree char *where = where_key(run, entity, &row);
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s%s", entity->table, where);
    g_array_remove_index(run->model->rows[operation->entity], index);
    g_array_remove_index(run->model->saved_rows[0][operation->entity], index);
    g_free(other_runs(run, sql));
}

static void
other_adds(Run *run, const Operation *operation)
{
    Row row = { .cells = { cell_null(), cell_number(1 + operation->a % 8), cell_null() } };
    for (guint i = 0; i < run->model->rows[AUTHOR]->len; i++) {
        const Row *other = &g_array_index(run->model->rows[AUTHOR], Row, i);
        if (cells_are_equal(other->cells[1], row.cells[1]))
            return;
    }
    g_autofree char *insert = g_strdup_printf("INSERT INTO authors (name) VALUES ('t%d')",
                                              (int) row.cells[1].number);
    g_autofree char *select = g_strdup_printf("SELECT id FROM authors WHERE name = 't%d'",
                                              (int) row.cells[1].number);
    g_free(other_runs(run, insert));
    g_autofree char *key = other_runs(run, select);
    if (key == NULL)
        return;
    row.cells[0] = cell_number(g_ascii_strtoll(key, NULL, 10));
    run->model->is_ambiguous
        = run->model->is_ambiguous || model_find(run->model, &entities[AUTHOR], &row) != NULL;
    g_array_append_val(run->model->rows[AUTHOR], row);
    g_array_append_val(run->model->saved_rows[0][AUTHOR], row);
}

/* Only while no transaction is open: it would have to wait for it. */
static void
run_other(Run *run, const Operation *operation)
{
    guint n_rows = run->model->rows[operation->entity]->len;
    if (run->model->is_open)
        return;
    if (operation->kind == OPERATION_OTHER_ADD)
        other_adds(run, operation);
    else if (n_rows > 0 && operation->kind == OPERATION_OTHER_CHANGE)
        other_changes(run, operation, operation->a % n_rows);
    else if (n_rows > 0)
        other_deletes(run, operation, operation->a % n_rows);
}

bool
run_read(Run *run, const Operation *operation)
{
    switch (operation->kind) {
    case OPERATION_GET:
        return run_get(run, operation), true;
    case OPERATION_GET_MISSING:
        return run_get_missing(run, operation), true;
    case OPERATION_QUERY:
        return query(run, &entities[operation->entity]), true;
    case OPERATION_REFERENCE:
        return run_reference(run, operation), true;
    case OPERATION_COLLECTION:
        return run_collection(run, operation), true;
    case OPERATION_REFRESH:
        return run_refresh(run, operation), true;
    case OPERATION_OTHER_CHANGE:
    case OPERATION_OTHER_DELETE:
    case OPERATION_OTHER_ADD:
        return run_other(run, operation), true;
    default:
        return false;
    }
}

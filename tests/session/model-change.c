/*
 * model-change.c - the operations of a run that send nothing: what the program does to objects.
 */
#include "model-run.h"

#include <string.h>

/* --- picking ----------------------------------------------------------------------------------------- */

static Object *
pick(const Run *run, const Entity *entity, unsigned number, bool (*is_wanted)(const Object *))
{
    const GPtrArray *objects = run->model->objects;
    unsigned n_wanted = 0;
    for (guint i = 0; i < objects->len; i++) {
        const Object *object = object_at(run->model, i);
        n_wanted += object->entity == entity && is_wanted(object);
    }
    if (n_wanted == 0)
        return NULL;
    unsigned left = number % n_wanted;
    for (guint i = 0; i < objects->len; i++) {
        Object *object = object_at(run->model, i);
        if (object->entity == entity && is_wanted(object) && left-- == 0)
            return object;
    }
    return NULL;
}

Object *
pick_live(const Run *run, const Entity *entity, unsigned number)
{
    return pick(run, entity, number, is_live);
}

static bool
is_kept(const Object *object)
{
    return is_live(object) && object->kept != NULL;
}

static bool
is_dead(const Object *object)
{
    return !object->is_gone && !is_live(object);
}

/* An object with a key that another one has already: what refers to it is nobody's guess. */
static bool
is_double(const Run *run, const Object *object)
{
    const Object *known = model_find(run->model, object->entity, &object->values);
    return known != NULL && known != object && is_live(known);
}

/* A value of a field; now and then one that does not do: an object that is deleted. */
static Cell
choose_cell(const Run *run, const Field *field, unsigned number)
{
    if (field->kind != FIELD_REFERENCE)
        return field->nullable && number % 4 == 0
                   ? cell_null()
                   : cell_number(1 + number / 4 % field->n_values);
    const Entity *entity = &entities[field->target];
    const Object *target = number % 37 == 36 ? pick(run, entity, number / 37, is_dead)
                                             : pick_live(run, entity, number / 5);
    if (target == NULL || is_double(run, target) || (field->nullable && number % 5 == 0))
        return cell_null();
    return (Cell){ .kind = CELL_OBJECT, .number = target->index };
}

/* A field that the program can set; NO_FIELD: there is none of the kind. */
static unsigned
choose_field(const Entity *entity, unsigned number, bool is_reference)
{
    unsigned fields[MAX_FIELDS], n_fields = 0;
    for (unsigned f = 0; f < entity->n_fields; f++) {
        const Field *field = &entity->fields[f];
        if (!field->is_fixed && !field->is_version
            && (!is_reference || field->kind == FIELD_REFERENCE))
            fields[n_fields++] = f;
    }
    return n_fields > 0 ? fields[number % n_fields] : NO_FIELD;
}

static const void *
pointer_of(const Run *run, Cell cell)
{
    return cell.kind == CELL_OBJECT ? object_at(run->model, (unsigned) cell.number)->pointer
                                    : NULL;
}

/* --- add ------------------------------------------------------------------------------------------------ */

static Object *
add(Run *run, const Entity *entity, const Row *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree void *initial = g_malloc0(entity->mapping->size);
    for (unsigned f = 0; f < entity->n_fields; f++) {
        const Field *field = &entity->fields[f];
        char *value = text_of(row->cells[f].number);
        g_ptr_array_add(texts, value);
        if (field->kind == FIELD_REFERENCE)
            field_write_target(field, initial, pointer_of(run, row->cells[f]));
        else
            field_write(field, initial, row->cells[f], value);
        if (!field->is_version && !(field->is_made && row->cells[f].number == 0))
            g_string_append_printf(
                text, ", .%s = %s", field->name, text_of_cell(run, field, row->cells[f]));
    }
    const void *pointer
        = kith_session_add(run->session, entity->mapping, initial, KITH_HERE);
    Object *object = model_add(run->model, entity, pointer, row);
    run_log(run, "%s = add(%s%s)", name_of(object), entity->name, text->str);
    return object;
}

static bool
choose_row(const Run *run, const Entity *entity, const Operation *operation, Row *ret_row)
{
    unsigned numbers[] = { operation->a, operation->b, operation->c };
    *ret_row = (Row){ .cells = { { .kind = CELL_NULL } } };
    for (unsigned f = 0; f < entity->n_fields; f++) {
        const Field *field = &entity->fields[f];
        unsigned number = numbers[f % 3] / (1 + f / 3);
        ret_row->cells[f] = field->is_made || field->is_version
                                ? cell_number(0)
                                : choose_cell(run, field, number);
        /* Without an object to refer to it would be one more row that fails. */
        bool is_missing = ret_row->cells[f].kind == CELL_NULL && !field->nullable;
        if (is_missing && operation->a % 16 != 0)
            return false;
    }
    return true;
}

static void
run_add(Run *run, const Operation *operation)
{
    const Entity *entity = &entities[operation->entity];
    Row row;
    if (choose_row(run, entity, operation, &row))
        add(run, entity, &row);
}

/* --- set and write --------------------------------------------------------------------------------------- */

void
change_set(Run *run, Object *object, unsigned f, Cell cell)
{
    const Field *field = &object->entity->fields[f];
    run_log(run,
            "set(%s, %s, %s)",
            name_of(object),
            field->name,
            text_of_cell(run, field, cell));
    field_set(field, object->pointer, cell, pointer_of(run, cell));
    if (cell.kind == CELL_NULL && !field->nullable && field->kind != FIELD_REFERENCE) {
        run->model->is_misused = true;
        return;
    }
    Cell present = object->values.cells[f];
    const Object *target = cell.kind == CELL_OBJECT
                               ? object_at(run->model, (unsigned) cell.number)
                               : NULL;
    bool is_same = present.kind == CELL_NUMBER
                   && cells_are_equal(present,
                                      target != NULL && target->has_row
                                          ? target->base.cells[0]
                                          : model_resolve(run->model, cell));
    if (!is_same)
        object->values.cells[f] = cell;
}

static void
run_set(Run *run, const Operation *operation, bool is_reference)
{
    const Entity *entity = &entities[operation->entity];
    Object *object = pick_live(run, entity, operation->a);
    unsigned f = choose_field(entity, operation->b, is_reference);
    if (object == NULL || f == NO_FIELD)
        return;
    Cell cell = choose_cell(run, &entity->fields[f], operation->c);
    if (cell.kind != CELL_NULL || entity->fields[f].nullable || operation->b % 16 == 0)
        change_set(run, object, f, cell);
}

/* A move between collections: the reference is the other side of it. */
static void
run_membership(Run *run, const Operation *operation, bool appends)
{
    Object *author = pick_live(run, &entities[AUTHOR], operation->a);
    Object *book = pick_live(run, &entities[BOOK], operation->b);
    if (author == NULL || book == NULL || is_double(run, author))
        return;
    const Field *field = &book->entity->fields[3];
    bool is_there = model_target(run->model, field, book->values.cells[3]) == author;
    run_log(run,
            "%s(%s, books, %s)",
            appends ? "append" : "remove",
            name_of(author),
            name_of(book));
    if (appends)
        append_book(author->pointer, book->pointer);
    else
        remove_book(author->pointer, book->pointer);
    if (appends && !(is_there && book->values.cells[3].kind == CELL_NUMBER))
        book->values.cells[3] = (Cell){ .kind = CELL_OBJECT, .number = author->index };
    else if (!appends && is_there)
        book->values.cells[3] = cell_null();
}

static void
run_edit(Run *run, const Operation *operation)
{
    Object *object = pick_live(run, &entities[operation->entity], operation->a);
    if (object == NULL)
        return;
    run_log(run, "edit(%s)", name_of(object));
    object->kept = kith_entity_edit(object->pointer, KITH_HERE);
    if (object->kept != object->pointer)
        complain(run, "edit of %s gave another pointer", name_of(object));
}

static void
write_reference(Run *run, Object *object, unsigned f, Cell cell)
{
    const Field *field = &object->entity->fields[f];
    bool was_null = field_read_target(field, object->pointer) == NULL;
    if (cell.kind == CELL_NULL && was_null)
        return; /* nobody can tell that from not writing at all */
    field_write_target(field, object->kept, pointer_of(run, cell));
    object->values.cells[f] = cell;
}

static void
run_write(Run *run, const Operation *operation)
{
    const Entity *entity = &entities[operation->entity];
    Object *object = pick(run, entity, operation->a, is_kept);
    unsigned f = choose_field(entity, operation->b, false);
    if (object == NULL || f == NO_FIELD)
        return;
    const Field *field = &entity->fields[f];
    Cell cell = choose_cell(run, field, operation->c);
    if (operation->c % 29 == 28 && (field->kind == FIELD_TEXT || field->kind == FIELD_REFERENCE))
        cell = cell_null(); /* maybe where none may be */
    run_log(
        run, "%s->%s = %s", name_of(object), field->name, text_of_cell(run, field, cell));
    if (field->kind == FIELD_REFERENCE) {
        write_reference(run, object, f, cell);
        return;
    }
    char *text = text_of(cell.number);
    g_ptr_array_add(run->texts, text);
    field_write(field, object->kept, cell, text);
    object->values.cells[f] = cell;
}

/* --- delete --------------------------------------------------------------------------------------------------- */

void
change_delete(Run *run, Object *object)
{
    run_log(run, "delete(%s)", name_of(object));
    kith_delete(object->pointer);
    model_delete(object);
}

static void
run_delete(Run *run, const Operation *operation)
{
    Object *object = pick_live(run, &entities[operation->entity], operation->a);
    if (object != NULL)
        change_delete(run, object);
}

static bool
refers_to(const Run *run, const Object *object, const Object *target)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        const Field *field = &object->entity->fields[f];
        if (field->kind == FIELD_REFERENCE && &entities[field->target] == target->entity
            && model_target(run->model, field, object->values.cells[f]) == target)
            return true;
    }
    return false;
}

static void
run_delete_tree(Run *run, const Operation *operation)
{
    Object *root = pick_live(run, &entities[operation->entity], operation->a);
    g_autoptr(GPtrArray) tree = g_ptr_array_new();
    if (root != NULL)
        g_ptr_array_add(tree, root);
    for (guint i = 0; i < tree->len; i++) {
        for (guint j = 0; j < run->model->objects->len; j++) {
            Object *object = object_at(run->model, j);
            if (is_live(object) && refers_to(run, object, g_ptr_array_index(tree, i))
                && !g_ptr_array_find(tree, object, NULL))
                g_ptr_array_add(tree, object);
        }
    }
    for (guint i = 0; i < tree->len; i++)
        change_delete(run, g_ptr_array_index(tree, i));
}

/* --- unique values -------------------------------------------------------------------------------------------- */

/* The value of each row goes to the next one, and that of the last one to the first. */
static void
pass_round(Run *run, Object **objects, unsigned n_objects, const Unique *unique)
{
    for (unsigned i = 0; i < unique->n_fields; i++) {
        unsigned f = unique->fields[i];
        const Field *field = &objects[0]->entity->fields[f];
        if (field->is_fixed || field->kind == FIELD_REFERENCE)
            continue;
        Cell last = objects[n_objects - 1]->values.cells[f];
        for (unsigned j = n_objects - 1; j > 0; j--)
            change_set(run, objects[j], f, objects[j - 1]->values.cells[f]);
        change_set(run, objects[0], f, last);
    }
}

static void
run_rotate(Run *run, const Operation *operation, unsigned n_objects)
{
    const Entity *entity = &entities[operation->entity];
    Object *objects[3];
    for (unsigned i = 0; i < n_objects; i++) {
        objects[i] = pick_live(run, entity, operation->a + i);
        for (unsigned j = 0; j < i; j++) {
            if (objects[i] == objects[j])
                return;
        }
        for (unsigned f = 0; objects[i] != NULL && f < entity->n_fields; f++) {
            /* A member that an edit emptied cannot be passed on. */
            if (objects[i]->values.cells[f].kind == CELL_NULL && !entity->fields[f].nullable)
                return;
        }
    }
    if (objects[0] != NULL)
        pass_round(run, objects, n_objects, &entity->uniques[operation->b % entity->n_uniques]);
}

/* The values of an object as those of a new one; false if it refers to what is not loaded. */
static bool
copy_values(const Run *run, const Object *object, Row *ret_row)
{
    *ret_row = object->values;
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        const Field *field = &object->entity->fields[f];
        if (field->is_version)
            ret_row->cells[f] = cell_number(0);
        if (field->kind != FIELD_REFERENCE || ret_row->cells[f].kind == CELL_NULL)
            continue;
        const Object *target = model_target(run->model, field, ret_row->cells[f]);
        if (target == NULL || !is_live(target))
            return false;
        ret_row->cells[f] = (Cell){ .kind = CELL_OBJECT, .number = target->index };
    }
    return true;
}

static void
run_replace(Run *run, const Operation *operation, bool with_key)
{
    const Entity *entity = &entities[operation->entity];
    Object *object = pick_live(run, entity, operation->a);
    Row row;
    if (object == NULL || !copy_values(run, object, &row))
        return;
    /* A made key that a failure takes back could be made again for another row. */
    if (with_key && made_key_of(entity) != NO_FIELD && !object->saved[0].has_row)
        return;
    for (unsigned f = 0; !with_key && f < entity->n_fields; f++) {
        if (entity->fields[f].is_made)
            row.cells[f] = cell_number(0);
        else if (entity->fields[f].is_key)
            row.cells[f] = choose_cell(run, &entity->fields[f], operation->b);
    }
    unsigned f = choose_field(entity, operation->b, false);
    bool varies = with_key && f != NO_FIELD && !entity->fields[f].is_key && operation->c % 3 > 0;
    Cell other = varies ? choose_cell(run, &entity->fields[f], operation->c) : cell_null();
    if (varies && (other.kind != CELL_NULL || entity->fields[f].nullable))
        row.cells[f] = other;
    change_delete(run, object);
    add(run, entity, &row);
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

static void
run_misuse(Run *run, const Operation *operation)
{
    const Entity *entity = &entities[operation->entity];
    Object *object = pick(run, entity, operation->a, is_dead);
    unsigned f = choose_field(entity, operation->b, false);
    if (object == NULL || entity->fields[f].kind == FIELD_REFERENCE)
        return;
    run_log(run, "set(%s, %s, t1), which is dead", name_of(object), entity->fields[f].name);
    field_set(&entity->fields[f], object->pointer, cell_number(1), NULL);
    /* The session of an object that is detached hears of it too. */
    run->model->is_misused = true;
}

static bool
is_referred_to(const Run *run, const Object *object)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        const Object *other = object_at(run->model, i);
        for (unsigned f = 0; !other->is_gone && f < other->entity->n_fields; f++) {
            Cell cell = other->values.cells[f];
            if (cell.kind == CELL_OBJECT && cell.number == object->index
                && (!is_live(other) || model_is_changed(run->model, other)))
                return true;
        }
    }
    return false;
}

/* Has a flush done anything since the last commit? */
static bool
has_flushed(const Run *run)
{
    for (guint i = 0; i < run->model->objects->len; i++) {
        const Object *object = object_at(run->model, i);
        const Saved *saved = &object->saved[0];
        if (!object->is_gone && (saved->is_written || (!saved->exists && object->has_row)))
            return true;
    }
    return run->model->is_open;
}

static void
run_evict(Run *run, const Operation *operation)
{
    Object *object = pick_live(run, &entities[operation->entity], operation->a);
    if (object == NULL || has_flushed(run) || model_is_changed(run->model, object)
        || is_referred_to(run, object))
        return;
    run_log(run, "evict(%s)", name_of(object));
    kith_evict(object->pointer);
    model_evict(run->model, object);
}

static void
run_plan(Run *run, const Operation *operation)
{
    g_autoptr(Forecast) forecast = model_forecast(run->model);
    g_autoptr(GError) error = NULL;
    bool is_refused = forecast_fails(forecast, true);
    run_log(run, "plan()");
    g_autofree char *text = operation->a % 2 == 0 ? kith_plan(run->session, &error)
                                                  : kith_plan_graph(run->session, &error);
    if ((text == NULL) != (run->model->is_misused || is_refused) || (text == NULL) != (error != NULL))
        complain(run,
                 "the plan %s: %s",
                 text != NULL ? "should fail" : "fails",
                 error != NULL ? error->message : "without an error");
    run->model->is_misused = false;
}

/* --- mending ------------------------------------------------------------------------------------------------------- */

/* The first object that can be referred to: live, and with a row that is there. */
static Object *
find_target(const Run *run, const Field *field)
{
    const Entity *entity = &entities[field->target];
    for (guint i = 0; i < run->model->objects->len; i++) {
        Object *object = object_at(run->model, i);
        if (object->entity == entity && is_live(object)
            && (object->state == KITH_PENDING
                || model_find_row(run->model, entity, &object->base) != NULL))
            return object;
    }
    return NULL;
}

static void
mend_reference(Run *run, Object *object, unsigned f)
{
    const Field *field = &object->entity->fields[f];
    const Object *target = find_target(run, field);
    if (field->nullable)
        change_set(run, object, f, cell_null());
    else if (target != NULL)
        change_set(run, object, f, (Cell){ .kind = CELL_OBJECT, .number = target->index });
    else
        change_delete(run, object);
}

/* The object of a row that nobody has loaded, so that it can be changed. */
static Object *
load_object(Run *run, const Problem *problem)
{
    g_autofree void *key = g_malloc0(problem->entity->mapping->size);
    g_autoptr(GError) error = NULL;
    field_write(&problem->entity->fields[0], key, problem->row.cells[0], "");
    const void *pointer = kith_session_get_by(
        run->session, problem->entity->mapping, key, KITH_HERE, &error);
    absorb_reads(run);
    return pointer != NULL ? g_hash_table_lookup(run->model->by_pointer, pointer) : NULL;
}

static void
mend_problem(Run *run, const Problem *problem)
{
    Object *object = problem->object;
    if (object == NULL && problem->code == KITH_ERROR_FOREIGN_KEY)
        object = load_object(run, problem);
    if (object == NULL || problem->code == KITH_ERROR_STALE || problem->field == NO_FIELD) {
        change_roll_back(run);
        return;
    }
    const Field *field = &object->entity->fields[problem->field];
    if (field->kind == FIELD_REFERENCE)
        mend_reference(run, object, problem->field);
    else if (field->is_fixed)
        change_delete(run, object);
    else
        change_set(run, object, problem->field, cell_number(run->fresh++));
}

void
run_mend(Run *run)
{
    for (unsigned i = 0; run->failure == NULL; i++) {
        g_autoptr(Forecast) forecast = model_forecast(run->model);
        bool is_refused = run->model->is_misused || (run->model->is_read_only && forecast->writes);
        if (forecast->problems->len == 0 && !is_refused)
            return;
        if (is_refused || i == 50)
            change_roll_back(run);
        else
            mend_problem(run, &g_array_index(forecast->problems, Problem, 0));
    }
}

bool
run_change(Run *run, const Operation *operation)
{
    switch (operation->kind) {
    case OPERATION_ADD:
        return run_add(run, operation), true;
    case OPERATION_SET:
        return run_set(run, operation, false), true;
    case OPERATION_MOVE:
        return run_set(run, operation, true), true;
    case OPERATION_EDIT:
        return run_edit(run, operation), true;
    case OPERATION_WRITE:
        return run_write(run, operation), true;
    case OPERATION_APPEND:
        return run_membership(run, operation, true), true;
    case OPERATION_REMOVE:
        return run_membership(run, operation, false), true;
    case OPERATION_DELETE:
        return run_delete(run, operation), true;
    case OPERATION_DELETE_TREE:
        return run_delete_tree(run, operation), true;
    case OPERATION_SWAP:
        return run_rotate(run, operation, 2), true;
    case OPERATION_ROTATE:
        return run_rotate(run, operation, 3), true;
    case OPERATION_REPLACE:
        return run_replace(run, operation, false), true;
    case OPERATION_REPLACE_KEY:
        return run_replace(run, operation, true), true;
    case OPERATION_MISUSE:
        return run_misuse(run, operation), true;
    case OPERATION_EVICT:
        return run_evict(run, operation), true;
    case OPERATION_PLAN:
        return run_plan(run, operation), true;
    case OPERATION_MEND:
        return run_mend(run), true;
    default:
        return false;
    }
}

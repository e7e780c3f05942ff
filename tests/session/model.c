/*
 * model.c - see the header. Simple and slow on purpose: everything is looked for from one end to the
 * other, and nothing here is like what the library does.
 */
#include "model.h"

/* A row in a forecast: what it was, what it will be, and the object that makes it so. */
typedef struct Line {
    Row was;
    Row row;
    bool existed;
    bool is_gone;
    bool is_set[MAX_FIELDS]; /* by the program; a key that it means may take it along else */
    Object *object;
} Line;

static GArray *
copy_rows(const GArray *rows)
{
    GArray *copy = g_array_new(FALSE, FALSE, sizeof(Row));
    g_array_append_vals(copy, rows->data, rows->len);
    return copy;
}

static void
replace_rows(GArray **rows, const GArray *with)
{
    g_array_unref(*rows);
    *rows = copy_rows(with);
}

Model *
model_new(void)
{
    Model *model = g_new0(Model, 1);
    model->objects = g_ptr_array_new_with_free_func(g_free);
    model->by_pointer = g_hash_table_new(NULL, NULL);
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        model->rows[e] = g_array_new(FALSE, FALSE, sizeof(Row));
        for (unsigned level = 0; level < MAX_LEVELS; level++)
            model->saved_rows[level][e] = g_array_new(FALSE, FALSE, sizeof(Row));
    }
    return model;
}

void
model_free(Model *model)
{
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        g_array_unref(model->rows[e]);
        for (unsigned level = 0; level < MAX_LEVELS; level++)
            g_array_unref(model->saved_rows[level][e]);
    }
    g_ptr_array_unref(model->objects);
    g_hash_table_unref(model->by_pointer);
    g_free(model);
}

static unsigned
entity_number(const Entity *entity)
{
    return (unsigned) (entity - entities);
}

static bool
has_same_key(const Entity *entity, const Row *a, const Row *b)
{
    return rows_meet(&entity->uniques[0], a, b);
}

/* --- objects --------------------------------------------------------------------------------------- */

static Object *
new_object(Model *model, const Entity *entity, const void *pointer, const Row *values)
{
    Object *object = g_new0(Object, 1);
    object->entity = entity;
    object->index = model->objects->len;
    object->pointer = pointer;
    object->values = *values;
    g_ptr_array_add(model->objects, object);
    g_hash_table_insert(model->by_pointer, (void *) (uintptr_t) pointer, object);
    return object;
}

Object *
model_add(Model *model, const Entity *entity, const void *pointer, const Row *values)
{
    Object *object = new_object(model, entity, pointer, values);
    object->state = KITH_PENDING;
    return object;
}

/* What a reference that is read now was at a savepoint, before the key that it means changed. */
static void
save_followed(const Model *model, Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        const Field *field = &object->entity->fields[f];
        const Object *owner = field->follows || field->is_led
                                  ? model_target(model, field, object->base.cells[f])
                                  : NULL;
        for (unsigned level = 0; owner != NULL && level <= model->level; level++) {
            const Saved *then = &owner->saved[level];
            if (!then->exists || !then->is_written)
                continue;
            object->saved[level].row.cells[f] = then->row.cells[0];
            object->saved[level].is_written = true;
        }
    }
}

Object *
model_load(Model *model, const Entity *entity, const void *pointer, const Row *row)
{
    Object *object = new_object(model, entity, pointer, row);
    object->state = KITH_PERSISTENT;
    object->has_row = true;
    object->base = *row;
    for (unsigned level = 0; level < MAX_LEVELS; level++)
        object->saved[level] = (Saved){ .exists = true,
                                        .has_row = true,
                                        .state = KITH_PERSISTENT,
                                        .row = *row,
                                        .values = *row };
    save_followed(model, object);
    return object;
}

void
model_reload(Model *model, Object *object, const Row *row)
{
    object->base = *row;
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        /* A reference to an object stays one: the object may lose its key, or be about to change it. */
        const Cell *value = &object->values.cells[f];
        bool means_the_same = value->kind == CELL_OBJECT
                              && model_target(model, &object->entity->fields[f], row->cells[f])
                                     == object_at(model, (unsigned) value->number);
        if (!means_the_same && !cells_are_equal(model_resolve(model, *value), row->cells[f]))
            object->values.cells[f] = row->cells[f];
    }
    for (unsigned level = 0; level <= model->level; level++) {
        if (object->saved[level].exists && !object->saved[level].is_written)
            object->saved[level].row = *row;
    }
}

void
model_evict(Model *model, Object *object)
{
    Cell key = object->base.cells[0];
    for (guint i = 0; i < model->objects->len; i++) {
        Object *other = object_at(model, i);
        for (unsigned f = 0; f < other->entity->n_fields; f++) {
            Cell *cell = &other->values.cells[f];
            if (cell->kind == CELL_OBJECT && cell->number == object->index)
                *cell = key;
        }
    }
    g_hash_table_remove(model->by_pointer, object->pointer);
    object->is_gone = true;
    object->has_row = false;
    object->kept = NULL;
    object->state = KITH_DETACHED;
}

void
model_delete(Object *object)
{
    object->state = object->state == KITH_PENDING ? KITH_DETACHED : KITH_DELETED;
}

Object *
model_find(const Model *model, const Entity *entity, const Row *row)
{
    for (guint i = 0; i < model->objects->len; i++) {
        Object *object = object_at(model, i);
        if (object->entity == entity && object->has_row
            && has_same_key(entity, &object->base, row))
            return object;
    }
    return NULL;
}

Object *
model_target(const Model *model, const Field *field, Cell cell)
{
    if (cell.kind == CELL_NULL)
        return NULL;
    if (cell.kind == CELL_OBJECT)
        return object_at(model, (unsigned) cell.number);
    return model_find(model, &entities[field->target], &(Row){ .cells = { cell } });
}

Row *
model_find_row(const Model *model, const Entity *entity, const Row *row)
{
    GArray *rows = model->rows[entity_number(entity)];
    for (guint i = 0; i < rows->len; i++) {
        Row *found = &g_array_index(rows, Row, i);
        if (has_same_key(entity, found, row))
            return found;
    }
    return NULL;
}

/* Has the program, or the database, given the object a key? */
static bool
has_key(const Object *object)
{
    unsigned key = made_key_of(object->entity);
    return key == NO_FIELD || object->values.cells[key].number != 0;
}

Cell
model_resolve(const Model *model, Cell cell)
{
    if (cell.kind != CELL_OBJECT)
        return cell;
    const Object *target = object_at(model, (unsigned) cell.number);
    if (target->state == KITH_DELETED && target->has_row)
        return target->base.cells[0];
    return has_key(target) ? target->values.cells[0] : cell;
}

/* The object that a reference means in its row, if that is going to have another key. */
static Object *
moving_owner(const Model *model, const Object *object, unsigned f)
{
    const Field *field = &object->entity->fields[f];
    if (!object->has_row || object->base.cells[f].kind != CELL_NUMBER
        || !(field->follows || field->is_led))
        return NULL;
    Object *owner = model_target(model, field, object->base.cells[f]);
    bool moves = owner != NULL && owner->state == KITH_PERSISTENT
                 && !cells_are_equal(owner->values.cells[0], owner->base.cells[0]);
    return moves ? owner : NULL;
}

bool
model_is_field_changed(const Model *model, const Object *object, unsigned field)
{
    const Object *owner = moving_owner(model, object, field);
    Cell cell = object->values.cells[field];
    if (owner != NULL && cell.kind != CELL_NULL)
        return cell.kind == CELL_OBJECT && (unsigned) cell.number != owner->index;
    return !cells_are_equal(model_resolve(model, object->values.cells[field]),
                            object->base.cells[field]);
}

bool
model_is_changed(const Model *model, const Object *object)
{
    if (object->state != KITH_PERSISTENT)
        return object->state == KITH_PENDING
               || (object->state == KITH_DELETED && object->has_row);
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        if (!object->entity->fields[f].is_version && model_is_field_changed(model, object, f))
            return true;
    }
    return false;
}

bool
model_has_changes(const Model *model)
{
    for (guint i = 0; i < model->objects->len; i++) {
        if (model_is_changed(model, object_at(model, i)))
            return true;
    }
    return false;
}

/* --- forecast: the rows ------------------------------------------------------------------------------- */

/* A key that is not made yet is told apart from the others by a number below zero. */
static Cell
foreseen(const Model *model, Cell cell)
{
    Cell resolved = model_resolve(model, cell);
    return resolved.kind == CELL_OBJECT ? cell_number(-1 - resolved.number) : resolved;
}

static Row
foreseen_row(const Model *model, const Object *object)
{
    Row row = object->values;
    for (unsigned f = 0; f < object->entity->n_fields; f++)
        row.cells[f] = foreseen(model, row.cells[f]);
    if (!has_key(object))
        row.cells[0] = cell_number(-1 - (int64_t) object->index);
    return row;
}

static Line *
find_line(const Forecast *forecast, const Entity *entity, const Row *row)
{
    GArray *lines = forecast->lines[entity_number(entity)];
    for (guint i = 0; i < lines->len; i++) {
        Line *line = &g_array_index(lines, Line, i);
        if (line->existed && has_same_key(entity, &line->was, row))
            return line;
    }
    return NULL;
}

static void
add_problem(Forecast *forecast,
            KithErrorCode code,
            bool is_refused,
            Object *object,
            unsigned field)
{
    Problem problem = { .code = code,
                        .is_refused = is_refused,
                        .object = object,
                        .entity = object->entity,
                        .field = field,
                        .row = object->values };
    g_array_append_val(forecast->problems, problem);
}

/* The line of the row that an object has; NULL, and a problem, if somebody else was faster. */
static Line *
find_own_line(Forecast *forecast, Object *object, const Row *base)
{
    Line *line = find_line(forecast, object->entity, base);
    unsigned version = version_of(object->entity);
    bool is_there = line != NULL
                    && (version == NO_FIELD
                        || cells_are_equal(line->was.cells[version], base->cells[version]));
    if (is_there)
        return line;
    add_problem(forecast, KITH_ERROR_STALE, false, object, NO_FIELD);
    return NULL;
}

/* The deleted object whose key @object has. */
static Object *
replaced_by(const Model *model, const Object *object)
{
    if (object->state != KITH_PENDING || !has_key(object))
        return NULL;
    Object *known = model_find(model, object->entity, &object->values);
    if (known == NULL || known->state != KITH_DELETED)
        return NULL;
    for (guint i = 0; i < object->index; i++) {
        const Object *other = object_at(model, i);
        if (other->entity == object->entity && other->state == KITH_PENDING
            && has_same_key(object->entity, &other->values, &object->values))
            return NULL; /* there is one already */
    }
    return known;
}

static bool
is_replaced(const Model *model, const Object *object)
{
    for (guint i = 0; i < model->objects->len; i++) {
        if (replaced_by(model, object_at(model, i)) == object)
            return true;
    }
    return false;
}

static bool
differs(const Entity *entity, const Row *a, const Row *b)
{
    for (unsigned f = 0; f < entity->n_fields; f++) {
        if (!entity->fields[f].is_version && !cells_are_equal(a->cells[f], b->cells[f]))
            return true;
    }
    return false;
}

/* Does the program want field @f written? Where a row is replaced all that differs is. */
static bool
is_to_be_set(const Model *model,
             const Object *object,
             unsigned f,
             const Row *base,
             const Row *row)
{
    return object->state == KITH_PERSISTENT
               ? model_is_field_changed(model, object, f)
               : !cells_are_equal(row->cells[f], base->cells[f])
                     || object->entity->fields[f].kind == FIELD_REFERENCE;
}

/* Write the fields of @row that are not as in @base, and raise the version. */
static void
foresee_update(const Model *model,
               Forecast *forecast,
               Object *object,
               const Row *base,
               const Row *row)
{
    Line *line = find_own_line(forecast, object, base);
    unsigned version = version_of(object->entity);
    forecast->writes = true;
    if (line == NULL)
        return;
    line->object = object;
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        line->is_set[f] = is_to_be_set(model, object, f, base, row);
        if (line->is_set[f])
            line->row.cells[f] = row->cells[f];
    }
    if (version != NO_FIELD)
        line->row.cells[version].number = base->cells[version].number + 1;
}

static void
foresee_insert(const Model *model, Forecast *forecast, Object *object)
{
    Row row = foreseen_row(model, object);
    const Object *replaced = replaced_by(model, object);
    unsigned version = version_of(object->entity);
    if (replaced != NULL && !differs(object->entity, &row, &replaced->base)) {
        Line *line = find_line(forecast, object->entity, &row);
        if (line != NULL)
            line->object = object;
        /* Nothing is sent, so nobody notices that somebody else deleted the row. */
        forecast->is_blind = forecast->is_blind || line == NULL;
        return;
    }
    if (replaced != NULL) {
        foresee_update(model, forecast, object, &replaced->base, &row);
        return;
    }
    if (version != NO_FIELD)
        row.cells[version] = cell_number(1);
    forecast->writes = true;
    Line line = { .row = row, .object = object };
    g_array_append_val(forecast->lines[entity_number(object->entity)], line);
}

static void
foresee_delete(Forecast *forecast, Object *object)
{
    Line *line = find_own_line(forecast, object, &object->base);
    forecast->writes = true;
    if (line != NULL)
        line->is_gone = true;
}

/* An object that the session lets follow has its row written, which has to be there. */
static void
foresee_led(const Model *model, Forecast *forecast, Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        if (object->entity->fields[f].is_led && object->state == KITH_PERSISTENT
            && moving_owner(model, object, f) != NULL)
            (void) find_own_line(forecast, object, &object->base);
    }
}

static void
foresee(const Model *model, Forecast *forecast, Object *object)
{
    if (!model_is_changed(model, object)) {
        foresee_led(model, forecast, object);
        return;
    }
    if (object->state == KITH_PENDING) {
        foresee_insert(model, forecast, object);
    } else if (object->state == KITH_PERSISTENT) {
        Row row = foreseen_row(model, object);
        foresee_update(model, forecast, object, &object->base, &row);
    } else if (!is_replaced(model, object)) {
        foresee_delete(forecast, object);
    }
}

/* --- forecast: what is refused -------------------------------------------------------------------------- */

static void
refuse_cell(const Model *model, Forecast *forecast, Object *object, unsigned f)
{
    const Field *field = &object->entity->fields[f];
    Cell cell = object->values.cells[f];
    bool is_written = object->state == KITH_PENDING || model_is_field_changed(model, object, f);
    if (!is_written)
        return;
    if (cell.kind == CELL_NULL && !field->nullable)
        add_problem(forecast, KITH_ERROR_NOT_NULL, true, object, f);
    const Object *target
        = cell.kind == CELL_OBJECT ? object_at(model, (unsigned) cell.number) : NULL;
    if (target != NULL && !is_live(target) && !is_replaced(model, target))
        add_problem(forecast, KITH_ERROR_FOREIGN_KEY, true, object, f);
}

static void
refuse(const Model *model, Forecast *forecast, Object *object)
{
    if (object->state == KITH_DELETED || !model_is_changed(model, object))
        return;
    for (unsigned f = 0; f < object->entity->n_fields; f++)
        refuse_cell(model, forecast, object, f);
    if (!has_key(object))
        return;
    const Object *known = model_find(model, object->entity, &object->values);
    bool gives_up_key = known != NULL && known->state != KITH_DELETED
                        && !has_same_key(known->entity, &known->values, &known->base);
    bool takes_over = known != NULL && known->state == KITH_DELETED
                      && (object->state == KITH_PENDING ? replaced_by(model, object) == known
                                                        : !is_replaced(model, known));
    if (known != NULL && known != object && !takes_over && !gives_up_key)
        add_problem(forecast, KITH_ERROR_UNIQUE, true, object, 0);
}

/* --- forecast: the constraints ---------------------------------------------------------------------------- */

static void
add_line_problem(Forecast *forecast,
                 KithErrorCode code,
                 const Entity *entity,
                 const Line *line,
                 unsigned field)
{
    Problem problem = { .code = code,
                        .object = line->object,
                        .entity = entity,
                        .field = field,
                        .row = line->row };
    g_array_append_val(forecast->problems, problem);
}

/* Of two rows that meet, the one that is new here. */
static void
check_unique(Forecast *forecast, const Entity *entity, const Line *a, const Line *b)
{
    for (unsigned u = 0; u < entity->n_uniques; u++) {
        const Unique *unique = &entity->uniques[u];
        if (!rows_meet(unique, &a->row, &b->row))
            continue;
        bool was_there = b->existed && rows_meet(unique, &b->was, &b->row);
        add_line_problem(forecast,
                         KITH_ERROR_UNIQUE,
                         entity,
                         was_there ? a : b,
                         unique->fields[unique->n_fields - 1]);
    }
}

static bool
is_there(const Forecast *forecast, const Field *field, Cell key)
{
    const GArray *lines = forecast->lines[field->target];
    for (guint i = 0; i < lines->len; i++) {
        const Line *line = &g_array_index(lines, Line, i);
        if (!line->is_gone && cells_are_equal(line->row.cells[0], key))
            return true;
    }
    return false;
}

/* A row cannot go while another one still refers to it, whoever takes its key afterwards. */
static bool
is_left_behind(const Forecast *forecast, const Field *field, const Line *line, unsigned f)
{
    if (!line->existed || line->is_set[f] || line->was.cells[f].kind != CELL_NUMBER)
        return false;
    const Line *target = find_line(
        forecast, &entities[field->target], &(Row){ .cells = { line->was.cells[f] } });
    return target != NULL && target->is_gone;
}

static void
check_line(Forecast *forecast, const Entity *entity, guint index)
{
    const GArray *lines = forecast->lines[entity_number(entity)];
    const Line *line = &g_array_index(lines, Line, index);
    if (line->is_gone)
        return;
    for (guint i = index + 1; i < lines->len; i++) {
        const Line *other = &g_array_index(lines, Line, i);
        if (!other->is_gone)
            check_unique(forecast, entity, line, other);
    }
    for (unsigned f = 0; f < entity->n_fields; f++) {
        const Field *field = &entity->fields[f];
        if (field->kind == FIELD_REFERENCE && line->row.cells[f].kind == CELL_NUMBER
            && (!is_there(forecast, field, line->row.cells[f])
                || is_left_behind(forecast, field, line, f)))
            add_line_problem(forecast, KITH_ERROR_FOREIGN_KEY, entity, line, f);
    }
}

/* Of a row that nobody has set: what the key that it means is going to be. */
static void
follow_key(const Model *model, Forecast *forecast, const Entity *entity, Line *line, unsigned f)
{
    const Field *field = &entity->fields[f];
    const Line *target = find_line(
        forecast, &entities[field->target], &(Row){ .cells = { line->was.cells[f] } });
    if (target == NULL || target->is_gone
        || cells_are_equal(target->was.cells[0], target->row.cells[0]))
        return;
    const Object *known = model_find(model, entity, &line->was);
    if (field->follows || (known != NULL && known->state == KITH_PERSISTENT))
        line->row.cells[f] = target->row.cells[0];
    else
        add_line_problem(forecast, KITH_ERROR_FOREIGN_KEY, entity, line, f);
}

static void
follow_keys(const Model *model, Forecast *forecast)
{
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        for (guint i = 0; i < forecast->lines[e]->len; i++) {
            Line *line = &g_array_index(forecast->lines[e], Line, i);
            for (unsigned f = 0; f < entities[e].n_fields; f++) {
                const Field *field = &entities[e].fields[f];
                if ((field->follows || field->is_led) && line->existed && !line->is_gone
                    && !line->is_set[f] && line->was.cells[f].kind == CELL_NUMBER)
                    follow_key(model, forecast, &entities[e], line, f);
            }
        }
    }
}

Forecast *
model_forecast(const Model *model)
{
    Forecast *forecast = g_new0(Forecast, 1);
    forecast->problems = g_array_new(FALSE, FALSE, sizeof(Problem));
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        forecast->lines[e] = g_array_new(FALSE, FALSE, sizeof(Line));
        for (guint i = 0; i < model->rows[e]->len; i++) {
            Row row = g_array_index(model->rows[e], Row, i);
            Line line = { .was = row, .row = row, .existed = true };
            g_array_append_val(forecast->lines[e], line);
        }
    }
    for (guint i = 0; i < model->objects->len; i++) {
        refuse(model, forecast, object_at(model, i));
        foresee(model, forecast, object_at(model, i));
    }
    follow_keys(model, forecast);
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        for (guint i = 0; i < forecast->lines[e]->len; i++)
            check_line(forecast, &entities[e], i);
    }
    return forecast;
}

void
forecast_free(Forecast *forecast)
{
    if (forecast == NULL)
        return;
    for (unsigned e = 0; e < N_ENTITIES; e++)
        g_array_unref(forecast->lines[e]);
    g_array_unref(forecast->problems);
    g_free(forecast);
}

bool
forecast_fails(const Forecast *forecast, bool is_refused)
{
    for (guint i = 0; i < forecast->problems->len; i++) {
        if (g_array_index(forecast->problems, Problem, i).is_refused == is_refused)
            return true;
    }
    return false;
}

/* Where somebody else was faster, what else goes wrong depends on the order of statements. */
bool
forecast_allows(const Forecast *forecast, bool is_refused, KithErrorCode code)
{
    for (guint i = 0; i < forecast->problems->len; i++) {
        const Problem *problem = &g_array_index(forecast->problems, Problem, i);
        if (problem->is_refused != is_refused)
            continue;
        if (problem->code == code
            || (problem->code == KITH_ERROR_STALE
                && (code == KITH_ERROR_UNIQUE || code == KITH_ERROR_FOREIGN_KEY)))
            return true;
    }
    return false;
}

/* --- a flush that went well --------------------------------------------------------------------------------- */

static void
mark_written(Model *model, Object *object)
{
    for (unsigned level = 0; level <= model->level; level++)
        object->saved[level].is_written = true;
}

static void
take_rows(Model *model, const Forecast *forecast)
{
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        g_array_set_size(model->rows[e], 0);
        for (guint i = 0; i < forecast->lines[e]->len; i++) {
            const Line *line = &g_array_index(forecast->lines[e], Line, i);
            Row row = line->row;
            for (unsigned f = 0; f < entities[e].n_fields; f++) {
                const Field *field = &entities[e].fields[f];
                if ((field->is_made || field->kind == FIELD_REFERENCE)
                    && row.cells[f].kind == CELL_NUMBER && row.cells[f].number < 0)
                    row.cells[f] = object_at(model, (unsigned) (-1 - row.cells[f].number))
                                       ->values.cells[0];
            }
            if (!line->is_gone)
                g_array_append_val(model->rows[e], row);
        }
    }
}

/* What refers to an object that is no more means the one that took its key. */
static void
settle_references(const Model *model, Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        Cell *cell = &object->values.cells[f];
        if (cell->kind != CELL_OBJECT || is_live(object_at(model, (unsigned) cell->number)))
            continue;
        *cell = object->base.cells[f];
        const Object *target = model_target(model, &object->entity->fields[f], *cell);
        if (target != NULL)
            *cell = (Cell){ .kind = CELL_OBJECT, .number = target->index };
    }
}

/* @replaced: the row of the deleted object whose key it has, or NULL. */
static void
settle(Model *model, Object *object, const Row *replaced)
{
    unsigned version = version_of(object->entity);
    Row base = object->base;
    mark_written(model, object);
    if (object->state == KITH_DELETED) {
        object->has_row = false;
        return;
    }
    for (unsigned f = 0; f < object->entity->n_fields; f++)
        object->base.cells[f] = model_resolve(model, object->values.cells[f]);
    if (version != NO_FIELD && replaced != NULL)
        object->base.cells[version].number
            = replaced->cells[version].number + differs(object->entity, &object->base, replaced);
    else if (version != NO_FIELD)
        object->base.cells[version].number
            = object->state == KITH_PENDING ? 1 : base.cells[version].number + 1;
    if (version != NO_FIELD)
        object->values.cells[version] = object->base.cells[version];
    object->state = KITH_PERSISTENT;
    object->has_row = true;
}

/* What has to be known of each object before its key is. */
typedef struct Before {
    bool is_changed;
    const Row *replaced; /* the row of the deleted object whose key it has */
    const Object *owners[MAX_FIELDS]; /* whose keys its references follow, unless it is set */
} Before;

static Before *
look_before(const Model *model)
{
    Before *before = g_new0(Before, model->objects->len + 1);
    for (guint i = 0; i < model->objects->len; i++) {
        const Object *replaced = replaced_by(model, object_at(model, i));
        const Object *object = object_at(model, i);
        before[i].is_changed = model_is_changed(model, object);
        for (unsigned f = 0; f < object->entity->n_fields; f++) {
            if (object->state == KITH_PERSISTENT && !model_is_field_changed(model, object, f))
                before[i].owners[f] = moving_owner(model, object, f);
        }
        before[i].replaced = replaced != NULL ? &replaced->base : NULL;
    }
    return before;
}

/* After all have their keys. */
static void
settle_followed(Model *model, Object *object, const Before *before)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        if (before->owners[f] == NULL)
            continue;
        Cell *value = &object->values.cells[f];
        mark_written(model, object);
        object->base.cells[f] = before->owners[f]->base.cells[0];
        if (value->kind == CELL_NUMBER)
            *value = object->base.cells[f];
    }
}

static void
settle_all(Model *model, const Forecast *forecast, const Before *before)
{
    take_rows(model, forecast);
    /* Those that are deleted last: what refers to them is known by the rows that they had. */
    for (guint i = 0; i < model->objects->len; i++) {
        if (before[i].is_changed && object_at(model, i)->state != KITH_DELETED)
            settle(model, object_at(model, i), before[i].replaced);
    }
    for (guint i = 0; i < model->objects->len; i++) {
        if (before[i].is_changed && object_at(model, i)->state == KITH_DELETED)
            settle(model, object_at(model, i), NULL);
    }
    for (guint i = 0; i < model->objects->len; i++)
        settle_followed(model, object_at(model, i), &before[i]);
    for (guint i = 0; i < model->objects->len; i++) {
        if (object_at(model, i)->state == KITH_PERSISTENT)
            settle_references(model, object_at(model, i));
    }
}

/* The key that the database made is in the object now. */
static char *
take_made_key(Model *model, Object *object)
{
    if (object->state != KITH_PENDING || has_key(object))
        return NULL;
    Cell key = field_read(&object->entity->fields[0], object->pointer);
    Row row = { .cells = { key } };
    if (key.number <= 0)
        return g_strdup_printf(
            "%s%u has no key after it was inserted", object->entity->name, object->index);
    const Object *known = model_find(model, object->entity, &row);
    bool is_deleted = known != NULL && known->state == KITH_DELETED;
    if (model_find_row(model, object->entity, &row) != NULL && !is_deleted)
        return g_strdup_printf("%s%u got the key %" G_GINT64_FORMAT ", which is taken",
                               object->entity->name,
                               object->index,
                               key.number);
    model->is_ambiguous = model->is_ambiguous || (known != NULL && !is_deleted);
    object->values.cells[0] = key;
    object->is_key_made = true;
    return NULL;
}

char *
model_flush(Model *model, const Forecast *forecast)
{
    g_autofree Before *before = look_before(model);
    for (guint i = 0; i < model->objects->len; i++) {
        char *complaint = take_made_key(model, object_at(model, i));
        if (complaint != NULL)
            return complaint;
    }
    settle_all(model, forecast, before);
    return NULL;
}

void
model_flush_and_lose(Model *model, const Forecast *forecast, unsigned level)
{
    g_autofree Before *before = look_before(model);
    for (guint i = 0; i < model->objects->len; i++) {
        Object *object = object_at(model, i);
        if (object->state != KITH_PENDING || has_key(object))
            continue;
        object->values.cells[0] = cell_number(-1 - (int64_t) i);
        object->is_key_made = true;
    }
    settle_all(model, forecast, before);
    model_fail(model, level);
}

/* --- transactions -------------------------------------------------------------------------------------------- */

static void
save(Model *model, unsigned level)
{
    for (unsigned e = 0; e < N_ENTITIES; e++)
        replace_rows(&model->saved_rows[level][e], model->rows[e]);
    for (guint i = 0; i < model->objects->len; i++) {
        Object *object = object_at(model, i);
        object->saved[level] = (Saved){ .exists = object->state != KITH_PENDING,
                                        .has_row = object->has_row,
                                        .state = object->state,
                                        .row = object->base,
                                        .values = object->values };
    }
}

void
model_commit(Model *model)
{
    for (guint i = 0; i < model->objects->len; i++) {
        Object *object = object_at(model, i);
        if (object->state == KITH_DELETED && !object->has_row)
            object->state = KITH_DETACHED;
    }
    model->level = 0;
    model->is_open = model->is_read_only = false;
    save(model, 0);
}

void
model_savepoint(Model *model)
{
    model->is_open = true;
    model->level++;
    save(model, model->level);
}

void
model_release(Model *model)
{
    model->level--;
}

static void
take_back_key(Object *object)
{
    unsigned version = version_of(object->entity);
    if (object->is_key_made)
        object->values.cells[0] = cell_number(0);
    object->is_key_made = false;
    if (version != NO_FIELD)
        object->values.cells[version] = cell_number(0);
    object->has_row = false;
}

/* The values of the row again, as references to objects where they were such. */
/* What a reference will be when its target has the values of its row again. */
static Cell
resolve_as_restored(const Model *model, Cell cell)
{
    const Object *target
        = cell.kind == CELL_OBJECT ? object_at(model, (unsigned) cell.number) : NULL;
    return target != NULL && target->has_row ? target->base.cells[0] : model_resolve(model, cell);
}

static void
restore_values(const Model *model, Object *object, const Row *saved)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        Cell base = object->base.cells[f], present = object->values.cells[f];
        bool was_object = saved->cells[f].kind == CELL_OBJECT
                          && cells_are_equal(resolve_as_restored(model, saved->cells[f]), base);
        bool is_object = present.kind == CELL_OBJECT
                         && is_live(object_at(model, (unsigned) present.number))
                         && cells_are_equal(resolve_as_restored(model, present), base);
        object->values.cells[f] = was_object ? saved->cells[f] : is_object ? present : base;
    }
}

static void
roll_back_object(Object *object, unsigned level)
{
    Saved *saved = &object->saved[level];
    if (object->is_gone)
        return;
    if (!saved->exists) {
        take_back_key(object);
        object->state = KITH_DETACHED;
        return;
    }
    if (saved->is_written) {
        object->base = saved->row;
        object->has_row = saved->has_row;
        object->state = saved->state;
    } else if (object->state == KITH_DELETED && object->has_row) {
        object->state = KITH_PERSISTENT;
    }
    saved->is_written = false;
}

/* What stood for a row that is another object's again: who refers to it means that one. */
static void
leave_detached(const Model *model, Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        Cell *cell = &object->values.cells[f];
        const Object *target
            = cell->kind == CELL_OBJECT ? object_at(model, (unsigned) cell->number) : NULL;
        if (target == NULL || target->state != KITH_DETACHED)
            continue;
        const Object *known = model_find(model, target->entity, &target->values);
        if (known != NULL)
            cell->number = known->index;
    }
}

static void
end_at(Model *model, unsigned level)
{
    for (guint i = 0; i < model->objects->len; i++) {
        if (object_at(model, i)->has_row)
            leave_detached(model, object_at(model, i));
    }
    for (unsigned e = 0; e < N_ENTITIES; e++)
        replace_rows(&model->rows[e], model->saved_rows[level][e]);
    if (level > 0)
        return;
    model->level = 0;
    model->is_open = model->is_read_only = false;
}

void
model_forget(Model *model)
{
    g_hash_table_remove_all(model->by_pointer);
    g_ptr_array_set_size(model->objects, 0);
    model->is_misused = false;
    end_at(model, 0);
}

void
model_roll_back(Model *model, unsigned level)
{
    for (guint i = 0; i < model->objects->len; i++)
        roll_back_object(object_at(model, i), level);
    for (guint i = 0; i < model->objects->len; i++) {
        Object *object = object_at(model, i);
        if (!object->is_gone && object->state == KITH_PERSISTENT)
            restore_values(model, object, &object->saved[level].values);
    }
    model->is_misused = false;
    end_at(model, level);
}

/* What is known by its key alone has the key of then. */
static void
take_back_followed(Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        const Field *field = &object->entity->fields[f];
        Cell *value = &object->values.cells[f];
        if ((field->follows || field->is_led) && value->kind == CELL_NUMBER)
            *value = object->base.cells[f];
    }
}

static void
fail_object(Object *object, unsigned level)
{
    Saved *saved = &object->saved[level];
    unsigned version = version_of(object->entity);
    if (object->is_gone || object->state == KITH_DETACHED)
        return;
    if (!saved->exists) {
        take_back_key(object);
        object->state = object->state == KITH_DELETED ? KITH_DETACHED : KITH_PENDING;
        return;
    }
    if (saved->is_written) {
        object->base = saved->row;
        object->has_row = saved->has_row;
        take_back_followed(object);
    }
    if (version != NO_FIELD && object->has_row)
        object->values.cells[version] = object->base.cells[version];
    saved->is_written = false;
}

/* What refers to a row, and not to a change, means who has the row again. */
static void
mean_rows_again(const Model *model, Object *object)
{
    for (unsigned f = 0; f < object->entity->n_fields; f++) {
        Cell *cell = &object->values.cells[f];
        if (cell->kind != CELL_OBJECT || object_at(model, (unsigned) cell->number)->has_row
            || model_is_field_changed(model, object, f))
            continue;
        const Object *known =
            model_target(model, &object->entity->fields[f], object->base.cells[f]);
        if (known != NULL)
            cell->number = known->index;
    }
}

void
model_fail(Model *model, unsigned level)
{
    for (guint i = 0; i < model->objects->len; i++)
        fail_object(object_at(model, i), level);
    for (guint i = 0; i < model->objects->len; i++) {
        if (object_at(model, i)->has_row)
            mean_rows_again(model, object_at(model, i));
    }
    end_at(model, level);
}

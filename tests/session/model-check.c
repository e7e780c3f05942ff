/*
 * model-check.c - compares a session with the model: the members, state and identity of each object,
 * what the session knows of rows, and the rows as another connection reads them.
 */
#include "model-run.h"

#include "identity-map.h"
#include "session.h"

#include <string.h>

/* --- objects ---------------------------------------------------------------------------------------- */

static const char *
name_of_state(KithState state)
{
    static const char *const names[] = { [KITH_PENDING] = "pending",
                                         [KITH_PERSISTENT] = "persistent",
                                         [KITH_DELETED] = "deleted",
                                         [KITH_DETACHED] = "detached" };
    return names[state];
}

/* What a reference points to has to be the right object, or nothing if it was not loaded. */
static void
check_target(Run *run, const Object *object, const Field *field, Cell cell, bool is_changed)
{
    const void *pointer = field_read_target(field, object->pointer);
    const Object *found
        = pointer != NULL ? g_hash_table_lookup(run->model->by_pointer, pointer) : NULL;
    if (pointer != NULL && found == NULL) {
        complain(run,
                 "%s.%s points to an object that the session does not have",
                 name_of(object),
                 field->name);
        return;
    }
    const Object *expected = model_target(run->model, field, cell);
    /* Not even that if the key would be lost with it. */
    bool is_known_by_key = expected != NULL && expected->has_row
                           && cells_are_equal(field_read_link(field, object->pointer),
                                              model_resolve(run->model, cell));
    bool may_be_unknown = cell.kind == CELL_NUMBER || !is_changed || is_known_by_key;
    /* Of the objects of one key, all of them deleted, it may be any. */
    bool are_dead = found != NULL && expected != NULL && !is_live(found) && !is_live(expected)
                    && rows_meet(&found->entity->uniques[0], &found->values, &expected->values);
    /* Nor of one that is to take over the row of another, and that one. */
    bool are_of_one_row = found != NULL && expected != NULL
                          && found->state == KITH_PENDING && expected->state == KITH_DELETED
                          && expected->has_row
                          && rows_meet(&found->entity->uniques[0], &found->values, &expected->base);
    if (found == expected || (found == NULL && may_be_unknown) || are_dead || are_of_one_row)
        return;
    complain(run,
             "%s.%s points to %s, and should to %s",
             name_of(object),
             field->name,
             found != NULL ? name_of(found) : "nothing",
             expected != NULL ? name_of(expected) : "nothing");
}

static void
check_reference(Run *run, const Object *object, unsigned f)
{
    const Field *field = &object->entity->fields[f];
    Cell cell = object->values.cells[f];
    if (object->has_row
        && model_find_row(run->model, object->entity, &object->base) == NULL)
        return; /* somebody else deleted the row, and then what it referred to can go as well */
    bool is_changed = object->state == KITH_PENDING
                      || model_is_field_changed(run->model, object, f);
    check_target(run, object, field, cell, is_changed);
    if (is_changed || (object->kept != NULL && cell.kind != CELL_NUMBER))
        return; /* the foreign key is brought up to date by the flush */
    Cell link = field_read_link(field, object->pointer);
    Cell expected = model_resolve(run->model, cell);
    const Object *target
        = cell.kind == CELL_OBJECT ? object_at(run->model, (unsigned) cell.number) : NULL;
    if (target != NULL && !target->has_row)
        return; /* the key that it will have is known by the flush */
    bool has_new_key = target != NULL
                       && !cells_are_equal(target->values.cells[0], target->base.cells[0]);
    bool is_to_follow
        = (field->follows || field->is_led)
          && (has_new_key || !cells_are_equal(expected, object->base.cells[f]));
    if (is_to_follow)
        return; /* when the key that it means is written */
    if (!cells_are_equal(link, expected))
        complain(run,
                 "%s.%s has the key %s, and should have %s",
                 name_of(object),
                 field->name,
                 text_of_cell(run, field, link),
                 text_of_cell(run, field, expected));
}

static void
check_member(Run *run, const Object *object, unsigned f)
{
    const Field *field = &object->entity->fields[f];
    if (field->kind == FIELD_REFERENCE) {
        check_reference(run, object, f);
        return;
    }
    Cell found = field_read(field, object->pointer);
    if (!cells_are_equal(found, object->values.cells[f]))
        complain(run,
                 "%s.%s is %s, and should be %s",
                 name_of(object),
                 field->name,
                 text_of_cell(run, field, found),
                 text_of_cell(run, field, object->values.cells[f]));
}

static void
check_object(Run *run, const Object *object)
{
    KithState state = kith_state(object->pointer);
    if (state != object->state) {
        complain(run,
                 "%s is %s, and should be %s",
                 name_of(object),
                 name_of_state(state),
                 name_of_state(object->state));
        return;
    }
    if (kith_session_of(object->pointer)
        != (object->state == KITH_DETACHED ? NULL : run->session))
        complain(run, "%s is not in the right session", name_of(object));
    for (unsigned f = 0; is_live(object) && f < object->entity->n_fields; f++)
        check_member(run, object, f);
}

/* --- identity ------------------------------------------------------------------------------------------ */

/* An object that has a row is found under its key, and is the only one there. */
static void
check_identity(Run *run, const Object *object)
{
    const KithEntitySet *set = kith_entity_of(object->pointer)->set;
    const KithEntity *known
        = kith_identity_map_find(&set->map, kith_entity_row(kith_entity_of(object->pointer)));
    if (known == NULL || kith_entity_struct(known) != object->pointer)
        complain(run, "%s is not what its key leads to", name_of(object));
}

static void
check_map(Run *run, const Entity *entity)
{
    const KithEntitySet *set
        = kith_session_set_of(run->session, entity->mapping, NULL);
    size_t n_known = 0;
    for (guint i = 0; i < run->model->objects->len; i++) {
        const Object *object = object_at(run->model, i);
        if (object->entity != entity || !object->has_row)
            continue;
        n_known++;
        check_identity(run, object);
    }
    if (set->map.n_entities != n_known)
        complain(run,
                 "the session knows %zu rows of %s, and should know %zu",
                 (size_t) set->map.n_entities,
                 entity->table,
                 n_known);
}

static void
check_transaction(Run *run)
{
    const Model *model = run->model;
    if ((run->session->connection != NULL) != model->is_open)
        complain(run, "a transaction should %sbe open", model->is_open ? "" : "not ");
    if (run->session->savepoints->len != model->level)
        complain(run,
                 "%u savepoints are set, and should be %u",
                 run->session->savepoints->len,
                 model->level);
    g_autofree char *complaint = faulty_take_complaint();
    if (complaint != NULL)
        complain(run, "the session called %s", complaint);
}

void
check_memory(Run *run)
{
    check_transaction(run);
    for (guint i = 0; run->failure == NULL && i < run->model->objects->len; i++) {
        Object *object = object_at(run->model, i);
        if (!object->is_gone)
            check_object(run, object);
    }
    for (unsigned e = 0; run->failure == NULL && e < N_ENTITIES; e++)
        check_map(run, &entities[e]);
}

void
check_changes(Run *run)
{
    bool expected = model_has_changes(run->model);
    if (kith_has_changes(run->session) != expected)
        complain(run, "there should %sbe changes", expected ? "" : "not ");
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static const char *
sql_of_all_rows(void)
{
    static char *sql;
    if (sql != NULL)
        return sql;
    GString *text = g_string_new(NULL);
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        g_string_append_printf(
            text, "%sSELECT '%s'", e > 0 ? " UNION ALL " : "", entities[e].table);
        for (unsigned f = 0; f < MAX_FIELDS; f++) {
            if (f < entities[e].n_fields)
                g_string_append_printf(
                    text, ", CAST(%s AS text)", entities[e].fields[f].column);
            else
                g_string_append(text, ", ''");
        }
        g_string_append_printf(text, " FROM %s", entities[e].table);
    }
    return sql = g_string_free(text, FALSE);
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static char *
line_of(const Run *run, const Entity *entity, const Row *row)
{
    GString *line = g_string_new(entity->table);
    for (unsigned f = 0; f < MAX_FIELDS; f++) {
        g_string_append_c(line, '|');
        g_string_append(line,
                        f < entity->n_fields
                            ? text_of_cell(run, &entity->fields[f], row->cells[f])
                            : "''");
    }
    return g_string_free(line, FALSE);
}

static GStrv
lines_of_model(const Run *run)
{
    GPtrArray *lines = g_ptr_array_new();
    for (unsigned e = 0; e < N_ENTITIES; e++) {
        const GArray *rows = run->model->saved_rows[0][e];
        for (guint i = 0; i < rows->len; i++)
            g_ptr_array_add(lines, line_of(run, &entities[e], &g_array_index(rows, Row, i)));
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return (GStrv) g_ptr_array_free(lines, FALSE);
}

void
check_rows(Run *run)
{
    g_autofree char *complaint = NULL;
    if (run->model->is_ambiguous)
        return;
    g_autofree char *found
        = outsider_query(run->database->outsider, sql_of_all_rows(), &complaint);
    if (found == NULL) {
        complain(run, "the rows cannot be read: %s", complaint);
        return;
    }
    g_auto(GStrv) found_lines = g_strsplit(found, "\n", -1);
    g_auto(GStrv) lines = lines_of_model(run);
    qsort(found_lines, g_strv_length(found_lines), sizeof(char *), compare_lines);
    g_autofree char *sorted = g_strjoinv("\n", found_lines);
    g_autofree char *expected = g_strjoinv("\n", lines);
    if (strcmp(sorted, expected) != 0)
        complain(run, "committed rows are\n%s\nand should be\n%s", sorted, expected);
}

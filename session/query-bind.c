/*
 * query-bind.c - the values of a query as parameters of its statement: each is made what
 * the column on its other side has to be, or is refused.
 */
#include "query.h"

#include "column.h"
#include "convert.h"
#include "error.h"
#include "query-pattern.h"

#include <string.h>

/* --- values into parameters -------------------------------------------------------- */

static bool
refuse_object(const KithPlanParameter *parameter, const char *why, GError **error)
{
    kith_error_set(error, KITH_ERROR_MISUSE, "%s: %s", parameter->mapper->entity, why);
    return false;
}

/* Where an object has the column that a reference means; NULL, and an error, if it has
 * not. */
static const KithColumn *
column_of_object(const KithPlanParameter *parameter, const void *object, GError **error)
{
    const KithForeignKey *foreign_key = parameter->foreign;
    const KithMapper *target = foreign_key->target;
    const KithEntity *entity = object != NULL ? kith_entity_of(object) : NULL;
    if (entity == NULL || entity->magic != KITH_ENTITY_MAGIC
        || !kith_mapper_is_a(entity->set->mapper, target)) {
        refuse_object(
            parameter, "a reference is compared with no object of a session", error);
        return NULL;
    }
    if (kith_mapper_key_is_missing(target, object)) {
        refuse_object(
            parameter,
            "a reference is compared with an object that has no key yet; flush first",
            error);
        return NULL;
    }
    return &target->columns[foreign_key->targets[parameter->place]];
}

static bool
take_key(const KithPlanParameter *parameter, KithValue *value, GError **error)
{
    const void *object = value->as.object;
    const KithColumn *key = column_of_object(parameter, object, error);
    if (key == NULL)
        return false;
    *value = (KithValue){ .kind = key->kind };
    memcpy(&value->as, (const char *) object + key->offset, kith_column_size(key));
    return true;
}

/* Names of an enum are stored: compare with the name, not with the number. */
static bool
name_of_enum(const KithPlanParameter *parameter, KithValue *value, GError **error)
{
    const char *name = kith_column_enum_name(parameter->column, &value->as);
    if (name == NULL)
        return refuse_object(
            parameter, "an enum is compared with an enumerator that has no name", error);
    *value = kith_value_text(name);
    return true;
}

static bool
check_text(const KithPlanParameter *parameter, const KithValue *value, GError **error)
{
    if (value->kind != KITH_KIND_TEXT || g_utf8_validate(value->as.text, -1, NULL))
        return true;
    kith_error_set(error,
                   KITH_ERROR_TYPE,
                   "%s.%s: it is compared with a text that is not UTF-8",
                   parameter->mapper != NULL ? parameter->mapper->entity : "query",
                   parameter->column != NULL ? parameter->column->member : "value");
    return false;
}

/* The columns that only say a kind: what a value without another side has to be. */
static const KithColumn kinds[] = {
    [KITH_KIND_BOOL] = { .member = "value", .kind = KITH_KIND_BOOL },
    [KITH_KIND_INT32] = { .member = "value", .kind = KITH_KIND_INT32 },
    [KITH_KIND_INT64] = { .member = "value", .kind = KITH_KIND_INT64 },
    [KITH_KIND_DOUBLE] = { .member = "value", .kind = KITH_KIND_DOUBLE },
    [KITH_KIND_TEXT] = { .member = "value", .kind = KITH_KIND_TEXT },
    [KITH_KIND_BLOB] = { .member = "value", .kind = KITH_KIND_BLOB },
    [KITH_KIND_TIME] = { .member = "value", .kind = KITH_KIND_TIME },
    [KITH_KIND_DATE] = { .member = "value", .kind = KITH_KIND_DATE },
    [KITH_KIND_UUID] = { .member = "value", .kind = KITH_KIND_UUID },
};

/* Make @value what the parameter has to be. */
static bool
fit_value(const KithPlanParameter *parameter, KithValue *value, GError **error)
{
    if (value->kind == KITH_KIND_OBJECT)
        return take_key(parameter, value, error);
    if (value->kind == KITH_KIND_TEXT && value->as.text == NULL)
        value->kind = KITH_KIND_NONE;
    const KithColumn *column = parameter->column;
    const char *entity = parameter->mapper != NULL ? parameter->mapper->entity : "query";
    if (column == NULL && parameter->kind < G_N_ELEMENTS(kinds))
        column = &kinds[parameter->kind];
    if (column != NULL && column->kind != KITH_KIND_NONE
        && !kith_value_fit(entity, column, value, error))
        return false;
    if (!check_text(parameter, value, error))
        return false;
    bool is_name = parameter->kind == KITH_KIND_ENUM && value->kind != KITH_KIND_NONE;
    return !is_name || name_of_enum(parameter, value, error);
}

static bool
is_glob(const KithQuery *query, const KithPlanParameter *parameter)
{
    return (parameter->match & KITH_MATCH_ANY_CASE) == 0
           && !query->session->engine->driver->dialect->has_like;
}

static bool
find_binding(const KithQuery *query,
             const KithExpression *expression,
             KithValue *ret_value,
             GError **error)
{
    const KithBinding *binding = query->bindings;
    const char *name = expression->value.as.text;
    while (binding != NULL && strcmp(binding->name, name) != 0)
        binding = binding->next;
    if (binding == NULL) {
        kith_error_set(
            error,
            KITH_ERROR_MISUSE,
            "%s: the parameter '%s' has no value; give it one with kith_bind()",
            query->root.mapping->entity,
            name);
        return false;
    }
    *ret_value = binding->value;
    if (expression->kind == KITH_KIND_NONE)
        return true; /* of SQL by hand, or NULL: it is what was given */
    GError *complaint = NULL;
    if (kith_value_fit(
            query->root.mapping->entity, &kinds[expression->kind], ret_value, &complaint))
        return true;
    kith_error_set(error,
                   KITH_ERROR_TYPE,
                   "%s: the parameter '%s' is of type %s, and was given type %s",
                   query->root.mapping->entity,
                   name,
                   kith_kind_name(expression->kind),
                   kith_kind_name(binding->value.kind));
    g_error_free(complaint);
    return false;
}

/* --- lists ------------------------------------------------------------------------- */

/* All values of a list, or the objects in it, as one parameter. */
static bool
bind_list(KithQuery *query,
          const KithPlanParameter *parameter,
          const KithExpression *expression,
          KithParameter *ret_parameter,
          GError **error)
{
    size_t n_rows = expression->offset;
    KithValue *values = (KithValue *) (uintptr_t) expression->value.as.object;
    KithValue *fitted = kith_arena_copy(&query->rows, values, n_rows * sizeof(KithValue));
    const void **rows = kith_arena_alloc(&query->rows, n_rows * sizeof(void *));
    for (size_t i = 0; i < n_rows; i++) {
        rows[i] = &fitted[i];
        if (!fit_value(parameter, &fitted[i], error))
            return false;
        if (fitted[i].kind == KITH_KIND_NONE)
            return refuse_object(parameter,
                                 "NULL is one of the values of a list; ask for it by "
                                 "kith_is_null()",
                                 error);
    }
    KithColumn *column = kith_arena_alloc(&query->rows, sizeof *column);
    KithList *list = kith_arena_alloc(&query->rows, sizeof *list);
    *column = (KithColumn){ .name = "value",
                            .member = "value",
                            .kind = parameter->kind == KITH_KIND_ENUM ? KITH_KIND_TEXT
                                                                      : parameter->kind,
                            .offset = offsetof(KithValue, as),
                            .null_offset = KITH_NO_OFFSET };
    *list = (KithList){ .column = column, .rows = rows, .n_rows = n_rows };
    *ret_parameter = (KithParameter){
        .kind = column->kind,
        .list = list,
        .secret = parameter->column != NULL && parameter->column->secret,
    };
    return true;
}

/* --- all parameters ---------------------------------------------------------------- */

static bool
bind_value(KithQuery *query,
           const KithPlanParameter *parameter,
           const KithExpression *expression,
           KithValue *value,
           KithParameter *ret_parameter,
           GError **error)
{
    *value = expression->value;
    if (expression->op == KITH_OP_PARAMETER
        && !find_binding(query, expression, value, error))
        return false;
    if (!fit_value(parameter, value, error))
        return false;
    if (parameter->is_pattern && value->kind == KITH_KIND_TEXT)
        value->as.text = kith_pattern(
            &query->rows, value->as.text, parameter->match, is_glob(query, parameter));
    *ret_parameter = (KithParameter){
        .kind = parameter->kind == KITH_KIND_ENUM ? KITH_KIND_TEXT : parameter->kind,
        .value = kith_value_data(value),
        .secret = parameter->column != NULL && parameter->column->secret,
    };
    return true;
}

/* A column of a struct that is inserted; it was checked already. */
static void
bind_row(KithQuery *query,
         const KithPlanParameter *parameter,
         KithValue *value,
         KithParameter *ret_parameter)
{
    const KithColumn *column = parameter->column;
    const void *row =
        g_ptr_array_index(query->insert.rows, query->insert.first + parameter->place);
    const void *data = kith_column_get(column, row);
    if (data != NULL && column->kind == KITH_KIND_ENUM) {
        *value = kith_value_text(kith_column_enum_name(column, data));
        data = kith_value_data(value);
    }
    *ret_parameter = (KithParameter){
        .kind = column->kind == KITH_KIND_ENUM ? KITH_KIND_TEXT : column->kind,
        .value = data,
        .secret = column->secret,
    };
}

static void
make_room(KithQuery *query, unsigned n_parameters)
{
    if (n_parameters <= query->n_values)
        return;
    query->n_values = n_parameters;
    query->values = g_renew(KithValue, query->values, n_parameters);
    query->parameters = g_renew(KithParameter, query->parameters, n_parameters);
}

bool
kith_query_bind_parameters(KithQuery *query, const KithQueryPlan *plan, GError **error)
{
    make_room(query, plan->n_parameters);
    for (unsigned i = 0; i < plan->n_parameters; i++) {
        const KithPlanParameter *parameter = &plan->parameters[i];
        if (parameter->slot == KITH_SLOT_OF_OWNERS) {
            query->parameters[i] =
                (KithParameter){ .list = &query->each.lists[parameter->place] };
            continue;
        }
        if (parameter->slot == KITH_SLOT_OF_ROWS) {
            bind_row(query, parameter, &query->values[i], &query->parameters[i]);
            continue;
        }
        const KithExpression *expression =
            g_ptr_array_index(query->slots, parameter->slot);
        bool done =
            expression->op == KITH_OP_LIST
                ? bind_list(query, parameter, expression, &query->parameters[i], error)
                : bind_value(query,
                             parameter,
                             expression,
                             &query->values[i],
                             &query->parameters[i],
                             error);
        if (!done)
            return false;
    }
    return true;
}

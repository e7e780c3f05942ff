/*
 * plan-text.c - a plan for people: as text, and as a graph for Graphviz.
 */
#include "flush-plan.h"

#include "entity.h"

/* Rows of a step that are named; of more only the number is told. */
#define MAX_NAMED 5

static void
append_columns(GString *text,
               const KithMapper *mapper,
               const unsigned *columns,
               unsigned n_columns)
{
    g_string_append_printf(text, "%s.", mapper->entity);
    for (unsigned i = 0; i < n_columns; i++)
        g_string_append_printf(
            text, "%s%s", i > 0 ? "+" : "", mapper->columns[columns[i]].member);
}

static void
append_reason(GString *text, const KithReason *reason)
{
    const KithMapper *mapper = reason->mapper;
    const KithForeignKey *foreign_key = reason->foreign_key;
    if (foreign_key != NULL)
        append_columns(text, mapper, foreign_key->columns, foreign_key->n_columns);
    else
        append_columns(text, mapper, reason->index->columns, reason->index->n_columns);
    switch (reason->because) {
    case KITH_BECAUSE_REFERS:
        g_string_append(text, " refers to it");
        break;
    case KITH_BECAUSE_LEAVES:
        g_string_append(text,
                        reason->is_of_key ? " referred to the old key"
                                          : " referred to what is deleted");
        break;
    case KITH_BECAUSE_VALUE:
        g_string_append(text, " passes on its value");
        break;
    case KITH_BECAUSE_COMPLETES:
        g_string_append(text, " had to be left out");
        break;
    case KITH_BECAUSE_MAKES_ROOM:
        g_string_append(text, " gave up its value for a moment");
        break;
    }
}

static const char *
verb(KithOperation operation)
{
    static const char *const verbs[] = { "INSERT", "UPDATE", "DELETE" };
    return verbs[operation];
}

/* "UPDATE authors SET name: Author 1, 2"; objects of several entities: "Dog 1, 2, Cat 3".
 */
static void
append_step(GString *text, const KithPlan *plan, const KithStep *step)
{
    g_string_append_printf(text, "%s %s", verb(step->operation), step->mapper->table);
    const char *separator = " SET ";
    for (unsigned i = 0;
         step->operation == KITH_OPERATION_UPDATE && i < step->mapper->n_columns;
         i++) {
        if (!kith_bits_has(step->bits, i))
            continue;
        g_string_append_printf(text, "%s%s", separator, step->mapper->columns[i].name);
        separator = ", ";
    }
    const KithMapper *what = NULL;
    for (unsigned i = 0; i < step->n_changes && i < MAX_NAMED; i++) {
        const KithChange *change = kith_plan_change(plan, step, i);
        const void *row = change->before != NULL ? change->before : change->row;
        g_autofree char *key = kith_mapper_key_text(change->mapper, row);
        g_string_append(text, i > 0 ? "," : ":");
        if (kith_change_what(change) != what)
            g_string_append_printf(text, " %s", kith_change_what(change)->entity);
        g_string_append_printf(text, " %s", key);
        what = kith_change_what(change);
    }
    if (step->n_changes > MAX_NAMED)
        g_string_append_printf(text, " and %u more", step->n_changes - MAX_NAMED);
}

char *
kith_plan_to_text(const KithPlan *plan)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < plan->steps->len; i++) {
        g_string_append_printf(text, "%u. ", i + 1);
        append_step(text, plan, &g_array_index(plan->steps, KithStep, i));
        g_string_append_c(text, '\n');
        for (guint e = 0; e < plan->edges->len; e++) {
            const KithPlanEdge *edge = &g_array_index(plan->edges, KithPlanEdge, e);
            if (edge->after != i)
                continue;
            g_string_append_printf(text, "   after %u: ", edge->before + 1);
            append_reason(text, &edge->reason);
            g_string_append_c(text, '\n');
        }
    }
    return g_string_free(text, FALSE);
}

static void
append_quoted(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

char *
kith_plan_to_dot(const KithPlan *plan)
{
    GString *text = g_string_new("digraph flush {\n    node [shape=box];\n");
    for (guint i = 0; i < plan->steps->len; i++) {
        g_autoptr(GString) step = g_string_new(NULL);
        append_step(step, plan, &g_array_index(plan->steps, KithStep, i));
        g_string_append_printf(text, "    %u [label=", i + 1);
        append_quoted(text, step->str);
        g_string_append(text, "];\n");
    }
    for (guint e = 0; e < plan->edges->len; e++) {
        const KithPlanEdge *edge = &g_array_index(plan->edges, KithPlanEdge, e);
        g_autoptr(GString) reason = g_string_new(NULL);
        append_reason(reason, &edge->reason);
        g_string_append_printf(
            text, "    %u -> %u [label=", edge->before + 1, edge->after + 1);
        append_quoted(text, reason->str);
        g_string_append(text, "];\n");
    }
    g_string_append(text, "}\n");
    return g_string_free(text, FALSE);
}

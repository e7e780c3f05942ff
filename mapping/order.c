/*
 * order.c - Tarjan's strongly connected components (R. Tarjan, "Depth-first search and linear graph
 * algorithms", 1972) over the tables, an edge leading from a table to each that it refers to. The
 * algorithm completes a component only after all that it leads to, so the order of completion is
 * the order in which rows can be inserted.
 */
#include "order.h"

typedef struct Visit {
    KithRegistry *registry;
    unsigned *number;  /* when a mapper was first met, from 1; 0: not yet */
    unsigned *lowest;  /* the earliest one on the path that can be reached from it */
    bool *is_on_stack;
    unsigned *stack;
    unsigned n_stack;
    unsigned n_met;
    unsigned n_components;
} Visit;

static bool
refers_to_itself(const KithMapper *mapper)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        if (mapper->foreign_keys[i].target == mapper)
            return true;
    }
    return false;
}

/* Take the component that begins with @first off the stack. */
static void
complete_component(Visit *visit, unsigned first)
{
    bool has_several = visit->stack[visit->n_stack - 1] != first;
    unsigned taken;
    do {
        taken = visit->stack[--visit->n_stack];
        visit->is_on_stack[taken] = false;
        KithMapper *mapper = &visit->registry->mappers[taken];
        mapper->rank = visit->n_components;
        mapper->in_cycle = has_several || refers_to_itself(mapper);
    } while (taken != first);
    visit->n_components++;
}

/* Recursion is as deep as the longest chain of tables, which is short. */
static void
meet(Visit *visit, unsigned index)
{
    const KithMapper *mapper = &visit->registry->mappers[index];
    visit->number[index] = visit->lowest[index] = ++visit->n_met;
    visit->stack[visit->n_stack++] = index;
    visit->is_on_stack[index] = true;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        unsigned target = mapper->foreign_keys[i].target->index;
        if (visit->number[target] == 0) {
            meet(visit, target);
            visit->lowest[index] = MIN(visit->lowest[index], visit->lowest[target]);
        } else if (visit->is_on_stack[target]) {
            visit->lowest[index] = MIN(visit->lowest[index], visit->number[target]);
        }
    }
    if (visit->lowest[index] == visit->number[index])
        complete_component(visit, index);
}

void
kith_order_mappers(KithRegistry *registry)
{
    size_t room = registry->n_mappers + 1;
    g_autofree unsigned *number = g_new0(unsigned, room);
    g_autofree unsigned *lowest = g_new0(unsigned, room);
    g_autofree bool *is_on_stack = g_new0(bool, room);
    g_autofree unsigned *stack = g_new0(unsigned, room);
    Visit visit = { .registry = registry,
                    .number = number,
                    .lowest = lowest,
                    .is_on_stack = is_on_stack,
                    .stack = stack };
    for (unsigned i = 0; i < registry->n_mappers; i++) {
        if (number[i] == 0)
            meet(&visit, i);
    }
}

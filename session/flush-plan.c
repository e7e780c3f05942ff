/*
 * flush-plan.c - see the header. An action is all changes of one operation and one
 * mapper. The order of tables was found once, with the mappings (their rank), so that
 * without a circle a plan is a sort; the rows of a circle are ordered in flush-rows.c.
 */
#include "flush-plan.h"

#include "entity.h"
#include "flush-rows.h"
#include "flush-sort.h"
#include "graph.h"

/* A part of the sorted changes. */
typedef struct Action {
    KithOperation operation;
    const KithMapper *mapper;
    unsigned first;
    unsigned n_changes;
    bool moves_keys; /* an update of what foreign keys refer to */
    unsigned component;
    unsigned first_step; /* once it is written */
    unsigned n_steps;
} Action;

/* One action has to be done before another: like an edge of the plan, before there are
 * steps. */
typedef KithPlanEdge ActionEdge;

typedef struct KithPlanner {
    KithPlan *plan;
    GArray *sorted;    /* of unsigned: indexes of changes, action after action */
    GArray *actions;   /* of Action */
    GArray *edges;     /* of ActionEdge */
    GArray *handovers; /* of KithRowEdge */
} Planner;

static const unsigned *
sorted_of(const Planner *planner)
{
    return (const unsigned *) (void *) planner->sorted->data;
}

static KithChange *
change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

static Action *
action_at(const Planner *planner, unsigned index)
{
    return &g_array_index(planner->actions, Action, index);
}

/* --- edges that people read -------------------------------------------------------- */

static guint
hash_edge(gconstpointer data)
{
    const KithPlanEdge *edge = data;
    uint64_t hash = edge->before * UINT64_C(0x9E3779B97F4A7C15) + edge->after;
    hash = hash * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t) edge->reason.because;
    hash ^= (uint64_t) (uintptr_t) edge->reason.foreign_key
            ^ (uint64_t) (uintptr_t) edge->reason.index;
    return (guint) (hash ^ (hash >> 32));
}

static gboolean
is_equal_edge(gconstpointer a, gconstpointer b)
{
    const KithPlanEdge *one = a, *other = b;
    return one->before == other->before && one->after == other->after
           && one->reason.because == other->reason.because
           && one->reason.foreign_key == other->reason.foreign_key
           && one->reason.index == other->reason.index;
}

/* Many rows can have the same reason for the same two steps: it is told once. */
void
kith_plan_add_edge(KithPlan *plan, KithPlanEdge edge)
{
    if (edge.before == edge.after)
        return;
    if (plan->known_edges == NULL)
        plan->known_edges = g_hash_table_new_full(hash_edge, is_equal_edge, g_free, NULL);
    if (g_hash_table_contains(plan->known_edges, &edge))
        return;
    g_hash_table_add(plan->known_edges, g_memdup2(&edge, sizeof edge));
    g_array_append_val(plan->edges, edge);
}

/* --- actions ----------------------------------------------------------------------- */

bool
kith_change_moves_key(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    if (change->operation != KITH_OPERATION_UPDATE)
        return false;
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithForeignKey *foreign_key = mapper->referring[i];
        for (unsigned j = 0; j < foreign_key->n_columns; j++) {
            if (kith_bits_has(change->bits, foreign_key->targets[j]))
                return true;
        }
    }
    return false;
}

static void
find_actions(Planner *planner)
{
    KithPlan *plan = planner->plan;
    unsigned n_changes = plan->changes->len;
    g_array_set_size(planner->sorted, n_changes);
    kith_plan_sort(plan, (unsigned *) (void *) planner->sorted->data);
    for (unsigned i = 0; i < n_changes; i++) {
        const KithChange *change = change_at(plan, sorted_of(planner)[i]);
        Action *last = planner->actions->len > 0
                           ? action_at(planner, planner->actions->len - 1)
                           : NULL;
        if (last != NULL && last->operation == change->operation
            && last->mapper == change->mapper) {
            last->n_changes++;
            last->moves_keys = last->moves_keys || kith_change_moves_key(change);
            continue;
        }
        Action action = { .operation = change->operation,
                          .mapper = change->mapper,
                          .first = i,
                          .n_changes = 1,
                          .moves_keys = kith_change_moves_key(change) };
        g_array_append_val(planner->actions, action);
    }
}

/* --- edges between actions --------------------------------------------------------- */

static unsigned
find_action(const Planner *planner, KithOperation operation, const KithMapper *mapper)
{
    unsigned i = 0;
    while (action_at(planner, i)->operation != operation
           || action_at(planner, i)->mapper != mapper)
        i++;
    return i;
}

static void
add_edge(Planner *planner, unsigned before, unsigned after, KithReason reason)
{
    ActionEdge edge = { .before = before, .after = after, .reason = reason };
    for (guint i = 0; i < planner->edges->len; i++) {
        if (is_equal_edge(&g_array_index(planner->edges, ActionEdge, i), &edge))
            return;
    }
    g_array_append_val(planner->edges, edge);
}

/* A key that the database makes is known only when its row is written, deferrable or not.
 */
static bool
makes_key_in_database(const KithMapper *mapper)
{
    return mapper->generated != KITH_NO_INDEX && !mapper->generates_uuid;
}

/*
 * A row can hold on to the key that it refers to, so that this cannot change before the
 * row has left it: because the database would refuse that, or because the row is known by
 * it.
 */
bool
kith_foreign_key_holds(const KithMapper *mapper, const KithForeignKey *foreign_key)
{
    bool is_refused =
        foreign_key->on_update == KITH_RESTRICT
        || (foreign_key->on_update == KITH_NO_ACTION && !foreign_key->deferrable);
    return is_refused || kith_foreign_key_is_in_key(mapper, foreign_key);
}

bool
kith_foreign_key_is_in_key(const KithMapper *mapper, const KithForeignKey *foreign_key)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (mapper->details[foreign_key->columns[i]].is_key)
            return true;
    }
    return false;
}

/* The key of a table that extends another is moved with the row that it extends. */
static const KithMapper *
where_key_moves(const KithForeignKey *foreign_key)
{
    const KithMapper *table = foreign_key->table;
    while (table->n_foreign_keys > 0 && table->foreign_keys[0].is_extension)
        table = table->foreign_keys[0].table;
    return table;
}

/* Does the action write rows that @foreign_key can mean, by @operation? */
static bool
is_of_target(const Action *action,
             KithOperation operation,
             const KithForeignKey *foreign_key)
{
    return action->operation == operation
           && kith_mapper_is_a(action->mapper, foreign_key->table);
}

static bool
moves_key_of(const Action *action, const KithForeignKey *foreign_key)
{
    return action->operation == KITH_OPERATION_UPDATE && action->moves_keys
           && kith_mapper_is_a(action->mapper, where_key_moves(foreign_key));
}

/* The edges between action @index, whose rows have the foreign key, and action @other. */
static void
add_edges_between(Planner *planner,
                  unsigned index,
                  unsigned other,
                  const KithForeignKey *foreign_key)
{
    const Action *action = action_at(planner, index), *target = action_at(planner, other);
    KithReason reason = { .because = KITH_BECAUSE_REFERS,
                          .mapper = action->mapper,
                          .foreign_key = foreign_key };
    bool is_update = action->operation == KITH_OPERATION_UPDATE;
    bool is_checked_at_once = !foreign_key->deferrable;
    bool moves_key = moves_key_of(target, foreign_key);
    /* The key of an extension is never updated: it follows. */
    bool is_written = !(is_update && foreign_key->is_extension);
    bool refers = action->operation != KITH_OPERATION_DELETE && is_written
                  && (is_checked_at_once || makes_key_in_database(foreign_key->target));
    if (refers && (moves_key || is_of_target(target, KITH_OPERATION_INSERT, foreign_key)))
        add_edge(planner, other, index, reason);
    reason.because = KITH_BECAUSE_LEAVES;
    if (action->operation == KITH_OPERATION_INSERT)
        return;
    reason.is_of_key = true;
    if (moves_key && kith_foreign_key_holds(action->mapper, foreign_key))
        add_edge(planner, index, other, reason);
    reason.is_of_key = false;
    if (is_checked_at_once && is_written
        && is_of_target(target, KITH_OPERATION_DELETE, foreign_key))
        add_edge(planner, index, other, reason);
}

static void
find_edges(Planner *planner)
{
    for (guint i = 0; i < planner->actions->len; i++) {
        const KithMapper *mapper = action_at(planner, i)->mapper;
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
            for (guint other = 0; other < planner->actions->len; other++)
                add_edges_between(planner, i, other, &mapper->foreign_keys[j]);
        }
    }
    kith_find_handovers(planner->plan, planner->handovers);
    for (guint i = 0; i < planner->handovers->len; i++) {
        const KithRowEdge *edge = &g_array_index(planner->handovers, KithRowEdge, i);
        const KithChange *before = change_at(planner->plan, edge->before);
        const KithChange *after = change_at(planner->plan, edge->after);
        add_edge(planner,
                 find_action(planner, before->operation, before->mapper),
                 find_action(planner, after->operation, after->mapper),
                 edge->reason);
    }
}

/* --- steps ------------------------------------------------------------------------- */

/* Can it be written with the others of the step? */
static bool
fits(const KithStep *step, const KithChange *change)
{
    if (step->operation != change->operation || step->mapper != change->mapper)
        return false;
    unsigned n_words = change->bits != NULL ? KITH_BITS(change->mapper->n_columns) : 0;
    for (unsigned i = 0; i < n_words; i++) {
        if (step->bits[i] != change->bits[i])
            return false;
    }
    return true;
}

void
kith_plan_append(KithPlan *plan, unsigned index, bool begins_step)
{
    const KithChange *change = change_at(plan, index);
    KithStep *last = plan->steps->len > 0
                         ? &g_array_index(plan->steps, KithStep, plan->steps->len - 1)
                         : NULL;
    unsigned place = plan->order->len;
    g_array_append_val(plan->order, index);
    if (!begins_step && last != NULL && fits(last, change)) {
        last->n_changes++;
        return;
    }
    KithStep step = { .operation = change->operation,
                      .mapper = change->mapper,
                      .bits = change->bits,
                      .first = place,
                      .n_changes = 1 };
    g_array_append_val(plan->steps, step);
}

/* Does the action need its own rows in an order? */
static bool
is_circle_of_its_own(const Planner *planner, unsigned index)
{
    for (guint i = 0; i < planner->edges->len; i++) {
        const ActionEdge *edge = &g_array_index(planner->edges, ActionEdge, i);
        if (edge->before == index && edge->after == index)
            return true;
    }
    return false;
}

static void
write_action(Planner *planner, Action *action)
{
    action->first_step = planner->plan->steps->len;
    for (unsigned i = 0; i < action->n_changes; i++)
        kith_plan_append(planner->plan, sorted_of(planner)[action->first + i], i == 0);
    action->n_steps = planner->plan->steps->len - action->first_step;
}

/* The rows of all actions of a component, in an order of their own. */
static bool
write_circle(Planner *planner, unsigned component, GError **error)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(unsigned));
    unsigned first_step = planner->plan->steps->len;
    for (guint i = 0; i < planner->actions->len; i++) {
        const Action *action = action_at(planner, i);
        if (action->component == component)
            g_array_append_vals(
                members, sorted_of(planner) + action->first, action->n_changes);
    }
    if (!kith_order_rows(planner->plan,
                         (const unsigned *) (void *) members->data,
                         members->len,
                         planner->handovers,
                         error))
        return false;
    for (guint i = 0; i < planner->actions->len; i++) {
        Action *action = action_at(planner, i);
        if (action->component != component)
            continue;
        action->first_step = first_step;
        action->n_steps = planner->plan->steps->len - first_step;
    }
    return true;
}

static bool
write_component(Planner *planner, unsigned index, GError **error)
{
    Action *action = action_at(planner, index);
    unsigned n_members = 0;
    for (guint i = 0; i < planner->actions->len; i++)
        n_members += action_at(planner, i)->component == action->component;
    if (n_members > 1 || is_circle_of_its_own(planner, index))
        return write_circle(planner, action->component, error);
    write_action(planner, action);
    return true;
}

/* Does an action that is not written yet stand before component @component? */
static bool
has_to_wait(const Planner *planner, const bool *is_written, unsigned component)
{
    for (guint i = 0; i < planner->edges->len; i++) {
        const ActionEdge *edge = &g_array_index(planner->edges, ActionEdge, i);
        unsigned before = action_at(planner, edge->before)->component;
        if (action_at(planner, edge->after)->component == component && before != component
            && !is_written[before])
            return true;
    }
    return false;
}

/* Nothing stands against the order that the actions are in. */
static void
write_in_order(Planner *planner)
{
    for (guint i = 0; i < planner->actions->len; i++) {
        action_at(planner, i)->component = i;
        write_action(planner, action_at(planner, i));
    }
}

/* Of the components that wait for nothing, always the one whose first action comes first.
 */
static bool
write_components(Planner *planner, GError **error)
{
    unsigned n_actions = planner->actions->len;
    g_autoptr(GArray) arcs = g_array_new(FALSE, FALSE, sizeof(KithArc));
    for (guint i = 0; i < planner->edges->len; i++) {
        const ActionEdge *edge = &g_array_index(planner->edges, ActionEdge, i);
        KithArc arc = { .from = edge->after, .to = edge->before };
        g_array_append_val(arcs, arc);
    }
    g_autofree unsigned *component = g_new(unsigned, n_actions + 1);
    kith_graph_components(
        n_actions, (const KithArc *) (void *) arcs->data, arcs->len, component);
    for (unsigned i = 0; i < n_actions; i++)
        action_at(planner, i)->component = component[i];
    g_autofree bool *is_written = g_new0(bool, n_actions + 1);
    for (unsigned i = 0; i < n_actions;) {
        if (is_written[component[i]] || has_to_wait(planner, is_written, component[i])) {
            i++;
            continue;
        }
        if (!write_component(planner, i, error))
            return false;
        is_written[component[i]] = true;
        i = 0;
    }
    return true;
}

/* Edges between whole actions; those inside a circle came from its rows. */
static void
remember_edges(Planner *planner)
{
    for (guint i = 0; i < planner->edges->len; i++) {
        const ActionEdge *edge = &g_array_index(planner->edges, ActionEdge, i);
        const Action *before = action_at(planner, edge->before);
        const Action *after = action_at(planner, edge->after);
        KithPlanEdge made = { .before = before->first_step + before->n_steps - 1,
                              .after = after->first_step,
                              .reason = edge->reason };
        if (before->component != after->component)
            kith_plan_add_edge(planner->plan, made);
    }
}

static bool
write_steps(Planner *planner, GError **error)
{
    if (planner->edges->len > 0)
        return write_components(planner, error);
    write_in_order(planner);
    return true;
}

/* --- the plan ---------------------------------------------------------------------- */

KithPlan *
kith_plan_new(void)
{
    KithPlan *plan = g_new0(KithPlan, 1);
    plan->order = g_array_new(FALSE, FALSE, sizeof(unsigned));
    plan->steps = g_array_new(FALSE, FALSE, sizeof(KithStep));
    plan->edges = g_array_new(FALSE, FALSE, sizeof(KithPlanEdge));
    plan->owned = g_ptr_array_new_with_free_func(g_free);
    Planner *planner = plan->planner = g_new0(Planner, 1);
    planner->plan = plan;
    planner->sorted = g_array_new(FALSE, FALSE, sizeof(unsigned));
    planner->actions = g_array_new(FALSE, FALSE, sizeof(Action));
    planner->edges = g_array_new(FALSE, FALSE, sizeof(ActionEdge));
    planner->handovers = g_array_new(FALSE, FALSE, sizeof(KithRowEdge));
    return plan;
}

static void
empty(GArray *array)
{
    if (array->len > 0)
        g_array_set_size(array, 0);
}

void
kith_plan_clear(KithPlan *plan)
{
    g_clear_pointer(&plan->changes, g_array_unref);
    empty(plan->order);
    empty(plan->steps);
    empty(plan->edges);
    g_clear_pointer(&plan->known_edges, g_hash_table_unref);
    if (plan->owned->len > 0)
        g_ptr_array_set_size(plan->owned, 0);
    plan->made_up = 0;
    empty(plan->planner->actions);
    empty(plan->planner->edges);
    empty(plan->planner->handovers);
}

void
kith_plan_free(KithPlan *plan)
{
    if (plan == NULL)
        return;
    kith_plan_clear(plan);
    g_array_unref(plan->order);
    g_array_unref(plan->steps);
    g_array_unref(plan->edges);
    g_ptr_array_unref(plan->owned);
    g_array_unref(plan->planner->sorted);
    g_array_unref(plan->planner->actions);
    g_array_unref(plan->planner->edges);
    g_array_unref(plan->planner->handovers);
    g_free(plan->planner);
    g_free(plan);
}

bool
kith_plan_make(KithPlan *plan, GArray *changes, GError **error)
{
    plan->changes = g_array_ref(changes);
    find_actions(plan->planner);
    find_edges(plan->planner);
    if (!write_steps(plan->planner, error))
        return false;
    remember_edges(plan->planner);
    return true;
}

/*
 * flush-circles.c - rows that wait for each other in circles, and the updates that break
 * them. A walk finds the circles; of each the cheapest edge is broken. Where that takes
 * an edge that other circles may have gone through, those are looked for again.
 */
#include "entity.h"
#include "error.h"
#include "flush-order.h"
#include "graph.h"

/* --- breaking an edge -------------------------------------------------------------- */

/* How an edge can be broken; a lower number is the cheaper one. */
typedef enum Break {
    BREAK_LATER,   /* write the foreign key later */
    BREAK_NULL,    /* give up the unique value by NULL */
    BREAK_EMPTY,   /* empty the foreign key of a row that is deleted */
    BREAK_MADE_UP, /* give up the unique value by one that nobody has */
    BREAK_NOT
} Break;

static bool
has_nullable(const KithMapper *mapper, const KithIndex *index)
{
    for (unsigned i = 0; i < index->n_columns; i++) {
        if (kith_mapper_can_empty(mapper, index->columns[i]))
            return true;
    }
    return false;
}

/*
 * A walk along the edges, depth first, that finds circles: each is an edge that leads
 * back to a node on the way to it, and the edges of that way.
 */
typedef struct Walk {
    KithOrdering *ordering;
    const unsigned *component; /* of each node */
    unsigned n_nodes;          /* when the walk began */
    unsigned *via;             /* the edge by which each node was reached */
    unsigned *next;            /* the edge of each node that is to be followed next */
    bool *is_met;
    bool *is_on_way;
    GArray *way;     /* of unsigned: nodes */
    GArray *closing; /* of unsigned: the edges that close a circle */
} Walk;

static bool
is_in_component(const Walk *walk, unsigned node, unsigned number)
{
    return node < walk->n_nodes && walk->component[node] == number;
}

/*
 * Does the row hold up its circle by more than what it refers to now? If not, a later
 * update of that would hold it up just as well.
 */
static bool
helps_later(const Walk *walk, const KithEdge *edge)
{
    const KithOrdering *ordering = walk->ordering;
    unsigned number = walk->component[edge->after];
    unsigned e = kith_node_at(ordering, edge->after)->edges;
    for (; e != KITH_NO_INDEX; e = kith_edge_at(ordering, e)->next) {
        const KithEdge *other = kith_edge_at(ordering, e);
        bool goes_along = other->reason.because == KITH_BECAUSE_LEAVES
                          && other->reason.foreign_key == edge->reason.foreign_key;
        if (!other->is_gone && !goes_along && is_in_component(walk, other->after, number))
            return true;
    }
    return false;
}

/* Has the row one more update already, which can do this too? */
static bool
has_update(const KithOrdering *ordering, const KithEdge *edge)
{
    return edge->reason.because == KITH_BECAUSE_REFERS
               ? kith_node_at(ordering, edge->after)->later != KITH_NO_INDEX
               : kith_node_at(ordering, edge->before)->early != KITH_NO_INDEX;
}

static Break
cost_of(const Walk *walk, const KithEdge *edge)
{
    const KithOrdering *ordering = walk->ordering;
    const KithReason *reason = &edge->reason;
    const KithChange *after = kith_node_change(ordering, edge->after);
    const KithChange *before = kith_node_change(ordering, edge->before);
    switch (reason->because) {
    case KITH_BECAUSE_REFERS:
        if (after->operation == KITH_OPERATION_INSERT)
            return reason->foreign_key->nullable ? BREAK_LATER : BREAK_NOT;
        return helps_later(walk, edge) ? BREAK_LATER : BREAK_NOT;
    case KITH_BECAUSE_LEAVES:
        return reason->foreign_key->nullable && before->before != NULL ? BREAK_EMPTY
                                                                       : BREAK_NOT;
    case KITH_BECAUSE_VALUE:
        return has_nullable(reason->mapper, reason->index) ? BREAK_NULL : BREAK_MADE_UP;
    case KITH_BECAUSE_COMPLETES:
    case KITH_BECAUSE_MAKES_ROOM:
        break;
    }
    return BREAK_NOT;
}

static bool
is_about(const KithEdge *edge, const KithReason *reason)
{
    return edge->reason.because == reason->because
           && edge->reason.foreign_key == reason->foreign_key
           && edge->reason.index == reason->index;
}

/* The row refers to it no more; an update that comes after both does. */
static bool
break_later(KithOrdering *ordering, unsigned index)
{
    KithEdge edge = *kith_edge_at(ordering, index);
    unsigned later = kith_node_at(ordering, edge.after)->later;
    unsigned change = kith_plan_write_later(ordering->plan,
                                            kith_node_number(ordering, edge.after),
                                            kith_node_number(ordering, later),
                                            edge.reason.foreign_key);
    if (change == KITH_NO_INDEX)
        return false;
    later = kith_ordering_add_update(ordering, later, change);
    kith_node_at(ordering, edge.after)->later = later;
    (void) kith_ordering_add_update(
        ordering, edge.after, kith_node_number(ordering, edge.after));
    kith_ordering_remove_edge(ordering, index);
    kith_ordering_add_edge(ordering, edge.before, later, edge.reason);
    KithReason completes = edge.reason;
    completes.because = KITH_BECAUSE_COMPLETES;
    kith_ordering_add_edge(ordering, edge.after, later, completes);
    /* What waited for the row to leave its old target waits for the later update. */
    for (unsigned e = kith_node_at(ordering, edge.after)->edges; e != KITH_NO_INDEX;) {
        KithEdge leaves = *kith_edge_at(ordering, e);
        if (!leaves.is_gone && leaves.reason.because == KITH_BECAUSE_LEAVES
            && leaves.reason.foreign_key == edge.reason.foreign_key) {
            kith_ordering_remove_edge(ordering, e);
            kith_ordering_add_edge(ordering, later, leaves.after, leaves.reason);
        }
        e = leaves.next;
    }
    return true;
}

/* Who has to leave the row before its key changes has to leave it before it changes
 * early. */
static void
leave_before(KithOrdering *ordering, unsigned node, unsigned early)
{
    guint n_edges = ordering->edges->len;
    for (guint e = 0; ordering->has_moved && e < n_edges; e++) {
        KithEdge edge = *kith_edge_at(ordering, e);
        if (!edge.is_gone && edge.after == node
            && edge.reason.because == KITH_BECAUSE_LEAVES)
            kith_ordering_add_edge(ordering, edge.before, early, edge.reason);
    }
}

/* What waited for the row, for this reason, waits for an update that comes before it. */
static bool
break_before(KithOrdering *ordering, unsigned index, unsigned change)
{
    KithEdge edge = *kith_edge_at(ordering, index);
    if (change == KITH_NO_INDEX)
        return false;
    unsigned early = kith_ordering_add_update(
        ordering, kith_node_at(ordering, edge.before)->early, change);
    kith_node_at(ordering, edge.before)->early = early;
    (void) kith_ordering_add_update(
        ordering, edge.before, kith_node_number(ordering, edge.before));
    for (unsigned e = kith_node_at(ordering, edge.before)->edges; e != KITH_NO_INDEX;) {
        KithEdge other = *kith_edge_at(ordering, e);
        if (!other.is_gone && is_about(&other, &edge.reason)) {
            kith_ordering_remove_edge(ordering, e);
            kith_ordering_add_edge(ordering, early, other.after, other.reason);
        }
        e = other.next;
    }
    KithReason makes_room = edge.reason;
    makes_room.because = KITH_BECAUSE_MAKES_ROOM;
    kith_ordering_add_edge(ordering, early, edge.before, makes_room);
    if (edge.reason.because == KITH_BECAUSE_VALUE)
        leave_before(ordering, edge.before, early);
    return true;
}

static bool
break_edge(KithOrdering *ordering, unsigned index, Break how)
{
    KithPlan *plan = ordering->plan;
    const KithEdge *edge = kith_edge_at(ordering, index);
    unsigned row = kith_node_number(ordering, edge->before);
    unsigned early =
        kith_node_number(ordering, kith_node_at(ordering, edge->before)->early);
    const KithReason *reason = &edge->reason;
    bool only_null = how == BREAK_NULL;
    switch (how) {
    case BREAK_LATER:
        return break_later(ordering, index);
    case BREAK_EMPTY:
        early = kith_plan_empty_reference(plan, row, early, reason->foreign_key);
        return break_before(ordering, index, early);
    case BREAK_NULL:
    case BREAK_MADE_UP:
        early = kith_plan_make_room(plan, row, early, reason->index, only_null);
        return break_before(ordering, index, early);
    case BREAK_NOT:
        break;
    }
    return false;
}

/* --- finding circles --------------------------------------------------------------- */

static void
step_to(Walk *walk, unsigned node, unsigned via)
{
    walk->is_met[node] = true;
    walk->is_on_way[node] = true;
    walk->via[node] = via;
    walk->next[node] = kith_node_at(walk->ordering, node)->edges;
    g_array_append_val(walk->way, node);
}

static void
follow(Walk *walk, unsigned index)
{
    const KithEdge *edge = kith_edge_at(walk->ordering, index);
    if (edge->is_gone || walk->component[edge->before] != walk->component[edge->after])
        return;
    if (walk->is_on_way[edge->after])
        g_array_append_val(walk->closing, index);
    else if (!walk->is_met[edge->after])
        step_to(walk, edge->after, index);
}

/* With a stack of its own, because a chain of rows can be as long as memory allows. */
static void
walk_from(Walk *walk, unsigned node)
{
    step_to(walk, node, KITH_NO_INDEX);
    while (walk->way->len > 0) {
        unsigned at = g_array_index(walk->way, unsigned, walk->way->len - 1);
        unsigned edge = walk->next[at];
        if (edge != KITH_NO_INDEX) {
            walk->next[at] = kith_edge_at(walk->ordering, edge)->next;
            follow(walk, edge);
        } else {
            walk->is_on_way[at] = false;
            g_array_set_size(walk->way, walk->way->len - 1);
        }
    }
}

static void
walk_init(Walk *walk, KithOrdering *ordering, const unsigned *component)
{
    unsigned n_nodes = ordering->nodes->len;
    *walk = (Walk){ .ordering = ordering, .component = component, .n_nodes = n_nodes };
    walk->via = g_new(unsigned, n_nodes);
    walk->next = g_new(unsigned, n_nodes);
    walk->is_met = g_new0(bool, n_nodes);
    walk->is_on_way = g_new0(bool, n_nodes);
    walk->way = g_array_new(FALSE, FALSE, sizeof(unsigned));
    walk->closing = g_array_new(FALSE, FALSE, sizeof(unsigned));
    for (unsigned i = 0; i < n_nodes; i++) {
        if (!walk->is_met[i])
            walk_from(walk, i);
    }
}

static void
walk_finish(Walk *walk)
{
    g_free(walk->via);
    g_free(walk->next);
    g_free(walk->is_met);
    g_free(walk->is_on_way);
    g_array_unref(walk->way);
    g_array_unref(walk->closing);
}

/* The edges of a circle, from the one that closes it backwards. */
static GArray *
edges_of_circle(const Walk *walk, unsigned closing)
{
    GArray *edges = g_array_new(FALSE, FALSE, sizeof(unsigned));
    unsigned end = kith_edge_at(walk->ordering, closing)->after;
    unsigned e = closing;
    g_array_append_val(edges, e);
    while (kith_edge_at(walk->ordering, e)->before != end) {
        e = walk->via[kith_edge_at(walk->ordering, e)->before];
        g_array_append_val(edges, e);
    }
    return edges;
}

/* --- breaking circles -------------------------------------------------------------- */

/* Name a row for a message. */
static void
append_name(GString *text, const KithChange *change)
{
    g_autofree char *key = kith_mapper_key_text(
        change->mapper, change->before != NULL ? change->before : change->row);
    g_string_append_printf(text, "%s %s", kith_change_what(change)->entity, key);
}

static void
set_circle_error(const KithOrdering *ordering, const GArray *circle, GError **error)
{
    const KithEdge *closing = kith_edge_at(ordering, g_array_index(circle, unsigned, 0));
    g_autoptr(GString) names = g_string_new(NULL);
    bool is_value = false;
    for (guint i = 0; i < circle->len; i++) {
        const KithEdge *edge = kith_edge_at(ordering, g_array_index(circle, unsigned, i));
        is_value = is_value || edge->reason.because == KITH_BECAUSE_VALUE;
        append_name(names, kith_node_change(ordering, edge->before));
        g_string_append(names, " -> ");
    }
    append_name(names, kith_node_change(ordering, closing->before));
    kith_error_set(
        error,
        is_value ? KITH_ERROR_UNIQUE : KITH_ERROR_FOREIGN_KEY,
        "%s: these rows wait for each other in a circle, and nothing in it can be NULL "
        "for a moment; make one of the references nullable or deferrable, or do it in "
        "two flushes",
        names->str);
}

/*
 * Break the cheapest edge of a circle, one for which there is an update already if any.
 * Returns its place in @circle; KITH_NO_INDEX if none can be broken.
 */
static unsigned
break_cheapest(Walk *walk, const GArray *circle)
{
    for (unsigned choice = 0; choice < 2 * BREAK_NOT; choice++) {
        Break how = choice % BREAK_NOT;
        bool is_free = choice < BREAK_NOT;
        for (guint i = 0; i < circle->len; i++) {
            unsigned index = g_array_index(circle, unsigned, i);
            const KithEdge *edge = kith_edge_at(walk->ordering, index);
            if (cost_of(walk, edge) == how
                && (!is_free || has_update(walk->ordering, edge))
                && break_edge(walk->ordering, index, how))
                return i;
        }
    }
    return KITH_NO_INDEX;
}

static bool
is_broken(const KithOrdering *ordering, const GArray *circle)
{
    for (guint i = 0; i < circle->len; i++) {
        if (kith_edge_at(ordering, g_array_index(circle, unsigned, i))->is_gone)
            return true;
    }
    return false;
}

/* @ret_is_spoilt: was an edge broken that other circles may have gone through? */
static bool
break_circle(Walk *walk, unsigned closing, bool *ret_is_spoilt, GError **error)
{
    KithOrdering *ordering = walk->ordering;
    *ret_is_spoilt = false;
    if (cost_of(walk, kith_edge_at(ordering, closing)) == BREAK_LATER
        && break_edge(ordering, closing, BREAK_LATER))
        return true;
    g_autoptr(GArray) circle = edges_of_circle(walk, closing);
    if (is_broken(ordering, circle))
        return true;
    unsigned place = break_cheapest(walk, circle);
    *ret_is_spoilt = place != 0;
    if (place != KITH_NO_INDEX)
        return true;
    set_circle_error(ordering, circle, error);
    return false;
}

/* Break the circles that a walk has found, a component at most until its ways are spoilt.
 */
static bool
break_found(Walk *walk, GError **error)
{
    g_autofree bool *is_spoilt = g_new0(bool, walk->n_nodes);
    for (guint i = 0; i < walk->closing->len; i++) {
        unsigned closing = g_array_index(walk->closing, unsigned, i);
        const KithEdge *edge = kith_edge_at(walk->ordering, closing);
        bool *is_over = &is_spoilt[walk->component[edge->before]];
        if (!edge->is_gone && !*is_over && !break_circle(walk, closing, is_over, error))
            return false;
    }
    return true;
}

static unsigned *
number_components(const KithOrdering *ordering)
{
    unsigned n_nodes = ordering->nodes->len;
    unsigned *component = g_new(unsigned, n_nodes);
    g_autoptr(GArray) arcs = g_array_new(FALSE, FALSE, sizeof(KithArc));
    for (guint e = 0; e < ordering->edges->len; e++) {
        const KithEdge *edge = kith_edge_at(ordering, e);
        KithArc arc = { .from = edge->after, .to = edge->before };
        if (!edge->is_gone)
            g_array_append_val(arcs, arc);
    }
    kith_graph_components(
        n_nodes, (const KithArc *) (void *) arcs->data, arcs->len, component);
    return component;
}

bool
kith_break_circles(KithOrdering *ordering, GError **error)
{
    bool done = true, found = true;
    while (done && found) {
        g_autofree unsigned *component = number_components(ordering);
        Walk walk;
        walk_init(&walk, ordering, component);
        found = walk.closing->len > 0;
        done = break_found(&walk, error);
        walk_finish(&walk);
    }
    return done;
}

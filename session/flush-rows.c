/*
 * flush-rows.c - ordering the rows of actions that make a circle. Circles of rows are
 * broken first. Then rows that wait for nothing are written, which sets others free, and
 * so on (A. B. Kahn, "Topological sorting of large networks", 1962). Of all that are free
 * those of one operation, table and set of columns go together, so a tree costs a step a
 * level.
 */
#include "flush-rows.h"

#include "entity.h"
#include "error.h"
#include "flush-values.h"
#include "graph.h"

#include <string.h>

#define NO_EDGE UINT_MAX

/* An edge between two nodes; the edges that leave a node are a list. */
typedef struct Edge {
    unsigned before;
    unsigned after;
    KithReason reason;
    unsigned next; /* of the edges that leave 'before' */
    bool is_gone;
} Edge;

/* A change, while it waits. */
typedef struct Node {
    unsigned change;
    unsigned bucket;
    unsigned n_waits; /* edges that lead here from what is not written */
    unsigned edges;   /* the first edge that leaves */
    unsigned early;   /* the node of the update that makes room before it, if there is one */
    unsigned later;   /* the node of the update that writes what it left out */
    bool is_written;
} Node;

/*
 * The changes of one operation, mapper and set of columns: what can be one step. Inserts of
 * a table are one bucket whatever they write, because they go in the order added.
 */
typedef struct Bucket {
    KithChange
        like; /* for the comparison: a copy, with bits of its own, that nobody changes */
    unsigned n_waiting;
    GArray *ready; /* of unsigned: nodes */
} Bucket;

typedef struct Ordering {
    KithPlan *plan;
    GArray *nodes;       /* of Node */
    GArray *edges;       /* of Edge */
    GPtrArray *buckets;  /* of Bucket, in the order in which they are preferred */
    GHashTable *node_of; /* from a change (+1) to its node */
    unsigned n_left;
} Ordering;

static KithChange *
change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

static Node *
node_at(const Ordering *ordering, unsigned index)
{
    return &g_array_index(ordering->nodes, Node, index);
}

static Edge *
edge_at(const Ordering *ordering, unsigned index)
{
    return &g_array_index(ordering->edges, Edge, index);
}

static KithChange *
change_of(const Ordering *ordering, unsigned node)
{
    return change_at(ordering->plan, node_at(ordering, node)->change);
}

/* --- comparing --------------------------------------------------------------------- */

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Inserts, then updates, then deletes; tables by rank, those of deletes from the other
 * end. */
static int
compare_buckets(const KithChange *a, const KithChange *b)
{
    int order = compare_numbers(a->operation, b->operation);
    if (order != 0)
        return order;
    order = compare_numbers(a->mapper->rank, b->mapper->rank);
    if (order == 0)
        order = compare_numbers(a->mapper->index, b->mapper->index);
    if (order != 0)
        return a->operation == KITH_OPERATION_DELETE ? -order : order;
    return a->operation == KITH_OPERATION_INSERT ? 0 : kith_compare_bits(a, b);
}

/* --- nodes and edges --------------------------------------------------------------- */

static void
free_bucket(void *data)
{
    Bucket *bucket = data;
    g_array_unref(bucket->ready);
    g_free(bucket->like.bits);
    g_free(bucket);
}

static unsigned
find_bucket(Ordering *ordering, const KithChange *change)
{
    for (guint i = 0; i < ordering->buckets->len; i++) {
        const Bucket *bucket = g_ptr_array_index(ordering->buckets, i);
        if (compare_buckets(&bucket->like, change) == 0)
            return i;
    }
    Bucket *bucket = g_new0(Bucket, 1);
    bucket->like = *change;
    if (change->bits != NULL)
        bucket->like.bits = g_memdup2(
            change->bits, KITH_BITS(change->mapper->n_columns) * sizeof *change->bits);
    bucket->ready = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_ptr_array_add(ordering->buckets, bucket);
    return ordering->buckets->len - 1;
}

static unsigned
add_node(Ordering *ordering, unsigned change)
{
    Node node = { .change = change,
                  .edges = NO_EDGE,
                  .early = KITH_NO_INDEX,
                  .later = KITH_NO_INDEX };
    node.bucket = find_bucket(ordering, change_at(ordering->plan, change));
    g_array_append_val(ordering->nodes, node);
    unsigned index = ordering->nodes->len - 1;
    g_hash_table_insert(
        ordering->node_of, GUINT_TO_POINTER(change + 1), GUINT_TO_POINTER(index + 1));
    ordering->n_left++;
    return index;
}

/*
 * The node of an update that was made for another row's sake. It is @known if that one does
 * more now: other columns, and so another bucket.
 */
static unsigned
node_for(Ordering *ordering, unsigned known, unsigned change)
{
    if (known == KITH_NO_INDEX)
        return add_node(ordering, change);
    unsigned bucket = find_bucket(ordering, change_at(ordering->plan, change));
    node_at(ordering, known)->bucket = bucket;
    return known;
}

/* The change of a node; KITH_NO_INDEX for none. */
static unsigned
change_number(const Ordering *ordering, unsigned node)
{
    return node != KITH_NO_INDEX ? node_at(ordering, node)->change : KITH_NO_INDEX;
}

/* The node of a change; KITH_NO_INDEX if it is not one of those that are ordered. */
static unsigned
find_node(const Ordering *ordering, unsigned change)
{
    guint found = GPOINTER_TO_UINT(
        g_hash_table_lookup(ordering->node_of, GUINT_TO_POINTER(change + 1)));
    return found > 0 ? found - 1 : KITH_NO_INDEX;
}

static void
add_edge(Ordering *ordering, unsigned before, unsigned after, KithReason reason)
{
    if (before == after)
        return;
    Edge edge = { .before = before, .after = after, .reason = reason };
    edge.next = node_at(ordering, before)->edges;
    node_at(ordering, before)->edges = ordering->edges->len;
    node_at(ordering, after)->n_waits++;
    g_array_append_val(ordering->edges, edge);
}

static void
remove_edge(Ordering *ordering, unsigned index)
{
    Edge *edge = edge_at(ordering, index);
    if (edge->is_gone)
        return;
    edge->is_gone = true;
    node_at(ordering, edge->after)->n_waits--;
}

/* --- who refers to whom ------------------------------------------------------------ */

/* Where a reference leads, among the changes that are ordered. */
typedef struct Targets {
    GHashTable *by_object; /* inserted: from the struct to its node (+1) */
    GHashTable *inserted;  /* tuples of keys and unique columns that are referred to */
    GHashTable *deleted;
} Targets;

/* Are the columns that @foreign_key means known, though the row may not be inserted yet? */
static bool
has_targets(const KithForeignKey *foreign_key, const void *row)
{
    const KithMapper *mapper = foreign_key->target;
    bool is_known = true;
    for (unsigned i = 0; i < foreign_key->n_columns; i++)
        is_known = is_known && foreign_key->targets[i] != mapper->generated;
    return is_known || !kith_mapper_key_is_missing(mapper, row);
}

/* File a row under each list of its columns that a foreign key refers to. */
static void
file_row(Ordering *ordering, Targets *targets, unsigned node)
{
    const KithChange *change = change_of(ordering, node);
    bool is_delete = change->operation == KITH_OPERATION_DELETE;
    if (change->operation == KITH_OPERATION_UPDATE && !kith_change_moves_key(change))
        return;
    if (!is_delete)
        g_hash_table_insert(targets->by_object,
                            (void *) (uintptr_t) change->object,
                            GUINT_TO_POINTER(node + 1));
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithForeignKey *foreign_key = mapper->referring[i];
        KithTuple tuple = { .mapper = mapper,
                            .columns = foreign_key->targets,
                            .n_columns = foreign_key->n_columns,
                            .row = is_delete ? change->before : change->row };
        if (is_delete || has_targets(foreign_key, change->row))
            kith_tuple_table_add(
                is_delete ? targets->deleted : targets->inserted, tuple, node);
    }
}

static unsigned
find_by_value(GHashTable *table,
              const KithMapper *mapper,
              const KithForeignKey *foreign_key,
              const void *row)
{
    KithTuple like = { .mapper = mapper,
                       .columns = foreign_key->columns,
                       .n_columns = foreign_key->n_columns,
                       .row = row };
    return kith_tuple_table_find(table, foreign_key->target, foreign_key->targets, like);
}

static unsigned
find_inserted(const Targets *targets,
              const KithChange *change,
              const KithForeignKey *foreign_key)
{
    const void *object = foreign_key->reference != KITH_NO_OFFSET
                             ? *kith_reference_target(foreign_key, change->row)
                             : NULL;
    if (object == NULL)
        return find_by_value(targets->inserted, change->mapper, foreign_key, change->row);
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(targets->by_object, object));
    return found > 0 ? found - 1 : KITH_NO_INDEX;
}

/* A row that refers to itself by a key that it does not have yet: the reference comes
 * later. */
static bool
refer_to_itself(Ordering *ordering, unsigned node, KithReason reason, GError **error)
{
    const KithChange *change = change_of(ordering, node);
    unsigned known = node_at(ordering, node)->later;
    unsigned later = KITH_NO_INDEX;
    if (reason.foreign_key->nullable)
        later = kith_plan_write_later(ordering->plan,
                                      change_number(ordering, node),
                                      change_number(ordering, known),
                                      reason.foreign_key);
    if (later == KITH_NO_INDEX) {
        kith_error_set(
            error,
            KITH_ERROR_FOREIGN_KEY,
            "%s (new): %s refers to the object itself, whose key is not known before it "
            "is inserted; make it nullable, or give the object a key",
            change->mapper->entity,
            change->mapper->columns[reason.foreign_key->columns[0]].member);
        return false;
    }
    later = node_for(ordering, known, later);
    node_at(ordering, node)->later = later;
    reason.because = KITH_BECAUSE_COMPLETES;
    add_edge(ordering, node, later, reason);
    return true;
}

static bool
add_reference_edges(Ordering *ordering,
                    const Targets *targets,
                    unsigned node,
                    const KithForeignKey *foreign_key,
                    GError **error)
{
    const KithChange *change = change_of(ordering, node);
    KithReason reason = { .mapper = change->mapper, .foreign_key = foreign_key };
    bool is_delete = change->operation == KITH_OPERATION_DELETE;
    bool is_written = !is_delete && kith_bits_has(change->bits, foreign_key->columns[0]);
    if (is_written) {
        unsigned target = find_inserted(targets, change, foreign_key);
        reason.because = KITH_BECAUSE_REFERS;
        /* Then the row has to wait, even where the foreign key is checked at the end. */
        bool is_unknown = target != KITH_NO_INDEX
                          && !has_targets(foreign_key, change_of(ordering, target)->row);
        if (target == node && is_unknown)
            return refer_to_itself(ordering, node, reason, error);
        if (target != KITH_NO_INDEX && (is_unknown || !foreign_key->deferrable))
            add_edge(ordering, target, node, reason);
    }
    bool leaves = is_delete || (change->operation == KITH_OPERATION_UPDATE && is_written);
    if (leaves && !foreign_key->deferrable) {
        unsigned target =
            find_by_value(targets->deleted, change->mapper, foreign_key, change->before);
        reason.because = KITH_BECAUSE_LEAVES;
        if (target != KITH_NO_INDEX)
            add_edge(ordering, node, target, reason);
    }
    return true;
}

static bool
find_references(Ordering *ordering, GError **error)
{
    unsigned n_nodes = ordering->nodes->len; /* more can be added on the way */
    bool done = true;
    Targets targets = { .by_object = g_hash_table_new(NULL, NULL),
                        .inserted = kith_tuple_table_new(),
                        .deleted = kith_tuple_table_new() };
    for (unsigned i = 0; i < n_nodes; i++)
        file_row(ordering, &targets, i);
    for (unsigned i = 0; done && i < n_nodes; i++) {
        const KithMapper *mapper = change_of(ordering, i)->mapper;
        for (unsigned j = 0; done && j < mapper->n_foreign_keys; j++)
            done = add_reference_edges(
                ordering, &targets, i, &mapper->foreign_keys[j], error);
    }
    g_hash_table_unref(targets.by_object);
    g_hash_table_unref(targets.inserted);
    g_hash_table_unref(targets.deleted);
    return done;
}

/* --- writing what is free ---------------------------------------------------------- */

static void
set_free(Ordering *ordering, unsigned index)
{
    Node *node = node_at(ordering, index);
    Bucket *bucket = g_ptr_array_index(ordering->buckets, node->bucket);
    g_array_append_val(bucket->ready, index);
}

static void
write_node(Ordering *ordering, unsigned index, bool begins_step)
{
    Node *node = node_at(ordering, index);
    Bucket *bucket = g_ptr_array_index(ordering->buckets, node->bucket);
    node->is_written = true;
    bucket->n_waiting--;
    ordering->n_left--;
    kith_plan_append(ordering->plan, node->change, begins_step);
    for (unsigned e = node->edges; e != NO_EDGE; e = edge_at(ordering, e)->next) {
        Edge *edge = edge_at(ordering, e);
        if (edge->is_gone)
            continue;
        if (--node_at(ordering, edge->after)->n_waits == 0)
            set_free(ordering, edge->after);
    }
}

/*
 * The bucket to write next: rather one that is free as a whole, so that it is one step
 * and not two; of those the one that comes first.
 */
static Bucket *
choose_bucket(const Ordering *ordering)
{
    Bucket *chosen = NULL;
    bool chosen_is_whole = false;
    for (guint i = 0; i < ordering->buckets->len; i++) {
        Bucket *bucket = g_ptr_array_index(ordering->buckets, i);
        bool is_whole = bucket->ready->len == bucket->n_waiting;
        if (bucket->ready->len == 0)
            continue;
        bool is_better = chosen == NULL || (is_whole && !chosen_is_whole)
                         || (is_whole == chosen_is_whole
                             && compare_buckets(&bucket->like, &chosen->like) < 0);
        if (is_better) {
            chosen = bucket;
            chosen_is_whole = is_whole;
        }
    }
    return chosen;
}

static int
compare_nodes(const void *a, const void *b, void *data)
{
    const Ordering *ordering = data;
    unsigned i = *(const unsigned *) a, j = *(const unsigned *) b;
    int order = kith_compare_changes(change_of(ordering, i), change_of(ordering, j));
    return order != 0 ? order : compare_numbers(i, j);
}

static void
write_a_bucket(Ordering *ordering)
{
    Bucket *bucket = choose_bucket(ordering);
    GArray *ready = bucket->ready;
    bucket->ready = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_qsort_with_data(
        ready->data, (gint) ready->len, sizeof(unsigned), compare_nodes, ordering);
    for (guint i = 0; i < ready->len; i++)
        write_node(ordering, g_array_index(ready, unsigned, i), i == 0);
    g_array_unref(ready);
}

/* --- breaking circles -------------------------------------------------------------- */

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
 * Does the row hold up its circle by more than what it refers to now? If not, a later update
 * of that would hold it up just as well.
 */
static bool
helps_later(const Ordering *ordering, const unsigned *component, const Edge *edge)
{
    unsigned e = node_at(ordering, edge->after)->edges;
    for (; e != NO_EDGE; e = edge_at(ordering, e)->next) {
        const Edge *other = edge_at(ordering, e);
        bool goes_along = other->reason.because == KITH_BECAUSE_LEAVES
                          && other->reason.foreign_key == edge->reason.foreign_key;
        if (!other->is_gone && !goes_along
            && component[other->after] == component[edge->after])
            return true;
    }
    return false;
}

/* Has the row one more update already, which can do this too? */
static bool
has_update(const Ordering *ordering, const Edge *edge)
{
    return edge->reason.because == KITH_BECAUSE_REFERS
               ? node_at(ordering, edge->after)->later != KITH_NO_INDEX
               : node_at(ordering, edge->before)->early != KITH_NO_INDEX;
}

static Break
cost_of(const Ordering *ordering, const unsigned *component, const Edge *edge)
{
    const KithReason *reason = &edge->reason;
    const KithChange *after = change_of(ordering, edge->after);
    const KithChange *before = change_of(ordering, edge->before);
    switch (reason->because) {
    case KITH_BECAUSE_REFERS:
        if (after->operation == KITH_OPERATION_INSERT)
            return reason->foreign_key->nullable ? BREAK_LATER : BREAK_NOT;
        return helps_later(ordering, component, edge) ? BREAK_LATER : BREAK_NOT;
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
is_about(const Edge *edge, const KithReason *reason)
{
    return edge->reason.because == reason->because
           && edge->reason.foreign_key == reason->foreign_key
           && edge->reason.index == reason->index;
}

/* The row refers to it no more; an update that comes after both does. */
static bool
break_later(Ordering *ordering, unsigned index)
{
    Edge edge = *edge_at(ordering, index);
    unsigned later = node_at(ordering, edge.after)->later;
    unsigned change = kith_plan_write_later(ordering->plan,
                                            change_number(ordering, edge.after),
                                            change_number(ordering, later),
                                            edge.reason.foreign_key);
    if (change == KITH_NO_INDEX)
        return false;
    later = node_for(ordering, later, change);
    node_at(ordering, edge.after)->later = later;
    (void) node_for(ordering, edge.after, change_number(ordering, edge.after));
    remove_edge(ordering, index);
    add_edge(ordering, edge.before, later, edge.reason);
    KithReason completes = edge.reason;
    completes.because = KITH_BECAUSE_COMPLETES;
    add_edge(ordering, edge.after, later, completes);
    /* What waited for the row to leave its old target waits for the later update. */
    for (unsigned e = node_at(ordering, edge.after)->edges; e != NO_EDGE;) {
        Edge leaves = *edge_at(ordering, e);
        if (!leaves.is_gone && leaves.reason.because == KITH_BECAUSE_LEAVES
            && leaves.reason.foreign_key == edge.reason.foreign_key) {
            remove_edge(ordering, e);
            add_edge(ordering, later, leaves.after, leaves.reason);
        }
        e = leaves.next;
    }
    return true;
}

/* What waited for the row, for this reason, waits for an update that comes before it. */
static bool
break_before(Ordering *ordering, unsigned index, unsigned change)
{
    Edge edge = *edge_at(ordering, index);
    if (change == KITH_NO_INDEX)
        return false;
    unsigned early = node_for(ordering, node_at(ordering, edge.before)->early, change);
    node_at(ordering, edge.before)->early = early;
    (void) node_for(ordering, edge.before, change_number(ordering, edge.before));
    for (unsigned e = node_at(ordering, edge.before)->edges; e != NO_EDGE;) {
        Edge other = *edge_at(ordering, e);
        if (!other.is_gone && is_about(&other, &edge.reason)) {
            remove_edge(ordering, e);
            add_edge(ordering, early, other.after, other.reason);
        }
        e = other.next;
    }
    KithReason makes_room = edge.reason;
    makes_room.because = KITH_BECAUSE_MAKES_ROOM;
    add_edge(ordering, early, edge.before, makes_room);
    return true;
}

static bool
break_edge(Ordering *ordering, unsigned index, Break how)
{
    KithPlan *plan = ordering->plan;
    const Edge *edge = edge_at(ordering, index);
    unsigned row = change_number(ordering, edge->before);
    unsigned early = change_number(ordering, node_at(ordering, edge->before)->early);
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

/* The edges of one component. */
typedef struct Circle {
    const unsigned *component; /* of each node */
    const unsigned *edges;
    unsigned n_edges;
} Circle;

/* Name a row for a message. */
static void
append_name(GString *text, const KithChange *change)
{
    g_autofree char *key = kith_mapper_key_text(
        change->mapper, change->before != NULL ? change->before : change->row);
    g_string_append_printf(text, "%s %s", change->mapper->entity, key);
}

/* Walk back along the edges until a row is met for the second time. */
static void
set_circle_error(const Ordering *ordering, const Circle *circle, GError **error)
{
    g_autofree unsigned *waits_for = g_new(unsigned, ordering->nodes->len);
    g_autofree bool *is_met = g_new0(bool, ordering->nodes->len);
    g_autoptr(GString) names = g_string_new(NULL);
    bool is_value = false;
    unsigned at = KITH_NO_INDEX;
    for (unsigned i = 0; i < circle->n_edges; i++) {
        const Edge *edge = edge_at(ordering, circle->edges[i]);
        waits_for[edge->after] = edge->before;
        is_value = is_value || edge->reason.because == KITH_BECAUSE_VALUE;
        at = edge->after;
    }
    for (; !is_met[at]; at = waits_for[at])
        is_met[at] = true;
    unsigned first = at;
    do {
        append_name(names, change_of(ordering, at));
        g_string_append(names, " -> ");
        at = waits_for[at];
    } while (at != first);
    append_name(names, change_of(ordering, first));
    kith_error_set(
        error,
        is_value ? KITH_ERROR_UNIQUE : KITH_ERROR_FOREIGN_KEY,
        "%s: these rows wait for each other in a circle, and nothing in it can be NULL "
        "for a moment; make one of the references nullable or deferrable, or do it in "
        "two flushes",
        names->str);
}

/* Break an edge: the cheapest there is, one for which there is an update already if any. */
static bool
break_circle(Ordering *ordering, const Circle *circle)
{
    for (unsigned choice = 0; choice < 2 * BREAK_NOT; choice++) {
        Break how = choice % BREAK_NOT;
        bool is_free = choice < BREAK_NOT;
        for (unsigned i = 0; i < circle->n_edges; i++) {
            unsigned e = circle->edges[i];
            const Edge *edge = edge_at(ordering, e);
            if (cost_of(ordering, circle->component, edge) == how
                && (!is_free || has_update(ordering, edge))
                && break_edge(ordering, e, how))
                return true;
        }
    }
    return false;
}

/*
 * The numbers of the edges inside of components, sorted by component: those of component i
 * begin at @ret_first[i] and end where those of the next one begin.
 */
static unsigned *
group_edges(const Ordering *ordering,
            const unsigned *component,
            unsigned n_components,
            unsigned *ret_first)
{
    unsigned *edges = g_new(unsigned, ordering->edges->len + 1);
    for (guint e = 0; e < ordering->edges->len; e++) {
        const Edge *edge = edge_at(ordering, e);
        if (!edge->is_gone && component[edge->before] == component[edge->after])
            ret_first[component[edge->before] + 1]++;
    }
    for (unsigned i = 0; i < n_components; i++)
        ret_first[i + 1] += ret_first[i];
    g_autofree unsigned *next = g_memdup2(ret_first, (n_components + 1) * sizeof *next);
    for (guint e = 0; e < ordering->edges->len; e++) {
        const Edge *edge = edge_at(ordering, e);
        if (!edge->is_gone && component[edge->before] == component[edge->after])
            edges[next[component[edge->before]]++] = e;
    }
    return edges;
}

static GArray *
arcs_that_are_left(const Ordering *ordering)
{
    GArray *arcs = g_array_new(FALSE, FALSE, sizeof(KithArc));
    for (guint e = 0; e < ordering->edges->len; e++) {
        const Edge *edge = edge_at(ordering, e);
        KithArc arc = { .from = edge->after, .to = edge->before };
        if (!edge->is_gone)
            g_array_append_val(arcs, arc);
    }
    return arcs;
}

/* Break an edge of each circle there is. @ret_found: were there any? */
static bool
break_circles(Ordering *ordering, bool *ret_found, GError **error)
{
    unsigned n_nodes = ordering->nodes->len;
    g_autoptr(GArray) arcs = arcs_that_are_left(ordering);
    g_autofree unsigned *component = g_new(unsigned, n_nodes);
    unsigned n_components = kith_graph_components(
        n_nodes, (const KithArc *) (void *) arcs->data, arcs->len, component);
    g_autofree unsigned *first = g_new0(unsigned, n_components + 1);
    g_autofree unsigned *edges = group_edges(ordering, component, n_components, first);
    *ret_found = false;
    for (unsigned i = 0; i < n_components; i++) {
        Circle circle = { .component = component,
                          .edges = edges + first[i],
                          .n_edges = first[i + 1] - first[i] };
        if (circle.n_edges == 0)
            continue;
        *ret_found = true;
        if (!break_circle(ordering, &circle)) {
            set_circle_error(ordering, &circle, error);
            return false;
        }
    }
    return true;
}

/* --- all of it --------------------------------------------------------------------- */

static void
ordering_init(Ordering *ordering, KithPlan *plan)
{
    *ordering = (Ordering){ .plan = plan };
    ordering->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    ordering->edges = g_array_new(FALSE, FALSE, sizeof(Edge));
    ordering->buckets = g_ptr_array_new_with_free_func(free_bucket);
    ordering->node_of = g_hash_table_new(NULL, NULL);
}

static void
ordering_finish(Ordering *ordering)
{
    g_array_unref(ordering->nodes);
    g_array_unref(ordering->edges);
    g_ptr_array_unref(ordering->buckets);
    g_hash_table_unref(ordering->node_of);
}

static void
add_handovers(Ordering *ordering, const GArray *handovers)
{
    for (guint i = 0; i < handovers->len; i++) {
        const KithRowEdge *edge = &g_array_index(handovers, KithRowEdge, i);
        unsigned before = find_node(ordering, edge->before);
        unsigned after = find_node(ordering, edge->after);
        if (before != KITH_NO_INDEX && after != KITH_NO_INDEX)
            add_edge(ordering, before, after, edge->reason);
    }
}

static void
set_initial_free(Ordering *ordering)
{
    for (guint i = 0; i < ordering->nodes->len; i++) {
        const Node *node = node_at(ordering, i);
        ((Bucket *) g_ptr_array_index(ordering->buckets, node->bucket))->n_waiting++;
        if (node->n_waits == 0)
            set_free(ordering, i);
    }
}

/* The steps of the plan that two nodes ended up in, for those who read it. */
static void
remember_edges(const Ordering *ordering, unsigned first_place)
{
    KithPlan *plan = ordering->plan;
    g_autofree unsigned *step_of = g_new0(unsigned, plan->changes->len);
    for (guint s = 0; s < plan->steps->len; s++) {
        const KithStep *step = &g_array_index(plan->steps, KithStep, s);
        for (unsigned i = 0; step->first >= first_place && i < step->n_changes; i++)
            step_of[g_array_index(plan->order, unsigned, step->first + i)] = s;
    }
    for (guint e = 0; e < ordering->edges->len; e++) {
        const Edge *edge = edge_at(ordering, e);
        KithPlanEdge made = { .before = step_of[node_at(ordering, edge->before)->change],
                              .after = step_of[node_at(ordering, edge->after)->change],
                              .reason = edge->reason };
        if (!edge->is_gone)
            kith_plan_add_edge(plan, made);
    }
}

static bool
break_all_circles(Ordering *ordering, GError **error)
{
    bool found = true;
    while (found) {
        if (!break_circles(ordering, &found, error))
            return false;
    }
    return true;
}

bool
kith_order_rows(KithPlan *plan,
                const unsigned *members,
                unsigned n_members,
                const GArray *handovers,
                GError **error)
{
    Ordering ordering;
    unsigned first_place = plan->order->len;
    ordering_init(&ordering, plan);
    for (unsigned i = 0; i < n_members; i++)
        add_node(&ordering, members[i]);
    bool done = find_references(&ordering, error);
    if (done) {
        add_handovers(&ordering, handovers);
        done = break_all_circles(&ordering, error);
    }
    if (done) {
        set_initial_free(&ordering);
        while (ordering.n_left > 0)
            write_a_bucket(&ordering);
        remember_edges(&ordering, first_place);
    }
    ordering_finish(&ordering);
    return done;
}

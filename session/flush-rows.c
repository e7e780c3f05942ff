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
    bool is_written;
} Node;

/* The changes of one operation, mapper and set of columns: what can be one step. */
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

/* --- comparing
 * --------------------------------------------------------------------------------- */

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_values(const KithColumn *column, const void *a, const void *b)
{
    const void *x = kith_column_get(column, a), *y = kith_column_get(column, b);
    switch (column->kind) {
    case KITH_KIND_INT32: {
        int32_t m = *(const int32_t *) x, n = *(const int32_t *) y;
        return (m > n) - (m < n);
    }
    case KITH_KIND_INT64: {
        int64_t m = *(const int64_t *) x, n = *(const int64_t *) y;
        return (m > n) - (m < n);
    }
    case KITH_KIND_UUID:
        return memcmp(x, y, sizeof(KithUuid));
    default:
        return strcmp(*(const char *const *) x, *(const char *const *) y);
    }
}

static int
compare_keys(const KithMapper *mapper, const void *a, const void *b)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        int order = compare_values(&mapper->columns[mapper->keys[i]], a, b);
        if (order != 0)
            return order;
    }
    return 0;
}

int
kith_compare_changes(const KithChange *a, const KithChange *b)
{
    if (a->operation == KITH_OPERATION_INSERT)
        return compare_numbers(a->sequence, b->sequence);
    return compare_keys(a->mapper, a->before, b->before);
}

int
kith_compare_bits(const KithChange *a, const KithChange *b)
{
    if (a->bits == NULL || b->bits == NULL)
        return (a->bits != NULL) - (b->bits != NULL);
    for (unsigned i = 0; i < KITH_BITS(a->mapper->n_columns); i++) {
        int order = compare_numbers(a->bits[i], b->bits[i]);
        if (order != 0)
            return order;
    }
    return 0;
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
    return kith_compare_bits(a, b);
}

/* --- nodes and edges
 * ------------------------------------------------------------------------------ */

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
    Node node = { .change = change, .edges = NO_EDGE };
    node.bucket = find_bucket(ordering, change_at(ordering->plan, change));
    g_array_append_val(ordering->nodes, node);
    unsigned index = ordering->nodes->len - 1;
    g_hash_table_insert(
        ordering->node_of, GUINT_TO_POINTER(change + 1), GUINT_TO_POINTER(index + 1));
    ordering->n_left++;
    return index;
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

/* --- who refers to whom
 * ---------------------------------------------------------------------------- */

/* Where a reference leads, among the changes that are ordered. */
typedef struct Targets {
    GHashTable *by_object; /* inserted: from the struct to its node (+1) */
    GHashTable *inserted;  /* tuples of keys and unique columns that are referred to */
    GHashTable *deleted;
} Targets;

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
        bool is_known = is_delete || !kith_mapper_key_is_missing(mapper, change->row);
        if (is_known)
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

/* Then what refers to it has to wait, even where the foreign key is checked at the end.
 */
static bool
is_key_unknown(const Ordering *ordering, unsigned target)
{
    const KithChange *change = change_of(ordering, target);
    return kith_mapper_key_is_missing(change->mapper, change->row);
}

/* A row that refers to itself by a key that it does not have yet: the reference comes
 * later. */
static bool
refer_to_itself(Ordering *ordering, unsigned node, KithReason reason, GError **error)
{
    const KithChange *change = change_of(ordering, node);
    unsigned later = KITH_NO_INDEX;
    if (reason.foreign_key->nullable)
        later = kith_plan_write_later(
            ordering->plan, node_at(ordering, node)->change, reason.foreign_key);
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
    reason.because = KITH_BECAUSE_COMPLETES;
    add_edge(ordering, node, add_node(ordering, later), reason);
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
        bool is_unknown = target != KITH_NO_INDEX && is_key_unknown(ordering, target);
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

/* --- writing what is free
 * ----------------------------------------------------------------------------- */

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

/* --- breaking circles
 * --------------------------------------------------------------------------------------
 */

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

static Break
cost_of(const Ordering *ordering, const Edge *edge)
{
    const KithReason *reason = &edge->reason;
    const KithChange *after = change_of(ordering, edge->after);
    const KithChange *before = change_of(ordering, edge->before);
    switch (reason->because) {
    case KITH_BECAUSE_REFERS:
        if (after->operation == KITH_OPERATION_INSERT)
            return reason->foreign_key->nullable ? BREAK_LATER : BREAK_NOT;
        return BREAK_LATER;
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
    unsigned change = kith_plan_write_later(
        ordering->plan, node_at(ordering, edge.after)->change, edge.reason.foreign_key);
    if (change == KITH_NO_INDEX)
        return false;
    /* It may write other columns now, and then belongs to another bucket. */
    unsigned bucket = find_bucket(ordering, change_of(ordering, edge.after));
    node_at(ordering, edge.after)->bucket = bucket;
    unsigned later = add_node(ordering, change);
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
    unsigned early = add_node(ordering, change);
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
    const Edge *edge = edge_at(ordering, index);
    unsigned before = node_at(ordering, edge->before)->change;
    const KithReason *reason = &edge->reason;
    switch (how) {
    case BREAK_LATER:
        return break_later(ordering, index);
    case BREAK_EMPTY:
        return break_before(
            ordering,
            index,
            kith_plan_empty_reference(ordering->plan, before, reason->foreign_key));
    case BREAK_NULL:
    case BREAK_MADE_UP:
        return break_before(
            ordering,
            index,
            kith_plan_make_room(
                ordering->plan, before, reason->index, how == BREAK_NULL));
    case BREAK_NOT:
        break;
    }
    return false;
}

/* Name a row for a message. */
static void
append_name(GString *text, const KithChange *change)
{
    g_autofree char *key = kith_mapper_key_text(
        change->mapper, change->before != NULL ? change->before : change->row);
    g_string_append_printf(text, "%s %s", change->mapper->entity, key);
}

/* Walk back along the edges of component @number until a row is met for the second time.
 */
static void
set_circle_error(const Ordering *ordering,
                 const unsigned *component,
                 unsigned number,
                 GError **error)
{
    g_autofree unsigned *waits_for = g_new(unsigned, ordering->nodes->len);
    g_autofree bool *is_met = g_new0(bool, ordering->nodes->len);
    g_autoptr(GString) circle = g_string_new(NULL);
    bool is_value = false;
    unsigned at = KITH_NO_INDEX;
    for (guint e = 0; e < ordering->edges->len; e++) {
        const Edge *edge = edge_at(ordering, e);
        if (edge->is_gone || component[edge->after] != number
            || component[edge->before] != number)
            continue;
        waits_for[edge->after] = edge->before;
        is_value = is_value || edge->reason.because == KITH_BECAUSE_VALUE;
        at = edge->after;
    }
    for (; !is_met[at]; at = waits_for[at])
        is_met[at] = true;
    unsigned first = at;
    do {
        append_name(circle, change_of(ordering, at));
        g_string_append(circle, " -> ");
        at = waits_for[at];
    } while (at != first);
    append_name(circle, change_of(ordering, first));
    kith_error_set(
        error,
        is_value ? KITH_ERROR_UNIQUE : KITH_ERROR_FOREIGN_KEY,
        "%s: these rows wait for each other in a circle, and nothing in it can be NULL "
        "for a moment; make one of the references nullable or deferrable, or do it in "
        "two flushes",
        circle->str);
}

/* Break one edge in each circle; what is left of them is met again. */
static bool
break_component(Ordering *ordering,
                const unsigned *component,
                unsigned number,
                GError **error)
{
    guint n_edges = ordering->edges->len; /* new ones are in no component yet */
    for (Break how = BREAK_LATER; how < BREAK_NOT; how++) {
        for (guint e = 0; e < n_edges; e++) {
            const Edge *edge = edge_at(ordering, e);
            bool is_in_it = !edge->is_gone && component[edge->before] == number
                            && component[edge->after] == number;
            if (is_in_it && cost_of(ordering, edge) == how
                && break_edge(ordering, e, how))
                return true;
        }
    }
    set_circle_error(ordering, component, number, error);
    return false;
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
    g_autofree unsigned *size = g_new0(unsigned, n_components);
    for (unsigned i = 0; i < n_nodes; i++)
        size[component[i]]++;
    *ret_found = false;
    for (unsigned i = 0; i < n_components; i++) {
        if (size[i] > 1 && !break_component(ordering, component, i, error))
            return false;
        *ret_found = *ret_found || size[i] > 1;
    }
    return true;
}

/* --- all of it
 * ------------------------------------------------------------------------------------------------
 */

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

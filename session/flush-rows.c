/*
 * flush-rows.c - ordering the rows of actions that make a circle. Circles of rows are
 * broken first, in flush-circles.c. Then rows that wait for nothing are written, which
 * sets others free, and so on (A. B. Kahn, "Topological sorting of large networks",
 * 1962). Of all that are free those of one operation, table and set of columns go
 * together, so a tree costs a step a level.
 */
#include "flush-rows.h"

#include "entity.h"
#include "error.h"
#include "flush-order.h"
#include "flush-sort.h"
#include "flush-values.h"
#include "foreign-key.h"

#include <string.h>

/*
 * The changes of one operation, mapper and set of columns: what can be one step. Inserts
 * of a table are one bucket whatever they write, because they go in the order added.
 */
typedef struct Bucket {
    KithChange
        like; /* for the comparison: a copy, with bits of its own, that nobody changes */
    unsigned n_waiting;
    GArray *ready; /* of unsigned: nodes */
} Bucket;

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
find_bucket(KithOrdering *ordering, const KithChange *change)
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

unsigned
kith_ordering_add(KithOrdering *ordering, unsigned change)
{
    KithNode node = { .change = change,
                      .edges = KITH_NO_INDEX,
                      .early = KITH_NO_INDEX,
                      .later = KITH_NO_INDEX };
    node.bucket = find_bucket(ordering, kith_plan_change_at(ordering->plan, change));
    g_array_append_val(ordering->nodes, node);
    unsigned index = ordering->nodes->len - 1;
    g_hash_table_insert(
        ordering->node_of, GUINT_TO_POINTER(change + 1), GUINT_TO_POINTER(index + 1));
    ordering->n_left++;
    return index;
}

unsigned
kith_ordering_add_update(KithOrdering *ordering, unsigned known, unsigned change)
{
    if (known == KITH_NO_INDEX)
        return kith_ordering_add(ordering, change);
    unsigned bucket = find_bucket(ordering, kith_plan_change_at(ordering->plan, change));
    kith_node_at(ordering, known)->bucket = bucket;
    return known;
}

/* The node of a change; KITH_NO_INDEX if it is not one of those that are ordered. */
static unsigned
find_node(const KithOrdering *ordering, unsigned change)
{
    guint found = GPOINTER_TO_UINT(
        g_hash_table_lookup(ordering->node_of, GUINT_TO_POINTER(change + 1)));
    return found > 0 ? found - 1 : KITH_NO_INDEX;
}

void
kith_ordering_add_edge(KithOrdering *ordering,
                       unsigned before,
                       unsigned after,
                       KithReason reason)
{
    if (before == after)
        return;
    KithEdge edge = { .before = before, .after = after, .reason = reason };
    edge.next = kith_node_at(ordering, before)->edges;
    kith_node_at(ordering, before)->edges = ordering->edges->len;
    kith_node_at(ordering, after)->n_waits++;
    g_array_append_val(ordering->edges, edge);
}

void
kith_ordering_remove_edge(KithOrdering *ordering, unsigned index)
{
    KithEdge *edge = kith_edge_at(ordering, index);
    if (edge->is_gone)
        return;
    edge->is_gone = true;
    kith_node_at(ordering, edge->after)->n_waits--;
}

/* --- who refers to whom ------------------------------------------------------------ */

/* Where a reference leads, among the changes that are ordered. */
typedef struct Targets {
    GHashTable *by_object; /* inserted: from a row of an object to its node (+1) */
    GHashTable *inserted;  /* tuples of keys and unique columns that are referred to */
    GHashTable *deleted;
    GHashTable *moved; /* what they were, of rows that get another key */
} Targets;

/* Are the columns that @foreign_key means known, though the row may not be inserted yet?
 */
static bool
has_targets(const KithForeignKey *foreign_key, const void *row)
{
    const KithMapper *mapper = foreign_key->target;
    bool is_known = true;
    for (unsigned i = 0; i < foreign_key->n_columns; i++)
        is_known = is_known && foreign_key->targets[i] != mapper->generated;
    return is_known || !kith_mapper_key_is_missing(mapper, row);
}

/*
 * What stands for the row that an object has in a table, as an object can be in several.
 * They are told apart by how deep the table is; objects are farther from each other than
 * that.
 */
static void *
row_of_object(const void *object, const KithMapper *part)
{
    return (char *) (uintptr_t) object + part->storage->depth;
}

/* File a row under each list of its columns that a foreign key refers to. */
static void
file_row(KithOrdering *ordering, Targets *targets, unsigned node)
{
    const KithChange *change = kith_node_change(ordering, node);
    bool is_delete = change->operation == KITH_OPERATION_DELETE;
    if (change->operation == KITH_OPERATION_UPDATE && !kith_change_moves_key(change))
        return;
    if (!is_delete)
        g_hash_table_insert(targets->by_object,
                            row_of_object(change->object, change->mapper),
                            GUINT_TO_POINTER(node + 1));
    const KithMapper *mapper = change->mapper;
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        const KithForeignKey *foreign_key = mapper->referring[i];
        KithTuple tuple = { .mapper = foreign_key->table,
                            .columns = foreign_key->targets,
                            .n_columns = foreign_key->n_columns,
                            .row = is_delete ? change->before : change->row };
        if (is_delete || has_targets(foreign_key, change->row))
            kith_tuple_table_add(
                is_delete ? targets->deleted : targets->inserted, tuple, node);
        tuple.row = change->before;
        if (change->operation == KITH_OPERATION_UPDATE
            && !kith_foreign_key_has_same_target(
                foreign_key, change->row, change->before))
            kith_tuple_table_add(targets->moved, tuple, node);
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
    return kith_tuple_table_find(table, foreign_key->table, foreign_key->targets, like);
}

static unsigned
find_inserted(const Targets *targets,
              const KithChange *change,
              const KithForeignKey *foreign_key)
{
    const void *object = foreign_key->reference != KITH_NO_OFFSET
                             ? *kith_reference_target(foreign_key, change->row)
                             : NULL;
    if (foreign_key->is_extension)
        object = change->object;
    if (object == NULL)
        return find_by_value(targets->inserted, change->mapper, foreign_key, change->row);
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(
        targets->by_object, row_of_object(object, foreign_key->table)));
    return found > 0 ? found - 1 : KITH_NO_INDEX;
}

/* A row that refers to itself by a key that it does not have yet: the reference comes
 * later. */
static bool
refer_to_itself(KithOrdering *ordering, unsigned node, KithReason reason, GError **error)
{
    const KithChange *change = kith_node_change(ordering, node);
    unsigned known = kith_node_at(ordering, node)->later;
    unsigned later = KITH_NO_INDEX;
    if (reason.foreign_key->nullable)
        later = kith_plan_write_later(ordering->plan,
                                      kith_node_number(ordering, node),
                                      kith_node_number(ordering, known),
                                      reason.foreign_key);
    if (later == KITH_NO_INDEX) {
        kith_error_set(
            error,
            KITH_ERROR_FOREIGN_KEY,
            "%s (new): %s refers to the object itself, whose key is not known before it "
            "is inserted; make it nullable, or give the object a key",
            kith_change_what(change)->entity,
            reason.foreign_key->member);
        return false;
    }
    later = kith_ordering_add_update(ordering, known, later);
    kith_node_at(ordering, node)->later = later;
    reason.because = KITH_BECAUSE_COMPLETES;
    kith_ordering_add_edge(ordering, node, later, reason);
    return true;
}

/* @leaves: the row refers to something else now, or to nothing. */
static void
add_leaving_edges(KithOrdering *ordering,
                  const Targets *targets,
                  unsigned node,
                  const KithForeignKey *foreign_key,
                  bool leaves)
{
    const KithChange *change = kith_node_change(ordering, node);
    const KithMapper *mapper = change->mapper;
    KithReason reason = { .because = KITH_BECAUSE_LEAVES,
                          .mapper = mapper,
                          .foreign_key = foreign_key };
    unsigned deleted = KITH_NO_INDEX, moved = KITH_NO_INDEX;
    if (leaves && !foreign_key->deferrable)
        deleted = find_by_value(targets->deleted, mapper, foreign_key, change->before);
    if (leaves ? kith_foreign_key_holds(mapper, foreign_key)
               : kith_foreign_key_is_in_key(mapper, foreign_key))
        moved = find_by_value(targets->moved, mapper, foreign_key, change->before);
    if (deleted != KITH_NO_INDEX)
        kith_ordering_add_edge(ordering, node, deleted, reason);
    reason.is_of_key = true;
    if (moved != KITH_NO_INDEX)
        kith_ordering_add_edge(ordering, node, moved, reason);
    ordering->has_moved = ordering->has_moved || moved != KITH_NO_INDEX;
}

static bool
add_reference_edges(KithOrdering *ordering,
                    const Targets *targets,
                    unsigned node,
                    const KithForeignKey *foreign_key,
                    GError **error)
{
    const KithChange *change = kith_node_change(ordering, node);
    KithReason reason = { .mapper = change->mapper, .foreign_key = foreign_key };
    bool is_delete = change->operation == KITH_OPERATION_DELETE;
    bool is_written =
        !is_delete && kith_foreign_key_is_written(foreign_key, change->bits);
    if (is_written) {
        unsigned target = find_inserted(targets, change, foreign_key);
        reason.because = KITH_BECAUSE_REFERS;
        /* Then the row has to wait, even where the foreign key is checked at the end. */
        bool is_unknown =
            target != KITH_NO_INDEX
            && !has_targets(foreign_key, kith_node_change(ordering, target)->row);
        if (target == node && is_unknown)
            return refer_to_itself(ordering, node, reason, error);
        if (target != KITH_NO_INDEX && (is_unknown || !foreign_key->deferrable))
            kith_ordering_add_edge(ordering, target, node, reason);
    }
    if (change->operation != KITH_OPERATION_INSERT)
        add_leaving_edges(ordering, targets, node, foreign_key, is_delete || is_written);
    return true;
}

static bool
find_references(KithOrdering *ordering, GError **error)
{
    unsigned n_nodes = ordering->nodes->len; /* more can be added on the way */
    bool done = true;
    Targets targets = { .by_object = g_hash_table_new(NULL, NULL),
                        .inserted = kith_tuple_table_new(),
                        .deleted = kith_tuple_table_new(),
                        .moved = kith_tuple_table_new() };
    for (unsigned i = 0; i < n_nodes; i++)
        file_row(ordering, &targets, i);
    for (unsigned i = 0; done && i < n_nodes; i++) {
        const KithMapper *mapper = kith_node_change(ordering, i)->mapper;
        for (unsigned j = 0; done && j < mapper->n_foreign_keys; j++)
            done = add_reference_edges(
                ordering, &targets, i, &mapper->foreign_keys[j], error);
    }
    g_hash_table_unref(targets.by_object);
    g_hash_table_unref(targets.inserted);
    g_hash_table_unref(targets.deleted);
    g_hash_table_unref(targets.moved);
    return done;
}

/* --- writing what is free ---------------------------------------------------------- */

static void
set_free(KithOrdering *ordering, unsigned index)
{
    KithNode *node = kith_node_at(ordering, index);
    Bucket *bucket = g_ptr_array_index(ordering->buckets, node->bucket);
    g_array_append_val(bucket->ready, index);
}

static void
write_node(KithOrdering *ordering, unsigned index, bool begins_step)
{
    KithNode *node = kith_node_at(ordering, index);
    Bucket *bucket = g_ptr_array_index(ordering->buckets, node->bucket);
    node->is_written = true;
    bucket->n_waiting--;
    ordering->n_left--;
    kith_plan_append(ordering->plan, node->change, begins_step);
    for (unsigned e = node->edges; e != KITH_NO_INDEX;
         e = kith_edge_at(ordering, e)->next) {
        KithEdge *edge = kith_edge_at(ordering, e);
        if (edge->is_gone)
            continue;
        if (--kith_node_at(ordering, edge->after)->n_waits == 0)
            set_free(ordering, edge->after);
    }
}

/*
 * The bucket to write next: rather one that is free as a whole, so that it is one step
 * and not two; of those the one that comes first.
 */
static Bucket *
choose_bucket(const KithOrdering *ordering)
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
    const KithOrdering *ordering = data;
    unsigned i = *(const unsigned *) a, j = *(const unsigned *) b;
    int order = kith_compare_changes(kith_node_change(ordering, i),
                                     kith_node_change(ordering, j));
    return order != 0 ? order : compare_numbers(i, j);
}

static void
write_a_bucket(KithOrdering *ordering)
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

/* --- all of it --------------------------------------------------------------------- */

static void
ordering_init(KithOrdering *ordering, KithPlan *plan)
{
    *ordering = (KithOrdering){ .plan = plan };
    ordering->nodes = g_array_new(FALSE, FALSE, sizeof(KithNode));
    ordering->edges = g_array_new(FALSE, FALSE, sizeof(KithEdge));
    ordering->buckets = g_ptr_array_new_with_free_func(free_bucket);
    ordering->node_of = g_hash_table_new(NULL, NULL);
}

static void
ordering_finish(KithOrdering *ordering)
{
    g_array_unref(ordering->nodes);
    g_array_unref(ordering->edges);
    g_ptr_array_unref(ordering->buckets);
    g_hash_table_unref(ordering->node_of);
}

static void
add_handovers(KithOrdering *ordering, const GArray *handovers)
{
    for (guint i = 0; i < handovers->len; i++) {
        const KithRowEdge *edge = &g_array_index(handovers, KithRowEdge, i);
        unsigned before = find_node(ordering, edge->before);
        unsigned after = find_node(ordering, edge->after);
        if (before != KITH_NO_INDEX && after != KITH_NO_INDEX)
            kith_ordering_add_edge(ordering, before, after, edge->reason);
    }
}

static void
set_initial_free(KithOrdering *ordering)
{
    for (guint i = 0; i < ordering->nodes->len; i++) {
        const KithNode *node = kith_node_at(ordering, i);
        ((Bucket *) g_ptr_array_index(ordering->buckets, node->bucket))->n_waiting++;
        if (node->n_waits == 0)
            set_free(ordering, i);
    }
}

/* The steps of the plan that two nodes ended up in, for those who read it. */
static void
remember_edges(const KithOrdering *ordering, unsigned first_place)
{
    KithPlan *plan = ordering->plan;
    g_autofree unsigned *step_of = g_new0(unsigned, plan->changes->len);
    for (guint s = 0; s < plan->steps->len; s++) {
        const KithStep *step = &g_array_index(plan->steps, KithStep, s);
        for (unsigned i = 0; step->first >= first_place && i < step->n_changes; i++)
            step_of[g_array_index(plan->order, unsigned, step->first + i)] = s;
    }
    for (guint e = 0; e < ordering->edges->len; e++) {
        const KithEdge *edge = kith_edge_at(ordering, e);
        KithPlanEdge made = { .before =
                                  step_of[kith_node_at(ordering, edge->before)->change],
                              .after =
                                  step_of[kith_node_at(ordering, edge->after)->change],
                              .reason = edge->reason };
        if (!edge->is_gone)
            kith_plan_add_edge(plan, made);
    }
}

bool
kith_order_rows(KithPlan *plan,
                const unsigned *members,
                unsigned n_members,
                const GArray *handovers,
                GError **error)
{
    KithOrdering ordering;
    unsigned first_place = plan->order->len;
    ordering_init(&ordering, plan);
    for (unsigned i = 0; i < n_members; i++)
        kith_ordering_add(&ordering, members[i]);
    bool done = find_references(&ordering, error);
    if (done) {
        add_handovers(&ordering, handovers);
        done = kith_break_circles(&ordering, error);
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

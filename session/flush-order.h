/*
 * flush-order.h - the rows that flush-rows.c orders, while they wait for each other: a
 * graph, whose nodes are changes. Shared with flush-circles.c, which makes it one without
 * circles.
 */
#ifndef KITH_SESSION_FLUSH_ORDER_PRIVATE_H
#define KITH_SESSION_FLUSH_ORDER_PRIVATE_H

#include "flush-rows.h"

/* One node has to be written before another; the edges that leave a node are a list. */
typedef struct KithEdge {
    unsigned before;
    unsigned after;
    KithReason reason;
    unsigned next; /* of the edges that leave 'before' */
    bool is_gone;
} KithEdge;

/* A change, while it waits. */
typedef struct KithNode {
    unsigned change;
    unsigned bucket;
    unsigned n_waits; /* edges that lead here from what is not written */
    unsigned edges;   /* the first edge that leaves */
    unsigned
        early; /* the node of the update that makes room before it, if there is one */
    unsigned later; /* the node of the update that writes what it left out */
    bool is_written;
} KithNode;

typedef struct KithOrdering {
    KithPlan *plan;
    GArray *nodes;       /* of KithNode */
    GArray *edges;       /* of KithEdge */
    GPtrArray *buckets;  /* of what can be one step; known to flush-rows.c alone */
    GHashTable *node_of; /* from a change (+1) to its node */
    unsigned n_left;
    bool has_moved; /* rows have to leave others that get another key */
} KithOrdering;

static inline KithNode *
kith_node_at(const KithOrdering *ordering, unsigned index)
{
    return &g_array_index(ordering->nodes, KithNode, index);
}

static inline KithEdge *
kith_edge_at(const KithOrdering *ordering, unsigned index)
{
    return &g_array_index(ordering->edges, KithEdge, index);
}

static inline KithChange *
kith_plan_change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

static inline KithChange *
kith_node_change(const KithOrdering *ordering, unsigned node)
{
    return kith_plan_change_at(ordering->plan, kith_node_at(ordering, node)->change);
}

/* The number of the change of a node; KITH_NO_INDEX for none. */
static inline unsigned
kith_node_number(const KithOrdering *ordering, unsigned node)
{
    return node != KITH_NO_INDEX ? kith_node_at(ordering, node)->change : KITH_NO_INDEX;
}

/* Add a node for a change. */
unsigned kith_ordering_add(KithOrdering *ordering, unsigned change);

/*
 * The node of an update that was made for another row's sake. It is @known if that one
 * does more now: other columns, and so another bucket.
 */
unsigned kith_ordering_add_update(KithOrdering *ordering,
                                  unsigned known,
                                  unsigned change);

void kith_ordering_add_edge(KithOrdering *ordering,
                            unsigned before,
                            unsigned after,
                            KithReason reason);
void kith_ordering_remove_edge(KithOrdering *ordering, unsigned index);

/*
 * Break every circle by one more update. Error: FOREIGN_KEY or UNIQUE, naming one that
 * cannot be broken.
 */
bool kith_break_circles(KithOrdering *ordering, GError **error);

#endif

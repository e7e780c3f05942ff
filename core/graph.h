/*
 * graph.h - strongly connected components: what is in a circle, and an order of all the
 * rest.
 */
#ifndef KITH_CORE_GRAPH_PRIVATE_H
#define KITH_CORE_GRAPH_PRIVATE_H

/* @from needs @to: what is needed comes first. */
typedef struct KithArc {
    unsigned from;
    unsigned to;
} KithArc;

/*
 * Number the components of a graph: nodes that need each other, directly or through
 * others, share a number; else a node has a higher number than what it needs. Equal
 * graphs get equal numbers.
 * @ret_component: for each node, to be filled. Returns how many components there are.
 *
 * R. Tarjan, "Depth-first search and linear graph algorithms", 1972; with a stack of its
 * own in place of recursion, because a chain of rows can be as long as memory allows.
 */
unsigned kith_graph_components(unsigned n_nodes,
                               const KithArc *arcs,
                               unsigned n_arcs,
                               unsigned *ret_component);

#endif

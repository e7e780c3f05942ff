/*
 * graph.c - strongly connected components, without recursion. Knows nothing of tables or
 * rows.
 */
#include "graph.h"

#include <glib.h>
#include <stdbool.h>

/* The arcs of node i are heads[first[i]] up to heads[first[i + 1]]. */
typedef struct Adjacency {
    unsigned *first;
    unsigned *heads;
} Adjacency;

typedef struct Visit {
    unsigned *number; /* when a node was first met, from 1; 0: not yet */
    unsigned *lowest; /* the earliest node that can be reached from it */
    unsigned *next;   /* the arc to follow next */
    unsigned *open;   /* met, and not yet in a component */
    unsigned n_open;
    unsigned *path; /* from where the walk began to where it is */
    unsigned n_path;
    unsigned n_met;
    unsigned n_components;
    unsigned *component; /* UINT_MAX: none yet */
} Visit;

static Adjacency
make_adjacency(unsigned n_nodes, const KithArc *arcs, unsigned n_arcs)
{
    Adjacency adjacency = { .first = g_new0(unsigned, n_nodes + 2),
                            .heads = g_new(unsigned, n_arcs + 1) };
    for (unsigned i = 0; i < n_arcs; i++)
        adjacency.first[arcs[i].from + 2]++;
    for (unsigned i = 2; i < n_nodes + 2; i++)
        adjacency.first[i] += adjacency.first[i - 1];
    /* Filling moves first[i + 1] from the start of node i to its end: to where i + 1
     * starts. */
    for (unsigned i = 0; i < n_arcs; i++)
        adjacency.heads[adjacency.first[arcs[i].from + 1]++] = arcs[i].to;
    return adjacency;
}

static void
meet(Visit *visit, const Adjacency *adjacency, unsigned node)
{
    visit->number[node] = visit->lowest[node] = ++visit->n_met;
    visit->next[node] = adjacency->first[node];
    visit->open[visit->n_open++] = node;
    visit->path[visit->n_path++] = node;
}

/* All that was met since @node, and is still open, can reach it. */
static void
close_component(Visit *visit, unsigned node)
{
    unsigned taken;
    do {
        taken = visit->open[--visit->n_open];
        visit->component[taken] = visit->n_components;
    } while (taken != node);
    visit->n_components++;
}

static void
leave(Visit *visit, unsigned node)
{
    if (visit->lowest[node] == visit->number[node])
        close_component(visit, node);
    visit->n_path--;
    if (visit->n_path == 0)
        return;
    unsigned previous = visit->path[visit->n_path - 1];
    visit->lowest[previous] = MIN(visit->lowest[previous], visit->lowest[node]);
}

static void
walk_from(Visit *visit, const Adjacency *adjacency, unsigned start)
{
    meet(visit, adjacency, start);
    while (visit->n_path > 0) {
        unsigned node = visit->path[visit->n_path - 1];
        if (visit->next[node] == adjacency->first[node + 1]) {
            leave(visit, node);
            continue;
        }
        unsigned head = adjacency->heads[visit->next[node]++];
        if (visit->number[head] == 0)
            meet(visit, adjacency, head);
        else if (visit->component[head] == UINT_MAX)
            visit->lowest[node] = MIN(visit->lowest[node], visit->number[head]);
    }
}

unsigned
kith_graph_components(unsigned n_nodes,
                      const KithArc *arcs,
                      unsigned n_arcs,
                      unsigned *ret_component)
{
    Adjacency adjacency = make_adjacency(n_nodes, arcs, n_arcs);
    g_autofree unsigned *memory = g_new0(unsigned, 5 * (size_t) n_nodes + 5);
    Visit visit = { .number = memory,
                    .lowest = memory + n_nodes,
                    .next = memory + 2 * (size_t) n_nodes,
                    .open = memory + 3 * (size_t) n_nodes,
                    .path = memory + 4 * (size_t) n_nodes,
                    .component = ret_component };
    for (unsigned i = 0; i < n_nodes; i++)
        ret_component[i] = UINT_MAX;
    for (unsigned i = 0; i < n_nodes; i++) {
        if (visit.number[i] == 0)
            walk_from(&visit, &adjacency, i);
    }
    g_free(adjacency.first);
    g_free(adjacency.heads);
    return visit.n_components;
}

/*
 * order.c - the order of tables, as components of the graph that their foreign keys draw.
 */
#include "order.h"

#include "graph.h"

void
kith_order_mappers(KithRegistry *registry)
{
    g_autoptr(GArray) arcs = g_array_new(FALSE, FALSE, sizeof(KithArc));
    g_autofree unsigned *component = g_new(unsigned, registry->n_mappers + 1);
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            KithArc arc = { .from = m, .to = mapper->foreign_keys[i].target->index };
            g_array_append_val(arcs, arc);
        }
    }
    const KithArc *first = (const KithArc *) (void *) arcs->data;
    kith_graph_components(registry->n_mappers, first, arcs->len, component);
    for (unsigned m = 0; m < registry->n_mappers; m++)
        registry->mappers[m].rank = component[m];
    for (guint i = 0; i < arcs->len; i++) {
        if (component[first[i].from] == component[first[i].to])
            registry->mappers[first[i].from].in_cycle = true;
    }
}

/*
 * order.c - the order of tables, as components of the graph that their foreign keys draw.
 * A table is known by the number of the mapper that makes it.
 */
#include "order.h"

#include "graph.h"

void
kith_order_mappers(KithRegistry *registry)
{
    g_autoptr(GArray) arcs = g_array_new(FALSE, FALSE, sizeof(KithArc));
    g_autofree unsigned *component = g_new(unsigned, registry->n_mappers + 1);
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *part = registry->mappers[m].part;
        for (unsigned i = 0; i < part->n_foreign_keys; i++) {
            KithArc arc = { .from = part->storage->index,
                            .to = part->foreign_keys[i].table->storage->index };
            g_array_append_val(arcs, arc);
        }
    }
    const KithArc *first = (const KithArc *) (void *) arcs->data;
    kith_graph_components(registry->n_mappers, first, arcs->len, component);
    g_autofree bool *in_cycle = g_new0(bool, registry->n_mappers + 1);
    for (guint i = 0; i < arcs->len; i++) {
        if (component[first[i].from] == component[first[i].to])
            in_cycle[first[i].from] = true;
    }
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        unsigned table = registry->mappers[m].storage->index;
        KithMapper *part = (KithMapper *) (uintptr_t) registry->mappers[m].part;
        registry->mappers[m].rank = part->rank = component[table];
        registry->mappers[m].in_cycle = part->in_cycle = in_cycle[table];
    }
}

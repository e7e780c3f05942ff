/*
 * test-graph.c - components of graphs: circles are found, whole and alone, and all the
 * rest is put in an order that is the same each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>

#include <stdbool.h>

#include "graph.h"

enum {
    MANY = 200000
};

/* Nothing is in a circle, and each comes after what it needs. */
static void
assert_is_ordered(unsigned n_nodes, const KithArc *arcs, unsigned n_arcs)
{
    g_autofree unsigned *component = g_new(unsigned, n_nodes);
    assert_int_equal(kith_graph_components(n_nodes, arcs, n_arcs, component), n_nodes);
    for (unsigned i = 0; i < n_arcs; i++)
        assert_true(component[arcs[i].to] < component[arcs[i].from]);
}

static void
a_chain_is_ordered_whichever_way_it_was_given(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 0, 1 }, { 1, 2 }, { 4, 3 }, { 3, 2 } };
    assert_is_ordered(5, arcs, G_N_ELEMENTS(arcs));
}

static void
a_diamond_is_ordered(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 3, 1 }, { 3, 2 }, { 1, 0 }, { 2, 0 } };
    assert_is_ordered(4, arcs, G_N_ELEMENTS(arcs));
}

static void
nodes_without_edges_are_kept(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 1, 0 } };
    assert_is_ordered(5, arcs, G_N_ELEMENTS(arcs));
    assert_is_ordered(1, NULL, 0);
}

static void
many_pairs_that_have_nothing_to_do_with_each_other_are_ordered(void **state)
{
    (void) state;
    g_autofree KithArc *arcs = g_new(KithArc, 750);
    for (unsigned i = 0; i < 750; i++)
        arcs[i] = (KithArc){ 2 * i, 2 * i + 1 };
    assert_is_ordered(2 * 750, arcs, 750);
}

static void
a_chain_as_long_as_memory_allows_is_ordered(void **state)
{
    (void) state;
    g_autofree KithArc *arcs = g_new(KithArc, MANY);
    for (unsigned i = 0; i + 1 < MANY; i++)
        arcs[i] = (KithArc){ i, i + 1 };
    assert_is_ordered(MANY, arcs, MANY - 1);
}

static void
equal_graphs_get_equal_numbers(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 5, 2 }, { 5, 0 }, { 4, 0 }, { 4, 1 }, { 2, 3 }, { 3, 1 } };
    unsigned one[6], other[6];
    assert_int_equal(kith_graph_components(6, arcs, G_N_ELEMENTS(arcs), one), 6);
    assert_int_equal(kith_graph_components(6, arcs, G_N_ELEMENTS(arcs), other), 6);
    assert_memory_equal(one, other, sizeof one);
}

static void
what_is_in_a_circle_shares_a_number_and_nothing_else_does(void **state)
{
    (void) state;
    /* 1, 2 and 3 are a circle; 0 needs it, and it needs 4. */
    const KithArc arcs[] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 1 }, { 2, 4 } };
    unsigned component[5];
    assert_int_equal(kith_graph_components(5, arcs, G_N_ELEMENTS(arcs), component), 3);
    assert_int_equal(component[1], component[2]);
    assert_int_equal(component[2], component[3]);
    assert_true(component[4] < component[1]);
    assert_true(component[1] < component[0]);
}

static void
several_circles_are_told_apart_and_overlapping_ones_are_one(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 0, 1 }, { 1, 0 }, { 2, 3 }, { 3, 2 }, { 3, 4 }, { 4, 3 } };
    unsigned component[5];
    assert_int_equal(kith_graph_components(5, arcs, G_N_ELEMENTS(arcs), component), 2);
    assert_int_equal(component[0], component[1]);
    assert_int_equal(component[2], component[3]);
    assert_int_equal(component[3], component[4]);
    assert_int_not_equal(component[0], component[2]);
}

static void
a_node_that_needs_itself_is_alone(void **state)
{
    (void) state;
    const KithArc arcs[] = { { 0, 0 }, { 1, 0 } };
    unsigned component[2];
    assert_int_equal(kith_graph_components(2, arcs, G_N_ELEMENTS(arcs), component), 2);
    assert_true(component[0] < component[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_ordered_whichever_way_it_was_given),
        cmocka_unit_test(a_diamond_is_ordered),
        cmocka_unit_test(nodes_without_edges_are_kept),
        cmocka_unit_test(many_pairs_that_have_nothing_to_do_with_each_other_are_ordered),
        cmocka_unit_test(a_chain_as_long_as_memory_allows_is_ordered),
        cmocka_unit_test(equal_graphs_get_equal_numbers),
        cmocka_unit_test(what_is_in_a_circle_shares_a_number_and_nothing_else_does),
        cmocka_unit_test(several_circles_are_told_apart_and_overlapping_ones_are_one),
        cmocka_unit_test(a_node_that_needs_itself_is_alone),
    };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}

/*
 * own-schema.h - for tests with structs of their own: a fixture whose engine has their
 * mappings, and those of the library too.
 *
 *     static int
 *     set_up(void **state)
 *     {
 *         return set_up_with(state, KITH_MAPPINGS(Slot, Badge));
 *     }
 */
#ifndef KITH_TESTS_OWN_SCHEMA_H
#define KITH_TESTS_OWN_SCHEMA_H

#include "fixture.h"

static inline void
add_mappings(GPtrArray *all, const KithMapping *const *mappings)
{
    for (size_t i = 0; mappings[i] != NULL; i++)
        g_ptr_array_add(all, (void *) (uintptr_t) mappings[i]);
}

static inline int
set_up_with(void **state, const KithMapping *const *own)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    add_mappings(all, library_mappings);
    add_mappings(all, own);
    g_ptr_array_add(all, NULL);
    (void) fixture_set_up(state);
    Fixture *fixture = *state;
    KithOptions options = { .mappings = (const KithMapping *const *) all->pdata };
    fixture->engine = open_engine(fixture, &options);
    assert_done(kith_schema_create(fixture->engine, &error), error);
    new_session(fixture);
    forget_statements(fixture);
    return 0;
}

#define ON_A_SCHEMA(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)

#endif

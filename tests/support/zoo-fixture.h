/*
 * zoo-fixture.h - a fixture whose engine and session know the zoo.
 */
#ifndef KITH_TESTS_ZOO_FIXTURE_H
#define KITH_TESTS_ZOO_FIXTURE_H

#include "fixture.h"
#include "zoo.h"

static inline int
zoo_set_up(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_session_free(fixture->session);
    fixture->engine = open_engine(fixture, &(KithOptions){ .mappings = zoo_mappings });
    assert_done(kith_schema_create(fixture->engine, &error), error);
    fixture->session = kith_session_new(fixture->engine);
    forget_statements(fixture);
    return 0;
}

#define IN_A_ZOO(test) \
    cmocka_unit_test_setup_teardown(test, zoo_set_up, fixture_tear_down)

#endif

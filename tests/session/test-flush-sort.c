/*
 * test-flush-sort.c - the order of changes, alone: many of them, with keys of every kind,
 * are in the order that comparing any two of them gives.
 */
#include "entity.h"
#include "flush-sort.h"
#include "kith.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Large {
    int64_t id;
    int32_t a;
    int32_t b;
} Large;
KITH_DECLARE(Large);
KITH_MAPPING(
    Large, "large", KITH_KEY(Large, id), KITH_COLUMN(Large, a), KITH_COLUMN(Large, b));

typedef struct Small {
    int32_t id;
} Small;
KITH_DECLARE(Small);
KITH_MAPPING(Small, "small", KITH_KEY(Small, id));

typedef struct Named {
    const char *name;
} Named;
KITH_DECLARE(Named);
KITH_MAPPING(Named, "named", KITH_KEY(Named, name));

#define N_CHANGES 3000

typedef union AnyRow {
    Large large;
    Small small;
    Named named;
} AnyRow;

typedef struct Changes {
    KithRegistry *registry;
    KithPlan plan;
    AnyRow rows[N_CHANGES];
    uint64_t bits[N_CHANGES];
    char names[N_CHANGES][16];
} Changes;

/* Near zero, far from it, on both sides, and some of them twice. */
static int64_t
random_key(GRand *random)
{
    int64_t key = g_rand_int_range(random, -200, 200);
    unsigned shift = (unsigned) g_rand_int_range(random, 0, 6) * 10;
    return key * (INT64_C(1) << MIN(shift, 54));
}

static void
fill_row(Changes *changes, unsigned i, unsigned mapper, GRand *random)
{
    AnyRow *row = &changes->rows[i];
    if (mapper == 0) {
        row->large.id = random_key(random);
    } else if (mapper == 1) {
        row->small.id = (int32_t) random_key(random);
    } else {
        g_snprintf(changes->names[i], 16, "%d", (int) g_rand_int_range(random, 0, 1000));
        row->named.name = changes->names[i];
    }
}

/* @n_mappers: without the one whose keys are texts, or with it. */
static Changes *
make_changes(unsigned n_changes, unsigned n_mappers, uint32_t seed)
{
    const KithMapping *const mappings[] = {
        &kith_mapping_Large, &kith_mapping_Small, &kith_mapping_Named, NULL
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    Changes *changes = g_new0(Changes, 1);
    changes->registry = kith_registry_new(mappings, NULL);
    changes->plan.changes = g_array_new(FALSE, FALSE, sizeof(KithChange));
    for (unsigned i = 0; i < n_changes; i++) {
        unsigned mapper = (unsigned) g_rand_int_range(random, 0, (gint32) n_mappers);
        KithOperation operation = (KithOperation) g_rand_int_range(random, 0, 3);
        fill_row(changes, i, mapper, random);
        changes->bits[i] = (uint64_t) g_rand_int_range(random, 1, 4);
        KithChange change = { .operation = operation,
                              .mapper = &changes->registry->mappers[mapper],
                              .row = &changes->rows[i],
                              .before = &changes->rows[i],
                              .bits = operation == KITH_OPERATION_DELETE
                                          ? NULL
                                          : &changes->bits[i],
                              .sequence = g_rand_int(random) % 1000 };
        g_array_append_val(changes->plan.changes, change);
    }
    return changes;
}

static void
free_changes(Changes *changes)
{
    g_array_unref(changes->plan.changes);
    kith_registry_free(changes->registry);
    g_free(changes);
}

/* By what the header says, one thing after the other. */
static int
compare_plainly(const Changes *changes, unsigned i, unsigned j)
{
    const KithChange *a = &g_array_index(changes->plan.changes, KithChange, i);
    const KithChange *b = &g_array_index(changes->plan.changes, KithChange, j);
    if (a->operation != b->operation)
        return a->operation < b->operation ? -1 : 1;
    int order = a->mapper->rank != b->mapper->rank
                    ? (a->mapper->rank < b->mapper->rank ? -1 : 1)
                    : (a->mapper->index > b->mapper->index)
                          - (a->mapper->index < b->mapper->index);
    if (order != 0)
        return a->operation == KITH_OPERATION_DELETE ? -order : order;
    if (a->operation == KITH_OPERATION_UPDATE)
        order = kith_compare_bits(a, b);
    if (order == 0)
        order = kith_compare_changes(a, b);
    return order != 0 ? order : (i > j) - (i < j);
}

static void
check_order(unsigned n_changes, unsigned n_mappers, uint32_t seed)
{
    Changes *changes = make_changes(n_changes, n_mappers, seed);
    g_autofree unsigned *sorted = g_new(unsigned, n_changes + 1);
    kith_plan_sort(&changes->plan, sorted);
    for (unsigned i = 1; i < n_changes; i++)
        assert_true(compare_plainly(changes, sorted[i - 1], sorted[i]) < 0);
    free_changes(changes);
}

static void
changes_are_sorted_like_by_comparing_them(void **state)
{
    static const unsigned counts[] = { 0, 1, 2, 63, 64, 65, 500, N_CHANGES };
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        for (uint32_t seed = 1; seed <= 5; seed++) {
            check_order(counts[i], 1, seed); /* keys of 64 bits */
            check_order(counts[i], 2, seed); /* …and of 32 */
            check_order(counts[i], 3, seed); /* …and texts, which are compared */
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_sorted_like_by_comparing_them),
    };
    return cmocka_run_group_tests_name("the order of changes", tests, NULL, NULL);
}

/*
 * test-identity-map.c - the map from keys to objects, alone: no session, no database.
 * Random work is compared with a GHashTable that does the same. KITH_TEST_SEED repeats a
 * run that failed.
 */
#include "identity-map.h"
#include "kith.h"
#include "registry.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- a mapping for each kind of key ------------------------------------------------ */

typedef struct Large {
    int64_t id;
} Large;
KITH_DECLARE(Large);
KITH_MAPPING(Large, "large", KITH_KEY(Large, id));

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

typedef struct Unique {
    KithUuid id;
} Unique;
KITH_DECLARE(Unique);
KITH_MAPPING(Unique, "unique", KITH_KEY(Unique, id));

typedef struct Place {
    const char *house;
    int32_t row;
    int64_t number;
    const char *note;
} Place;
KITH_DECLARE(Place);
KITH_MAPPING(Place,
             "places",
             KITH_KEY(Place, house),
             KITH_COLUMN(Place, note, .nullable = true),
             KITH_KEY(Place, row),
             KITH_KEY(Place, number));

/* A key made from a number; text is written into @text. Different numbers are different
 * keys. */
typedef void (*MakeKey)(void *row, uint32_t number, char text[32]);

/* Small ones, negative ones, and ones whose low half is zero. */
static int64_t
spread(uint32_t number)
{
    int64_t key = (int64_t) (number / 3) + 1;
    return number % 3 == 0 ? key : number % 3 == 1 ? -key : key * (INT64_C(1) << 32);
}

static void
make_large(void *row, uint32_t number, char text[32])
{
    (void) text;
    *(Large *) row = (Large){ .id = spread(number) };
}

static void
make_small(void *row, uint32_t number, char text[32])
{
    (void) text;
    int32_t half = (int32_t) (number / 2);
    *(Small *) row = (Small){ .id = number % 2 == 0 ? half : INT32_MIN + half };
}

static void
make_named(void *row, uint32_t number, char text[32])
{
    g_snprintf(text, 32, "%s%u", number % 2 == 0 ? "" : "é ", number);
    *(Named *) row = (Named){ .name = number == 0 ? "" : text };
}

static void
make_unique(void *row, uint32_t number, char text[32])
{
    (void) text;
    Unique unique = { .id = { { 0 } } };
    memcpy(&unique.id.bytes[number % 2 == 0 ? 0 : 12], &number, sizeof number);
    *(Unique *) row = unique;
}

/* Neighbours share two of the three parts. */
static void
make_place(void *row, uint32_t number, char text[32])
{
    g_snprintf(text, 32, "house %u", number % 5);
    *(Place *) row = (Place){ .house = text,
                              .row = (int32_t) (number / 5 % 5),
                              .number = number / 25 };
}

typedef struct KindOfKey {
    const KithMapping *mapping;
    MakeKey make;
} KindOfKey;

static KindOfKey large_keys = { &kith_mapping_Large, make_large };
static KindOfKey small_keys = { &kith_mapping_Small, make_small };
static KindOfKey named_keys = { &kith_mapping_Named, make_named };
static KindOfKey unique_keys = { &kith_mapping_Unique, make_unique };
static KindOfKey place_keys = { &kith_mapping_Place, make_place };

/* --- the fixture ------------------------------------------------------------------- */

#define N_KEYS 300

typedef struct MapFixture {
    const KindOfKey *kind;
    KithRegistry *registry;
    KithSession session;          /* its memory for trackings, and nothing else */
    KithEntitySet set;            /* what an entity asks for its mapper */
    KithIdentityMap *map;         /* of the set */
    KithEntity *entities[N_KEYS]; /* by number; all made, some of them in the map */
} MapFixture;

static KithEntity *
new_entity(MapFixture *fixture, uint32_t number)
{
    union {
        Place place;
        Unique unique;
    } row = { .place = { .house = NULL } };
    char text[32];
    fixture->kind->make(&row, number, text);
    return kith_entity_new(&fixture->set, &row, NULL);
}

static int
set_up(void **state)
{
    MapFixture *fixture = g_new0(MapFixture, 1);
    fixture->kind = *state;
    const KithMapping *const mappings[] = { fixture->kind->mapping, NULL };
    fixture->registry = kith_registry_new(mappings, NULL);
    assert_non_null(fixture->registry);
    kith_slab_init(&fixture->session.trackings, sizeof(KithTracking));
    fixture->set.session = &fixture->session;
    fixture->set.mapper = &fixture->registry->mappers[0];
    kith_slab_init(&fixture->set.images, (fixture->set.mapper->size + 7) / 8 * 8);
    fixture->map = &fixture->set.map;
    fixture->set.lengths = g_new0(size_t, fixture->set.mapper->n_columns);
    kith_identity_map_init(fixture->map, fixture->set.mapper);
    for (uint32_t i = 0; i < N_KEYS; i++)
        fixture->entities[i] = new_entity(fixture, i);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    MapFixture *fixture = *state;
    for (uint32_t i = 0; i < N_KEYS; i++)
        kith_entity_free(fixture->entities[i]);
    kith_identity_map_finish(fixture->map);
    kith_registry_free(fixture->registry);
    kith_slab_finish(&fixture->set.images);
    kith_slab_finish(&fixture->session.trackings);
    g_free(fixture->set.lengths);
    g_free(fixture);
    return 0;
}

/* Look a key up by another struct than the one that is in the map. */
static KithEntity *
find_number(const MapFixture *fixture, uint32_t number)
{
    union {
        Place place;
        Unique unique;
    } row = { .place = { .house = NULL } };
    char text[32];
    fixture->kind->make(&row, number, text);
    return kith_identity_map_find(fixture->map, &row);
}

/* --- tests ------------------------------------------------------------------------- */

static void
an_empty_map_finds_nothing(void **state)
{
    MapFixture *fixture = *state;
    assert_null(find_number(fixture, 0));
    assert_null(find_number(fixture, 1));
}

static void
what_was_added_is_found_by_an_equal_key(void **state)
{
    MapFixture *fixture = *state;
    for (uint32_t i = 0; i < N_KEYS; i++) {
        kith_identity_map_add(fixture->map, fixture->entities[i]);
        assert_true(fixture->entities[i]->is_in_map);
        assert_ptr_equal(find_number(fixture, i), fixture->entities[i]);
        assert_null(find_number(fixture, i + 1));
    }
    assert_int_equal(fixture->map->n_entities, N_KEYS);
    for (uint32_t i = 0; i < N_KEYS; i++)
        assert_ptr_equal(find_number(fixture, i), fixture->entities[i]);
}

static void
what_was_removed_is_found_no_more(void **state)
{
    MapFixture *fixture = *state;
    for (uint32_t i = 0; i < N_KEYS; i++)
        kith_identity_map_add(fixture->map, fixture->entities[i]);
    for (uint32_t i = 0; i < N_KEYS; i++) {
        kith_identity_map_remove(fixture->map, fixture->entities[i]);
        assert_false(fixture->entities[i]->is_in_map);
        assert_null(find_number(fixture, i));
        if (i + 1 < N_KEYS)
            assert_ptr_equal(find_number(fixture, N_KEYS - 1),
                             fixture->entities[N_KEYS - 1]);
    }
    assert_int_equal(fixture->map->n_entities, 0);
}

static void
a_cleared_map_is_empty_and_can_be_used_again(void **state)
{
    MapFixture *fixture = *state;
    kith_identity_map_add(fixture->map, fixture->entities[1]);
    kith_identity_map_clear(fixture->map);
    assert_null(find_number(fixture, 1));
    kith_identity_map_add(fixture->map, fixture->entities[2]);
    assert_null(find_number(fixture, 1));
    assert_ptr_equal(find_number(fixture, 2), fixture->entities[2]);
}

/* The first slot that is taken; of a map of one object, its home. */
static size_t
first_slot(const KithIdentityMap *map)
{
    size_t at = 0;
    while (map->slots[at].entity == NULL)
        at++;
    return at;
}

/* Numbers whose keys all want the last slot of a small map, so that they run over its
 * end. */
static void
find_colliding(MapFixture *fixture, uint32_t *numbers, unsigned n_wanted)
{
    unsigned n_found = 0;
    for (uint32_t i = 0; i < N_KEYS && n_found < n_wanted; i++) {
        kith_identity_map_add(fixture->map, fixture->entities[i]);
        if (first_slot(fixture->map) == fixture->map->n_slots - 1)
            numbers[n_found++] = i;
        kith_identity_map_remove(fixture->map, fixture->entities[i]);
    }
    assert_int_equal(n_found, n_wanted);
}

/* Remove the members of @order one after the other; what is left has to be found. */
static void
remove_in_order(MapFixture *fixture,
                const uint32_t *numbers,
                const unsigned *order,
                unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        kith_identity_map_add(fixture->map, fixture->entities[numbers[i]]);
    for (unsigned i = 0; i < n; i++) {
        kith_identity_map_remove(fixture->map, fixture->entities[numbers[order[i]]]);
        for (unsigned j = 0; j < n; j++) {
            KithEntity *found = find_number(fixture, numbers[order[j]]);
            assert_ptr_equal(found, j > i ? fixture->entities[numbers[order[j]]] : NULL);
        }
    }
}

/* Call remove_in_order() with every order of @n numbers: Heap's algorithm. */
static void
try_orders(
    MapFixture *fixture, const uint32_t *numbers, unsigned *order, unsigned k, unsigned n)
{
    if (k == 1) {
        remove_in_order(fixture, numbers, order, n);
        return;
    }
    for (unsigned i = 0; i < k; i++) {
        try_orders(fixture, numbers, order, k - 1, n);
        unsigned other = k % 2 == 0 ? i : 0;
        unsigned kept = order[other];
        order[other] = order[k - 1];
        order[k - 1] = kept;
    }
}

static void
removal_closes_gaps_among_keys_that_collide_at_the_end(void **state)
{
    MapFixture *fixture = *state;
    uint32_t numbers[5];
    unsigned order[] = { 0, 1, 2, 3, 4 };
    find_colliding(fixture, numbers, G_N_ELEMENTS(numbers));
    try_orders(fixture, numbers, order, G_N_ELEMENTS(order), G_N_ELEMENTS(order));
}

static uint32_t
choose_seed(void)
{
    const char *given = g_getenv("KITH_TEST_SEED");
    uint32_t seed = given != NULL ? (uint32_t) strtoul(given, NULL, 10) : g_random_int();
    print_message("# KITH_TEST_SEED=%u\n", seed);
    return seed;
}

static void
random_work_does_what_a_hash_table_does(void **state)
{
    MapFixture *fixture = *state;
    g_autoptr(GRand) random = g_rand_new_with_seed(choose_seed());
    g_autoptr(GHashTable) model = g_hash_table_new(NULL, NULL);
    for (unsigned i = 0; i < 20000; i++) {
        /* The map grows and shrinks in turn, so that gaps are closed when it is full and
         * empty. */
        bool is_growing = i / 1000 % 2 == 0;
        uint32_t number = (uint32_t) g_rand_int_range(random, 0, N_KEYS);
        KithEntity *entity = fixture->entities[number];
        bool is_there = g_hash_table_contains(model, entity);
        assert_ptr_equal(find_number(fixture, number), is_there ? entity : NULL);
        bool adds = g_rand_int_range(random, 0, 10) < (is_growing ? 7 : 3);
        if (adds && !is_there) {
            kith_identity_map_add(fixture->map, entity);
            g_hash_table_add(model, entity);
        } else if (!adds && is_there) {
            kith_identity_map_remove(fixture->map, entity);
            g_hash_table_remove(model, entity);
        }
        assert_int_equal(fixture->map->n_entities, g_hash_table_size(model));
    }
    for (uint32_t i = 0; i < N_KEYS; i++) {
        KithEntity *entity = fixture->entities[i];
        bool is_there = g_hash_table_contains(model, entity);
        assert_ptr_equal(find_number(fixture, i), is_there ? entity : NULL);
    }
}

static void
a_key_is_the_members_of_the_key_and_nothing_else(void **state)
{
    MapFixture *fixture = *state;
    Place stored = { .house = "opera", .row = 3, .number = 14, .note = "by the aisle" };
    Place key = { .house = "opera", .row = 3, .number = 14 };
    KithEntity *entity = kith_entity_new(&fixture->set, &stored, NULL);
    kith_identity_map_add(fixture->map, entity);
    assert_ptr_equal(kith_identity_map_find(fixture->map, &key), entity);
    key.number = 15;
    assert_null(kith_identity_map_find(fixture->map, &key));
    kith_entity_free(entity);
}

static void
parts_of_a_key_do_not_run_into_each_other(void **state)
{
    MapFixture *fixture = *state;
    Place one = { .house = "a", .row = 1, .number = 23 };
    Place two = { .house = "a1", .row = 2, .number = 3 };
    KithEntity *entity = kith_entity_new(&fixture->set, &one, NULL);
    kith_identity_map_add(fixture->map, entity);
    assert_null(kith_identity_map_find(fixture->map, &two));
    kith_entity_free(entity);
}

static void
an_edited_key_does_not_move_the_object(void **state)
{
    MapFixture *fixture = *state;
    KithEntity *entity = fixture->entities[7];
    kith_identity_map_add(fixture->map, entity);
    kith_entity_take_baseline(entity);
    *(Large *) kith_entity_struct(entity) = (Large){ .id = 1000000 };
    assert_ptr_equal(find_number(fixture, 7), entity);
    assert_null(kith_identity_map_find(fixture->map, &(Large){ .id = 1000000 }));
    kith_identity_map_remove(fixture->map, entity);
    assert_null(find_number(fixture, 7));
}

#define ON(keys, test)                          \
    {                                           \
#test, test, set_up, tear_down, &(keys) \
    }
#define ON_EVERY_KEY(keys)                                                \
    ON(keys, an_empty_map_finds_nothing),                                 \
        ON(keys, what_was_added_is_found_by_an_equal_key),                \
        ON(keys, what_was_removed_is_found_no_more),                      \
        ON(keys, a_cleared_map_is_empty_and_can_be_used_again),           \
        ON(keys, removal_closes_gaps_among_keys_that_collide_at_the_end), \
        ON(keys, random_work_does_what_a_hash_table_does)

int
main(void)
{
    const struct CMUnitTest large[] = {
        ON_EVERY_KEY(large_keys), ON(large_keys, an_edited_key_does_not_move_the_object)
    };
    const struct CMUnitTest small[] = { ON_EVERY_KEY(small_keys) };
    const struct CMUnitTest named[] = { ON_EVERY_KEY(named_keys) };
    const struct CMUnitTest unique[] = { ON_EVERY_KEY(unique_keys) };
    const struct CMUnitTest places[] = {
        ON_EVERY_KEY(place_keys),
        ON(place_keys, a_key_is_the_members_of_the_key_and_nothing_else),
        ON(place_keys, parts_of_a_key_do_not_run_into_each_other)
    };
    return cmocka_run_group_tests_name("identity map of int64_t", large, NULL, NULL)
           + cmocka_run_group_tests_name("identity map of int32_t", small, NULL, NULL)
           + cmocka_run_group_tests_name("identity map of text", named, NULL, NULL)
           + cmocka_run_group_tests_name("identity map of UUIDs", unique, NULL, NULL)
           + cmocka_run_group_tests_name(
               "identity map of composite keys", places, NULL, NULL);
}

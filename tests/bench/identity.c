/*
 * identity.c - the identity map of a session beside a GHashTable: the one part of the
 * library that is measured by itself. Keys in a row, as a table has them, and keys that
 * are random, as other systems make them.
 */
#include "identity-map.h"
#include "model.h"
#include "registry.h"
#include "session.h"
#include "workloads.h"

typedef struct Objects {
    KithRegistry *registry;
    KithEntitySet set;
    KithEntity **entities;
    size_t count;
} Objects;

static int64_t
key_of(const BenchRun *run, size_t i)
{
    bool is_random = run->data != NULL;
    uint64_t key = (uint64_t) i + 1;
    return is_random ? (int64_t) (key * UINT64_C(0xD1342543DE82EF95) >> 1)
                     : (int64_t) key;
}

static Objects
make_objects(const BenchRun *run)
{
    const KithMapping *const mappings[] = { &kith_mapping_Box, NULL };
    Objects objects = { .registry = kith_registry_new(mappings, NULL), .count = run->n };
    objects.set.mapper = &objects.registry->mappers[0];
    objects.set.lengths = g_new0(size_t, objects.set.mapper->n_columns);
    objects.entities = g_new(KithEntity *, run->n);
    return objects;
}

/* Of this address on: the objects are asked for the set that they are of. */
static void
fill_objects(const BenchRun *run, Objects *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        const Box box = { .id = key_of(run, i), .name = "box" };
        objects->entities[i] = kith_entity_new(&objects->set, &box, NULL);
    }
}

static void
free_objects(Objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        kith_entity_free(objects->entities[i]);
    g_free(objects->entities);
    g_free(objects->set.lengths);
    kith_registry_free(objects->registry);
}

/* Each key is looked for and not found, filed, and found. */
static void
use_identity_map(BenchRun *run)
{
    Objects objects = make_objects(run);
    fill_objects(run, &objects);
    KithIdentityMap map;
    kith_identity_map_init(&map, objects.set.mapper);
    size_t n_found = 0;
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        const void *row = kith_entity_struct(objects.entities[i]);
        KithMapPlace place;
        if (kith_identity_map_find_place(&map, row, &place) == NULL)
            kith_identity_map_put(&map, objects.entities[i], place);
    }
    for (size_t i = 0; i < run->n; i++) {
        const Box box = { .id = key_of(run, i) };
        n_found += kith_identity_map_find(&map, &box) == objects.entities[i] ? 1 : 0;
    }
    bench_stop(run);
    bench_expect(n_found == run->n);
    kith_identity_map_finish(&map);
    free_objects(&objects);
}

static void
use_hash_table(BenchRun *run)
{
    Objects objects = make_objects(run);
    fill_objects(run, &objects);
    g_autoptr(GHashTable) map = g_hash_table_new(g_int64_hash, g_int64_equal);
    size_t n_found = 0;
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        Box *box = kith_entity_struct(objects.entities[i]);
        if (g_hash_table_lookup(map, &box->id) == NULL)
            g_hash_table_insert(map, &box->id, objects.entities[i]);
    }
    for (size_t i = 0; i < run->n; i++) {
        int64_t key = key_of(run, i);
        n_found += g_hash_table_lookup(map, &key) == objects.entities[i] ? 1 : 0;
    }
    bench_stop(run);
    bench_expect(n_found == run->n);
    free_objects(&objects);
}

void
add_identity(Bench *bench)
{
    static const bool is_random = true;
    size_t n = bench_size(bench, 100000, 100);
    bench_add(bench,
              (BenchMeasure){
                  .group = "Identity map",
                  .name = "miss, file and find, keys in a row",
                  .unit = "ns",
                  .n = n,
                  .variants = {
                      { .name = "GHashTable", .function = use_hash_table },
                      { .name = "the identity map", .function = use_identity_map } } });
    bench_add(bench,
              (BenchMeasure){ .group = "Identity map",
                              .name = "miss, file and find, random keys",
                              .unit = "ns",
                              .n = n,
                              .variants = { { .name = "GHashTable",
                                              .function = use_hash_table,
                                              .data = &is_random },
                                            { .name = "the identity map",
                                              .function = use_identity_map,
                                              .data = &is_random } } });
}

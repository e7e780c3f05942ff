/*
 * identity-map.c - see the header. An object is filed under the key of kith_entity_row():
 * what the program edits in the key of an object does not move it before the flush does.
 */
#include "identity-map.h"

#include <string.h>

#define FIRST_SLOTS 16
#define FIRST_SHIFT (64 - 1) /* of two times eight */

/* Odd, so that multiplying by it loses nothing; from the golden ratio, so that it
 * spreads. */
#define SCRAMBLE UINT64_C(0x9E3779B97F4A7C15)

/* The hash of a key of one integer loses nothing, so equal hashes are equal keys. */
static bool
is_exact(const KithIdentityMap *map)
{
    return map->integer != KITH_KIND_NONE;
}

static uint64_t
hash_of_integer(int64_t key)
{
    return (uint64_t) key;
}

static uint64_t
hash_of_row(const KithIdentityMap *map, const void *row)
{
    const KithMapper *mapper = map->mapper;
    const void *key = (const char *) row + map->offset;
    uint64_t hash = KITH_HASH_SEED;
    if (map->integer == KITH_KIND_INT64)
        hash = hash_of_integer(*(const int64_t *) key);
    else if (map->integer == KITH_KIND_INT32)
        hash = hash_of_integer(*(const int32_t *) key);
    for (unsigned i = 0; !is_exact(map) && i < mapper->n_keys; i++)
        hash = kith_column_hash(hash, &mapper->columns[mapper->keys[i]], row);
    return hash;
}

/*
 * Eight keys in a row have eight slots in a row, so that rows that are loaded by
 * ascending key do not go all over the memory of the table. Where the eight are is in the
 * high bits of a multiplication, which spread what comes in a row evenly (Knuth, TAOCP
 * 3, 6.4, theorem S).
 */
static size_t
home_of(const KithIdentityMap *map, uint64_t hash)
{
    return (size_t) ((hash >> 3) * SCRAMBLE >> map->shift) << 3 | (size_t) (hash & 7);
}

static bool
has_key_of(const KithMapper *mapper, const KithEntity *entity, const void *row)
{
    const void *own = kith_entity_row(entity);
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        if (!kith_column_is_equal(&mapper->columns[mapper->keys[i]], own, row))
            return false;
    }
    return true;
}

void
kith_identity_map_init(KithIdentityMap *map, const KithMapper *mapper)
{
    const KithColumn *key = &mapper->columns[mapper->keys[0]];
    bool is_integer = mapper->n_keys == 1
                      && (key->kind == KITH_KIND_INT64 || key->kind == KITH_KIND_INT32);
    *map = (KithIdentityMap){ .mapper = mapper,
                              .integer = is_integer ? key->kind : KITH_KIND_NONE,
                              .offset = key->offset };
}

void
kith_identity_map_finish(KithIdentityMap *map)
{
    g_free(map->slots);
}

/* The slot of the object, or the empty one at which the probe for it ends. */
static inline size_t
find_slot(const KithIdentityMap *map, const void *row, uint64_t hash)
{
    size_t at = home_of(map, hash);
    for (; map->slots[at].entity != NULL; at = (at + 1) & (map->n_slots - 1)) {
        const KithSlot *slot = &map->slots[at];
        if (slot->hash == hash
            && (is_exact(map) || has_key_of(map->mapper, slot->entity, row)))
            break;
    }
    return at;
}

static KithEntity *
find_hashed(const KithIdentityMap *map, const void *row, uint64_t hash)
{
    return map->n_entities > 0 ? map->slots[find_slot(map, row, hash)].entity : NULL;
}

KithEntity *
kith_identity_map_find_integer(const KithIdentityMap *map, int64_t key)
{
    return find_hashed(map, NULL, hash_of_integer(key));
}

KithEntity *
kith_identity_map_find(const KithIdentityMap *map, const void *row)
{
    return find_hashed(map, row, hash_of_row(map, row));
}

static void
put(KithIdentityMap *map, KithSlot slot)
{
    size_t at = home_of(map, slot.hash);
    while (map->slots[at].entity != NULL)
        at = (at + 1) & (map->n_slots - 1);
    map->slots[at] = slot;
}

static void
grow(KithIdentityMap *map)
{
    KithSlot *old = map->slots;
    size_t n_old = map->n_slots;
    map->n_slots = n_old > 0 ? 2 * n_old : FIRST_SLOTS;
    map->shift = n_old > 0 ? map->shift - 1 : FIRST_SHIFT;
    map->slots = g_new0(KithSlot, map->n_slots);
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].entity != NULL)
            put(map, old[i]);
    }
    g_free(old);
}

static void
make_room(KithIdentityMap *map)
{
    if (5 * (map->n_entities + 1) > 4 * map->n_slots)
        grow(map);
}

/*
 * Rows mostly come by ascending key, and each eight of them have slots far from those of
 * the eight before: they are on their way from memory while these are filled.
 */
static inline void
prefetch_next(const KithIdentityMap *map, uint64_t hash)
{
    if (!is_exact(map) || (hash & 7) != 0)
        return;
    const KithSlot *next = &map->slots[home_of(map, hash + 8)];
    __builtin_prefetch(next, 1);
    __builtin_prefetch(next + 4, 1);
    __builtin_prefetch(next + 7, 1);
}

KithEntity *
kith_identity_map_find_place(KithIdentityMap *map,
                             const void *row,
                             KithMapPlace *ret_place)
{
    make_room(map);
    uint64_t hash = hash_of_row(map, row);
    prefetch_next(map, hash);
    *ret_place = (KithMapPlace){ .hash = hash, .slot = find_slot(map, row, hash) };
    return map->slots[ret_place->slot].entity;
}

void
kith_identity_map_put(KithIdentityMap *map, KithEntity *entity, KithMapPlace place)
{
    map->slots[place.slot] = (KithSlot){ .hash = place.hash, .entity = entity };
    entity->is_in_map = true;
    map->n_entities++;
}

void
kith_identity_map_add(KithIdentityMap *map, KithEntity *entity)
{
    make_room(map);
    put(map,
        (KithSlot){ .hash = hash_of_row(map, kith_entity_row(entity)),
                    .entity = entity });
    entity->is_in_map = true;
    map->n_entities++;
}

/* Move back what a probe could no longer reach across the hole at @hole. */
static void
close_gap(KithIdentityMap *map, size_t hole)
{
    size_t mask = map->n_slots - 1;
    for (size_t at = (hole + 1) & mask; map->slots[at].entity != NULL;
         at = (at + 1) & mask) {
        size_t home = home_of(map, map->slots[at].hash);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        map->slots[hole] = map->slots[at];
        hole = at;
    }
    map->slots[hole] = (KithSlot){ 0 };
}

void
kith_identity_map_remove(KithIdentityMap *map, KithEntity *entity)
{
    size_t at = home_of(map, hash_of_row(map, kith_entity_row(entity)));
    while (map->slots[at].entity != entity)
        at = (at + 1) & (map->n_slots - 1);
    close_gap(map, at);
    entity->is_in_map = false;
    map->n_entities--;
}

void
kith_identity_map_clear(KithIdentityMap *map)
{
    if (map->n_slots > KITH_SMALL_IDENTITY_MAP) {
        g_clear_pointer(&map->slots, g_free);
        map->n_slots = 0;
    } else if (map->n_entities > 0) {
        memset(map->slots, 0, map->n_slots * sizeof *map->slots);
    }
    map->n_entities = 0;
}

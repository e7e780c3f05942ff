/*
 * identity-map.h - from a key to the one object of the session: one map for each mapper.
 *
 * Open addressing with linear probing; a slot is the hash of the key and the object. For
 * a key of one integer the hash is the key itself, so that equal
 * hashes are equal keys and a probe reads no object. Removal closes the gap (Knuth, TAOCP
 * 3, 6.4, algorithm R), so there are no tombstones to pile up. At most four slots of five
 * are taken. docs/performance.md has it beside a GHashTable.
 */
#ifndef KITH_SESSION_IDENTITY_MAP_PRIVATE_H
#define KITH_SESSION_IDENTITY_MAP_PRIVATE_H

#include "entity.h"

typedef struct KithSlot {
    uint64_t hash;
    KithEntity *entity; /* NULL: empty */
} KithSlot;

typedef struct KithIdentityMap {
    const KithMapper *mapper;
    KithKind integer; /* of a key of one integer, or KITH_KIND_NONE */
    size_t offset;    /* …and where it is */
    KithSlot *slots;
    size_t n_slots; /* a power of two, or 0 */
    unsigned shift; /* what is left of a number shifted by it is below n_slots / 8 */
    size_t n_entities;
} KithIdentityMap;

void kith_identity_map_init(KithIdentityMap *map, const KithMapper *mapper);
void kith_identity_map_finish(KithIdentityMap *map); /* does not free the objects */

/* The object whose key is that of @row, a struct of the mapper; or NULL. */
KithEntity *kith_identity_map_find(const KithIdentityMap *map, const void *row);

/* The same for a map whose key is one integer, without a struct. */
KithEntity *kith_identity_map_find_integer(const KithIdentityMap *map, int64_t key);

/* Add an object; there must be none with its key. */
void kith_identity_map_add(KithIdentityMap *map, KithEntity *entity);

/*
 * The same in two steps, for a row that is to become an object if there is none: where
 * that object belongs is looked for once. Returns the object whose key is that of @row,
 * or NULL; then @ret_place is where one with that key can be put, as long as nothing else
 * is done to the map.
 */
typedef struct KithMapPlace {
    uint64_t hash;
    size_t slot;
} KithMapPlace;
KithEntity *kith_identity_map_find_place(KithIdentityMap *map,
                                         const void *row,
                                         KithMapPlace *ret_place);
void kith_identity_map_put(KithIdentityMap *map, KithEntity *entity, KithMapPlace place);

/* Remove an object that is in the map, under the key that it was added with. */
void kith_identity_map_remove(KithIdentityMap *map, KithEntity *entity);

/* Take all objects out. A small table stays, for what comes next. */
#define KITH_SMALL_IDENTITY_MAP 128 /* slots */
void kith_identity_map_clear(KithIdentityMap *map);

#endif

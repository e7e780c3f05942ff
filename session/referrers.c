/*
 * referrers.c - see the header. An object is filed under a hash of its foreign key;
 * whether it really refers to a row is looked up when that is asked. What it is filed
 * under is remembered, because its row changes before it is filed anew.
 */
#include "referrers.h"

#include "foreign-key.h"

/* An object, in the list of those with the same hash. */
typedef struct Filed {
    KithEntity *entity;
    gpointer hash;
    struct Filed *previous;
    struct Filed *next;
} Filed;

struct KithReferrers {
    const KithForeignKey *foreign_key;
    GHashTable *lists; /* from a hash to its list */
    GHashTable *filed; /* from an object to its place, owned */
};

/* --- one index --------------------------------------------------------------------- */

static gpointer
hash_of(const KithMapper *mapper,
        const unsigned *columns,
        unsigned n_columns,
        const void *row)
{
    uint64_t hash = KITH_HASH_SEED;
    for (unsigned i = 0; i < n_columns; i++)
        hash = kith_column_hash(hash, &mapper->columns[columns[i]], row);
    return GSIZE_TO_POINTER((gsize) (hash ^ (hash >> 32)));
}

static void
file(KithReferrers *referrers, KithEntity *entity)
{
    const KithForeignKey *foreign_key = referrers->foreign_key;
    const void *row = kith_entity_row(entity);
    if (kith_foreign_key_is_null(foreign_key, row))
        return;
    Filed *filed = g_new0(Filed, 1);
    filed->entity = entity;
    filed->hash =
        hash_of(foreign_key->mapper, foreign_key->columns, foreign_key->n_columns, row);
    filed->next = g_hash_table_lookup(referrers->lists, filed->hash);
    if (filed->next != NULL)
        filed->next->previous = filed;
    g_hash_table_insert(referrers->lists, filed->hash, filed);
    g_hash_table_insert(referrers->filed, entity, filed);
}

static void
take_out(KithReferrers *referrers, KithEntity *entity)
{
    Filed *filed = g_hash_table_lookup(referrers->filed, entity);
    if (filed == NULL)
        return;
    if (filed->next != NULL)
        filed->next->previous = filed->previous;
    if (filed->previous != NULL)
        filed->previous->next = filed->next;
    else if (filed->next != NULL)
        g_hash_table_insert(referrers->lists, filed->hash, filed->next);
    else
        g_hash_table_remove(referrers->lists, filed->hash);
    g_hash_table_remove(referrers->filed, entity);
}

static KithReferrers *
make(KithEntitySet *set, const KithForeignKey *foreign_key)
{
    KithReferrers *referrers = g_new0(KithReferrers, 1);
    referrers->foreign_key = foreign_key;
    referrers->lists = g_hash_table_new(NULL, NULL);
    referrers->filed = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    const KithIdentityMap *map = &set->root->map;
    for (size_t slot = 0; slot < map->n_slots; slot++) {
        KithEntity *entity = map->slots[slot].entity;
        if (entity != NULL && kith_mapper_is_a(entity->set->mapper, set->mapper))
            file(referrers, entity);
    }
    set->root->has_referrers = true;
    set->session->n_looked_at += map->n_entities;
    return referrers;
}

static void
free_index(KithReferrers *referrers)
{
    if (referrers == NULL)
        return;
    g_hash_table_unref(referrers->lists);
    g_hash_table_unref(referrers->filed);
    g_free(referrers);
}

/* --- all of a set ------------------------------------------------------------------ */

/* That of the entity that declares the foreign key, for all that extends it. */
static KithReferrers *
index_of(KithSession *session, const KithForeignKey *foreign_key)
{
    KithEntitySet *set = &session->sets[foreign_key->mapper->index];
    if (set->referrers == NULL)
        set->referrers = g_new0(KithReferrers *, set->mapper->n_foreign_keys);
    unsigned number = kith_mapper_foreign_key_number(set->mapper, foreign_key);
    KithReferrers **place = &set->referrers[number];
    if (*place == NULL)
        *place = make(set, &set->mapper->foreign_keys[number]);
    return *place;
}

GPtrArray *
kith_referrers_find(KithSession *session,
                    const KithForeignKey *foreign_key,
                    const void *target)
{
    KithReferrers *referrers = index_of(session, foreign_key);
    GPtrArray *found = g_ptr_array_new();
    gpointer hash = hash_of(
        foreign_key->target, foreign_key->targets, foreign_key->n_columns, target);
    const Filed *filed = g_hash_table_lookup(referrers->lists, hash);
    for (; filed != NULL; filed = filed->next) {
        session->n_looked_at++;
        if (kith_foreign_key_means(foreign_key, kith_entity_row(filed->entity), target))
            g_ptr_array_add(found, filed->entity);
    }
    return found;
}

/* The index of foreign key @i of an object's mapper, or NULL. */
static KithReferrers *
known_index(const KithEntity *entity, unsigned i)
{
    const KithMapper *owner = entity->set->mapper->foreign_keys[i].mapper;
    const KithEntitySet *set = &entity->set->session->sets[owner->index];
    return set->referrers != NULL ? set->referrers[i] : NULL;
}

void
kith_referrers_file(KithEntity *entity)
{
    for (unsigned i = 0; i < entity->set->mapper->n_foreign_keys; i++) {
        KithReferrers *referrers = known_index(entity, i);
        if (referrers != NULL)
            file(referrers, entity);
    }
}

void
kith_referrers_take_out(KithEntity *entity)
{
    for (unsigned i = 0; i < entity->set->mapper->n_foreign_keys; i++) {
        KithReferrers *referrers = known_index(entity, i);
        if (referrers != NULL)
            take_out(referrers, entity);
    }
}

void
kith_referrers_clear(KithEntitySet *set)
{
    for (unsigned i = 0; set->referrers != NULL && i < set->mapper->n_foreign_keys; i++)
        free_index(set->referrers[i]);
    g_clear_pointer(&set->referrers, g_free);
    set->has_referrers = false;
}

/* --- pointing anew ----------------------------------------------------------------- */

static void
point_row_anew(const KithForeignKey *foreign_key, void *row, GHashTable *anew)
{
    const void **target = kith_reference_target(foreign_key, row);
    gpointer to = NULL;
    if (*target != NULL && g_hash_table_lookup_extended(anew, *target, NULL, &to))
        *target = to;
}

typedef struct Pointing {
    KithSession *session;
    GHashTable *anew;
    bool keeps_changes;
} Pointing;

static void
point_anew(const Pointing *pointing,
           KithEntity *entity,
           const KithForeignKey *foreign_key)
{
    if (foreign_key->reference == KITH_NO_OFFSET)
        return;
    void *own = kith_entity_struct(entity);
    void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    bool is_changed =
        entity->state == KITH_PENDING
        || (baseline != NULL && !kith_foreign_key_is_equal(foreign_key, own, baseline));
    if (!pointing->keeps_changes || !is_changed)
        point_row_anew(foreign_key, own, pointing->anew);
    if (baseline != NULL)
        point_row_anew(foreign_key, baseline, pointing->anew);
}

static void
point_referrers_anew(const Pointing *pointing, const KithEntity *from)
{
    KithSession *session = pointing->session;
    for (unsigned i = 0; i < session->engine->registry->n_mappers; i++) {
        const KithMapper *mapper = session->sets[i].mapper;
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
            const KithForeignKey *foreign_key = &mapper->foreign_keys[j];
            if (foreign_key->reference == KITH_NO_OFFSET || foreign_key->mapper != mapper
                || !kith_mapper_is_a(kith_entity_mapper(from), foreign_key->target))
                continue;
            g_autoptr(GPtrArray) referrers =
                kith_referrers_find(session, foreign_key, kith_entity_row(from));
            for (guint k = 0; k < referrers->len; k++)
                point_anew(pointing, g_ptr_array_index(referrers, k), foreign_key);
        }
    }
}

/* What is watched can mean an object though its row does not. */
void
kith_references_point_anew(KithSession *session, GHashTable *anew, bool keeps_changes)
{
    const Pointing pointing = { session, anew, keeps_changes };
    GHashTableIter iter;
    gpointer from;
    if (g_hash_table_size(anew) == 0)
        return;
    g_hash_table_iter_init(&iter, anew);
    while (g_hash_table_iter_next(&iter, &from, NULL))
        point_referrers_anew(&pointing, kith_entity_of(from));
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        for (unsigned j = 0; j < mapper->n_foreign_keys; j++)
            point_anew(&pointing, entity, &mapper->foreign_keys[j]);
    }
}

/*
 * merge.c - taking over structs that are no objects of the session: from a form, another
 * session, a file. In three passes: all structs are gathered, with those that they refer
 * to; the rows that the session does not know are loaded, and everything is checked; only
 * then is anything changed.
 */
#include "change.h"
#include "collection.h"
#include "error.h"
#include "flush-values.h"
#include "foreign-key.h"
#include "loader.h"
#include "relation.h"

#include <string.h>

/* A struct that is merged. */
typedef struct Item {
    KithEntitySet *set;
    const void *row;
    KithEntity *entity; /* what it is merged into; NULL: not known, or to be added */
    bool is_own;        /* it is an object of this session: nothing to do */
} Item;

typedef struct Merge {
    KithSession *session;
    KithPlace place;
    GArray *items;       /* of Item */
    GHashTable *indexes; /* from a struct to its index, plus one */
    GPtrArray *pending;  /* the entities of this session that have no row yet */
    GHashTable *by_key;  /* from their keys to indexes in 'pending' */
    GHashTable *own;     /* their structs, a set */
} Merge;

static Item *
item_at(const Merge *merge, guint index)
{
    return &g_array_index(merge->items, Item, index);
}

static Item *
item_of(const Merge *merge, const void *row)
{
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(merge->indexes, row));
    return index > 0 ? item_at(merge, index - 1) : NULL;
}

/* --- what is pending --------------------------------------------------------------- */

static KithTuple
key_of(const KithMapper *mapper, const void *row)
{
    return (KithTuple){ mapper, mapper->keys, mapper->n_keys, row };
}

static void
add_pending(Merge *merge, KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *row = kith_entity_struct(entity);
    g_hash_table_add(merge->own, (void *) (uintptr_t) row);
    if (!kith_mapper_key_is_missing(mapper, row))
        kith_tuple_table_add(merge->by_key, key_of(mapper, row), merge->pending->len);
    g_ptr_array_add(merge->pending, entity);
}

static KithEntity *
find_pending(const Merge *merge, const Item *item)
{
    const KithMapper *mapper = item->set->mapper;
    unsigned index = kith_tuple_table_find(
        merge->by_key, mapper, mapper->keys, key_of(mapper, item->row));
    return index != KITH_NO_INDEX ? g_ptr_array_index(merge->pending, index) : NULL;
}

static void
merge_init(Merge *merge, KithSession *session, KithPlace place)
{
    *merge = (Merge){ .session = session,
                      .place = place,
                      .items = g_array_new(FALSE, FALSE, sizeof(Item)),
                      .indexes = g_hash_table_new(NULL, NULL),
                      .pending = g_ptr_array_new(),
                      .by_key = kith_tuple_table_new(),
                      .own = g_hash_table_new(NULL, NULL) };
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state == KITH_PENDING)
            add_pending(merge, entity);
    }
}

static void
merge_finish(Merge *merge)
{
    g_array_unref(merge->items);
    g_hash_table_unref(merge->indexes);
    g_ptr_array_unref(merge->pending);
    g_hash_table_unref(merge->by_key);
    g_hash_table_unref(merge->own);
}

/* --- gathering --------------------------------------------------------------------- */

static KithEntity *
find_filed(const Item *item)
{
    return kith_identity_map_find(&item->set->root->map, item->row);
}

/* Is the struct itself an object of the session? It is looked for, because nothing that
 * is before any other struct may be read. */
static KithEntity *
find_own(const Merge *merge, const Item *item)
{
    if (g_hash_table_contains(merge->own, item->row))
        return kith_entity_of(item->row);
    KithEntity *entity = find_filed(item);
    return entity != NULL && kith_entity_struct(entity) == item->row ? entity : NULL;
}

/* The struct, and those that it refers to. */
static bool
gather(Merge *merge, KithEntitySet *set, const void *row, GError **error)
{
    const KithMapper *mapper = set->mapper;
    Item item = { .set = set, .row = row };
    if (item_of(merge, row) != NULL)
        return true;
    if (!kith_mapper_key_is_missing(mapper, row)
        && !kith_session_check_key(mapper, row, error))
        return false;
    item.entity = find_own(merge, &item);
    item.is_own = item.entity != NULL;
    g_array_append_val(merge->items, item);
    g_hash_table_insert(
        merge->indexes, (void *) (uintptr_t) row, GUINT_TO_POINTER(merge->items->len));
    for (unsigned i = 0; !item.is_own && i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *target = *kith_reference_target(foreign_key, row);
        KithEntitySet *targets = &merge->session->sets[foreign_key->target->index];
        if (target != NULL && !gather(merge, targets, target, error))
            return false;
    }
    return true;
}

/* --- loading ----------------------------------------------------------------------- */

/* Does the struct mean a row by a foreign key alone, without a target? */
static bool
refers_by_key(const KithForeignKey *foreign_key, const void *row)
{
    return foreign_key->reference != KITH_NO_OFFSET && !foreign_key->is_via
           && *kith_reference_target(foreign_key, row) == NULL
           && !kith_foreign_key_is_null(foreign_key, row);
}

static bool
is_known(const Merge *merge, const Item *item)
{
    KithEntity *entity = find_filed(item);
    if (entity != NULL)
        return entity->state != KITH_PERSISTENT || !kith_entity_is_expired(entity);
    return find_pending(merge, item) != NULL;
}

static bool
load_items(const Merge *merge, KithEntitySet *set, GError **error)
{
    const KithMapper *mapper = set->mapper;
    const KithKeys keys = { mapper->n_keys, mapper->keys, mapper, mapper->keys };
    g_autoptr(GPtrArray) unknown = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < merge->items->len; i++) {
        const Item *item = item_at(merge, i);
        if (item->set == set && !item->is_own
            && !kith_mapper_key_is_missing(mapper, item->row) && !is_known(merge, item))
            g_ptr_array_add(unknown, (void *) (uintptr_t) item->row);
    }
    return kith_load_in(set, &keys, unknown, merge->place, found, error);
}

/* What structs refer to by a foreign key alone, and the session does not have. */
static bool
load_targets(const Merge *merge, const KithForeignKey *foreign_key, GError **error)
{
    const KithKeys keys = kith_keys_of_targets(foreign_key, foreign_key->mapper);
    KithEntitySet *targets = &merge->session->sets[foreign_key->target->index];
    g_autoptr(GPtrArray) unknown = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < merge->items->len; i++) {
        const Item *item = item_at(merge, i);
        if (kith_mapper_is_a(item->set->mapper, foreign_key->mapper) && !item->is_own
            && refers_by_key(foreign_key, item->row)
            && kith_foreign_key_find(merge->session, foreign_key, item->row) == NULL)
            g_ptr_array_add(unknown, (void *) (uintptr_t) item->row);
    }
    return kith_load_in(targets, &keys, unknown, merge->place, found, error);
}

static bool
load(const Merge *merge, GError **error)
{
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < merge->items->len; i++) {
        KithEntitySet *set = item_at(merge, i)->set;
        if (!g_hash_table_add(done, set))
            continue;
        if (!load_items(merge, set, error))
            return false;
        for (unsigned j = 0; j < set->mapper->n_foreign_keys; j++) {
            if (!load_targets(merge, &set->mapper->foreign_keys[j], error))
                return false;
        }
    }
    return true;
}

/* --- checking ---------------------------------------------------------------------- */

static bool
refuse(const Item *item, KithErrorCode code, const char *why, GError **error)
{
    const KithMapper *mapper = item->set->mapper;
    g_autofree char *key = kith_mapper_key_text(mapper, item->row);
    KithErrorDetails details = { .table = mapper->table };
    kith_error_set_details(error, code, &details, "%s", why);
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

/* The version of a struct that has one is that of the row it was made from. */
static bool
check_version(const Item *item, GError **error)
{
    const KithMapper *mapper = item->set->mapper;
    if (mapper->version == KITH_NO_INDEX)
        return true;
    const KithColumn *version = &mapper->columns[mapper->version];
    if (kith_column_is_zero(version, item->row))
        return true;
    if (item->entity == NULL || item->entity->state == KITH_PENDING)
        return refuse(item,
                      KITH_ERROR_STALE,
                      "what is merged has a version, and its row is not in the table any "
                      "more; leave the version at zero to add it",
                      error);
    return kith_column_is_equal(version, item->row, kith_entity_row(item->entity))
           || refuse(item,
                     KITH_ERROR_STALE,
                     "what is merged is of another version than the row: somebody else "
                     "changed it; read it, and do it once more",
                     error);
}

/* The value of a column, as it is given to kith_entity_set(). */
static KithValue
value_of(const KithColumn *column, const void *row)
{
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return kith_value_null();
    KithValue given = { .kind = column->kind };
    memcpy(&given.as, value, kith_column_size(column));
    return given;
}

/* Keys say which row it is, and a discriminator what; versions and what the database
 * computes are not set. */
static bool
is_merged(const KithMapper *mapper, unsigned index)
{
    const KithColumnDetail *detail = &mapper->details[index];
    return !detail->is_key && detail->computed_sql == NULL && index != mapper->version
           && index != mapper->discriminator
           && detail->member->role != KITH_ROLE_REFERENCE;
}

static bool
refuse_null(const Item *item, const char *member, GError **error)
{
    g_autofree char *why = g_strdup_printf("its %s is NULL, which it cannot be", member);
    return refuse(item, KITH_ERROR_NOT_NULL, why, error);
}

static bool
check_columns(const Item *item, GError **error)
{
    const KithMapper *mapper = item->set->mapper;
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (is_merged(mapper, i) && !column->nullable
            && kith_column_get(column, item->row) == NULL)
            return refuse_null(item, column->member, error);
    }
    return true;
}

static bool
check_references(const Merge *merge, const Item *item, GError **error)
{
    const KithMapper *mapper = item->set->mapper;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET && !foreign_key->is_via
            && !foreign_key->nullable && !refers_by_key(foreign_key, item->row)
            && *kith_reference_target(foreign_key, item->row) == NULL)
            return refuse_null(item, foreign_key->member, error);
        if (!refers_by_key(foreign_key, item->row)
            || kith_foreign_key_find(merge->session, foreign_key, item->row) != NULL)
            continue;
        bool is_kept = item->entity != NULL
                       && kith_foreign_key_is_equal(
                           foreign_key, item->row, kith_entity_struct(item->entity));
        g_autofree char *why = g_strdup_printf(
            foreign_key->means_key
                ? "its %s is not in the table of %s"
                : "its %s is given by a value that is no key of %s; give it a target",
            foreign_key->member,
            foreign_key->target->entity);
        if (!is_kept)
            return refuse(item,
                          foreign_key->means_key ? KITH_ERROR_FOREIGN_KEY
                                                 : KITH_ERROR_MISUSE,
                          why,
                          error);
    }
    return true;
}

/* Find what it is merged into, and whether it may be. */
static bool
resolve(const Merge *merge, Item *item, GError **error)
{
    if (item->is_own)
        return true;
    bool has_key = !kith_mapper_key_is_missing(item->set->mapper, item->row);
    if (has_key)
        item->entity = find_filed(item);
    if (has_key && item->entity == NULL)
        item->entity = find_pending(merge, item);
    if (item->entity != NULL && item->entity->state == KITH_DELETED)
        return refuse(item, KITH_ERROR_MISUSE, "its row is deleted here", error);
    if (item->entity != NULL && item->entity->set != item->set)
        return refuse(item, KITH_ERROR_MISUSE, "its row is of another entity", error);
    if (item->entity == NULL && item->set->mapper->is_abstract)
        return refuse(item, KITH_ERROR_MISUSE, "it is abstract", error);
    return check_version(item, error) && check_columns(item, error)
           && check_references(merge, item, error);
}

/* --- changing ---------------------------------------------------------------------- */

/* A new object from the struct, without references and collections. */
static KithEntity *
add_copy(Merge *merge, const Item *item)
{
    const KithMapper *mapper = item->set->mapper;
    g_autofree void *copy = g_memdup2(item->row, mapper->size);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        *kith_reference_target(foreign_key, copy) = NULL;
        if (!foreign_key->is_via)
            kith_foreign_key_empty(foreign_key, copy);
    }
    for (unsigned i = 0; i < mapper->n_many; i++) {
        *kith_many_state(&mapper->many[i], copy) = NULL;
        if (mapper->many[i].is_one)
            *kith_one_target(&mapper->many[i], copy) = NULL;
    }
    const void *object =
        kith_session_add(merge->session, mapper->mapping, copy, merge->place);
    KithEntity *entity = kith_entity_of(object);
    add_pending(merge, entity);
    return entity;
}

static void
merge_columns(const Merge *merge, const Item *item)
{
    const KithMapper *mapper = item->set->mapper;
    const void *object = kith_entity_struct(item->entity);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (is_merged(mapper, i))
            kith_entity_set(object,
                            mapper->details[i].member->offset,
                            value_of(column, item->row),
                            merge->place);
    }
}

static void
merge_references(const Merge *merge, const Item *item)
{
    const KithMapper *mapper = item->set->mapper;
    const void *object = kith_entity_struct(item->entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *row = *kith_reference_target(foreign_key, item->row);
        KithEntity *target = NULL;
        if (row != NULL)
            target = item_of(merge, row)->entity;
        else if (refers_by_key(foreign_key, item->row))
            target = kith_foreign_key_find(merge->session, foreign_key, item->row);
        bool is_kept = row == NULL && target == NULL
                       && (foreign_key->is_via || refers_by_key(foreign_key, item->row));
        KithValue value = target != NULL ? kith_value_object(kith_entity_struct(target))
                                         : kith_value_null();
        if (!is_kept)
            kith_entity_set(object, foreign_key->reference, value, merge->place);
        if (target != NULL && *kith_reference_target(foreign_key, object) == NULL)
            kith_reference_link(item->entity, foreign_key, kith_entity_struct(target));
    }
}

/* Those that are new are added first: any of the structs can refer to any other. */
static void
apply(Merge *merge)
{
    for (guint i = 0; i < merge->items->len; i++) {
        Item *item = item_at(merge, i);
        bool has_key = !kith_mapper_key_is_missing(item->set->mapper, item->row);
        if (item->is_own)
            continue;
        if (item->entity == NULL && has_key)
            item->entity = find_pending(merge, item); /* of the same key, just added */
        if (item->entity == NULL)
            item->entity = add_copy(merge, item);
        else
            merge_columns(merge, item);
    }
    for (guint i = 0; i < merge->items->len; i++) {
        if (!item_at(merge, i)->is_own)
            merge_references(merge, item_at(merge, i));
    }
}

/* --- asking for it ----------------------------------------------------------------- */

static bool
prepare(Merge *merge, KithEntitySet *set, const void *rows, size_t n_rows, GError **error)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (!gather(merge, set, (const char *) rows + i * set->mapper->size, error))
            return false;
    }
    if (!load(merge, error))
        return false;
    for (guint i = 0; i < merge->items->len; i++) {
        if (!resolve(merge, item_at(merge, i), error))
            return false;
    }
    return true;
}

bool
kith_session_merge_all(KithSession *session,
                       const KithMapping *mapping,
                       const void *rows,
                       size_t n_rows,
                       const void **ret_objects,
                       KithPlace place,
                       GError **error)
{
    KithEntitySet *set = kith_session_set_of(session, mapping, error);
    if (set == NULL || !kith_session_check_misuse(session, error))
        return false;
    Merge merge;
    merge_init(&merge, session, place);
    bool done = prepare(&merge, set, rows, n_rows, error);
    if (done)
        apply(&merge);
    for (size_t i = 0; done && ret_objects != NULL && i < n_rows; i++) {
        const void *row = (const char *) rows + i * set->mapper->size;
        ret_objects[i] = kith_entity_struct(item_of(&merge, row)->entity);
    }
    merge_finish(&merge);
    return done;
}

const void *
kith_session_merge(KithSession *session,
                   const KithMapping *mapping,
                   const void *row,
                   KithPlace place,
                   GError **error)
{
    const void *object = NULL;
    bool done = kith_session_merge_all(session, mapping, row, 1, &object, place, error);
    return done ? object : NULL;
}

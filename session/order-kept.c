/*
 * order-kept.c - see the header. Positions are compared and set like any column: what is
 * moved is an update of the rows whose position differs.
 */
#include "order-kept.h"

#include "change.h"
#include "collection.h"
#include "error.h"
#include "kith-relation.h"
#include "relation.h"

#include <string.h>

/* --- sorting ----------------------------------------------------------------------- */

#define COMPARE(T, member)                                        \
    {                                                             \
        const T *x = a, *y = b;                                   \
        return (x->member > y->member) - (x->member < y->member); \
    }

/* Two values that are not NULL. */
static int
compare_values(const KithColumn *column, const void *a, const void *b)
{
    typedef struct {
        bool value;
    } Bool;
    typedef struct {
        int32_t value;
    } Int32;
    typedef struct {
        int64_t value;
    } Int64;
    typedef struct {
        double value;
    } Double;
    switch (column->kind) {
    case KITH_KIND_BOOL:
        COMPARE(Bool, value)
    case KITH_KIND_INT32:
    case KITH_KIND_ENUM:
        COMPARE(Int32, value)
    case KITH_KIND_INT64:
        COMPARE(Int64, value)
    case KITH_KIND_DOUBLE:
        COMPARE(Double, value)
    case KITH_KIND_TIME:
        COMPARE(KithTime, usec)
    case KITH_KIND_DATE:
        COMPARE(KithDate, days)
    case KITH_KIND_UUID:
        return memcmp(a, b, sizeof(KithUuid));
    case KITH_KIND_BLOB: {
        const KithBlob *x = a, *y = b;
        int order = memcmp(x->data, y->data, MIN(x->size, y->size));
        return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
    }
    case KITH_KIND_TEXT:
        return strcmp(*(const char *const *) a, *(const char *const *) b);
    case KITH_KIND_NONE:
    case KITH_KIND_OBJECT:
        break;
    }
    g_assert_not_reached();
}

static int
compare_column(const KithColumn *column, const void *row, const void *other)
{
    const void *a = kith_column_get(column, row), *b = kith_column_get(column, other);
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    return compare_values(column, a, b);
}

/* What is new comes last, in the order added. */
static int
compare_age(const KithEntity *one, const KithEntity *other)
{
    bool is_new = one->state == KITH_PENDING, is_other_new = other->state == KITH_PENDING;
    if (!is_new || !is_other_new)
        return is_new - is_other_new;
    uint64_t x = one->tracking->sequence, y = other->tracking->sequence;
    return (x > y) - (x < y);
}

static int
compare_items(const void *left, const void *right, void *data)
{
    const KithMany *many = data;
    const void *a = *(const void *const *) left, *b = *(const void *const *) right;
    const KithMapper *target = many->target;
    int order = 0;
    for (unsigned i = 0; order == 0 && i < many->n_order; i++)
        order = compare_column(&target->columns[many->order[i]], a, b);
    if (order == 0)
        order = compare_age(kith_entity_of(a), kith_entity_of(b));
    for (unsigned i = 0; order == 0 && i < target->n_keys; i++)
        order = compare_column(&target->columns[target->keys[i]], a, b);
    return order;
}

void
kith_order_sort(KithCollection *collection)
{
    g_ptr_array_sort_with_data(
        collection->items, compare_items, (void *) (uintptr_t) collection->many);
    collection->is_unsorted = false;
}

/* --- positions --------------------------------------------------------------------- */

static int64_t
position_of(const KithMany *many, const void *item)
{
    const KithColumn *column = &many->target->columns[many->position];
    const char *at = (const char *) item + column->offset;
    return column->kind == KITH_KIND_INT32 ? *(const int32_t *) (const void *) at
                                           : *(const int64_t *) (const void *) at;
}

static void
set_position(const KithMany *many, const void *item, int64_t position)
{
    KithValue value = kith_value_int64(position);
    kith_entity_set(item, many->target->columns[many->position].offset, value, KITH_HERE);
}

/* The place behind all others. */
static int64_t
last_position(const KithMany *many, const KithCollection *collection, const void *but)
{
    int64_t last = 0;
    for (guint i = 0; i < collection->items->len; i++) {
        const void *item = g_ptr_array_index(collection->items, i);
        if (item != NULL && item != but)
            last = MAX(last, position_of(many, item));
    }
    return last + 1;
}

void
kith_order_enter(const KithMany *many, const KithCollection *collection, KithEntity *item)
{
    const void *object = kith_entity_struct(item);
    bool is_given = item->state == KITH_PENDING && position_of(many, object) != 0;
    if (is_given)
        return;
    kith_entity_track(item)->unplaced = collection == NULL ? many : NULL;
    if (collection != NULL)
        set_position(many, object, last_position(many, collection, object));
}

/* The collection that an item waits for; loaded, if its owner has a row. */
static bool
find_collection(KithEntity *item,
                const KithMany *many,
                KithCollection **ret_collection,
                KithPlace place,
                GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(item);
    const void *owner =
        kith_reference_find_target(item, &mapper->foreign_keys[many->foreign_key]);
    *ret_collection = NULL;
    if (owner == NULL || kith_entity_of(owner)->magic != KITH_ENTITY_MAGIC)
        return true;
    *ret_collection = kith_entity_collection(kith_entity_of(owner), many, place, error);
    return *ret_collection != NULL;
}

static int
compare_sequence(const void *left, const void *right)
{
    return compare_age(*(KithEntity *const *) left, *(KithEntity *const *) right);
}

/* What has no place yet in a collection with a position. NULL: nothing. */
static GPtrArray *
find_waiting(const KithSession *session)
{
    GPtrArray *waiting = NULL;
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        bool is_live = entity->state == KITH_PENDING || entity->state == KITH_PERSISTENT;
        if (!is_live || entity->tracking->unplaced == NULL)
            continue;
        if (waiting == NULL)
            waiting = g_ptr_array_new();
        g_ptr_array_add(waiting, entity);
    }
    return waiting;
}

bool
kith_order_place(KithSession *session, KithPlace place, GError **error)
{
    g_autoptr(GPtrArray) waiting = find_waiting(session);
    if (waiting == NULL)
        return true;
    g_ptr_array_sort(waiting, compare_sequence);
    for (guint i = 0; i < waiting->len; i++) {
        KithEntity *entity = g_ptr_array_index(waiting, i);
        const KithMany *many = entity->tracking->unplaced;
        const void *object = kith_entity_struct(entity);
        KithCollection *collection;
        if (!find_collection(entity, many, &collection, place, error))
            return false;
        entity->tracking->unplaced = NULL;
        if (collection == NULL)
            continue;
        set_position(many, object, 0);
        set_position(many, object, last_position(many, collection, object));
        kith_order_sort(collection);
    }
    return true;
}

/* --- moving ------------------------------------------------------------------------ */

/* Give the items, in a new order, the positions that there are, and larger ones where two
 * are the same. */
static void
renumber(const KithMany *many,
         void *const *items,
         const int64_t *positions,
         guint n_items)
{
    int64_t last = 0;
    for (guint i = 0; i < n_items; i++) {
        last = i > 0 ? MAX(positions[i], last + 1) : positions[i];
        set_position(many, items[i], last);
    }
}

static void
move_item(const KithMany *many, KithCollection *collection, guint from, guint to)
{
    guint n_items = (guint) kith_array_length(kith_collection_items(collection));
    g_autofree int64_t *positions = g_new(int64_t, n_items + 1);
    g_autofree void **items =
        g_memdup2(collection->items->pdata, n_items * sizeof(void *));
    for (guint i = 0; i < n_items; i++)
        positions[i] = position_of(many, items[i]);
    void *item = items[from];
    if (from < to)
        memmove(items + from, items + from + 1, (to - from) * sizeof *items);
    else
        memmove(items + to + 1, items + to, (from - to) * sizeof *items);
    items[to] = item;
    renumber(many, items, positions, n_items);
    kith_collection_reorder(collection, kith_entity_of(item)->set->session);
}

bool
kith_entity_move(const void *object,
                 size_t offset,
                 const void *item,
                 size_t index,
                 KithPlace place,
                 GError **error)
{
    KithEntity *owner = kith_session_entity(object, place, "kith_move");
    if (owner == NULL)
        return kith_relation_refuse_nothing(error);
    const KithMapper *mapper = kith_entity_mapper(owner);
    unsigned number = kith_mapper_many_at(mapper, offset);
    const KithMany *many = number != KITH_NO_INDEX ? &mapper->many[number] : NULL;
    if (many == NULL || many->position == KITH_NO_INDEX) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_move in a member that is not mapped with a '.position'",
                       mapper->entity);
        return false;
    }
    KithCollection *collection = kith_entity_collection(owner, many, place, error);
    if (collection == NULL)
        return false;
    const void *const *items = kith_collection_items(collection);
    guint from = 0, last = (guint) MAX(kith_array_length(items), 1) - 1;
    while (items[from] != NULL && items[from] != item)
        from++;
    if (items[from] == NULL) {
        kith_error_set(error,
                       KITH_ERROR_MISUSE,
                       "%s: kith_move of what is not in %s",
                       mapper->entity,
                       many->member->name);
        return false;
    }
    move_item(many, collection, from, (guint) MIN(index, last));
    return true;
}

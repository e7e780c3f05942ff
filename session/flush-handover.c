/*
 * flush-handover.c - unique values that pass from row to row in one flush, and the
 * updates that break the circles they can make: two rows that swap a value, three that
 * pass it round.
 *
 * PostgreSQL and SQLite check a unique constraint after each row, so a swap cannot be one
 * statement.
 */
#include "flush-rows.h"

#include "entity.h"
#include "flush-sort.h"
#include "flush-values.h"
#include "foreign-key.h"

#include <string.h>

static KithChange *
change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

/* --- finding ----------------------------------------------------------------------- */

static bool
writes_any_of(const KithChange *change, const KithIndex *unique)
{
    for (unsigned i = 0; i < unique->n_columns; i++) {
        if (kith_bits_has(change->bits, unique->columns[i]))
            return true;
    }
    return false;
}

static bool
gives_up(const KithChange *change, const KithIndex *unique)
{
    if (change->operation == KITH_OPERATION_INSERT)
        return false;
    return change->operation == KITH_OPERATION_DELETE || writes_any_of(change, unique);
}

static bool
takes(const KithChange *change, const KithIndex *unique)
{
    return change->operation != KITH_OPERATION_DELETE && writes_any_of(change, unique);
}

static KithTuple
tuple_of(const KithMapper *mapper, const KithIndex *unique, const void *row)
{
    return (KithTuple){ .mapper = mapper,
                        .columns = unique->columns,
                        .n_columns = unique->n_columns,
                        .row = row };
}

/* The changes of one table, as a part of an array of indexes. */
typedef struct Rows {
    const KithMapper *storage;
    const unsigned *indexes;
    unsigned n_indexes;
} Rows;

static void
find_for_unique(KithPlan *plan,
                const Rows *rows,
                const KithMapper *owner,
                const KithIndex *unique,
                GArray *ret_edges)
{
    g_autoptr(GHashTable) given_up = kith_tuple_table_new();
    for (unsigned i = 0; i < rows->n_indexes; i++) {
        const KithChange *change = change_at(plan, rows->indexes[i]);
        if (kith_mapper_is_a(change->mapper, owner) && gives_up(change, unique))
            kith_tuple_table_add(
                given_up, tuple_of(owner, unique, change->before), rows->indexes[i]);
    }
    if (g_hash_table_size(given_up) == 0)
        return;
    for (unsigned i = 0; i < rows->n_indexes; i++) {
        const KithChange *change = change_at(plan, rows->indexes[i]);
        if (!kith_mapper_is_a(change->mapper, owner) || !takes(change, unique))
            continue;
        unsigned holder = kith_tuple_table_find(
            given_up, owner, unique->columns, tuple_of(owner, unique, change->row));
        if (holder == KITH_NO_INDEX || holder == rows->indexes[i])
            continue;
        KithRowEdge edge = {
            .before = holder,
            .after = rows->indexes[i],
            .reason = { .because = KITH_BECAUSE_VALUE, .mapper = owner, .index = unique }
        };
        g_array_append_val(ret_edges, edge);
    }
}

/* The key is unique as well, though it is not among the indexes. */
static const KithIndex *
key_as_index(KithPlan *plan, const KithMapper *mapper)
{
    KithIndex *index = g_new0(KithIndex, 1);
    g_ptr_array_add(plan->owned, index);
    *index = (KithIndex){ .name = "key",
                          .unique = true,
                          .n_columns = mapper->n_keys,
                          .columns = mapper->keys };
    return index;
}

/* The unique values that @owner has, and not only inherited from another one in its
 * table. */
static void
find_for_owner(KithPlan *plan,
               const Rows *rows,
               const KithMapper *owner,
               GArray *ret_edges)
{
    for (unsigned i = owner->base != NULL ? owner->base->n_indexes : 0;
         i < owner->n_indexes;
         i++) {
        if (owner->indexes[i].unique && !owner->indexes[i].deferrable)
            find_for_unique(plan, rows, owner, &owner->indexes[i], ret_edges);
    }
}

static void
find_for_table(KithPlan *plan, const Rows *rows, GArray *ret_edges)
{
    g_autoptr(GPtrArray) owners = g_ptr_array_new();
    for (unsigned i = 0; i < rows->n_indexes; i++) {
        const KithMapper *owner = change_at(plan, rows->indexes[i])->mapper;
        for (; owner != NULL && !g_ptr_array_find(owners, owner, NULL);
             owner = owner->base)
            g_ptr_array_add(owners, (void *) (uintptr_t) owner);
    }
    find_for_unique(
        plan, rows, rows->storage, key_as_index(plan, rows->storage), ret_edges);
    for (guint i = 0; i < owners->len; i++)
        find_for_owner(plan, rows, g_ptr_array_index(owners, i), ret_edges);
}

static int
compare_tables(const void *a, const void *b, void *data)
{
    const KithPlan *plan = data;
    unsigned i = *(const unsigned *) a, j = *(const unsigned *) b;
    unsigned m = change_at(plan, i)->mapper->storage->index;
    unsigned n = change_at(plan, j)->mapper->storage->index;
    if (m != n)
        return m < n ? -1 : 1;
    return i < j ? -1 : i > j;
}

/* By key, so that the order in which the program edited the rows is not seen in the plan.
 */
static int
compare_rows(const void *a, const void *b, void *data)
{
    const KithPlan *plan = data;
    unsigned i = *(const unsigned *) a, j = *(const unsigned *) b;
    const KithChange *one = change_at(plan, i), *other = change_at(plan, j);
    if (one->operation != other->operation)
        return one->operation < other->operation ? -1 : 1;
    int order = kith_compare_changes(one, other);
    return order != 0 ? order : (i > j) - (i < j);
}

/* Does the row leave a unique value or a key, or come to one? */
static bool
touches_unique_value(const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    const KithIndex key = { .n_columns = mapper->n_keys, .columns = mapper->keys };
    if (change->operation != KITH_OPERATION_UPDATE || writes_any_of(change, &key))
        return true;
    for (unsigned i = 0; i < mapper->n_indexes; i++) {
        if (mapper->indexes[i].unique && writes_any_of(change, &mapper->indexes[i]))
            return true;
    }
    return false;
}

/* With inserts alone, or nothing but them and one kind of other, there is nothing to hand
 * over; nor among updates that leave unique values alone. */
static bool
can_meet(const KithPlan *plan, const Rows *rows)
{
    bool may_give = false, may_take = false;
    for (unsigned i = 0; i < rows->n_indexes; i++) {
        const KithChange *change = change_at(plan, rows->indexes[i]);
        KithOperation operation = change->operation;
        if (!touches_unique_value(change))
            continue;
        may_give = may_give || operation != KITH_OPERATION_INSERT;
        may_take = may_take || operation != KITH_OPERATION_DELETE;
    }
    return may_give && may_take;
}

/* Nothing is given up. */
static bool
are_all_inserts(const KithPlan *plan)
{
    unsigned i = 0;
    while (i < plan->changes->len
           && change_at(plan, i)->operation == KITH_OPERATION_INSERT)
        i++;
    return i == plan->changes->len;
}

void
kith_find_handovers(KithPlan *plan, GArray *ret_edges)
{
    unsigned n_changes = plan->changes->len;
    if (n_changes < 2 || are_all_inserts(plan))
        return;
    g_autofree unsigned *indexes = g_new(unsigned, n_changes);
    for (unsigned i = 0; i < n_changes; i++)
        indexes[i] = i;
    kith_sort_indexes(indexes, n_changes, compare_tables, plan);
    for (unsigned first = 0, end; first < n_changes; first = end) {
        const KithMapper *storage = change_at(plan, indexes[first])->mapper->storage;
        for (end = first; end < n_changes
                          && change_at(plan, indexes[end])->mapper->storage == storage;)
            end++;
        Rows rows = { .storage = storage,
                      .indexes = indexes + first,
                      .n_indexes = end - first };
        if (!can_meet(plan, &rows))
            continue;
        kith_sort_indexes(indexes + first, end - first, compare_rows, plan);
        find_for_table(plan, &rows, ret_edges);
    }
}

/* --- breaking ---------------------------------------------------------------------- */

static void
clear_bit(uint64_t *bits, unsigned index)
{
    bits[index / 64] &= ~(UINT64_C(1) << (index % 64));
}

static void *
own(KithPlan *plan, void *memory)
{
    g_ptr_array_add(plan->owned, memory);
    return memory;
}

/* A number that depends on the row alone: the same changes have to give the same plan. */
static uint64_t
number_of(const KithMapper *mapper, const KithColumn *column, const void *row)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) + (uint64_t) (column - mapper->columns);
    g_autofree char *key = kith_mapper_key_text(mapper, row);
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (uint8_t) *at) * UINT64_C(0x100000001B3);
    /* Of keys that are near each other the numbers should not be. */
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
    return hash ^ (hash >> 33);
}

/*
 * The first number of a plan is that of a row, so that plans do not meet; from there on
 * they go in steps, which keep those of one plan apart however few of their bits fit a
 * column.
 */
static uint64_t
next_number(KithPlan *plan,
            const KithMapper *mapper,
            const KithColumn *column,
            const void *row)
{
    if (plan->made_up == 0)
        plan->made_up = number_of(mapper, column, row);
    plan->made_up += UINT64_C(0x9E3779B97F4A7C19); /* odd, and near the golden section */
    return plan->made_up;
}

/* Where there is no room to be unlikely: characters that mean nothing, for private use.
 */
static char *
made_up_text(uint64_t number, size_t max_length)
{
    if (max_length == 0 || max_length > 20)
        return g_strdup_printf("%016" G_GINT64_MODIFIER "x~kith", number);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < max_length; i++) {
        g_string_append_unichar(text, (gunichar) (0xE000 + number % 4096));
        number /= 4096;
    }
    return g_string_free(text, FALSE);
}

/* Far from what anybody would use, and different for each row. */
static bool
store_made_up(KithPlan *plan, const KithMapper *mapper, unsigned index, void *row)
{
    const KithColumn *column = &mapper->columns[index];
    char *at = (char *) row + column->offset;
    uint64_t number = next_number(plan, mapper, column, row);
    switch (column->kind) {
    case KITH_KIND_INT32:
        *(int32_t *) (void *) at = INT32_MIN + (int32_t) (number % (1u << 30));
        return true;
    case KITH_KIND_INT64:
        *(int64_t *) (void *) at = INT64_MIN + (int64_t) (number >> 2);
        return true;
    case KITH_KIND_DOUBLE:
        *(double *) (void *) at = -1e300 - (double) number * 1e270;
        return true;
    case KITH_KIND_TIME:
        *(KithTime *) (void *) at = kith_time_make(1, 1, 1, 0, 0, 0, 0);
        ((KithTime *) (void *) at)->usec += (int64_t) (number >> 10);
        return true;
    case KITH_KIND_DATE:
        *(KithDate *) (void *) at = kith_date_make(1, 1, 1);
        ((KithDate *) (void *) at)->days += (int32_t) (number % (1u << 18));
        return true;
    case KITH_KIND_UUID:
        memset(at, 0xFF, sizeof(KithUuid));
        memcpy(at, &number, sizeof number);
        return true;
    case KITH_KIND_TEXT:
        *(const char **) (void *) at =
            own(plan, made_up_text(number, mapper->details[index].max_length));
        return true;
    default:
        return false;
    }
}

static bool
is_foreign_key(const KithMapper *mapper, unsigned column)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        for (unsigned j = 0; j < mapper->foreign_keys[i].n_columns; j++) {
            if (mapper->foreign_keys[i].columns[j] == column)
                return true;
        }
    }
    return false;
}

/* A number with names has a CHECK on it, which a made-up one would not pass. */
static bool
can_be_made_up(const KithMapper *mapper, unsigned column)
{
    const KithColumnDetail *detail = &mapper->details[column];
    KithKind kind = mapper->columns[column].kind;
    return detail->names == NULL && detail->computed_sql == NULL && kind != KITH_KIND_BOOL
           && kind != KITH_KIND_BLOB && kind != KITH_KIND_ENUM
           && !is_foreign_key(mapper, column);
}

/* Where a foreign key gets a NULL, the reference has no target. */
static void
store_null(const KithMapper *mapper, unsigned index, void *row)
{
    kith_column_empty(&mapper->columns[index], row);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        for (unsigned j = 0; j < foreign_key->n_columns; j++) {
            if (foreign_key->reference != KITH_NO_OFFSET
                && foreign_key->columns[j] == index)
                *kith_reference_target(foreign_key, row) = NULL;
        }
    }
}

/* What the row will be after update @early, which there may not be yet. */
static void *
image_after(KithPlan *plan, unsigned index, unsigned early)
{
    const KithChange *change = change_at(plan, index);
    return early != KITH_NO_INDEX
               ? change_at(plan, early)->row
               : own(plan, kith_image_new(change->mapper, change->before));
}

/* Have @column written before the row that @index is about, which is @image then. */
static unsigned
update_before(
    KithPlan *plan, unsigned index, unsigned early, void *image, unsigned column)
{
    KithChange *change = change_at(plan, index);
    /* Of several unique columns the program may have changed another one. */
    if (change->operation == KITH_OPERATION_UPDATE)
        kith_bits_set(change->bits, column);
    if (early != KITH_NO_INDEX) {
        kith_bits_set(change_at(plan, early)->bits, column);
        return early;
    }
    KithChange update = { .operation = KITH_OPERATION_UPDATE,
                          .mapper = change->mapper,
                          .what = change->what,
                          .object = image,
                          .row = image,
                          .before = change->before,
                          .is_passing = true };
    update.bits = own(plan, g_new0(uint64_t, KITH_BITS(change->mapper->n_columns)));
    kith_bits_set(update.bits, column);
    change->before = image; /* what the row is when its turn comes */
    g_array_append_val(plan->changes, update);
    return plan->changes->len - 1;
}

/*
 * The column of @unique by which a row gives up its value: rather one that it writes
 * anyway.
 */
static unsigned
choose_column(const KithChange *change,
              const KithIndex *unique,
              bool (*can_do)(const KithMapper *mapper, unsigned column))
{
    unsigned chosen = KITH_NO_INDEX;
    for (unsigned i = 0; i < unique->n_columns; i++) {
        unsigned column = unique->columns[i];
        if (!can_do(change->mapper, column))
            continue;
        if (change->bits == NULL || kith_bits_has(change->bits, column))
            return column;
        chosen = chosen == KITH_NO_INDEX ? column : chosen;
    }
    return chosen;
}

unsigned
kith_plan_make_room(KithPlan *plan,
                    unsigned index,
                    unsigned early,
                    const KithIndex *unique,
                    bool only_null)
{
    const KithChange *change = change_at(plan, index);
    const KithMapper *mapper = change->mapper;
    void *image = image_after(plan, index, early);
    unsigned column = choose_column(change, unique, kith_mapper_can_empty);
    if (column != KITH_NO_INDEX) {
        store_null(mapper, column, image);
        return update_before(plan, index, early, image, column);
    }
    column = only_null ? KITH_NO_INDEX : choose_column(change, unique, can_be_made_up);
    if (column == KITH_NO_INDEX || !store_made_up(plan, mapper, column, image))
        return KITH_NO_INDEX;
    return update_before(plan, index, early, image, column);
}

unsigned
kith_plan_empty_reference(KithPlan *plan,
                          unsigned index,
                          unsigned early,
                          const KithForeignKey *foreign_key)
{
    void *image = image_after(plan, index, early);
    for (unsigned i = 0; i < foreign_key->n_emptied; i++) {
        store_null(change_at(plan, index)->mapper, foreign_key->emptied[i], image);
        early = update_before(plan, index, early, image, foreign_key->emptied[i]);
    }
    return early;
}

static bool
writes_nothing_else(const KithChange *change)
{
    for (unsigned i = 0; i < change->mapper->n_columns; i++) {
        if (i != change->mapper->version && kith_bits_has(change->bits, i))
            return false;
    }
    return true;
}

/*
 * An insert writes NULL in place of a reference, and stays in one step with its
 * neighbours. A plain column is the program's, and so is a key without an object: not
 * ours to empty, they are not written at all.
 */
static bool
leave_out(KithPlan *plan, KithChange *change, const KithForeignKey *foreign_key)
{
    if (change->operation == KITH_OPERATION_INSERT
        && foreign_key->reference != KITH_NO_OFFSET
        && *kith_reference_target(foreign_key, change->row) != NULL) {
        if (change->left_out == NULL)
            change->left_out =
                own(plan, g_new0(uint64_t, KITH_BITS(change->mapper->n_columns)));
        kith_foreign_key_mark_emptied(foreign_key, change->left_out);
        return true;
    }
    for (unsigned i = 0; i < foreign_key->n_emptied; i++)
        clear_bit(change->bits, foreign_key->emptied[i]);
    if (change->operation == KITH_OPERATION_INSERT || !writes_nothing_else(change))
        return true;
    kith_foreign_key_mark_emptied(foreign_key, change->bits);
    return false;
}

unsigned
kith_plan_write_later(KithPlan *plan,
                      unsigned index,
                      unsigned later,
                      const KithForeignKey *foreign_key)
{
    KithChange *change = change_at(plan, index);
    KithChange update = { .operation = KITH_OPERATION_UPDATE,
                          .mapper = change->mapper,
                          .what = change->what,
                          .object = change->object,
                          .row = change->row,
                          .before = change->row };
    if (!leave_out(plan, change, foreign_key))
        return KITH_NO_INDEX;
    if (later == KITH_NO_INDEX) {
        update.bits = own(plan, g_new0(uint64_t, KITH_BITS(change->mapper->n_columns)));
        later = plan->changes->len;
        g_array_append_val(plan->changes, update);
    }
    kith_foreign_key_mark_emptied(foreign_key, change_at(plan, later)->bits);
    return later;
}

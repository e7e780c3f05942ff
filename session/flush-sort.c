/*
 * flush-sort.c - see the header. Of most changes all that counts fits into three numbers,
 * so that they are sorted without a look at their rows.
 */
#include "flush-sort.h"

#include "entity.h"

#include <string.h>

static KithChange *
change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* --- by the rows ------------------------------------------------------------------- */

static int
compare_values(const KithColumn *column, const void *a, const void *b)
{
    const void *x = kith_column_get(column, a), *y = kith_column_get(column, b);
    switch (column->kind) {
    case KITH_KIND_INT32: {
        int32_t m = *(const int32_t *) x, n = *(const int32_t *) y;
        return (m > n) - (m < n);
    }
    case KITH_KIND_INT64: {
        int64_t m = *(const int64_t *) x, n = *(const int64_t *) y;
        return (m > n) - (m < n);
    }
    case KITH_KIND_UUID:
        return memcmp(x, y, sizeof(KithUuid));
    default:
        return strcmp(*(const char *const *) x, *(const char *const *) y);
    }
}

static int
compare_keys(const KithMapper *mapper, const void *a, const void *b)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        int order = compare_values(&mapper->columns[mapper->keys[i]], a, b);
        if (order != 0)
            return order;
    }
    return 0;
}

int
kith_compare_changes(const KithChange *a, const KithChange *b)
{
    if (a->operation == KITH_OPERATION_INSERT)
        return compare_numbers(a->sequence, b->sequence);
    return compare_keys(a->mapper, a->before, b->before);
}

int
kith_compare_bits(const KithChange *a, const KithChange *b)
{
    if (a->bits == NULL || b->bits == NULL)
        return (a->bits != NULL) - (b->bits != NULL);
    for (unsigned i = 0; i < KITH_BITS(a->mapper->n_columns); i++) {
        int order = compare_numbers(a->bits[i], b->bits[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* --- by numbers -------------------------------------------------------------------- */

/* A change as it is sorted. What does not fit is zero, and left to the rows. */
typedef struct Ranked {
    uint64_t action;
    uint64_t bits;
    uint64_t key;
    unsigned index;
    bool is_exact; /* all that counts did fit */
} Ranked;

/*
 * Inserts, updates, deletes; tables by rank, of deletes the last one first. Links are
 * taken away right before others of their table are made.
 */
static uint64_t
rank_of_action(const KithChange *change)
{
    uint64_t table =
        (uint64_t) change->mapper->rank << 25 | (uint64_t) change->mapper->index << 1;
    if (change->mapper->is_link && change->operation == KITH_OPERATION_INSERT)
        return table | 1;
    if (change->mapper->is_link && change->operation == KITH_OPERATION_DELETE)
        return table;
    if (change->operation == KITH_OPERATION_DELETE)
        table = (UINT64_C(1) << 48) - table;
    return (uint64_t) change->operation << 56 | table;
}

/* A key of one integer, so that a smaller key is a smaller number. */
static uint64_t
rank_of_key(const KithChange *change, bool *ret_is_exact)
{
    const KithMapper *mapper = change->mapper;
    const KithColumn *column = &mapper->columns[mapper->keys[0]];
    const void *key = (const char *) change->before + column->offset;
    int64_t integer = 0;
    *ret_is_exact = true;
    if (mapper->n_keys == 1 && column->kind == KITH_KIND_INT64)
        integer = *(const int64_t *) key;
    else if (mapper->n_keys == 1 && column->kind == KITH_KIND_INT32)
        integer = *(const int32_t *) key;
    else
        *ret_is_exact = false;
    return (uint64_t) integer ^ (UINT64_C(1) << 63);
}

static Ranked
rank(const KithChange *change, unsigned index)
{
    Ranked ranked = { .action = rank_of_action(change), .index = index };
    if (change->operation == KITH_OPERATION_INSERT) {
        ranked.key = change->sequence;
        ranked.is_exact = true;
        return ranked;
    }
    bool has_many_bits = KITH_BITS(change->mapper->n_columns) > 1;
    if (change->operation == KITH_OPERATION_UPDATE && has_many_bits)
        return ranked;
    if (change->operation == KITH_OPERATION_UPDATE)
        ranked.bits = change->bits[0];
    ranked.key = rank_of_key(change, &ranked.is_exact);
    return ranked;
}

static int
compare_ranked(const void *left, const void *right, void *data)
{
    const Ranked *a = left, *b = right;
    if (a->action != b->action)
        return a->action < b->action ? -1 : 1;
    if (a->bits != b->bits)
        return a->bits < b->bits ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    const KithChange *one = change_at(data, a->index), *other = change_at(data, b->index);
    int order = 0;
    if (one->operation == KITH_OPERATION_UPDATE)
        order = kith_compare_bits(one, other);
    if (order == 0)
        order = kith_compare_changes(one, other);
    return order != 0 ? order : compare_numbers(a->index, b->index);
}

/* Below this a comparison sort is as fast. */
#define LEAST_FOR_DIGITS 64

/* A number of @ranked, by its place in the struct: what counts least comes first. */
static uint64_t
number_at(const Ranked *ranked, unsigned place)
{
    return place == 0 ? ranked->key : place == 1 ? ranked->bits : ranked->action;
}

/* One pass of a radix sort: by the eight bits of number @place from @shift on. */
static void
sort_by_digit(
    const Ranked *from, Ranked *to, size_t count, unsigned place, unsigned shift)
{
    size_t starts[257] = { 0 };
    for (size_t i = 0; i < count; i++)
        starts[(number_at(&from[i], place) >> shift & 0xFF) + 1]++;
    for (unsigned digit = 1; digit < 256; digit++)
        starts[digit] += starts[digit - 1];
    for (size_t i = 0; i < count; i++)
        to[starts[number_at(&from[i], place) >> shift & 0xFF]++] = from[i];
}

/* The bits in which a number is not the same in all. */
static uint64_t
differing_bits(const Ranked *ranked, size_t count, unsigned place)
{
    uint64_t first = number_at(&ranked[0], place), differing = 0;
    for (size_t i = 1; i < count; i++)
        differing |= number_at(&ranked[i], place) ^ first;
    return differing;
}

/*
 * Of many rows the keys differ in two or three bytes: so many passes sort them, where
 * comparing takes a dozen looks at each. Equal ones stay in their order.
 */
static void
sort_by_digits(Ranked *ranked, size_t count)
{
    g_autofree Ranked *room = g_new(Ranked, count);
    Ranked *from = ranked, *to = room;
    for (unsigned place = 0; place < 3; place++) {
        uint64_t differing = differing_bits(ranked, count, place);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            if ((differing >> shift & 0xFF) == 0)
                continue;
            sort_by_digit(from, to, count, place, shift);
            Ranked *sorted = to;
            to = from;
            from = sorted;
        }
    }
    if (from != ranked)
        memcpy(ranked, from, count * sizeof *ranked);
}

static void
sort_ranked(Ranked *ranked, unsigned count, void *plan)
{
    bool is_exact = true;
    for (unsigned i = 0; i < count; i++)
        is_exact = is_exact && ranked[i].is_exact;
    if (is_exact && count >= LEAST_FOR_DIGITS)
        sort_by_digits(ranked, count);
    else
        g_qsort_with_data(ranked, (gint) count, sizeof *ranked, compare_ranked, plan);
}

/* For so few no memory is taken. */
#define FEW 8

/* What was added in turn, or edited by key, need not be sorted. */
static bool
is_sorted(const KithPlan *plan)
{
    void *data = (void *) (uintptr_t) plan;
    Ranked last = { .action = 0 };
    for (unsigned i = 0; i < plan->changes->len; i++) {
        Ranked next = rank(change_at(plan, i), i);
        if (i > 0 && compare_ranked(&last, &next, data) >= 0)
            return false;
        last = next;
    }
    return true;
}

void
kith_plan_sort(const KithPlan *plan, unsigned *ret_sorted)
{
    unsigned n_changes = plan->changes->len;
    if (is_sorted(plan)) {
        for (unsigned i = 0; i < n_changes; i++)
            ret_sorted[i] = i;
        return;
    }
    Ranked few[FEW];
    g_autofree Ranked *many = n_changes > FEW ? g_new(Ranked, n_changes) : NULL;
    Ranked *ranked = many != NULL ? many : few;
    for (unsigned i = 0; i < n_changes; i++)
        ranked[i] = rank(change_at(plan, i), i);
    sort_ranked(ranked, n_changes, (void *) (uintptr_t) plan);
    for (unsigned i = 0; i < n_changes; i++)
        ret_sorted[i] = ranked[i].index;
}

void
kith_sort_indexes(unsigned *indexes,
                  unsigned n_indexes,
                  GCompareDataFunc compare,
                  const KithPlan *plan)
{
    void *data = (void *) (uintptr_t) plan;
    unsigned i = 1;
    while (i < n_indexes && compare(&indexes[i - 1], &indexes[i], data) <= 0)
        i++;
    if (i < n_indexes)
        g_qsort_with_data(indexes, (gint) n_indexes, sizeof *indexes, compare, data);
}

/*
 * flush-plan.c - see the header. The order of tables was found once, with the mappings (their rank);
 * what is left is a sort, and for rows of tables in a cycle their depth.
 */
#include "flush-plan.h"

#include "entity.h"
#include "error.h"

#include <string.h>

/* What the sort compares, made once for each change. */
typedef struct Place {
    const KithChange *change;
    unsigned index;
    unsigned depth; /* among the rows of a cycle */
} Place;

/* --- depth ---------------------------------------------------------------------------------------- */

typedef struct Walk {
    KithPlan *plan;
    unsigned *depth;    /* by change, from 1; 0: not yet known */
    bool *is_on_path;
    GArray *path;       /* of unsigned: from the change that was asked for to here */
    GHashTable *broken; /* from an insert to the update that completes it (index + 1) */
} Walk;

static KithChange *
change_at(const KithPlan *plan, unsigned index)
{
    return &g_array_index(plan->changes, KithChange, index);
}

/* The update that completes insert @index, made if there is none yet. */
static KithChange *
completion_of(Walk *walk, unsigned index)
{
    KithPlan *plan = walk->plan;
    guint known
        = GPOINTER_TO_UINT(g_hash_table_lookup(walk->broken, GUINT_TO_POINTER(index + 1)));
    if (known > 0)
        return change_at(plan, known - 1);
    const KithChange *insert = change_at(plan, index);
    KithChange update = { .operation = KITH_OPERATION_UPDATE,
                          .mapper = insert->mapper,
                          .row = insert->row,
                          .before = insert->row };
    update.bits = g_new0(uint64_t, KITH_BITS(insert->mapper->n_columns));
    g_ptr_array_add(plan->owned, update.bits);
    g_hash_table_insert(walk->broken,
                        GUINT_TO_POINTER(index + 1),
                        GUINT_TO_POINTER(plan->changes->len + 1));
    g_array_append_val(plan->changes, update);
    return change_at(plan, plan->changes->len - 1);
}

/* Move a foreign key from insert @index to a later update. */
static void
write_later(Walk *walk, unsigned index, const KithForeignKey *foreign_key)
{
    KithChange *update = completion_of(walk, index);
    uint64_t *bits = change_at(walk->plan, index)->bits;
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        unsigned column = foreign_key->columns[i];
        bits[column / 64] &= ~(UINT64_C(1) << (column % 64));
        kith_bits_set(update->bits, column);
    }
}

static void
set_circle_error(const Walk *walk, unsigned index, GError **error)
{
    g_autoptr(GString) circle = g_string_new(NULL);
    guint first = walk->path->len;
    while (first > 0 && g_array_index(walk->path, unsigned, first - 1) != index)
        first--;
    for (guint i = first > 0 ? first - 1 : 0; i < walk->path->len; i++) {
        const KithChange *change
            = change_at(walk->plan, g_array_index(walk->path, unsigned, i));
        g_autofree char *key
            = kith_mapper_key_text(change->mapper, change->row != NULL ? change->row : change->before);
        g_string_append_printf(circle, "%s %s -> ", change->mapper->entity, key);
    }
    kith_error_set(error,
                   KITH_ERROR_FOREIGN_KEY,
                   "%s%s: these rows refer to each other in a circle, and none of the references "
                   "can be NULL for a moment; make one of them nullable or deferrable",
                   circle->str,
                   change_at(walk->plan, index)->mapper->entity);
}

static bool find_depth(Walk *walk, unsigned index, GError **error);

/* How deep must @index be because of its foreign key @number? */
static bool
follow(Walk *walk, unsigned index, unsigned number, unsigned *depth, GError **error)
{
    const KithChange *change = change_at(walk->plan, index);
    const KithForeignKey *foreign_key = &change->mapper->foreign_keys[number];
    unsigned target = change->targets[number];
    bool is_insert = change->operation == KITH_OPERATION_INSERT;
    if (target == KITH_NO_INDEX || target == index || foreign_key->deferrable)
        return true;
    if (walk->is_on_path[target]) {
        if (!is_insert || !foreign_key->nullable) {
            set_circle_error(walk, target, error);
            return false;
        }
        write_later(walk, index, foreign_key);
        return true;
    }
    if (!find_depth(walk, target, error))
        return false;
    *depth = MAX(*depth, walk->depth[target] + 1);
    return true;
}

/* Foreign keys that cannot be NULL are followed first: a circle is then broken at one that can. */
static bool
find_depth(Walk *walk, unsigned index, GError **error)
{
    if (walk->depth[index] > 0)
        return true;
    const KithChange *change = change_at(walk->plan, index);
    const KithMapper *mapper = change->mapper;
    unsigned depth = 1;
    g_array_append_val(walk->path, index);
    walk->is_on_path[index] = true;
    for (int nullable = 0; change->targets != NULL && nullable < 2; nullable++) {
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            if (mapper->foreign_keys[i].nullable == (nullable == 1)
                && !follow(walk, index, i, &depth, error))
                return false;
            change = change_at(walk->plan, index); /* the array may have moved */
        }
    }
    walk->is_on_path[index] = false;
    g_array_set_size(walk->path, walk->path->len - 1);
    walk->depth[index] = depth;
    return true;
}

static bool
find_depths(KithPlan *plan, unsigned n_changes, unsigned *depth, GError **error)
{
    g_autofree bool *is_on_path = g_new0(bool, n_changes + 1);
    g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autoptr(GHashTable) broken = g_hash_table_new(NULL, NULL);
    Walk walk = { .plan = plan,
                  .depth = depth,
                  .is_on_path = is_on_path,
                  .path = path,
                  .broken = broken };
    for (unsigned i = 0; i < n_changes; i++) {
        if (!find_depth(&walk, i, error))
            return false;
    }
    return true;
}

/* --- order ------------------------------------------------------------------------------------------- */

static int
compare_values(const KithColumn *column, const void *a, const void *b)
{
    const void *x = kith_column_get(column, a), *y = kith_column_get(column, b);
    if (x == NULL || y == NULL)
        return (x != NULL) - (y != NULL);
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

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Tables first: by rank, then rows of a cycle by depth, then by table. */
static int
compare_tables(const Place *a, const Place *b)
{
    const KithMapper *m = a->change->mapper, *n = b->change->mapper;
    int order = compare_numbers(m->rank, n->rank);
    if (order == 0)
        order = compare_numbers(a->depth, b->depth);
    if (order == 0)
        order = compare_numbers(m->index, n->index);
    return a->change->operation == KITH_OPERATION_DELETE ? -order : order;
}

static int
compare_bits(const KithChange *a, const KithChange *b)
{
    for (unsigned i = 0; i < KITH_BITS(a->mapper->n_columns); i++) {
        int order = compare_numbers(a->bits[i], b->bits[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int
compare_places(const void *left, const void *right)
{
    const Place *a = left, *b = right;
    int order = compare_numbers(a->change->operation, b->change->operation);
    if (order == 0)
        order = compare_tables(a, b);
    if (order == 0 && a->change->operation == KITH_OPERATION_UPDATE)
        order = compare_bits(a->change, b->change);
    if (order == 0 && a->change->operation == KITH_OPERATION_INSERT)
        order = compare_numbers(a->change->sequence, b->change->sequence);
    else if (order == 0)
        order = compare_keys(a->change->mapper, a->change->before, b->change->before);
    return order != 0 ? order : compare_numbers(a->index, b->index);
}

/* --- steps ------------------------------------------------------------------------------------------- */

static bool
belongs_to_step(const KithStep *step, const KithChange *change, bool is_deeper)
{
    if (step->operation != change->operation || step->mapper != change->mapper || is_deeper)
        return false;
    return step->bits == NULL
           || memcmp(step->bits,
                     change->bits,
                     KITH_BITS(change->mapper->n_columns) * sizeof *change->bits)
                  == 0;
}

static void
make_steps(KithPlan *plan, const Place *places, unsigned n_places)
{
    g_array_set_size(plan->order, n_places);
    for (unsigned i = 0; i < n_places; i++) {
        const KithChange *change = places[i].change;
        bool is_deeper = i > 0 && places[i].depth != places[i - 1].depth;
        g_array_index(plan->order, unsigned, i) = places[i].index;
        KithStep *last = plan->steps->len > 0
                             ? &g_array_index(plan->steps, KithStep, plan->steps->len - 1)
                             : NULL;
        if (last != NULL && belongs_to_step(last, change, is_deeper)) {
            last->n_changes++;
            continue;
        }
        KithStep step = { .operation = change->operation,
                          .mapper = change->mapper,
                          .bits = change->bits,
                          .n_changes = 1,
                          .changes = &g_array_index(plan->order, unsigned, i) };
        g_array_append_val(plan->steps, step);
    }
}

KithPlan *
kith_plan_new(const KithChange *changes, unsigned n_changes, GError **error)
{
    g_autoptr(KithPlan) plan = g_new0(KithPlan, 1);
    plan->changes = g_array_new(FALSE, FALSE, sizeof(KithChange));
    plan->order = g_array_new(FALSE, FALSE, sizeof(unsigned));
    plan->steps = g_array_new(FALSE, FALSE, sizeof(KithStep));
    plan->owned = g_ptr_array_new_with_free_func(g_free);
    if (n_changes > 0)
        g_array_append_vals(plan->changes, changes, n_changes);
    g_autofree unsigned *depth = g_new0(unsigned, n_changes + 1);
    if (!find_depths(plan, n_changes, depth, error))
        return NULL;
    unsigned n_places = plan->changes->len;
    g_autofree Place *places = g_new(Place, n_places + 1);
    for (unsigned i = 0; i < n_places; i++) {
        bool is_given = i < n_changes;
        const KithChange *change = change_at(plan, i);
        places[i] = (Place){ .change = change, .index = i, .depth = is_given ? depth[i] : 0 };
        if (change->operation == KITH_OPERATION_UPDATE)
            places[i].depth = 0; /* updates wait for nobody: all inserts are done */
    }
    qsort(places, n_places, sizeof *places, compare_places);
    make_steps(plan, places, n_places);
    return g_steal_pointer(&plan);
}

void
kith_plan_free(KithPlan *plan)
{
    if (plan == NULL)
        return;
    g_array_unref(plan->changes);
    g_array_unref(plan->order);
    g_array_unref(plan->steps);
    g_ptr_array_unref(plan->owned);
    g_free(plan);
}

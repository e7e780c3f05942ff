/*
 * eager.c - relations that are loaded with a query. Each step of a path is loaded for all
 * objects that the step before it led to, as relation.c loads it for siblings; so what is
 * loaded already is not asked for again, and every object stays the one of its row.
 */
#include "eager.h"

#include "error.h"
#include "query.h"
#include "relation.h"

typedef struct KithEagerStep {
    size_t offset;    /* of the member */
    bool is_joined;   /* by the statement of the query, where that can be */
    KithQuery *only;  /* of a collection, what this finds; NULL: all of it. Borrowed */
    GPtrArray *below; /* of KithEagerStep */
} KithEagerStep;

static void
free_step(void *data)
{
    KithEagerStep *step = data;
    g_ptr_array_unref(step->below);
    g_free(step);
}

static GPtrArray *
new_steps(void)
{
    return g_ptr_array_new_with_free_func(free_step);
}

static GPtrArray *
copy_steps(const GPtrArray *steps)
{
    GPtrArray *copies = new_steps();
    for (guint i = 0; i < steps->len; i++) {
        KithEagerStep *copy =
            g_memdup2(g_ptr_array_index(steps, i), sizeof(KithEagerStep));
        copy->below = copy_steps(copy->below);
        g_ptr_array_add(copies, copy);
    }
    return copies;
}

KithEager
kith_eager_copy(const KithEager *eager)
{
    return (KithEager){
        .steps = eager->steps != NULL ? copy_steps(eager->steps) : NULL,
        .is_strict = eager->is_strict,
    };
}

bool
kith_eager_has(const KithEager *eager)
{
    return eager->steps != NULL;
}

void
kith_eager_clear(KithEager *eager)
{
    g_clear_pointer(&eager->steps, g_ptr_array_unref);
}

static KithEagerStep *
find_or_add(GPtrArray *steps, size_t offset, KithQuery *only)
{
    for (guint i = 0; i < steps->len; i++) {
        KithEagerStep *step = g_ptr_array_index(steps, i);
        if (step->offset == offset && step->only == only)
            return step;
    }
    KithEagerStep *step = g_new0(KithEagerStep, 1);
    step->offset = offset;
    step->only = only;
    step->below = new_steps();
    g_ptr_array_add(steps, step);
    return step;
}

static GPtrArray *
steps_of(KithQuery *query)
{
    KithEager *eager = kith_query_eager(query);
    if (eager->steps == NULL)
        eager->steps = new_steps();
    return eager->steps;
}

void
kith_query_with(KithQuery *query, const size_t *path, size_t length)
{
    GPtrArray *steps = steps_of(query);
    for (size_t i = 0; i < length; i++)
        steps = find_or_add(steps, path[i], NULL)->below;
}

void
kith_query_with_join(KithQuery *query, size_t offset)
{
    find_or_add(steps_of(query), offset, NULL)->is_joined = true;
    kith_query_changed(query);
}

unsigned
kith_eager_joined(const KithEager *eager,
                  const KithMapper *mapper,
                  const KithForeignKey **ret_foreign_keys)
{
    unsigned n_joined = 0;
    for (guint i = 0; eager->steps != NULL && i < eager->steps->len; i++) {
        const KithEagerStep *step = g_ptr_array_index(eager->steps, i);
        KithRelation relation;
        if (step->is_joined && n_joined < KITH_MAX_JOINED
            && kith_relation_at(mapper, step->offset, &relation)
            && relation.reference != NULL && relation.target->wide == NULL)
            ret_foreign_keys[n_joined++] = relation.reference;
    }
    return n_joined;
}

void
kith_query_with_only(KithQuery *query, size_t offset, KithQuery *only)
{
    (void) find_or_add(steps_of(query), offset, only);
}

/* What the relation leads to from all of them, each object once. */
static GPtrArray *
reached_from(const KithRelation *relation, const GPtrArray *objects)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    GPtrArray *reached = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        g_ptr_array_set_size(found, 0);
        kith_relation_collect(relation, g_ptr_array_index(objects, i), found);
        for (guint j = 0; j < found->len; j++) {
            if (g_hash_table_add(seen, g_ptr_array_index(found, j)))
                g_ptr_array_add(reached, g_ptr_array_index(found, j));
        }
    }
    return reached;
}

static bool
load_steps(KithSession *session,
           const GPtrArray *steps,
           const KithMapper *mapper,
           const GPtrArray *objects,
           KithPlace place,
           GError **error)
{
    for (guint i = 0; i < steps->len; i++) {
        const KithEagerStep *step = g_ptr_array_index(steps, i);
        KithRelation relation;
        if (!kith_relation_at(mapper, step->offset, &relation)) {
            kith_error_set(error,
                           KITH_ERROR_MISUSE,
                           "%s: kith_with of a member that is not mapped as a relation",
                           mapper->entity);
            return false;
        }
        bool done =
            step->only != NULL && relation.many != NULL
                ? kith_query_find_each(step->only, relation.many, objects, place, error)
                : kith_relation_load(session, &relation, objects, NULL, place, error);
        if (!done)
            return false;
        if (step->below->len == 0)
            continue;
        g_autoptr(GPtrArray) reached = reached_from(&relation, objects);
        if (!load_steps(session, step->below, relation.target, reached, place, error))
            return false;
    }
    return true;
}

bool
kith_eager_load(const KithEager *eager,
                const KithEntitySet *set,
                const GPtrArray *objects,
                KithPlace place,
                GError **error)
{
    return eager->steps == NULL
           || load_steps(set->session, eager->steps, set->mapper, objects, place, error);
}

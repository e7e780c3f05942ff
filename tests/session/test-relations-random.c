/*
 * test-relations-random.c - random sequences of what can be done to relations, against a
 * model in memory: children that move, orphans, owners that are deleted with what they
 * own, links from either side, rollbacks, savepoints, failed commits, new sessions. After
 * each flush both sides have to be what the model says, and after each commit the tables
 * too.
 */
#include "own-schema.h"

typedef struct Nest Nest;
typedef struct Egg Egg;
typedef struct Colour Colour;

struct Nest {
    int64_t id;
    const char *name;
    KITH_MANY(Egg) eggs;
    KITH_MANY(Colour) colours;
};

struct Egg {
    int64_t id;
    const char *name; /* unique */
    KITH_REF(Nest) nest;
    KITH_MANY(Colour) colours;
};

struct Colour {
    int64_t id;
    const char *name;
    KITH_MANY(Nest) nests;
    KITH_MANY(Egg) eggs;
};

KITH_DECLARE(Nest);
KITH_DECLARE(Egg);
KITH_DECLARE(Colour);

KITH_MAPPING(Nest,
             "nests",
             KITH_KEY(Nest, id),
             KITH_COLUMN(Nest, name),
             KITH_HAS_MANY(Nest,
                           eggs,
                           Egg,
                           nest,
                           .on_delete = KITH_CASCADE,
                           .delete_orphans = true),
             KITH_MANY_TO_MANY(Nest, colours, Colour));
KITH_MAPPING(Egg,
             "eggs",
             KITH_KEY(Egg, id),
             KITH_COLUMN(Egg, name, .unique = true),
             KITH_BELONGS_TO(Egg, nest, Nest, .nullable = true),
             KITH_MANY_TO_MANY(Egg, colours, Colour, .in_session = true));
KITH_MAPPING(Colour,
             "colours",
             KITH_KEY(Colour, id),
             KITH_COLUMN(Colour, name),
             KITH_MANY_TO_MANY_BACK(Colour, nests, Nest, colours),
             KITH_MANY_TO_MANY_BACK(Colour, eggs, Egg, colours));

#define N 6

/* What there is to be. Numbers are keys less one. */
typedef struct Model {
    bool nests[N], eggs[N], colours[N];
    int nest_of[N]; /* of an egg; -1: none */
    bool is_orphan[N];
    bool of_nest[N][N], of_egg[N][N]; /* links to colours */
} Model;

typedef struct World {
    Fixture *fixture;
    KithSession *session;
    GRand *random;
    Model now, committed, saved;
    bool has_savepoint;
    const Nest *nests[N];
    const Egg *eggs[N];
    const Colour *colours[N];
} World;

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Nest, Egg, Colour));
}

static int
any(World *world)
{
    return g_rand_int_range(world->random, 0, N);
}

static bool
by_chance(World *world)
{
    return g_rand_boolean(world->random);
}

/* --- the model --------------------------------------------------------------------- */

static void
forget_links(bool links[N][N], int row, int column)
{
    for (int i = 0; i < N; i++) {
        if (row >= 0)
            links[row][i] = false;
        if (column >= 0)
            links[i][column] = false;
    }
}

static void
remove_egg(Model *model, int egg)
{
    model->eggs[egg] = false;
    model->nest_of[egg] = -1;
    model->is_orphan[egg] = false;
    forget_links(model->of_egg, egg, -1);
}

/* What a flush does by itself: orphans go, and eggs with their nest. */
static void
settle(Model *model)
{
    for (int egg = 0; egg < N; egg++) {
        bool lost = model->nest_of[egg] >= 0 && !model->nests[model->nest_of[egg]];
        if (model->eggs[egg] && (lost || model->is_orphan[egg]))
            remove_egg(model, egg);
    }
}

/* --- objects ----------------------------------------------------------------------- */

/* All objects that there are, got anew: what was added may have been taken back. */
static void
get_all(World *world)
{
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < N; i++) {
        world->nests[i] = kith_get(world->session, Nest, i + 1, &error);
        world->eggs[i] = kith_get(world->session, Egg, i + 1, &error);
        world->colours[i] = kith_get(world->session, Colour, i + 1, &error);
        assert_done(error == NULL, error);
        assert_true((world->nests[i] != NULL) == world->now.nests[i]);
        assert_true((world->eggs[i] != NULL) == world->now.eggs[i]);
        assert_true((world->colours[i] != NULL) == world->now.colours[i]);
    }
}

/* --- checking ---------------------------------------------------------------------- */

#define assert_has(array, pointer, expected, what)                                  \
    do {                                                                            \
        bool is_in_ = false;                                                        \
        kith_each (each_, array)                                                    \
            is_in_ = is_in_ || each_ == (pointer);                                  \
        if (is_in_ != (expected))                                                   \
            fail_msg("%s: %s", what, (expected) ? "is missing" : "should be gone"); \
    } while (0)

static void
check_memory(World *world)
{
    g_autoptr(GError) error = NULL;
    const Model *model = &world->now;
    for (int i = 0; i < N; i++) {
        if (!model->nests[i])
            continue;
        const Egg *const *eggs = kith_many(world->nests[i], eggs, &error);
        const Colour *const *colours = kith_many(world->nests[i], colours, &error);
        assert_done(eggs != NULL && colours != NULL, error);
        size_t n_eggs = 0, n_colours = 0;
        for (int j = 0; j < N; j++) {
            bool is_here = model->eggs[j] && model->nest_of[j] == i;
            n_eggs += is_here;
            n_colours += model->of_nest[i][j];
            if (model->eggs[j])
                assert_has(eggs, world->eggs[j], is_here, "an egg of a nest");
            if (model->colours[j])
                assert_has(colours,
                           world->colours[j],
                           model->of_nest[i][j],
                           "a colour of a nest");
        }
        assert_int_equal(kith_length(eggs), n_eggs);
        assert_int_equal(kith_length(colours), n_colours);
    }
    for (int j = 0; j < N; j++) {
        if (!model->colours[j])
            continue;
        const Egg *const *eggs = kith_many(world->colours[j], eggs, &error);
        const Nest *const *nests = kith_many(world->colours[j], nests, &error);
        assert_done(eggs != NULL && nests != NULL, error);
        for (int i = 0; i < N; i++) {
            if (model->eggs[i])
                assert_has(
                    eggs, world->eggs[i], model->of_egg[i][j], "an egg of a colour");
            if (model->nests[i])
                assert_has(
                    nests, world->nests[i], model->of_nest[i][j], "a nest of a colour");
        }
    }
    for (int i = 0; i < N; i++) {
        if (!model->eggs[i])
            continue;
        const Nest *nest = kith_ref(world->eggs[i], nest, &error);
        assert_done(error == NULL, error);
        assert_ptr_equal(nest,
                         model->nest_of[i] >= 0 ? world->nests[model->nest_of[i]] : NULL);
    }
}

static void
check_rows(World *world, const char *sql, const char *expected)
{
    const char *found = query_text(world->fixture, sql);
    assert_string_equal(found, expected);
}

static char *
links_text(bool links[N][N])
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            if (links[i][j])
                g_string_append_printf(
                    text, "%s%d|%d", text->len > 0 ? "\n" : "", i + 1, j + 1);
        }
    }
    return g_string_free(text, FALSE);
}

static void
check_tables(World *world)
{
    Model *model = &world->committed;
    g_autofree char *of_nest = links_text(model->of_nest);
    g_autofree char *of_egg = links_text(model->of_egg);
    g_autoptr(GString) eggs = g_string_new(NULL);
    for (int i = 0; i < N; i++) {
        if (!model->eggs[i])
            continue;
        g_string_append_printf(eggs, "%s%d|", eggs->len > 0 ? "\n" : "", i + 1);
        if (model->nest_of[i] >= 0)
            g_string_append_printf(eggs, "%d", model->nest_of[i] + 1);
        else
            g_string_append(eggs, "NULL");
    }
    check_rows(world, "SELECT id, nest_id FROM eggs ORDER BY 1", eggs->str);
    check_rows(
        world, "SELECT nest_id, colour_id FROM nests_colours ORDER BY 1, 2", of_nest);
    check_rows(world, "SELECT egg_id, colour_id FROM eggs_colours ORDER BY 1, 2", of_egg);
}

/* --- what can be done -------------------------------------------------------------- */

static void
add_something(World *world)
{
    Model *model = &world->now;
    int i = any(world);
    g_autofree char *name = g_strdup_printf("%d", i);
    if (!model->nests[i] && world->nests[i] == NULL) {
        world->nests[i] = kith_add(world->session, Nest, .id = i + 1, .name = name);
        model->nests[i] = true;
    } else if (!model->colours[i] && world->colours[i] == NULL) {
        world->colours[i] = kith_add(world->session, Colour, .id = i + 1, .name = name);
        model->colours[i] = true;
    } else if (!model->eggs[i] && world->eggs[i] == NULL) {
        int nest = any(world);
        bool has_nest = by_chance(world) && model->nests[nest];
        world->eggs[i] = kith_add(world->session, Egg, .id = i + 1, .name = name);
        if (has_nest)
            kith_append(world->nests[nest], eggs, world->eggs[i]);
        model->eggs[i] = true;
        model->nest_of[i] = has_nest ? nest : -1;
        model->is_orphan[i] = false;
    }
}

static void
move_an_egg(World *world)
{
    Model *model = &world->now;
    int egg = any(world), nest = any(world);
    if (!model->eggs[egg])
        return;
    if (model->nests[nest] && by_chance(world)) {
        if (by_chance(world))
            kith_append(world->nests[nest], eggs, world->eggs[egg]);
        else
            kith_set(world->eggs[egg], nest, world->nests[nest]);
        model->nest_of[egg] = nest;
        model->is_orphan[egg] = false;
    } else if (model->nest_of[egg] >= 0 && model->nests[model->nest_of[egg]]) {
        if (by_chance(world))
            kith_remove(world->nests[model->nest_of[egg]], eggs, world->eggs[egg]);
        else
            kith_set_null(world->eggs[egg], nest);
        model->nest_of[egg] = -1;
        model->is_orphan[egg] = true;
    }
}

static void
paint(World *world)
{
    Model *model = &world->now;
    int i = any(world), colour = any(world);
    if (!model->colours[colour])
        return;
    if (model->nests[i]) {
        bool *link = &model->of_nest[i][colour];
        *link = !*link;
        if (*link && by_chance(world))
            kith_append(world->nests[i], colours, world->colours[colour]);
        else if (*link)
            kith_append(world->colours[colour], nests, world->nests[i]);
        else if (by_chance(world))
            kith_remove(world->nests[i], colours, world->colours[colour]);
        else
            kith_remove(world->colours[colour], nests, world->nests[i]);
    }
    if (model->eggs[i] && !model->is_orphan[i]) {
        bool *link = &model->of_egg[i][colour];
        *link = !*link;
        if (*link)
            kith_append(world->eggs[i], colours, world->colours[colour]);
        else
            kith_remove(world->colours[colour], eggs, world->eggs[i]);
    }
}

static void
delete_something(World *world)
{
    Model *model = &world->now;
    int i = any(world), what = g_rand_int_range(world->random, 0, 3);
    if (what == 0 && model->nests[i]) {
        kith_delete(world->nests[i]);
        model->nests[i] = false;
        forget_links(model->of_nest, i, -1);
    } else if (what == 1 && model->colours[i]) {
        kith_delete(world->colours[i]);
        model->colours[i] = false;
        forget_links(model->of_nest, -1, i);
        forget_links(model->of_egg, -1, i);
    } else if (what == 2 && model->eggs[i]) {
        kith_delete(world->eggs[i]);
        remove_egg(model, i);
    }
}

/* --- the end of a step ------------------------------------------------------------- */

static void
flush_and_check(World *world)
{
    flush(world->session);
    settle(&world->now);
    get_all(world);
    check_memory(world);
}

static void
commit_and_check(World *world)
{
    commit(world->session);
    settle(&world->now);
    world->committed = world->now;
    world->has_savepoint = false;
    check_tables(world);
    if (g_rand_int_range(world->random, 0, 3) == 0)
        world->session = new_session(world->fixture);
    get_all(world);
    check_memory(world);
}

static void
roll_back_and_check(World *world)
{
    kith_rollback(world->session);
    world->now = world->committed;
    world->has_savepoint = false;
    get_all(world);
    check_memory(world);
}

static void
use_savepoint(World *world)
{
    g_autoptr(GError) error = NULL;
    if (!world->has_savepoint) {
        assert_done(kith_savepoint(world->session, &error), error);
        settle(&world->now);
        world->saved = world->now;
    } else {
        assert_done(kith_savepoint_rollback(world->session, &error), error);
        world->now = world->saved;
    }
    world->has_savepoint = !world->has_savepoint;
    get_all(world);
    check_memory(world);
}

/* A commit that fails leaves all to be written again. */
static void
fail_to_commit(World *world)
{
    g_autoptr(GError) error = NULL;
    if (world->has_savepoint)
        return;
    kith_add(world->session, Author, .name = "Ann");
    const Author *again = kith_add(world->session, Author, .name = "Ann");
    assert_false(kith_commit(world->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author*");
    kith_set(again, name, "Bob");
    kith_delete(again);
    commit_and_check(world);
    run_sql(world->fixture, "DELETE FROM authors");
    world->session = new_session(world->fixture);
    get_all(world);
}

static void
step(World *world)
{
    int chance = g_rand_int_range(world->random, 0, 100);
    if (chance < 25)
        add_something(world);
    else if (chance < 45)
        move_an_egg(world);
    else if (chance < 70)
        paint(world);
    else if (chance < 78)
        delete_something(world);
    else if (chance < 85)
        flush_and_check(world);
    else if (chance < 90)
        use_savepoint(world);
    else if (chance < 95)
        commit_and_check(world);
    else if (chance < 98)
        roll_back_and_check(world);
    else
        fail_to_commit(world);
}

static void
relations_are_what_the_model_says(void **state)
{
    Fixture *fixture = *state;
    World world = { .fixture = fixture, .session = fixture->session };
    for (int i = 0; i < N; i++)
        world.now.nest_of[i] = -1;
    world.committed = world.now;
    const char *given = g_getenv("KITH_TEST_SEED");
    guint32 seed = given != NULL ? (guint32) strtoul(given, NULL, 10) : 1;
    print_message("# seed %u\n", seed);
    world.random = g_rand_new_with_seed(seed);
    for (int i = 0; i < 1500; i++)
        step(&world);
    commit_and_check(&world);
    g_rand_free(world.random);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(relations_are_what_the_model_says),
    };
    return run_on_each_database("random relations", tests);
}

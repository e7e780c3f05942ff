/*
 * test-hooks-refused.c - hooks that refuse, hooks that never come to rest, and hooks that
 * do what a hook may not do: the flush fails, and everything is as the program made it.
 */
#include "fixture.h"

/* Ann (101), Bob (102), and Ann's book Justice (101), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (101, 'Ann'), (102, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (101, 'Justice', 9.5, 1, 101)");
}

/* --- hooks that refuse ------------------------------------------------------------- */

/* How often a hook has still to let an object pass, before it refuses; below 0: always.
 */
typedef struct Patience {
    int left;
} Patience;

static bool
refuse(KithSession *session, const void *object, void *data, GError **error)
{
    Patience *patience = data;
    (void) session;
    (void) object;
    if (patience->left != 0) {
        patience->left--;
        return true;
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM, "not today");
    return false;
}

static bool
refuse_silently(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    return *(const bool *) data;
}

/* The work of most of these tests: each operation once. */
typedef struct Work {
    const Author *cora; /* added */
    const Author *ann;  /* born is set */
    const Book *book;   /* moved to Cora, and cheaper */
    const Author *bob;  /* deleted */
} Work;

static Work
do_work(Fixture *fixture)
{
    Work work = { .cora = kith_add(fixture->session, Author, .name = "Cora"),
                  .ann = find(fixture->session, Author, 101),
                  .book = find(fixture->session, Book, 101),
                  .bob = find(fixture->session, Author, 102) };
    kith_set(work.ann, born, 1966);
    kith_set(work.book, author, work.cora);
    kith_set(work.book, price, 1);
    kith_delete(work.bob);
    forget_statements(fixture);
    return work;
}

static void
assert_is_as_the_program_made_it(const Work *work)
{
    assert_int_equal(kith_state(work->cora), KITH_PENDING);
    assert_int_equal(work->cora->id, 0);
    assert_int_equal(work->ann->born.value, 1966);
    assert_ptr_equal(work->book->author.target, work->cora);
    assert_true(work->book->price == 1);
    assert_int_equal(work->book->version, 1);
    assert_int_equal(kith_state(work->bob), KITH_DELETED);
}

static void
assert_can_be_committed(Fixture *fixture, const Work *work)
{
    assert_is_as_the_program_made_it(work);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob");
    commit(fixture->session);
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY name", "Ann|1966", "Cora|NULL");
    assert_rows(fixture,
                "SELECT title, version, name FROM books JOIN authors ON author_id = "
                "authors.id",
                "Justice|2|Cora");
    assert_int_equal(kith_state(work->bob), KITH_DETACHED);
}

static void
a_hook_before_that_refuses_stops_the_flush_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 0 };
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_UPDATE, refuse, &patience);
    Work work = do_work(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM));
    assert_string_equal(error->message, "Author 101: not today");
    assert_no_statements(fixture);
    patience.left = -1;
    assert_can_be_committed(fixture, &work);
}

static void
a_hook_before_an_insert_that_refuses_names_the_object_as_new(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 1 };
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, refuse, &patience);
    kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Author, .name = "Bob");
    assert_false(kith_flush(fixture->session, &error));
    assert_string_equal(error->message, "Author (new): not today");
    patience.left = -1;
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Bob");
}

static void
a_hook_after_that_refuses_rolls_the_flush_back(void **state)
{
    Fixture *fixture = *state;
    static const KithEvent events[] = { KITH_AFTER_INSERT,
                                        KITH_AFTER_UPDATE,
                                        KITH_AFTER_DELETE };
    static const char *const texts[] = { "Author *: not today",
                                         "Author 101: not today",
                                         "Author 102: not today" };
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autoptr(GError) error = NULL;
        Patience patience = { 0 };
        run_sql(fixture, "DELETE FROM books; DELETE FROM authors");
        fill(fixture);
        new_session(fixture);
        kith_on_entity(fixture->session, Author, events[i], refuse, &patience);
        Work work = do_work(fixture);
        assert_false(kith_commit(fixture->session, &error));
        assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM));
        assert_true(g_pattern_match_simple(texts[i], error->message));
        assert_statements(fixture,
                          "BEGIN",
                          "INSERT authors",
                          "UPDATE authors SET born",
                          "UPDATE books SET price, version, author_id",
                          "DELETE authors",
                          "ROLLBACK");
        patience.left = -1;
        assert_can_be_committed(fixture, &work);
    }
}

static void
a_hook_of_the_session_refuses_without_naming_an_object(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience before = { 0 }, after = { 0 };
    fill(fixture);
    kith_on(fixture->session, KITH_BEFORE_FLUSH, refuse, &before);
    kith_on(fixture->session, KITH_AFTER_FLUSH, refuse, &after);
    Work work = do_work(fixture);
    assert_false(kith_flush(fixture->session, &error));
    assert_string_equal(error->message, "not today");
    assert_no_statements(fixture);
    g_clear_error(&error);
    before.left = -1;
    assert_false(kith_flush(fixture->session, &error));
    assert_string_equal(error->message, "not today");
    after.left = -1;
    assert_can_be_committed(fixture, &work);
}

static void
a_hook_that_refuses_without_an_error_is_a_misuse(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    bool answer = false;
    kith_on_entity(
        fixture->session, Author, KITH_BEFORE_INSERT, refuse_silently, &answer);
    kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_flush(fixture->session, &error));
    assert_error_facts(error, .entity = "Author", .key = "(new)");
    assert_error(
        error, KITH_ERROR_MISUSE, "Author (new): a hook refused, and did not say why");
}

static void
after_a_refusal_all_can_be_rolled_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 0 };
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_AFTER_UPDATE, refuse, &patience);
    Work work = do_work(fixture);
    assert_false(kith_commit(fixture->session, &error));
    kith_rollback(fixture->session);
    assert_int_equal(kith_state(work.cora), KITH_DETACHED);
    assert_int_equal(kith_state(work.bob), KITH_PERSISTENT);
    assert_false(work.ann->born.has_value);
    assert_ptr_equal(kith_ref(work.book, author, NULL), work.ann);
    assert_true(work.book->price == 9.5);
    assert_false(kith_has_changes(fixture->session));
}

static bool
set_born(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    (void) session;
    (void) data;
    (void) error;
    kith_set(author, born, 1966);
    return true;
}

/* What the first round has written is not left behind in a transaction. */
static void
a_hook_before_that_refuses_what_a_hook_after_did_rolls_all_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 0 };
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, set_born, NULL);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_UPDATE, refuse, &patience);
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(error->message, "Author 1: not today");
    assert_statements(fixture, "BEGIN", "INSERT authors", "ROLLBACK");
    assert_int_equal(kith_state(ann), KITH_PENDING);
    assert_int_equal(ann->id, 0);
    patience.left = -1;
    commit(fixture->session);
    assert_rows(fixture, "SELECT name, born FROM authors", "Ann|1966");
}

static void
a_refusal_after_a_savepoint_keeps_the_work_before_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 1 };
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, refuse, &patience);
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_done(kith_savepoint(fixture->session, &error), error);
    const Author *bob = kith_add(fixture->session, Author, .name = "Bob");
    assert_false(kith_flush(fixture->session, &error));
    assert_int_equal(kith_state(ann), KITH_PERSISTENT);
    assert_int_equal(kith_state(bob), KITH_PENDING);
    g_clear_error(&error);
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static void
a_hook_after_load_that_refuses_fails_the_query(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    Patience patience = { 0 };
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_AFTER_LOAD, refuse, &patience);
    assert_null(kith_get(fixture->session, Author, 101, &error));
    assert_string_equal(error->message, "Author 101: not today");
    g_clear_error(&error);
    patience.left = -1;
    assert_string_equal(find(fixture->session, Author, 102)->name, "Bob");
}

static void
after_a_commit_and_a_rollback_there_is_nothing_to_refuse(void **state)
{
    Fixture *fixture = *state;
    Patience patience = { 0 };
    kith_on(fixture->session, KITH_AFTER_COMMIT, refuse, &patience);
    kith_on(fixture->session, KITH_AFTER_ROLLBACK, refuse, &patience);
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    kith_rollback(fixture->session);
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

/* --- hooks that never come to rest ------------------------------------------------- */

static bool
add_another(KithSession *session, const void *object, void *data, GError **error)
{
    (void) object;
    (void) error;
    g_autofree char *name = g_strdup_printf("author %d", ++*(int *) data);
    assert_in_range(*(int *) data, 1, 10000 * KITH_MAX_ROUNDS);
    kith_add(session, Author, .name = name);
    return true;
}

/* By another hook the two would be one chain, and never so many. */
static bool
add_two(KithSession *session, const void *object, void *data, GError **error)
{
    return add_another(session, object, data, error)
           && add_another(session, object, data, error);
}

static bool
raise_born(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    (void) session;
    (void) error;
    assert_in_range(++*(int *) data, 1, 10 * KITH_MAX_ROUNDS);
    kith_set(author, born, author->born.value + 1);
    return true;
}

static void
hooks_before_that_never_come_to_rest_are_stopped(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, add_another, &n_runs);
    kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "the hooks go on changing objects after 100 rounds");
    assert_no_statements(fixture);
    kith_rollback(fixture->session);
    assert_false(kith_has_changes(fixture->session));
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static void
hooks_before_that_double_each_round_are_stopped(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, add_two, &n_runs);
    kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "the hooks go on changing objects, by now 100 *");
    assert_no_statements(fixture);
    assert_int_equal(n_runs, 2 * 1000 * KITH_MAX_ROUNDS);
    kith_rollback(fixture->session);
    assert_false(kith_has_changes(fixture->session));
}

static void
hooks_after_that_double_each_round_are_stopped_and_undone(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, add_two, &n_runs);
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "the hooks go on changing objects, by now 100 *");
    assert_int_equal(kith_state(ann), KITH_PENDING);
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static void
hooks_after_that_never_come_to_rest_are_stopped(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    kith_on_entity(fixture->session, Author, KITH_AFTER_UPDATE, raise_born, &n_runs);
    kith_set(ann, born, 1000);
    const Author *cora = kith_add(fixture->session, Author, .name = "Cora");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "the hooks go on changing objects after 100 rounds");
    assert_int_equal(n_runs, KITH_MAX_ROUNDS);
    assert_int_equal(kith_state(cora), KITH_PENDING);
    assert_int_equal(cora->id, 0);
    kith_rollback(fixture->session);
    assert_false(ann->born.has_value);
    assert_rows(
        fixture, "SELECT name, born FROM authors ORDER BY id", "Ann|NULL", "Bob|NULL");
}

/* --- what a hook may not do -------------------------------------------------------- */

#define REFUSED \
    "a hook cannot flush, commit or roll back: it runs in the middle of a flush"

static bool
try_everything(KithSession *session, const void *object, void *data, GError **error)
{
    g_autoptr(GError) refusal = NULL;
    (void) object;
    (void) error;
    assert_false(kith_flush(session, &refusal));
    assert_error(refusal, KITH_ERROR_MISUSE, REFUSED);
    assert_false(kith_commit(session, &refusal));
    assert_error(refusal, KITH_ERROR_MISUSE, REFUSED);
    assert_false(kith_savepoint(session, &refusal));
    assert_error(refusal, KITH_ERROR_MISUSE, REFUSED);
    assert_false(kith_savepoint_release(session, &refusal));
    assert_error(refusal, KITH_ERROR_MISUSE, REFUSED);
    assert_false(kith_savepoint_rollback(session, &refusal));
    assert_error(refusal, KITH_ERROR_MISUSE, REFUSED);
    ++*(int *) data;
    return true;
}

static void
a_hook_that_flushes_or_commits_is_refused_and_nothing_is_lost(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int n_runs = 0;
    static const KithEvent events[] = { KITH_BEFORE_INSERT, KITH_AFTER_INSERT };
    assert_done(kith_savepoint(fixture->session, &error), error);
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        kith_session_on_entity(
            fixture->session, &kith_mapping_Author, events[i], try_everything, &n_runs);
    kith_on(fixture->session, KITH_BEFORE_FLUSH, try_everything, &n_runs);
    kith_on(fixture->session, KITH_AFTER_FLUSH, try_everything, &n_runs);
    kith_add(fixture->session, Author, .name = "Ann");
    forget_statements(fixture);
    commit(fixture->session);
    assert_int_equal(n_runs, 4);
    assert_statements(fixture, "INSERT authors", "COMMIT");
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
}

static bool
roll_back(KithSession *session, const void *object, void *data, GError **error)
{
    (void) object;
    (void) error;
    if (++*(int *) data == 1)
        kith_rollback(session);
    return true;
}

static void
a_hook_that_rolls_back_fails_the_flush_and_nothing_is_lost(void **state)
{
    Fixture *fixture = *state;
    static const KithEvent events[] = { KITH_BEFORE_UPDATE, KITH_AFTER_UPDATE };
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autoptr(GError) error = NULL;
        int n_runs = 0;
        run_sql(fixture, "DELETE FROM books; DELETE FROM authors");
        fill(fixture);
        new_session(fixture);
        kith_session_on_entity(
            fixture->session, &kith_mapping_Author, events[i], roll_back, &n_runs);
        Work work = do_work(fixture);
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error,
                     KITH_ERROR_MISUSE,
                     "a hook cannot roll back: it runs in the middle of a flush (*)");
        assert_can_be_committed(fixture, &work);
    }
}

static void
a_call_that_makes_no_sense_in_a_hook_fails_the_flush(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithEngine *small =
        open_engine(fixture, &(KithOptions){ .mappings = KITH_MAPPINGS(Member) });
    g_autoptr(KithSession) session = kith_session_new(small);
    kith_on_entity(session, Author, KITH_BEFORE_INSERT, set_born, NULL);
    kith_add(session, Member, .login = "ann", .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "*Author: the engine was not given this mapping*");
    commit(session);
    assert_rows(fixture, "SELECT login FROM members", "ann");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_hook_before_that_refuses_stops_the_flush_before_anything_is_sent),
        ON_A_DATABASE(a_hook_before_an_insert_that_refuses_names_the_object_as_new),
        ON_A_DATABASE(a_hook_after_that_refuses_rolls_the_flush_back),
        ON_A_DATABASE(a_hook_of_the_session_refuses_without_naming_an_object),
        ON_A_DATABASE(a_hook_that_refuses_without_an_error_is_a_misuse),
        ON_A_DATABASE(after_a_refusal_all_can_be_rolled_back),
        ON_A_DATABASE(a_hook_before_that_refuses_what_a_hook_after_did_rolls_all_back),
        ON_A_DATABASE(a_refusal_after_a_savepoint_keeps_the_work_before_it),
        ON_A_DATABASE(a_hook_after_load_that_refuses_fails_the_query),
        ON_A_DATABASE(after_a_commit_and_a_rollback_there_is_nothing_to_refuse),
        ON_A_DATABASE(hooks_before_that_never_come_to_rest_are_stopped),
        ON_A_DATABASE(hooks_after_that_never_come_to_rest_are_stopped),
        ON_A_DATABASE(hooks_before_that_double_each_round_are_stopped),
        ON_A_DATABASE(hooks_after_that_double_each_round_are_stopped_and_undone),
        ON_A_DATABASE(a_hook_that_flushes_or_commits_is_refused_and_nothing_is_lost),
        ON_A_DATABASE(a_hook_that_rolls_back_fails_the_flush_and_nothing_is_lost),
        ON_A_DATABASE(a_call_that_makes_no_sense_in_a_hook_fails_the_flush),
    };
    return run_on_each_database("hooks that refuse", tests);
}

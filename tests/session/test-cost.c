/*
 * test-cost.c - what a flush costs follows what has changed, not what is loaded. Nothing
 * is timed: it is looked up which objects the session watches and tracks, what it plans,
 * and whether it can do without the map of all the others.
 */
#include "fixture.h"

#include "session.h"

enum {
    N_AUTHORS = 20000
};

/* --- the fixture: a session with many clean objects -------------------------------- */

static int
set_up(void **state)
{
    fixture_set_up(state);
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO authors (id, name, born) WITH RECURSIVE n (i) AS "
                        "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                        "SELECT i, 'author ' || i, 0 FROM n",
                        N_AUTHORS);
    run_sql(fixture, sql);
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'Justice', 1.5, 5, 1), (2, 'Sword', 2.5, 7, 1)");
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_int_equal(kith_length(kith_all(query, &error)), N_AUTHORS);
    forget_statements(fixture);
    return 0;
}

#define WITH_MANY_LOADED(test) \
    cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)

static KithEntitySet *
set_of(Fixture *fixture, const KithMapping *mapping)
{
    return kith_session_set_of(fixture->session, mapping, NULL);
}

/* How many authors the session knows more of than their row. */
static unsigned
count_tracked(Fixture *fixture)
{
    const KithIdentityMap *map = &set_of(fixture, &kith_mapping_Author)->map;
    unsigned n_tracked = 0;
    for (size_t slot = 0; slot < map->n_slots; slot++) {
        if (map->slots[slot].entity != NULL && map->slots[slot].entity->tracking != NULL)
            n_tracked++;
    }
    return n_tracked;
}

static void
assert_watches(Fixture *fixture, unsigned n_watched)
{
    assert_int_equal(fixture->session->watched->len, n_watched);
}

/* The session looks at nothing but what kith_edit() handed out. */
static void
assert_is_at_rest(Fixture *fixture)
{
    const KithSession *session = fixture->session;
    for (guint i = 0; i < session->watched->len; i++) {
        const KithEntity *entity = g_ptr_array_index(session->watched, i);
        assert_true(entity->tracking->is_edited);
    }
    assert_int_equal(session->journal->len, 0);
    assert_int_equal(session->savepoints->len, 0);
    assert_int_equal(session->retired->len, 0);
    assert_null(session->connection);
    assert_false(kith_has_changes(fixture->session));
}

/* --- reading ----------------------------------------------------------------------- */

static void
what_is_only_read_is_neither_watched_nor_tracked(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *author = find(fixture->session, Author, 1);
    assert_int_equal(kith_length(kith_many(author, books, &error)), 2);
    assert_ptr_equal(kith_ref(find(fixture->session, Book, 1), author, &error), author);
    kith_set(author, born, 0); /* is what it is */
    assert_watches(fixture, 0);
    assert_int_equal(count_tracked(fixture), 0);
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
}

/* --- one change -------------------------------------------------------------------- */

static void
a_change_is_watched_until_it_is_committed(void **state)
{
    Fixture *fixture = *state;
    kith_set(find(fixture->session, Author, N_AUTHORS / 2), born, 1966);
    assert_watches(fixture, 1);
    assert_int_equal(count_tracked(fixture), 1);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
    assert_watches(fixture, 0);
    assert_int_equal(count_tracked(fixture), 0);
    assert_is_at_rest(fixture);
}

static void
a_plan_holds_what_has_changed_and_nothing_else(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *empty = kith_plan(fixture->session, &error);
    kith_set(find(fixture->session, Author, 7), born, 1966);
    g_autofree char *one = kith_plan(fixture->session, &error);
    assert_done(empty, error);
    assert_done(one, error);
    assert_null(strstr(empty, "UPDATE"));
    assert_non_null(strstr(one, "UPDATE"));
    assert_null(strstr(strstr(one, "UPDATE") + 1, "UPDATE"));
    assert_watches(fixture, 1);
}

/* Take the map of all authors away, so that who goes through it finds nobody. */
static void
a_flush_of_an_update_does_without_the_map_of_all_objects(void **state)
{
    Fixture *fixture = *state;
    KithEntitySet *set = set_of(fixture, &kith_mapping_Author);
    const Author *author = find(fixture->session, Author, 7);
    kith_set(author, born, 1966);
    kith_set(author, name, "Ann");
    KithIdentityMap map = set->map;
    kith_identity_map_init(&set->map, set->mapper);
    commit(fixture->session);
    kith_identity_map_finish(&set->map);
    set->map = map;
    assert_ptr_equal(find(fixture->session, Author, 7), author);
    assert_is_at_rest(fixture);
    assert_rows(fixture, "SELECT name, born FROM authors WHERE id = 7", "Ann|1966");
}

static void
an_insert_and_a_delete_are_watched_until_they_are_committed(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .id = N_AUTHORS + 1, .name = "Ann");
    kith_delete(find(fixture->session, Author, 7));
    kith_delete(find(fixture->session, Author, 8));
    assert_watches(fixture, 3);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "DELETE authors x2", "COMMIT");
    assert_watches(fixture, 0);
    assert_int_equal(count_tracked(fixture), 0);
    assert_is_at_rest(fixture);
    assert_int_equal(set_of(fixture, &kith_mapping_Author)->n_watched, 0);
}

static void
a_flush_leaves_only_its_records_behind(void **state)
{
    Fixture *fixture = *state;
    for (int i = 1; i <= 10; i++) {
        kith_set(find(fixture->session, Author, i), born, i);
        flush(fixture->session);
        assert_watches(fixture, 0);
        assert_int_equal(fixture->session->journal->len, i);
    }
    commit(fixture->session);
    assert_is_at_rest(fixture);
}

/* --- who refers to what ------------------------------------------------------------ */

/* Nearly every author has a book, and all are loaded. Returns one who has none. */
static const Author *
load_books(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO books (id, title, price, version, author_id) "
                        "WITH RECURSIVE n (i) AS "
                        "(SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                        "SELECT i, 'book ' || i, 0, 1, i FROM n",
                        N_AUTHORS - 10);
    run_sql(fixture, sql);
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    assert_in_range(kith_length(kith_all(query, &error)), N_AUTHORS / 2, N_AUTHORS);
    return find(fixture->session, Author, N_AUTHORS - 5);
}

/* The first one makes the index of who refers to what; from then on it is kept up. */
static void
a_key_that_changes_costs_what_refers_to_it(void **state)
{
    Fixture *fixture = *state;
    const Author *author = load_books(fixture);
    assert_int_equal(fixture->session->n_looked_at, 0);
    kith_set(author, id, N_AUTHORS + 1);
    commit(fixture->session);
    uint64_t n_first = fixture->session->n_looked_at;
    for (int i = 0; i < 4; i++) {
        kith_set(find(fixture->session, Author, N_AUTHORS - i), id, N_AUTHORS + 10 + i);
        commit(fixture->session);
    }
    assert_int_equal(fixture->session->n_looked_at, n_first);
    kith_delete(find(fixture->session, Book, 1));
    kith_delete(find(fixture->session, Book, 2));
    kith_set(find(fixture->session, Author, 1), id, N_AUTHORS + 20);
    commit(fixture->session);
    assert_in_range(fixture->session->n_looked_at - n_first, 0, 10);
}

static void
a_row_that_is_replaced_costs_what_refers_to_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    (void) load_books(fixture);
    uint64_t n_before = 0;
    for (int i = 100; i < 110; i++) {
        const Author *author = find(fixture->session, Author, i);
        const Book *book = find(fixture->session, Book, i);
        assert_ptr_equal(kith_ref(book, author, &error), author);
        kith_delete(author);
        const Author *new =
            kith_add(fixture->session, Author, .id = i, .name = author->name);
        kith_set(book, author, new);
        commit(fixture->session);
        assert_ptr_equal(book->author.target, new);
        if (i > 100)
            assert_in_range(fixture->session->n_looked_at - n_before, 0, 10);
        n_before = fixture->session->n_looked_at;
    }
}

static void
an_object_that_is_evicted_costs_what_refers_to_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    (void) load_books(fixture);
    kith_evict(find(fixture->session, Author, 200));
    uint64_t n_first = fixture->session->n_looked_at;
    const Book *book = find(fixture->session, Book, 300);
    assert_non_null(kith_ref(book, author, &error));
    for (int i = 201; i < 400; i++)
        kith_evict(find(fixture->session, Author, i));
    assert_null(book->author.target);
    assert_in_range(fixture->session->n_looked_at - n_first, 199, 2 * 199);
    assert_int_equal(kith_ref(book, author, &error)->id, 300);
}

/* --- what stays -------------------------------------------------------------------- */

static void
what_is_handed_out_to_be_written_stays_watched(void **state)
{
    Fixture *fixture = *state;
    Author *author = kith_edit(find(fixture->session, Author, 7));
    kith_edit(find(fixture->session, Author, 8));
    kith_set(find(fixture->session, Author, 9), born, 9);
    assert_watches(fixture, 3);
    commit(fixture->session);
    assert_watches(fixture, 2);
    assert_int_equal(count_tracked(fixture), 2);
    assert_is_at_rest(fixture);
    forget_statements(fixture);
    author->born.value = 1966;
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE authors SET born", "COMMIT");
    assert_watches(fixture, 2);
    kith_clear(fixture->session);
    assert_watches(fixture, 0);
}

static void
after_a_rollback_nothing_is_watched(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_set(find(fixture->session, Author, 7), born, 7);
    flush(fixture->session);
    kith_set(find(fixture->session, Author, 8), born, 8);
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_set(find(fixture->session, Author, 9), born, 9);
    kith_add(fixture->session, Author, .name = "Ann");
    kith_delete(find(fixture->session, Author, 10));
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_watches(fixture, 0);
    kith_rollback(fixture->session);
    assert_watches(fixture, 0);
    assert_int_equal(count_tracked(fixture), 0);
    assert_is_at_rest(fixture);
}

static void
after_a_failure_only_what_failed_is_watched(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_set(find(fixture->session, Author, 7), born, 7);
    flush(fixture->session);
    const Author *second =
        kith_add(fixture->session, Author, .id = N_AUTHORS + 1, .name = "author 1");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author *");
    assert_watches(fixture, 2);
    kith_delete(second);
    commit(fixture->session);
    assert_watches(fixture, 0);
    assert_is_at_rest(fixture);
}

static void
after_many_changes_nothing_is_watched(void **state)
{
    Fixture *fixture = *state;
    for (int i = 1; i <= N_AUTHORS; i += 10)
        kith_set(find(fixture->session, Author, i), born, i);
    assert_watches(fixture, N_AUTHORS / 10);
    commit(fixture->session);
    g_autofree char *update =
        g_strdup_printf("UPDATE authors SET born x%d", N_AUTHORS / 10);
    assert_statements(fixture, "BEGIN", update, "COMMIT");
    assert_watches(fixture, 0);
    assert_int_equal(count_tracked(fixture), 0);
    assert_is_at_rest(fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MANY_LOADED(what_is_only_read_is_neither_watched_nor_tracked),
        WITH_MANY_LOADED(a_change_is_watched_until_it_is_committed),
        WITH_MANY_LOADED(a_plan_holds_what_has_changed_and_nothing_else),
        WITH_MANY_LOADED(a_flush_of_an_update_does_without_the_map_of_all_objects),
        WITH_MANY_LOADED(an_insert_and_a_delete_are_watched_until_they_are_committed),
        WITH_MANY_LOADED(a_flush_leaves_only_its_records_behind),
        WITH_MANY_LOADED(a_key_that_changes_costs_what_refers_to_it),
        WITH_MANY_LOADED(a_row_that_is_replaced_costs_what_refers_to_it),
        WITH_MANY_LOADED(an_object_that_is_evicted_costs_what_refers_to_it),
        WITH_MANY_LOADED(what_is_handed_out_to_be_written_stays_watched),
        WITH_MANY_LOADED(after_a_rollback_nothing_is_watched),
        WITH_MANY_LOADED(after_a_failure_only_what_failed_is_watched),
        WITH_MANY_LOADED(after_many_changes_nothing_is_watched),
    };
    return run_on_each_database("cost", tests);
}

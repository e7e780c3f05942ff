/*
 * test-round-trips.c - on PostgreSQL: how often a commit has to wait for the server, and
 * what becomes of it where the server, or its tables, are not as one would wish.
 */
#include "engine.h"
#include "network.h"
#include "own-schema.h"

/* --- the fixture: a session behind a proxy that counts ----------------------------- */

typedef struct Counter {
    int64_t id;
    const char *name;
    int32_t small; /* of a table of its own, where it is a smallint */
} Counter;

KITH_DECLARE(Counter);

KITH_MAPPING(Counter,
             "counters",
             KITH_KEY(Counter, id, .generated = true),
             KITH_COLUMN(Counter, name),
             KITH_COLUMN(Counter, small, .default_sql = "0"));

static Proxy *proxy;

static void
use_proxy(Fixture *fixture)
{
    const KithMapping *mappings[32] = { &kith_mapping_Counter };
    for (size_t i = 0; library_mappings[i] != NULL; i++)
        mappings[i + 1] = library_mappings[i];
    KithOptions options = { .mappings = mappings };
    g_free(fixture->url);
    fixture->url = g_strdup(proxy_url(proxy));
    fixture->engine = open_engine(fixture, &options);
    new_session(fixture);
    forget_statements(fixture);
}

static int
set_up_behind_a_proxy(void **state)
{
    fixture_set_up(state);
    Fixture *fixture = *state;
    proxy = proxy_start(fixture->url);
    use_proxy(fixture);
    return 0;
}

static int
tear_down(void **state)
{
    fixture_tear_down(state);
    g_clear_pointer(&proxy, proxy_stop);
    return 0;
}

static int
choose_postgres(void **state)
{
    static Fixture fixture = { .database = "PostgreSQL" };
    *state = &fixture;
    return 0;
}

static const size_t sizes[] = { 1, 4, 5, 3000 };

static void
add_authors(Fixture *fixture, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("author %zu", first + i);
        kith_add(fixture->session, Author, .id = (int64_t) (first + i), .name = name);
    }
}

static void
assert_commit_takes(Fixture *fixture, unsigned n_round_trips)
{
    (void) proxy_take_round_trips(proxy);
    commit(fixture->session);
    assert_int_equal(proxy_take_round_trips(proxy), n_round_trips);
}

/* --- round trips ------------------------------------------------------------------- */

static void
a_commit_is_one_round_trip_whatever_its_size(void **state)
{
    Fixture *fixture = *state;
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        add_authors(fixture, 1, sizes[s]);
        assert_commit_takes(fixture, 1);
        for (size_t i = 1; i <= sizes[s]; i++)
            kith_set(find(fixture->session, Author, (int64_t) i), born, 1970);
        assert_commit_takes(fixture, 1);
        for (size_t i = 1; i <= sizes[s]; i++)
            kith_delete(find(fixture->session, Author, (int64_t) i));
        assert_commit_takes(fixture, 1);
        assert_no_rows(fixture, "SELECT id FROM authors");
    }
}

static void
to_read_one_change_it_and_commit_is_two_round_trips(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (1, 'title', 1, 1, 1)");
    (void) proxy_take_round_trips(proxy);
    kith_set(find(fixture->session, Book, 1), price, 2);
    commit(fixture->session);
    assert_int_equal(proxy_take_round_trips(proxy), 2);
    assert_rows(fixture, "SELECT price, version FROM books", "2|2");
    run_sql(fixture, "UPDATE books SET version = 7");
    kith_set(find(fixture->session, Book, 1), price, 3);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_STALE, "Book 1: the row was changed or deleted *");
    assert_rows(fixture, "SELECT price, version FROM books", "2|7");
}

/* In each of three statements for a thousand rows, of which only the last has the check.
 */
static void
a_row_that_is_gone_is_named_whichever_statement_misses_it(void **state)
{
    Fixture *fixture = *state;
    for (int gone = 500; gone <= 2500; gone += 1000) {
        for (int deletes = 0; deletes < 2; deletes++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *sql =
                g_strdup_printf("DELETE FROM authors WHERE id = %d", gone);
            g_autofree char *pattern =
                g_strdup_printf("Author %d: the row was changed or *", gone);
            new_session(fixture);
            run_sql(fixture, "DELETE FROM authors");
            add_authors(fixture, 1, 3000);
            commit(fixture->session);
            run_sql(fixture, sql);
            for (int i = 1; i <= 3000; i++) {
                const Author *author = find(fixture->session, Author, i);
                if (deletes)
                    kith_delete(author);
                else
                    kith_set(author, born, 1970);
            }
            assert_false(kith_commit(fixture->session, &error));
            assert_error(error, KITH_ERROR_STALE, pattern);
            assert_rows(
                fixture, "SELECT count(*) FROM authors WHERE born IS NULL", "2999");
        }
    }
}

static void
keys_for_all_tables_and_levels_are_one_round_trip_more(void **state)
{
    Fixture *fixture = *state;
    const Category *parent = NULL;
    for (int i = 0; i < 30; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = "title", .author.target = author);
        parent =
            kith_add(fixture->session, Category, .name = "c", .parent.target = parent);
    }
    assert_commit_takes(fixture, 2);
    assert_rows(
        fixture, "SELECT count(*) FROM books JOIN authors a ON a.id = author_id", "30");
    assert_rows(fixture, "SELECT max(id) - min(id) FROM categories", "29");
}

/* The first time the type of the key is not known, and has to be seen before the COMMIT.
 */
static void
a_few_new_rows_get_their_keys_with_the_commit(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Author, .name = "first");
    commit(fixture->session);
    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        kith_add(fixture->session, Author, .name = name);
    }
    assert_commit_takes(fixture, 1);
    assert_rows(fixture, "SELECT count(*) FROM authors", "5");
}

static void
rows_in_bulk_are_one_line_of_a_trace(void **state)
{
    Fixture *fixture = *state;
    add_authors(fixture, 1, 3000);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors x3000", "COMMIT");
}

/* --- tables of the program's own --------------------------------------------------- */

/* @table: how the key of "counters" is made. */
static void
add_counters(Fixture *fixture, const char *table, size_t n)
{
    run_sql(fixture, "DROP TABLE IF EXISTS counters");
    run_sql(fixture, table);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("counter %zu", i);
        kith_add(fixture->session, Counter, .name = name);
    }
}

static void
assert_counters_have_their_keys(Fixture *fixture, const char *table)
{
    add_counters(fixture, table, 50);
    commit(fixture->session);
    g_autoptr(CounterQuery) query = kith_query(fixture->session, Counter);
    assert_int_equal(kith_length(kith_all(query, NULL)), 50);
    kith_each (counter, kith_all(query, NULL)) {
        g_autofree char *sql =
            g_strdup_printf("SELECT name FROM counters WHERE id = %d", (int) counter->id);
        assert_rows(fixture, sql, counter->name);
    }
    new_session(fixture);
}

static void
a_key_that_no_sequence_makes_is_read_back_row_by_row(void **state)
{
    Fixture *fixture = *state;
    assert_counters_have_their_keys(
        fixture,
        "CREATE TABLE counters (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "name text NOT NULL, small integer NOT NULL DEFAULT 0)");
    run_sql(fixture, "CREATE SEQUENCE numbers");
    assert_counters_have_their_keys(
        fixture,
        "CREATE TABLE counters (id bigint DEFAULT nextval('numbers') * 7 PRIMARY KEY, "
        "name text NOT NULL, small integer NOT NULL DEFAULT 0)");
}

static void
a_serial_key_of_a_quoted_table_is_made_ahead(void **state)
{
    Fixture *fixture = *state;
    assert_counters_have_their_keys(
        fixture,
        "CREATE TABLE counters (id serial PRIMARY KEY, name text NOT NULL, "
        "small integer NOT NULL DEFAULT 0)");
    kith_add(fixture->session, Counter, .name = "one more");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*), max(id) FROM counters", "51|51");
}

/* --- what cannot be written -------------------------------------------------------- */

#define SMALL_COUNTERS                                                                \
    "CREATE TABLE counters (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, " \
    "name text NOT NULL, small smallint NOT NULL DEFAULT 0)"

static void
add_small_counters(Fixture *fixture, size_t n, size_t bad)
{
    run_sql(fixture, "DROP TABLE IF EXISTS counters");
    run_sql(fixture, SMALL_COUNTERS);
    new_session(fixture);
    for (size_t i = 0; i < n; i++)
        kith_add(fixture->session,
                 Counter,
                 .id = (int64_t) i + 1,
                 .name = "name",
                 .small = i == bad ? 70000 : 7);
}

static void
a_value_too_large_for_its_column_names_its_row(void **state)
{
    Fixture *fixture = *state;
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *pattern =
            g_strdup_printf("Counter %zu: type: *", sizes[s] / 2 + 1);
        add_small_counters(fixture, sizes[s], sizes[s] / 2);
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_TYPE, pattern);
        assert_no_rows(fixture, "SELECT id FROM counters");
    }
}

static void
a_row_that_a_trigger_refuses_is_named(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_small_counters(fixture, 1500, 1500);
    run_sql(fixture,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF NEW.id = 1234 THEN RAISE 'not this one'; END IF; "
            "RETURN NEW; END$$");
    run_sql(fixture,
            "CREATE TRIGGER refuse BEFORE INSERT ON counters FOR EACH ROW EXECUTE "
            "FUNCTION refuse()");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_SQL, "Counter 1234: *not this one*");
    assert_no_rows(fixture, "SELECT id FROM counters");
}

/* Row by row it does not fail: then it is not known which row it was. */
static void
a_failure_of_all_rows_together_names_the_entity(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_small_counters(fixture, 50, 50);
    run_sql(fixture,
            "CREATE FUNCTION refuse_many() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF (SELECT count(*) FROM made) > 1 THEN RAISE 'too many'; END IF; "
            "RETURN NULL; END$$");
    run_sql(fixture,
            "CREATE TRIGGER refuse_many AFTER INSERT ON counters REFERENCING NEW TABLE "
            "AS made FOR EACH STATEMENT EXECUTE FUNCTION refuse_many()");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_SQL, "Counter: one of 50 rows: *too many*");
    assert_no_rows(fixture, "SELECT id FROM counters");
}

static void
rows_that_a_trigger_leaves_out_are_told_of(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    add_small_counters(fixture, 50, 50);
    run_sql(fixture,
            "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF NEW.id = 13 THEN RETURN NULL; END IF; RETURN NEW; END$$");
    run_sql(fixture,
            "CREATE TRIGGER leave_out BEFORE INSERT ON counters FOR EACH ROW EXECUTE "
            "FUNCTION leave_out()");
    assert_false(kith_flush(fixture->session, &error));
    assert_error(error, KITH_ERROR_MAPPING, "Counter 1: *did not give back one row*");
    assert_no_rows(fixture, "SELECT id FROM counters");
}

static void
a_type_that_was_not_expected_is_refused_before_the_commit(void **state)
{
    Fixture *fixture = *state;
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        g_autoptr(GError) error = NULL;
        run_sql(fixture, "DROP TABLE IF EXISTS counters");
        run_sql(fixture,
                "CREATE TABLE counters (id bigint PRIMARY KEY, name text NOT NULL, "
                "small text NOT NULL DEFAULT 'a text')");
        new_session(fixture);
        for (size_t i = 0; i < sizes[s]; i++)
            kith_add(fixture->session, Counter, .id = (int64_t) i + 1, .name = "name");
        assert_false(kith_commit(fixture->session, &error));
        assert_error(error, KITH_ERROR_TYPE, "Counter 1: *Counter.small*");
        assert_no_rows(fixture, "SELECT id FROM counters");
    }
}

/* --- a connection that ends -------------------------------------------------------- */

static void
a_connection_that_ends_within_a_batch_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    static const char *const words[] = { "nextval", "author 1500", "author 2999" };
    for (size_t w = 0; w < G_N_ELEMENTS(words); w++) {
        g_autoptr(GError) error = NULL;
        new_session(fixture);
        for (int i = 0; i < 3000; i++) {
            g_autofree char *name = g_strdup_printf("author %d", i);
            kith_add(fixture->session, Author, .name = name);
        }
        proxy_cut_at(proxy, words[w], PROXY_LOSES_WORD);
        assert_false(kith_flush(fixture->session, &error));
        assert_error(error, KITH_ERROR_CONNECTION, "*");
        proxy_cut_at(proxy, NULL, PROXY_LOSES_WORD);
        assert_no_rows(fixture, "SELECT id FROM authors");
        commit(fixture->session);
        assert_rows(fixture, "SELECT count(*) FROM authors", "3000");
        run_sql(fixture, "DELETE FROM authors");
    }
}

#define BEHIND_A_PROXY(test) \
    cmocka_unit_test_setup_teardown(test, set_up_behind_a_proxy, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BEHIND_A_PROXY(a_commit_is_one_round_trip_whatever_its_size),
        BEHIND_A_PROXY(to_read_one_change_it_and_commit_is_two_round_trips),
        BEHIND_A_PROXY(a_row_that_is_gone_is_named_whichever_statement_misses_it),
        BEHIND_A_PROXY(keys_for_all_tables_and_levels_are_one_round_trip_more),
        BEHIND_A_PROXY(a_few_new_rows_get_their_keys_with_the_commit),
        BEHIND_A_PROXY(rows_in_bulk_are_one_line_of_a_trace),
        BEHIND_A_PROXY(a_key_that_no_sequence_makes_is_read_back_row_by_row),
        BEHIND_A_PROXY(a_serial_key_of_a_quoted_table_is_made_ahead),
        BEHIND_A_PROXY(a_value_too_large_for_its_column_names_its_row),
        BEHIND_A_PROXY(a_row_that_a_trigger_refuses_is_named),
        BEHIND_A_PROXY(a_failure_of_all_rows_together_names_the_entity),
        BEHIND_A_PROXY(rows_that_a_trigger_leaves_out_are_told_of),
        BEHIND_A_PROXY(a_type_that_was_not_expected_is_refused_before_the_commit),
        BEHIND_A_PROXY(a_connection_that_ends_within_a_batch_writes_nothing),
    };
    return cmocka_run_group_tests_name(
        "round trips on PostgreSQL", tests, choose_postgres, NULL);
}

/*
 * test-query-execute.c - statements by hand that give no rows: what they are given, what
 * becomes of the objects, what is refused.
 */
#include "shop-questions.h"

static int64_t
execute(Fixture *fixture, const char *sql, const KithNamedValue *values)
{
    g_autoptr(GError) error = NULL;
    int64_t n = -1;
    assert_done(kith_unsafe_execute(fixture->session, sql, values, &n, &error), error);
    return n;
}

/* --- what they do ------------------------------------------------------------------ */

static void
a_statement_runs_in_the_transaction_and_says_how_many_rows(void **state)
{
    Fixture *fixture = *state;
    forget_statements(fixture);
    int64_t n = execute(fixture,
                        "UPDATE products SET stock = :stock, name = :name /* :no */ "
                        "WHERE price < :most AND name <> ':stock' AND stock <> :stock",
                        KITH_NAMED(kith_named("most", 12.5),
                                   kith_named("stock", 77),
                                   kith_named("name", "it's :stock")));
    assert_int_equal(n, 4);
    assert_rows(fixture, "SELECT count(*) FROM products WHERE stock = 77", "0");
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT count(*) FROM products WHERE stock = 77 AND name = 'it''s "
                ":stock'",
                "4");
    assert_int_equal(execute(fixture, "UPDATE products SET stock = 1 WHERE id = 0", NULL),
                     0);
    kith_rollback(fixture->session);
}

static void
other_statements_change_no_rows(void **state)
{
    Fixture *fixture = *state;
    assert_int_equal(execute(fixture, "UPDATE products SET stock = 1 WHERE id < 3", NULL),
                     2);
    assert_int_equal(execute(fixture, "CREATE TABLE extra (word text)", NULL), 0);
    assert_int_equal(execute(fixture,
                             "INSERT INTO extra VALUES (:word), (:none)",
                             KITH_NAMED(kith_named("word", "a"),
                                        kith_named("none", (const char *) NULL))),
                     2);
    assert_int_equal(execute(fixture, "CREATE TABLE copy AS SELECT * FROM extra", NULL),
                     0);
    commit(fixture->session);
    assert_rows(fixture, "SELECT word FROM copy WHERE word IS NOT NULL", "a");
    assert_rows(fixture, "SELECT count(*) FROM copy", "2");
    assert_int_equal(execute(fixture, "DROP TABLE copy", NULL), 0);
    assert_int_equal(execute(fixture, "DROP TABLE extra", NULL), 0);
    commit(fixture->session);
}

static void
values_of_every_type_are_bound(void **state)
{
    Fixture *fixture = *state;
    static const uint8_t bytes[] = { 0, 39, 255 };
    KithUuid uuid = kith_uuid_new();
    bool on_sqlite = is_sqlite(fixture);
    execute(fixture,
            on_sqlite
                ? "CREATE TABLE every (a, b, c, d, e, f, g, h)"
                : "CREATE TABLE every (a boolean, b int, c bigint, d float8, e bytea, "
                  "f timestamptz, g date, h uuid)",
            NULL);
    int64_t n =
        execute(fixture,
                "INSERT INTO every VALUES (:a, :b, :c, :d, :e, :f, :g, :h)",
                KITH_NAMED(kith_named("a", (bool) true),
                           kith_named("b", -3),
                           kith_named("c", INT64_MAX),
                           kith_named("d", 0.5),
                           kith_named("e", ((KithBlob){ .data = bytes, .size = 3 })),
                           kith_named("f", kith_time_make(2020, 2, 29, 1, 2, 3, 4)),
                           kith_named("g", kith_date_make(1999, 12, 31)),
                           kith_named("h", uuid)));
    assert_int_equal(n, 1);
    assert_int_equal(
        execute(fixture,
                "DELETE FROM every WHERE a = :a AND b = -3 AND c = 9223372036854775807 "
                "AND d = 0.5 AND e = :e AND f = :f AND CAST(g AS text) = '1999-12-31' "
                "AND h = "
                ":h",
                KITH_NAMED(kith_named("a", (bool) true),
                           kith_named("e", ((KithBlob){ .data = bytes, .size = 3 })),
                           kith_named("f", kith_time_make(2020, 2, 29, 1, 2, 3, 4)),
                           kith_named("h", uuid))),
        1);
    kith_rollback(fixture->session);
}

static void
hostile_values_stay_values(void **state)
{
    Fixture *fixture = *state;
    static const char *const values[] = {
        "'; DROP TABLE products; --", "\"", "\\", ":name", "$1", "?1", "*/", "%s%n", ""
    };
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        int64_t n = execute(fixture,
                            "UPDATE products SET name = :name WHERE id = 1",
                            KITH_NAMED(kith_named("name", values[i])));
        assert_int_equal(n, 1);
        assert_string_equal(find(fixture->session, Product, 1)->name, values[i]);
    }
    kith_rollback(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM products WHERE name = 'Claw hammer'", "1");
}

/* --- objects ----------------------------------------------------------------------- */

static void
changes_are_flushed_first_and_objects_are_read_again(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Product *saw = find(session, Product, 3), *hammer = find(session, Product, 1);
    int64_t stock = hammer->stock;
    kith_set(saw, stock, 5);
    assert_int_equal(
        execute(fixture, "UPDATE products SET stock = stock * 2 WHERE id = 3", NULL), 1);
    assert_ptr_equal(find(session, Product, 3), saw);
    assert_int_equal(saw->stock, 10);
    kith_rollback(session);
    assert_ptr_equal(find(session, Product, 3), saw);
    assert_int_not_equal(saw->stock, 10);
    assert_int_not_equal(saw->stock, 5);
    assert_int_equal(find(session, Product, 1)->stock, stock);
}

static void
a_savepoint_takes_back_what_objects_have_read(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    execute(fixture, "UPDATE products SET stock = 11 WHERE id = 3", NULL);
    assert_done(kith_savepoint(session, &error), error);
    execute(fixture, "UPDATE products SET stock = 12 WHERE id = 3", NULL);
    assert_int_equal(find(session, Product, 3)->stock, 12);
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_int_equal(find(session, Product, 3)->stock, 11);
    commit(session);
    assert_rows(fixture, "SELECT stock FROM products WHERE id = 3", "11");
}

static void
an_object_whose_row_was_deleted_is_not_found(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO tags (id, word) VALUES (900, 'none')");
    assert_string_equal(find(session, Tag, 900)->word, "none");
    assert_int_equal(execute(fixture,
                             "DELETE FROM tags WHERE id = :id",
                             KITH_NAMED(kith_named("id", 900))),
                     1);
    assert_null(kith_get(session, Tag, 900, &error));
    g_clear_error(&error);
    kith_rollback(session);
    assert_string_equal(find(session, Tag, 900)->word, "none");
}

/* --- failure ----------------------------------------------------------------------- */

static void
a_statement_that_fails_takes_the_transaction_back(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    int64_t n = -1;
    const Product *saw = find(session, Product, 3);
    kith_set(saw, stock, 5);
    assert_false(kith_unsafe_execute(
        session, "UPDATE products SET id = 1 WHERE id = 3", NULL, &n, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(n, -1);
    assert_int_equal(saw->stock, 5);
    commit(session);
    assert_rows(fixture, "SELECT stock FROM products WHERE id = 3", "5");
    assert_false(
        kith_unsafe_execute(session, "UPDATE no_such SET x = 1", NULL, &n, &error));
    assert_error(error, KITH_ERROR_MAPPING, "*no_such*");
    assert_int_equal(find(session, Product, 3)->stock, 5);
}

static void
a_read_only_transaction_takes_no_statement_that_writes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const KithTransactionOptions options = { .read_only = true };
    g_autoptr(GError) error = NULL;
    assert_done(kith_begin(session, &options, &error), error);
    assert_int_equal(find(session, Product, 3)->id, 3);
    assert_false(kith_unsafe_execute(
        session, "UPDATE products SET stock = 5 WHERE id = 3", NULL, NULL, &error));
    assert_error(error, KITH_ERROR_SQL, "*read*only*");
    kith_rollback(session);
    assert_int_equal(
        execute(fixture, "UPDATE products SET stock = 6 WHERE id = 3", NULL), 1);
    commit(session);
    assert_rows(fixture, "SELECT stock FROM products WHERE id = 3", "6");
}

#define assert_refused(sql, values, code, pattern)                                 \
    do {                                                                           \
        assert_false(                                                              \
            kith_unsafe_execute(fixture->session, (sql), (values), NULL, &error)); \
        assert_error(error, (code), (pattern));                                    \
    } while (0)

static void
what_makes_no_sense_is_refused_before_it_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    forget_statements(fixture);
    assert_refused("DELETE FROM tags WHERE id = :id",
                   NULL,
                   KITH_ERROR_MISUSE,
                   "kith_unsafe_execute: the parameter 'id' has no value*");
    assert_refused("DELETE FROM tags WHERE id = ':id'",
                   KITH_NAMED(kith_named("id", 1)),
                   KITH_ERROR_MISUSE,
                   "*no parameter ':id' in the statement");
    assert_refused("DELETE FROM tags WHERE id = :id", /* ends with a parameter */
                   KITH_NAMED(kith_named("key", 1)),
                   KITH_ERROR_MISUSE,
                   "*no parameter ':key' in the statement");
    assert_refused("DELETE FROM tags WHERE word = :word",
                   KITH_NAMED(kith_named("word", "\xff")),
                   KITH_ERROR_TYPE,
                   "*'word' is a text that is not UTF-8");
    assert_refused(
        " -- x\n/* y */ commit", NULL, KITH_ERROR_MISUSE, "*COMMIT: a transaction is*");
    assert_refused("SAVEPOINT a", NULL, KITH_ERROR_MISUSE, "*SAVEPOINT: a transaction*");
    assert_refused("; -- DELETE", NULL, KITH_ERROR_MISUSE, "*holds no statement");
    assert_no_statements(fixture);
}

static void
rows_and_a_second_statement_are_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    assert_refused("SELECT 1", NULL, KITH_ERROR_MISUSE, "*gives rows*kith_unsafe_sql*");
    assert_refused(
        "DELETE FROM tags WHERE id < 0; DROP TABLE tags", NULL, KITH_ERROR_SQL, "*");
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM tags WHERE id < 0", "0");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_statement_runs_in_the_transaction_and_says_how_many_rows),
        ON_A_SCHEMA(other_statements_change_no_rows),
        ON_A_SCHEMA(values_of_every_type_are_bound),
        ON_A_SCHEMA(hostile_values_stay_values),
        ON_A_SCHEMA(changes_are_flushed_first_and_objects_are_read_again),
        ON_A_SCHEMA(a_savepoint_takes_back_what_objects_have_read),
        ON_A_SCHEMA(an_object_whose_row_was_deleted_is_not_found),
        ON_A_SCHEMA(a_statement_that_fails_takes_the_transaction_back),
        ON_A_SCHEMA(a_read_only_transaction_takes_no_statement_that_writes),
        ON_A_SCHEMA(what_makes_no_sense_is_refused_before_it_is_sent),
        ON_A_SCHEMA(rows_and_a_second_statement_are_refused),
    };
    return run_on_each_database("SQL by hand", tests);
}

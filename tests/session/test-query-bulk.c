/*
 * test-query-bulk.c - many rows changed or deleted by one statement, and the objects of
 * the session that follow it, and go back with it.
 */
#include "shop-questions.h"

KITH_RESULT(Pair, KITH_COLUMN(Pair, name, .nullable = true), KITH_COLUMN(Pair, number));

static int64_t
update_all(ProductQuery *query)
{
    g_autoptr(GError) error = NULL;
    int64_t n = -1;
    assert_done(kith_update_all(query, &n, &error), error);
    return n;
}

static ProductQuery *
saws(Fixture *fixture)
{
    ProductQuery *query = kith_query(fixture->session, Product);
    kith_where(query, kith_has(Product, kind, Kind, kith_eq(Kind, name, "saws")));
    return query;
}

/* --- updates ----------------------------------------------------------------------- */

static void
rows_are_changed_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    forget_statements(fixture);
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_lt(Product, price, 12.5));
    kith_change(query,
                kith_to(Product, price, kith_times(kith_member(Product, price), 2)));
    kith_change(query,
                kith_to(Product, stock, kith_plus(kith_member(Product, stock), 1)));
    kith_change(query, kith_to(Product, facts, "{}"));
    assert_int_equal(update_all(query), 4);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "UPDATE products SET price = (price * ?), stock = (stock + ?), facts",
        "COMMIT");
    assert_rows(fixture,
                "SELECT id, CAST(price * 10 AS INTEGER), stock FROM products WHERE facts "
                "= '{}' ORDER BY id",
                "5|245|41",
                "6|190|8",
                "7|190|4",
                "8|20|501");
}

static void
relations_choose_what_is_changed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_where(query, kith_any_of(Product, tags, Tag, kith_eq(Tag, word, "new")));
    kith_change(query, kith_to_null(Product, supplier));
    kith_change(
        query,
        kith_to(Product,
                name,
                kith_concat(
                    kith_via(Product, supplier, Supplier, kith_member(Supplier, name)),
                    kith_upper(kith_member(Product, name)))));
    assert_int_equal(update_all(query), 1);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT name, supplier_id FROM products WHERE kind_id = 5 ORDER BY id",
                "Hand saw|2",
                "BetaBAND SAW|NULL");
}

static void
loaded_objects_follow(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Product *saw = find(session, Product, 3), *sledge = find(session, Product, 2);
    const Kind *toys = find(session, Kind, 3);
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_change(query,
                kith_to(Product, price, kith_plus(kith_member(Product, price), 0.5)));
    kith_change(query, kith_to(Product, name, "a saw"));
    kith_change(query, kith_to(Product, kind, toys));
    assert_int_equal(update_all(query), 2);
    assert_float_equal(saw->price, 15.5, 0);
    assert_string_equal(saw->name, "a saw");
    assert_string_equal(sledge->name, "Sledge");
    g_autoptr(GError) error = NULL;
    assert_ptr_equal(kith_ref(saw, kind, &error), toys);
    commit(session);
    assert_float_equal(saw->price, 15.5, 0);
}

static void
a_rollback_takes_rows_and_objects_back(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Product *saw = find(session, Product, 3);
    const Product *band_saw = find(session, Product, 4);
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_change(query, kith_to(Product, name, "a saw"));
    kith_change(query, kith_to(Product, price, 1));
    assert_int_equal(update_all(query), 2);
    kith_set(band_saw, stock, 77);
    kith_rollback(session);
    assert_string_equal(saw->name, "Hand saw");
    assert_float_equal(saw->price, 15, 0);
    assert_string_equal(band_saw->name, "Band saw");
    assert_int_equal(band_saw->stock, 2);
    commit(session);
    assert_rows(fixture,
                "SELECT name FROM products WHERE kind_id = 5 ORDER BY id",
                "Hand saw",
                "Band saw");
}

static void
a_savepoint_takes_back_what_came_after_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Product *saw = find(session, Product, 3);
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_change(query,
                kith_to(Product, stock, kith_plus(kith_member(Product, stock), 1)));
    assert_int_equal(update_all(query), 2);
    assert_done(kith_savepoint(session, &error), error);
    assert_int_equal(update_all(query), 2);
    assert_int_equal(saw->stock, 27);
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_int_equal(saw->stock, 26);
    commit(session);
    assert_rows(fixture, "SELECT stock FROM products WHERE id = 3", "26");
}

static void
changes_are_written_first_and_edits_after_it_stay(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Product *saw = find(session, Product, 3);
    forget_statements(fixture);
    kith_set(saw, price, 100.0);
    g_autoptr(ProductQuery) query = kith_query(session, Product);
    kith_where(query, kith_eq(Product, price, 100));
    kith_change(query, kith_to(Product, stock, 0));
    assert_int_equal(update_all(query), 1);
    assert_int_equal(saw->stock, 0);
    Product *edited = kith_edit(saw);
    edited->cost = 3;
    commit(session);
    assert_rows(fixture,
                "SELECT CAST(price AS INTEGER), stock, CAST(cost AS INTEGER) FROM "
                "products WHERE id = 3",
                "100|0|3");
}

static void
a_version_is_raised(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 4, 1), (2, 'Sword', 8, 1, 1)");
    const Book *justice = find(session, Book, 1);
    g_autoptr(BookQuery) query = kith_query(session, Book);
    kith_change(query, kith_to(Book, price, 5));
    assert_done(kith_update_all(query, NULL, &error), error);
    assert_int_equal(justice->version, 5);
    kith_set(justice, title, "Ancillary Justice");
    commit(session);
    assert_rows(fixture,
                "SELECT title, CAST(price AS INTEGER), version FROM books ORDER BY id",
                "Ancillary Justice|5|6",
                "Sword|5|2");
}

/* A row that is loaded after the statement has what a rollback takes away again. */
static void
what_is_loaded_after_it_is_read_again_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_change(query, kith_to(Product, price, 1));
    assert_int_equal(update_all(query), 2);
    const Product *saw = find(session, Product, 3);
    assert_float_equal(saw->price, 1, 0);
    kith_rollback(session);
    assert_ptr_equal(find(session, Product, 3), saw);
    assert_float_equal(saw->price, 15, 0);
}

/* --- what they return -------------------------------------------------------------- */

static void
what_was_changed_comes_as_objects(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Product *saw = find(session, Product, 3);
    forget_statements(fixture);
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_with(query, supplier);
    kith_change(query,
                kith_to(Product, price, kith_plus(kith_member(Product, price), 1)));
    const Product *const *changed = kith_update_objects(query, &error);
    assert_done(changed, error);
    assert_ptr_equal(changed[0], saw);
    assert_float_equal(saw->price, 16, 0);
    assert_float_equal(changed[1]->price, 301, 0);
    assert_null(changed[2]);
    const Product *band_saw = changed[1];
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE products SET price = (products.price + ?)",
                      "SELECT products WHERE id IN (?) ORDER BY id",
                      "SELECT suppliers WHERE id IN (?) ORDER BY id");
    kith_rollback(session);
    assert_ptr_equal(find(session, Product, 4), band_saw);
    assert_float_equal(band_saw->price, 300, 0);
    assert_float_equal(saw->price, 15, 0);
}

static void
what_was_changed_comes_as_rows_as_they_are_now(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = saws(fixture);
    kith_where(query, kith_lt(Product, price, 100));
    kith_change(query, kith_to(Product, stock, kith_plus(kith_member(Product, stock), 1)));
    kith_select(query,
                Pair,
                name,
                kith_concat(kith_via(Product, supplier, Supplier, kith_member(Supplier, name)),
                            kith_upper(kith_member(Product, name))));
    kith_select(query, Pair, number, kith_member(Product, stock));
    const Pair *const *pairs = kith_update_rows(query, Pair, &error);
    assert_done(pairs, error);
    assert_string_equal(pairs[0]->name, "BetaHAND SAW");
    assert_int_equal(pairs[0]->number.value, 26);
    assert_null(pairs[1]);
    commit(fixture->session);
}

static void
what_was_deleted_comes_as_rows_as_they_were(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Payment *small = find(session, Payment, 2);
    g_autoptr(PaymentQuery) query = kith_query(session, Payment);
    kith_where(query, kith_eq(Payment, id, 2));
    kith_select(query, Pair, name, kith_value("gone"));
    kith_select(query, Pair, number, kith_member(Payment, id));
    forget_statements(fixture);
    const Pair *const *pairs = kith_delete_rows(query, Pair, &error);
    assert_done(pairs, error);
    assert_string_equal(pairs[0]->name, "gone");
    assert_int_equal(pairs[0]->number.value, 2);
    assert_null(pairs[1]);
    assert_int_equal(kith_state(small), KITH_DELETED);
    commit(session);
    assert_rows(fixture, "SELECT count(*) FROM payments", "4");
}

static void
what_is_not_selected_is_not_asked_for(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    forget_statements(fixture);
    g_autoptr(PaymentQuery) query = kith_query(fixture->session, Payment);
    assert_null(kith_delete_rows(query, Pair, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Payment: the query gives Payment, and is asked for Pair");
    g_clear_error(&error);
    kith_select(query, Pair, name, kith_value("gone"));
    kith_select(query, Pair, number, kith_member(Payment, id));
    assert_false(kith_delete_all(query, NULL, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Payment: the query gives Pair, and is asked for Payment");
    assert_no_statements(fixture);
}

/* --- deletes ----------------------------------------------------------------------- */

static void
rows_are_deleted_and_their_objects_are_gone(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Payment *small = find(session, Payment, 2), *large = find(session, Payment, 3);
    forget_statements(fixture);
    g_autoptr(PaymentQuery) query = kith_query(session, Payment);
    kith_where(query, kith_lt(Payment, amount, 40));
    int64_t n;
    assert_done(kith_delete_all(query, &n, &error), error);
    assert_int_equal(n, 4);
    assert_int_equal(kith_state(small), KITH_DELETED);
    assert_int_equal(kith_state(large), KITH_PERSISTENT);
    assert_gone(session, Payment, 2);
    commit(session);
    assert_int_equal(kith_state(small), KITH_DETACHED);
    assert_rows(fixture, "SELECT id FROM payments", "3");
}

static void
a_rollback_brings_deleted_objects_back(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Payment *payment = find(session, Payment, 2);
    g_autoptr(PaymentQuery) query = kith_query(session, Payment);
    assert_done(kith_delete_all(query, NULL, &error), error);
    kith_rollback(session);
    assert_int_equal(kith_state(payment), KITH_PERSISTENT);
    assert_ptr_equal(find(session, Payment, 2), payment);
    assert_rows(fixture, "SELECT count(*) FROM payments", "5");
}

static void
a_statement_that_fails_leaves_everything_as_it_was(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Shopper *bob = find(session, Shopper, 2);
    kith_set(bob, name, "Robert");
    g_autoptr(ShopperQuery) query = kith_query(session, Shopper);
    assert_false(kith_delete_all(query, NULL, &error));
    assert_true(g_error_matches(error, KITH_ERROR, KITH_ERROR_FOREIGN_KEY));
    g_clear_error(&error);
    assert_int_equal(kith_state(bob), KITH_PERSISTENT);
    assert_string_equal(bob->name, "Robert");
    commit(session);
    assert_rows(fixture,
                "SELECT name FROM shoppers WHERE id IN (1, 2) ORDER BY id",
                "Ann",
                "Robert");
}

/* --- refusals ---------------------------------------------------------------------- */

static void
what_has_no_meaning_for_a_change_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    forget_statements(fixture);
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    assert_false(kith_update_all(query, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Product: nothing is to be changed*");
    kith_change(query, kith_to(Product, id, 4));
    assert_false(kith_update_all(query, NULL, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Product: .id is a key, which cannot be changed*");
    g_autoptr(ProductQuery) limited = kith_query(fixture->session, Product);
    kith_limit(limited, 1);
    assert_false(kith_delete_all(limited, NULL, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Product: rows are changed by conditions alone*");
    g_autoptr(BookQuery) books = kith_query(fixture->session, Book);
    kith_change(books, kith_to(Book, version, 4));
    assert_false(kith_update_all(books, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Book: .version is a version*");
    assert_no_statements(fixture);
}

static void
nothing_is_written_in_a_transaction_that_only_reads(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const KithTransactionOptions options = { .read_only = true };
    g_autoptr(GError) error = NULL;
    assert_done(kith_begin(session, &options, &error), error);
    g_autoptr(PaymentQuery) query = kith_query(session, Payment);
    assert_false(kith_delete_all(query, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Payment: *the transaction is read only*");
    kith_change(query, kith_to(Payment, amount, 1));
    assert_null(kith_update_objects(query, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Payment: *the transaction is read only*");
    g_autoptr(TagQuery) tags = kith_query(session, Tag);
    kith_insert_values(tags, (&(const Tag){ .id = 9, .word = "more" }), 1);
    assert_false(kith_insert_all(tags, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Tag: *the transaction is read only*");
    commit(session);
    assert_rows(fixture, "SELECT count(*) FROM payments WHERE amount > 1", "5");
    assert_rows(fixture, "SELECT count(*) FROM tags", "4");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(rows_are_changed_by_one_statement),
        ON_A_SCHEMA(relations_choose_what_is_changed),
        ON_A_SCHEMA(loaded_objects_follow),
        ON_A_SCHEMA(a_rollback_takes_rows_and_objects_back),
        ON_A_SCHEMA(a_savepoint_takes_back_what_came_after_it),
        ON_A_SCHEMA(changes_are_written_first_and_edits_after_it_stay),
        ON_A_SCHEMA(a_version_is_raised),
        ON_A_SCHEMA(what_is_loaded_after_it_is_read_again_after_a_rollback),
        ON_A_SCHEMA(what_was_changed_comes_as_objects),
        ON_A_SCHEMA(what_was_changed_comes_as_rows_as_they_are_now),
        ON_A_SCHEMA(what_was_deleted_comes_as_rows_as_they_were),
        ON_A_SCHEMA(what_is_not_selected_is_not_asked_for),
        ON_A_SCHEMA(rows_are_deleted_and_their_objects_are_gone),
        ON_A_SCHEMA(a_rollback_brings_deleted_objects_back),
        ON_A_SCHEMA(a_statement_that_fails_leaves_everything_as_it_was),
        ON_A_SCHEMA(what_has_no_meaning_for_a_change_is_refused),
        ON_A_SCHEMA(nothing_is_written_in_a_transaction_that_only_reads),
    };
    return run_on_each_database("many rows at once", tests);
}

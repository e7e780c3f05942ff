/*
 * test-query-filters.c - filters for all queries of a session, SQL by hand, and what a
 * query says of itself.
 */
#include "shop-questions.h"

KITH_RESULT(Pair, KITH_COLUMN(Pair, name, .nullable = true), KITH_COLUMN(Pair, number));

static ProductQuery *
by_key(Fixture *fixture)
{
    ProductQuery *query = kith_query(fixture->session, Product);
    kith_order_by(query, kith_asc(Product, id));
    return query;
}

/* --- filters ----------------------------------------------------------------------- */

static void
a_filter_holds_for_all_queries_of_a_session(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = by_key(fixture);
    g_free(answer_Product(query));
    kith_add_filter(session, Product, "in stock", kith_gt(Product, stock, 5));
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE stock > 5 ORDER BY id");
    int64_t count;
    assert_done(kith_count(query, &count, &error), error);
    assert_int_equal(count, 5);
    kith_where(query, kith_lt(Product, price, 10));
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE stock > 5 AND price < 10 ORDER BY id");
    kith_remove_filter(session, "in stock");
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE price < 10 ORDER BY id");
}

static void
a_filter_holds_for_what_relations_and_joins_look_for(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    kith_add_filter(session, Product, "in stock", kith_gt(Product, stock, 5));
    kith_add_filter(session, Supplier, "known", kith_is_not_null(Supplier, country));
    g_autoptr(KindQuery) kinds = kith_query(session, Kind);
    kith_where(kinds, kith_any_of(Kind, products, Product, kith_gt(Product, price, 14)));
    kith_order_by(kinds, kith_asc(Kind, id));
    assert_answer(
        fixture,
        answer_Kind(kinds),
        "SELECT name FROM kinds WHERE id IN (SELECT kind_id FROM products WHERE "
        "price > 14 AND stock > 5) ORDER BY id");
    g_autoptr(ProductQuery) products = by_key(fixture);
    kith_where(products, kith_has(Product, supplier, Supplier, kith_gt(Supplier, id, 0)));
    assert_answer(fixture,
                  answer_Product(products),
                  "SELECT name FROM products WHERE stock > 5 AND supplier_id IN (1, 2) "
                  "ORDER BY id");
    g_autoptr(LineQuery) lines = kith_query(session, Line);
    ProductAlias *product = kith_alias(lines, Product);
    kith_join(lines, product, kith_eq(Product, id, kith_at(lines, product)));
    g_autoptr(GError) error = NULL;
    int64_t count;
    assert_done(kith_count(lines, &count, &error), error);
    assert_string_equal(
        query_text(fixture,
                   "SELECT count(*) FROM lines l JOIN products p ON p.id = l.product_id "
                   "WHERE p.stock > 5"),
        count == 8 ? "8" : "not 8");
}

/* The query in it is over what it filters itself, so it could go on for ever. */
static void
a_filter_can_have_another_query_in_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    {
        g_autoptr(ProductQuery) dear = kith_query(session, Product);
        kith_where(dear, kith_gt(Product, price, 40));
        kith_add_filter(session,
                        Product,
                        "of a dear kind",
                        kith_in_query(Product, kind, dear, kith_member(Product, kind)));
    }
    kith_add_filter(session,
                    Kind,
                    "with products",
                    kith_any_of(Kind,
                                products,
                                Product,
                                kith_has(Product, kind, Kind, kith_gt(Kind, id, 4))));
    g_autoptr(ProductQuery) products = by_key(fixture);
    kith_where(products, kith_lt(Product, price, 40));
    assert_answer(fixture,
                  answer_Product(products),
                  "SELECT name FROM products WHERE price < 40 AND kind_id IN (SELECT "
                  "kind_id FROM products WHERE price > 40) ORDER BY id");
    g_autoptr(KindQuery) kinds = kith_query(session, Kind);
    kith_without_filter(kinds, "of a dear kind");
    kith_order_by(kinds, kith_asc(Kind, id));
    assert_answer(fixture,
                  answer_Kind(kinds),
                  "SELECT name FROM kinds WHERE id > 4 AND id IN (SELECT kind_id FROM "
                  "products) ORDER BY id");
}

static void
a_query_goes_past_a_filter_by_its_name(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    kith_add_filter(session, Product, "in stock", kith_gt(Product, stock, 5));
    kith_add_filter(session, Product, "cheap", kith_lt(Product, price, 100));
    g_autoptr(ProductQuery) query = by_key(fixture);
    kith_without_filter(query, "in stock");
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE price < 100 ORDER BY id");
    kith_without_filter(query, NULL);
    assert_answer(
        fixture, answer_Product(query), "SELECT name FROM products ORDER BY id");
}

static void
a_filter_holds_for_changes_of_many_rows_and_not_for_keys(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    kith_add_filter(session, Product, "in stock", kith_gt(Product, stock, 5));
    g_autoptr(ProductQuery) query = kith_query(session, Product);
    kith_change(query, kith_to(Product, facts, "counted"));
    int64_t n;
    assert_done(kith_update_all(query, &n, &error), error);
    assert_int_equal(n, 5);
    assert_string_equal(find(session, Product, 2)->name, "Sledge");
    commit(session);
    assert_rows(fixture, "SELECT count(*) FROM products WHERE facts = 'counted'", "5");
}

/* --- SQL by hand ------------------------------------------------------------------- */

static void
objects_come_from_sql_by_hand(void **state)
{
    Fixture *fixture = *state;
    const Product *saw = find(fixture->session, Product, 3);
    g_autoptr(ProductQuery) query = by_key(fixture);
    kith_unsafe_sql(
        query,
        "SELECT p.* FROM products p WHERE price < :most -- :no parameter\n"
        "AND name <> ':no' /* nor :this */ AND CAST(:most AS double precision) > 1");
    kith_where(query, kith_gt(Product, price, 9.5));
    kith_bind(query, "most", 20.0);
    g_autoptr(GError) error = NULL;
    const Product *const *products = kith_all(query, &error);
    assert_done(products, error);
    assert_ptr_equal(products[0], saw);
    assert_answer(
        fixture,
        answer_Product(query),
        "SELECT name FROM products WHERE price < 20 AND price > 9.5 ORDER BY id");
    kith_bind(query, "most", 1000.0);
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE price > 9.5 ORDER BY id");
}

static void
structs_come_from_sql_by_hand(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PairQuery) query = kith_query(fixture->session, Pair);
    kith_unsafe_sql(query,
                    "SELECT number, name FROM (SELECT count(*) AS number, :word AS name "
                    "FROM products WHERE name LIKE :pattern) AS t");
    kith_bind(query, "word", "saws; DROP TABLE products");
    kith_bind(query, "pattern", "%saw%");
    const Pair *const *pairs = kith_all(query, &error);
    assert_answer(fixture,
                  answer_pairs(pairs, &error),
                  "SELECT 'saws; DROP TABLE products', count(*) FROM products WHERE name "
                  "LIKE '%saw%'");
}

static void
sql_by_hand_sees_all_that_was_changed(void **state)
{
    Fixture *fixture = *state;
    const Country *japan = find(fixture->session, Country, "jp");
    kith_set(japan, name, "Nippon");
    g_autoptr(PairQuery) query = kith_query(fixture->session, Pair);
    kith_unsafe_sql(query, "SELECT name, 1 AS number FROM countries WHERE code = 'jp'");
    g_autoptr(GError) error = NULL;
    const Pair *const *pairs = kith_all(query, &error);
    assert_done(pairs, error);
    assert_string_equal(pairs[0]->name, "Nippon");
}

static void
a_parameter_of_sql_by_hand_needs_a_value(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PairQuery) query = kith_query(fixture->session, Pair);
    kith_unsafe_sql(query, "SELECT name, id AS number FROM products WHERE id = :id");
    forget_statements(fixture);
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Pair: the parameter 'id' has no value*");
    assert_no_statements(fixture);
}

/* --- of itself --------------------------------------------------------------------- */

static void
a_query_says_how_it_would_be_run(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = by_key(fixture);
    kith_where(query, kith_eq(Product, id, 3));
    g_autofree char *text = kith_query_explain(query, &error);
    assert_done(text, error);
    assert_non_null(strstr(text, is_sqlite(fixture) ? "SEARCH products" : "products"));
    g_autofree char *sql = kith_query_sql(query, &error);
    assert_done(sql, error);
    assert_true(g_str_has_prefix(sql, "SELECT \"id\", \"name\", "));
}

static void
a_plan_is_looked_for_only_when_the_query_was_changed(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = by_key(fixture);
    kith_where(query, kith_gt(Product, price, kith_param(double, "least")));
    for (int least = 0; least < 400; least += 50) {
        kith_bind(query, "least", least);
        assert_done(kith_all(query, &error), error);
    }
    assert_int_equal(fixture->statements->len, 8);
    for (guint i = 1; i < 8; i++)
        assert_string_equal(g_ptr_array_index(fixture->statements, i),
                            g_ptr_array_index(fixture->statements, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_filter_holds_for_all_queries_of_a_session),
        ON_A_SCHEMA(a_filter_holds_for_what_relations_and_joins_look_for),
        ON_A_SCHEMA(a_filter_can_have_another_query_in_it),
        ON_A_SCHEMA(a_query_goes_past_a_filter_by_its_name),
        ON_A_SCHEMA(a_filter_holds_for_changes_of_many_rows_and_not_for_keys),
        ON_A_SCHEMA(objects_come_from_sql_by_hand),
        ON_A_SCHEMA(structs_come_from_sql_by_hand),
        ON_A_SCHEMA(sql_by_hand_sees_all_that_was_changed),
        ON_A_SCHEMA(a_parameter_of_sql_by_hand_needs_a_value),
        ON_A_SCHEMA(a_query_says_how_it_would_be_run),
        ON_A_SCHEMA(a_plan_is_looked_for_only_when_the_query_was_changed),
    };
    return run_on_each_database("filters and SQL by hand", tests);
}

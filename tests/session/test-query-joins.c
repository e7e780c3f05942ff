/*
 * test-query-joins.c - right and full joins, filters on both of their sides, and the way
 * through the references of an alias. Each answer is compared with that of plain SQL.
 */
#include "shop-questions.h"

#include "engine.h"

KITH_RESULT(Pair, KITH_COLUMN(Pair, name, .nullable = true), KITH_COLUMN(Pair, number));

/* --- right and full joins ---------------------------------------------------------- */

static void
a_right_join_keeps_rows_of_the_alias(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PurchaseQuery) query = kith_query(fixture->session, Purchase);
    ShopperAlias *shopper = kith_alias(query, Shopper);
    kith_right_join(query, shopper, kith_eq(Shopper, id, kith_at(query, shopper)));
    kith_select(query, Pair, name, kith_at(shopper, name));
    kith_select(query, Pair, number, kith_at(query, id));
    kith_order_by(query, kith_asc_by(Purchase, kith_at(shopper, id)));
    kith_order_by(query, kith_asc_by(Purchase, kith_at(query, id)));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT s.name, p.id FROM purchases p RIGHT JOIN shoppers s ON "
                  "s.id = p.shopper_id ORDER BY s.id, p.id");
    kith_where(query, kith_is_null(Purchase, id));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT name, NULL FROM shoppers WHERE id NOT IN (SELECT shopper_id "
                  "FROM purchases) ORDER BY id");
}

/* References of the row that may be missing are walked as ever. */
static void
a_right_join_and_a_reference_go_together(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PurchaseQuery) query = kith_query(fixture->session, Purchase);
    ShopperAlias *shopper = kith_alias(query, Shopper);
    kith_right_join(query, shopper, kith_eq(Shopper, id, kith_at(query, shopper)));
    kith_select(query,
                Pair,
                name,
                kith_coalesce(kith_via(Purchase,
                                       clerk,
                                       Clerk,
                                       kith_member(Clerk, name)),
                              "nobody"));
    kith_select(query, Pair, number, kith_at(shopper, id));
    kith_order_by(query, kith_asc_by(Purchase, kith_at(shopper, id)));
    kith_order_by(query, kith_asc_by(Purchase, kith_at(query, id)));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT coalesce(c.name, 'nobody'), s.id FROM purchases p RIGHT JOIN "
                  "shoppers s ON s.id = p.shopper_id LEFT JOIN clerks c ON "
                  "c.id = p.clerk_id ORDER BY s.id, p.id");
    kith_where(query, kith_has(Purchase, clerk, Clerk, kith_ne(Clerk, name, "Uli")));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT c.name, p.shopper_id FROM purchases p JOIN clerks c ON "
                  "c.id = p.clerk_id WHERE c.name <> 'Uli' ORDER BY p.shopper_id, p.id");
}

static ProductQuery *
products_and_suppliers(Fixture *fixture)
{
    ProductQuery *query = kith_query(fixture->session, Product);
    SupplierAlias *supplier = kith_alias(query, Supplier);
    kith_full_join(query, supplier, kith_eq(Supplier, id, kith_at(query, supplier)));
    kith_select(query,
                Pair,
                name,
                kith_concat(kith_coalesce(kith_at(query, name), "-"),
                            kith_coalesce(kith_at(supplier, name), "-")));
    kith_select(query, Pair, number, kith_at(supplier, id));
    kith_order_by(query, kith_asc_by(Product, kith_output(Pair, name)));
    return query;
}

static void
a_full_join_keeps_rows_of_both(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO suppliers (id, name) VALUES (9, 'Nothing yet')");
    g_autoptr(ProductQuery) query = products_and_suppliers(fixture);
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT coalesce(p.name, '-') || coalesce(s.name, '-') AS name, s.id "
                  "FROM products p FULL JOIN suppliers s ON s.id = p.supplier_id "
                  "ORDER BY name");
    int64_t count;
    assert_done(kith_count(query, &count, &error), error);
    g_autofree char *text = g_strdup_printf("%d", (int) count);
    assert_string_equal(text,
                        query_text(fixture,
                                   "SELECT count(*) FROM products p FULL JOIN suppliers "
                                   "s ON s.id = p.supplier_id"));
    g_autoptr(ProductQuery) copy = kith_copy(query);
    g_autofree char *found = pairs_of(query, &error);
    g_autofree char *found_by_copy = pairs_of(copy, &error);
    assert_string_equal(found_by_copy, found);
}

/* What is filtered out does not take away the row that it would have been joined to. */
static void
filters_leave_rows_out_before_they_are_joined(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = products_and_suppliers(fixture);
    kith_add_filter(session, Product, "cheap", kith_lt(Product, price, 16));
    kith_add_filter(
        session,
        Supplier,
        "at home",
        kith_has(Supplier, country, Country, kith_eq(Country, name, "Germany")));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT coalesce(p.name, '-') || coalesce(s.name, '-') AS name, s.id "
                  "FROM (SELECT * FROM products WHERE price < 16) p FULL JOIN "
                  "(SELECT * FROM suppliers WHERE country_code = 'de') s ON "
                  "s.id = p.supplier_id ORDER BY name");
    g_autoptr(ProductQuery) dear = kith_query(session, Product);
    SupplierAlias *supplier = kith_alias(dear, Supplier);
    kith_right_join(dear, supplier, kith_eq(Supplier, id, kith_at(dear, supplier)));
    kith_select(dear, Pair, name, kith_at(supplier, name));
    kith_select(dear, Pair, number, kith_count_values(kith_at(dear, id)));
    kith_group_by(dear, kith_at(supplier, name));
    kith_remove_filter(session, "cheap");
    kith_add_filter(session, Product, "dear", kith_gt(Product, price, 1000));
    assert_answer(fixture, pairs_of(dear, &error), "SELECT 'Acme', 0");
    kith_without_filter(dear, NULL);
    kith_order_by(dear, kith_asc_by(Product, kith_at(supplier, name)));
    assert_answer(fixture,
                  pairs_of(dear, &error),
                  "SELECT s.name, count(p.id) FROM products p RIGHT JOIN suppliers s ON "
                  "s.id = p.supplier_id GROUP BY s.name ORDER BY s.name");
}

/* Two in a row: each keeps its side of all that was before it. */
static void
joins_of_each_sort_follow_each_other(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(LineQuery) query = kith_query(fixture->session, Line);
    PurchaseAlias *purchase = kith_alias(query, Purchase);
    ProductAlias *product = kith_alias(query, Product);
    kith_join(query,
              purchase,
              kith_and(Purchase,
                       kith_eq(Purchase, id, kith_at(query, purchase)),
                       kith_eq(Purchase, state, STATE_OPEN)));
    kith_right_join(query, product, kith_eq(Product, id, kith_at(query, product)));
    kith_select(query, Pair, name, kith_at(product, name));
    kith_select(query, Pair, number, kith_at(purchase, id));
    kith_order_by(query, kith_asc_by(Line, kith_at(product, id)));
    kith_order_by(query, kith_asc_by(Line, kith_at(purchase, id)));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT p.name, u.id FROM lines l JOIN purchases u ON "
                  "u.id = l.purchase_id AND u.state = 'open' RIGHT JOIN products p ON "
                  "p.id = l.product_id ORDER BY p.id, u.id");
}

static void
assert_refused(Fixture *fixture, bool done, GError **error, const char *pattern)
{
    assert_false(done);
    assert_error(*error, KITH_ERROR_MISUSE, pattern);
    assert_no_statements(fixture);
    g_clear_error(error);
}

static void
objects_that_may_be_missing_are_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PurchaseQuery) query = kith_query(fixture->session, Purchase);
    ShopperAlias *shopper = kith_alias(query, Shopper);
    kith_right_join(query, shopper, kith_eq(Shopper, id, kith_at(query, shopper)));
    forget_statements(fixture);
    int64_t count = -1;
    const char *pattern = "Purchase: *an object may be missing; *kith_select()*";
    assert_refused(fixture, kith_all(query, &error) != NULL, &error, pattern);
    assert_refused(fixture, kith_first(query, &error) != NULL, &error, pattern);
    assert_refused(fixture, kith_count(query, &count, &error), &error, pattern);
    assert_int_equal(count, -1);
    kith_select(query, Pair, name, kith_at(shopper, name));
    kith_lock_rows(query, KITH_FOR_UPDATE, KITH_WAIT);
    assert_refused(fixture,
                   kith_rows(query, Pair, &error) != NULL,
                   &error,
                   "Purchase: *cannot be locked*");
    g_autoptr(KindQuery) kinds = kith_query(fixture->session, Kind);
    g_autoptr(ProductQuery) products = kith_query(fixture->session, Product);
    kith_select(products, Pair, name, kith_member(Product, name));
    PairAlias *pair = kith_alias(kinds, Pair);
    kith_query_join_lateral(
        (KithQuery *) kinds, (KithAlias *) pair, KITH_JOIN_FULL, (KithQuery *) products);
    kith_select(kinds, Pair, name, kith_at(pair, name));
    assert_refused(fixture,
                   kith_rows(kinds, Pair, &error) != NULL,
                   &error,
                   "*a lateral join is an inner or a left one*");
}

/* In a condition it need not give an object. */
static void
a_right_join_within_a_condition(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(PurchaseQuery) none = kith_query(fixture->session, Purchase);
    ShopperAlias *shopper = kith_alias(none, Shopper);
    kith_right_join(none, shopper, kith_eq(Shopper, id, kith_at(none, shopper)));
    kith_where(none, kith_is_null(Purchase, id));
    g_autoptr(ShopperQuery) query = kith_query(fixture->session, Shopper);
    kith_where(query, kith_in_query(Shopper, id, none, kith_at(shopper, id)));
    kith_order_by(query, kith_asc(Shopper, id));
    assert_answer(fixture,
                  answer_Shopper(query),
                  "SELECT name FROM shoppers WHERE id NOT IN (SELECT shopper_id FROM "
                  "purchases) ORDER BY id");
}

/* As a SQLite before 3.39 is. */
static void
a_database_without_them_is_asked_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = products_and_suppliers(fixture);
    const KithDriver *own = fixture->engine->driver;
    KithDialect dialect = *own->dialect;
    KithDriver driver = *own;
    dialect.has_right_join = false;
    driver.dialect = &dialect;
    forget_statements(fixture);
    fixture->engine->driver = &driver;
    bool done = kith_rows(query, Pair, &error) != NULL;
    fixture->engine->driver = own;
    assert_refused(fixture, done, &error, "Product: * has no RIGHT and no FULL JOIN*");
}

/* --- through the references of an alias -------------------------------------------- */

/* The alias is of the entity that the query is over: kith_via() would be of the row. */
static void
an_alias_leads_on_through_its_references(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ClerkQuery) query = kith_query(fixture->session, Clerk);
    ClerkAlias *boss = kith_alias(query, Clerk);
    kith_left_join(query, boss, kith_eq(Clerk, id, kith_at(query, boss)));
    kith_select(query,
                Pair,
                name,
                kith_coalesce(kith_via_at(boss, boss, Clerk, kith_member(Clerk, name)),
                              "-"));
    kith_select(query, Pair, number, kith_member(Clerk, id));
    kith_order_by(query,
                  kith_nulls_last(kith_asc_by(
                      Clerk,
                      kith_via_at(boss, boss, Clerk, kith_member(Clerk, salary)))));
    kith_order_by(query, kith_asc(Clerk, id));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT coalesce(g.name, '-'), c.id FROM clerks c LEFT JOIN clerks b ON "
                  "b.id = c.boss_id LEFT JOIN clerks g ON g.id = b.boss_id ORDER BY "
                  "g.salary NULLS LAST, c.id");
}

/* In what it is joined by, and from within another query. */
static void
the_way_from_an_alias_is_known_in_conditions(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(LineQuery) query = kith_query(fixture->session, Line);
    LineAlias *other = kith_alias(query, Line);
    kith_join(query,
              other,
              kith_and(Line,
                       kith_lt(Line, id, kith_at(query, id)),
                       kith_compare(Line,
                                    kith_via_at(query, purchase, Purchase,
                                                kith_member(Purchase, state)),
                                    ==,
                                    kith_via_at(other, purchase, Purchase,
                                                kith_member(Purchase, state)))));
    kith_select(query, Pair, number, kith_count_rows());
    kith_select(query, Pair, name, kith_value("pairs"));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT 'pairs', count(*) FROM lines l JOIN purchases p ON "
                  "p.id = l.purchase_id JOIN lines o ON o.id < l.id JOIN purchases q ON "
                  "q.id = o.purchase_id WHERE p.state = q.state");
    g_autoptr(ProductQuery) products = kith_query(fixture->session, Product);
    g_autoptr(ProductQuery) rivals = kith_query(fixture->session, Product);
    kith_where(rivals, kith_ne(Product, id, kith_at(products, id)));
    kith_where(rivals,
               kith_compare(Product,
                            kith_via(Product, kind, Kind, kith_member(Kind, name)),
                            ==,
                            kith_via_at(products, kind, Kind, kith_member(Kind, name))));
    kith_where(products, kith_exists_in(Product, rivals));
    kith_order_by(products, kith_asc(Product, id));
    assert_answer(fixture,
                  answer_Product(products),
                  "SELECT name FROM products p WHERE EXISTS (SELECT 1 FROM products r "
                  "WHERE r.id <> p.id AND r.kind_id = p.kind_id) ORDER BY id");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(a_right_join_keeps_rows_of_the_alias),
        ON_A_SCHEMA(a_right_join_and_a_reference_go_together),
        ON_A_SCHEMA(a_full_join_keeps_rows_of_both),
        ON_A_SCHEMA(filters_leave_rows_out_before_they_are_joined),
        ON_A_SCHEMA(joins_of_each_sort_follow_each_other),
        ON_A_SCHEMA(objects_that_may_be_missing_are_refused),
        ON_A_SCHEMA(a_right_join_within_a_condition),
        ON_A_SCHEMA(a_database_without_them_is_asked_nothing),
        ON_A_SCHEMA(an_alias_leads_on_through_its_references),
        ON_A_SCHEMA(the_way_from_an_alias_is_known_in_conditions),
    };
    return run_on_each_database("joins", tests);
}

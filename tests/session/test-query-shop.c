/*
 * test-query-shop.c - questions about the shop whose answers are objects: conditions,
 * relations, orders and pages. Each answer is compared with that of plain SQL.
 */
#include "shop-questions.h"

/* A query over all T, by key, with one condition; asked, and compared. */
#define ask(fixture, T, condition, sql)                                         \
    do {                                                                        \
        g_autoptr(T##Query) query_ = kith_query((fixture)->session, T);         \
        kith_where(query_, condition);                                          \
        kith_order_by(query_, kith_asc(T, id));                                 \
        check_answer((fixture), answer_##T(query_), (sql), __FILE__, __LINE__); \
    } while (0)

/* --- members ----------------------------------------------------------------------- */

static void
ranges_and_lists_are_asked_for(void **state)
{
    Fixture *fixture = *state;
    const int64_t ids[] = { 8, 1, 4, 1 };
    const char *const names[] = { "Ann", "Eve", "nobody's" };
    const State states[] = { STATE_OPEN, STATE_SENT };
    ask(fixture,
        Product,
        kith_between(Product, price, 9.5, 15),
        "SELECT name FROM products WHERE price BETWEEN 9.5 AND 15 ORDER BY id");
    ask(fixture,
        Product,
        kith_not(Product, kith_between(Product, price, 9.5, 20)),
        "SELECT name FROM products WHERE NOT price BETWEEN 9.5 AND 20 ORDER BY id");
    ask(fixture,
        Product,
        kith_in(Product, id, ids, G_N_ELEMENTS(ids)),
        "SELECT name FROM products WHERE id IN (8, 1, 4) ORDER BY id");
    ask(fixture,
        Product,
        kith_not_in(Product, id, ids, G_N_ELEMENTS(ids)),
        "SELECT name FROM products WHERE id NOT IN (8, 1, 4) ORDER BY id");
    ask(fixture,
        Shopper,
        kith_in(Shopper, name, names, G_N_ELEMENTS(names)),
        "SELECT name FROM shoppers WHERE name IN ('Ann', 'Eve') ORDER BY id");
    ask(fixture,
        Purchase,
        kith_in(Purchase, state, states, 2),
        "SELECT id FROM purchases WHERE state IN ('open', 'sent') ORDER BY id");
    ask(fixture,
        Shopper,
        kith_and(Shopper,
                 kith_ge(Shopper, joined, kith_date_make(2021, 1, 1)),
                 kith_eq(Shopper, active, true)),
        "SELECT name FROM shoppers WHERE joined >= '2021-01-01' AND active ORDER BY id");
}

static void
nothing_is_in_an_empty_list_and_everything_is_not_in_it(void **state)
{
    Fixture *fixture = *state;
    const char *const *none = NULL;
    ask(fixture, Shopper, kith_in(Shopper, email, none, 0), "SELECT 1 WHERE 1 = 0");
    ask(fixture,
        Shopper,
        kith_not_in(Shopper, email, none, 0),
        "SELECT name FROM shoppers ORDER BY id");
}

static void
one_statement_serves_lists_of_any_length(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autofree int64_t *ids = g_new(int64_t, 40000);
    for (int64_t i = 0; i < 40000; i++)
        ids[i] = i - 20000;
    g_autofree char *first_text = NULL;
    for (size_t n = 0; n <= 40000; n += 20000) {
        g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
        kith_where(query, kith_in(Product, id, ids, n));
        int64_t count;
        assert_done(kith_count(query, &count, &error), error);
        assert_int_equal(count, n == 40000 ? 8 : 0);
        g_autofree char *text = kith_query_sql(query, &error);
        if (n == 20000)
            first_text = g_strdup(text);
        else if (n == 40000)
            assert_string_equal(text, first_text);
    }
}

static void
a_list_with_null_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const char *const emails[] = { "a", NULL };
    g_autoptr(ShopperQuery) query = kith_query(fixture->session, Shopper);
    kith_where(query, kith_in(Shopper, email, emails, 2));
    assert_null(kith_all(query, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Shopper: NULL is one of the values*");
    assert_no_statements(fixture);
}

static void
texts_are_matched_by_their_characters(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Product,
        kith_starts_with(Product, name, "100%"),
        "SELECT name FROM products WHERE id = 6");
    ask(fixture,
        Product,
        kith_includes(Product, name, "_"),
        "SELECT name FROM products WHERE id = 7");
    ask(fixture,
        Product,
        kith_ends_with(Product, name, "saw"),
        "SELECT name FROM products WHERE substr(name, length(name) - 2) = 'saw' "
        "ORDER BY id");
    ask(fixture, Product, kith_includes(Product, name, "*"), "SELECT 1 WHERE 1 = 0");
    ask(fixture, Product, kith_includes(Product, name, "[a-z]"), "SELECT 1 WHERE 1 = 0");
    ask(fixture, Product, kith_includes(Product, name, "\\"), "SELECT 1 WHERE 1 = 0");
    ask(fixture,
        Product,
        kith_includes(Product, name, ""),
        "SELECT name FROM products ORDER BY id");
    ask(fixture,
        Product,
        kith_like(Product, name, "%s_w"),
        "SELECT name FROM products WHERE name LIKE '%s_w' AND name <> 'x' ORDER BY id");
    ask(fixture,
        Product,
        kith_like(Product, name, "100\\%%"),
        "SELECT name FROM products WHERE id = 6");
    ask(fixture,
        Product,
        kith_not(Product, kith_like(Product, name, "%saw%")),
        "SELECT name FROM products WHERE id NOT IN (3, 4, 5) ORDER BY id");
}

static void
case_matters_only_where_it_is_said_not_to(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Shopper,
        kith_starts_with(Shopper, name, "Ann"),
        "SELECT name FROM shoppers WHERE id = 1");
    ask(fixture,
        Shopper,
        kith_starts_with_any_case(Shopper, name, "ANN"),
        "SELECT name FROM shoppers WHERE lower(name) LIKE 'ann%' ORDER BY id");
    ask(fixture,
        Shopper,
        kith_eq_any_case(Shopper, email, "cora@example.COM"),
        "SELECT name FROM shoppers WHERE id = 3");
    ask(fixture,
        Shopper,
        kith_eq_any_case(Shopper, email, "ab%c@example.net"),
        "SELECT 1 WHERE 1 = 0");
    ask(fixture,
        Shopper,
        kith_includes_any_case(Shopper, email, "B_C"),
        "SELECT name FROM shoppers WHERE id = 6");
    ask(fixture,
        Shopper,
        kith_ends_with_any_case(Shopper, email, ".ORG"),
        "SELECT name FROM shoppers WHERE id IN (1, 4) ORDER BY id");
    ask(fixture,
        Shopper,
        kith_like_any_case(Shopper, name, "A%"),
        "SELECT name FROM shoppers WHERE id IN (1, 6) ORDER BY id");
}

static void
members_are_compared_with_members_and_expressions(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Product,
        kith_lt(Product, price, kith_member(Product, cost)),
        "SELECT name FROM products WHERE price < cost ORDER BY id");
    ask(fixture,
        Product,
        kith_gt(Product, price, kith_times(kith_member(Product, cost), 2)),
        "SELECT name FROM products WHERE price > cost * 2 ORDER BY id");
    ask(fixture,
        Product,
        kith_compare(Product, kith_text_length(kith_member(Product, name)), <=, 6),
        "SELECT name FROM products WHERE length(name) <= 6 ORDER BY id");
    ask(fixture,
        Product,
        kith_compare(Product,
                     kith_minus(kith_member(Product, price), kith_member(Product, cost)),
                     >,
                     kith_member(Product, cost)),
        "SELECT name FROM products WHERE price - cost > cost ORDER BY id");
    ask(fixture,
        Purchase,
        kith_compare(
            Purchase, kith_month(kith_date_of(kith_member(Purchase, placed))), ==, 3),
        "SELECT id FROM purchases WHERE id IN (5, 6) ORDER BY id");
}

static void
null_is_nothing_that_a_comparison_finds(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Shopper,
        kith_ne(Shopper, email, "ann@example.org"),
        "SELECT name FROM shoppers WHERE email <> 'ann@example.org' ORDER BY id");
    ask(fixture,
        Shopper,
        kith_is_null(Shopper, email),
        "SELECT name FROM shoppers WHERE email IS NULL ORDER BY id");
    ask(fixture,
        Clerk,
        kith_not(Clerk, kith_gt(Clerk, salary, 2500)),
        "SELECT name FROM clerks WHERE NOT salary > 2500 ORDER BY id");
    ask(fixture,
        Clerk,
        kith_is_not_null(Clerk, boss),
        "SELECT name FROM clerks WHERE boss_id IS NOT NULL ORDER BY id");
    ask(fixture,
        Clerk,
        kith_expression_is_null(Clerk, kith_plus(kith_member(Clerk, salary), 1)),
        "SELECT name FROM clerks WHERE salary IS NULL ORDER BY id");
}

/* --- parts that may be there or not ------------------------------------------------ */

static void
find_products(Fixture *fixture,
              const char *word,
              double most,
              bool in_stock,
              const char *sql,
              int line)
{
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(
        query,
        kith_and(Product,
                 kith_if(Product,
                         word != NULL,
                         kith_includes_any_case(Product, name, word != NULL ? word : "")),
                 kith_or(Product,
                         kith_if(Product, most > 0, kith_le(Product, price, most)),
                         kith_if(Product, in_stock, kith_gt(Product, stock, 5)))));
    kith_order_by(query, kith_asc(Product, id));
    check_answer(fixture, answer_Product(query), sql, __FILE__, line);
}

static void
optional_parts_are_left_out_as_if_they_were_not_written(void **state)
{
    Fixture *fixture = *state;
    find_products(
        fixture, NULL, 0, false, "SELECT name FROM products ORDER BY id", __LINE__);
    find_products(fixture,
                  "SAW",
                  0,
                  false,
                  "SELECT name FROM products WHERE id IN (3, 4, 5) ORDER BY id",
                  __LINE__);
    find_products(fixture,
                  NULL,
                  10,
                  false,
                  "SELECT name FROM products WHERE price <= 10 ORDER BY id",
                  __LINE__);
    find_products(fixture,
                  "a",
                  10,
                  true,
                  "SELECT name FROM products WHERE lower(name) LIKE '%a%' "
                  "AND (price <= 10 OR stock > 5) ORDER BY id",
                  __LINE__);
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    forget_statements(fixture);
    kith_where(query, kith_if(Product, false, kith_eq(Product, id, 1)));
    kith_where(query,
               kith_not(Product, kith_if(Product, false, kith_eq(Product, id, 1))));
    g_free(answer_Product(query));
    assert_statements(fixture, "SELECT products");
}

/* --- relations --------------------------------------------------------------------- */

static void
references_are_followed_to_any_depth(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Product,
        kith_has(Product, supplier, Supplier, kith_eq(Supplier, name, "Acme")),
        "SELECT name FROM products WHERE supplier_id = 1 ORDER BY id");
    ask(fixture,
        Product,
        kith_has(Product,
                 supplier,
                 Supplier,
                 kith_has(Supplier, country, Country, kith_eq(Country, name, "Japan"))),
        "SELECT name FROM products WHERE supplier_id = 2 ORDER BY id");
    ask(fixture,
        Product,
        kith_or(Product,
                kith_has(Product, supplier, Supplier, kith_eq(Supplier, name, "Beta")),
                kith_lt(Product, price, 5)),
        "SELECT name FROM products WHERE supplier_id = 2 OR price < 5 ORDER BY id");
    ask(fixture,
        Product,
        kith_not(
            Product,
            kith_has(Product,
                     supplier,
                     Supplier,
                     kith_has(Supplier, country, Country, kith_eq(Country, code, "de")))),
        "SELECT p.name FROM products p LEFT JOIN suppliers s ON s.id = p.supplier_id "
        "WHERE coalesce(s.country_code, '') <> 'de' ORDER BY p.id");
    ask(fixture,
        Clerk,
        kith_has(Clerk,
                 boss,
                 Clerk,
                 kith_has(Clerk, boss, Clerk, kith_eq(Clerk, name, "Zoe"))),
        "SELECT c.name FROM clerks c JOIN clerks b ON b.id = c.boss_id "
        "WHERE b.boss_id = 1 ORDER BY c.id");
}

static void
a_reference_of_a_row_that_has_to_be_there_is_a_join(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_has(Product, kind, Kind, kith_eq(Kind, name, "saws")));
    kith_where(query, kith_has(Product, kind, Kind, kith_is_not_null(Kind, parent)));
    g_autofree char *text = kith_query_sql(query, &error);
    assert_done(text, error);
    assert_non_null(strstr(text, "JOIN \"kinds\" AS t2 ON t2.\"id\" = t1.\"kind_id\""));
    assert_null(strstr(text, "t3"));
    assert_null(strstr(text, "EXISTS"));
}

static void
collections_have_some_or_none(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Shopper,
        kith_any_of(Shopper, purchases, Purchase, kith_eq(Purchase, state, STATE_OPEN)),
        "SELECT name FROM shoppers WHERE id IN (1, 3) ORDER BY id");
    ask(fixture,
        Shopper,
        kith_none_of(Shopper, purchases, Purchase, kith_gt(Purchase, id, 0)),
        "SELECT name FROM shoppers WHERE id NOT IN (SELECT shopper_id FROM purchases) "
        "ORDER BY id");
    ask(fixture,
        Shopper,
        kith_any_of(
            Shopper,
            purchases,
            Purchase,
            kith_eq(Purchase, state, STATE_SENT),
            kith_any_of(
                Purchase,
                lines,
                Line,
                kith_has(Line,
                         product,
                         Product,
                         kith_has(Product, kind, Kind, kith_eq(Kind, name, "saws"))))),
        "SELECT name FROM shoppers WHERE id = 1");
    ask(fixture,
        Kind,
        kith_any_of(Kind,
                    products,
                    Product,
                    kith_none_of(Product, lines, Line, kith_gt(Line, quantity, 0))),
        "SELECT name FROM kinds k WHERE EXISTS (SELECT 1 FROM products p WHERE "
        "p.kind_id = k.id AND p.id NOT IN (SELECT product_id FROM lines)) ORDER BY id");
    ask(fixture,
        Product,
        kith_any_of(Product,
                    ratings,
                    Rating,
                    kith_le(Rating, stars, 3),
                    kith_has(Rating, shopper, Shopper, kith_eq(Shopper, name, "Bob"))),
        "SELECT name FROM products WHERE id = 5");
}

static void
many_to_many_is_asked_through_the_links(void **state)
{
    Fixture *fixture = *state;
    ask(fixture,
        Product,
        kith_any_of(Product, tags, Tag, kith_eq(Tag, word, "sale")),
        "SELECT name FROM products WHERE id IN "
        "(SELECT product_id FROM product_tags WHERE tag_id = 1) ORDER BY id");
    ask(fixture,
        Product,
        kith_and(Product,
                 kith_any_of(Product, tags, Tag, kith_eq(Tag, word, "heavy")),
                 kith_none_of(Product, tags, Tag, kith_eq(Tag, word, "new"))),
        "SELECT name FROM products WHERE id = 2");
    ask(fixture,
        Tag,
        kith_none_of(Tag, products, Product, kith_ge(Product, price, 0)),
        "SELECT word FROM tags WHERE id NOT IN (SELECT tag_id FROM product_tags)");
    ask(fixture,
        Tag,
        kith_any_of(
            Tag,
            products,
            Product,
            kith_has(Product, supplier, Supplier, kith_eq(Supplier, name, "Beta"))),
        "SELECT word FROM tags WHERE id IN (2, 3) ORDER BY id");
}

static void
a_list_of_objects_is_a_list_of_keys(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Kind *const kinds[] = { find(session, Kind, 4), find(session, Kind, 6) };
    ask(fixture,
        Product,
        kith_in(Product, kind, kinds, 2),
        "SELECT name FROM products WHERE kind_id IN (4, 6) ORDER BY id");
    ask(fixture,
        Product,
        kith_ne(Product, kind, kinds[0]),
        "SELECT name FROM products WHERE kind_id <> 4 ORDER BY id");
}

/* --- other queries ----------------------------------------------------------------- */

static void
a_query_is_a_condition_of_another(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(LineQuery) lines = kith_query(session, Line);
    kith_where(lines, kith_ge(Line, quantity, 2));
    ask(fixture,
        Product,
        kith_in_query(Product, id, lines, kith_member(Line, product)),
        "SELECT name FROM products WHERE id IN "
        "(SELECT product_id FROM lines WHERE quantity >= 2) ORDER BY id");
    ask(fixture,
        Product,
        kith_not_in_query(Product, id, lines, kith_member(Line, product)),
        "SELECT name FROM products WHERE id NOT IN "
        "(SELECT product_id FROM lines WHERE quantity >= 2) ORDER BY id");
    g_autoptr(ProductQuery) dear = kith_query(session, Product);
    ask(fixture,
        Product,
        kith_compare(Product,
                     kith_member(Product, price),
                     >,
                     kith_scalar(dear, kith_average(kith_member(Product, price)))),
        "SELECT name FROM products WHERE price > (SELECT avg(price) FROM products) "
        "ORDER BY id");
}

static void
a_query_refers_to_the_one_that_it_stands_in(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(ProductQuery) products = kith_query(session, Product);
    g_autoptr(ProductQuery) dearer = kith_query(session, Product);
    kith_where(dearer, kith_eq(Product, kind, kith_at(products, kind)));
    kith_where(dearer, kith_gt(Product, price, kith_at(products, price)));
    kith_where(products, kith_not(Product, kith_exists_in(Product, dearer)));
    kith_order_by(products, kith_asc(Product, id));
    assert_answer(fixture,
                  answer_Product(products),
                  "SELECT name FROM products p WHERE price = (SELECT max(price) FROM "
                  "products q WHERE q.kind_id = p.kind_id) ORDER BY id");
}

static void
a_query_is_copied_and_goes_its_own_way(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(ProductQuery) cheap = kith_query(fixture->session, Product);
    kith_where(cheap, kith_lt(Product, price, 15));
    kith_order_by(cheap, kith_asc(Product, id));
    g_autoptr(ProductQuery) rare = kith_copy(cheap);
    kith_where(rare, kith_lt(Product, stock, 10));
    assert_answer(fixture,
                  answer_Product(cheap),
                  "SELECT name FROM products WHERE price < 15 ORDER BY id");
    assert_answer(
        fixture,
        answer_Product(rare),
        "SELECT name FROM products WHERE price < 15 AND stock < 10 ORDER BY id");
}

static void
a_copy_loads_what_the_query_loads(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_with(query, supplier, country);
    g_autoptr(ProductQuery) copy = kith_copy(query);
    kith_where(copy, kith_eq(Product, id, 3));
    const Product *saw = kith_one(copy, &error);
    assert_done(saw, error);
    forget_statements(fixture);
    assert_string_equal(saw->supplier.target->country.target->name, "Japan");
    assert_no_statements(fixture);
}

/* --- parameters -------------------------------------------------------------------- */

static void
a_query_is_run_again_with_other_parameters(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(
        query,
        kith_between(
            Product, price, kith_param(double, "low"), kith_param(double, "high")));
    kith_where(query, kith_starts_with(Product, name, kith_param(const char *, "begin")));
    kith_order_by(query, kith_asc(Product, id));
    kith_bind(query, "low", 10);
    kith_bind(query, "high", 400.0);
    kith_bind(query, "begin", "");
    assert_answer(fixture,
                  answer_Product(query),
                  "SELECT name FROM products WHERE price BETWEEN 10 AND 400 ORDER BY id");
    kith_bind(query, "begin", "Ba");
    assert_answer(
        fixture, answer_Product(query), "SELECT name FROM products WHERE id = 4");
    kith_bind(query, "begin", "1");
    kith_bind(query, "low", 1);
    assert_answer(
        fixture, answer_Product(query), "SELECT name FROM products WHERE id = 6");
}

static void
a_parameter_without_a_value_or_of_another_type_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_lt(Product, price, kith_param(double, "most")));
    assert_null(kith_all(query, &error));
    assert_error(
        error,
        KITH_ERROR_MISUSE,
        "Product: the parameter 'most' has no value; give it one with kith_bind()");
    kith_bind(query, "most", "a lot");
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_TYPE,
                 "Product: the parameter 'most' is of type double, and was given *");
    assert_no_statements(fixture);
}

/* --- orders and pages -------------------------------------------------------------- */

static void
order_goes_by_members_references_and_expressions(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(ProductQuery) by_supplier = kith_query(session, Product);
    kith_order_by(
        by_supplier,
        kith_nulls_first(kith_desc_by(
            Product,
            kith_via(Product, supplier, Supplier, kith_member(Supplier, name)))));
    kith_order_by(by_supplier, kith_asc(Product, id));
    assert_answer(fixture,
                  answer_Product(by_supplier),
                  "SELECT p.name FROM products p LEFT JOIN suppliers s ON s.id = "
                  "p.supplier_id ORDER BY s.name DESC NULLS FIRST, p.id");
    g_autoptr(ProductQuery) by_profit = kith_query(session, Product);
    kith_order_by(by_profit,
                  kith_desc_by(Product,
                               kith_minus(kith_member(Product, price),
                                          kith_member(Product, cost))));
    assert_answer(fixture,
                  answer_Product(by_profit),
                  "SELECT name FROM products ORDER BY price - cost DESC");
    g_autoptr(ClerkQuery) by_salary = kith_query(session, Clerk);
    kith_order_by(by_salary, kith_nulls_last(kith_asc(Clerk, salary)));
    assert_answer(fixture,
                  answer_Clerk(by_salary),
                  "SELECT name FROM clerks ORDER BY salary NULLS LAST");
}

/* All objects, page by page, behind the last one of the page before. */
static char *
in_pages(ProductQuery *query, int64_t size)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    const Product *last = NULL;
    size_t n_pages = 0;
    kith_limit(query, size);
    do {
        kith_after(query, last);
        last = NULL;
        const Product *const *page = kith_all(query, &error);
        assert_done(page, error);
        assert_true(kith_length(page) <= (size_t) size);
        kith_each (product, page) {
            g_string_append_printf(
                text, "%s%s", text->len > 0 ? "\n" : "", product->name);
            last = product;
        }
    } while (last != NULL && ++n_pages < 20);
    return g_string_free(text, FALSE);
}

static void
pages_go_on_behind_an_object_in_any_order(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    for (int64_t size = 1; size < 5; size += 2) {
        g_autoptr(ProductQuery) by_price = kith_query(session, Product);
        kith_order_by(by_price, kith_desc(Product, price));
        assert_answer(fixture,
                      in_pages(by_price, size),
                      "SELECT name FROM products ORDER BY price DESC, id");
        g_autoptr(ProductQuery) by_supplier = kith_query(session, Product);
        kith_order_by(by_supplier, kith_nulls_last(kith_desc(Product, supplier)));
        kith_order_by(by_supplier, kith_asc(Product, stock));
        assert_answer(fixture,
                      in_pages(by_supplier, size),
                      "SELECT name FROM products ORDER BY supplier_id DESC NULLS LAST, "
                      "stock, id");
        g_autoptr(ProductQuery) by_name = kith_query(session, Product);
        kith_order_by(
            by_name,
            kith_nulls_first(kith_asc_by(
                Product,
                kith_via(Product, supplier, Supplier, kith_member(Supplier, name)))));
        assert_answer(fixture,
                      in_pages(by_name, size),
                      "SELECT p.name FROM products p LEFT JOIN suppliers s ON s.id = "
                      "p.supplier_id ORDER BY s.name NULLS FIRST, p.id");
        g_autoptr(ProductQuery) by_default = kith_query(session, Product);
        kith_order_by(by_default, kith_desc(Product, facts));
        assert_answer(fixture,
                      in_pages(by_default, size),
                      "SELECT name FROM products ORDER BY facts DESC, id");
    }
}

static void
the_object_that_a_page_is_behind_can_be_gone(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Product *sledge = find(fixture->session, Product, 2);
    run_sql(fixture, "DELETE FROM lines WHERE product_id = 2");
    run_sql(fixture, "DELETE FROM product_tags WHERE product_id = 2");
    run_sql(fixture, "DELETE FROM products WHERE id = 2");
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_order_by(query, kith_desc(Product, price));
    kith_after(query, sledge);
    const Product *next = kith_first(query, &error);
    assert_done(next, error);
    assert_string_equal(next->name, "Claw hammer");
}

/* --- joins ------------------------------------------------------------------------- */

static void
an_alias_is_joined_by_any_condition(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(ClerkQuery) query = kith_query(session, Clerk);
    ClerkAlias *boss = kith_alias(query, Clerk);
    kith_join(query, boss, kith_eq(Clerk, id, kith_at(query, boss)));
    kith_where(query,
               kith_compare(Clerk, kith_at(query, salary), >, kith_at(boss, salary)));
    assert_answer(fixture,
                  answer_Clerk(query),
                  "SELECT c.name FROM clerks c JOIN clerks b ON b.id = c.boss_id "
                  "WHERE c.salary > b.salary ORDER BY c.id");
    g_autoptr(ShopperQuery) shoppers = kith_query(session, Shopper);
    PurchaseAlias *purchase = kith_alias(shoppers, Purchase);
    kith_join(shoppers, purchase, kith_eq(Purchase, shopper, kith_at(shoppers, id)));
    kith_order_by(shoppers, kith_asc(Shopper, id));
    assert_answer(fixture,
                  answer_Shopper(shoppers),
                  "SELECT s.name FROM shoppers s JOIN purchases p ON p.shopper_id = s.id "
                  "ORDER BY s.id");
    kith_distinct(shoppers);
    assert_answer(fixture,
                  answer_Shopper(shoppers),
                  "SELECT name FROM shoppers WHERE id IN (SELECT shopper_id FROM "
                  "purchases) ORDER BY id");
}

/* --- what is asked of a query ------------------------------------------------------ */

static void
one_is_exactly_one(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ShopperQuery) query = kith_query(fixture->session, Shopper);
    kith_where(query, kith_eq(Shopper, name, kith_param(const char *, "name")));
    kith_bind(query, "name", "Bob");
    const Shopper *bob = kith_one(query, &error);
    assert_done(bob, error);
    assert_int_equal(bob->id, 2);
    kith_bind(query, "name", "Nobody");
    assert_null(kith_one(query, &error));
    assert_error(
        error, KITH_ERROR_NOT_FOUND, "Shopper: none matches, where one was asked for");
    g_autoptr(ShopperQuery) all = kith_query(fixture->session, Shopper);
    assert_null(kith_one(all, &error));
    assert_error(
        error, KITH_ERROR_NOT_ONE, "Shopper: several match, where one was asked for");
}

static void
whether_there_is_one_is_asked_without_reading_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    bool exists = false;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_gt(Product, price, kith_param(double, "price")));
    kith_bind(query, "price", 100);
    assert_done(kith_exists(query, &exists, &error), error);
    assert_true(exists);
    kith_bind(query, "price", 1000);
    assert_done(kith_exists(query, &exists, &error), error);
    assert_false(exists);
    int64_t count = 0;
    kith_bind(query, "price", 15);
    kith_limit(query, 1);
    assert_done(kith_count(query, &count, &error), error);
    assert_int_equal(count, 3);
}

static void
single_columns_are_arrays_of_their_type(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    size_t n;
    g_autoptr(ShopperQuery) query = kith_query(fixture->session, Shopper);
    kith_order_by(query, kith_asc(Shopper, id));
    const char *const *emails =
        kith_values(query, kith_member(Shopper, email), &n, &error);
    assert_done(emails, error);
    assert_int_equal(n, 6);
    assert_string_equal(emails[0], "ann@example.org");
    assert_null(emails[1]);
    const int64_t *lengths =
        kith_values(query, kith_text_length(kith_member(Shopper, name)), &n, &error);
    assert_done(lengths, error);
    assert_int_equal(lengths[5], 7);
    const bool *active = kith_values(query, kith_member(Shopper, active), &n, &error);
    assert_done(active, error);
    assert_true(active[0]);
    assert_false(active[2]);
    const KithDate *joined = kith_values(query, kith_member(Shopper, joined), &n, &error);
    assert_done(joined, error);
    assert_int_equal(joined[0].days, kith_date_make(2020, 1, 15).days);
    g_autoptr(ClerkQuery) clerks = kith_query(fixture->session, Clerk);
    assert_null(kith_values(clerks, kith_member(Clerk, salary), &n, &error));
    assert_error(error, KITH_ERROR_TYPE, "Clerk*salary*NULL*");
}

/* --- before it is sent ------------------------------------------------------------- */

static void
changes_of_every_table_that_is_read_are_written_first(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *japan = find(session, Country, "jp");
    const Tag *unused = find(session, Tag, 4);
    forget_statements(fixture);
    kith_set(japan, name, "Nippon");
    ask(fixture,
        Product,
        kith_has(Product,
                 supplier,
                 Supplier,
                 kith_has(Supplier, country, Country, kith_eq(Country, name, "Nippon"))),
        "SELECT name FROM products WHERE supplier_id = 2 ORDER BY id");
    assert_string_equal(g_ptr_array_index(fixture->statements, 1),
                        "UPDATE countries SET name");
    commit(session);
    kith_set(unused, word, "used");
    forget_statements(fixture);
    g_autoptr(ProductQuery) others = kith_query(session, Product);
    kith_where(others, kith_lt(Product, price, 2));
    g_free(answer_Product(others));
    assert_statements(fixture, "SELECT products WHERE price < ?");
}

static void
a_member_that_the_query_has_not_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_lt(Product, price, kith_member(Line, price)));
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Product: a member of Line is named, and there is none*");
    g_autoptr(ProductQuery) twice = kith_query(fixture->session, Product);
    LineAlias *first = kith_alias(twice, Line), *second = kith_alias(twice, Line);
    kith_join(twice, first, kith_eq(Line, product, kith_at(twice, id)));
    kith_join(twice, second, kith_eq(Line, product, kith_at(twice, id)));
    kith_where(twice, kith_lt(Product, price, kith_member(Line, price)));
    assert_null(kith_all(twice, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Line: the query has several of them*");
    kith_join(query, first, kith_eq(Line, id, 1));
    assert_null(kith_all(query, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Product: an alias of another query is joined");
    assert_no_statements(fixture);
}

static void
queries_of_one_structure_share_one_statement(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) one = kith_query(fixture->session, Product);
    kith_where(one, kith_has(Product, kind, Kind, kith_eq(Kind, name, "saws")));
    g_autoptr(ProductQuery) other = kith_query(fixture->session, Product);
    kith_where(other, kith_has(Product, kind, Kind, kith_eq(Kind, name, "toys")));
    g_autofree char *text = kith_query_sql(one, &error);
    g_autofree char *other_text = kith_query_sql(other, &error);
    assert_string_equal(text, other_text);
    assert_answer(
        fixture, answer_Product(other), "SELECT name FROM products WHERE kind_id = 3");
    assert_answer(fixture,
                  answer_Product(one),
                  "SELECT name FROM products WHERE kind_id = 5 ORDER BY id");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(ranges_and_lists_are_asked_for),
        ON_A_SCHEMA(nothing_is_in_an_empty_list_and_everything_is_not_in_it),
        ON_A_SCHEMA(one_statement_serves_lists_of_any_length),
        ON_A_SCHEMA(a_list_with_null_is_refused),
        ON_A_SCHEMA(texts_are_matched_by_their_characters),
        ON_A_SCHEMA(case_matters_only_where_it_is_said_not_to),
        ON_A_SCHEMA(members_are_compared_with_members_and_expressions),
        ON_A_SCHEMA(null_is_nothing_that_a_comparison_finds),
        ON_A_SCHEMA(optional_parts_are_left_out_as_if_they_were_not_written),
        ON_A_SCHEMA(references_are_followed_to_any_depth),
        ON_A_SCHEMA(a_reference_of_a_row_that_has_to_be_there_is_a_join),
        ON_A_SCHEMA(collections_have_some_or_none),
        ON_A_SCHEMA(many_to_many_is_asked_through_the_links),
        ON_A_SCHEMA(a_list_of_objects_is_a_list_of_keys),
        ON_A_SCHEMA(a_query_is_a_condition_of_another),
        ON_A_SCHEMA(a_query_refers_to_the_one_that_it_stands_in),
        ON_A_SCHEMA(a_query_is_copied_and_goes_its_own_way),
        ON_A_SCHEMA(a_copy_loads_what_the_query_loads),
        ON_A_SCHEMA(a_query_is_run_again_with_other_parameters),
        ON_A_SCHEMA(a_parameter_without_a_value_or_of_another_type_is_refused),
        ON_A_SCHEMA(order_goes_by_members_references_and_expressions),
        ON_A_SCHEMA(pages_go_on_behind_an_object_in_any_order),
        ON_A_SCHEMA(the_object_that_a_page_is_behind_can_be_gone),
        ON_A_SCHEMA(an_alias_is_joined_by_any_condition),
        ON_A_SCHEMA(one_is_exactly_one),
        ON_A_SCHEMA(whether_there_is_one_is_asked_without_reading_it),
        ON_A_SCHEMA(single_columns_are_arrays_of_their_type),
        ON_A_SCHEMA(changes_of_every_table_that_is_read_are_written_first),
        ON_A_SCHEMA(a_member_that_the_query_has_not_is_refused),
        ON_A_SCHEMA(queries_of_one_structure_share_one_statement),
    };
    return run_on_each_database("questions about objects", tests);
}

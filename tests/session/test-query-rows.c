/*
 * test-query-rows.c - questions about the shop whose answers are structs of the program's
 * own: expressions, groups, windows, queries of queries. Each answer is compared with
 * that of plain SQL.
 */
#include "shop-questions.h"

KITH_RESULT(Pair, KITH_COLUMN(Pair, name, .nullable = true), KITH_COLUMN(Pair, number));

/* Product by product: its name, and an integer. */
#define ask_number(fixture, expression, sql)                                           \
    do {                                                                               \
        g_autoptr(GError) error_ = NULL;                                               \
        g_autoptr(ProductQuery) query_ = kith_query((fixture)->session, Product);      \
        kith_select(query_, Pair, name, kith_member(Product, name));                   \
        kith_select(query_, Pair, number, expression);                                 \
        kith_order_by(query_, kith_asc(Product, id));                                  \
        check_answer((fixture), pairs_of(query_, &error_), (sql), __FILE__, __LINE__); \
    } while (0)

/* Product by product: a text, and its key. */
#define ask_text(fixture, expression, sql)                                             \
    do {                                                                               \
        g_autoptr(GError) error_ = NULL;                                               \
        g_autoptr(ProductQuery) query_ = kith_query((fixture)->session, Product);      \
        kith_select(query_, Pair, name, expression);                                   \
        kith_select(query_, Pair, number, kith_member(Product, id));                   \
        kith_order_by(query_, kith_asc(Product, id));                                  \
        check_answer((fixture), pairs_of(query_, &error_), (sql), __FILE__, __LINE__); \
    } while (0)

/* Purchase by purchase: nothing, and an integer. */
#define ask_time(fixture, expression, sql)                                             \
    do {                                                                               \
        g_autoptr(GError) error_ = NULL;                                               \
        g_autoptr(PurchaseQuery) query_ = kith_query((fixture)->session, Purchase);    \
        kith_select(query_, Pair, name, kith_value("at"));                             \
        kith_select(query_, Pair, number, expression);                                 \
        kith_order_by(query_, kith_asc(Purchase, id));                                 \
        check_answer((fixture), pairs_of(query_, &error_), (sql), __FILE__, __LINE__); \
    } while (0)

/* Members of Product that many questions are about. */
#define PRICE kith_member(Product, price)
#define NAME kith_member(Product, name)
#define STOCK kith_member(Product, stock)

/* --- expressions ------------------------------------------------------------------- */

static void
numbers_are_computed(void **state)
{
    Fixture *fixture = *state;
    ask_number(fixture,
               cents(kith_minus(PRICE, kith_member(Product, cost))),
               "SELECT name, CAST(round((price - cost) * 100) AS INTEGER) FROM products "
               "ORDER BY id");
    ask_number(fixture,
               kith_plus(kith_times(STOCK, 2), kith_modulo(kith_member(Product, id), 3)),
               "SELECT name, stock * 2 + id % 3 FROM products ORDER BY id");
    ask_number(fixture,
               kith_abs(kith_negated(kith_divided_by(STOCK, 3))),
               "SELECT name, stock / 3 FROM products ORDER BY id");
    ask_number(fixture,
               kith_as_integer(kith_round(kith_divided_by(PRICE, 2), 0)),
               "SELECT name, CAST(round(CAST(price / 2 AS numeric), 0) AS INTEGER) "
               "FROM products ORDER BY id");
}

static void
texts_are_computed(void **state)
{
    Fixture *fixture = *state;
    ask_text(fixture,
             kith_concat(kith_upper(kith_substring(NAME, 1, 3)), kith_lower("-X")),
             "SELECT upper(substr(name, 1, 3)) || '-x', id FROM products ORDER BY id");
    ask_text(fixture,
             kith_trim(kith_replaced(NAME, "saw", "  ")),
             "SELECT trim(replace(name, 'saw', '  ')), id FROM products ORDER BY id");
    ask_text(fixture,
             kith_as_text(kith_plus(STOCK, 1)),
             "SELECT CAST(stock + 1 AS text), id FROM products ORDER BY id");
    ask_number(fixture,
               kith_position(NAME, "saw"),
               is_sqlite(fixture)
                   ? "SELECT name, instr(name, 'saw') FROM products ORDER BY id"
                   : "SELECT name, strpos(name, 'saw') FROM products ORDER BY id");
    ask_text(
        fixture,
        kith_call(const char *, "replace", NAME, kith_argument(" "), kith_argument("_")),
        "SELECT replace(name, ' ', '_'), id FROM products ORDER BY id");
}

static void
null_is_replaced_and_made(void **state)
{
    Fixture *fixture = *state;
    ask_text(
        fixture,
        kith_coalesce(kith_via(Product, supplier, Supplier, kith_member(Supplier, name)),
                      "our own"),
        "SELECT coalesce(s.name, 'our own'), p.id FROM products p LEFT JOIN "
        "suppliers s ON s.id = p.supplier_id ORDER BY p.id");
    ask_text(fixture,
             kith_null_if(NAME, "Sledge"),
             "SELECT nullif(name, 'Sledge'), id FROM products ORDER BY id");
    ask_number(fixture,
               kith_null_if(STOCK, 0),
               "SELECT name, nullif(stock, 0) FROM products ORDER BY id");
}

static void
a_case_chooses_row_by_row(void **state)
{
    Fixture *fixture = *state;
    ask_text(
        fixture,
        kith_case(kith_lt(Product, price, 10),
                  kith_value("cheap"),
                  kith_case(kith_lt(Product, price, 50), kith_value("fair"), "dear")),
        "SELECT CASE WHEN price < 10 THEN 'cheap' WHEN price < 50 THEN 'fair' "
        "ELSE 'dear' END, id FROM products ORDER BY id");
    ask_number(fixture,
               kith_case(kith_any_of(Product, tags, Tag, kith_eq(Tag, word, "sale")),
                         kith_value(1),
                         0),
               "SELECT name, CASE WHEN id IN (SELECT product_id FROM product_tags WHERE "
               "tag_id = 1) THEN 1 ELSE 0 END FROM products ORDER BY id");
}

static void
times_and_dates_are_taken_apart(void **state)
{
    Fixture *fixture = *state;
    bool lite = is_sqlite(fixture);
#define placed kith_member(Purchase, placed)
    ask_time(fixture,
             kith_hour(placed),
             lite ? "SELECT 'at', CAST(strftime('%H', placed) AS INTEGER) FROM purchases "
                    "ORDER BY id"
                  : "SELECT 'at', extract(hour FROM placed AT TIME ZONE 'UTC') FROM "
                    "purchases ORDER BY id");
    ask_time(
        fixture,
        kith_plus(kith_times(kith_minute(placed), 100), kith_day(kith_date_of(placed))),
        lite ? "SELECT 'at', strftime('%M', placed) * 100 + strftime('%d', placed) "
               "FROM purchases ORDER BY id"
             : "SELECT 'at', extract(minute FROM placed AT TIME ZONE 'UTC') * 100 + "
               "extract(day FROM placed AT TIME ZONE 'UTC') FROM purchases ORDER BY id");
    ask_time(
        fixture,
        kith_plus(kith_times(kith_year(kith_date_of(placed)), 10),
                  kith_weekday(kith_date_of(placed))),
        lite ? "SELECT 'at', strftime('%Y', placed) * 10 + strftime('%w', placed) "
               "FROM purchases ORDER BY id"
             : "SELECT 'at', extract(year FROM placed AT TIME ZONE 'UTC') * 10 + "
               "extract(dow FROM placed AT TIME ZONE 'UTC') FROM purchases ORDER BY id");
    ask_time(fixture,
             kith_days_between(kith_plus_days(kith_date_of(placed), 40),
                               kith_month_start(kith_date_of(placed))),
             lite ? "SELECT 'at', 39 + strftime('%d', placed) FROM purchases ORDER BY id"
                  : "SELECT 'at', 39 + extract(day FROM placed AT TIME ZONE 'UTC') FROM "
                    "purchases ORDER BY id");
    ask_time(fixture,
             kith_case(kith_compare(Purchase, kith_now(), >, placed), kith_value(1), 0),
             "SELECT 'at', 1 FROM purchases");
#undef placed
}

static void
json_is_looked_into(void **state)
{
    Fixture *fixture = *state;
    ask_text(
        fixture,
        kith_json_text(kith_member(Product, facts), "color"),
        "SELECT CASE id WHEN 1 THEN 'red' WHEN 2 THEN 'black' WHEN 4 THEN 'red' END, "
        "id FROM products ORDER BY id");
    ask_text(fixture,
             kith_json_text(kith_json(kith_member(Product, facts), "size"), "cm"),
             "SELECT CASE id WHEN 1 THEN '30' END, id FROM products ORDER BY id");
}

/* --- groups ------------------------------------------------------------------------ */

static void
rows_are_grouped_and_groups_chosen(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(LineQuery) query = kith_query(fixture->session, Line);
    kith_select(query, Pair, name, kith_via(Line, product, Product, NAME));
    kith_select(query,
                Pair,
                number,
                cents(kith_sum(kith_times(kith_member(Line, price),
                                          kith_as_double(kith_member(Line, quantity))))));
    kith_group_by(query, kith_output(Pair, name));
    kith_order_by(query, kith_desc_by(Line, kith_output(Pair, number)));
    kith_order_by(query, kith_asc_by(Line, kith_output(Pair, name)));
    assert_answer(
        fixture,
        pairs_of(query, &error),
        "SELECT p.name, CAST(round(sum(l.quantity * l.price) * 100) AS INTEGER) "
        "FROM lines l JOIN products p ON p.id = l.product_id GROUP BY p.name "
        "ORDER BY 2 DESC, 1");
    kith_having(query, kith_compare(Line, kith_count_rows(), >=, 2));
    assert_answer(
        fixture,
        pairs_of(query, &error),
        "SELECT p.name, CAST(round(sum(l.quantity * l.price) * 100) AS INTEGER) "
        "FROM lines l JOIN products p ON p.id = l.product_id GROUP BY p.name "
        "HAVING count(*) >= 2 ORDER BY 2 DESC, 1");
    int64_t n_groups = 0;
    assert_done(kith_count(query, &n_groups, &error), error);
    assert_int_equal(n_groups, 3);
}

static void
a_group_is_a_reference_or_an_expression(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_select(query,
                Pair,
                name,
                kith_case(kith_lt(Product, price, 10), kith_value("cheap"), "dear"));
    kith_select(query, Pair, number, kith_sum(STOCK));
    kith_group_by(query, kith_output(Pair, name));
    kith_order_by(query, kith_asc_by(Product, kith_output(Pair, name)));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT CASE WHEN price < 10 THEN 'cheap' ELSE 'dear' END, sum(stock) "
                  "FROM products GROUP BY 1 ORDER BY 1");
    g_autoptr(PurchaseQuery) shoppers = kith_query(fixture->session, Purchase);
    kith_select(
        shoppers,
        Pair,
        name,
        kith_max(kith_via(Purchase, shopper, Shopper, kith_member(Shopper, name))));
    kith_select(shoppers, Pair, number, kith_count_rows());
    kith_group_by(shoppers, kith_member(Purchase, shopper));
    kith_order_by(shoppers, kith_asc(Purchase, shopper));
    assert_answer(
        fixture,
        pairs_of(shoppers, &error),
        "SELECT max(s.name), count(*) FROM purchases p JOIN shoppers s ON s.id = "
        "p.shopper_id GROUP BY s.id ORDER BY s.id");
}

/* The answer of one row: a word and an aggregate of products. */
#define ask_all(fixture, aggregate, sql)                                               \
    do {                                                                               \
        g_autoptr(GError) error_ = NULL;                                               \
        g_autoptr(ProductQuery) query_ = kith_query((fixture)->session, Product);      \
        kith_select(query_, Pair, name, kith_value("all"));                            \
        kith_select(query_, Pair, number, aggregate);                                  \
        check_answer((fixture), pairs_of(query_, &error_), (sql), __FILE__, __LINE__); \
    } while (0)

static void
aggregates_say_one_thing_of_many_rows(void **state)
{
    Fixture *fixture = *state;
    ask_all(fixture, kith_count_rows(), "SELECT 'all', count(*) FROM products");
    ask_all(fixture,
            kith_count_values(kith_member(Product, facts)),
            "SELECT 'all', count(facts) FROM products");
    ask_all(fixture,
            kith_count_distinct(kith_member(Product, kind)),
            "SELECT 'all', count(DISTINCT kind_id) FROM products");
    ask_all(fixture, kith_sum(STOCK), "SELECT 'all', sum(stock) FROM products");
    ask_all(fixture, kith_max(STOCK), "SELECT 'all', max(stock) FROM products");
    ask_all(fixture,
            cents(kith_average(PRICE)),
            "SELECT 'all', CAST(round(avg(price) * 100) AS INTEGER) FROM products");
    ask_all(fixture,
            kith_filter(kith_count_rows(), kith_gt(Product, stock, 5)),
            "SELECT 'all', count(*) FROM products WHERE stock > 5");
    ask_all(fixture,
            kith_filter(kith_sum(STOCK), kith_is_null(Product, supplier)),
            "SELECT 'all', sum(stock) FROM products WHERE supplier_id IS NULL");
    ask_all(fixture,
            kith_text_length(kith_joined(NAME, ", ")),
            "SELECT 'all', sum(length(name) + 2) - 2 FROM products");
}

/* --- windows ----------------------------------------------------------------------- */

static void
windows_look_at_the_rows_around(void **state)
{
    Fixture *fixture = *state;
#define by_kind kith_partition_by(kith_member(Product, kind))
    ask_number(
        fixture,
        kith_over(kith_row_number(),
                  by_kind,
                  kith_window_order(kith_desc(Product, price)),
                  kith_window_order(kith_asc(Product, id))),
        "SELECT name, row_number() OVER (PARTITION BY kind_id ORDER BY price DESC, "
        "id) FROM products ORDER BY id");
    ask_number(fixture,
               kith_over(kith_rank(), kith_window_order(kith_asc(Product, price))),
               "SELECT name, rank() OVER (ORDER BY price) FROM products ORDER BY id");
    ask_number(
        fixture,
        kith_over(kith_dense_rank(), kith_window_order(kith_asc(Product, price))),
        "SELECT name, dense_rank() OVER (ORDER BY price) FROM products ORDER BY id");
    ask_number(fixture,
               kith_over(kith_tile(3), kith_window_order(kith_asc(Product, id))),
               "SELECT name, ntile(3) OVER (ORDER BY id) FROM products ORDER BY id");
    ask_number(fixture,
               kith_over(kith_lag(STOCK, 1), kith_window_order(kith_asc(Product, id))),
               "SELECT name, lag(stock, 1) OVER (ORDER BY id) FROM products ORDER BY id");
    ask_number(
        fixture,
        kith_over(kith_lead(STOCK, 2), by_kind, kith_window_order(kith_asc(Product, id))),
        "SELECT name, lead(stock, 2) OVER (PARTITION BY kind_id ORDER BY id) "
        "FROM products ORDER BY id");
    ask_number(fixture,
               kith_over(kith_sum(STOCK),
                         kith_window_order(kith_asc(Product, id)),
                         kith_rows_around(-1, 0)),
               "SELECT name, sum(stock) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) "
               "FROM products ORDER BY id");
    ask_number(fixture,
               kith_over(kith_sum(STOCK),
                         kith_window_order(kith_asc(Product, id)),
                         kith_rows_around(1, 1)),
               "SELECT name, sum(stock) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 "
               "FOLLOWING) FROM products ORDER BY id");
    ask_number(fixture,
               kith_minus(STOCK, kith_over(kith_max(STOCK), kith_all_rows())),
               "SELECT name, stock - max(stock) OVER () FROM products ORDER BY id");
    ask_number(
        fixture,
        kith_over(kith_filter(kith_count_rows(), kith_lt(Product, price, 15)), by_kind),
        "SELECT name, count(*) FILTER (WHERE price < 15) OVER (PARTITION BY "
        "kind_id) FROM products ORDER BY id");
    ask_text(
        fixture,
        kith_over(kith_first_of(NAME), by_kind, kith_window_order(kith_asc(Product, id))),
        "SELECT first_value(name) OVER (PARTITION BY kind_id ORDER BY id), id FROM "
        "products ORDER BY id");
#undef by_kind
}

/* --- joins ------------------------------------------------------------------------- */

static void
a_left_join_keeps_rows_without_others(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ShopperQuery) query = kith_query(fixture->session, Shopper);
    PurchaseAlias *purchase = kith_alias(query, Purchase);
    kith_left_join(query, purchase, kith_eq(Purchase, shopper, kith_at(query, id)));
    kith_select(query, Pair, name, kith_member(Shopper, name));
    kith_select(query, Pair, number, kith_count_values(kith_at(purchase, id)));
    kith_group_by(query, kith_member(Shopper, id));
    kith_group_by(query, kith_member(Shopper, name));
    kith_order_by(query, kith_asc(Shopper, id));
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT s.name, count(p.id) FROM shoppers s LEFT JOIN purchases p ON "
                  "p.shopper_id = s.id GROUP BY s.id, s.name ORDER BY s.id");
}

static void
the_best_of_each_is_joined_laterally_where_the_database_can(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(KindQuery) query = kith_query(fixture->session, Kind);
    g_autoptr(ProductQuery) dearest = kith_query(fixture->session, Product);
    kith_where(dearest, kith_eq(Product, kind, kith_at(query, id)));
    kith_order_by(dearest, kith_desc(Product, price));
    kith_limit(dearest, 1);
    kith_select(dearest, Pair, name, NAME);
    kith_select(dearest, Pair, number, kith_member(Product, id));
    PairAlias *best = kith_alias(query, Pair);
    kith_left_join_lateral(query, best, dearest);
    kith_select(
        query,
        Pair,
        name,
        kith_concat(kith_member(Kind, name), kith_coalesce(kith_at(best, name), "-")));
    kith_select(query, Pair, number, kith_at(best, number));
    kith_order_by(query, kith_asc(Kind, id));
    if (is_sqlite(fixture)) {
        forget_statements(fixture);
        assert_null(kith_rows(query, Pair, &error));
        assert_error(error, KITH_ERROR_MISUSE, "Kind: SQLite has no LATERAL*");
        assert_no_statements(fixture);
        return;
    }
    assert_answer(fixture,
                  pairs_of(query, &error),
                  "SELECT k.name || coalesce(b.name, '-'), b.id FROM kinds k LEFT JOIN "
                  "LATERAL (SELECT name, id FROM products p WHERE p.kind_id = k.id ORDER "
                  "BY price DESC LIMIT 1) b ON TRUE ORDER BY k.id");
}

/* --- several queries --------------------------------------------------------------- */

static ProductQuery *
named_products(Fixture *fixture)
{
    ProductQuery *query = kith_query(fixture->session, Product);
    kith_select(query, Pair, name, NAME);
    kith_select(query, Pair, number, kith_member(Product, id));
    return query;
}

static void
queries_are_united_and_taken_from_each_other(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) cheap = named_products(fixture);
    kith_where(cheap, kith_lt(Product, price, 13));
    g_autoptr(ProductQuery) many = named_products(fixture);
    kith_where(many, kith_gt(Product, stock, 9));
    g_autoptr(ProductQuery) first = named_products(fixture);
    kith_order_by(first, kith_desc(Product, price));
    kith_limit(first, 1);
    struct {
        KithSetOperation operation;
        const char *sql;
    } operations[] = {
        { KITH_UNION, "price < 13 OR stock > 9" },
        { KITH_INTERSECT, "price < 13 AND stock > 9" },
        { KITH_EXCEPT, "price < 13 AND NOT stock > 9" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        g_autoptr(ProductQuery) query = kith_copy(cheap);
        KITH_COMBINED_(query, operations[i].operation, many);
        kith_order_by(query, kith_asc_by(Product, kith_output(Pair, number)));
        g_autofree char *sql = g_strdup_printf(
            "SELECT name, id FROM products WHERE %s ORDER BY id", operations[i].sql);
        assert_answer(fixture, pairs_of(query, &error), sql);
    }
    kith_union_all(cheap, cheap);
    kith_union_all(cheap, first);
    kith_order_by(cheap, kith_desc_by(Product, kith_output(Pair, number)));
    kith_limit(cheap, 5);
    assert_answer(fixture,
                  pairs_of(cheap, &error),
                  "SELECT 'Spare part', 8 UNION ALL SELECT 'Spare part', 8 UNION ALL "
                  "SELECT 'under_score', 7 UNION ALL SELECT 'under_score', 7 UNION ALL "
                  "SELECT '100% puzzle', 6");
    int64_t count;
    assert_done(kith_count(cheap, &count, &error), error);
    assert_int_equal(count, 9);
}

static void
united_objects_are_objects_of_the_session(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_where(query, kith_lt(Product, price, 10));
    g_autoptr(ProductQuery) saws = kith_query(fixture->session, Product);
    kith_where(saws, kith_has(Product, kind, Kind, kith_eq(Kind, name, "saws")));
    kith_union(query, saws);
    kith_order_by(query, kith_desc(Product, id));
    assert_answer(
        fixture,
        answer_Product(query),
        "SELECT name FROM products WHERE price < 10 OR kind_id = 5 ORDER BY id DESC");
}

static void
rows_of_a_query_are_asked_like_a_table(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(LineQuery) sold = kith_query(fixture->session, Line);
    kith_select(sold, Pair, name, kith_via(Line, product, Product, NAME));
    kith_select(sold, Pair, number, kith_sum(kith_member(Line, quantity)));
    kith_group_by(sold, kith_output(Pair, name));
    g_autoptr(PairQuery) query = kith_query(fixture->session, Pair);
    kith_common_table(query, Pair, sold);
    kith_where(query, kith_gt(Pair, number, 1));
    kith_order_by(query, kith_asc(Pair, name));
    const Pair *const *pairs = kith_all(query, &error);
    assert_answer(
        fixture,
        answer_pairs(pairs, &error),
        "SELECT * FROM (SELECT p.name AS name, sum(l.quantity) AS number FROM "
        "lines l JOIN products p ON p.id = l.product_id GROUP BY p.name) t WHERE "
        "number > 1 ORDER BY name");
    bool exists;
    assert_done(kith_exists(query, &exists, &error), error);
    assert_true(exists);
}

static void
rows_that_come_from_nowhere_are_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(PairQuery) query = kith_query(fixture->session, Pair);
    assert_null(kith_all(query, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Pair: it is no table; say with kith_common_table()*");
    assert_no_statements(fixture);
}

static void
a_tree_is_walked_by_a_recursive_table(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    g_autoptr(ClerkQuery) top = kith_query(session, Clerk);
    kith_where(top, kith_is_null(Clerk, boss));
    kith_select(top, Pair, name, kith_member(Clerk, name));
    kith_select(top, Pair, number, kith_member(Clerk, id));
    g_autoptr(ClerkQuery) below = kith_query(session, Clerk);
    PairAlias *above = kith_alias(below, Pair);
    kith_join(below, above, kith_eq(Pair, number, kith_at(below, boss)));
    kith_select(
        below,
        Pair,
        name,
        kith_concat(kith_concat(kith_at(above, name), "/"), kith_member(Clerk, name)));
    kith_select(below, Pair, number, kith_member(Clerk, id));
    g_autoptr(PairQuery) tree = kith_query(session, Pair);
    kith_recursive_table(tree, Pair, top, below);
    kith_order_by(tree, kith_asc(Pair, name));
    const Pair *const *pairs = kith_all(tree, &error);
    assert_answer(fixture,
                  answer_pairs(pairs, &error),
                  "WITH RECURSIVE tree(name, id) AS (SELECT name, id FROM clerks WHERE "
                  "boss_id IS NULL UNION ALL SELECT t.name || '/' || c.name, c.id FROM "
                  "clerks c JOIN tree t ON t.id = c.boss_id) SELECT name, id FROM tree "
                  "ORDER BY name");
}

/* --- refusals ---------------------------------------------------------------------- */

static void
a_result_that_is_not_whole_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProductQuery) query = kith_query(fixture->session, Product);
    kith_select(query, Pair, name, NAME);
    assert_null(kith_rows(query, Pair, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Pair: nothing is selected for .number");
    assert_null(kith_all(query, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Product: the query gives Pair, and is asked for Product");
    kith_select(query, Pair, name, NAME);
    assert_null(kith_rows(query, Pair, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Product: a member of Pair is selected twice");
    assert_no_statements(fixture);
}

static void
the_engine_is_not_told_of_a_result(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Pair) };
    assert_null(kith_engine_open(fixture->url, &options, &error));
    assert_error(error, KITH_ERROR_MAPPING, "*Pair: it is a KITH_RESULT*");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(numbers_are_computed),
        ON_A_SCHEMA(texts_are_computed),
        ON_A_SCHEMA(null_is_replaced_and_made),
        ON_A_SCHEMA(a_case_chooses_row_by_row),
        ON_A_SCHEMA(times_and_dates_are_taken_apart),
        ON_A_SCHEMA(json_is_looked_into),
        ON_A_SCHEMA(rows_are_grouped_and_groups_chosen),
        ON_A_SCHEMA(a_group_is_a_reference_or_an_expression),
        ON_A_SCHEMA(aggregates_say_one_thing_of_many_rows),
        ON_A_SCHEMA(windows_look_at_the_rows_around),
        ON_A_SCHEMA(a_left_join_keeps_rows_without_others),
        ON_A_SCHEMA(the_best_of_each_is_joined_laterally_where_the_database_can),
        ON_A_SCHEMA(queries_are_united_and_taken_from_each_other),
        ON_A_SCHEMA(united_objects_are_objects_of_the_session),
        ON_A_SCHEMA(rows_of_a_query_are_asked_like_a_table),
        ON_A_SCHEMA(rows_that_come_from_nowhere_are_refused),
        ON_A_SCHEMA(a_tree_is_walked_by_a_recursive_table),
        ON_A_SCHEMA(a_result_that_is_not_whole_is_refused),
        ON_A_SCHEMA(the_engine_is_not_told_of_a_result),
    };
    return run_on_each_database("questions about rows", tests);
}

/*
 * shop.c - the mappings of the shop, and its rows.
 */
#include "shop.h"

KITH_MAPPING(Country, "countries", KITH_KEY(Country, code), KITH_COLUMN(Country, name));

KITH_MAPPING(Shopper,
             "shoppers",
             KITH_KEY(Shopper, id, .generated = true),
             KITH_COLUMN(Shopper, name),
             KITH_COLUMN(Shopper, email, .nullable = true),
             KITH_COLUMN(Shopper, joined),
             KITH_COLUMN(Shopper, active),
             KITH_BELONGS_TO(Shopper, country, Country),
             KITH_HAS_MANY(Shopper, purchases, Purchase, shopper));

KITH_MAPPING(Clerk,
             "clerks",
             KITH_KEY(Clerk, id, .generated = true),
             KITH_COLUMN(Clerk, name),
             KITH_COLUMN(Clerk, salary),
             KITH_BELONGS_TO(Clerk, boss, Clerk, .nullable = true),
             KITH_HAS_MANY(Clerk, staff, Clerk, boss));

KITH_MAPPING(Kind,
             "kinds",
             KITH_KEY(Kind, id, .generated = true),
             KITH_COLUMN(Kind, name),
             KITH_BELONGS_TO(Kind, parent, Kind, .nullable = true),
             KITH_HAS_MANY(Kind, products, Product, kind));

KITH_MAPPING(Supplier,
             "suppliers",
             KITH_KEY(Supplier, id, .generated = true),
             KITH_COLUMN(Supplier, name),
             KITH_BELONGS_TO(Supplier, country, Country, .nullable = true));

KITH_MAPPING(Product,
             "products",
             KITH_KEY(Product, id, .generated = true),
             KITH_COLUMN(Product, name),
             KITH_COLUMN(Product, price),
             KITH_COLUMN(Product, cost),
             KITH_COLUMN(Product, stock),
             KITH_COLUMN(Product, facts, .nullable = true),
             KITH_BELONGS_TO(Product, kind, Kind),
             KITH_BELONGS_TO(Product, supplier, Supplier, .nullable = true),
             KITH_HAS_MANY(Product, lines, Line, product),
             KITH_HAS_MANY(Product, ratings, Rating, product),
             KITH_MANY_TO_MANY(Product, tags, Tag, .table = "product_tags"));

KITH_MAPPING(Tag,
             "tags",
             KITH_KEY(Tag, id, .generated = true),
             KITH_COLUMN(Tag, word),
             KITH_MANY_TO_MANY_BACK(Tag, products, Product, tags));

KITH_MAPPING(Purchase,
             "purchases",
             KITH_KEY(Purchase, id, .generated = true),
             KITH_COLUMN(Purchase, placed),
             KITH_COLUMN(Purchase, state, .names = KITH_NAMES("open", "paid", "sent")),
             KITH_BELONGS_TO(Purchase, shopper, Shopper),
             KITH_BELONGS_TO(Purchase, clerk, Clerk, .nullable = true),
             KITH_HAS_MANY(Purchase, lines, Line, purchase),
             KITH_HAS_MANY(Purchase, payments, Payment, purchase));

KITH_MAPPING(Line,
             "lines",
             KITH_KEY(Line, id, .generated = true),
             KITH_COLUMN(Line, quantity),
             KITH_COLUMN(Line, price),
             KITH_BELONGS_TO(Line, purchase, Purchase),
             KITH_BELONGS_TO(Line, product, Product));

KITH_MAPPING(Payment,
             "payments",
             KITH_KEY(Payment, id, .generated = true),
             KITH_COLUMN(Payment, amount),
             KITH_COLUMN(Payment, paid),
             KITH_BELONGS_TO(Payment, purchase, Purchase));

KITH_MAPPING(
    Rating,
    "ratings",
    KITH_KEY(Rating, product_id),
    KITH_KEY(Rating, shopper_id),
    KITH_COLUMN(Rating, stars),
    KITH_COLUMN(Rating, text, .nullable = true),
    KITH_BELONGS_TO(Rating, product, Product, .via = KITH_VIA(Rating, product_id)),
    KITH_BELONGS_TO(Rating, shopper, Shopper, .via = KITH_VIA(Rating, shopper_id)));

const KithMapping *const shop_mappings[] = {
    &kith_mapping_Country, &kith_mapping_Shopper,  &kith_mapping_Clerk,
    &kith_mapping_Kind,    &kith_mapping_Supplier, &kith_mapping_Product,
    &kith_mapping_Tag,     &kith_mapping_Purchase, &kith_mapping_Line,
    &kith_mapping_Payment, &kith_mapping_Rating,   NULL,
};

const char *const shop_rows[] = {
    "INSERT INTO countries (code, name) VALUES "
    "('de', 'Germany'), ('fr', 'France'), ('jp', 'Japan'), ('no', 'Norway')",
    "INSERT INTO shoppers (id, name, email, joined, active, country_code) VALUES "
    "(1, 'Ann', 'ann@example.org', '2020-01-15', TRUE, 'de'), "
    "(2, 'Bob', NULL, '2020-03-01', TRUE, 'fr'), "
    "(3, 'Cora', 'Cora@Example.com', '2021-07-30', FALSE, 'de'), "
    "(4, 'Dan', 'dan%50@example.org', '2022-12-31', TRUE, 'jp'), "
    "(5, 'Eve', NULL, '2023-02-28', FALSE, 'fr'), "
    "(6, 'annabel', 'ab_c@example.net', '2023-05-05', TRUE, 'no')",
    "INSERT INTO clerks (id, name, salary, boss_id) VALUES "
    "(1, 'Zoe', 5000, NULL), (2, 'Yan', 3000, 1), (3, 'Xia', 3500, 1), "
    "(4, 'Will', 2000, 2), (5, 'Vera', NULL, 2), (6, 'Uli', 2500, 3)",
    "INSERT INTO kinds (id, name, parent_id) VALUES "
    "(1, 'all', NULL), (2, 'tools', 1), (3, 'toys', 1), (4, 'hammers', 2), "
    "(5, 'saws', 2), (6, 'puzzles', 3)",
    "INSERT INTO suppliers (id, name, country_code) VALUES "
    "(1, 'Acme', 'de'), (2, 'Beta', 'jp'), (3, 'Gamma', NULL)",
    "INSERT INTO products (id, name, price, cost, stock, facts, kind_id, supplier_id) "
    "VALUES "
    "(1, 'Claw hammer', 20, 12, 10, '{\"color\": \"red\", \"size\": {\"cm\": \"30\"}}', "
    "4, 1), "
    "(2, 'Sledge', 45.5, 30, 0, '{\"color\": \"black\"}', 4, 1), "
    "(3, 'Hand saw', 15, 9, 25, NULL, 5, 2), "
    "(4, 'Band saw', 300, 210, 2, '{\"color\": \"red\"}', 5, 2), "
    "(5, 'Jigsaw', 12.25, 5, 40, '{}', 6, 3), "
    "(6, '100% puzzle', 9.5, 4, 7, NULL, 6, NULL), "
    "(7, 'under_score', 9.5, 10, 3, NULL, 3, NULL), "
    "(8, 'Spare part', 1, 0.25, 500, NULL, 2, 1)",
    "INSERT INTO tags (id, word) VALUES (1, 'sale'), (2, 'new'), (3, 'heavy'), (4, "
    "'unused')",
    "INSERT INTO product_tags (product_id, tag_id) VALUES "
    "(1, 1), (1, 2), (2, 3), (4, 3), (4, 2), (5, 1)",
    "INSERT INTO purchases (id, placed, state, shopper_id, clerk_id) VALUES "
    "(1, '2023-01-10 09:30:00.000000', 'sent', 1, 4), "
    "(2, '2023-01-20 17:45:00.000000', 'sent', 1, NULL), "
    "(3, '2023-02-02 12:00:00.000000', 'paid', 2, 4), "
    "(4, '2023-02-14 08:15:00.000000', 'open', 3, 5), "
    "(5, '2023-03-01 23:59:59.500000', 'open', 1, 6), "
    "(6, '2023-03-05 10:00:00.000000', 'paid', 4, NULL)",
    "INSERT INTO lines (id, quantity, price, purchase_id, product_id) VALUES "
    "(1, 2, 20, 1, 1), (2, 1, 15, 1, 3), (3, 1, 300, 2, 4), (4, 10, 1, 2, 8), "
    "(5, 3, 12.25, 3, 5), (6, 1, 18, 4, 1), (7, 1, 45.5, 5, 2), (8, 2, 9.5, 5, 6), "
    "(9, 1, 12.25, 6, 5), (10, 1, 9.5, 6, 6)",
    "INSERT INTO payments (id, amount, paid, purchase_id) VALUES "
    "(1, 30, '2023-01-11', 1), (2, 25, '2023-01-15', 1), (3, 310, '2023-01-31', 2), "
    "(4, 36.75, '2023-02-03', 3), (5, 21.75, '2023-03-06', 6)",
    "INSERT INTO ratings (product_id, shopper_id, stars, text) VALUES "
    "(1, 1, 5, 'solid'), (1, 3, 4, NULL), (4, 1, 2, 'loud'), (5, 2, 3, NULL), "
    "(6, 4, 5, 'fun'), (5, 4, 4, 'ok')",
    NULL,
};

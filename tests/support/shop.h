/*
 * shop.h - a shop, for the tests that ask questions: eleven tables and one of links, with
 * references of every sort, and rows that somebody else has put there.
 *
 *     Country    a text key
 *     Shopper    of a country; has purchases; an e-mail that can be missing
 *     Clerk      has a boss, who is a clerk
 *     Kind       of products, within another kind
 *     Supplier   of a country, which can be unknown
 *     Product    of a kind, from a supplier or of the shop itself; JSON; tags
 *     Tag        many-to-many with products
 *     Purchase   by a shopper, with a clerk or without; a state that is an enum
 *     Line       of a purchase: a product, how many, for how much
 *     Payment    of a purchase
 *     Rating     of a product by a shopper; the key is the two
 */
#ifndef KITH_TESTS_SHOP_H
#define KITH_TESTS_SHOP_H

#include "kith.h"

typedef struct Country Country;
typedef struct Shopper Shopper;
typedef struct Clerk Clerk;
typedef struct Kind Kind;
typedef struct Supplier Supplier;
typedef struct Product Product;
typedef struct Tag Tag;
typedef struct Purchase Purchase;
typedef struct Line Line;
typedef struct Payment Payment;
typedef struct Rating Rating;

typedef enum State {
    STATE_OPEN,
    STATE_PAID,
    STATE_SENT
} State;

struct Country {
    const char *code;
    const char *name;
};

struct Shopper {
    int64_t id;
    const char *name;
    const char *email; /* can be NULL */
    KithDate joined;
    bool active;
    KITH_REF(Country) country;
    KITH_MANY(Purchase) purchases;
};

struct Clerk {
    int64_t id;
    const char *name;
    KithOptDouble salary;
    KITH_REF(Clerk) boss; /* can be NULL */
    KITH_MANY(Clerk) staff;
};

struct Kind {
    int64_t id;
    const char *name;
    KITH_REF(Kind) parent; /* can be NULL */
    KITH_MANY(Product) products;
};

struct Supplier {
    int64_t id;
    const char *name;
    KITH_REF(Country) country; /* can be NULL */
};

struct Product {
    int64_t id;
    const char *name;
    double price;
    double cost;
    int32_t stock;
    const char *facts; /* JSON, can be NULL */
    KITH_REF(Kind) kind;
    KITH_REF(Supplier) supplier; /* can be NULL */
    KITH_MANY(Line) lines;
    KITH_MANY(Rating) ratings;
    KITH_MANY(Tag) tags;
};

struct Tag {
    int64_t id;
    const char *word;
    KITH_MANY(Product) products;
};

struct Purchase {
    int64_t id;
    KithTime placed;
    State state;
    KITH_REF(Shopper) shopper;
    KITH_REF(Clerk) clerk; /* can be NULL */
    KITH_MANY(Line) lines;
    KITH_MANY(Payment) payments;
};

struct Line {
    int64_t id;
    int32_t quantity;
    double price;
    KITH_REF(Purchase) purchase;
    KITH_REF(Product) product;
};

struct Payment {
    int64_t id;
    double amount;
    KithDate paid;
    KITH_REF(Purchase) purchase;
};

struct Rating {
    int64_t product_id;
    int64_t shopper_id;
    int32_t stars;
    const char *text; /* can be NULL */
    KITH_REF(Product) product;
    KITH_REF(Shopper) shopper;
};

KITH_DECLARE(Country);
KITH_DECLARE(Shopper);
KITH_DECLARE(Clerk);
KITH_DECLARE(Kind);
KITH_DECLARE(Supplier);
KITH_DECLARE(Product);
KITH_DECLARE(Tag);
KITH_DECLARE(Purchase);
KITH_DECLARE(Line);
KITH_DECLARE(Payment);
KITH_DECLARE(Rating);

/* All of them, closed by NULL. */
extern const KithMapping *const shop_mappings[];

/* The rows, as one text of INSERTs each, closed by NULL. */
extern const char *const shop_rows[];

#endif

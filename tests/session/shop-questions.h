/*
 * shop-questions.h - asking the shop: a fixture with its tables and rows, and answers as
 * text, to be compared with what plain SQL gives over another connection.
 */
#ifndef KITH_TESTS_SHOP_QUESTIONS_H
#define KITH_TESTS_SHOP_QUESTIONS_H

#include "own-schema.h"
#include "shop.h"

static inline int
set_up(void **state)
{
    (void) set_up_with(state, shop_mappings);
    Fixture *fixture = *state;
    for (const char *const *rows = shop_rows; *rows != NULL; rows++)
        run_sql(fixture, *rows);
    return 0;
}

/* The text of an answer is freed here. */
static inline void
check_answer(Fixture *fixture, char *found, const char *sql, const char *file, int line)
{
    const char *expected = fixture_query(fixture, sql, file, line);
    g_autofree char *own = found;
    if (strcmp(own, expected) == 0)
        return;
    print_error("asked by SQL:\n%s\nfound:\n%s\n", expected, own);
    _fail(file, line);
}
#define assert_answer(fixture, found, sql) \
    check_answer((fixture), (found), (sql), __FILE__, __LINE__)

/* One text member of each object that a query finds, a line each. (transfer full) */
#define DEFINE_ANSWER(T, member)                                          \
    static inline char *answer_##T(T##Query *query)                       \
    {                                                                     \
        g_autoptr(GError) error = NULL;                                   \
        GString *text = g_string_new(NULL);                               \
        const T *const *objects = kith_all(query, &error);                \
        assert_done(objects, error);                                      \
        kith_each (object, objects)                                       \
            g_string_append_printf(                                       \
                text, "%s%s", text->len > 0 ? "\n" : "", object->member); \
        return g_string_free(text, FALSE);                                \
    }
DEFINE_ANSWER(Product, name)
DEFINE_ANSWER(Shopper, name)
DEFINE_ANSWER(Clerk, name)
DEFINE_ANSWER(Kind, name)
DEFINE_ANSWER(Tag, word)

/* The keys of purchases. */
static inline char *
answer_Purchase(PurchaseQuery *query)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    const Purchase *const *purchases = kith_all(query, &error);
    assert_done(purchases, error);
    kith_each (purchase, purchases)
        g_string_append_printf(
            text, "%s%" G_GINT64_FORMAT, text->len > 0 ? "\n" : "", purchase->id);
    return g_string_free(text, FALSE);
}

/* What most questions have for an answer that is not objects: money is in cents. */
typedef struct Pair {
    const char *name; /* can be NULL */
    KithOptInt64 number;
} Pair;

KITH_DECLARE(Pair);

static inline char *
answer_pairs(const Pair *const *pairs, GError **error)
{
    GString *text = g_string_new(NULL);
    assert_done(pairs, *error);
    kith_each (pair, pairs) {
        g_string_append_printf(text,
                               "%s%s|",
                               text->len > 0 ? "\n" : "",
                               pair->name != NULL ? pair->name : "NULL");
        if (pair->number.has_value)
            g_string_append_printf(text, "%" G_GINT64_FORMAT, pair->number.value);
        else
            g_string_append(text, "NULL");
    }
    return g_string_free(text, FALSE);
}
#define pairs_of(query, error) answer_pairs(kith_rows((query), Pair, (error)), (error))

/* Of a sum of money. */
#define cents(expression) kith_as_integer(kith_round(kith_times((expression), 100), 0))

#endif

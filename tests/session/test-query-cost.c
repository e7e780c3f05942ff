/*
 * test-query-cost.c - what a query allocates. The functions of the C library that
 * allocate are counted where they can be: with glibc, without a sanitizer, outside of
 * valgrind.
 */
#include "fixture.h"

#include <stdlib.h>

static long n_allocations;

#if defined __SANITIZE_ADDRESS__
#define HAS_SANITIZER 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined __GLIBC__ && !defined HAS_SANITIZER
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

KITH_API void *
malloc(size_t size)
{
    n_allocations++;
    return __libc_malloc(size);
}

KITH_API void *
calloc(size_t count, size_t size)
{
    n_allocations++;
    return __libc_calloc(count, size);
}

KITH_API void *
realloc(void *memory, size_t size)
{
    n_allocations++;
    return __libc_realloc(memory, size);
}
#endif

static bool
is_counted(void)
{
    long before = n_allocations;
    g_free(g_malloc(1));
    return n_allocations > before;
}

static void
a_query_is_one_allocation_until_it_is_large(void **state)
{
    Fixture *fixture = *state;
    if (!is_counted())
        return;
    long before = n_allocations;
    g_autoptr(BookQuery) query = kith_query(fixture->session, Book);
    kith_where(
        query,
        kith_and(Book, kith_lt(Book, price, 5), kith_starts_with(Book, title, "A")));
    kith_order_by(query, kith_asc(Book, title));
    kith_limit(query, 10);
    assert_int_equal(n_allocations - before, 1);
}

/* Of an object that is known: nothing is built, and nothing is made of the row. SQLite itself
 * allocates a cursor and a text. */
static void
a_query_that_is_kept_allocates_nothing_for_a_run(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    if (!is_counted() || !is_sqlite(fixture)) /* libpq allocates for each answer */
        return;
    KithEngine *engine = kith_engine_open(
        fixture->url, &(KithOptions){ .mappings = library_mappings }, &error);
    assert_done(engine, error);
    KithSession *session = kith_session_new(engine);
    kith_add(session, Author, .id = 1, .name = "Ann");
    commit(session);
    AuthorQuery *query = kith_query(session, Author);
    kith_where(query, kith_eq(Author, id, kith_param(int64_t, "id")));
    assert_done(kith_begin(session, NULL, &error), error);
    long before = 0;
    for (int run = 0; run < 20; run++) {
        if (run == 10)
            before = n_allocations;
        kith_bind(query, "id", 1);
        assert_done(kith_first(query, &error), error);
    }
    assert_true(n_allocations - before <= 10 * 2);
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(a_query_is_one_allocation_until_it_is_large),
        ON_A_DATABASE(a_query_that_is_kept_allocates_nothing_for_a_run),
    };
    return run_on_each_database("what a query allocates", tests);
}

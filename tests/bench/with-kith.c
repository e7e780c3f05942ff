/*
 * with-kith.c - see the header.
 */
#include "with-kith.h"

void
insert_with_kith(BenchRun *run, const char *url)
{
    GError *error = NULL;
    HandItem *rows = rows_new(run->n);
    const Item **items = g_new(const Item *, run->n);
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    const Box *boxes[N_BOXES];
    for (int i = 0; i < N_BOXES; i++)
        boxes[i] = kith_get(session, Box, i + 1, &error);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        items[i] = kith_add(session,
                            Item,
                            .name = rows[i].name,
                            .price = rows[i].price,
                            .quantity = rows[i].quantity,
                            .note = rows[i].note,
                            .box.target = boxes[rows[i].box_id - 1]);
    bench_done(kith_commit(session, &error), error);
    bench_stop(run);
    int64_t sum = 0;
    for (size_t i = 0; i < run->n; i++)
        sum += items[i]->id;
    bench_expect(sum - (items[0]->id - 1) * (int64_t) run->n == sum_of_keys(run->n));
    kith_session_free(session);
    kith_engine_free(engine);
    rows_free(rows, run->n);
    g_free(items);
}

static int64_t
sum_of_items(const Item *const *items)
{
    int64_t sum = 0;
    kith_each (item, items)
        sum += item->id;
    return sum;
}

void
load_with_kith(BenchRun *run, const char *url)
{
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    bench_start(run);
    const Item *const *items = load_items(query);
    bench_stop(run);
    bench_expect(sum_of_items(items) == sum_of_keys(run->n));
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
}

void
get_with_kith(BenchRun *run, const char *url, bool in_one_transaction)
{
    GError *error = NULL;
    int64_t *keys = shuffled_keys(run->n);
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    int64_t sum = 0;
    bench_start(run);
    if (in_one_transaction)
        bench_done(
            kith_begin(session, (&(KithTransactionOptions){ .read_only = true }), &error),
            error);
    for (size_t i = 0; i < run->n; i++) {
        const Item *item = kith_get(session, Item, keys[i], &error);
        bench_done(item != NULL, error);
        sum += item->id;
    }
    bench_done(kith_commit(session, &error), error);
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    kith_session_free(session);
    kith_engine_free(engine);
    g_free(keys);
}

static int64_t
ask_anew(KithSession *session, int64_t key)
{
    GError *error = NULL;
    g_autoptr(ItemQuery) query = kith_query(session, Item);
    kith_where(query, kith_eq(Item, id, key));
    const Item *item = kith_first(query, &error);
    bench_done(item != NULL, error);
    return item->id;
}

static int64_t
ask_again(ItemQuery *query, int64_t key)
{
    GError *error = NULL;
    kith_bind(query, "id", key);
    const Item *item = kith_first(query, &error);
    bench_done(item != NULL, error);
    return item->id;
}

void
query_with_kith(BenchRun *run, const char *url, bool is_kept)
{
    GError *error = NULL;
    int64_t *keys = shuffled_keys(run->n);
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    kith_where(query, kith_eq(Item, id, kith_param(int64_t, "id")));
    int64_t sum = 0;
    bench_done(
        kith_begin(session, (&(KithTransactionOptions){ .read_only = true }), &error),
        error);
    for (size_t i = 0; i < run->n; i++)
        (void) ask_again(query, keys[i]);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        sum += is_kept ? ask_again(query, keys[i]) : ask_anew(session, keys[i]);
    bench_stop(run);
    bench_done(kith_commit(session, &error), error);
    bench_expect(sum == sum_of_keys(run->n));
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
    g_free(keys);
}

void
change_with_kith(BenchRun *run, const char *url, bool is_load_timed)
{
    GError *error = NULL;
    int64_t *keys = shuffled_keys(run->n);
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    if (is_load_timed)
        bench_start(run);
    const Item *const *items = load_items(query);
    if (!is_load_timed)
        bench_start(run);
    for (size_t i = 0; i < run->n / 10; i++) {
        const Item *item = items[keys[i] - 1];
        kith_set(item, price, item->price + 1000);
    }
    bench_done(kith_commit(session, &error), error);
    bench_stop(run);
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
    g_free(keys);
}

void
delete_with_kith(BenchRun *run, const char *url)
{
    GError *error = NULL;
    int64_t *keys = shuffled_keys(10 * run->n);
    KithEngine *engine = engine_new(url);
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    const Item *const *items = load_items(query);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        kith_delete(items[keys[i] - 1]);
    bench_done(kith_commit(session, &error), error);
    bench_stop(run);
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
    g_free(keys);
}

void
work_with_kith(BenchRun *run, const char *url, size_t n_items)
{
    GError *error = NULL;
    int64_t *keys = shuffled_keys(n_items);
    KithEngine *engine = engine_new(url);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        KithSession *session = kith_session_new(engine);
        const Item *item = kith_get(session, Item, keys[i], &error);
        bench_done(item != NULL, error);
        kith_set(item, price, item->price + 1000);
        bench_done(kith_commit(session, &error), error);
        kith_session_free(session);
    }
    bench_stop(run);
    kith_engine_free(engine);
    g_free(keys);
}

/* The statements are prepared before the time begins, as they are by hand. */
static void
prepare_to_follow(KithEngine *engine)
{
    GError *error = NULL;
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    const Item *const *items = load_items(query);
    bench_done(kith_ref(items[0], box, &error) != NULL, error);
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
}

void
follow_with_kith(BenchRun *run, const char *url)
{
    GError *error = NULL;
    KithEngine *engine = engine_new(url);
    prepare_to_follow(engine);
    KithSession *session = kith_session_new(engine);
    ItemQuery *query = kith_query(session, Item);
    int64_t sum = 0;
    bench_start(run);
    kith_each (item, load_items(query)) {
        const Box *box = kith_ref(item, box, &error);
        bench_done(box != NULL, error);
        sum += box->id;
    }
    bench_stop(run);
    bench_expect(sum > 0);
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    kith_engine_free(engine);
}

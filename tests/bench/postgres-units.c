/*
 * postgres-units.c - small units of work on PostgreSQL: read one, change one, commit; and
 * gets by key. Round trips count here, so they are counted too.
 */
#include "distance.h"
#include "postgres-hand.h"
#include "with-kith.h"
#include "workloads.h"

#define ITEMS_A_UNIT 50 /* so many items are in the table for each unit of work */
#define SELECT_ONE "SELECT " HAND_COLUMNS " FROM items WHERE id = $1"

static PGconn *
open_for_units(const char *url)
{
    PGconn *conn = postgres_open(url);
    postgres_prepare_statement(conn, "begin", "BEGIN");
    postgres_prepare_statement(conn, "commit", "COMMIT");
    postgres_prepare_statement(conn, "select", SELECT_ONE);
    postgres_prepare_statement(
        conn, "update", "UPDATE items SET price = $2 WHERE id = $1");
    return conn;
}

/* The next result of a pipeline, and the NULL behind it. */
static void
expect_next(PGconn *conn, ExecStatusType status)
{
    postgres_expect(conn, PQgetResult(conn), status);
    if (status != PGRES_PIPELINE_SYNC)
        bench_expect(PQgetResult(conn) == NULL);
}

static HandItem *
read_in_pipeline(PGconn *conn, int64_t key, bool begins)
{
    static const Parameters none;
    Parameters parameters = { 0 };
    parameters_add_int64(&parameters, key);
    if (begins)
        postgres_send(conn, "begin", &none);
    postgres_send(conn, "select", &parameters);
    bench_expect(PQpipelineSync(conn) == 1);
    if (begins)
        expect_next(conn, PGRES_COMMAND_OK);
    PGresult *result = PQgetResult(conn);
    HandItem *item = postgres_read_item(result, 0);
    postgres_expect(conn, result, PGRES_TUPLES_OK);
    bench_expect(PQgetResult(conn) == NULL);
    expect_next(conn, PGRES_PIPELINE_SYNC);
    return item;
}

static void
write_in_pipeline(PGconn *conn, const HandItem *item, bool begins)
{
    static const Parameters none;
    Parameters parameters = { 0 };
    parameters_add_int64(&parameters, item->id);
    parameters_add_double(&parameters, item->price);
    if (begins)
        postgres_send(conn, "begin", &none);
    postgres_send(conn, "update", &parameters);
    postgres_send(conn, "commit", &none);
    bench_expect(PQpipelineSync(conn) == 1);
    if (begins)
        expect_next(conn, PGRES_COMMAND_OK);
    expect_next(conn, PGRES_COMMAND_OK);
    expect_next(conn, PGRES_COMMAND_OK);
    expect_next(conn, PGRES_PIPELINE_SYNC);
}

/* Two round trips: the read begins the transaction, or the write does. */
static void
work_by_hand(BenchRun *run, const char *url, bool reads_within)
{
    size_t n_items = ITEMS_A_UNIT * run->n;
    postgres_prepare(url, n_items, true);
    g_autofree int64_t *keys = shuffled_keys(n_items);
    PGconn *conn = open_for_units(url);
    bench_expect(PQenterPipelineMode(conn) == 1);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        HandItem *item = read_in_pipeline(conn, keys[i], reads_within);
        item->price += 1000;
        write_in_pipeline(conn, item, !reads_within);
        g_free(item);
    }
    bench_stop(run);
    PQfinish(conn);
    bench_expect(postgres_integer(url, "SELECT count(*) FROM items WHERE price >= 1000")
                 == (int64_t) run->n);
}

static void
work_within(BenchRun *run)
{
    work_by_hand(run, run->data, true);
}

static void
work_reading_first(BenchRun *run)
{
    work_by_hand(run, run->data, false);
}

static void
work_on(BenchRun *run, const char *url)
{
    postgres_prepare(url, ITEMS_A_UNIT * run->n, true);
    work_with_kith(run, url, ITEMS_A_UNIT * run->n);
    bench_expect(postgres_integer(url, "SELECT count(*) FROM items WHERE price >= 1000")
                 == (int64_t) run->n);
}

static void
work(BenchRun *run)
{
    work_on(run, run->data);
}

/* --- round trips ------------------------------------------------------------------- */

/* What a unit takes when one was done before, which connects and prepares. */
static double
count_round_trips(BenchRun *run, void (*one)(BenchRun *run, const char *url))
{
    size_t n = run->n;
    unsigned taken[2];
    for (int i = 0; i < 2; i++) {
        Distance *distance = distance_start(run->data, 0);
        run->n = i == 0 ? 1 : n + 1;
        one(run, distance_url(distance));
        taken[i] = distance_stop(distance);
    }
    run->n = n;
    /* What arrives in two parts is counted twice, now and then. */
    return (double) ((taken[1] - taken[0] + n / 2) / n);
}

static void
work_within_on(BenchRun *run, const char *url)
{
    work_by_hand(run, url, true);
}

static void
count_by_hand(BenchRun *run)
{
    bench_set(run, count_round_trips(run, work_within_on));
}

static void
count(BenchRun *run)
{
    bench_set(run, count_round_trips(run, work_on));
}

/* --- gets -------------------------------------------------------------------------- */

static void
get_by_hand(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    g_autofree int64_t *keys = shuffled_keys(run->n);
    GHashTable *map = hand_map_new();
    PGconn *conn = postgres_open(run->data);
    postgres_prepare_statement(conn, "select", SELECT_ONE);
    int64_t sum = 0;
    bench_start(run);
    for (size_t i = 0; i < run->n; i++) {
        HandItem *item = hand_map_find(map, keys[i]);
        if (item == NULL) {
            Parameters parameters = { 0 };
            parameters_add_int64(&parameters, keys[i]);
            PGresult *result = postgres_run(conn, "select", &parameters);
            item = postgres_read_item(result, 0);
            postgres_expect(conn, result, PGRES_TUPLES_OK);
            hand_map_add(map, item);
        }
        sum += item->id;
    }
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    g_hash_table_unref(map);
    PQfinish(conn);
}

static void
get(BenchRun *run)
{
    postgres_prepare(run->data, run->n, false);
    get_with_kith(run, run->data, false);
}

void
add_postgres_gets(Bench *bench, const char *group, const char *url)
{
    bench_add(bench,
              (BenchMeasure){
                  .group = group,
                  .name = "get by key, each by itself",
                  .unit = "us",
                  .n = bench_size(bench, 10000, 10),
                  .target = 1.05,
                  .variants = { { .name = "by hand: prepared, binary",
                                  .function = get_by_hand,
                                  .data = url },
                                { .name = "Kith", .function = get, .data = url } } });
}

void
add_postgres_units(Bench *bench, const char *group, const char *url)
{
    bench_add(bench,
              (BenchMeasure){ .group = group,
                              .name = "units of work",
                              .unit = "us",
                              .n = bench_size(bench, 2000, 10),
                              .target = 1.05,
                              .variants = { { .name = "by hand: BEGIN with the read",
                                              .function = work_within,
                                              .data = url },
                                            { .name = "by hand: BEGIN with the write",
                                              .function = work_reading_first,
                                              .data = url },
                                            { .name = "Kith: a session each",
                                              .function = work,
                                              .data = url } } });
}

void
add_postgres_round_trips(Bench *bench, const char *group, const char *url)
{
    bench_add(bench,
              (BenchMeasure){ .group = group,
                              .name = "round trips of a unit of work",
                              .unit = "trips",
                              .n = 10,
                              .target = 1,
                              .variants = { { .name = "by hand: as few as can be",
                                              .function = count_by_hand,
                                              .data = url },
                                            { .name = "Kith: a session each",
                                              .function = count,
                                              .data = url } } });
}

/*
 * sqlite-rows.c - inserting many rows, and loading them.
 */
#include "sqlite-hand.h"
#include "with-kith.h"
#include "workloads.h"

#include <string.h>

/* --- insert ------------------------------------------------------------------------ */

static void
bind_item(sqlite3_stmt *statement, int first, const HandItem *item)
{
    sqlite3_bind_text(statement, first, item->name, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, first + 1, item->price);
    sqlite3_bind_int(statement, first + 2, item->quantity);
    sqlite3_bind_text(statement, first + 3, item->note, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, first + 4, item->box_id);
}

/*
 * Both sides begin with the data, as a program does that has read or computed it, and end
 * with objects that know their keys. So the objects are made within the time by hand, too.
 */
typedef struct Insert {
    HandItem *rows;
    GPtrArray *items;
    const char *path;
    sqlite3 *db;
} Insert;

static Insert
insert_prepare(BenchRun *run)
{
    const char *path = sqlite_path(run, 0);
    return (Insert){ .rows = rows_new(run->n),
                     .items = g_ptr_array_new_full((guint) run->n, g_free),
                     .path = path,
                     .db = hand_open(path) };
}

static HandItem *
insert_make_item(Insert *insert, size_t i)
{
    HandItem *item = hand_item_of(&insert->rows[i]);
    g_ptr_array_add(insert->items, item);
    return item;
}

static void
insert_finish(BenchRun *run, Insert *insert, sqlite3_stmt *statement)
{
    const HandItem *last = insert->items->pdata[run->n - 1];
    hand_close(insert->db, statement, NULL);
    bench_expect(last->id == (int64_t) run->n);
    bench_expect(sqlite_integer(insert->path, "SELECT sum(id) FROM items")
                 == sum_of_keys(run->n));
    g_ptr_array_unref(insert->items);
    rows_free(insert->rows, run->n);
}

static void
insert_by_hand(BenchRun *run)
{
    Insert insert = insert_prepare(run);
    sqlite3_stmt *statement = hand_prepare(insert.db,
                                           "INSERT INTO items (name, price, quantity, "
                                           "note, box_id) VALUES (?1, ?2, ?3, ?4, ?5)");
    bench_start(run);
    hand_execute(insert.db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < run->n; i++) {
        HandItem *item = insert_make_item(&insert, i);
        bind_item(statement, 1, item);
        hand_write(statement);
        item->id = sqlite3_last_insert_rowid(insert.db);
    }
    hand_execute(insert.db, "COMMIT");
    bench_stop(run);
    insert_finish(run, &insert, statement);
}

#define ROWS_A_STATEMENT 100

static sqlite3_stmt *
prepare_many(sqlite3 *db)
{
    g_autoptr(GString) sql =
        g_string_new("INSERT INTO items (name, price, quantity, note, box_id) VALUES ");
    for (int i = 0; i < ROWS_A_STATEMENT; i++)
        g_string_append(sql, i > 0 ? ", (?, ?, ?, ?, ?)" : "(?, ?, ?, ?, ?)");
    g_string_append(sql, " RETURNING id");
    return hand_prepare(db, sql->str);
}

static void
insert_many_by_hand(BenchRun *run)
{
    Insert insert = insert_prepare(run);
    sqlite3_stmt *statement = prepare_many(insert.db);
    bench_start(run);
    hand_execute(insert.db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i + ROWS_A_STATEMENT <= run->n; i += ROWS_A_STATEMENT) {
        for (size_t j = 0; j < ROWS_A_STATEMENT; j++)
            bind_item(statement, 5 * (int) j + 1, insert_make_item(&insert, i + j));
        for (size_t j = i; sqlite3_step(statement) == SQLITE_ROW; j++) {
            HandItem *item = insert.items->pdata[j];
            item->id = sqlite3_column_int64(statement, 0);
        }
        sqlite3_reset(statement);
    }
    hand_execute(insert.db, "COMMIT");
    bench_stop(run);
    insert_finish(run, &insert, statement);
}

static void
insert_into_sqlite(BenchRun *run)
{
    const char *url = sqlite_url(run, 0);
    insert_with_kith(run, url);
    bench_expect(sqlite_integer(url + strlen("sqlite:"), "SELECT sum(id) FROM items")
                 == sum_of_keys(run->n));
}

/* --- load -------------------------------------------------------------------------- */

static void
load_by_hand(BenchRun *run)
{
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select = hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items");
    GHashTable *map = hand_map_new();
    int64_t sum = 0;
    bench_start(run);
    while (sqlite3_step(select) == SQLITE_ROW) {
        HandItem *item = hand_read_item(select);
        hand_map_add(map, item);
        sum += item->id;
    }
    sqlite3_reset(select);
    bench_stop(run);
    bench_expect(sum == sum_of_keys(run->n));
    g_hash_table_unref(map);
    hand_close(db, select, NULL);
}

/* Without a map: no two rows are the same object. */
static void
load_array_by_hand(BenchRun *run)
{
    sqlite3 *db = hand_open(sqlite_path(run, run->n));
    sqlite3_stmt *select = hand_prepare(db, "SELECT " HAND_COLUMNS " FROM items");
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    bench_start(run);
    while (sqlite3_step(select) == SQLITE_ROW)
        g_ptr_array_add(items, hand_read_item(select));
    sqlite3_reset(select);
    bench_stop(run);
    bench_expect(items->len == run->n);
    hand_close(db, select, NULL);
}

static void
load_from_sqlite(BenchRun *run)
{
    load_with_kith(run, sqlite_url(run, run->n));
}

void
add_sqlite_rows(Bench *bench)
{
    size_t n = bench_size(bench, 100000, ROWS_A_STATEMENT);
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "insert, keys returned",
                  .unit = "ms",
                  .n = n,
                  .target = 1.10,
                  .variants = { { .name = "by hand: a row a statement",
                                  .function = insert_by_hand },
                                { .name = "by hand: VALUES of 100 rows, RETURNING",
                                  .function = insert_many_by_hand },
                                { .name = "Kith", .function = insert_into_sqlite } } });
    bench_add(bench,
              (BenchMeasure){
                  .group = "SQLite",
                  .name = "load into identity-mapped objects",
                  .unit = "ms",
                  .n = n,
                  .target = 1.10,
                  .variants = { { .name = "by hand: one block a row, GHashTable",
                                  .function = load_by_hand },
                                { .name = "by hand: without a map",
                                  .function = load_array_by_hand,
                                  .is_extra = true },
                                { .name = "Kith", .function = load_from_sqlite } } });
}

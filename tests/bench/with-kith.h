/*
 * with-kith.h - the work of the benchmarks as a program does it with Kith; the same on
 * every database. Each times its own work, and checks it. @url leads to a database as the
 * hand-written variants get it.
 */
#ifndef KITH_BENCH_WITH_KITH_H
#define KITH_BENCH_WITH_KITH_H

#include "model.h"

/* Insert run->n items, and know their keys. */
void insert_with_kith(BenchRun *run, const char *url);

/* Load all items, run->n of them. */
void load_with_kith(BenchRun *run, const char *url);

/* Get run->n items by key, of as many, in a random order, none loaded before. */
void get_with_kith(BenchRun *run, const char *url, bool in_one_transaction);

/* Ask for run->n items by queries of one row; all of them are loaded before. @is_kept: by
 * one query with a parameter, else by a new query for each. */
void query_with_kith(BenchRun *run, const char *url, bool is_kept);

/* Load run->n items, change a tenth of them, commit. @is_load_timed: else only the rest.
 */
void change_with_kith(BenchRun *run, const char *url, bool is_load_timed);

/* Delete run->n items of ten times as many, which are loaded. */
void delete_with_kith(BenchRun *run, const char *url);

/* run->n sessions, each: read one item of @n_items, change it, commit. */
void work_with_kith(BenchRun *run, const char *url, size_t n_items);

/* Load run->n items and their boxes. */
void follow_with_kith(BenchRun *run, const char *url);

#endif

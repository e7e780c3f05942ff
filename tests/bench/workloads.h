/*
 * workloads.h - the groups of measures, one a file.
 */
#ifndef KITH_BENCH_WORKLOADS_H
#define KITH_BENCH_WORKLOADS_H

#include "bench.h"

void add_sqlite_rows(Bench *bench);       /* insert, load */
void add_sqlite_gets(Bench *bench);       /* get by key */
void add_sqlite_queries(Bench *bench);    /* of one row */
void add_sqlite_changes(Bench *bench);    /* change, delete */
void add_sqlite_units(Bench *bench);      /* small units of work */
void add_sqlite_references(Bench *bench); /* objects with their references */
void add_sqlite_tree(Bench *bench);       /* a tree, level by level */
void add_identity(Bench *bench);          /* the map from keys to objects, by itself */
void add_memory(Bench *bench);            /* hits, memory, growth: no database matters */

/* @group is for a server near by, or one far away; @url leads there. Both are borrowed.
 */
void add_postgres_rows(Bench *bench, const char *group, const char *url);
void add_postgres_gets(Bench *bench, const char *group, const char *url);
void add_postgres_changes(Bench *bench, const char *group, const char *url);
void add_postgres_units(Bench *bench, const char *group, const char *url);
void add_postgres_references(Bench *bench, const char *group, const char *url);
void add_postgres_tree(Bench *bench, const char *group, const char *url);
void add_postgres_round_trips(Bench *bench, const char *group, const char *url);

#endif

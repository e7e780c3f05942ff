/*
 * tree.c - a tree, each node with up to ten below it, loaded level by level, by hand and
 * with Kith, on both databases. What has to hold is the number of statements, one for
 * each level, and that is checked; there is no target for the time.
 */
#include "postgres-hand.h"
#include "sqlite-hand.h"
#include "workloads.h"

#include <string.h>

/* --- the tree ---------------------------------------------------------------------- */

typedef struct Node Node;

struct Node {
    int64_t id;
    const char *name;
    KITH_REF(Node) parent;
    KITH_MANY(Node) children;
};

KITH_DECLARE(Node);

KITH_MAPPING(Node,
             "nodes",
             KITH_KEY(Node, id),
             KITH_COLUMN(Node, name),
             KITH_BELONGS_TO(Node, parent, Node, .nullable = true, .indexed = true),
             KITH_HAS_MANY(Node, children, Node, parent));

/* What its statements are counted by. */
static size_t n_statements;

static void
count_statement(const KithTraceEvent *event, void *data)
{
    (void) event, (void) data;
    n_statements++;
}

static KithEngine *
tree_engine(const char *url, bool counts)
{
    GError *error = NULL;
    KithOptions options = { .mappings = KITH_MAPPINGS(Node),
                            .trace = counts ? count_statement : NULL };
    KithEngine *engine = kith_engine_open(url, &options, &error);
    bench_done(engine != NULL, error);
    return engine;
}

/* Node 1 is the root; nodes 10 n - 8 to 10 n + 1 are below node n. */
static void
make_tree(const char *url, size_t n_nodes)
{
    GError *error = NULL;
    KithEngine *engine = tree_engine(url, false);
    bench_done(kith_schema_create(engine, &error), error);
    KithSession *session = kith_session_new(engine);
    const Node **nodes = g_new0(const Node *, n_nodes + 1);
    for (size_t i = 1; i <= n_nodes; i++) {
        g_autofree char *name = g_strdup_printf("node %zu", i);
        nodes[i] = kith_add(session,
                            Node,
                            .id = (int64_t) i,
                            .name = name,
                            .parent.target = i > 1 ? nodes[(i + 8) / 10] : NULL);
    }
    bench_done(kith_commit(session, &error), error);
    kith_session_free(session);
    kith_engine_free(engine);
    g_free(nodes);
}

static size_t
count_levels(size_t n_nodes)
{
    size_t n_levels = 0;
    for (size_t width = 1, n_above = 0; n_above < n_nodes; width *= 10) {
        n_above += width;
        n_levels++;
    }
    return n_levels;
}

/* --- with Kith --------------------------------------------------------------------- */

static size_t
walk(const Node *const *level)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) below = g_ptr_array_new();
    size_t n_nodes = 0;
    kith_each (node, level) {
        const Node *const *children = kith_many(node, children, &error);
        bench_done(children != NULL, error);
        n_nodes++;
        kith_each (child, children)
            g_ptr_array_add(below, (void *) (uintptr_t) child);
    }
    g_ptr_array_add(below, NULL);
    return n_nodes + (below->len > 1 ? walk((const Node *const *) below->pdata) : 0);
}

static size_t
load_tree(KithEngine *engine)
{
    GError *error = NULL;
    KithSession *session = kith_session_new(engine);
    NodeQuery *query = kith_query(session, Node);
    kith_where(query, kith_is_null(Node, parent));
    size_t n_nodes = walk(kith_all(query, &error));
    kith_query_free((KithQuery *) query);
    kith_session_free(session);
    return n_nodes;
}

/* One for the root, and one for what is below each level; nothing is below the last. */
static void
check_statements(const char *url, size_t n_nodes)
{
    KithEngine *engine = tree_engine(url, true);
    n_statements = 0;
    bench_expect(load_tree(engine) == n_nodes);
    bench_expect(n_statements == count_levels(n_nodes) + 1);
    kith_engine_free(engine);
}

static void
walk_with_kith(BenchRun *run, const char *url)
{
    check_statements(url, run->n);
    KithEngine *engine = tree_engine(url, false);
    (void) load_tree(engine); /* its statements are prepared, as they are by hand */
    bench_start(run);
    size_t n_nodes = load_tree(engine);
    bench_stop(run);
    bench_expect(n_nodes == run->n);
    kith_engine_free(engine);
}

/* --- by hand ----------------------------------------------------------------------- */

typedef struct HandNode HandNode;
struct HandNode {
    int64_t id;
    const HandNode *parent;
    GPtrArray *children;
    char name[]; /* and its text */
};

static void
free_node(void *data)
{
    g_ptr_array_unref(((HandNode *) data)->children);
    g_free(data);
}

static GHashTable *
new_tree(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_node);
}

/* A node below one that is there, or the root. */
static HandNode *
add_node(GHashTable *tree, int64_t id, int64_t parent_id, const char *name, size_t length)
{
    HandNode *node = g_malloc(sizeof(HandNode) + length + 1);
    HandNode *parent = g_hash_table_lookup(tree, &parent_id);
    node->id = id;
    node->parent = parent;
    node->children = g_ptr_array_new();
    memcpy(node->name, name, length);
    node->name[length] = '\0';
    if (parent != NULL)
        g_ptr_array_add(parent->children, node);
    g_hash_table_insert(tree, &node->id, node);
    return node;
}

static char *
ids_as_json(const GPtrArray *nodes)
{
    GString *json = g_string_new("[");
    for (guint i = 0; i < nodes->len; i++)
        g_string_append_printf(json,
                               i > 0 ? ",%" G_GINT64_FORMAT : "%" G_GINT64_FORMAT,
                               ((HandNode *) g_ptr_array_index(nodes, i))->id);
    return g_string_free(g_string_append_c(json, ']'), FALSE);
}

static GPtrArray *
read_nodes(sqlite3_stmt *select, GHashTable *tree)
{
    GPtrArray *nodes = g_ptr_array_new();
    while (sqlite3_step(select) == SQLITE_ROW)
        g_ptr_array_add(nodes,
                        add_node(tree,
                                 sqlite3_column_int64(select, 0),
                                 sqlite3_column_int64(select, 2),
                                 (const char *) sqlite3_column_text(select, 1),
                                 (size_t) sqlite3_column_bytes(select, 1)));
    sqlite3_reset(select);
    return nodes;
}

/* The file is made once, and only read. */
static const char *
sqlite_tree(const BenchRun *run)
{
    static char *path;
    g_free(path);
    path = g_strdup_printf("%s/tree-%zu.db", run->options->folder, run->n);
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        make_tree(url, run->n);
    return path;
}

static void
walk_sqlite_by_hand(BenchRun *run)
{
    sqlite3 *db = hand_open(sqlite_tree(run));
    sqlite3_stmt *root =
        hand_prepare(db, "SELECT id, name, parent_id FROM nodes WHERE parent_id IS NULL");
    sqlite3_stmt *below =
        hand_prepare(db,
                     "SELECT id, name, parent_id FROM nodes WHERE parent_id IN (SELECT "
                     "value FROM json_each(?1)) ORDER BY id");
    bench_start(run);
    GHashTable *tree = new_tree();
    GPtrArray *level = read_nodes(root, tree);
    while (level->len > 0) {
        g_autofree char *ids = ids_as_json(level);
        sqlite3_bind_text(below, 1, ids, -1, SQLITE_STATIC);
        g_ptr_array_unref(level);
        level = read_nodes(below, tree);
    }
    guint n_nodes = g_hash_table_size(tree);
    g_hash_table_unref(tree);
    bench_stop(run);
    bench_expect(n_nodes == run->n);
    g_ptr_array_unref(level);
    hand_close(db, root, below, NULL);
}

static void
walk_sqlite(BenchRun *run)
{
    g_autofree char *url = g_strconcat("sqlite:", sqlite_tree(run), NULL);
    walk_with_kith(run, url);
}

void
add_sqlite_tree(Bench *bench)
{
    bench_add(
        bench,
        (BenchMeasure){
            .group = "SQLite",
            .name = "a tree, level by level",
            .unit = "us",
            .n = bench_size(bench, 10000, 1111),
            .variants = { { .name = "by hand: a statement for each level",
                            .function = walk_sqlite_by_hand },
                          { .name = "Kith: kith_many()", .function = walk_sqlite } } });
}

/* --- on PostgreSQL ----------------------------------------------------------------- */

static void
prepare_postgres(const char *url, size_t n_nodes)
{
    static bool is_there;
    if (is_there)
        return;
    make_tree(url, n_nodes);
    PGconn *conn = postgres_open(url);
    postgres_execute(conn, "VACUUM ANALYZE nodes");
    PQfinish(conn);
    is_there = true;
}

static GPtrArray *
take_nodes(PGconn *conn, PGresult *result, GHashTable *tree)
{
    GPtrArray *nodes = g_ptr_array_new();
    for (int i = 0; i < PQntuples(result); i++) {
        bool is_root = PQgetisnull(result, i, 2) != 0;
        g_ptr_array_add(nodes,
                        add_node(tree,
                                 int64_of(PQgetvalue(result, i, 0)),
                                 is_root ? 0 : int64_of(PQgetvalue(result, i, 2)),
                                 PQgetvalue(result, i, 1),
                                 (size_t) PQgetlength(result, i, 1)));
    }
    postgres_expect(conn, result, PGRES_TUPLES_OK);
    return nodes;
}

static GPtrArray *
nodes_below(PGconn *conn, const GPtrArray *level, GHashTable *tree)
{
    GByteArray *ids = array_new(OID_INT8, level->len);
    for (guint i = 0; i < level->len; i++)
        array_add_int64(ids, ((HandNode *) g_ptr_array_index(level, i))->id);
    Parameters parameters = { 0 };
    parameters_add_array(&parameters, ids);
    GPtrArray *nodes = take_nodes(conn, postgres_run(conn, "below", &parameters), tree);
    g_byte_array_unref(ids);
    return nodes;
}

static void
walk_postgres_by_hand(BenchRun *run)
{
    static const Parameters none;
    prepare_postgres(run->data, run->n);
    PGconn *conn = postgres_open(run->data);
    postgres_prepare_statement(
        conn, "root", "SELECT id, name, parent_id FROM nodes WHERE parent_id IS NULL");
    postgres_prepare_statement(conn,
                               "below",
                               "SELECT id, name, parent_id FROM nodes WHERE parent_id = "
                               "ANY($1::int8[]) ORDER BY id");
    bench_start(run);
    GHashTable *tree = new_tree();
    GPtrArray *level = take_nodes(conn, postgres_run(conn, "root", &none), tree);
    while (level->len > 0) {
        GPtrArray *below = nodes_below(conn, level, tree);
        g_ptr_array_unref(level);
        level = below;
    }
    guint n_nodes = g_hash_table_size(tree);
    g_hash_table_unref(tree);
    bench_stop(run);
    bench_expect(n_nodes == run->n);
    g_ptr_array_unref(level);
    PQfinish(conn);
}

static void
walk_postgres(BenchRun *run)
{
    prepare_postgres(run->data, run->n);
    walk_with_kith(run, run->data);
}

void
add_postgres_tree(Bench *bench, const char *group, const char *url)
{
    bench_add(
        bench,
        (BenchMeasure){ .group = group,
                        .name = "a tree, level by level",
                        .unit = "us",
                        .n = bench_size(bench, 10000, 1111),
                        .variants = { { .name = "by hand: a statement for each level",
                                        .function = walk_postgres_by_hand,
                                        .data = url },
                                      { .name = "Kith: kith_many()",
                                        .function = walk_postgres,
                                        .data = url } } });
}

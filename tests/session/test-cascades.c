/*
 * test-cascades.c - what deleting an object, or letting go of it, does to those that
 * refer to it: by the database, by the session, and in memory.
 */
#include "own-schema.h"

typedef struct Shop Shop;
typedef struct Order Order;
typedef struct Line Line;
typedef struct Note Note;
typedef struct Invoice Invoice;
typedef struct Seal Seal;
typedef struct Node Node;
typedef struct Label Label;
typedef struct Badge Badge;

/* Orders go with their shop by the database; the lines of an order are its own. */
struct Shop {
    int64_t id;
    const char *name;
    KITH_MANY(Order) orders;
    KITH_MANY(Note) notes;
    KITH_MANY(Invoice) invoices;
};

struct Order {
    int64_t id;
    const char *name;
    int32_t version;
    KITH_REF(Shop) shop;
    KITH_MANY(Line) lines;
    KITH_REF(Seal) seal;
};

struct Line {
    int64_t id;
    const char *text;
    KITH_REF(Order) order;
};

/* Lose their shop, by the database. */
struct Note {
    int64_t id;
    const char *text;
    KITH_REF(Shop) shop;
};

/* Keep their shop from being deleted. */
struct Invoice {
    int64_t id;
    KITH_REF(Shop) shop;
};

/* Belongs to one order alone. */
struct Seal {
    int64_t id;
    const char *text;
};

/* A tree whose children lose their parent by the session, as do the labels of a node. */
struct Node {
    int64_t id;
    const char *name;
    KITH_REF(Node) parent;
    KITH_MANY(Node) children;
    KITH_MANY(Label) labels;
    KITH_MANY(Badge) badges;
};

/* Deleted by the session. */
struct Label {
    int64_t id;
    const char *text;
    int32_t version;
    KITH_REF(Node) node;
};

struct Badge {
    int64_t id;
    const char *text;
    KITH_MANY(Node) nodes;
};

/* Has balls, one of which it likes best; and shares, of which there are two owners. */
typedef struct Owner Owner;
typedef struct Ball Ball;
typedef struct Share Share;

struct Owner {
    int64_t id;
    const char *name;
    KITH_REF(Ball) favourite;
    KITH_MANY(Ball) balls;
    KITH_MANY(Share) firsts;
    KITH_MANY(Share) seconds;
};

struct Ball {
    int64_t id;
    const char *name;
    KITH_REF(Owner) owner;
};

struct Share {
    int64_t id;
    const char *name;
    KITH_REF(Owner) first;
    KITH_REF(Owner) second;
};

KITH_DECLARE(Owner);
KITH_DECLARE(Ball);
KITH_DECLARE(Share);
KITH_DECLARE(Shop);
KITH_DECLARE(Order);
KITH_DECLARE(Line);
KITH_DECLARE(Note);
KITH_DECLARE(Invoice);
KITH_DECLARE(Seal);
KITH_DECLARE(Node);
KITH_DECLARE(Label);
KITH_DECLARE(Badge);

KITH_MAPPING(Shop,
             "shops",
             KITH_KEY(Shop, id, .generated = true),
             KITH_COLUMN(Shop, name),
             KITH_HAS_MANY(Shop, orders, Order, shop, .on_delete = KITH_CASCADE),
             KITH_HAS_MANY(Shop, notes, Note, shop),
             KITH_HAS_MANY(Shop, invoices, Invoice, shop));
KITH_MAPPING(
    Order,
    "orders",
    KITH_KEY(Order, id, .generated = true),
    KITH_COLUMN(Order, name),
    KITH_VERSION(Order, version),
    KITH_BELONGS_TO(Order, shop, Shop),
    KITH_HAS_MANY(
        Order, lines, Line, order, .on_delete = KITH_CASCADE, .delete_orphans = true),
    KITH_BELONGS_TO(
        Order, seal, Seal, .nullable = true, .unique = true, .owns_target = true));
KITH_MAPPING(Line,
             "lines",
             KITH_KEY(Line, id, .generated = true),
             KITH_COLUMN(Line, text),
             KITH_BELONGS_TO(Line, order, Order));
KITH_MAPPING(
    Note,
    "notes",
    KITH_KEY(Note, id, .generated = true),
    KITH_COLUMN(Note, text),
    KITH_BELONGS_TO(Note, shop, Shop, .nullable = true, .on_delete = KITH_SET_NULL));
KITH_MAPPING(Invoice,
             "invoices",
             KITH_KEY(Invoice, id, .generated = true),
             KITH_BELONGS_TO(Invoice, shop, Shop, .on_delete = KITH_RESTRICT));
KITH_MAPPING(Seal,
             "seals",
             KITH_KEY(Seal, id, .generated = true),
             KITH_COLUMN(Seal, text));
KITH_MAPPING(
    Node,
    "nodes",
    KITH_KEY(Node, id, .generated = true),
    KITH_COLUMN(Node, name),
    KITH_BELONGS_TO(Node, parent, Node, .nullable = true),
    KITH_HAS_MANY(
        Node, children, Node, parent, .on_delete = KITH_SET_NULL, .in_session = true),
    KITH_HAS_MANY(
        Node, labels, Label, node, .on_delete = KITH_CASCADE, .in_session = true),
    KITH_MANY_TO_MANY(Node, badges, Badge, .in_session = true));
KITH_MAPPING(Label,
             "labels",
             KITH_KEY(Label, id, .generated = true),
             KITH_COLUMN(Label, text),
             KITH_VERSION(Label, version),
             KITH_BELONGS_TO(Label, node, Node));
KITH_MAPPING(Badge,
             "badges",
             KITH_KEY(Badge, id, .generated = true),
             KITH_COLUMN(Badge, text),
             KITH_MANY_TO_MANY_BACK(Badge, nodes, Node, badges));

KITH_MAPPING(
    Owner,
    "owners",
    KITH_KEY(Owner, id, .generated = true),
    KITH_COLUMN(Owner, name),
    KITH_BELONGS_TO(Owner, favourite, Ball, .nullable = true),
    KITH_HAS_MANY(
        Owner, balls, Ball, owner, .on_delete = KITH_CASCADE, .in_session = true),
    KITH_HAS_MANY(
        Owner, firsts, Share, first, .on_delete = KITH_CASCADE, .delete_orphans = true),
    KITH_HAS_MANY(Owner,
                  seconds,
                  Share,
                  second,
                  .on_delete = KITH_CASCADE,
                  .delete_orphans = true));
KITH_MAPPING(Ball,
             "balls",
             KITH_KEY(Ball, id, .generated = true),
             KITH_COLUMN(Ball, name),
             KITH_BELONGS_TO(Ball, owner, Owner));
KITH_MAPPING(Share,
             "shares",
             KITH_KEY(Share, id, .generated = true),
             KITH_COLUMN(Share, name),
             KITH_BELONGS_TO(Share, first, Owner),
             KITH_BELONGS_TO(Share, second, Owner));

static int
set_up(void **state)
{
    return set_up_with(state,
                       KITH_MAPPINGS(Shop,
                                     Order,
                                     Line,
                                     Note,
                                     Invoice,
                                     Seal,
                                     Node,
                                     Label,
                                     Badge,
                                     Owner,
                                     Ball,
                                     Share));
}

/* Two shops; two orders with three lines, and two notes, all of the first. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO shops (id, name) VALUES (1, 'one'), (2, 'two')");
    run_sql(fixture, "INSERT INTO seals (id, text) VALUES (1, 'red'), (2, 'blue')");
    run_sql(fixture,
            "INSERT INTO orders (id, name, version, shop_id, seal_id) VALUES "
            "(1, 'first', 1, 1, 1), (2, 'second', 1, 1, NULL)");
    run_sql(fixture,
            "INSERT INTO lines (id, text, order_id) VALUES (1, 'a', 1), (2, 'b', 1), "
            "(3, 'c', 2)");
    run_sql(fixture,
            "INSERT INTO notes (id, text, shop_id) VALUES (1, 'x', 1), (2, 'y', 1)");
}

/* Node 1 with the children 2 and 3, two labels and a badge. */
static void
plant(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO nodes (id, name, parent_id) VALUES (1, 'root', NULL)");
    run_sql(
        fixture,
        "INSERT INTO nodes (id, name, parent_id) VALUES (2, 'left', 1), (3, 'right', 1)");
    run_sql(fixture,
            "INSERT INTO labels (id, text, version, node_id) VALUES (1, 'p', 1, 1), "
            "(2, 'q', 1, 1), (3, 'r', 1, 2)");
    run_sql(fixture, "INSERT INTO badges (id, text) VALUES (1, 'gold')");
    run_sql(fixture,
            "INSERT INTO nodes_badges (node_id, badge_id) VALUES (1, 1), (2, 1)");
}

/* --- by the database --------------------------------------------------------------- */

static void
what_is_loaded_goes_with_its_owner_without_a_statement(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Shop *shop = find(session, Shop, 1);
    const Order *order = find(session, Order, 1);
    const Line *line = find(session, Line, 1);
    const Note *note = find(session, Note, 1);
    forget_statements(fixture);
    kith_delete(shop);
    assert_int_equal(kith_state(order), KITH_PERSISTENT);
    flush(session);
    assert_statements(fixture, "BEGIN", "DELETE shops");
    assert_int_equal(kith_state(order), KITH_DELETED);
    assert_int_equal(kith_state(line), KITH_DELETED);
    assert_int_equal(kith_state(note), KITH_PERSISTENT);
    assert_null(note->shop.target);
    assert_gone(session, Order, 1);
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "COMMIT");
    assert_int_equal(kith_state(line), KITH_DETACHED);
    assert_rows(fixture, "SELECT count(*) FROM lines", "0");
    assert_rows(fixture, "SELECT id, shop_id FROM notes ORDER BY 1", "1|NULL", "2|NULL");
}

static void
a_rollback_brings_back_what_went_with_its_owner(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Shop *shop = find(session, Shop, 1);
    const Order *order = find(session, Order, 1);
    const Line *line = find(session, Line, 1);
    const Note *note = find(session, Note, 1);
    kith_set(order, name, "edited");
    kith_delete(shop);
    flush(session);
    kith_rollback(session);
    assert_int_equal(kith_state(shop), KITH_PERSISTENT);
    assert_int_equal(kith_state(order), KITH_PERSISTENT);
    assert_string_equal(order->name, "first");
    assert_ptr_equal(kith_ref(line, order, &error), order);
    assert_ptr_equal(kith_ref(note, shop, &error), shop);
    assert_int_equal(kith_length(kith_many(order, lines, &error)), 2);
    forget_statements(fixture);
    commit(session);
    assert_no_statements(fixture);
}

static void
after_a_failure_what_went_is_there_again_with_its_edits(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Shop *shop = find(session, Shop, 1);
    const Order *order = find(session, Order, 1);
    const Note *note = find(session, Note, 1);
    kith_delete(shop);
    flush(session);
    kith_add(session, Author, .name = "Ann");
    kith_add(session, Author, .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author*");
    assert_int_equal(kith_state(shop), KITH_DELETED);
    assert_int_equal(kith_state(order), KITH_PERSISTENT);
    assert_ptr_equal(kith_ref(note, shop, &error), NULL);
    kith_rollback(session);
    assert_int_equal(kith_state(order), KITH_PERSISTENT);
    assert_ptr_equal(kith_ref(note, shop, &error), shop);
}

static void
what_was_given_to_another_owner_before_survives(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Shop *one = find(session, Shop, 1), *two = find(session, Shop, 2);
    const Order *order = find(session, Order, 2);
    forget_statements(fixture);
    kith_append(two, orders, order);
    kith_delete(one);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "UPDATE orders SET version, shop_id", "DELETE shops", "COMMIT");
    assert_int_equal(kith_state(order), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT id, shop_id FROM orders", "2|2");
}

static void
what_is_new_goes_with_its_owner(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Shop *shop = find(session, Shop, 1);
    const Order *order = kith_add(session, Order, .name = "new", .shop.target = shop);
    const Line *line = kith_add(session, Line, .text = "new", .order.target = order);
    const Note *note =
        kith_add(session, Note, .id = 9, .text = "new", .shop.target = shop);
    forget_statements(fixture);
    kith_delete(shop);
    commit(session);
    assert_statements(fixture, "BEGIN", "INSERT notes", "DELETE shops", "COMMIT");
    assert_int_equal(kith_state(order), KITH_DETACHED);
    assert_int_equal(kith_state(line), KITH_DETACHED);
    assert_null(note->shop.target);
}

static void
restrict_names_the_object_and_what_refers_to_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    run_sql(fixture, "INSERT INTO invoices (id, shop_id) VALUES (1, 1)");
    const Shop *shop = find(session, Shop, 1);
    kith_delete(shop);
    assert_false(kith_commit(session, &error));
    assert_error_facts(error,
                       .constraint = "invoices_shop_id_fkey",
                       .table = "invoices",
                       .column = "shop_id",
                       .entity = "Shop",
                       .key = "1");
    assert_error(error, KITH_ERROR_FOREIGN_KEY, "Shop 1: *nvoice*");
    kith_rollback(session);
    assert_int_equal(kith_state(shop), KITH_PERSISTENT);
}

/* --- by the session ---------------------------------------------------------------- */

static void
children_lose_their_parent_by_one_update_before_it_is_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    plant(fixture);
    const Node *root = find(session, Node, 1), *left = find(session, Node, 2);
    forget_statements(fixture);
    kith_delete(root);
    commit(session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT nodes WHERE parent_id IN (?) ORDER BY id",
        "SELECT labels WHERE node_id IN (?) ORDER BY id",
        "SELECT nodes_badges WHERE node_id IN (?) ORDER BY node_id, badge_id",
        "DELETE nodes_badges",
        "UPDATE nodes SET parent_id x2",
        "DELETE labels x2",
        "DELETE nodes",
        "COMMIT");
    assert_null(kith_ref(left, parent, &error));
    assert_rows(
        fixture, "SELECT id, parent_id FROM nodes ORDER BY 1", "2|NULL", "3|NULL");
    assert_rows(fixture, "SELECT id FROM labels", "3");
    assert_rows(fixture, "SELECT node_id FROM nodes_badges", "2");
}

static void
a_whole_tree_is_deleted_leaves_first(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    plant(fixture);
    const Node *root = find(session, Node, 1);
    kith_delete(find(session, Node, 2));
    kith_delete(find(session, Node, 3));
    kith_delete(root);
    forget_statements(fixture);
    commit(session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT nodes WHERE parent_id IN (?) ORDER BY id",
        "SELECT labels WHERE node_id IN (?) ORDER BY id",
        "SELECT nodes_badges WHERE node_id IN (?) ORDER BY node_id, badge_id",
        "DELETE nodes_badges x2",
        "DELETE labels x3",
        "DELETE nodes x2",
        "DELETE nodes",
        "COMMIT");
}

static void
a_version_of_what_the_session_deletes_is_checked(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    plant(fixture);
    const Node *root = find(session, Node, 1);
    assert_non_null(find(session, Label, 1));
    run_sql(fixture, "UPDATE labels SET version = 2 WHERE id = 1");
    kith_delete(root);
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_STALE, "Label 1: *");
    kith_rollback(session);
    assert_int_equal(kith_state(root), KITH_PERSISTENT);
}

static bool
count_call(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    (*(int *) data)++;
    return true;
}

static void
hooks_run_for_what_the_session_deletes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    int n_deleted = 0;
    plant(fixture);
    kith_on_entity(session, Label, KITH_BEFORE_DELETE, count_call, &n_deleted);
    kith_delete(find(session, Node, 1));
    commit(session);
    assert_int_equal(n_deleted, 2);
}

static void
a_plan_sends_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    plant(fixture);
    kith_delete(find(fixture->session, Node, 1));
    forget_statements(fixture);
    g_autofree char *plan = kith_plan(fixture->session, &error);
    assert_done(plan, error);
    assert_no_statements(fixture);
}

static void
what_referred_to_a_row_that_is_taken_over_goes_with_the_one_that_had_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_delete(find(session, Shop, 1));
    const Shop *shop = kith_add(session, Shop, .id = 1, .name = "new");
    const Order *order = find(session, Order, 2);
    kith_append(shop, orders, order);
    forget_statements(fixture);
    commit(session);
    assert_rows(fixture, "SELECT id, name FROM orders", "2|second");
    assert_rows(fixture, "SELECT id FROM lines", "3");
    assert_rows(fixture, "SELECT id, shop_id FROM notes ORDER BY 1", "1|NULL", "2|NULL");
    assert_rows(fixture, "SELECT id, name FROM shops ORDER BY 1", "1|new", "2|two");
    assert_ptr_equal(kith_ref(order, shop, &error), shop);
}

static void
what_the_session_deletes_is_loaded_though_lazy_loads_are_forbidden(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    plant(fixture);
    kith_strict(session)
    {
        kith_delete(find(session, Node, 1));
        commit(session);
    }
    assert_rows(fixture, "SELECT id FROM labels", "3");
}

static void
a_row_that_refers_to_what_goes_with_it_lets_go_first(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Owner *owner = kith_add(session, Owner, .name = "Ann");
    const Ball *ball = kith_add(session, Ball, .name = "red", .owner.target = owner);
    kith_add(session, Ball, .name = "blue", .owner.target = owner);
    commit(session);
    kith_set(owner, favourite, ball);
    commit(session);
    session = new_session(fixture);
    owner = find(session, Owner, 1);
    forget_statements(fixture);
    kith_delete(owner);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT balls WHERE owner_id IN (?) ORDER BY id",
                      "UPDATE owners SET favourite_id",
                      "DELETE balls x2",
                      "DELETE owners",
                      "COMMIT");
}

static void
an_object_of_two_owners_is_an_orphan_as_soon_as_one_lets_go(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Owner *ann = kith_add(session, Owner, .name = "Ann");
    const Owner *bob = kith_add(session, Owner, .name = "Bob");
    const Share *share = kith_add(
        session, Share, .name = "house", .first.target = ann, .second.target = bob);
    commit(session);
    kith_remove(bob, seconds, share);
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "BEGIN", "DELETE shares", "COMMIT");
    assert_int_equal(kith_state(share), KITH_DETACHED);
}

/* --- orphans ----------------------------------------------------------------------- */

static void
what_is_taken_out_of_its_only_owner_is_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Order *order = find(session, Order, 1);
    const Line *line = find(session, Line, 1);
    forget_statements(fixture);
    kith_remove(order, lines, line);
    commit(session);
    assert_statements(fixture, "BEGIN", "DELETE lines", "COMMIT");
    assert_int_equal(kith_state(line), KITH_DETACHED);
    const Line *none[] = { NULL };
    assert_done(kith_replace(order, lines, none, &error), error);
    commit(session);
    assert_rows(fixture, "SELECT id FROM lines", "3");
}

static void
what_gets_another_owner_is_no_orphan(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Order *one = find(session, Order, 1), *two = find(session, Order, 2);
    const Line *line = find(session, Line, 1);
    forget_statements(fixture);
    kith_remove(one, lines, line);
    kith_append(two, lines, line);
    kith_delete(one);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT seals WHERE id IN (?) ORDER BY id",
                      "UPDATE lines SET order_id",
                      "DELETE orders",
                      "DELETE seals",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, order_id FROM lines ORDER BY 1", "1|2", "3|2");
}

static void
a_new_orphan_just_leaves_the_session_and_what_it_owns_too(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Order *order = find(session, Order, 1);
    const Line *line = kith_add(session, Line, .text = "new", .order.target = order);
    kith_remove(order, lines, line);
    forget_statements(fixture);
    commit(session);
    assert_no_statements(fixture);
    assert_int_equal(kith_state(line), KITH_DETACHED);
    kith_add(session, Line, .text = "alone");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Line (new): *order*");
}

static void
an_orphan_of_a_failed_flush_can_still_get_an_owner(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Order *one = find(session, Order, 1), *two = find(session, Order, 2);
    const Line *line = find(session, Line, 1);
    kith_remove(one, lines, line);
    kith_add(session, Author, .name = "Ann");
    const Author *again = kith_add(session, Author, .name = "Ann");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author*");
    kith_append(two, lines, line);
    kith_delete(again);
    commit(session);
    assert_int_equal(kith_state(line), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT order_id FROM lines WHERE id = 1", "2");
}

static void
a_rollback_brings_orphans_back(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Order *order = find(session, Order, 1);
    const Line *line = find(session, Line, 1);
    kith_remove(order, lines, line);
    flush(session);
    kith_rollback(session);
    assert_int_equal(kith_state(line), KITH_PERSISTENT);
    assert_ptr_equal(kith_ref(line, order, &error), order);
    assert_int_equal(kith_length(kith_many(order, lines, &error)), 2);
    commit(session);
    assert_rows(fixture, "SELECT count(*) FROM lines", "3");
}

static void
what_an_object_owns_is_deleted_when_it_is_replaced(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Order *order = find(session, Order, 1);
    const Seal *green = kith_add(session, Seal, .id = 9, .text = "green");
    kith_set(order, seal, green);
    kith_set(order, seal, green);
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "SELECT seals WHERE id IN (?) ORDER BY id",
                      "INSERT seals",
                      "UPDATE orders SET version, seal_id",
                      "DELETE seals",
                      "COMMIT");
    assert_rows(fixture, "SELECT text FROM seals ORDER BY 1", "blue", "green");
    kith_set_null(order, seal);
    commit(session);
    assert_rows(fixture, "SELECT text FROM seals ORDER BY 1", "blue");
}

static void
what_passes_to_another_owner_is_not_deleted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Order *one = find(session, Order, 1), *two = find(session, Order, 2);
    const Seal *red = find(session, Seal, 1);
    kith_set(two, seal, red);
    kith_set_null(one, seal);
    commit(session);
    assert_int_equal(kith_state(red), KITH_PERSISTENT);
    assert_rows(fixture, "SELECT id, seal_id FROM orders ORDER BY 1", "1|NULL", "2|1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(what_is_loaded_goes_with_its_owner_without_a_statement),
        ON_A_SCHEMA(a_rollback_brings_back_what_went_with_its_owner),
        ON_A_SCHEMA(after_a_failure_what_went_is_there_again_with_its_edits),
        ON_A_SCHEMA(what_was_given_to_another_owner_before_survives),
        ON_A_SCHEMA(what_is_new_goes_with_its_owner),
        ON_A_SCHEMA(restrict_names_the_object_and_what_refers_to_it),
        ON_A_SCHEMA(children_lose_their_parent_by_one_update_before_it_is_deleted),
        ON_A_SCHEMA(a_whole_tree_is_deleted_leaves_first),
        ON_A_SCHEMA(a_version_of_what_the_session_deletes_is_checked),
        ON_A_SCHEMA(hooks_run_for_what_the_session_deletes),
        ON_A_SCHEMA(a_plan_sends_nothing),
        ON_A_SCHEMA(what_the_session_deletes_is_loaded_though_lazy_loads_are_forbidden),
        ON_A_SCHEMA(a_row_that_refers_to_what_goes_with_it_lets_go_first),
        ON_A_SCHEMA(an_object_of_two_owners_is_an_orphan_as_soon_as_one_lets_go),
        ON_A_SCHEMA(
            what_referred_to_a_row_that_is_taken_over_goes_with_the_one_that_had_it),
        ON_A_SCHEMA(what_is_taken_out_of_its_only_owner_is_deleted),
        ON_A_SCHEMA(what_gets_another_owner_is_no_orphan),
        ON_A_SCHEMA(a_new_orphan_just_leaves_the_session_and_what_it_owns_too),
        ON_A_SCHEMA(an_orphan_of_a_failed_flush_can_still_get_an_owner),
        ON_A_SCHEMA(a_rollback_brings_orphans_back),
        ON_A_SCHEMA(what_an_object_owns_is_deleted_when_it_is_replaced),
        ON_A_SCHEMA(what_passes_to_another_owner_is_not_deleted),
    };
    return run_on_each_database("cascades", tests);
}

/*
 * test-collection-order.c - collections that have an order: by members of their items, or
 * by a position that is kept.
 */
#include "own-schema.h"

typedef struct Album Album;
typedef struct Track Track;
typedef struct Genus Genus;

struct Album {
    int64_t id;
    const char *name;
    KITH_MANY(Track) tracks;
    KITH_MANY(Track) by_length;
    KITH_MANY(Genus) kinds;
};

struct Track {
    int64_t id;
    const char *title;
    int32_t place;
    KithOptInt32 seconds;
    KITH_REF(Album) album;
};

struct Genus {
    int64_t id;
    const char *name;
};

KITH_DECLARE(Album);
KITH_DECLARE(Track);
KITH_DECLARE(Genus);

KITH_MAPPING(
    Album,
    "albums",
    KITH_KEY(Album, id, .generated = true),
    KITH_COLUMN(Album, name),
    KITH_HAS_MANY(Album, tracks, Track, album, .position = KITH_BY(Track, place)),
    KITH_HAS_MANY(
        Album, by_length, Track, album, .order_by = KITH_BY(Track, seconds, title)),
    KITH_MANY_TO_MANY(Album, kinds, Genus, .order_by = KITH_BY(Genus, name)));
KITH_MAPPING(Track,
             "tracks",
             KITH_KEY(Track, id, .generated = true),
             KITH_COLUMN(Track, title),
             KITH_COLUMN(Track, place),
             KITH_COLUMN(Track, seconds),
             KITH_BELONGS_TO(Track, album, Album, .nullable = true));
KITH_MAPPING(Genus, "genera", KITH_KEY(Genus, id), KITH_COLUMN(Genus, name));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Album, Track, Genus));
}

/* Four tracks, whose keys are not in the order of their places; by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO albums (id, name) VALUES (1, 'first'), (2, 'second')");
    run_sql(fixture,
            "INSERT INTO tracks (id, title, place, seconds, album_id) VALUES "
            "(11, 'c', 3, 90, 1), (12, 'a', 1, 200, 1), (13, 'd', 4, NULL, 1), "
            "(14, 'b', 2, 90, 1), (15, 'x', 7, 50, 2)");
    run_sql(fixture, "INSERT INTO genera (id, name) VALUES (1, 'soul'), (2, 'folk')");
    run_sql(fixture,
            "INSERT INTO albums_kinds (album_id, genus_id) VALUES (1, 1), (1, 2)");
}

static const Album *
album(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Album, id);
}

static const Track *
track(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Track, id);
}

static void
check_titles(const Track *const *tracks, const char *expected, int line)
{
    g_autoptr(GString) text = g_string_new(NULL);
    kith_each (each, tracks)
        g_string_append(text, each->title);
    _assert_string_equal(text->str, expected, __FILE__, line);
}

#define assert_tracks(album, expected)                                       \
    do {                                                                     \
        g_autoptr(GError) error_ = NULL;                                     \
        check_titles(kith_many(album, tracks, &error_), expected, __LINE__); \
        assert_done(error_ == NULL, error_);                                 \
    } while (0)

#define PLACES "SELECT title, place FROM tracks WHERE album_id = 1 ORDER BY place"

static void
items_come_in_the_order_of_their_members(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *first = album(fixture, 1);
    check_titles(kith_many(first, by_length, &error), "bcad", __LINE__);
    const Genus *const *kinds = kith_many(first, kinds, &error);
    assert_string_equal(kinds[0]->name, "folk");
    assert_string_equal(kinds[1]->name, "soul");
}

static void
what_is_appended_is_where_its_members_say(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *first = album(fixture, 1);
    assert_int_equal(kith_length(kith_many(first, by_length, &error)), 4);
    const Track *e = kith_add(
        fixture->session, Track, .id = 20, .title = "e", .seconds = KITH_SOME(100));
    kith_append(first, by_length, e);
    check_titles(kith_many(first, by_length, &error), "bcead", __LINE__);
}

static void
what_is_appended_gets_the_last_place(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *first = album(fixture, 1);
    assert_tracks(first, "abcd");
    const Track *e = kith_add(fixture->session, Track, .id = 20, .title = "e");
    kith_append(first, tracks, e);
    kith_append(first, tracks, track(fixture, 15));
    assert_tracks(first, "abcdex");
    assert_int_equal(e->place, 5);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT tracks", "UPDATE tracks SET place, album_id", "COMMIT");
    assert_rows(fixture, PLACES, "a|1", "b|2", "c|3", "d|4", "e|5", "x|6");
}

static void
a_collection_that_is_not_loaded_gives_places_at_the_flush(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *first = album(fixture, 1);
    kith_append(first, tracks, kith_add(fixture->session, Track, .id = 20, .title = "e"));
    kith_append(first, tracks, kith_add(fixture->session, Track, .id = 21, .title = "f"));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "SELECT tracks WHERE album_id IN (?) ORDER BY id",
                      "BEGIN",
                      "INSERT tracks x2",
                      "COMMIT");
    assert_rows(fixture, PLACES, "a|1", "b|2", "c|3", "d|4", "e|5", "f|6");
}

static void
a_new_owner_numbers_its_items_from_one(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Album *album = kith_add(session, Album, .name = "new");
    kith_add(session, Track, .title = "a", .album.target = album);
    kith_append(album, tracks, kith_add(session, Track, .title = "b"));
    commit(session);
    assert_rows(fixture, PLACES, "a|1", "b|2");
    assert_tracks(album, "ab");
}

static void
what_is_taken_out_leaves_a_gap(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *first = album(fixture, 1);
    assert_tracks(first, "abcd");
    kith_remove(first, tracks, track(fixture, 14));
    assert_tracks(first, "acd");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE tracks SET album_id", "COMMIT");
    assert_rows(fixture, PLACES, "a|1", "c|3", "d|4");
}

static void
moving_an_item_writes_the_places_between(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *first = album(fixture, 1);
    assert_done(kith_move(first, tracks, track(fixture, 11), 0, &error), error);
    assert_tracks(first, "cabd");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE tracks SET place x3", "COMMIT");
    assert_rows(fixture, PLACES, "c|1", "a|2", "b|3", "d|4");
    assert_done(kith_move(first, tracks, track(fixture, 11), 99, &error), error);
    assert_tracks(first, "abdc");
    kith_rollback(fixture->session);
    assert_tracks(first, "cabd");
}

static void
what_is_not_in_the_collection_cannot_be_moved(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *first = album(fixture, 1);
    assert_false(kith_move(first, tracks, track(fixture, 15), 0, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Album: kith_move of what is not in tracks");
    assert_false(kith_move(first, by_length, track(fixture, 11), 0, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Album: kith_move in a member *");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(items_come_in_the_order_of_their_members),
        ON_A_SCHEMA(what_is_appended_is_where_its_members_say),
        ON_A_SCHEMA(what_is_appended_gets_the_last_place),
        ON_A_SCHEMA(a_collection_that_is_not_loaded_gives_places_at_the_flush),
        ON_A_SCHEMA(a_new_owner_numbers_its_items_from_one),
        ON_A_SCHEMA(what_is_taken_out_leaves_a_gap),
        ON_A_SCHEMA(moving_an_item_writes_the_places_between),
        ON_A_SCHEMA(what_is_not_in_the_collection_cannot_be_moved),
    };
    return run_on_each_database("order of collections", tests);
}

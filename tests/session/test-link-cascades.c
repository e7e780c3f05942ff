/*
 * test-link-cascades.c - what is deleted with its owner, or when it is taken out, where
 * a link table says who the owner is.
 */
#include "own-schema.h"

typedef struct Album Album;
typedef struct Track Track;
typedef struct Take Take;
typedef struct Remark Remark;
typedef struct Trip Trip;
typedef struct Place Place;

/* A track belongs to one album. Its takes go in the database, its remarks in the session.
 */
struct Album {
    int64_t id;
    const char *title;
    KITH_MANY(Track) tracks;
};

struct Track {
    int64_t id;
    const char *name;
    KITH_MANY(Album) albums;
};

struct Take {
    int64_t id;
    KITH_REF(Track) track;
};

struct Remark {
    int64_t id;
    KITH_REF(Track) track;
};

/* A place can be in several trips, and goes with the first that is deleted. */
struct Trip {
    int64_t id;
    const char *name;
    KITH_MANY(Place) places;
};

struct Place {
    int64_t id;
    const char *name;
};

/* Stages lead to others, with keys of two members, and in circles. */
typedef struct Stage Stage;
struct Stage {
    int64_t race;
    int64_t number;
    KITH_MANY(Stage) next;
};

KITH_DECLARE(Stage);
KITH_DECLARE(Album);
KITH_DECLARE(Track);
KITH_DECLARE(Take);
KITH_DECLARE(Remark);
KITH_DECLARE(Trip);
KITH_DECLARE(Place);

KITH_MAPPING(Album,
             "albums",
             KITH_KEY(Album, id, .generated = true),
             KITH_COLUMN(Album, title, .unique = true),
             KITH_MANY_TO_MANY(Album,
                               tracks,
                               Track,
                               .on_delete = KITH_CASCADE,
                               .delete_orphans = true));
KITH_MAPPING(Track,
             "tracks",
             KITH_KEY(Track, id, .generated = true),
             KITH_COLUMN(Track, name),
             KITH_MANY_TO_MANY_BACK(Track, albums, Album, tracks));
KITH_MAPPING(Take,
             "takes",
             KITH_KEY(Take, id),
             KITH_BELONGS_TO(Take, track, Track, .on_delete = KITH_CASCADE));
KITH_MAPPING(
    Remark,
    "remarks",
    KITH_KEY(Remark, id),
    KITH_BELONGS_TO(Remark, track, Track, .on_delete = KITH_CASCADE, .in_session = true));
KITH_MAPPING(Trip,
             "trips",
             KITH_KEY(Trip, id),
             KITH_COLUMN(Trip, name),
             KITH_MANY_TO_MANY(Trip, places, Place, .on_delete = KITH_CASCADE));
KITH_MAPPING(Place, "places", KITH_KEY(Place, id), KITH_COLUMN(Place, name));

KITH_MAPPING(Stage,
             "stages",
             KITH_KEY(Stage, race),
             KITH_KEY(Stage, number),
             KITH_MANY_TO_MANY(Stage,
                               next,
                               Stage,
                               .column = "from",
                               .target_column = "to",
                               .on_delete = KITH_CASCADE,
                               .delete_orphans = true));

static int
set_up(void **state)
{
    return set_up_with(state,
                       KITH_MAPPINGS(Album, Track, Take, Remark, Trip, Place, Stage));
}

/* One: Air, Bell; Two: Coda. Alps: Arlberg, Brenner; Balkans: Brenner. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO albums (id, title) VALUES (1, 'One'), (2, 'Two')");
    run_sql(fixture,
            "INSERT INTO tracks (id, name) VALUES (1, 'Air'), (2, 'Bell'), (3, 'Coda')");
    run_sql(
        fixture,
        "INSERT INTO albums_tracks (album_id, track_id) VALUES (1, 1), (1, 2), (2, 3)");
    run_sql(fixture, "INSERT INTO takes (id, track_id) VALUES (1, 1), (2, 3)");
    run_sql(fixture, "INSERT INTO remarks (id, track_id) VALUES (1, 2), (2, 3)");
    run_sql(fixture, "INSERT INTO trips (id, name) VALUES (1, 'Alps'), (2, 'Balkans')");
    run_sql(fixture,
            "INSERT INTO places (id, name) VALUES (1, 'Arlberg'), (2, 'Brenner')");
    run_sql(fixture,
            "INSERT INTO trips_places (trip_id, place_id) VALUES (1, 1), (1, 2), (2, 2)");
    if (!is_sqlite(fixture)) {
        run_sql(fixture, "ALTER TABLE tracks ALTER id RESTART WITH 4");
        run_sql(fixture, "ALTER TABLE albums ALTER id RESTART WITH 3");
    }
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

/* --- with the owner ---------------------------------------------------------------- */

static void
links_go_first_then_the_targets_and_what_depends_on_them(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *one = album(fixture, 1);
    const Take *take = find(fixture->session, Take, 1);
    forget_statements(fixture);
    kith_delete(one);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT albums_tracks WHERE album_id IN (?) ORDER BY album_id, track_id",
        "SELECT tracks WHERE id IN (?) ORDER BY id",
        "SELECT albums_tracks WHERE track_id IN (?) ORDER BY album_id, track_id",
        "SELECT remarks WHERE track_id IN (?) ORDER BY id",
        "DELETE albums_tracks x2",
        "DELETE remarks",
        "DELETE tracks x2",
        "DELETE albums",
        "COMMIT");
    assert_int_equal(kith_state(take), KITH_DETACHED);
    assert_rows(fixture, "SELECT name FROM tracks", "Coda");
    assert_rows(fixture, "SELECT album_id, track_id FROM albums_tracks", "2|3");
    assert_rows(fixture, "SELECT id FROM takes", "2");
    assert_rows(fixture, "SELECT id FROM remarks", "2");
}

static void
a_target_that_several_own_goes_with_the_first_of_them(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Trip *alps = find(session, Trip, 1), *balkans = find(session, Trip, 2);
    assert_int_equal(kith_length(kith_many(balkans, places, &error)), 1);
    forget_statements(fixture);
    kith_delete(alps);
    commit(session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT trips_places WHERE trip_id IN (?) ORDER BY trip_id, place_id",
        "SELECT places WHERE id IN (?) ORDER BY id",
        "DELETE trips_places x2",
        "DELETE places x2",
        "DELETE trips",
        "COMMIT");
    assert_rows(fixture, "SELECT count(*) FROM places", "0");
    assert_rows(fixture, "SELECT count(*) FROM trips_places", "0");
    assert_int_equal(kith_length(kith_many(balkans, places, &error)), 0);
}

static void
what_was_taken_out_or_given_away_before_stays(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Trip *alps = find(session, Trip, 1), *balkans = find(session, Trip, 2);
    const Place *arlberg = find(session, Place, 1), *brenner = find(session, Place, 2);
    kith_remove(balkans, places, brenner);
    kith_append(balkans, places, arlberg);
    kith_remove(alps, places, brenner);
    kith_delete(alps);
    commit(session);
    assert_rows(fixture, "SELECT name FROM places ORDER BY 1", "Arlberg", "Brenner");
    assert_rows(fixture, "SELECT trip_id, place_id FROM trips_places", "2|1");
}

static void
taking_out_deletes_nothing_without_delete_orphans(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    kith_remove(find(session, Trip, 1), places, find(session, Place, 1));
    forget_statements(fixture);
    commit(session);
    assert_statements(fixture, "BEGIN", "DELETE trips_places", "COMMIT");
    assert_rows(fixture, "SELECT count(*) FROM places", "2");
}

static void
the_owner_stays_when_a_target_is_deleted(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(track(fixture, 3));
    commit(fixture->session);
    assert_rows(fixture, "SELECT title FROM albums ORDER BY 1", "One", "Two");
    assert_rows(fixture, "SELECT count(*) FROM albums_tracks", "2");
}

static void
what_is_new_goes_with_its_owner(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    fill(fixture);
    const Trip *alps = find(session, Trip, 1);
    const Album *album = kith_add(session, Album, .title = "Three");
    const Track *track = kith_add(session, Track, .name = "Duo");
    const Place *place = kith_add(session, Place, .id = 3, .name = "Cols");
    kith_append(album, tracks, track);
    kith_append(alps, places, place);
    kith_delete(album);
    kith_delete(alps);
    commit(session);
    assert_int_equal(kith_state(track), KITH_DETACHED);
    assert_int_equal(kith_state(place), KITH_DETACHED);
    assert_rows(fixture, "SELECT count(*) FROM tracks", "3");
    assert_rows(fixture, "SELECT count(*) FROM places", "0");
}

static void
a_circle_is_deleted_as_a_whole(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Stage *stages[4];
    for (int i = 0; i < 4; i++)
        stages[i] = kith_add(session, Stage, .race = 7, .number = i);
    for (int i = 0; i < 3; i++)
        kith_append(stages[i], next, stages[(i + 1) % 3]);
    commit(session);
    kith_delete(stages[1]);
    commit(session);
    assert_rows(fixture, "SELECT race, number FROM stages", "7|3");
    assert_no_rows(fixture, "SELECT * FROM stages_next");
}

/* --- orphans ----------------------------------------------------------------------- */

static void
what_is_taken_out_of_its_only_owner_is_deleted(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *one = album(fixture, 1);
    const Track *bell = track(fixture, 2);
    forget_statements(fixture);
    kith_remove(one, tracks, bell);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT albums_tracks WHERE track_id IN (?) ORDER BY album_id, track_id",
        "SELECT remarks WHERE track_id IN (?) ORDER BY id",
        "DELETE albums_tracks",
        "DELETE remarks",
        "DELETE tracks",
        "COMMIT");
    assert_int_equal(kith_state(bell), KITH_DETACHED);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Air", "Coda");
    assert_rows(fixture, "SELECT id FROM remarks", "2");
}

static void
what_is_taken_out_from_its_own_side_is_deleted_too(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Track *bell = track(fixture, 2);
    kith_remove(bell, albums, album(fixture, 1));
    commit(fixture->session);
    assert_int_equal(kith_state(bell), KITH_DETACHED);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Air", "Coda");
    assert_rows(fixture, "SELECT count(*) FROM albums", "2");
}

static void
what_passes_to_another_owner_is_no_orphan(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *air = track(fixture, 1), *bell = track(fixture, 2);
    forget_statements(fixture);
    kith_append(two, tracks, air);
    kith_remove(one, tracks, air);
    kith_remove(one, tracks, bell);
    kith_append(two, tracks, bell);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE albums_tracks x2", "INSERT albums_tracks x2", "COMMIT");
    kith_append(one, tracks, air);
    kith_delete(two);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM tracks", "Air");
    assert_rows(fixture, "SELECT album_id, track_id FROM albums_tracks", "1|1");
}

/* Somebody else gave it a second owner, which the session has not read. */
static void
what_is_in_another_collection_in_the_database_is_no_orphan(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture, "INSERT INTO albums_tracks (album_id, track_id) VALUES (2, 2)");
    kith_remove(album(fixture, 1), tracks, track(fixture, 2));
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Air", "Bell", "Coda");
    kith_delete(album(fixture, 1));
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Bell", "Coda");
}

static void
a_new_orphan_just_leaves_the_session(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *lost = kith_add(fixture->session, Track, .name = "lost");
    const Track *kept = kith_add(fixture->session, Track, .name = "kept");
    kith_append(one, tracks, lost);
    kith_append(one, tracks, kept);
    kith_remove(one, tracks, lost);
    kith_append(two, tracks, kept);
    kith_remove(one, tracks, kept);
    kith_add(fixture->session, Track, .name = "never in one");
    commit(fixture->session);
    assert_int_equal(kith_state(lost), KITH_DETACHED);
    assert_rows(fixture,
                "SELECT name FROM tracks WHERE id > 3 ORDER BY 1",
                "kept",
                "never in one");
}

/* Nothing is sent for a plan, and the loading is left to the flush. */
static void
a_plan_sends_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_remove(album(fixture, 1), tracks, track(fixture, 2));
    kith_delete(album(fixture, 2));
    forget_statements(fixture);
    g_autofree char *plan = kith_plan(fixture->session, &error);
    assert_done(plan != NULL, error);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM tracks", "Air");
}

/* --- a second owner ---------------------------------------------------------------- */

static void
a_second_owner_is_refused_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *duo = kith_add(fixture->session, Track, .name = "Duo");
    kith_append(one, tracks, duo);
    kith_append(two, tracks, duo);
    forget_statements(fixture);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Album 2: tracks: Track (new) belongs to another Album; with "
                 "'.delete_orphans' it can have one owner");
    assert_no_statements(fixture);
    kith_remove(one, tracks, duo);
    commit(fixture->session);
    assert_rows(fixture, "SELECT album_id FROM albums_tracks WHERE track_id > 3", "2");
}

static void
a_second_owner_of_what_was_loaded_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *bell = track(fixture, 2);
    assert_int_equal(kith_length(kith_many(one, tracks, &error)), 2);
    kith_append(bell, albums, two);
    forget_statements(fixture);
    assert_false(kith_flush(fixture->session, &error));
    assert_error(
        error, KITH_ERROR_MISUSE, "Album 2: tracks: Track 2 belongs to another Album;*");
    assert_no_statements(fixture);
    g_clear_error(&error);
    kith_delete(one); /* then it is the only one */
    commit(fixture->session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Bell", "Coda");
    assert_rows(
        fixture, "SELECT album_id, track_id FROM albums_tracks ORDER BY 2", "2|2", "2|3");
}

/* --- undoing ----------------------------------------------------------------------- */

static void
a_rollback_brings_back_what_went(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *air = track(fixture, 1), *coda = track(fixture, 3);
    const Take *take = find(session, Take, 1);
    kith_delete(one);
    kith_remove(two, tracks, coda);
    flush(session);
    assert_int_equal(kith_state(air), KITH_DELETED);
    assert_int_equal(kith_state(coda), KITH_DELETED);
    kith_rollback(session);
    assert_int_equal(kith_state(air), KITH_PERSISTENT);
    assert_int_equal(kith_state(coda), KITH_PERSISTENT);
    assert_int_equal(kith_state(take), KITH_PERSISTENT);
    assert_int_equal(kith_length(kith_many(one, tracks, &error)), 2);
    assert_int_equal(kith_length(kith_many(two, tracks, &error)), 1);
    assert_false(kith_has_changes(session));
    commit(session);
    assert_rows(fixture, "SELECT count(*) FROM tracks", "3");
    kith_remove(two, tracks, coda);
    commit(session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Air", "Bell");
}

static void
a_savepoint_brings_back_what_went_since(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *air = track(fixture, 1), *coda = track(fixture, 3);
    kith_remove(one, tracks, air);
    assert_done(kith_savepoint(session, &error), error);
    kith_delete(two);
    flush(session);
    assert_int_equal(kith_state(coda), KITH_DELETED);
    assert_done(kith_savepoint_rollback(session, &error), error);
    assert_int_equal(kith_state(coda), KITH_PERSISTENT);
    assert_int_equal(kith_state(air), KITH_DELETED);
    assert_int_equal(kith_length(kith_many(two, tracks, &error)), 1);
    commit(session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Bell", "Coda");
}

static void
an_orphan_of_a_failed_flush_can_still_get_an_owner(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *air = track(fixture, 1), *bell = track(fixture, 2);
    kith_remove(one, tracks, air);
    kith_remove(one, tracks, bell);
    const Album *again = kith_add(session, Album, .title = "Two");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Album*");
    assert_rows(fixture, "SELECT count(*) FROM tracks", "3");
    kith_append(two, tracks, air);
    kith_append(one, tracks, bell);
    kith_delete(again);
    commit(session);
    assert_int_equal(kith_state(air), KITH_PERSISTENT);
    assert_rows(fixture,
                "SELECT album_id, track_id FROM albums_tracks ORDER BY 2",
                "2|1",
                "1|2",
                "2|3");
    kith_set(air, name, "Aria");
    commit(session);
    assert_rows(fixture, "SELECT name FROM tracks WHERE id = 1", "Aria");
}

static void
an_orphan_that_got_and_lost_an_owner_after_a_failure_goes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Album *one = album(fixture, 1), *two = album(fixture, 2);
    const Track *air = track(fixture, 1);
    kith_remove(one, tracks, air);
    const Album *again = kith_add(session, Album, .title = "Two");
    assert_false(kith_commit(session, &error));
    kith_append(two, tracks, air);
    kith_remove(two, tracks, air);
    kith_delete(again);
    commit(session);
    assert_rows(fixture, "SELECT name FROM tracks ORDER BY 1", "Bell", "Coda");
}

static void
a_failed_flush_is_done_again_with_all_that_goes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    kith_delete(album(fixture, 1));
    kith_delete(find(session, Trip, 1));
    const Album *again = kith_add(session, Album, .title = "Two");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Album*");
    assert_rows(fixture, "SELECT count(*) FROM tracks", "3");
    kith_delete(again);
    commit(session);
    assert_rows(fixture, "SELECT name FROM tracks", "Coda");
    assert_rows(fixture, "SELECT count(*) FROM places", "0");
    assert_rows(fixture, "SELECT album_id, track_id FROM albums_tracks", "2|3");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(links_go_first_then_the_targets_and_what_depends_on_them),
        ON_A_SCHEMA(a_target_that_several_own_goes_with_the_first_of_them),
        ON_A_SCHEMA(what_was_taken_out_or_given_away_before_stays),
        ON_A_SCHEMA(taking_out_deletes_nothing_without_delete_orphans),
        ON_A_SCHEMA(the_owner_stays_when_a_target_is_deleted),
        ON_A_SCHEMA(what_is_new_goes_with_its_owner),
        ON_A_SCHEMA(a_circle_is_deleted_as_a_whole),
        ON_A_SCHEMA(what_is_taken_out_of_its_only_owner_is_deleted),
        ON_A_SCHEMA(what_is_taken_out_from_its_own_side_is_deleted_too),
        ON_A_SCHEMA(what_passes_to_another_owner_is_no_orphan),
        ON_A_SCHEMA(what_is_in_another_collection_in_the_database_is_no_orphan),
        ON_A_SCHEMA(a_new_orphan_just_leaves_the_session),
        ON_A_SCHEMA(a_plan_sends_nothing),
        ON_A_SCHEMA(a_second_owner_is_refused_before_anything_is_sent),
        ON_A_SCHEMA(a_second_owner_of_what_was_loaded_is_refused),
        ON_A_SCHEMA(a_rollback_brings_back_what_went),
        ON_A_SCHEMA(a_savepoint_brings_back_what_went_since),
        ON_A_SCHEMA(an_orphan_of_a_failed_flush_can_still_get_an_owner),
        ON_A_SCHEMA(an_orphan_that_got_and_lost_an_owner_after_a_failure_goes),
        ON_A_SCHEMA(a_failed_flush_is_done_again_with_all_that_goes),
    };
    return run_on_each_database("link cascades", tests);
}

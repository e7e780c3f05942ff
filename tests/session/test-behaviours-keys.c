/*
 * test-behaviours-keys.c - delete and add of one key, and keys that change, case by case.
 */
#include "own-schema.h"

typedef struct Country Country;
typedef struct City City;
typedef struct Street Street;
typedef struct Flag Flag;
typedef struct Part Part;
typedef struct Room Room;
typedef struct Embassy Embassy;
typedef struct Tour Tour;
typedef struct Song Song;
typedef struct Fjord Fjord;

/* A key that can change, and be followed in four ways. */
struct Country {
    const char *code;
    const char *name;
    const char *domain; /* unique */
};

/* The database follows. */
struct City {
    int64_t id;
    const char *name;
    KITH_REF(Country) country;
    int32_t version;
};

/* Checked at the end: the session follows. */
struct Street {
    int64_t id;
    KITH_REF(Country) country;
};

/* A plain column that means a unique text. */
struct Flag {
    int64_t id;
    const char *domain;
};

/* The foreign key is a part of the key. */
struct Room {
    const char *country_code;
    int32_t number;
};

/* Nobody follows. */
struct Embassy {
    int64_t id;
    const char *name;
    KITH_REF(Country) country;
};

/* Nobody follows, but it can be NULL for a moment. */
struct Tour {
    int64_t id;
    KITH_REF(Country) country;
    int32_t version;
};

/* The database empties it. */
struct Song {
    int64_t id;
    KITH_REF(Country) country;
};

/* The database takes it along, wherever that goes. */
struct Fjord {
    int64_t id;
    KITH_REF(Country) country;
};

/* Refers to itself by a key that can change. */
struct Part {
    const char *code;
    KITH_REF(Part) whole;
};

KITH_DECLARE(Country);
KITH_DECLARE(City);
KITH_DECLARE(Street);
KITH_DECLARE(Flag);
KITH_DECLARE(Part);
KITH_DECLARE(Room);
KITH_DECLARE(Embassy);
KITH_DECLARE(Tour);
KITH_DECLARE(Song);
KITH_DECLARE(Fjord);

KITH_MAPPING(Country,
             "countries",
             KITH_KEY(Country, code),
             KITH_COLUMN(Country, name),
             KITH_COLUMN(Country, domain, .unique = true));
KITH_MAPPING(City,
             "cities",
             KITH_KEY(City, id, .generated = true),
             KITH_COLUMN(City, name),
             KITH_BELONGS_TO(City, country, Country, .on_update = KITH_CASCADE),
             KITH_VERSION(City, version));
KITH_MAPPING(Street,
             "streets",
             KITH_KEY(Street, id, .generated = true),
             KITH_BELONGS_TO(Street, country, Country, .deferrable = true));
KITH_MAPPING(Flag,
             "flags",
             KITH_KEY(Flag, id, .generated = true),
             KITH_COLUMN(Flag,
                         domain,
                         .references = KITH_REFERENCES(Country,
                                                       domain,
                                                       .on_update = KITH_CASCADE)));
KITH_MAPPING(
    Room,
    "rooms",
    KITH_KEY(Room,
             country_code,
             .references = KITH_REFERENCES(Country, code, .on_update = KITH_CASCADE)),
    KITH_KEY(Room, number));
KITH_MAPPING(Embassy,
             "embassies",
             KITH_KEY(Embassy, id),
             KITH_COLUMN(Embassy, name),
             KITH_BELONGS_TO(Embassy, country, Country));
KITH_MAPPING(Tour,
             "tours",
             KITH_KEY(Tour, id),
             KITH_BELONGS_TO(Tour, country, Country, .nullable = true),
             KITH_VERSION(Tour, version));
KITH_MAPPING(Song,
             "songs",
             KITH_KEY(Song, id),
             KITH_BELONGS_TO(
                 Song, country, Country, .nullable = true, .on_update = KITH_SET_NULL));
KITH_MAPPING(Fjord,
             "fjords",
             KITH_KEY(Fjord, id),
             KITH_BELONGS_TO(Fjord,
                             country,
                             Country,
                             .on_update = KITH_CASCADE,
                             .on_delete = KITH_CASCADE));
KITH_MAPPING(
    Part,
    "parts",
    KITH_KEY(Part, code),
    KITH_BELONGS_TO(Part, whole, Part, .nullable = true, .on_update = KITH_CASCADE));

static int
set_up(void **state)
{
    return set_up_with(
        state,
        KITH_MAPPINGS(Country, City, Street, Flag, Room, Part, Embassy, Tour, Song, Fjord));
}

static const Country *
add_country(Fixture *fixture)
{
    return kith_add(
        fixture->session, Country, .code = "no", .name = "Norway", .domain = ".no");
}

/* --- delete and add of one key ----------------------------------------------------- */

static void
delete_and_add_of_one_key_is_an_update_of_what_differs(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    const Author *old = kith_add(session, Author, .name = "Ann", .born = KITH_SOME(1966));
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = old);
    commit(session);
    forget_statements(fixture);
    kith_delete(old);
    kith_delete(book);
    const Author *new =
        kith_add(session, Author, .id = 1, .name = "Anna", .born = KITH_SOME(1966));
    kith_add(session, Book, .title = "Sword", .author.target = new);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT books",
                      "UPDATE authors SET name",
                      "DELETE books",
                      "COMMIT");
    assert_rows(fixture, "SELECT id, name, born FROM authors", "1|Anna|1966");
    assert_rows(fixture, "SELECT title FROM books", "Sword");
    assert_int_equal(kith_state(old), KITH_DETACHED);
    assert_ptr_equal(find(session, Author, 1), new);
    assert_int_equal(kith_length(kith_many(new, books, &error)), 1);
}

static void
a_row_that_is_replaced_by_an_equal_one_is_not_written(void **state)
{
    Fixture *fixture = *state;
    const Author *old = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    forget_statements(fixture);
    kith_delete(old);
    const Author *new = kith_add(fixture->session, Author, .id = 1, .name = "Ann");
    commit(fixture->session);
    assert_no_statements(fixture);
    assert_int_equal(kith_state(old), KITH_DETACHED);
    assert_int_equal(kith_state(new), KITH_PERSISTENT);
    assert_ptr_equal(find(fixture->session, Author, 1), new);
}

static void
a_key_that_changes_does_not_touch_an_equal_replacement_that_refers_to_nothing(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *country =
        kith_add(session, Country, .code = "dk", .name = "Denmark", .domain = "dk");
    const Tour *old = kith_add(session, Tour, .country.target = NULL);
    commit(session);
    forget_statements(fixture);
    kith_set(country, code, "dnk");
    kith_delete(old);
    const Tour *new = kith_add(session, Tour, .id = old->id);
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code", "COMMIT");
    assert_int_equal(new->version, 1);
    assert_rows(fixture, "SELECT country_code, version FROM tours", "NULL|1");
}

static void
what_the_replacement_leaves_empty_becomes_null(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Author *ann = kith_add(session, Author, .name = "Ann", .born = KITH_SOME(1966));
    const Book *book = kith_add(session,
                                Book,
                                .title = "Justice",
                                .author.target = ann,
                                .translator.target = ann);
    commit(session);
    forget_statements(fixture);
    kith_delete(ann);
    kith_delete(book);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Ann");
    kith_add(session, Book, .id = 1, .title = "Justice", .author.target = new);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE authors SET born",
                      "UPDATE books SET version, translator_id",
                      "COMMIT");
    assert_rows(fixture, "SELECT born FROM authors", "NULL");
    assert_rows(fixture, "SELECT author_id, translator_id FROM books", "1|NULL");
}

static void
what_refers_to_a_row_that_is_replaced_stays(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Author *old = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = old);
    commit(session);
    kith_delete(old);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Anna");
    kith_set(book, author, new);
    commit(session);
    assert_ptr_equal(kith_ref(book, author, &error), new);
    assert_rows(fixture, "SELECT author_id FROM books", "1");
    assert_false(kith_has_changes(session));
}

static void
the_collection_of_a_replacement_has_what_was_given_to_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Author *old = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = old);
    commit(session);
    kith_delete(old);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Anna");
    kith_set(book, author, new);
    const Book *const *books = kith_many(new, books, &error);
    assert_int_equal(kith_length(books), 1);
    assert_ptr_equal(books[0], book);
}

static void
after_a_failure_references_mean_the_row_that_was_to_be_replaced(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Author *old = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = old);
    commit(session);
    kith_delete(old);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Anna");
    flush(session);
    assert_ptr_equal(book->author.target, new);
    kith_add(session, Author, .name = "Anna"); /* is taken */
    assert_false(kith_commit(session, &error));
    assert_int_equal(kith_state(new), KITH_PENDING);
    assert_ptr_equal(book->author.target, old);
    kith_delete(new);
    kith_rollback(session);
    assert_int_equal(kith_state(old), KITH_PERSISTENT);
    assert_ptr_equal(book->author.target, old);
}

static void
a_reference_to_what_was_taken_back_means_who_has_its_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Author *old = kith_add(session, Author, .name = "Ann");
    const Book *book = kith_add(session, Book, .title = "Justice", .author.target = old);
    commit(session);
    kith_delete(old);
    const Author *none = kith_add(session, Author, .id = 1, .name = "nobody");
    kith_set(book, author, none);
    kith_delete(none);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Anna");
    commit(session);
    assert_ptr_equal(kith_ref(book, author, &error), new);
    assert_rows(fixture, "SELECT author_id FROM books", "1");
}

static void
what_goes_with_a_row_does_not_go_with_its_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Country *sweden =
        kith_add(session, Country, .code = "se", .name = "Sweden", .domain = ".se");
    const Fjord *sogn = kith_add(session, Fjord, .id = 1, .country.target = norway);
    const Fjord *oslo = kith_add(session, Fjord, .id = 2, .country.target = sweden);
    commit(session);
    kith_delete(norway);
    kith_set(sweden, code, "no");
    commit(session);
    assert_int_equal(kith_state(sogn), KITH_DETACHED);
    assert_int_equal(kith_state(oslo), KITH_PERSISTENT);
    assert_ptr_equal(kith_ref(oslo, country, &error), sweden);
    assert_rows(fixture, "SELECT id, country_code FROM fjords", "2|no");
}

static void
a_replacement_is_undone_by_a_rollback(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Author *old = kith_add(session, Author, .name = "Ann");
    commit(session);
    kith_delete(old);
    const Author *new = kith_add(session, Author, .id = 1, .name = "Anna");
    flush(session);
    kith_rollback(session);
    assert_int_equal(kith_state(old), KITH_PERSISTENT);
    assert_int_equal(kith_state(new), KITH_DETACHED);
    assert_ptr_equal(find(session, Author, 1), old);
    assert_string_equal(old->name, "Ann");
}

static void
a_key_that_was_changed_and_then_deleted_is_deleted_by_the_old_one(void **state)
{
    Fixture *fixture = *state;
    const Country *norway = add_country(fixture);
    commit(fixture->session);
    kith_set(norway, code, "nn");
    kith_delete(norway);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE countries", "COMMIT");
    assert_no_rows(fixture, "SELECT code FROM countries");
    assert_string_equal(norway->code, "nn");
}

/* --- a key that changes ------------------------------------------------------------ */

static void
where_the_database_follows_one_update_is_enough(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const City *oslo = kith_add(session, City, .name = "Oslo", .country.target = norway);
    const City *moss = kith_add(session, City, .name = "Moss", .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code", "COMMIT");
    assert_rows(fixture, "SELECT country_code FROM cities", "nn", "nn");
    assert_ptr_equal(kith_ref(oslo, country, &error), norway);
    assert_false(kith_has_changes(session));
    commit(session);
    assert_no_statements(fixture);
    kith_set(moss, name, "Moss!");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE cities SET name, version", "COMMIT");
    assert_ptr_equal(find(session, Country, "nn"), norway);
}

static void
where_the_database_follows_references_that_were_not_loaded_follow_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    kith_add(
        fixture->session, City, .name = "Oslo", .country.target = add_country(fixture));
    commit(fixture->session);
    KithSession *session = new_session(fixture);
    const City *oslo = find(session, City, 1);
    const Country *norway = find(session, Country, "no");
    kith_set(norway, code, "nn");
    commit(session);
    forget_statements(fixture);
    assert_ptr_equal(kith_ref(oslo, country, &error), norway);
    assert_no_statements(fixture);
    kith_set(oslo, name, "Oslo!");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE cities SET name, version", "COMMIT");
}

static void
where_the_database_follows_an_object_that_is_watched_is_not_written(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const City *oslo = kith_add(session, City, .name = "Oslo", .country.target = norway);
    commit(session);
    forget_statements(fixture);
    (void) kith_edit(oslo);
    kith_set(norway, code, "nn");
    assert_non_null(find(session, City, 1));
    g_autoptr(CityQuery) query = kith_query(session, City);
    g_autoptr(GError) error = NULL;
    assert_non_null(kith_first(query, &error)); /* no city has changes: no flush */
    assert_statements(fixture, "SELECT cities LIMIT ?");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code", "COMMIT");
    assert_int_equal(oslo->version, 1);
    assert_false(kith_has_changes(session));
}

static void
references_that_followed_are_back_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const City *oslo = kith_add(session, City, .name = "Oslo", .country.target = norway);
    commit(session);
    kith_set(norway, code, "nn");
    flush(session);
    kith_set(oslo, name, "Oslo!");
    flush(session);
    kith_rollback(session);
    assert_string_equal(norway->code, "no");
    assert_ptr_equal(find(session, Country, "no"), norway);
    assert_ptr_equal(kith_ref(oslo, country, &error), norway);
    assert_false(kith_has_changes(session));
    kith_set(oslo, name, "Kristiania");
    commit(session);
    assert_rows(fixture, "SELECT name, country_code FROM cities", "Kristiania|no");
}

static void
where_the_key_is_checked_at_the_end_the_session_follows(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    kith_add(session, Street, .country.target = norway);
    kith_add(session, Street, .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE countries SET code",
                      "UPDATE streets SET country_code x2",
                      "COMMIT");
    assert_rows(fixture, "SELECT country_code FROM streets", "nn", "nn");
    commit(session);
    assert_no_statements(fixture);
}

static void
where_the_database_follows_other_changes_are_written_all_the_same(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const City *oslo = kith_add(session, City, .name = "Oslo", .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    kith_set(oslo, name, "Kristiania");
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE countries SET code",
                      "UPDATE cities SET name, version",
                      "COMMIT");
    assert_rows(fixture, "SELECT name, country_code FROM cities", "Kristiania|nn");
    assert_false(kith_has_changes(session));
}

/* Norway, with a tour and two streets, committed. */
static const Country *
add_followed(Fixture *fixture, const Tour **ret_tour)
{
    const Country *norway = add_country(fixture);
    *ret_tour = kith_add(fixture->session, Tour, .id = 1, .country.target = norway);
    kith_add(fixture->session, Street, .country.target = norway);
    kith_add(fixture->session, Street, .country.target = norway);
    commit(fixture->session);
    forget_statements(fixture);
    return norway;
}

static void
a_reference_that_can_be_null_is_null_while_the_key_changes(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Tour *tour;
    const Country *norway = add_followed(fixture, &tour);
    kith_set(norway, code, "nn");
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "UPDATE tours SET country_code",
                      "UPDATE countries SET code",
                      "UPDATE tours SET country_code",
                      "UPDATE streets SET country_code x2",
                      "COMMIT");
    assert_rows(fixture, "SELECT country_code, version FROM tours", "nn|1");
    assert_rows(fixture, "SELECT country_code FROM streets", "nn", "nn");
    assert_ptr_equal(kith_ref(tour, country, &error), norway);
    assert_false(kith_has_changes(fixture->session));
    kith_set_null(tour, country);
    commit(fixture->session);
    assert_rows(fixture, "SELECT country_code, version FROM tours", "NULL|2");
}

static void
what_the_session_follows_is_taken_back_by_a_failure(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Tour *tour;
    const Country *norway = add_followed(fixture, &tour);
    const Country *sweden =
        kith_add(fixture->session, Country, .code = "se", .name = "S", .domain = ".no");
    (void) kith_edit(tour);
    kith_set(norway, code, "nn");
    assert_false(kith_commit(fixture->session, &error));
    g_clear_error(&error);
    kith_set(norway, code, "no");
    kith_set(sweden, domain, ".se");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT countries", "COMMIT");
    assert_rows(fixture, "SELECT country_code, version FROM tours", "no|1");
}

static void
what_the_session_followed_is_back_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Tour *tour;
    const Country *norway = add_followed(fixture, &tour);
    const Street *street = find(fixture->session, Street, 1);
    kith_set(norway, code, "nn");
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_string_equal(norway->code, "no");
    assert_ptr_equal(kith_ref(tour, country, &error), norway);
    assert_ptr_equal(kith_ref(street, country, &error), norway);
    forget_statements(fixture);
    kith_set(norway, name, "Noreg");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET name", "COMMIT");
    kith_set(norway, code, "nn");
    commit(fixture->session);
    assert_rows(fixture, "SELECT country_code, version FROM tours", "nn|1");
}

static void
a_watched_row_follows_by_its_own_update(void **state)
{
    Fixture *fixture = *state;
    kith_add(fixture->session, Tour, .id = 1, .country.target = add_country(fixture));
    commit(fixture->session);
    KithSession *session = new_session(fixture);
    const Tour *tour = find(session, Tour, 1); /* knows the key alone, not the object */
    const Country *norway = find(session, Country, "no");
    kith_touch(tour);
    kith_set(norway, code, "nn");
    commit(session);
    assert_rows(fixture, "SELECT country_code, version FROM tours", "nn|2");
    assert_int_equal(tour->version, 2);
    assert_false(kith_has_changes(session));
}

static void
a_reference_moves_to_the_object_that_takes_the_key_it_had(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Country *sweden =
        kith_add(session, Country, .code = "se", .name = "Sweden", .domain = ".se");
    const City *oslo = kith_add(session, City, .name = "Oslo", .country.target = norway);
    const City *moss = kith_add(session, City, .name = "Moss", .country.target = norway);
    commit(session);
    kith_set(norway, code, "se");
    kith_set(sweden, code, "no");
    kith_set(oslo, country, sweden); /* which is going to have the key that it has now */
    kith_set(moss, name, "Mosse");
    commit(session);
    assert_rows(fixture,
                "SELECT name, country_code FROM cities ORDER BY id",
                "Oslo|no",
                "Mosse|se");
    assert_string_equal(moss->country.link.key.text, "se");
    assert_ptr_equal(kith_ref(oslo, country, &error), sweden);
    assert_ptr_equal(kith_ref(moss, country, &error), norway);
    assert_false(kith_has_changes(session));
    assert_done(kith_refresh(oslo, &error), error);
    assert_ptr_equal(kith_ref(oslo, country, &error), sweden);
}

static void
where_the_key_is_emptied_with_it_the_object_is_too(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Song *song = kith_add(session, Song, .id = 1, .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    flush(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code");
    assert_null(kith_ref(song, country, &error));
    kith_rollback(session);
    assert_ptr_equal(kith_ref(song, country, &error), norway);
    kith_set(norway, code, "nn");
    (void) kith_edit(song);
    commit(session);
    assert_null(kith_ref(song, country, &error));
    assert_rows(fixture, "SELECT country_code FROM songs", "NULL");
    assert_false(kith_has_changes(session));
}

static void
a_new_row_refers_to_the_key_that_is_changed_in_the_same_flush(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    kith_add(session, City, .name = "Oslo", .country.target = norway);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "UPDATE countries SET code", "INSERT cities", "COMMIT");
    assert_rows(fixture, "SELECT country_code FROM cities", "nn");
}

static void
a_column_that_means_a_unique_text_follows(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Flag *flag = kith_add(session, Flag, .domain = ".no");
    commit(session);
    forget_statements(fixture);
    kith_set(norway, domain, ".nn");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET domain", "COMMIT");
    assert_rows(fixture, "SELECT domain FROM flags", ".nn");
    assert_string_equal(flag->domain, ".nn");
    assert_false(kith_has_changes(session));
}

static void
a_key_that_is_a_foreign_key_too_follows_and_is_found_by_the_new_one(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Room *room = kith_add(session, Room, .country_code = "no", .number = 7);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE countries SET code", "COMMIT");
    assert_string_equal(room->country_code, "nn");
    assert_ptr_equal(
        kith_get_by(session, Room, &error, .country_code = "nn", .number = 7), room);
    kith_delete(room);
    commit(session);
    assert_no_rows(fixture, "SELECT number FROM rooms");
}

static void
a_key_that_is_a_foreign_key_too_moves_to_another_parent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    add_country(fixture);
    const Room *room = kith_add(session, Room, .country_code = "no", .number = 7);
    commit(session);
    kith_add(session, Country, .code = "se", .name = "Sweden", .domain = ".se");
    kith_set(room, country_code, "se");
    forget_statements(fixture);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "INSERT countries", "UPDATE rooms SET country_code", "COMMIT");
    assert_ptr_equal(
        kith_get_by(session, Room, &error, .country_code = "se", .number = 7), room);
}

static void
a_row_by_its_old_key_is_written_before_the_key_changes_under_it(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Room *room = kith_add(session, Room, .country_code = "no", .number = 7);
    const Room *other = kith_add(session, Room, .country_code = "no", .number = 8);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    kith_set(room, number, 9);
    kith_delete(other);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "DELETE rooms",
                      "UPDATE rooms SET number",
                      "UPDATE countries SET code",
                      "COMMIT");
    assert_rows(fixture, "SELECT country_code, number FROM rooms", "nn|9");
    assert_string_equal(room->country_code, "nn");
    assert_false(kith_has_changes(session));
    kith_delete(room);
    commit(session);
    assert_no_rows(fixture, "SELECT number FROM rooms");
}

static void
a_row_that_holds_a_key_is_deleted_before_the_key_changes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Embassy *embassy = kith_add(
        session, Embassy, .id = 1, .name = "the first", .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    kith_delete(embassy);
    commit(session);
    assert_statements(
        fixture, "BEGIN", "DELETE embassies", "UPDATE countries SET code", "COMMIT");
    assert_rows(fixture, "SELECT code FROM countries", "nn");
}

static void
a_row_that_holds_a_key_leaves_it_before_the_key_changes(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Country *norway = add_country(fixture);
    const Embassy *embassy = kith_add(
        session, Embassy, .id = 1, .name = "the first", .country.target = norway);
    commit(session);
    forget_statements(fixture);
    kith_set(norway, code, "nn");
    kith_set(embassy,
             country,
             kith_add(session, Country, .code = "se", .name = "Sweden", .domain = ".se"));
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT countries",
                      "UPDATE embassies SET country_code",
                      "UPDATE countries SET code",
                      "COMMIT");
    assert_rows(fixture, "SELECT country_code FROM embassies", "se");
}

static void
rows_of_one_table_follow_the_key_of_their_parent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Part *car = kith_add(session, Part, .code = "car");
    const Part *wheel = kith_add(session, Part, .code = "wheel", .whole.target = car);
    const Part *tyre = kith_add(session, Part, .code = "tyre", .whole.target = wheel);
    commit(session);
    forget_statements(fixture);
    kith_set(car, code, "bus");
    kith_set(wheel, code, "rim");
    commit(session);
    assert_rows(fixture,
                "SELECT code, whole_code FROM parts ORDER BY code",
                "bus|NULL",
                "rim|bus",
                "tyre|rim");
    assert_ptr_equal(kith_ref(tyre, whole, &error), wheel);
    assert_ptr_equal(find(session, Part, "rim"), wheel);
    assert_false(kith_has_changes(session));
}

static void
a_key_cannot_be_emptied(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Country *norway = add_country(fixture);
    commit(fixture->session);
    forget_statements(fixture);
    const char *none = NULL;
    kith_set(norway, code, none);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Country.code *");
    ((Country *) kith_edit(norway))->code = NULL;
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_NOT_NULL, "Country 'no': *code*");
    assert_no_statements(fixture);
    kith_rollback(fixture->session);
    assert_string_equal(norway->code, "no");
}

static void
a_generated_key_of_a_row_is_not_taken_from_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    forget_statements(fixture);
    kith_set(ann, id, 0);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author 1: a row cannot lose its key*");
    assert_true(kith_commit(fixture->session, &error));
    ((Author *) kith_edit(ann))->id = 0;
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Author 1: a row cannot lose its key*");
    assert_no_statements(fixture);
    kith_rollback(fixture->session);
    assert_int_equal(ann->id, 1);
    assert_rows(fixture, "SELECT id FROM authors", "1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(delete_and_add_of_one_key_is_an_update_of_what_differs),
        ON_A_SCHEMA(a_row_that_is_replaced_by_an_equal_one_is_not_written),
        ON_A_SCHEMA(
            a_key_that_changes_does_not_touch_an_equal_replacement_that_refers_to_nothing),
        ON_A_SCHEMA(what_the_replacement_leaves_empty_becomes_null),
        ON_A_SCHEMA(what_refers_to_a_row_that_is_replaced_stays),
        ON_A_SCHEMA(the_collection_of_a_replacement_has_what_was_given_to_it),
        ON_A_SCHEMA(after_a_failure_references_mean_the_row_that_was_to_be_replaced),
        ON_A_SCHEMA(a_reference_to_what_was_taken_back_means_who_has_its_key),
        ON_A_SCHEMA(what_goes_with_a_row_does_not_go_with_its_key),
        ON_A_SCHEMA(a_replacement_is_undone_by_a_rollback),
        ON_A_SCHEMA(a_key_that_was_changed_and_then_deleted_is_deleted_by_the_old_one),
        ON_A_SCHEMA(where_the_database_follows_one_update_is_enough),
        ON_A_SCHEMA(
            where_the_database_follows_references_that_were_not_loaded_follow_too),
        ON_A_SCHEMA(where_the_database_follows_an_object_that_is_watched_is_not_written),
        ON_A_SCHEMA(where_the_database_follows_other_changes_are_written_all_the_same),
        ON_A_SCHEMA(references_that_followed_are_back_after_a_rollback),
        ON_A_SCHEMA(where_the_key_is_checked_at_the_end_the_session_follows),
        ON_A_SCHEMA(a_reference_that_can_be_null_is_null_while_the_key_changes),
        ON_A_SCHEMA(what_the_session_follows_is_taken_back_by_a_failure),
        ON_A_SCHEMA(what_the_session_followed_is_back_after_a_rollback),
        ON_A_SCHEMA(a_watched_row_follows_by_its_own_update),
        ON_A_SCHEMA(a_reference_moves_to_the_object_that_takes_the_key_it_had),
        ON_A_SCHEMA(where_the_key_is_emptied_with_it_the_object_is_too),
        ON_A_SCHEMA(a_new_row_refers_to_the_key_that_is_changed_in_the_same_flush),
        ON_A_SCHEMA(a_column_that_means_a_unique_text_follows),
        ON_A_SCHEMA(a_key_that_is_a_foreign_key_too_follows_and_is_found_by_the_new_one),
        ON_A_SCHEMA(a_key_that_is_a_foreign_key_too_moves_to_another_parent),
        ON_A_SCHEMA(a_row_by_its_old_key_is_written_before_the_key_changes_under_it),
        ON_A_SCHEMA(a_row_that_holds_a_key_is_deleted_before_the_key_changes),
        ON_A_SCHEMA(a_row_that_holds_a_key_leaves_it_before_the_key_changes),
        ON_A_SCHEMA(rows_of_one_table_follow_the_key_of_their_parent),
        ON_A_SCHEMA(a_key_cannot_be_emptied),
        ON_A_SCHEMA(a_generated_key_of_a_row_is_not_taken_from_it),
    };
    return run_on_each_database("keys, case by case", tests);
}

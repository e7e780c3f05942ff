/*
 * test-query-insert.c - rows inserted by one statement: values of the program, or what a
 * query gives; what becomes of rows that conflict; and the objects that are such rows.
 */
#include "own-schema.h"

#include <string.h>

typedef enum Mood {
    MOOD_NEW,
    MOOD_OLD
} Mood;

typedef struct Language {
    const char *code;
    const char *name;
} Language;

typedef struct Word {
    int64_t id;
    const char *text;
    int32_t uses;
    const char *note; /* can be NULL */
    Mood mood;
    int32_t weight; /* by default 7 */
    int64_t version;
    KITH_REF(Language) language; /* can be NULL */
} Word;

typedef struct Score {
    int64_t player;
    int64_t game;
    int64_t points;
} Score;

typedef struct Token {
    KithUuid id;
    const char *name;
} Token;

typedef struct Tally {
    const char *text;
    int64_t uses;
} Tally;

KITH_DECLARE(Language);
KITH_DECLARE(Word);
KITH_DECLARE(Score);
KITH_DECLARE(Token);
KITH_DECLARE(Tally);

KITH_MAPPING(Language,
             "languages",
             KITH_KEY(Language, code),
             KITH_COLUMN(Language, name));
KITH_MAPPING(Word,
             "words",
             KITH_KEY(Word, id, .generated = true),
             KITH_COLUMN(Word, text),
             KITH_COLUMN(Word, uses),
             KITH_COLUMN(Word, note, .nullable = true),
             KITH_COLUMN(Word, mood, .names = KITH_NAMES("new", "old")),
             KITH_COLUMN(Word, weight, .default_sql = "7"),
             KITH_VERSION(Word, version),
             KITH_BELONGS_TO(Word, language, Language, .nullable = true),
             KITH_UNIQUE(Word, text));
KITH_MAPPING(Score,
             "scores",
             KITH_KEY(Score, player),
             KITH_KEY(Score, game),
             KITH_COLUMN(Score, points));
KITH_MAPPING(Token,
             "tokens",
             KITH_KEY(Token, id, .generated = true),
             KITH_COLUMN(Token, name));
KITH_RESULT(Tally, KITH_COLUMN(Tally, text), KITH_COLUMN(Tally, uses));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Language, Word, Score, Token));
}

#define ALL_WORDS                                                                   \
    "SELECT text, uses, note, mood, weight, version, language_code FROM words ORDER " \
    "BY text"

static WordQuery *
insert_words(Fixture *fixture, const Word *words, size_t n)
{
    WordQuery *query = kith_query(fixture->session, Word);
    kith_insert_values(query, words, n);
    return query;
}

static int64_t
insert_all(WordQuery *query)
{
    g_autoptr(GError) error = NULL;
    int64_t n = -1;
    assert_done(kith_insert_all(query, &n, &error), error);
    return n;
}

static void
assert_refused(WordQuery *query, KithErrorCode code, const char *pattern)
{
    g_autoptr(GError) error = NULL;
    assert_false(kith_insert_all(query, NULL, &error));
    assert_error(error, code, pattern);
}

/* Two words that are there already: 'tea' was used twice, 'rum' five times. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO words (text, uses, note, mood, weight, version) VALUES "
            "('tea', 2, 'hot', 'old', 1, 3), ('rum', 5, NULL, 'old', 2, 1)");
}

/* --- values ------------------------------------------------------------------------ */

static void
values_are_inserted_by_one_statement(void **state)
{
    Fixture *fixture = *state;
    const Language *french = kith_add(fixture->session, Language, .code = "fr", .name = "French");
    const Word words[] = {
        { .text = "thé", .uses = 3, .weight = 2, .language.target = french },
        { .text = "it's", .note = "\"quoted\"", .mood = MOOD_OLD, .weight = 4 },
    };
    g_autoptr(WordQuery) query = insert_words(fixture, words, G_N_ELEMENTS(words));
    assert_int_equal(insert_all(query), 2);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT languages",
                      "INSERT words",
                      "COMMIT");
    assert_rows(fixture,
                ALL_WORDS,
                "it's|0|\"quoted\"|old|4|1|NULL",
                "thé|3|NULL|new|2|1|fr");
}

static void
what_the_program_leaves_out_is_left_to_the_database(void **state)
{
    Fixture *fixture = *state;
    const Word words[] = { { .text = "a" }, { .text = "b", .weight = 3 }, { .text = "c" } };
    g_autoptr(WordQuery) query = insert_words(fixture, words, G_N_ELEMENTS(words));
    assert_int_equal(insert_all(query), 3);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT text, weight FROM words ORDER BY text",
                "a|7",
                "b|3",
                "c|7");
    assert_rows(fixture, "SELECT count(DISTINCT id) FROM words WHERE id > 0", "3");
}

static void
keys_are_made_or_given(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(TokenQuery) tokens = kith_query(fixture->session, Token);
    kith_insert_values(tokens, ((const Token[]){ { .name = "a" }, { .name = "b" } }), 2);
    const Token *const *found = kith_insert_objects(tokens, &error);
    assert_done(found, error);
    assert_non_null(found[0]);
    assert_non_null(found[1]);
    assert_null(found[2]);
    g_autoptr(WordQuery) words =
        insert_words(fixture, &(const Word){ .id = 77, .text = "x" }, 1);
    assert_int_equal(insert_all(words), 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT id FROM words", "77");
    assert_rows(fixture, "SELECT count(DISTINCT id) FROM tokens", "2");
}

static void
a_query_of_values_can_be_run_again_and_copied(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(TokenQuery) query = kith_query(fixture->session, Token);
    char name[] = "name";
    kith_insert_values(query, (&(Token){ .name = name }), 1);
    memset(name, 'x', strlen(name));
    g_autoptr(TokenQuery) copy = kith_copy(query);
    assert_done(kith_insert_all(query, NULL, &error), error);
    assert_done(kith_insert_all(query, NULL, &error), error);
    assert_done(kith_insert_all(copy, NULL, &error), error);
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM tokens WHERE name = 'name'", "3");
}

static void
any_number_of_values_goes_in_a_few_statements(void **state)
{
    Fixture *fixture = *state;
    enum {
        N = 1000
    };
    g_autoptr(GError) error = NULL;
    g_autofree Score *scores = g_new0(Score, N);
    for (int i = 0; i < N; i++)
        scores[i] = (Score){ .player = i, .game = i % 7, .points = 2 * i };
    g_autoptr(ScoreQuery) query = kith_query(fixture->session, Score);
    kith_insert_values(query, scores, N);
    int64_t n;
    assert_done(kith_insert_all(query, &n, &error), error);
    assert_int_equal(n, N);
    /* BEGIN, and 256, 256, 256, 128, 64, 32 and 8 rows. */
    assert_int_equal(fixture->statements->len, 8);
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*), sum(points) FROM scores", "1000|999000");
}

static void
a_struct_of_the_program_is_no_object_of_the_session(void **state)
{
    Fixture *fixture = *state;
    Language french = { .code = "fr", .name = "French" };
    g_autoptr(WordQuery) query = insert_words(
        fixture, &(const Word){ .text = "thé", .language.target = &french }, 1);
    assert_refused(query, KITH_ERROR_MISUSE, "Word: its language is no object of*");
    assert_no_statements(fixture);
}

/* --- objects and rows -------------------------------------------------------------- */

static void
what_was_inserted_comes_as_objects(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(WordQuery) query =
        insert_words(fixture, (const Word[]){ { .text = "a" }, { .text = "b" } }, 2);
    const Word *const *words = kith_insert_objects(query, &error);
    assert_done(words, error);
    assert_string_equal(words[0]->text, "a");
    assert_int_equal(words[0]->weight, 7);
    assert_int_equal(words[1]->version, 1);
    assert_int_equal(kith_state(words[1]), KITH_PERSISTENT);
    assert_null(words[2]);
    const Word *a = words[0];
    kith_set(a, uses, 9);
    commit(fixture->session);
    assert_ptr_equal(find(fixture->session, Word, a->id), a);
    assert_rows(fixture, "SELECT text, uses, version FROM words ORDER BY text", "a|9|2", "b|0|1");
}

static void
a_rollback_lets_go_of_objects_that_were_inserted(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    g_autoptr(WordQuery) query =
        insert_words(fixture, (const Word[]){ { .text = "a" }, { .text = "b" } }, 2);
    const Word *const *words = kith_insert_objects(query, &error);
    assert_done(words, error);
    const Word *a = words[0], *b = words[1];
    kith_set(a, uses, 9);
    flush(session);
    kith_set(b, uses, 9);
    kith_rollback(session);
    assert_int_equal(kith_state(a), KITH_DETACHED);
    assert_int_equal(kith_state(b), KITH_DETACHED);
    assert_gone(session, Word, a->id);
    commit(session);
    assert_no_rows(fixture, "SELECT id FROM words");
}

static void
a_failure_of_the_commit_lets_go_of_them_too(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(WordQuery) query = insert_words(fixture, &(const Word){ .text = "a" }, 1);
    const Word *const *words = kith_insert_objects(query, &error);
    assert_done(words, error);
    const Word *a = words[0];
    const Word *rum = kith_add(session, Word, .text = "rum");
    assert_false(kith_commit(session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "*");
    assert_int_equal(kith_state(a), KITH_DETACHED);
    kith_set(rum, text, "gin");
    commit(session);
    assert_rows(fixture, "SELECT text FROM words ORDER BY text", "gin", "rum", "tea");
}

static void
what_was_inserted_comes_as_rows(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(WordQuery) query = insert_words(fixture, &(const Word){ .text = "a" }, 1);
    kith_select(query, Tally, text, kith_upper(kith_member(Word, text)));
    kith_select(query, Tally, uses, kith_plus(kith_member(Word, weight), 1));
    const Tally *const *tallies = kith_insert_rows(query, Tally, &error);
    assert_done(tallies, error);
    assert_string_equal(tallies[0]->text, "A");
    assert_int_equal(tallies[0]->uses, 8);
    assert_null(tallies[1]);
    commit(fixture->session);
}

/* --- from a query ------------------------------------------------------------------ */

static void
the_rows_of_a_query_are_inserted(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (1, 'Ann')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) VALUES "
            "(1, 'Justice', 9.5, 4, 1), (2, 'Sword', 8, 1, 1), (3, 'Mercy', 7, 1, 1)");
    kith_add(fixture->session, Language, .code = "en", .name = "English");
    g_autoptr(BookQuery) books = kith_query(fixture->session, Book);
    kith_where(books, kith_has(Book, author, Author, kith_eq(Author, name, "Ann")));
    kith_order_by(books, kith_desc(Book, price));
    kith_limit(books, 2);
    kith_select(books, Word, text, kith_lower(kith_member(Book, title)));
    kith_select(books, Word, uses, 4);
    kith_select(books, Word, mood, MOOD_OLD);
    kith_select(books, Word, note, kith_via(Book, author, Author, kith_member(Author, name)));
    g_autoptr(WordQuery) query = kith_query(fixture->session, Word);
    kith_insert_from(query, books);
    assert_int_equal(insert_all(query), 2);
    commit(fixture->session);
    assert_rows(fixture,
                ALL_WORDS,
                "justice|4|Ann|old|7|1|NULL",
                "sword|4|Ann|old|7|1|NULL");
    g_autoptr(LanguageQuery) languages = kith_query(fixture->session, Language);
    kith_select(languages, Word, text, kith_member(Language, code));
    kith_select(languages, Word, uses, 1);
    kith_select(languages, Word, mood, MOOD_NEW);
    kith_select(languages, Word, version, 5);
    kith_select(languages, Word, language, find(fixture->session, Language, "en"));
    g_autoptr(WordQuery) next = kith_query(fixture->session, Word);
    kith_insert_from(next, languages);
    const Word *const *words = kith_insert_objects(next, &error);
    assert_done(words, error);
    assert_int_equal(words[0]->version, 5);
    assert_string_equal(kith_ref(words[0], language, &error)->name, "English");
    commit(fixture->session);
}

static void
combined_queries_are_inserted_together(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(WordQuery) one = kith_query(fixture->session, Word);
    kith_where(one, kith_eq(Word, text, "tea"));
    kith_select(one, Word, uses, 1);
    kith_select(one, Word, text, kith_concat(kith_member(Word, text), " time"));
    kith_select(one, Word, mood, kith_member(Word, mood));
    g_autoptr(WordQuery) other = kith_query(fixture->session, Word);
    kith_where(other, kith_eq(Word, text, "rum"));
    kith_select(other, Word, text, kith_concat(kith_member(Word, text), " ball"));
    kith_select(other, Word, mood, kith_member(Word, mood));
    kith_select(other, Word, uses, 2);
    kith_union_all(one, other);
    g_autoptr(WordQuery) query = kith_query(fixture->session, Word);
    kith_insert_from(query, one);
    assert_int_equal(insert_all(query), 2);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT text, uses FROM words ORDER BY text",
                "rum|5",
                "rum ball|2",
                "tea|2",
                "tea time|1");
}

/* --- conflicts --------------------------------------------------------------------- */

static void
a_conflict_that_nothing_is_said_of_is_an_error(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    g_autoptr(WordQuery) query =
        insert_words(fixture, (const Word[]){ { .text = "gin" }, { .text = "tea" } }, 2);
    assert_refused(query, KITH_ERROR_UNIQUE, "*");
    commit(fixture->session);
    assert_rows(fixture, "SELECT text FROM words ORDER BY text", "rum", "tea");
}

static void
rows_that_are_there_can_be_let_be(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Word words[] = { { .text = "gin" }, { .text = "tea" }, { .text = "gin" } };
    g_autoptr(WordQuery) query = insert_words(fixture, words, 3);
    kith_on_conflict(query, text);
    const Word *const *found = kith_insert_objects(query, &error);
    assert_done(found, error);
    assert_string_equal(found[0]->text, "gin");
    assert_null(found[1]);
    g_autoptr(WordQuery) again = insert_words(fixture, words, 3);
    kith_skip_conflicts(again);
    assert_int_equal(insert_all(again), 0);
    commit(fixture->session);
    assert_rows(fixture, "SELECT text, uses FROM words ORDER BY text", "gin|0", "rum|5", "tea|2");
}

static void
a_row_that_is_there_is_changed_instead(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Word words[] = { { .text = "gin", .uses = 1 }, { .text = "tea", .uses = 10 } };
    g_autoptr(WordQuery) query = insert_words(fixture, words, 2);
    kith_on_conflict(query, text);
    kith_change(query,
                kith_to(Word,
                        uses,
                        kith_plus(kith_member(Word, uses), kith_excluded(Word, uses))));
    kith_change(query, kith_to(Word, note, "again"));
    forget_statements(fixture);
    assert_int_equal(insert_all(query), 2);
    commit(fixture->session);
    assert_rows(fixture,
                ALL_WORDS,
                "gin|1|NULL|new|7|1|NULL",
                "rum|5|NULL|old|2|1|NULL",
                "tea|12|again|old|1|4|NULL");
}

static void
conditions_choose_what_is_changed(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Word words[] = { { .text = "rum", .uses = 3 }, { .text = "tea", .uses = 3 } };
    g_autoptr(WordQuery) query = insert_words(fixture, words, 2);
    kith_on_conflict(query, text);
    kith_change(query, kith_to(Word, uses, kith_excluded(Word, uses)));
    kith_where(query, kith_lt(Word, uses, kith_excluded(Word, uses)));
    assert_int_equal(insert_all(query), 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT text, uses FROM words ORDER BY text", "rum|5", "tea|3");
}

static void
all_that_was_to_be_inserted_can_be_taken(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Word words[] = { { .text = "tea", .uses = 8, .note = "cold", .weight = 5 } };
    g_autoptr(WordQuery) query = insert_words(fixture, words, 1);
    kith_on_conflict(query, text);
    kith_change(query, kith_to(Word, uses, kith_plus(kith_member(Word, uses), 1)));
    kith_change_to_excluded(query);
    assert_int_equal(insert_all(query), 1);
    commit(fixture->session);
    assert_rows(
        fixture, ALL_WORDS, "rum|5|NULL|old|2|1|NULL", "tea|3|cold|new|5|4|NULL");
}

static void
several_members_can_be_what_conflicts(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    run_sql(fixture, "INSERT INTO scores VALUES (1, 1, 10), (1, 2, 20)");
    const Score scores[] = { { 1, 2, 5 }, { 2, 1, 6 } };
    g_autoptr(ScoreQuery) query = kith_query(fixture->session, Score);
    kith_insert_values(query, scores, 2);
    kith_on_conflict(query, game);
    kith_on_conflict(query, player);
    kith_change_to_excluded(query);
    assert_done(kith_insert_all(query, NULL, &error), error);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT player, game, points FROM scores ORDER BY player, game",
                "1|1|10",
                "1|2|5",
                "2|1|6");
}

static void
what_a_query_gives_conflicts_too(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture, "INSERT INTO languages VALUES ('tea', 'T'), ('en', 'E')");
    g_autoptr(LanguageQuery) languages = kith_query(fixture->session, Language);
    kith_select(languages, Word, text, kith_member(Language, code));
    kith_select(languages, Word, note, kith_member(Language, name));
    kith_select(languages, Word, mood, MOOD_NEW);
    kith_select(languages, Word, uses, 1);
    g_autoptr(WordQuery) query = kith_query(fixture->session, Word);
    kith_insert_from(query, languages);
    kith_on_conflict(query, text);
    kith_change(query, kith_to(Word, note, kith_excluded(Word, note)));
    assert_int_equal(insert_all(query), 2);
    commit(fixture->session);
    assert_rows(fixture,
                "SELECT text, uses, note, version FROM words ORDER BY text",
                "en|1|E|1",
                "rum|5|NULL|1",
                "tea|2|T|4");
}

/* --- objects follow ---------------------------------------------------------------- */

static void
loaded_objects_that_were_changed_follow(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(WordQuery) all = kith_query(session, Word);
    kith_order_by(all, kith_asc(Word, text));
    const Word *const *words = kith_all(all, &error);
    assert_done(words, error);
    const Word *rum = words[0], *tea = words[1];
    kith_set(tea, note, "iced");
    g_autoptr(WordQuery) query =
        insert_words(fixture, &(const Word){ .text = "tea", .uses = 50 }, 1);
    kith_on_conflict(query, text);
    kith_change(query, kith_to(Word, uses, kith_excluded(Word, uses)));
    const Word *const *found = kith_insert_objects(query, &error);
    assert_done(found, error);
    assert_ptr_equal(found[0], tea);
    assert_int_equal(tea->uses, 50);
    assert_string_equal(tea->note, "iced");
    assert_int_equal(tea->version, 5);
    assert_int_equal(rum->uses, 5);
    kith_rollback(session);
    assert_int_equal(tea->uses, 2);
    assert_string_equal(tea->note, "hot");
    assert_int_equal(kith_state(tea), KITH_PERSISTENT);
}

/* --- refusals ---------------------------------------------------------------------- */

static void
nothing_is_sent_of_what_makes_no_sense(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Word two[] = { { .text = "a" }, { .text = "b" } };
    g_autoptr(WordQuery) empty = kith_query(session, Word);
    assert_refused(empty, KITH_ERROR_MISUSE, "Word: nothing is to be inserted*");
    kith_insert_values(empty, two, 0);
    assert_refused(empty, KITH_ERROR_MISUSE, "Word: nothing is to be inserted*");
    g_autoptr(WordQuery) ordered = insert_words(fixture, two, 2);
    kith_order_by(ordered, kith_asc(Word, text));
    assert_refused(ordered, KITH_ERROR_MISUSE, "Word: what is inserted is ordered*");
    g_autoptr(WordQuery) unsaid = insert_words(fixture, two, 2);
    kith_change(unsaid, kith_to(Word, uses, 1));
    assert_refused(unsaid, KITH_ERROR_MISUSE, "Word: say by kith_on_conflict()*");
    g_autoptr(WordQuery) not_unique = insert_words(fixture, two, 2);
    kith_on_conflict(not_unique, note);
    assert_refused(not_unique, KITH_ERROR_MISUSE, "Word: what kith_on_conflict() names*");
    g_autoptr(WordQuery) too_many = insert_words(fixture, two, 2);
    kith_on_conflict(too_many, text);
    kith_on_conflict(too_many, id);
    assert_refused(too_many, KITH_ERROR_MISUSE, "Word: what kith_on_conflict() names*");
    g_autoptr(WordQuery) aimless = insert_words(fixture, two, 2);
    kith_on_conflict(aimless, text);
    kith_where(aimless, kith_eq(Word, uses, 1));
    assert_refused(aimless, KITH_ERROR_MISUSE, "Word: conditions choose which rows*");
    g_autoptr(WordQuery) version = insert_words(fixture, two, 2);
    kith_on_conflict(version, text);
    kith_change(version, kith_to(Word, version, 1));
    assert_refused(version, KITH_ERROR_MISUSE, "Word: .version is a version*");
    g_autoptr(WordQuery) filled = insert_words(fixture, two, 2);
    kith_where(filled, kith_eq(Word, text, kith_excluded(Word, text)));
    g_autoptr(GError) error = NULL;
    assert_null(kith_all(filled, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Word: kith_excluded() is for*");
    assert_no_statements(fixture);
}

static void
values_that_a_column_cannot_hold_are_found_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(WordQuery) null =
        insert_words(fixture, (const Word[]){ { .text = "a" }, { .uses = 1 } }, 2);
    assert_refused(null, KITH_ERROR_NOT_NULL, "Word*text*");
    g_autoptr(WordQuery) bytes = insert_words(fixture, &(const Word){ .text = "\xff" }, 1);
    assert_refused(bytes, KITH_ERROR_TYPE, "Word*text*");
    g_autoptr(WordQuery) mood =
        insert_words(fixture, &(const Word){ .text = "a", .mood = (Mood) 9 }, 1);
    assert_refused(mood, KITH_ERROR_TYPE, "Word*mood*");
    g_autoptr(WordQuery) twice =
        insert_words(fixture, (const Word[]){ { .text = "a" }, { .text = "a" } }, 2);
    kith_on_conflict(twice, text);
    kith_change_to_excluded(twice);
    assert_refused(
        twice, KITH_ERROR_MISUSE, "Word: values 0 and 1 conflict with each other*");
    assert_no_statements(fixture);
}

static void
a_query_has_to_select_what_cannot_be_null(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(LanguageQuery) languages = kith_query(fixture->session, Language);
    kith_select(languages, Word, text, kith_member(Language, code));
    g_autoptr(WordQuery) query = kith_query(fixture->session, Word);
    kith_insert_from(query, languages);
    assert_refused(query, KITH_ERROR_MISUSE, "Word: nothing is selected for .uses*");
    g_autoptr(LanguageQuery) none = kith_query(fixture->session, Language);
    g_autoptr(WordQuery) other = kith_query(fixture->session, Word);
    kith_insert_from(other, none);
    assert_refused(other, KITH_ERROR_MISUSE, "Word: the query that kith_insert_from()*");
    g_autoptr(WordQuery) both = insert_words(fixture, &(const Word){ .text = "a" }, 1);
    kith_insert_from(both, languages);
    assert_refused(both, KITH_ERROR_MISUSE, "Word: values and the rows of a query*");
    g_autoptr(LanguageQuery) token = kith_query(fixture->session, Language);
    kith_select(token, Token, name, kith_member(Language, name));
    g_autoptr(TokenQuery) tokens = kith_query(fixture->session, Token);
    kith_insert_from(tokens, token);
    g_autoptr(GError) error = NULL;
    assert_false(kith_insert_all(tokens, NULL, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Token: nothing is selected for .id*");
    g_clear_error(&error);
    assert_null(kith_rows(token, Token, &error));
    assert_error(error, KITH_ERROR_MISUSE, "Token: members of an entity are selected*");
    assert_no_statements(fixture);
}

static void
hostile_values_are_values(void **state)
{
    Fixture *fixture = *state;
    static const char *const hostile[] = {
        "'; DROP TABLE words; --", "\"", "$1", "?1", ":name", "\\", "%_", "{1}", "''",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autoptr(WordQuery) query = insert_words(
            fixture, &(const Word){ .text = hostile[i], .note = hostile[i] }, 1);
        kith_on_conflict(query, text);
        kith_change(query, kith_to(Word, note, hostile[i]));
        kith_where(query, kith_ne(Word, note, hostile[i]));
        assert_int_equal(insert_all(query), 1);
        assert_int_equal(insert_all(query), 0);
    }
    commit(fixture->session);
    assert_rows(fixture, "SELECT count(*) FROM words WHERE text = note", "9");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(values_are_inserted_by_one_statement),
        ON_A_SCHEMA(what_the_program_leaves_out_is_left_to_the_database),
        ON_A_SCHEMA(keys_are_made_or_given),
        ON_A_SCHEMA(a_query_of_values_can_be_run_again_and_copied),
        ON_A_SCHEMA(any_number_of_values_goes_in_a_few_statements),
        ON_A_SCHEMA(a_struct_of_the_program_is_no_object_of_the_session),
        ON_A_SCHEMA(what_was_inserted_comes_as_objects),
        ON_A_SCHEMA(a_rollback_lets_go_of_objects_that_were_inserted),
        ON_A_SCHEMA(a_failure_of_the_commit_lets_go_of_them_too),
        ON_A_SCHEMA(what_was_inserted_comes_as_rows),
        ON_A_SCHEMA(the_rows_of_a_query_are_inserted),
        ON_A_SCHEMA(combined_queries_are_inserted_together),
        ON_A_SCHEMA(a_conflict_that_nothing_is_said_of_is_an_error),
        ON_A_SCHEMA(rows_that_are_there_can_be_let_be),
        ON_A_SCHEMA(a_row_that_is_there_is_changed_instead),
        ON_A_SCHEMA(conditions_choose_what_is_changed),
        ON_A_SCHEMA(all_that_was_to_be_inserted_can_be_taken),
        ON_A_SCHEMA(several_members_can_be_what_conflicts),
        ON_A_SCHEMA(what_a_query_gives_conflicts_too),
        ON_A_SCHEMA(loaded_objects_that_were_changed_follow),
        ON_A_SCHEMA(nothing_is_sent_of_what_makes_no_sense),
        ON_A_SCHEMA(values_that_a_column_cannot_hold_are_found_before_anything_is_sent),
        ON_A_SCHEMA(a_query_has_to_select_what_cannot_be_null),
        ON_A_SCHEMA(hostile_values_are_values),
    };
    return run_on_each_database("rows inserted by one statement", tests);
}

/*
 * test-hooks.c - when hooks run, in which order, what they may do, and what becomes of
 * what they did. Hooks of these tests write a line between the statements, so that one
 * list shows both.
 */
#include "fixture.h"

#include "session.h"

/* Ann (101), Bob (102), and Ann's book Justice (101), put there by somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (101, 'Ann'), (102, 'Bob')");
    run_sql(fixture,
            "INSERT INTO books (id, title, price, version, author_id) "
            "VALUES (101, 'Justice', 9.5, 1, 101)");
}

/* --- hooks that only write a line -------------------------------------------------- */

typedef struct Listener {
    Fixture *fixture;
    const char *line;
} Listener;

static Listener *
listener_new(Fixture *fixture, const char *line)
{
    Listener *listener = g_new(Listener, 1);
    *listener = (Listener){ fixture, line };
    g_ptr_array_add(fixture->texts, listener); /* so that it lives as long as the test */
    return listener;
}

static void
write_line(Fixture *fixture, const char *line)
{
    g_ptr_array_add(fixture->statements, g_strdup(line));
}

static bool
hear(KithSession *session, const void *object, void *data, GError **error)
{
    const Listener *listener = data;
    (void) error;
    assert_ptr_equal(session, listener->fixture->session);
    assert_null(object);
    write_line(listener->fixture, listener->line);
    return true;
}

static bool
hear_author(KithSession *session, const void *object, void *data, GError **error)
{
    const Listener *listener = data;
    const Author *author = object;
    (void) session;
    (void) error;
    g_autofree char *line = g_strdup_printf("%s %s", listener->line, author->name);
    write_line(listener->fixture, line);
    return true;
}

static bool
hear_book(KithSession *session, const void *object, void *data, GError **error)
{
    const Listener *listener = data;
    const Book *book = object;
    (void) session;
    (void) error;
    g_autofree char *line = g_strdup_printf("%s %s", listener->line, book->title);
    write_line(listener->fixture, line);
    return true;
}

static void
listen(Fixture *fixture, KithEvent event, const char *line)
{
    kith_on(fixture->session, event, hear, listener_new(fixture, line));
}

static void
listen_to_authors(Fixture *fixture, KithEvent event, const char *line)
{
    kith_on_entity(
        fixture->session, Author, event, hear_author, listener_new(fixture, line));
}

static void
listen_to_books(Fixture *fixture, KithEvent event, const char *line)
{
    kith_on_entity(fixture->session, Book, event, hear_book, listener_new(fixture, line));
}

static void
listen_to_all(Fixture *fixture)
{
    listen(fixture, KITH_BEFORE_FLUSH, "before flush");
    listen(fixture, KITH_AFTER_FLUSH, "after flush");
    listen(fixture, KITH_AFTER_COMMIT, "after commit");
    listen(fixture, KITH_AFTER_ROLLBACK, "after rollback");
    listen_to_authors(fixture, KITH_BEFORE_INSERT, "before insert");
    listen_to_authors(fixture, KITH_BEFORE_UPDATE, "before update");
    listen_to_authors(fixture, KITH_BEFORE_DELETE, "before delete");
    listen_to_authors(fixture, KITH_AFTER_INSERT, "after insert");
    listen_to_authors(fixture, KITH_AFTER_UPDATE, "after update");
    listen_to_authors(fixture, KITH_AFTER_DELETE, "after delete");
    listen_to_authors(fixture, KITH_AFTER_LOAD, "after load");
}

/* --- when they run ----------------------------------------------------------------- */

static void
hooks_surround_a_flush_and_follow_a_commit(void **state)
{
    Fixture *fixture = *state;
    listen_to_all(fixture);
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_statements(fixture,
                      "before flush",
                      "before insert Ann",
                      "BEGIN",
                      "INSERT authors",
                      "after insert Ann",
                      "after flush",
                      "COMMIT",
                      "after commit");
}

static void
each_operation_has_its_hooks(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    run_sql(fixture, "INSERT INTO authors (id, name) VALUES (103, 'Cora')");
    listen_to_all(fixture);
    kith_set(find(fixture->session, Author, 101), born, 1966);
    kith_delete(find(fixture->session, Author, 103));
    kith_add(fixture->session, Author, .name = "Dora");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "before flush",
                      "before update Ann",
                      "before delete Cora",
                      "before insert Dora",
                      "BEGIN",
                      "INSERT authors",
                      "UPDATE authors SET born",
                      "DELETE authors",
                      "after update Ann",
                      "after delete Cora",
                      "after insert Dora",
                      "after flush",
                      "COMMIT",
                      "after commit");
}

static void
with_nothing_to_write_no_hook_runs(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *ann = find(fixture->session, Author, 101);
    listen_to_all(fixture);
    forget_statements(fixture);
    kith_set(ann, name, "Ann");
    kith_edit(ann);
    flush(fixture->session);
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_flush_is_not_followed_by_the_hook_of_a_commit(void **state)
{
    Fixture *fixture = *state;
    listen(fixture, KITH_AFTER_COMMIT, "after commit");
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors");
    commit(fixture->session);
    assert_statements(fixture, "COMMIT", "after commit");
    commit(fixture->session);
    assert_no_statements(fixture);
}

static void
a_commit_that_fails_is_not_followed_by_its_hook(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    listen(fixture, KITH_AFTER_COMMIT, "after commit");
    listen(fixture, KITH_AFTER_ROLLBACK, "after rollback");
    kith_add(fixture->session, Author, .name = "Ann");
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Author (new): *");
    assert_statements(fixture, "BEGIN", "INSERT authors (failed)", "ROLLBACK");
}

static void
a_rollback_is_followed_by_its_hook(void **state)
{
    Fixture *fixture = *state;
    listen(fixture, KITH_AFTER_ROLLBACK, "after rollback");
    kith_add(fixture->session, Author, .name = "Ann");
    kith_rollback(fixture->session);
    assert_statements(fixture, "after rollback");
    kith_add(fixture->session, Author, .name = "Bob");
    flush(fixture->session);
    kith_rollback(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "ROLLBACK", "after rollback");
}

static void
hooks_of_one_event_run_in_the_order_in_which_they_came(void **state)
{
    Fixture *fixture = *state;
    listen_to_authors(fixture, KITH_BEFORE_INSERT, "first");
    listen_to_authors(fixture, KITH_BEFORE_INSERT, "second");
    listen_to_authors(fixture, KITH_BEFORE_INSERT, "third");
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_statements(
        fixture, "first Ann", "second Ann", "third Ann", "BEGIN", "INSERT authors");
}

static void
hooks_are_of_one_entity(void **state)
{
    Fixture *fixture = *state;
    listen_to_books(fixture, KITH_BEFORE_INSERT, "before insert");
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Book, .title = "Justice", .author.target = ann);
    flush(fixture->session);
    assert_statements(
        fixture, "before insert Justice", "BEGIN", "INSERT authors", "INSERT books");
}

static bool
find_no_connection(KithSession *session, const void *object, void *data, GError **error)
{
    (void) object;
    (void) error;
    assert_null(session->connection);
    ++*(int *) data;
    return true;
}

static void
hooks_before_run_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    int n_runs = 0;
    kith_on_entity(
        fixture->session, Author, KITH_BEFORE_INSERT, find_no_connection, &n_runs);
    kith_on_entity(
        fixture->session, Book, KITH_BEFORE_INSERT, find_no_connection, &n_runs);
    for (int i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("author %d", i);
        const Author *author = kith_add(fixture->session, Author, .name = name);
        kith_add(fixture->session, Book, .title = "a book", .author.target = author);
    }
    commit(fixture->session);
    assert_int_equal(n_runs, 20);
}

static void
a_delete_and_an_add_of_one_key_have_the_hooks_of_both(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_delete(find(fixture->session, Author, 101));
    kith_add(fixture->session, Author, .id = 101, .name = "Anne");
    listen_to_all(fixture);
    forget_statements(fixture);
    flush(fixture->session);
    assert_statements(fixture,
                      "before flush",
                      "before delete Ann",
                      "before insert Anne",
                      "BEGIN",
                      "UPDATE authors SET name",
                      "after delete Ann",
                      "after insert Anne",
                      "after flush");
}

static void
the_automatic_flush_before_a_query_runs_hooks(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int64_t n_authors = 0;
    listen_to_authors(fixture, KITH_BEFORE_INSERT, "before insert");
    kith_add(fixture->session, Author, .name = "Ann");
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_done(kith_count(query, &n_authors, &error), error);
    assert_int_equal(n_authors, 1);
    assert_statements(
        fixture, "before insert Ann", "BEGIN", "INSERT authors", "COUNT authors");
}

/* --- what they may change ---------------------------------------------------------- */

static bool
set_born(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    (void) session;
    (void) error;
    kith_set(author, born, *(const int *) data);
    return true;
}

static void
a_hook_before_changes_its_own_object(void **state)
{
    Fixture *fixture = *state;
    int year = 1966;
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, set_born, &year);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_UPDATE, set_born, &year);
    kith_set(find(fixture->session, Author, 101), name, "Anne");
    kith_add(fixture->session, Author, .name = "Cora");
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT authors", "UPDATE authors SET name, born", "COMMIT");
    assert_rows(fixture,
                "SELECT name, born FROM authors ORDER BY name",
                "Anne|1966",
                "Bob|NULL",
                "Cora|1966");
}

static bool
count_books_of_author(KithSession *session,
                      const void *object,
                      void *data,
                      GError **error)
{
    const Book *book = object;
    (void) session;
    (void) data;
    const Author *author = kith_ref(book, author, error);
    if (author == NULL)
        return false;
    kith_set(author, born, author->born.value + 1);
    return true;
}

static void
a_hook_before_changes_other_objects_which_have_their_hooks_run_too(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_on_entity(
        fixture->session, Book, KITH_BEFORE_INSERT, count_books_of_author, NULL);
    listen_to_authors(fixture, KITH_BEFORE_UPDATE, "before update");
    const Author *ann = find(fixture->session, Author, 101);
    kith_add(fixture->session, Book, .title = "Sword", .author.target = ann);
    kith_add(fixture->session, Book, .title = "Mercy", .author.target = ann);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "before update Ann",
                      "BEGIN",
                      "INSERT books x2",
                      "UPDATE authors SET born",
                      "COMMIT");
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 101", "2");
}

static bool
add_a_member(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    (void) data;
    (void) error;
    kith_add(session, Member, .login = author->name, .name = "of an author");
    return true;
}

static void
a_hook_before_adds_objects(void **state)
{
    Fixture *fixture = *state;
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, add_a_member, NULL);
    kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT authors x2", "INSERT members x2", "COMMIT");
    assert_rows(fixture, "SELECT login FROM members ORDER BY login", "Ann", "Bob");
}

static bool
delete_other(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    kith_delete(*(const Book **) data);
    return true;
}

static void
a_hook_before_deletes_objects(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    kith_on_entity(
        fixture->session, Author, KITH_BEFORE_DELETE, delete_other, (void *) &book);
    kith_delete(find(fixture->session, Author, 101));
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE books", "DELETE authors", "COMMIT");
    assert_int_equal(kith_state(book), KITH_DETACHED);
}

static void
an_object_that_a_hook_deletes_has_the_hook_of_its_delete_run(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Book *book = find(fixture->session, Book, 101);
    listen_to_books(fixture, KITH_BEFORE_UPDATE, "before update");
    listen_to_books(fixture, KITH_BEFORE_DELETE, "before delete");
    kith_on_entity(
        fixture->session, Author, KITH_BEFORE_UPDATE, delete_other, (void *) &book);
    kith_set(book, price, 1);
    kith_set(find(fixture->session, Author, 101), born, 1966);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture,
                      "before update Justice",
                      "before delete Justice",
                      "BEGIN",
                      "UPDATE authors SET born",
                      "DELETE books",
                      "COMMIT");
}

static bool
delete_itself(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) data;
    (void) error;
    kith_delete((const Author *) object);
    return true;
}

static void
a_hook_before_takes_its_own_object_back(void **state)
{
    Fixture *fixture = *state;
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, delete_itself, NULL);
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    const Author *bob = kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session);
    assert_no_statements(fixture);
    assert_int_equal(kith_state(ann), KITH_DETACHED);
    assert_int_equal(kith_state(bob), KITH_DETACHED);
    assert_no_rows(fixture, "SELECT id FROM authors");
}

static bool
raise_born_of_all(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *const *authors = data;
    (void) session;
    (void) object;
    (void) error;
    for (int i = 0; i < 2; i++)
        kith_set(authors[i], born, authors[i]->born.value + 1);
    return true;
}

static void
each_object_has_its_hooks_before_run_once_in_a_flush(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Author *authors[] = { find(fixture->session, Author, 101),
                                find(fixture->session, Author, 102) };
    listen_to_authors(fixture, KITH_BEFORE_UPDATE, "before update");
    kith_on_entity(fixture->session,
                   Author,
                   KITH_BEFORE_UPDATE,
                   raise_born_of_all,
                   (void *) authors);
    kith_set(authors[0], born, 1);
    forget_statements(fixture);
    flush(fixture->session);
    assert_statements(fixture,
                      "before update Ann",
                      "before update Bob",
                      "BEGIN",
                      "UPDATE authors SET born x2");
    assert_int_equal(authors[0]->born.value, 3);
    assert_int_equal(authors[1]->born.value, 2);
    kith_set(authors[1], born, 1);
    flush(fixture->session);
    assert_statements(
        fixture, "before update Bob", "before update Ann", "UPDATE authors SET born x2");
}

/* --- hooks behind the writing ------------------------------------------------------ */

static bool
add_a_book(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    (void) data;
    (void) error;
    assert_true(author->id > 0);
    assert_int_equal(kith_state(author), KITH_PERSISTENT);
    kith_add(session, Book, .title = "a first one", .author.target = author);
    return true;
}

static void
a_hook_after_knows_the_key_and_what_it_adds_is_flushed_too(void **state)
{
    Fixture *fixture = *state;
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, add_a_book, NULL);
    listen(fixture, KITH_AFTER_FLUSH, "after flush");
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT authors", "after flush", "INSERT books", "after flush");
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_rows(fixture, "SELECT title FROM books", "a first one");
}

static void
a_hook_after_changes_its_own_object(void **state)
{
    Fixture *fixture = *state;
    int year = 1966;
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, set_born, &year);
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "INSERT authors", "UPDATE authors SET born", "COMMIT");
    assert_rows(fixture, "SELECT name, born FROM authors", "Ann|1966");
}

static void
a_hook_after_deletes_its_own_object(void **state)
{
    Fixture *fixture = *state;
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, delete_itself, NULL);
    const Author *ann = kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "INSERT authors", "DELETE authors", "COMMIT");
    assert_int_equal(kith_state(ann), KITH_DETACHED);
}

static bool
add_cora(KithSession *session, const void *object, void *data, GError **error)
{
    (void) object;
    (void) error;
    assert_false(kith_has_changes(session));
    if (++*(int *) data == 1)
        kith_add(session, Author, .name = "Cora");
    return true;
}

static void
what_a_hook_changes_after_the_commit_waits_for_the_next_one(void **state)
{
    Fixture *fixture = *state;
    int n_runs = 0;
    kith_on(fixture->session, KITH_AFTER_COMMIT, add_cora, &n_runs);
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_true(kith_has_changes(fixture->session));
    assert_rows(fixture, "SELECT name FROM authors", "Ann");
    commit(fixture->session);
    assert_int_equal(n_runs, 2);
    assert_rows(fixture, "SELECT name FROM authors ORDER BY name", "Ann", "Cora");
}

static bool
add_a_hook(KithSession *session, const void *object, void *data, GError **error)
{
    const Listener *listener = data;
    (void) session;
    (void) object;
    (void) error;
    for (int i = 0; i < 50; i++) /* enough to move the list that is being walked */
        listen_to_authors(listener->fixture, KITH_AFTER_INSERT, listener->line);
    return true;
}

static void
a_hook_may_add_hooks(void **state)
{
    Fixture *fixture = *state;
    kith_on(
        fixture->session, KITH_BEFORE_FLUSH, add_a_hook, listener_new(fixture, "new"));
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    assert_int_equal(fixture->statements->len, 2 + 50);
    forget_statements(fixture);
}

/* --- asking the database ----------------------------------------------------------- */

static bool
look_before(KithSession *session, const void *object, void *data, GError **error)
{
    int64_t n_authors = 0;
    (void) object;
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    assert_true(kith_count(query, &n_authors, error));
    assert_int_equal(n_authors, 2);
    assert_string_equal(find(session, Author, 101)->name, "Ann");
    g_autoptr(BookQuery) books = kith_query(session, Book);
    assert_int_equal(kith_length(kith_all(books, error)), 1);
    ++*(int *) data;
    return true;
}

static bool
look_after(KithSession *session, const void *object, void *data, GError **error)
{
    const Author *author = object;
    int64_t n_authors = 0;
    g_autoptr(AuthorQuery) query = kith_query(session, Author);
    assert_true(kith_count(query, &n_authors, error));
    assert_int_equal(n_authors, 3);
    kith_where(query, kith_eq(Author, name, "Cora"));
    assert_ptr_equal(kith_first(query, error), author);
    assert_int_equal(kith_length(kith_many(author, books, error)), 0);
    ++*(int *) data;
    return true;
}

static void
a_hook_asks_the_database(void **state)
{
    Fixture *fixture = *state;
    int n_before = 0, n_after = 0;
    fill(fixture);
    kith_on(fixture->session, KITH_BEFORE_FLUSH, look_before, &n_before);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, look_before, &n_before);
    kith_on_entity(fixture->session, Author, KITH_AFTER_INSERT, look_after, &n_after);
    kith_add(fixture->session, Author, .name = "Cora");
    commit(fixture->session);
    assert_int_equal(n_before, 2);
    assert_int_equal(n_after, 1);
}

/* --- loading ----------------------------------------------------------------------- */

static void
a_row_that_becomes_an_object_has_its_hook_run_once(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    listen_to_authors(fixture, KITH_AFTER_LOAD, "after load");
    const Author *ann = find(fixture->session, Author, 101);
    assert_statements(fixture, "SELECT authors WHERE id", "after load Ann");
    find(fixture->session, Author, 101);
    assert_done(kith_refresh(ann, &error), error);
    assert_statements(fixture, "SELECT authors WHERE id");
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_int_equal(kith_length(kith_all(query, &error)), 2);
    assert_statements(fixture, "SELECT authors", "after load Bob");
    commit(fixture->session);
    assert_int_equal(kith_length(kith_all(query, &error)), 2);
    assert_statements(fixture, "SELECT authors");
}

static void
what_a_relation_loads_has_its_hook_run(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    listen_to_authors(fixture, KITH_AFTER_LOAD, "after load");
    listen_to_books(fixture, KITH_AFTER_LOAD, "after load");
    const Book *book = find(fixture->session, Book, 101);
    const Author *ann = kith_ref(book, author, &error);
    assert_int_equal(kith_length(kith_many(ann, books, &error)), 1);
    assert_statements(fixture,
                      "SELECT books WHERE id",
                      "after load Justice",
                      "SELECT authors WHERE id IN (?) ORDER BY id",
                      "after load Ann",
                      "SELECT books WHERE author_id IN (?) ORDER BY id");
}

static void
what_the_program_added_is_not_loaded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    listen_to_authors(fixture, KITH_AFTER_LOAD, "after load");
    kith_add(fixture->session, Author, .name = "Ann");
    flush(fixture->session);
    g_autoptr(AuthorQuery) query = kith_query(fixture->session, Author);
    assert_int_equal(kith_length(kith_all(query, &error)), 1);
    assert_statements(fixture, "BEGIN", "INSERT authors", "SELECT authors");
}

static void
a_hook_after_load_changes_its_object(void **state)
{
    Fixture *fixture = *state;
    int year = 1966;
    fill(fixture);
    kith_on_entity(fixture->session, Author, KITH_AFTER_LOAD, set_born, &year);
    const Author *ann = find(fixture->session, Author, 101);
    assert_int_equal(ann->born.value, 1966);
    assert_true(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_rows(fixture, "SELECT born FROM authors WHERE id = 101", "1966");
}

static bool
load_the_author(KithSession *session, const void *object, void *data, GError **error)
{
    const Book *book = object;
    (void) session;
    (void) data;
    return kith_ref(book, author, error) != NULL;
}

static void
a_hook_after_load_loads_more(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    kith_on_entity(fixture->session, Book, KITH_AFTER_LOAD, load_the_author, NULL);
    const Book *book = find(fixture->session, Book, 101);
    assert_string_equal(book->author.target->name, "Ann");
}

/* --- hooks that are taken away ----------------------------------------------------- */

static bool
count(KithSession *session, const void *object, void *data, GError **error)
{
    (void) session;
    (void) object;
    (void) error;
    ++*(int *) data;
    return true;
}

static bool
count_once(KithSession *session, const void *object, void *data, GError **error)
{
    assert_true(kith_off_entity(session, Author, KITH_BEFORE_INSERT, count_once, data));
    return count(session, object, data, error);
}

static void
a_hook_that_is_taken_away_runs_no_more(void **state)
{
    Fixture *fixture = *state;
    int n_flushes = 0, n_inserts = 0;
    kith_on(fixture->session, KITH_BEFORE_FLUSH, count, &n_flushes);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, count, &n_inserts);
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_true(kith_off(fixture->session, KITH_BEFORE_FLUSH, count, &n_flushes));
    assert_true(
        kith_off_entity(fixture->session, Author, KITH_BEFORE_INSERT, count, &n_inserts));
    kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session);
    assert_int_equal(n_flushes, 1);
    assert_int_equal(n_inserts, 1);
}

static void
only_the_hook_that_is_named_is_taken_away(void **state)
{
    Fixture *fixture = *state;
    int one = 0, other = 0;
    kith_on(fixture->session, KITH_BEFORE_FLUSH, count, &one);
    kith_on(fixture->session, KITH_BEFORE_FLUSH, count, &other);
    assert_false(kith_off(fixture->session, KITH_AFTER_FLUSH, count, &one));
    assert_false(kith_off(fixture->session, KITH_BEFORE_FLUSH, count, NULL));
    assert_false(
        kith_off_entity(fixture->session, Book, KITH_BEFORE_INSERT, count, &one));
    assert_true(kith_off(fixture->session, KITH_BEFORE_FLUSH, count, &one));
    assert_false(kith_off(fixture->session, KITH_BEFORE_FLUSH, count, &one));
    kith_add(fixture->session, Author, .name = "Ann");
    commit(fixture->session);
    assert_int_equal(one, 0);
    assert_int_equal(other, 1);
}

static void
a_hook_takes_itself_away_and_those_behind_it_still_run(void **state)
{
    Fixture *fixture = *state;
    int one = 0, other = 0;
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, count_once, &one);
    kith_on_entity(fixture->session, Author, KITH_BEFORE_INSERT, count, &other);
    kith_add(fixture->session, Author, .name = "Ann");
    kith_add(fixture->session, Author, .name = "Bob");
    commit(fixture->session);
    assert_int_equal(one, 1);
    assert_int_equal(other, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_DATABASE(hooks_surround_a_flush_and_follow_a_commit),
        ON_A_DATABASE(each_operation_has_its_hooks),
        ON_A_DATABASE(with_nothing_to_write_no_hook_runs),
        ON_A_DATABASE(a_flush_is_not_followed_by_the_hook_of_a_commit),
        ON_A_DATABASE(a_commit_that_fails_is_not_followed_by_its_hook),
        ON_A_DATABASE(a_rollback_is_followed_by_its_hook),
        ON_A_DATABASE(hooks_of_one_event_run_in_the_order_in_which_they_came),
        ON_A_DATABASE(hooks_are_of_one_entity),
        ON_A_DATABASE(hooks_before_run_before_anything_is_sent),
        ON_A_DATABASE(a_delete_and_an_add_of_one_key_have_the_hooks_of_both),
        ON_A_DATABASE(the_automatic_flush_before_a_query_runs_hooks),
        ON_A_DATABASE(a_hook_before_changes_its_own_object),
        ON_A_DATABASE(a_hook_before_changes_other_objects_which_have_their_hooks_run_too),
        ON_A_DATABASE(a_hook_before_adds_objects),
        ON_A_DATABASE(a_hook_before_deletes_objects),
        ON_A_DATABASE(an_object_that_a_hook_deletes_has_the_hook_of_its_delete_run),
        ON_A_DATABASE(a_hook_before_takes_its_own_object_back),
        ON_A_DATABASE(each_object_has_its_hooks_before_run_once_in_a_flush),
        ON_A_DATABASE(a_hook_after_knows_the_key_and_what_it_adds_is_flushed_too),
        ON_A_DATABASE(a_hook_after_changes_its_own_object),
        ON_A_DATABASE(a_hook_after_deletes_its_own_object),
        ON_A_DATABASE(what_a_hook_changes_after_the_commit_waits_for_the_next_one),
        ON_A_DATABASE(a_hook_may_add_hooks),
        ON_A_DATABASE(a_hook_asks_the_database),
        ON_A_DATABASE(a_row_that_becomes_an_object_has_its_hook_run_once),
        ON_A_DATABASE(what_a_relation_loads_has_its_hook_run),
        ON_A_DATABASE(what_the_program_added_is_not_loaded),
        ON_A_DATABASE(a_hook_after_load_changes_its_object),
        ON_A_DATABASE(a_hook_after_load_loads_more),
        ON_A_DATABASE(a_hook_that_is_taken_away_runs_no_more),
        ON_A_DATABASE(only_the_hook_that_is_named_is_taken_away),
        ON_A_DATABASE(a_hook_takes_itself_away_and_those_behind_it_still_run),
    };
    return run_on_each_database("hooks", tests);
}

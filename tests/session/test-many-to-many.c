/*
 * test-many-to-many.c - link tables that need no struct: from either side, without
 * loading, net of what cancels out, in order, and undone.
 */
#include "own-schema.h"

typedef struct Student Student;
typedef struct Course Course;
typedef struct Person Person;
typedef struct Post Post;
typedef struct Tag Tag;

struct Student {
    int64_t id;
    const char *name;
    KITH_MANY(Course) courses;
    KITH_MANY(Course) wishes; /* a second relation between the same two, of one side */
};

struct Course {
    int64_t id;
    const char *title;
    KITH_MANY(Student) students;
};

/* Many-to-many and many-to-one, both to itself. */
struct Person {
    int64_t id;
    const char *name;
    KITH_REF(Person) boss;
    KITH_MANY(Person) friends;
    KITH_MANY(Person) friend_of;
};

/* Keys of two members, and a text key that can change. */
struct Post {
    int64_t tenant_id;
    int64_t number;
    const char *text;
    KITH_MANY(Tag) tags;
};

struct Tag {
    const char *name;
    KITH_MANY(Post) posts;
};

KITH_DECLARE(Student);
KITH_DECLARE(Course);
KITH_DECLARE(Person);
KITH_DECLARE(Post);
KITH_DECLARE(Tag);

KITH_MAPPING(Student,
             "students",
             KITH_KEY(Student, id, .generated = true),
             KITH_COLUMN(Student, name),
             KITH_MANY_TO_MANY(Student, courses, Course, .table = "enrolments"),
             KITH_MANY_TO_MANY(Student, wishes, Course));
KITH_MAPPING(Course,
             "courses",
             KITH_KEY(Course, id, .generated = true),
             KITH_COLUMN(Course, title, .unique = true),
             KITH_MANY_TO_MANY_BACK(Course, students, Student, courses));
KITH_MAPPING(Person,
             "persons",
             KITH_KEY(Person, id),
             KITH_COLUMN(Person, name),
             KITH_BELONGS_TO(Person, boss, Person, .nullable = true),
             KITH_MANY_TO_MANY(Person,
                               friends,
                               Person,
                               .table = "friends",
                               .column = "who",
                               .target_column = "whom"),
             KITH_MANY_TO_MANY_BACK(Person, friend_of, Person, friends));
KITH_MAPPING(Post,
             "posts",
             KITH_KEY(Post, tenant_id),
             KITH_KEY(Post, number),
             KITH_COLUMN(Post, text),
             KITH_MANY_TO_MANY(Post, tags, Tag));
KITH_MAPPING(Tag,
             "tags",
             KITH_KEY(Tag, name),
             KITH_MANY_TO_MANY_BACK(Tag, posts, Post, tags));

static int
set_up(void **state)
{
    return set_up_with(state, KITH_MAPPINGS(Student, Course, Person, Post, Tag));
}

/* Ann: Art, Botany; Bob: Botany; Cora: nothing. By somebody else. */
static void
fill(Fixture *fixture)
{
    run_sql(fixture,
            "INSERT INTO students (id, name) VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cora')");
    run_sql(
        fixture,
        "INSERT INTO courses (id, title) VALUES (1, 'Art'), (2, 'Botany'), (3, 'Chess')");
    run_sql(
        fixture,
        "INSERT INTO enrolments (student_id, course_id) VALUES (1, 1), (1, 2), (2, 2)");
    if (!is_sqlite(fixture))
        run_sql(fixture, "ALTER TABLE courses ALTER id RESTART WITH 4");
}

static const Student *
student(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Student, id);
}

static const Course *
course(Fixture *fixture, int64_t id)
{
    return find(fixture->session, Course, id);
}

static void
check_courses(const Student *student, const char *expected, int line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const Course *const *courses = kith_many(student, courses, &error);
    assert_done(courses, error);
    kith_each (each, courses)
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", each->title);
    _assert_string_equal(text->str, expected, __FILE__, line);
}
#define assert_courses(student, expected) check_courses((student), (expected), __LINE__)

static void
check_students(const Course *course, const char *expected, int line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const Student *const *students = kith_many(course, students, &error);
    assert_done(students, error);
    kith_each (each, students)
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", each->name);
    _assert_string_equal(text->str, expected, __FILE__, line);
}
#define assert_students(course, expected) check_students((course), (expected), __LINE__)

static bool
is_linked(const Student *student, const Course *course)
{
    g_autoptr(GError) error = NULL;
    bool contains = false;
    assert_done(kith_contains(student, courses, course, &contains, &error), error);
    return contains;
}

#define LINKS "SELECT student_id, course_id FROM enrolments ORDER BY 1, 2"

/* --- writing ----------------------------------------------------------------------- */

static void
new_ends_are_inserted_before_their_link(void **state)
{
    Fixture *fixture = *state;
    KithSession *session = fixture->session;
    const Course *art = kith_add(session, Course, .title = "Art");
    const Student *ann = kith_add(session, Student, .name = "Ann");
    kith_append(ann, courses, art);
    commit(session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT students",
                      "INSERT courses",
                      "INSERT enrolments",
                      "COMMIT");
    assert_rows(fixture, LINKS, "1|1");
    kith_set(ann, name, "Anna");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE students SET name", "COMMIT");
}

static void
an_edited_owner_and_a_new_target_are_written_before_the_link(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    forget_statements(fixture);
    kith_set(ann, name, "Anna");
    const Course *drama = kith_add(fixture->session, Course, .title = "Drama");
    kith_append(drama, students, ann);
    commit(fixture->session);
    assert_statements(fixture,
                      "BEGIN",
                      "INSERT courses",
                      "INSERT enrolments",
                      "UPDATE students SET name",
                      "COMMIT");
}

static void
a_link_that_passes_to_another_owner_is_deleted_before_it_is_inserted(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1), *cora = student(fixture, 3);
    const Course *art = course(fixture, 1);
    assert_courses(ann, "Art Botany");
    forget_statements(fixture);
    kith_append(cora, courses, art);
    kith_remove(ann, courses, art);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE enrolments", "INSERT enrolments", "COMMIT");
    assert_rows(fixture, LINKS, "1|2", "2|2", "3|1");
}

static void
a_collection_that_is_not_loaded_takes_links_without_loading(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    forget_statements(fixture);
    kith_append(ann, courses, chess);
    kith_remove(ann, courses, art);
    assert_no_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE enrolments", "INSERT enrolments", "COMMIT");
    assert_rows(fixture, LINKS, "1|2", "1|3", "2|2");
    assert_courses(ann, "Botany Chess");
}

static void
what_was_appended_and_removed_again_writes_nothing(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1), *bob = student(fixture, 2);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    assert_courses(ann, "Art Botany");
    forget_statements(fixture);
    kith_append(ann, courses, chess);
    kith_remove(ann, courses, chess);
    kith_remove(ann, courses, art);
    kith_append(ann, courses, art);
    kith_append(bob, courses, chess); /* not loaded */
    kith_remove(chess, students, bob);
    assert_false(kith_has_changes(fixture->session));
    commit(fixture->session);
    assert_no_statements(fixture);
    assert_courses(ann, "Art Botany");
}

static void
a_collection_that_is_emptied_and_partly_filled_writes_the_difference(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *botany = course(fixture, 2), *chess = course(fixture, 3);
    const Course *none[] = { NULL };
    const Course *some[] = { botany, chess, botany, NULL };
    assert_done(kith_replace(ann, courses, none, &error), error);
    assert_courses(ann, "");
    forget_statements(fixture);
    assert_done(kith_replace(ann, courses, some, &error), error);
    assert_courses(ann, "Botany Chess");
    commit(fixture->session);
    assert_statements(
        fixture, "BEGIN", "DELETE enrolments", "INSERT enrolments", "COMMIT");
    assert_rows(fixture, LINKS, "1|2", "1|3", "2|2");
}

static void
one_link_made_several_times_is_one_row(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *cora = student(fixture, 3);
    const Course *chess = course(fixture, 3);
    kith_append(cora, courses, chess);
    kith_append(chess, students, cora);
    kith_append(cora, courses, chess);
    assert_courses(cora, "Chess");
    assert_students(chess, "Cora");
    forget_statements(fixture);
    commit(fixture->session);
    assert_rows(fixture, LINKS, "1|1", "1|2", "2|2", "3|3");
}

static void
a_link_that_is_in_the_table_already_is_let_be(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    forget_statements(fixture);
    kith_append(ann, courses, course(fixture, 1));
    commit(fixture->session);
    assert_rows(fixture, LINKS, "1|1", "1|2", "2|2");
    assert_courses(ann, "Art Botany");
}

static void
a_link_that_is_gone_already_is_stale(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *art = course(fixture, 1);
    assert_courses(ann, "Art Botany");
    run_sql(fixture, "DELETE FROM enrolments WHERE course_id = 1");
    kith_remove(ann, courses, art);
    assert_false(kith_commit(fixture->session, &error));
    assert_string_equal(kith_error_table(error), "enrolments");
    assert_error(error, KITH_ERROR_STALE, "Student.courses (1, 1): *");
    kith_rollback(fixture->session);
    assert_courses(ann, "Botany");
}

static void
a_second_relation_between_the_same_two_is_a_table_of_its_own(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Student *cora = student(fixture, 3);
    const Course *art = course(fixture, 1);
    kith_append(cora, wishes, art);
    assert_courses(cora, "");
    assert_int_equal(kith_length(kith_many(cora, wishes, &error)), 1);
    commit(fixture->session);
    assert_rows(fixture, "SELECT student_id, course_id FROM students_wishes", "3|1");
    assert_rows(fixture, LINKS, "1|1", "1|2", "2|2");
}

/* --- both sides -------------------------------------------------------------------- */

static void
both_sides_are_in_step_whichever_is_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1), *cora = student(fixture, 3);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    assert_courses(ann, "Art Botany");
    assert_courses(cora, "");
    assert_students(art, "Ann");
    assert_students(chess, "");
    forget_statements(fixture);
    kith_append(ann, courses, chess);
    assert_students(chess, "Ann");
    kith_append(chess, students, cora);
    assert_courses(cora, "Chess");
    kith_remove(art, students, ann);
    assert_courses(ann, "Botany Chess");
    assert_students(art, "");
    assert_no_statements(fixture);
}

static void
what_is_not_flushed_is_merged_when_a_collection_is_loaded(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    KithOptions options = { .no_autoflush = true,
                            .mappings =
                                KITH_MAPPINGS(Student, Course, Person, Post, Tag) };
    fixture->engine = open_engine(fixture, &options);
    new_session(fixture);
    const Student *ann = student(fixture, 1);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    kith_append(ann, courses, chess);
    kith_remove(ann, courses, art);
    forget_statements(fixture);
    assert_courses(ann, "Botany Chess");
    assert_students(chess, "Ann");
    assert_students(art, "");
    commit(fixture->session);
    assert_rows(fixture, LINKS, "1|2", "1|3", "2|2");
}

static void
collections_of_siblings_are_loaded_by_two_statements(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(StudentQuery) query = kith_query(fixture->session, Student);
    kith_order_by(query, kith_asc(Student, id));
    const Student *const *students = kith_all(query, &error);
    forget_statements(fixture);
    assert_courses(students[0], "Art Botany");
    assert_courses(students[1], "Botany");
    assert_courses(students[2], "");
    assert_statements(
        fixture,
        "SELECT enrolments WHERE student_id IN (?) ORDER BY student_id, course_id",
        "SELECT courses WHERE id IN (?) ORDER BY id");
    assert_students(kith_many(students[1], courses, &error)[0], "Ann Bob");
}

/* --- asking ------------------------------------------------------------------------ */

static void
membership_costs_one_row_at_most(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1), *cora = student(fixture, 3);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    forget_statements(fixture);
    assert_true(is_linked(ann, art));
    assert_statements(fixture, "SELECT enrolments WHERE student_id AND course_id");
    assert_true(is_linked(ann, art));
    kith_append(cora, courses, chess);
    assert_true(is_linked(cora, chess));
    kith_remove(ann, courses, art);
    assert_false(is_linked(ann, art));
    assert_no_statements(fixture);
    assert_courses(ann, "Botany");
    forget_statements(fixture);
    assert_false(is_linked(ann, chess));
    assert_no_statements(fixture);
}

static void
a_collection_is_counted_without_loading_it(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    int64_t count = 0;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    forget_statements(fixture);
    assert_done(kith_count_of(ann, courses, &count, &error), error);
    assert_int_equal(count, 2);
    assert_statements(fixture, "COUNT enrolments WHERE student_id");
    kith_append(ann, courses, course(fixture, 3));
    forget_statements(fixture);
    assert_done(kith_count_of(ann, courses, &count, &error), error);
    assert_int_equal(count, 3);
    assert_statements(
        fixture, "BEGIN", "INSERT enrolments", "COUNT enrolments WHERE student_id");
    assert_courses(ann, "Art Botany Chess");
    forget_statements(fixture);
    assert_done(kith_count_of(ann, courses, &count, &error), error);
    assert_int_equal(count, 3);
    assert_no_statements(fixture);
}

static void
links_are_loaded_with_a_query(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    g_autoptr(StudentQuery) query = kith_query(fixture->session, Student);
    kith_with(query, courses, students);
    const Student *const *students = kith_all(query, &error);
    assert_done(students, error);
    assert_statements(
        fixture,
        "SELECT students",
        "SELECT enrolments WHERE student_id IN (?) ORDER BY student_id, course_id",
        "SELECT courses WHERE id IN (?) ORDER BY id",
        "SELECT enrolments WHERE course_id IN (?) ORDER BY student_id, course_id");
    assert_courses(students[0], "Art Botany");
    assert_students(kith_many(students[0], courses, &error)[1], "Ann Bob");
    assert_no_statements(fixture);
}

/* --- undoing ----------------------------------------------------------------------- */

static void
a_rollback_restores_links(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *art = course(fixture, 1), *chess = course(fixture, 3);
    assert_courses(ann, "Art Botany");
    kith_append(ann, courses, chess);
    kith_remove(ann, courses, art);
    flush(fixture->session);
    kith_append(ann, courses, art);
    kith_rollback(fixture->session);
    assert_courses(ann, "Art Botany");
    assert_students(chess, "");
    forget_statements(fixture);
    commit(fixture->session);
    assert_no_statements(fixture);
    assert_rows(fixture, LINKS, "1|1", "1|2", "2|2");
}

static void
a_savepoint_restores_the_links_of_then(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    kith_append(ann, courses, course(fixture, 3));
    assert_done(kith_savepoint(fixture->session, &error), error);
    kith_remove(ann, courses, course(fixture, 1));
    kith_remove(ann, courses, course(fixture, 3));
    flush(fixture->session);
    assert_courses(ann, "Botany");
    assert_done(kith_savepoint_rollback(fixture->session, &error), error);
    assert_courses(ann, "Art Botany Chess");
    commit(fixture->session);
    assert_rows(fixture, LINKS, "1|1", "1|2", "1|3", "2|2");
}

static void
after_a_failed_commit_links_are_still_to_be_written(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    assert_courses(ann, "Art Botany");
    const Course *again = kith_add(fixture->session, Course, .title = "Art");
    kith_append(ann, courses, again);
    kith_remove(ann, courses, course(fixture, 1));
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error, KITH_ERROR_UNIQUE, "Course*");
    assert_rows(fixture, LINKS, "1|1", "1|2", "2|2");
    kith_set(again, title, "Drama");
    commit(fixture->session);
    assert_courses(ann, "Botany Drama");
    assert_rows(fixture,
                "SELECT title FROM enrolments JOIN courses ON course_id = id "
                "WHERE student_id = 1 ORDER BY title",
                "Botany",
                "Drama");
}

static void
an_unknown_link_that_was_to_be_removed_is_unknown_after_a_rollback(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *chess = course(fixture, 3);
    kith_remove(ann, courses, chess); /* it is not there */
    kith_rollback(fixture->session);
    assert_false(is_linked(ann, chess));
}

/* --- keys -------------------------------------------------------------------------- */

static void
links_follow_keys_that_change(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Tag *red = kith_add(session, Tag, .name = "red");
    const Post *post =
        kith_add(session, Post, .tenant_id = 1, .number = 7, .text = "hello");
    kith_append(post, tags, red);
    commit(session);
    assert_rows(fixture, "SELECT * FROM posts_tags", "1|7|red");
    assert_int_equal(kith_length(kith_many(post, tags, &error)), 1);
    forget_statements(fixture);
    kith_set(red, name, "green");
    commit(session);
    assert_statements(fixture, "BEGIN", "UPDATE tags SET name", "COMMIT");
    commit(session);
    assert_no_statements(fixture);
    assert_rows(fixture, "SELECT * FROM posts_tags", "1|7|green");
    kith_remove(red, posts, post);
    commit(session);
    assert_no_rows(fixture, "SELECT * FROM posts_tags");
}

static void
a_student_who_takes_over_a_row_has_links_of_her_own(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *botany = course(fixture, 2), *chess = course(fixture, 3);
    kith_delete(ann);
    const Student *eve = kith_add(fixture->session, Student, .id = 1, .name = "Eve");
    kith_append(eve, courses, chess);
    kith_append(eve, courses, botany);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(
        fixture,
        "BEGIN",
        "SELECT enrolments WHERE student_id IN (?) ORDER BY student_id, "
        "course_id",
        "SELECT students_wishes WHERE student_id IN (?) ORDER BY student_id, "
        "course_id",
        "DELETE enrolments",
        "INSERT enrolments",
        "UPDATE students SET name",
        "COMMIT");
    assert_rows(fixture, LINKS, "1|2", "1|3", "2|2");
    assert_courses(eve, "Botany Chess");
}

/* --- to itself --------------------------------------------------------------------- */

static void
a_graph_of_persons_is_saved(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Person *persons[6] = { NULL };
    for (int64_t i = 1; i <= 5; i++)
        persons[i] = kith_add(session, Person, .id = i, .name = "somebody");
    kith_append(persons[1], friends, persons[2]);
    kith_append(persons[1], friends, persons[3]);
    kith_append(persons[2], friends, persons[1]);
    kith_append(persons[4], friends, persons[4]);
    kith_set(persons[2], boss, persons[5]);
    kith_set(persons[3], boss, persons[2]);
    commit(session);
    assert_rows(fixture,
                "SELECT who, whom FROM friends ORDER BY 1, 2",
                "1|2",
                "1|3",
                "2|1",
                "4|4");
    assert_int_equal(kith_length(kith_many(persons[1], friends, &error)), 2);
    assert_int_equal(kith_length(kith_many(persons[1], friend_of, &error)), 1);
    assert_int_equal(kith_length(kith_many(persons[4], friend_of, &error)), 1);
}

static void
rows_that_are_deleted_take_their_links_with_them(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    KithSession *session = fixture->session;
    const Person *one = kith_add(session, Person, .id = 1, .name = "one");
    const Person *two = kith_add(session, Person, .id = 2, .name = "two");
    kith_append(one, friends, two);
    kith_append(two, friends, two);
    commit(session);
    assert_int_equal(kith_length(kith_many(one, friends, &error)), 1);
    forget_statements(fixture);
    kith_delete(two);
    assert_int_equal(kith_length(kith_many(one, friends, &error)), 0);
    commit(session);
    assert_no_rows(fixture, "SELECT * FROM friends");
    kith_rollback(session);
    assert_int_equal(kith_length(kith_many(one, friends, &error)), 0);
}

static void
a_new_link_to_what_is_deleted_is_not_written(void **state)
{
    Fixture *fixture = *state;
    fill(fixture);
    const Student *cora = student(fixture, 3);
    const Course *chess = course(fixture, 3);
    kith_append(cora, courses, chess);
    kith_delete(chess);
    forget_statements(fixture);
    commit(fixture->session);
    assert_statements(fixture, "BEGIN", "DELETE courses", "COMMIT");
    assert_courses(cora, "");
}

/* --- mistakes ---------------------------------------------------------------------- */

static void
an_object_that_is_in_no_session_is_refused_before_anything_is_sent(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(KithSession) other = kith_session_new(fixture->engine);
    fill(fixture);
    const Student *ann = student(fixture, 1);
    const Course *theirs = find(other, Course, 1);
    const Course *nothing = NULL;
    forget_statements(fixture);
    kith_append(ann, courses, theirs);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Student 1: kith_append of courses: the item is an object of another "
                 "session; get it in this one (*)");
    kith_append(ann, courses, nothing);
    assert_false(kith_commit(fixture->session, &error));
    assert_error(error,
                 KITH_ERROR_MISUSE,
                 "Student 1: kith_append of courses: the item is NULL (*)");
    assert_no_statements(fixture);
    assert_courses(ann, "Art Botany");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SCHEMA(new_ends_are_inserted_before_their_link),
        ON_A_SCHEMA(an_edited_owner_and_a_new_target_are_written_before_the_link),
        ON_A_SCHEMA(a_link_that_passes_to_another_owner_is_deleted_before_it_is_inserted),
        ON_A_SCHEMA(a_collection_that_is_not_loaded_takes_links_without_loading),
        ON_A_SCHEMA(what_was_appended_and_removed_again_writes_nothing),
        ON_A_SCHEMA(a_collection_that_is_emptied_and_partly_filled_writes_the_difference),
        ON_A_SCHEMA(one_link_made_several_times_is_one_row),
        ON_A_SCHEMA(a_link_that_is_in_the_table_already_is_let_be),
        ON_A_SCHEMA(a_link_that_is_gone_already_is_stale),
        ON_A_SCHEMA(a_second_relation_between_the_same_two_is_a_table_of_its_own),
        ON_A_SCHEMA(both_sides_are_in_step_whichever_is_written),
        ON_A_SCHEMA(what_is_not_flushed_is_merged_when_a_collection_is_loaded),
        ON_A_SCHEMA(collections_of_siblings_are_loaded_by_two_statements),
        ON_A_SCHEMA(membership_costs_one_row_at_most),
        ON_A_SCHEMA(a_collection_is_counted_without_loading_it),
        ON_A_SCHEMA(links_are_loaded_with_a_query),
        ON_A_SCHEMA(a_rollback_restores_links),
        ON_A_SCHEMA(a_student_who_takes_over_a_row_has_links_of_her_own),
        ON_A_SCHEMA(a_savepoint_restores_the_links_of_then),
        ON_A_SCHEMA(after_a_failed_commit_links_are_still_to_be_written),
        ON_A_SCHEMA(an_unknown_link_that_was_to_be_removed_is_unknown_after_a_rollback),
        ON_A_SCHEMA(links_follow_keys_that_change),
        ON_A_SCHEMA(a_graph_of_persons_is_saved),
        ON_A_SCHEMA(rows_that_are_deleted_take_their_links_with_them),
        ON_A_SCHEMA(a_new_link_to_what_is_deleted_is_not_written),
        ON_A_SCHEMA(an_object_that_is_in_no_session_is_refused_before_anything_is_sent),
    };
    return run_on_each_database("many-to-many", tests);
}

/*
 * kith-mapping.h - what a struct is to a table.
 *
 *     struct Book {
 *         int64_t id;
 *         const char *title;
 *         double price;
 *         int32_t version;
 *         KITH_REF(Author) author;
 *     };
 *
 *     KITH_DECLARE(Book);              // in the header, after the struct
 *
 *     KITH_MAPPING(Book, "books",      // in one .c file
 *         KITH_KEY(Book, id, .generated = true),
 *         KITH_COLUMN(Book, title),
 *         KITH_COLUMN(Book, price),
 *         KITH_VERSION(Book, version),
 *         KITH_BELONGS_TO(Book, author, Author, .column = "author_id"));
 *
 * A mapping is 'static const' data. A member that is not there, a member of a type that
 * cannot be a column, a relation to the wrong struct, an option that does not exist: none
 * of them compiles. What only the whole can show (two columns of one name, a mapping
 * without a key, a relation to a mapping that the engine was not given) is found when the
 * engine is opened, all of it in one error.
 */
#ifndef KITH_MAPPING_H
#define KITH_MAPPING_H

#include "kith-check.h"
#include "kith-driver.h"

G_BEGIN_DECLS

typedef struct KithMapping KithMapping;

/* --- relations in structs ---------------------------------------------------------- */

/* The foreign key that a reference holds, as the table has it. Kith writes it; do not. */
typedef struct KithLink {
    bool has_key;
    union {
        int32_t int32;
        int64_t int64;
        const char *text;
        KithUuid uuid;
    } key;
} KithLink;

/*
 * Relations have a member 'kith_relation', by which the compiler knows what they mean. It is
 * never read.
 */

/*
 * A reference to one T. 'target' is the object, once it is known: reading it does no I/O,
 * and it is NULL for a reference that is NULL or not loaded; kith_ref() tells the two
 * apart and loads. In an object from kith_add() or kith_edit() it can be written:
 * '.author.target = ann'.
 */
#define KITH_REF(T)                 \
    struct {                        \
        union {                     \
            const T *target;        \
            const T *kith_relation; \
        };                          \
        KithLink link;              \
    }

typedef struct KithCollection KithCollection;

/* Many of T: the other side of a reference. Read with kith_many(). */
#define KITH_MANY(T)                   \
    struct {                           \
        union {                        \
            union {                    \
                KithCollection *state; \
                const T *const *type;  \
            } u;                       \
            const T *kith_relation;    \
        };                             \
    }

/*
 * The one T that refers to this object, or none: the other side of a unique reference. Read
 * with kith_ref(); set with kith_set(). 'target' is what is known of it without I/O.
 */
#define KITH_ONE(T)                 \
    struct {                        \
        union {                     \
            const T *target;        \
            const T *kith_relation; \
        };                          \
        KithCollection *state;      \
    }

/* --- options of the rows of a mapping ---------------------------------------------- */

/* What the database does to the rows that refer, when the row they refer to goes or
 * changes. */
typedef enum KithAction {
    KITH_NO_ACTION = 0, /* it refuses */
    KITH_CASCADE,       /* they go, or change, too */
    KITH_SET_NULL,      /* their reference becomes NULL */
    KITH_RESTRICT       /* it refuses at once, even if the constraint is deferred */
} KithAction;

/* A foreign key of an ordinary column; see KITH_REFERENCES. */
typedef struct KithForeignKeyOptions {
    const KithMapping *target;
    size_t offset; /* of the member that is meant, in the target */
    KithAction on_delete;
    KithAction on_update;
    bool deferrable; /* checked at the end of the transaction */
    char end;        /* not an option */
} KithForeignKeyOptions;

/* Members of a struct, in an order; see KITH_VIA and KITH_TO. */
typedef struct KithMembers {
    const KithMapping *mapping;
    const size_t *offsets;
    size_t count;
} KithMembers;

/* Options of KITH_KEY. */
typedef struct KithKeyOptions {
    const char *column; /* NULL: the member's own name */
    /*
     * A key left at zero is made: by the database for an integer, as a UUID of version 7
     * by Kith. A key that is not zero is taken as it is.
     */
    bool generated;
    size_t max_length; /* text: in characters; 0: any */
    KithForeignKeyOptions
        references; /* a key that is a foreign key too; see KITH_REFERENCES */
    char end;       /* not an option */
} KithKeyOptions;

/* Options of KITH_COLUMN. */
typedef struct KithColumnOptions {
    const char *column; /* NULL: the member's own name */
    bool nullable;      /* text and blobs; scalars are KithOpt… instead */
    bool unique;
    /*
     * With '.unique': checked at the end of the transaction, so that values can pass from row
     * to row in any order. Nothing can refer to such a column. SQLite has no such constraint:
     * there it is checked at once, and a flush puts its statements in order as for any other.
     */
    bool deferrable;
    bool indexed;
    bool secret;       /* traces show '***' in its place */
    size_t max_length; /* text: in characters; 0: any */
    KithNames names;   /* an enum: see KITH_NAMES */
    bool as_integer;   /* an enum with names: store the number all the same */
    /*
     * An SQL expression of the database, such as "CURRENT_TIMESTAMP", that fills the
     * column of a new row whose member is left at zero: 0, false, NULL, no value. Then
     * the INSERT leaves the column out, and the same statement reads back what the
     * database took. A member that is not zero is written as it is. So is a zero, or
     * NULL, that kith_set() or kith_set_null() set on the object while it was pending:
     * what was said is not left out.
     */
    const char *default_sql;
    /*
     * An SQL expression over other columns of the row, such as "price * quantity": the
     * database computes the column. It is never written, and read back by each INSERT and
     * UPDATE of the row.
     */
    const char *computed_sql;
    KithForeignKeyOptions references; /* see KITH_REFERENCES */
    char end;                         /* not an option */
} KithColumnOptions;

/* Options of KITH_VERSION. */
typedef struct KithVersionOptions {
    const char *column;
    char end; /* not an option */
} KithVersionOptions;

/* Options of KITH_DISCRIMINATOR. */
typedef struct KithDiscriminatorOptions {
    const char *column;
    KithNames names; /* an enum: see KITH_NAMES */
    bool as_integer; /* an enum with names: store the number all the same */
    size_t max_length;
    /* What the column holds for an object that is the base and nothing more. */
    int64_t value;    /* an enumerator or a number */
    const char *text; /* of a text */
    bool abstract;    /* there are no such objects */
    char end;         /* not an option */
} KithDiscriminatorOptions;

/* Options of KITH_EXTENDS. */
typedef struct KithExtendsOptions {
    /* What the discriminator of the base holds for such an object. */
    int64_t value;    /* an enumerator or a number */
    const char *text; /* of a text */
    bool abstract;    /* there are objects only of what extends it */
    /* A table of its own: its column for the key of the base. NULL: "animal_id". */
    const char *column;
    char end; /* not an option */
} KithExtendsOptions;

/* Options of KITH_BELONGS_TO. */
typedef struct KithReferenceOptions {
    const char *column; /* NULL: the member's name and the target's key: "author_id" */
    /*
     * The foreign key is in members of this struct, instead of a column that the reference
     * hides: '.via = KITH_VIA(Book, tenant_id, author_id)', in the order of the target's
     * key. For keys of several members, and for columns that have several meanings. Such a
     * reference is nullable if one of its members is.
     */
    KithMembers via;
    /*
     * What it refers to, if that is not the key: '.to = KITH_TO(Country, code)', members
     * that are unique together.
     */
    KithMembers to;
    bool nullable;
    bool unique; /* at most one refers to it: one-to-one */
    bool indexed;
    /*
     * What happens to this object when the target is deleted. The database does it to the
     * rows, and objects that are loaded follow.
     */
    KithAction on_delete;
    KithAction on_update; /* and when the target's key changes */
    /*
     * The session does what '.on_delete' says: it loads what refers to the deleted object, and
     * deletes or empties that with statements of its own, with hooks and versions.
     */
    bool in_session;
    /*
     * With '.unique': the target belongs to this object alone. It is deleted with it, and when
     * the reference is set to another one, or to NULL.
     */
    bool owns_target;
    bool deferrable; /* checked at the end of the transaction */
    char end;        /* not an option */
} KithReferenceOptions;

/* Options of KITH_HAS_MANY and KITH_HAS_ONE. */
typedef struct KithManyOptions {
    KithAction on_delete; /* the same as of the reference that it is the other side of */
    bool in_session;      /* the same */
    /*
     * With KITH_CASCADE: an item that is taken out, and put into no other collection of this
     * kind, is deleted by the next flush.
     */
    bool delete_orphans;
    /*
     * The order of the items: '.order_by = KITH_BY(Book, title)', by ascending value of these
     * members, NULL last, text by its bytes. Without it by ascending key.
     */
    KithMembers order_by;
    /*
     * An order that is kept: '.position = KITH_BY(Track, position)', an int32_t or int64_t of
     * the item. What is appended comes last; kith_move() changes the place of an item. What is
     * taken out leaves a gap.
     */
    KithMembers position;
    char end; /* not an option */
} KithManyOptions;

/* Options of KITH_MANY_TO_MANY. */
typedef struct KithManyToManyOptions {
    const char *table;  /* of the links; NULL: table and member: "students_courses" */
    const char *column; /* to this entity; NULL: "student_id", by entity and key */
    const char *target_column; /* to the target; NULL: "course_id" */
    bool in_session; /* the session deletes the links of what is deleted, not the database */
    /*
     * KITH_CASCADE: the items are deleted with their owner, by the session, which loads the
     * links and the items for that. Without it only the links go.
     */
    KithAction on_delete;
    /*
     * With KITH_CASCADE: an item belongs to one owner at a time, and one that is taken out, and
     * put into no other collection of this kind, is deleted by the next flush.
     */
    bool delete_orphans;
    KithMembers order_by; /* of the items: see KithManyOptions */
    char end;                  /* not an option */
} KithManyToManyOptions;

/* --- a mapping --------------------------------------------------------------------- */

typedef enum KithRole {
    KITH_ROLE_KEY,
    KITH_ROLE_COLUMN,
    KITH_ROLE_VERSION,
    KITH_ROLE_REFERENCE,
    KITH_ROLE_MANY,
    KITH_ROLE_ONE,
    KITH_ROLE_MANY_TO_MANY,
    KITH_ROLE_MANY_TO_MANY_BACK,
    KITH_ROLE_UNIQUE,
    KITH_ROLE_UNIQUE_DEFERRABLE,
    KITH_ROLE_INDEX,
    KITH_ROLE_DISCRIMINATOR,
    KITH_ROLE_EXTENDS
} KithRole;

/* A row of a mapping, as the macros below make it. */
typedef struct KithMember {
    KithRole role;
    const char *name; /* of the member */
    KithKind kind;
    bool optional;             /* a KithOpt… */
    size_t offset;             /* of the member in the struct */
    const KithMapping *target; /* relations */
    size_t inverse; /* KITH_HAS_MANY, KITH_MANY_TO_MANY_BACK: offset of the other side */
    const size_t *offsets;     /* KITH_UNIQUE…, KITH_INDEX: of their members */
    size_t n_offsets;
    union {
        KithKeyOptions key;
        KithColumnOptions column;
        KithVersionOptions version;
        KithReferenceOptions reference;
        KithManyOptions many;
        KithDiscriminatorOptions discriminator;
        KithExtendsOptions extends;
        KithManyToManyOptions links;
    } options;
} KithMember;

struct KithMapping {
    const char *entity; /* the name of the struct */
    const char *table;  /* "books", or "library.books" with a schema; "": of the base */
    size_t size;        /* of the struct */
    const KithMember *members;
    size_t n_members;
};

G_END_DECLS

/* clang-format off */

#ifndef __cplusplus

/*
 * Declare the mapping of T, and with it BookQuery, BookPredicate and others for T = Book: the types
 * by which the compiler keeps a predicate of one entity out of the query of another.
 */
#define KITH_DECLARE(T)                                                             \
    typedef struct T##Predicate { KithPredicate untyped; } T##Predicate;            \
    typedef struct T##Order { KithOrder untyped; } T##Order;                        \
    typedef struct T##Assignment { KithAssignment untyped; } T##Assignment;         \
    typedef struct T##Query {                                                       \
        const T *entity;                                                            \
        const T *const *entities;                                                   \
        T##Predicate *predicate;                                                    \
        T##Order *order;                                                            \
        T##Assignment *assignment;                                                  \
    } T##Query; /* never made: what a BookQuery * points to is a KithQuery */       \
    typedef struct T##Alias {                                                       \
        const T *entity;                                                            \
        T##Predicate *predicate;                                                    \
    } T##Alias; /* never made: what a BookAlias * points to is a KithAlias */       \
    G_GNUC_UNUSED static inline void kith_query_free_##T(T##Query *query)           \
    {                                                                               \
        kith_query_free((KithQuery *) query);                                       \
    }                                                                               \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(T##Query, kith_query_free_##T)                    \
    extern const KithMapping kith_mapping_##T

/* --- rows: keys and columns -------------------------------------------------------- */

#define KITH_KEY(T, ...) KITH_KEY_(T, __VA_ARGS__, .end = 0)
#define KITH_KEY_(T, member_, ...)                                                            \
    {                                                                                         \
        .role = KITH_ROLE_KEY, .name = #member_,                                              \
        .kind = KITH_KIND_OF(KITH_MEMBER(T, member_)),                                        \
        .offset = KITH_REQUIRE(KITH_IS_KEY(KITH_MEMBER(T, member_)),                          \
                               #T "." #member_ " cannot be a key: a key is an int32_t, an "   \
                               "int64_t, a const char * or a KithUuid")                       \
                  + offsetof(T, member_),                                                     \
        .options.key = { __VA_ARGS__ }                                                        \
    }

#define KITH_COLUMN(T, ...) KITH_COLUMN_(T, __VA_ARGS__, .end = 0)
#define KITH_COLUMN_(T, member_, ...)                                                         \
    {                                                                                         \
        .role = KITH_ROLE_COLUMN, .name = #member_,                                           \
        .kind = KITH_KIND_OF(KITH_MEMBER(T, member_)),                                        \
        .optional = KITH_IS_OPTIONAL(KITH_MEMBER(T, member_)),                                \
        .offset = KITH_REQUIRE(KITH_IS_COLUMN(KITH_MEMBER(T, member_)),                       \
                               #T "." #member_ " does not have a type that can be a column")  \
                  + offsetof(T, member_),                                                     \
        .options.column = { __VA_ARGS__ }                                                     \
    }

/* An integer that every UPDATE checks and raises; a row changed by others meanwhile is STALE. */
#define KITH_VERSION(T, ...) KITH_VERSION_(T, __VA_ARGS__, .end = 0)
#define KITH_VERSION_(T, member_, ...)                                                        \
    {                                                                                         \
        .role = KITH_ROLE_VERSION, .name = #member_,                                          \
        .kind = KITH_KIND_OF(KITH_MEMBER(T, member_)),                                        \
        .offset = KITH_REQUIRE(KITH_IS_VERSION(KITH_MEMBER(T, member_)),                      \
                               #T "." #member_ " cannot be a version: it is not an int32_t "  \
                               "or an int64_t")                                               \
                  + offsetof(T, member_),                                                     \
        .options.version = { __VA_ARGS__ }                                                    \
    }

/*
 * The names of an enum: '.names = KITH_NAMES([GENRE_POEM] = "poem", [GENRE_NOVEL] = "novel")'.
 * The table holds the name (or, with '.as_integer = true', the number), with a CHECK.
 */
#define KITH_NAMES(...)                                                  \
    {                                                                    \
        (const char *const[]){ __VA_ARGS__ },                            \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)    \
    }

/* '.references = KITH_REFERENCES(Author, id, .on_delete = KITH_CASCADE)': a plain foreign key. */
#define KITH_REFERENCES(...) KITH_REFERENCES_(__VA_ARGS__, .end = 0)
#define KITH_REFERENCES_(Target, member_, ...)                           \
    {                                                                    \
        .target = &kith_mapping_##Target,                                \
        .offset = offsetof(Target, member_), __VA_ARGS__                 \
    }

/* --- rows: relations --------------------------------------------------------------- */

/* Members that hold a foreign key, that one refers to, and that objects are ordered by. */
#define KITH_VIA(T, ...) KITH_MEMBERS_(T, __VA_ARGS__)
#define KITH_TO(T, ...) KITH_MEMBERS_(T, __VA_ARGS__)
#define KITH_BY(T, ...) KITH_MEMBERS_(T, __VA_ARGS__)
#define KITH_MEMBERS_(T, ...)                                                                \
    {                                                                                        \
        .mapping = &kith_mapping_##T,                                                        \
        .offsets = (const size_t[]){ KITH_FOR_EACH_(KITH_OFFSET_OF_, T, __VA_ARGS__) },      \
        .count = sizeof((const size_t[]){                                                    \
                     KITH_FOR_EACH_(KITH_OFFSET_OF_, T, __VA_ARGS__) })                      \
                 / sizeof(size_t)                                                            \
    }

#define KITH_BELONGS_TO(T, member, ...) KITH_BELONGS_TO_(T, member, __VA_ARGS__, .end = 0)
#define KITH_BELONGS_TO_(T, member_, Target, ...)                                             \
    {                                                                                         \
        .role = KITH_ROLE_REFERENCE, .name = #member_, .target = &kith_mapping_##Target,      \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(T, member_).target, Target),        \
                               #T "." #member_ " is not a KITH_REF(" #Target ")")             \
                  + 0 * sizeof(KITH_MEMBER(T, member_).link) + offsetof(T, member_),          \
        .options.reference = { __VA_ARGS__ }                                                  \
    }

/* The other side of a unique reference: KITH_HAS_ONE(Person, passport, Passport, owner). */
#define KITH_HAS_ONE(T, member, Target, ...)                                                  \
    KITH_HAS_ONE_(T, member, Target, __VA_ARGS__, .end = 0)
#define KITH_HAS_ONE_(T, member_, Target, back, ...)                                          \
    {                                                                                         \
        .role = KITH_ROLE_ONE, .name = #member_, .target = &kith_mapping_##Target,            \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(T, member_).target, Target),        \
                               #T "." #member_ " is not a KITH_ONE(" #Target ")")             \
                  + 0 * sizeof(KITH_MEMBER(T, member_).state) + offsetof(T, member_),         \
        .inverse = KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(Target, back).target, T),          \
                                #Target "." #back " is not a KITH_REF(" #T ")")               \
                   + 0 * sizeof(KITH_MEMBER(Target, back).link) + offsetof(Target, back),     \
        .options.many = { __VA_ARGS__ }                                                       \
    }

#define KITH_HAS_MANY(T, member, Target, ...)                                                 \
    KITH_HAS_MANY_(T, member, Target, __VA_ARGS__, .end = 0)
#define KITH_HAS_MANY_(T, member_, Target, back, ...)                                         \
    {                                                                                         \
        .role = KITH_ROLE_MANY, .name = #member_, .target = &kith_mapping_##Target,           \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(*KITH_MEMBER(T, member_).u.type, Target),       \
                               #T "." #member_ " is not a KITH_MANY(" #Target ")")            \
                  + offsetof(T, member_),                                                     \
        .inverse = KITH_REQUIRE(KITH_POINTS_TO(KITH_MEMBER(Target, back).target, T),          \
                                #Target "." #back " is not a KITH_REF(" #T ")")               \
                   + offsetof(Target, back),                                                  \
        .options.many = { __VA_ARGS__ }                                                       \
    }

/*
 * Many-to-many: a table of links between the two entities, which needs no struct. The other
 * entity can have the other side of the same links:
 *   KITH_MANY_TO_MANY(Student, courses, Course, .table = "enrolments")
 *   KITH_MANY_TO_MANY_BACK(Course, students, Student, courses)
 * A link table with columns of its own is an entity of its own, with two references.
 */
#define KITH_MANY_TO_MANY(T, member, ...)                                                     \
    KITH_MANY_TO_MANY_(T, member, __VA_ARGS__, .end = 0)
#define KITH_MANY_TO_MANY_(T, member_, Target, ...)                                           \
    {                                                                                         \
        .role = KITH_ROLE_MANY_TO_MANY, .name = #member_, .target = &kith_mapping_##Target,   \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(*KITH_MEMBER(T, member_).u.type, Target),       \
                               #T "." #member_ " is not a KITH_MANY(" #Target ")")            \
                  + offsetof(T, member_),                                                     \
        .options.links = { __VA_ARGS__ }                                                      \
    }

#define KITH_MANY_TO_MANY_BACK(T, member_, Target, back)                                      \
    {                                                                                         \
        .role = KITH_ROLE_MANY_TO_MANY_BACK, .name = #member_,                                \
        .target = &kith_mapping_##Target,                                                     \
        .offset = KITH_REQUIRE(KITH_POINTS_TO(*KITH_MEMBER(T, member_).u.type, Target),       \
                               #T "." #member_ " is not a KITH_MANY(" #Target ")")            \
                  + offsetof(T, member_),                                                     \
        .inverse = KITH_REQUIRE(KITH_POINTS_TO(*KITH_MEMBER(Target, back).u.type, T),         \
                                #Target "." #back " is not a KITH_MANY(" #T ")")              \
                   + offsetof(Target, back)                                                   \
    }

/* --- rows: inheritance ------------------------------------------------------------- */

/*
 * A struct that embeds that of another entity as its first member can extend it:
 *
 *     struct Animal { int64_t id; AnimalKind kind; const char *name; };
 *     struct Dog { Animal animal; int32_t tricks; };
 *
 *     KITH_MAPPING(Animal, "animals",
 *         KITH_KEY(Animal, id, .generated = true),
 *         KITH_DISCRIMINATOR(Animal, kind, .names = KITH_NAMES(…), .value = ANIMAL_PLAIN),
 *         KITH_COLUMN(Animal, name));
 *
 *     KITH_MAPPING(Dog, "dogs",
 *         KITH_EXTENDS(Dog, animal, Animal, .value = ANIMAL_DOG),
 *         KITH_COLUMN(Dog, tricks));
 *
 * A dog has all columns and relations of an animal, and its key; it is a row of "animals"
 * and one of "dogs", whose key is the same. With KITH_SAME_TABLE instead of "dogs" its
 * columns are in the table of the base. Either way queries of Animal give dogs as well,
 * each object as what it is: see kith_as().
 */
#define KITH_EXTENDS(T, member, ...) KITH_EXTENDS_(T, member, __VA_ARGS__, .end = 0)
#define KITH_EXTENDS_(T, member_, Base, ...)                                                  \
    {                                                                                         \
        .role = KITH_ROLE_EXTENDS, .name = #member_, .target = &kith_mapping_##Base,          \
        .offset = KITH_REQUIRE(KITH_IS_A(KITH_MEMBER(T, member_), Base),                      \
                               #T "." #member_ " is not of type " #Base)                      \
                  + KITH_REQUIRE(offsetof(T, member_) == 0,                                   \
                                 #T "." #member_ " is not the first member of " #T)           \
                  + offsetof(T, member_),                                                     \
        .options.extends = { __VA_ARGS__ }                                                    \
    }

/* For the name of the table: that of the base. */
#define KITH_SAME_TABLE ""

/*
 * The member that says what a row is: an enum, an int32_t, an int64_t or a text. Kith sets
 * it when an object is added, and nobody else does.
 */
#define KITH_DISCRIMINATOR(T, ...) KITH_DISCRIMINATOR_(T, __VA_ARGS__, .end = 0)
#define KITH_DISCRIMINATOR_(T, member_, ...)                                                  \
    {                                                                                         \
        .role = KITH_ROLE_DISCRIMINATOR, .name = #member_,                                    \
        .kind = KITH_KIND_OF(KITH_MEMBER(T, member_)),                                        \
        .offset = KITH_REQUIRE(KITH_IS_DISCRIMINATOR(KITH_MEMBER(T, member_)),                \
                               #T "." #member_ " cannot be a discriminator: it is not an "    \
                               "enum, an int32_t, an int64_t or a const char *")              \
                  + offsetof(T, member_),                                                     \
        .options.discriminator = { __VA_ARGS__ }                                              \
    }

/* --- rows: constraints over several members ---------------------------------------- */

#define KITH_UNIQUE(T, ...) KITH_OVER_(UNIQUE, T, __VA_ARGS__)
#define KITH_INDEX(T, ...) KITH_OVER_(INDEX, T, __VA_ARGS__)
/* Checked at the end of the transaction; see '.deferrable' of KITH_COLUMN. */
#define KITH_UNIQUE_DEFERRABLE(T, ...) KITH_OVER_(UNIQUE_DEFERRABLE, T, __VA_ARGS__)
#define KITH_OVER_(ROLE, T, ...)                                                             \
    {                                                                                        \
        .role = KITH_ROLE_##ROLE, .name = #__VA_ARGS__,                                      \
        .offsets = (const size_t[]){ KITH_FOR_EACH_(KITH_OFFSET_OF_, T, __VA_ARGS__) },      \
        .n_offsets = sizeof((const size_t[]){                                                \
                         KITH_FOR_EACH_(KITH_OFFSET_OF_, T, __VA_ARGS__) })                  \
                     / sizeof(size_t)                                                        \
    }
#define KITH_OFFSET_OF_(T, member) offsetof(T, member)

/* --- the mapping ------------------------------------------------------------------- */

#define KITH_MAPPING(T, table_name, ...)                                \
    static const KithMember kith_members_##T[] = { __VA_ARGS__ };       \
    const KithMapping kith_mapping_##T = {                              \
        .entity = #T,                                                   \
        .table = (table_name),                                          \
        .size = sizeof(T),                                              \
        .members = kith_members_##T,                                    \
        .n_members = sizeof kith_members_##T / sizeof(KithMember)       \
    }

/*
 * A plain struct that a query gives instead of objects, once KITH_DECLARE(T) has declared it; its
 * rows are KITH_COLUMNs. It is no table: the engine is not told of it. See kith_select().
 */
#define KITH_RESULT(T, ...) KITH_MAPPING(T, NULL, __VA_ARGS__)

/*
 * The mappings of an engine: '.mappings = KITH_MAPPINGS(Author, Book)'. Up to 40 names; for more,
 * write the array that it stands for: (const KithMapping *const[]){ &kith_mapping_Author, …, NULL }.
 */
#define KITH_MAPPINGS(...) \
    ((const KithMapping *const[]){ KITH_FOR_EACH_(KITH_MAPPING_OF_, , __VA_ARGS__), NULL })
#define KITH_MAPPING_OF_(unused, T) &kith_mapping_##T

/* M(A, x) for each x, with commas between. */
#define KITH_FOR_EACH_(M, A, ...)                                                             \
    KITH_PICK_(__VA_ARGS__,                                                                   \
        KITH_40_, KITH_39_, KITH_38_, KITH_37_, KITH_36_, KITH_35_, KITH_34_, KITH_33_,       \
        KITH_32_, KITH_31_, KITH_30_, KITH_29_, KITH_28_, KITH_27_, KITH_26_, KITH_25_,       \
        KITH_24_, KITH_23_, KITH_22_, KITH_21_, KITH_20_, KITH_19_, KITH_18_, KITH_17_,       \
        KITH_16_, KITH_15_, KITH_14_, KITH_13_, KITH_12_, KITH_11_, KITH_10_, KITH_9_,        \
        KITH_8_, KITH_7_, KITH_6_, KITH_5_, KITH_4_, KITH_3_, KITH_2_, KITH_1_, )             \
    (M, A, __VA_ARGS__)
#define KITH_PICK_(                                                                           \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, \
    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38,  \
    a39, a40, picked, ...) picked
#define KITH_1_(M, A, x) M(A, x)
#define KITH_2_(M, A, x, ...) M(A, x), KITH_1_(M, A, __VA_ARGS__)
#define KITH_3_(M, A, x, ...) M(A, x), KITH_2_(M, A, __VA_ARGS__)
#define KITH_4_(M, A, x, ...) M(A, x), KITH_3_(M, A, __VA_ARGS__)
#define KITH_5_(M, A, x, ...) M(A, x), KITH_4_(M, A, __VA_ARGS__)
#define KITH_6_(M, A, x, ...) M(A, x), KITH_5_(M, A, __VA_ARGS__)
#define KITH_7_(M, A, x, ...) M(A, x), KITH_6_(M, A, __VA_ARGS__)
#define KITH_8_(M, A, x, ...) M(A, x), KITH_7_(M, A, __VA_ARGS__)
#define KITH_9_(M, A, x, ...) M(A, x), KITH_8_(M, A, __VA_ARGS__)
#define KITH_10_(M, A, x, ...) M(A, x), KITH_9_(M, A, __VA_ARGS__)
#define KITH_11_(M, A, x, ...) M(A, x), KITH_10_(M, A, __VA_ARGS__)
#define KITH_12_(M, A, x, ...) M(A, x), KITH_11_(M, A, __VA_ARGS__)
#define KITH_13_(M, A, x, ...) M(A, x), KITH_12_(M, A, __VA_ARGS__)
#define KITH_14_(M, A, x, ...) M(A, x), KITH_13_(M, A, __VA_ARGS__)
#define KITH_15_(M, A, x, ...) M(A, x), KITH_14_(M, A, __VA_ARGS__)
#define KITH_16_(M, A, x, ...) M(A, x), KITH_15_(M, A, __VA_ARGS__)
#define KITH_17_(M, A, x, ...) M(A, x), KITH_16_(M, A, __VA_ARGS__)
#define KITH_18_(M, A, x, ...) M(A, x), KITH_17_(M, A, __VA_ARGS__)
#define KITH_19_(M, A, x, ...) M(A, x), KITH_18_(M, A, __VA_ARGS__)
#define KITH_20_(M, A, x, ...) M(A, x), KITH_19_(M, A, __VA_ARGS__)
#define KITH_21_(M, A, x, ...) M(A, x), KITH_20_(M, A, __VA_ARGS__)
#define KITH_22_(M, A, x, ...) M(A, x), KITH_21_(M, A, __VA_ARGS__)
#define KITH_23_(M, A, x, ...) M(A, x), KITH_22_(M, A, __VA_ARGS__)
#define KITH_24_(M, A, x, ...) M(A, x), KITH_23_(M, A, __VA_ARGS__)
#define KITH_25_(M, A, x, ...) M(A, x), KITH_24_(M, A, __VA_ARGS__)
#define KITH_26_(M, A, x, ...) M(A, x), KITH_25_(M, A, __VA_ARGS__)
#define KITH_27_(M, A, x, ...) M(A, x), KITH_26_(M, A, __VA_ARGS__)
#define KITH_28_(M, A, x, ...) M(A, x), KITH_27_(M, A, __VA_ARGS__)
#define KITH_29_(M, A, x, ...) M(A, x), KITH_28_(M, A, __VA_ARGS__)
#define KITH_30_(M, A, x, ...) M(A, x), KITH_29_(M, A, __VA_ARGS__)
#define KITH_31_(M, A, x, ...) M(A, x), KITH_30_(M, A, __VA_ARGS__)
#define KITH_32_(M, A, x, ...) M(A, x), KITH_31_(M, A, __VA_ARGS__)
#define KITH_33_(M, A, x, ...) M(A, x), KITH_32_(M, A, __VA_ARGS__)
#define KITH_34_(M, A, x, ...) M(A, x), KITH_33_(M, A, __VA_ARGS__)
#define KITH_35_(M, A, x, ...) M(A, x), KITH_34_(M, A, __VA_ARGS__)
#define KITH_36_(M, A, x, ...) M(A, x), KITH_35_(M, A, __VA_ARGS__)
#define KITH_37_(M, A, x, ...) M(A, x), KITH_36_(M, A, __VA_ARGS__)
#define KITH_38_(M, A, x, ...) M(A, x), KITH_37_(M, A, __VA_ARGS__)
#define KITH_39_(M, A, x, ...) M(A, x), KITH_38_(M, A, __VA_ARGS__)
#define KITH_40_(M, A, x, ...) M(A, x), KITH_39_(M, A, __VA_ARGS__)

#endif /* !__cplusplus */

/* clang-format on */

#endif

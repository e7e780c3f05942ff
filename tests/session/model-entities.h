/*
 * model-entities.h - the entities of the model test, and how to read and write their members by
 * number, so that the test can do to each what it does to all.
 *
 *     Author    a generated key, a unique name, a unique number that can be NULL, a collection
 *     Category  an assigned key, refers to itself
 *     Book      a version, a reference that cannot be NULL (author), one that can (category)
 *     Branch    refers to Employee (manager, can be NULL), which refers to Branch: a cycle
 *     Employee  a name that is unique within its branch
 *     Seat      a key of two members, which can change, and a unique pair
 *     Tag       a text key, which can change
 *     Mark      refers to Tag, and follows its key by the database
 *     Hint      refers to Tag, can be NULL, and follows its key by the session, if it is loaded
 *
 * A value is a cell: NULL, a number (a text is the number in it: "t7"), or an object.
 */
#ifndef KITH_TESTS_MODEL_ENTITIES_H
#define KITH_TESTS_MODEL_ENTITIES_H

#include "kith.h"

#define MAX_FIELDS 6
#define NO_FIELD 99

typedef enum CellKind {
    CELL_NULL,
    CELL_NUMBER,
    CELL_OBJECT /* a reference: the number is that of an object of the model */
} CellKind;

typedef struct Cell {
    CellKind kind;
    int64_t number;
} Cell;

typedef struct Row {
    Cell cells[MAX_FIELDS];
} Row;

typedef enum FieldKind {
    FIELD_INT32,
    FIELD_INT64,
    FIELD_OPT_INT32,
    FIELD_TEXT,
    FIELD_REFERENCE
} FieldKind;

typedef struct Field {
    const char *name;
    const char *column;
    FieldKind kind;
    size_t offset;
    bool nullable;
    bool is_key;
    bool is_made;      /* a key that the database makes */
    bool is_fixed;     /* the program sets it once: a key that others refer to */
    bool is_version;
    bool follows;      /* a reference: the database changes it with the key that it means */
    bool is_led;       /* a reference: the session does, of the objects that it knows */
    unsigned n_values; /* how many the program chooses from: few, so that they meet */
    int target;        /* of a reference: an index of entities */
} Field;

/* Fields that have to be unique together. */
typedef struct Unique {
    unsigned n_fields;
    unsigned fields[2];
} Unique;

typedef enum EntityIndex {
    AUTHOR,
    CATEGORY,
    BOOK,
    BRANCH,
    EMPLOYEE,
    SEAT,
    TAG,
    MARK,
    HINT,
    N_ENTITIES
} EntityIndex;

typedef struct Entity {
    const char *name; /* "author", for what is printed */
    const char *table;
    const KithMapping *mapping;
    unsigned n_fields;
    Field fields[MAX_FIELDS];
    unsigned n_uniques;
    Unique uniques[3]; /* the first one is the key */
} Entity;

extern const Entity entities[N_ENTITIES];
extern const KithMapping *const model_mappings[]; /* closed by NULL */

static inline Cell
cell_number(int64_t number)
{
    return (Cell){ .kind = CELL_NUMBER, .number = number };
}

static inline Cell
cell_null(void)
{
    return (Cell){ .kind = CELL_NULL };
}

bool cells_are_equal(Cell a, Cell b);

/* The field that is the version; NO_FIELD: there is none. */
unsigned version_of(const Entity *entity);

/* The field of the one key that the database makes; NO_FIELD: the program gives the key. */
unsigned made_key_of(const Entity *entity);

/* Are the fields of @unique equal, and none of them NULL? */
bool rows_meet(const Unique *unique, const Row *a, const Row *b);

/* --- the structs ---------------------------------------------------------------------------------- */

/* A column that is no reference. A text that is none of ours is -1. */
Cell field_read(const Field *field, const void *object);

/* What a reference points to, and the foreign key that it holds. */
const void *field_read_target(const Field *field, const void *object);
Cell field_read_link(const Field *field, const void *object);

/* Write a member like a program does. @text: of a FIELD_TEXT; it is not copied. */
void field_write(const Field *field, void *object, Cell cell, const char *text);
void field_write_target(const Field *field, void *object, const void *target);

/* kith_set(), kith_set_null(). @target: of a reference. */
void field_set(const Field *field, const void *object, Cell cell, const void *target);

/* "t7"; (transfer full). */
char *text_of(int64_t number);

/* kith_append() and kith_remove() of the books of an author. */
void append_book(const void *author, const void *book);
void remove_book(const void *author, const void *book);

/* The books of an author: kith_many(). */
const void *const *books_of(const void *author, GError **error);

/* All objects of an entity, by a query: an array closed by NULL, (transfer container). */
const void **all_of(KithSession *session, const Entity *entity, GError **error);

#endif

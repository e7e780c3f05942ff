/*
 * mapper.h - a mapping that has been checked and resolved: what the session works with.
 *
 * Made once by kith_registry_new(), then never changed, so threads share it without
 * locks. A column is known by its index in 'columns'; the arrays of indexes below are in
 * the order of the mapping.
 */
#ifndef KITH_MAPPING_MAPPER_PRIVATE_H
#define KITH_MAPPING_MAPPER_PRIVATE_H

#include "kith-driver.h"
#include "kith-mapping.h"

typedef struct KithMapper KithMapper;

#define KITH_NO_INDEX UINT_MAX

/* What a column is beyond what a driver needs to know of it. */
typedef struct KithColumnDetail {
    const KithMember *member; /* the row of the mapping that it comes from */
    bool is_key;
    size_t max_length;
    const KithNames *names;  /* of an enum, stored as a name or as a number; else NULL */
    const char *default_sql; /* fills the column where an INSERT leaves it out; or NULL */
    const char
        *computed_sql; /* the database computes it, and nobody writes it; or NULL */
} KithColumnDetail;

/* How a query reads rows that may be more than its mapper: see registry-wide.c. */
typedef struct KithWideRow KithWideRow;

/* A foreign key: columns of this mapper that hold a key, or a unique value, of another.
 */
typedef struct KithForeignKey {
    const KithMapper *mapper; /* whose it is */
    const KithMapper *target;
    const KithMapper *table; /* of the target: the part whose table has the columns */
    bool is_extension;  /* from one table of an object to another: the rows have one key */
    const char *member; /* of the mapping, for messages */
    const char *name;   /* of the constraint */
    unsigned n_columns;
    const unsigned *columns; /* of the mapper */
    const unsigned *targets; /* of the target: the column that each one means */
    bool means_key;   /* the targets are the key of the target, all of it */
    size_t reference; /* offset of the KITH_REF, or KITH_NO_OFFSET for plain columns */
    bool is_via;      /* the columns are members of the program, none is in the KITH_REF */
    bool nullable;    /* there is something to empty */
    /*
     * Of the columns, those that become NULL where the reference does. A column that
     * others need too, such as a tenant that is part of every key, is not among them.
     */
    unsigned n_emptied;
    const unsigned *emptied;
    const bool *is_shared; /* by place in 'columns': is it such a column? */
    KithAction on_delete;
    KithAction on_update;
    bool in_session;     /* the session does what on_delete says */
    bool deletes_orphan; /* a row that loses its target is deleted */
    bool owns_target;    /* the target is deleted with the row, and when it loses it */
    bool takes_target;   /* of a link: the target is deleted with what is at the other end */
    bool has_one;        /* its other side is a KITH_ONE */
    bool deferrable;
} KithForeignKey;

/*
 * A collection. What belongs to it is said by rows of 'source' that refer to its owner:
 * these are the items themselves, or, many-to-many, rows of a link table that refer to the
 * item too.
 */
typedef struct KithMany {
    const KithMember *member;
    bool is_one;   /* a KITH_ONE: one item, or none */
    size_t offset; /* of what is known of it, in the KITH_MANY or KITH_ONE */
    const KithMapper *target; /* what the items are */
    const KithMapper *source;
    unsigned foreign_key; /* of the source: to the owner */
    unsigned far;         /* of the source: to the item; KITH_NO_INDEX: it is the item */
    unsigned n_order;     /* the items are ordered by these columns of the target */
    const unsigned *order;
    unsigned position; /* of the target: the column that keeps the order; KITH_NO_INDEX: none */
} KithMany;

/* Does the collection stand for rows of a link table? */
static inline bool
kith_many_has_links(const KithMany *many)
{
    return many->far != KITH_NO_INDEX;
}

/* A unique constraint or an index. The key is not among them. */
typedef struct KithIndex {
    const char *name;
    bool unique;
    bool deferrable; /* unique, and checked at the end of the transaction */
    unsigned n_columns;
    const unsigned *columns;
} KithIndex;

struct KithMapper {
    const KithMapping *mapping;
    unsigned index; /* in the registry */
    bool is_link; /* of a link table, which has no struct of the program */
    /*
     * Inheritance; see registry-inheritance.c. What is inherited (columns, foreign keys,
     * indexes, collections) comes first in the arrays below, so that it has the numbers
     * that it has in the base.
     */
    const KithMapper *base; /* whose struct is the first member; NULL: none */
    const KithMapper *root; /* itself where there is no base */
    unsigned depth;         /* how many are above it */
    unsigned n_below;       /* mappers that extend this one, at any depth */
    bool is_abstract;       /* no object is this and nothing more */
    unsigned discriminator; /* the column that says what a row is, or KITH_NO_INDEX */
    KithValue what;         /* what it says of an object of this mapper */
    unsigned n_concrete;    /* mappers of which there can be objects: it, and all below */
    const KithMapper *const *concrete;
    const KithWideRow *wide; /* where something extends it, else NULL */
    /*
     * The tables that an object has a row in, that of the root first, each as a mapper
     * that stands for it when it is written: a *part*. Its columns have the numbers that
     * they have here. Where there is one table, the mapper itself.
     */
    unsigned n_parts;
    const KithMapper *const *parts;
    const KithMapper *part;    /* the last of them */
    const KithMapper *storage; /* of a part: the first one in its table, which makes it */
    const bool *is_stored; /* of a part: by column, is it in its table; NULL: all are */
    const char *entity;
    const char *table;
    size_t size;
    unsigned n_columns;
    KithColumn *columns;
    KithColumnDetail *details;
    KithLayout layout; /* of all columns */
    unsigned n_texts;  /* columns of text and blobs: what a row points to */
    unsigned *texts;
    bool is_filled; /* some columns have a default, or are computed */
    unsigned rank; /* tables that this one refers to have a lower one, or the same in a
                      cycle */
    bool in_cycle; /* its rows can refer to each other, maybe through other tables */
    unsigned n_keys;
    unsigned *keys;
    unsigned generated;  /* the key column that is generated, or KITH_NO_INDEX */
    bool generates_uuid; /* …by Kith, not by the database */
    unsigned version;    /* the version column, or KITH_NO_INDEX */
    unsigned n_foreign_keys;
    KithForeignKey *foreign_keys;
    unsigned n_referring;
    const KithForeignKey *
        *referring; /* of any mapper, that have this one as their target */
    unsigned n_many;
    KithMany *many;
    unsigned n_indexes;
    KithIndex *indexes;
};

/* Is what @mapper maps a @other too: the same, or one that extends it? */
static inline bool
kith_mapper_is_a(const KithMapper *mapper, const KithMapper *other)
{
    while (mapper != NULL && mapper != other)
        mapper = mapper->base;
    return mapper != NULL;
}

/* Does it extend another, or does another extend it? */
static inline bool
kith_mapper_is_in_hierarchy(const KithMapper *mapper)
{
    return mapper->base != NULL || mapper->n_below > 0;
}

/* Does a mapping have a table, and not only that of its base? */
static inline bool
kith_mapping_has_table(const KithMapping *mapping)
{
    return mapping->table != NULL && mapping->table[0] != '\0';
}

/* Is the column one of the table that @part stands for? */
static inline bool
kith_mapper_stores(const KithMapper *part, unsigned index)
{
    return index < part->n_columns && (part->is_stored == NULL || part->is_stored[index]);
}

/* The part in whose table a column is; of a key, the first one. */
const KithMapper *kith_mapper_part_with(const KithMapper *mapper, unsigned index);

/* The column, foreign key or collection at @offset of the struct; KITH_NO_INDEX if none
 * is. */
unsigned kith_mapper_column_at(const KithMapper *mapper, size_t offset);
unsigned kith_mapper_reference_at(const KithMapper *mapper, size_t offset);
/* The number of a foreign key that @mapper declares, which what extends it has as well. */
unsigned kith_mapper_foreign_key_number(const KithMapper *mapper,
                                        const KithForeignKey *foreign_key);
unsigned kith_mapper_many_at(const KithMapper *mapper, size_t offset);

/*
 * Append what the discriminator holds of an object of @mapper, as a literal: it is a part
 * of the mapping, like a name of a column.
 */
void kith_mapper_append_what(GString *sql, const KithMapper *mapper);

/* The name of the table without its schema: "books" of "library.books". */
const char *kith_mapper_table_name(const KithMapper *mapper);

/*
 * A name for a constraint or an index over @columns: "books_author_id_fkey" for suffix
 * "fkey", as PostgreSQL would name it. Too long a name is cut where PostgreSQL would cut
 * it silently, and gets a checksum, so that two of them stay two. (transfer full)
 */
char *kith_mapper_constraint_name(const KithMapper *mapper,
                                  const unsigned *columns,
                                  unsigned n_columns,
                                  const char *suffix);

/* The names of columns for messages: "row, number". (transfer full) */
char *kith_mapper_column_names(const KithMapper *mapper,
                               const unsigned *columns,
                               unsigned n_columns);

/* Can an UPDATE set the column to NULL? */
bool kith_mapper_can_empty(const KithMapper *mapper, unsigned index);

/* Is the key a single column that the database generates, and is it still zero in @row?
 */
bool kith_mapper_key_is_missing(const KithMapper *mapper, const void *row);

/* The key of @row for messages: "7", "'x'", "(3, 'x')". (transfer full) */
char *kith_mapper_key_text(const KithMapper *mapper, const void *row);

#endif

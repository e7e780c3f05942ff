/*
 * entity.h - the header before each object, and what can be done to one object alone.
 *
 * An object, its header and the text of its row are one allocation:
 *
 *     KithEntity | the program's struct | text, blobs
 *                ^ what the program holds
 *
 * A value that replaces one of these later is an allocation of its own, listed in the
 * tracking. The tracking exists only for objects that the unit of work has to know more
 * of: new, edited, deleted.
 */
#ifndef KITH_SESSION_ENTITY_PRIVATE_H
#define KITH_SESSION_ENTITY_PRIVATE_H

#include "kith-session.h"
#include "mapper.h"

typedef struct KithEntity KithEntity;
typedef struct KithEntitySet KithEntitySet;
typedef struct KithLoad KithLoad;

/* What the unit of work knows of an object. */
typedef struct KithTracking {
    /*
     * The columns as the database has them, in this transaction: what an edit is compared
     * with. NULL while the object is pending, or nobody could have changed it. Text in it
     * is shared with the object, or owned by it.
     */
    void *baseline;
    GPtrArray *owned; /* texts and blobs that came after the first allocation; or NULL */
    /*
     * Pending: columns with a default that the program has set. Persistent: columns that it
     * has set while they were unknown. Or NULL.
     */
    uint64_t *given;
    uint64_t *unknown; /* the columns that are expired; NULL: all, where it is expired */
    uint64_t sequence; /* when it was added: the order of inserts */
    unsigned position; /* in the watched objects of the session, or KITH_NO_INDEX */
    unsigned change;   /* in the flush that is being planned, or KITH_NO_INDEX */
    bool is_edited;    /* the program holds a pointer that it can write through */
    bool is_touched;   /* the version is to be raised, whatever else changes */
    bool is_cascaded;  /* deleted: what goes with it was looked for */
    bool has_followed; /* deleted: because what it refers to was */
    bool is_taken_over; /* deleted: the same, because another object takes over its row */
    /* The foreign key that lost its target, where that makes the object an orphan; or NULL. */
    const KithForeignKey *orphaned_by;
    /* The collection with a position that it was put into, and has no place in yet; or NULL. */
    const KithMany *unplaced;
    uint64_t notified; /* the flush and operation that hooks were run for last */
} KithTracking;

#define KITH_ENTITY_MAGIC 0x4b69 /* catches pointers that no session gave out */

struct KithEntity {
    KithEntitySet *set;     /* which session, which mapper */
    KithTracking *tracking; /* or NULL */
    KithLoad *load;         /* what it came with, or NULL */
    uint32_t load_position;
    uint16_t magic;
    uint8_t state; /* KithState */
    bool is_in_map : 1;
    bool is_expired : 1; /* something of it is to be read anew; see expire.h */
};

G_STATIC_ASSERT(sizeof(KithEntity) % 16
                == 0); /* the struct behind it is aligned for anything */

static inline void *
kith_entity_struct(const KithEntity *entity)
{
    return (char *) (uintptr_t) entity + sizeof(KithEntity);
}

static inline KithEntity *
kith_entity_of(const void *object)
{
    return (KithEntity *) (void *) ((char *) (uintptr_t) object - sizeof(KithEntity));
}

/* The row under which the session knows the object: as the database has it. */
static inline const void *
kith_entity_row(const KithEntity *entity)
{
    const KithTracking *tracking = entity->tracking;
    return tracking != NULL && tracking->baseline != NULL ? tracking->baseline
                                                          : kith_entity_struct(entity);
}

const KithMapper *kith_entity_mapper(const KithEntity *entity);

/*
 * Make an object from @row, a struct of the mapper with its text and blobs borrowed.
 * @lengths: of the text and blobs, by column; NULL: measure them.
 */
KithEntity *kith_entity_new(KithEntitySet *set, const void *row, const size_t *lengths);
void kith_entity_free(KithEntity *entity);

/* Get the tracking, made if there is none. */
KithTracking *kith_entity_track(KithEntity *entity);

/* Make a baseline from the object as it is, if there is none. */
void kith_entity_take_baseline(KithEntity *entity);

/* Drop the baseline, and all of the tracking that nothing needs any more. */
void kith_entity_drop_baseline(KithEntity *entity);

/* Copy the value at @value (text and blobs too) into column @index of the object; NULL:
 * SQL NULL. */
void kith_entity_store(KithEntity *entity, unsigned index, const void *value);

/* Copy the text or blob that @column of the object points to; other columns are let be.
 */
void kith_entity_keep(KithEntity *entity, const KithColumn *column);

/* Take over text and blobs that the program assigned by itself since the baseline. */
void kith_entity_adopt(KithEntity *entity);

/* Free the text and blobs that neither the object nor its baseline uses any more. */
void kith_entity_sweep(KithEntity *entity);

/* A copy of all columns and references of a struct, sharing text and blobs. (transfer
 * full) */
void *kith_image_new(const KithMapper *mapper, const void *row);

/*
 * The same of an object as it is, or of @row, to be its baseline or its record in the
 * journal: from the memory that its set has for these. Takes NULL to be freed.
 */
void *kith_entity_image_new(KithEntity *entity, const void *row);
void kith_entity_image_free(KithEntity *entity, void *image);

/* Copy the columns and references of @image into @row, and nothing else. */
void kith_image_restore(const KithMapper *mapper, void *row, const void *image);

/* The bytes of a value in its member. */
size_t kith_column_size(const KithColumn *column);

/* Take the value of a column into a hash (FNV-1a); begin with the seed. */
#define KITH_HASH_SEED UINT64_C(0xCBF29CE484222325)
uint64_t kith_column_hash(uint64_t hash, const KithColumn *column, const void *row);

/* Is column @index the same in both rows, by content? */
bool kith_column_is_equal(const KithColumn *column, const void *row, const void *other);

/* The same for two columns of one kind, of different mappers. */
bool kith_columns_are_equal(const KithColumn *column,
                            const void *row,
                            const KithColumn *other_column,
                            const void *other);

/* Is the value 0, false or NULL? An empty text is none of them, nor is a KithOpt… of 0.
 */
bool kith_column_is_zero(const KithColumn *column, const void *row);

/* Make a column SQL NULL; one that has no NULL becomes zero. */
void kith_column_empty(const KithColumn *column, void *row);

/* Copy one column of @from to @to, sharing text and blobs. */
void kith_column_copy(const KithColumn *column, void *to, const void *from);

/* The target of reference @foreign_key in @row; where it is stored. */
const void **kith_reference_target(const KithForeignKey *foreign_key, const void *row);

/*
 * The columns in which the object differs from its baseline, or that were set while unknown,
 * as bits. Returns false if there are none.
 */
bool kith_entity_diff(const KithEntity *entity, uint64_t *bits);

/* 64 columns a word. */
#define KITH_BITS(n_columns) (((n_columns) + 63) / 64)

static inline void
kith_bits_set(uint64_t *bits, unsigned index)
{
    bits[index / 64] |= UINT64_C(1) << (index % 64);
}

static inline void
kith_bits_clear(uint64_t *bits, unsigned index)
{
    bits[index / 64] &= ~(UINT64_C(1) << (index % 64));
}

static inline bool
kith_bits_has(const uint64_t *bits, unsigned index)
{
    return (bits[index / 64] >> (index % 64)) & 1;
}

#endif

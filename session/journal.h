/*
 * journal.h - what a rollback has to undo in memory.
 *
 * Each object that a flush wrote leaves a record of what it was before. Records stay
 * until the transaction ends; a savepoint is a length of the journal. There are two ways
 * to undo:
 *
 *     KITH_UNDO_ALL    a rollback: the values of then are back; what was added is
 * detached KITH_UNDO_ROWS   a failure: only what the database lost is undone. The
 * program's values stay as the program made them, pending or edited, to be written again;
 * keys and versions that Kith or the database made are taken back
 */
#ifndef KITH_SESSION_JOURNAL_PRIVATE_H
#define KITH_SESSION_JOURNAL_PRIVATE_H

#include "session.h"

/* What an object was before a flush wrote it. */
typedef struct KithUndo {
    KithEntity *entity;
    guint first;       /* where the records of the same flush begin */
    KithState was;     /* PENDING: inserted; PERSISTENT: updated; DELETED: deleted */
    bool was_touched;  /* updated: the program asked for another version */
    bool is_replaced; /* deleted: another object has taken the row over, which is still there */
    /*
     * The database did it, because another row was deleted: deleted this one, or emptied a
     * foreign key of it. Then neither the program nor the session wants it done again.
     */
    bool has_followed;
    /*
     * A statement for many rows has changed this one; 'image' is the object before it. It
     * is as it was, and to be read anew. Or, if it was PENDING, has inserted it: then the
     * session lets go of it.
     */
    bool is_bulk;
    uint64_t sequence; /* inserted: when it was added */
    /*
     * Inserted: the struct before the flush gave it keys. Updated: the baseline of then.
     * Deleted: NULL, its baseline is still there.
     */
    void *image;
    uint64_t *given;  /* inserted: of its tracking; taken over */
    uint64_t *stored; /* updated: columns that the flush wrote to the object; or NULL */
    const KithForeignKey *emptied; /* has_followed: the foreign key; NULL: it was deleted */
} KithUndo;

typedef enum KithUndoScope {
    KITH_UNDO_ALL,
    KITH_UNDO_ROWS
} KithUndoScope;

void kith_journal_init(KithSession *session);
void kith_journal_finish(KithSession *session);

/* Write a record; @image is taken over. */
void kith_journal_add(KithSession *session, KithUndo undo);

/* Undo all records from number @from on, and drop them. */
void kith_journal_undo(KithSession *session, guint from, KithUndoScope scope);

/* The transaction is committed: deleted objects are detached, replaced texts freed. */
void kith_journal_commit(KithSession *session);

/* Drop all records and savepoints, without doing anything to the objects. */
void kith_journal_forget(KithSession *session);

/* Drop all records; the savepoints stay, with nothing to undo. */
void kith_journal_clear(KithSession *session);

/* Take back the generated key and the version that a flush gave to an object. */
void kith_entity_take_back(KithEntity *entity, const void *image);

#endif

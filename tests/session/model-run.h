/*
 * model-run.h - a run of the model test: a sequence of operations, done to a session and to the
 * model side by side, and compared after each.
 *
 * An operation is a few small numbers, which are resolved against what there is when it is its turn.
 * So any part of a sequence is a sequence as well, and one that fails can be made shorter.
 */
#ifndef KITH_TESTS_MODEL_RUN_H
#define KITH_TESTS_MODEL_RUN_H

#include "faulty.h"
#include "model.h"
#include "outsider.h"

typedef enum OperationKind {
    /* changes: no statement */
    OPERATION_ADD,
    OPERATION_SET,
    OPERATION_EDIT,
    OPERATION_WRITE, /* through the pointer that an edit gave */
    OPERATION_MOVE,  /* a reference */
    OPERATION_APPEND, /* to a collection */
    OPERATION_REMOVE, /* from a collection */
    OPERATION_DELETE,
    OPERATION_DELETE_TREE, /* with all that refers to it */
    OPERATION_SWAP,        /* unique values */
    OPERATION_ROTATE,
    OPERATION_REPLACE,     /* delete, and add with the same unique values */
    OPERATION_REPLACE_KEY, /* delete, and add with the same key */
    OPERATION_MISUSE,
    OPERATION_EVICT,
    OPERATION_PLAN,
    OPERATION_MEND, /* undo whatever would make the next flush fail */
    /* reading */
    OPERATION_GET,
    OPERATION_GET_MISSING,
    OPERATION_QUERY,
    OPERATION_REFERENCE,
    OPERATION_COLLECTION,
    OPERATION_REFRESH,
    /* writing */
    OPERATION_FLUSH,
    OPERATION_SAVEPOINT,
    OPERATION_RELEASE,
    OPERATION_ROLLBACK_TO,
    OPERATION_COMMIT,
    OPERATION_ROLLBACK,
    OPERATION_BEGIN,
    OPERATION_NEW_SESSION,
    /* somebody else */
    OPERATION_OTHER_CHANGE,
    OPERATION_OTHER_DELETE,
    OPERATION_OTHER_ADD,
    N_OPERATIONS
} OperationKind;

typedef struct Operation {
    OperationKind kind;
    unsigned entity;
    unsigned a, b, c;
    unsigned fault_at; /* which call of the driver fails; 0: none */
    Fault fault;
} Operation;

/* A database with the tables of the model. */
typedef struct Database {
    const char *name;
    bool reuses_keys; /* the database makes a key anew once its row is deleted */
    Outsider *outsider;
    KithEngine *engine;
} Database;

typedef struct Run {
    const Database *database;
    KithSession *session;
    Model *model;
    unsigned step;
    GString *log;     /* what was done, a line each */
    char *failure;    /* the first one; NULL: none */
    GPtrArray *texts; /* written through kept pointers: they live until the flush */
    int64_t fresh;    /* for values that nobody has */
    bool is_verbose;  /* print each operation as it is done */
    unsigned n_failed; /* flushes that had to fail, and did */
    unsigned n_faults; /* calls of the driver that failed */
} Run;

/* Open the database of a test; fails the test if it cannot. */
void database_open(Database *database, bool on_sqlite);
void database_close(Database *database);

/* Open its engine anew, after a crash in the middle of a call. */
void database_open_engine(Database *database);

/* Run a sequence on the empty tables. */
void run_init(Run *run, const Database *database);
void run_operation(Run *run, const Operation *operation);
void run_finish(Run *run);

/* --- for the parts of a run --------------------------------------------------------------------- */

/* The session does not do what the model says. Only the first one is kept. */
void complain(Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Say what is being done: a line of the log. */
void run_log(Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "author3"; the memory lives until the next calls. */
const char *name_of(const Object *object);

/* "t7", "NULL", "author3". */
const char *text_of_cell(const Run *run, const Field *field, Cell cell);

/* model-change.c: the operations that send nothing. Returns false if it is another one. */
bool run_change(Run *run, const Operation *operation);
void run_mend(Run *run);

/* model-flush.c: those that write. */
bool run_flush(Run *run, const Operation *operation);

/* model-read.c: those that read, and somebody else's. */
bool run_read(Run *run, const Operation *operation);

/* One of the objects of an entity that are live; NULL: there is none. */
Object *pick_live(const Run *run, const Entity *entity, unsigned number);

/* Changes of one kind, done to the session and to the model. */
void change_set(Run *run, Object *object, unsigned field, Cell cell);
void change_delete(Run *run, Object *object);
void change_roll_back(Run *run);

/*
 * A call that may have flushed has ended: is that as @forecast says? @done: what it returned. Returns
 * true if the flush, by the forecast, went well; the model has it then.
 */
bool conclude_flush(Run *run,
                    const Forecast *forecast,
                    OperationKind kind,
                    bool done,
                    const GError *error);

/* After a call that may have read: objects that are new, and those that are read anew. */
void absorb_reads(Run *run);

/* Remember what was read when, for the next call. */
void note_reads(Run *run);

/* What was inserted counts as read: a read in the same unit of work does not bring it up to date. */
void note_inserts(Run *run);

/* Is the fault what made the call fail? Complains of an error that it did not make. */
bool has_failed_by_fault(Run *run, bool done, const GError *error);

/* --- model-check.c --------------------------------------------------------------------------------- */

void check_memory(Run *run);
void check_rows(Run *run);
void check_changes(Run *run);

#endif

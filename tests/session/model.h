/*
 * model.h - what a session and its database have to be, in plain arrays: the objects as the program
 * made them, the rows as the transaction sees them, and both as they were at each savepoint.
 *
 * Of a flush the model knows no order and no statement. It looks at the rows that would be there
 * afterwards: if they break no constraint and nobody else was faster, the flush has to succeed, and
 * else it has to fail with the code of one of the problems.
 */
#ifndef KITH_TESTS_MODEL_H
#define KITH_TESTS_MODEL_H

#include "model-entities.h"

#define MAX_LEVELS 4 /* the last commit, and three savepoints */

/* An object at the last commit, or at a savepoint. */
typedef struct Saved {
    bool exists;     /* the session knew it, or it was read since */
    bool is_written; /* by a flush since then */
    bool has_row;
    KithState state;
    Row row;
    Row values; /* the same, with the objects that it refers to */
} Saved;

typedef struct Object {
    const Entity *entity;
    unsigned index;      /* in Model.objects */
    const void *pointer; /* what the session gave out */
    void *kept;          /* what kith_edit() gave, or NULL */
    KithState state;
    bool is_gone; /* evicted: the pointer is not valid any more */
    bool has_row; /* the session believes so: in this transaction */
    bool is_key_made; /* by the database */
    Row values;   /* as the program made them */
    Row base;     /* the row as the session believes it is */
    uint64_t read_in;
    Saved saved[MAX_LEVELS];
} Object;

typedef struct Model {
    GPtrArray *objects; /* of Object */
    GHashTable *by_pointer;
    GArray *rows[N_ENTITIES]; /* of Row: as the transaction sees them */
    GArray *saved_rows[MAX_LEVELS][N_ENTITIES];
    unsigned level; /* how many savepoints are set */
    bool is_open;   /* a transaction */
    bool is_read_only;
    bool is_misused; /* the next flush has to say so */
    /*
     * The database gave a key anew whose row somebody else had deleted, and the session knows both
     * objects; or a row that somebody else had deleted is taken for one that is there: nobody
     * can say what has to be then.
     */
    bool is_ambiguous;
} Model;

Model *model_new(void);
void model_free(Model *model);

/* Forget all objects, and what is not committed: the session is another one. */
void model_forget(Model *model);

static inline Object *
object_at(const Model *model, unsigned index)
{
    return g_ptr_array_index(model->objects, index);
}

static inline bool
is_live(const Object *object)
{
    return !object->is_gone
           && (object->state == KITH_PENDING || object->state == KITH_PERSISTENT);
}

/* --- objects --------------------------------------------------------------------------------------- */

/* An object that was added: pending. */
Object *model_add(Model *model, const Entity *entity, const void *pointer, const Row *values);

/* An object that was read from @row. */
Object *model_load(Model *model, const Entity *entity, const void *pointer, const Row *row);

/* An object that was read anew from @row. */
void model_reload(Model *model, Object *object, const Row *row);

/* Forget an object, with all that refers to it. */
void model_evict(Model *model, Object *object);

void model_delete(Object *object);

/* The object of the session for a key that is in the fields of @row; NULL: none. */
Object *model_find(const Model *model, const Entity *entity, const Row *row);

/* What a foreign key cell of @field means, if the session knows it. */
Object *model_target(const Model *model, const Field *field, Cell cell);

/* The row with the key that is in @row; NULL: none. */
Row *model_find_row(const Model *model, const Entity *entity, const Row *row);

/* A reference to an object as the number of its key; CELL_OBJECT if it has none yet. */
Cell model_resolve(const Model *model, Cell cell);

bool model_is_field_changed(const Model *model, const Object *object, unsigned field);
bool model_is_changed(const Model *model, const Object *object);
bool model_has_changes(const Model *model);

/* --- what a flush does ------------------------------------------------------------------------------- */

/* One reason for a flush to fail. */
typedef struct Problem {
    KithErrorCode code;
    bool is_refused; /* before anything is sent */
    Object *object;  /* that has it; NULL: none that the session knows */
    const Entity *entity;
    unsigned field; /* or NO_FIELD */
    Row row;        /* that has it */
} Problem;

typedef struct Forecast {
    bool writes;
    bool is_blind; /* an object stands for a row that is not there, and nothing is written */
    GArray *problems;          /* of Problem */
    GArray *lines[N_ENTITIES]; /* private */
} Forecast;

Forecast *model_forecast(const Model *model);
void forecast_free(Forecast *forecast);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Forecast, forecast_free)

/* Is there a problem that is (or is not) found before anything is sent? */
bool forecast_fails(const Forecast *forecast, bool is_refused);
bool forecast_allows(const Forecast *forecast, bool is_refused, KithErrorCode code);

/* The flush went well: all objects and rows are as it made them. Returns what is wrong, or NULL. */
char *model_flush(Model *model, const Forecast *forecast);

/* The same, and then all since savepoint number @level was lost: see model_fail(). */
void model_flush_and_lose(Model *model, const Forecast *forecast, unsigned level);

/* --- transactions -------------------------------------------------------------------------------------- */

void model_commit(Model *model);
void model_savepoint(Model *model);
void model_release(Model *model);

/* Undo all since savepoint number @level, or the last commit: in rows and objects. */
void model_roll_back(Model *model, unsigned level);

/* A failure: the rows are as they were then, the objects as the program made them. */
void model_fail(Model *model, unsigned level);

#endif

/*
 * session.h - what a session is made of. Its parts are in files of their own:
 *
 *     session.c      objects by key, and the end of objects
 *     session-life.c made, cleared, freed
 *     change.c       add, set, edit, delete: what the unit of work is told
 *     loader.c       asking for objects
 *     intake.c       rows to objects
 *     relation.c     references and collections, loaded
 *     collection.c   collections, kept in step
 *     referrers.c    who refers to what
 *     query.c        asking
 *     flush.c        changes to statements, in the order of flush-plan.c
 *     filled.c       what the database fills in: defaults, computed columns
 *     journal.c      what a rollback has to undo
 *     transaction.c  begin, commit, roll back, savepoints
 *     transact.c     a function in a transaction, repeated when it lost
 *     expire.c       objects and columns that are read anew
 *     evict.c        letting go of objects
 *     merge.c        structs that are no objects of the session
 *     events.c       hooks
 *     statistics.c   what was sent and loaded, and where
 *     strict.c       no lazy loads
 */
#ifndef KITH_SESSION_SESSION_PRIVATE_H
#define KITH_SESSION_SESSION_PRIVATE_H

#include "engine.h"
#include "entity.h"
#include "identity-map.h"
#include "slab.h"
#include "statistics.h"
#include "watch.h"

typedef struct KithReferrers KithReferrers;
typedef struct KithFlush KithFlush;

/* The objects of one mapper in one session. */
struct KithEntitySet {
    KithSession *session;
    const KithMapper *mapper;
    /*
     * The set of the root of its hierarchy; itself without inheritance. An object has one
     * key among all that the root has, so 'map' and 'generation' are those of the root:
     * 'set->root->map'.
     */
    KithEntitySet *root;
    KithIdentityMap map; /* the ones that have a row */
    unsigned n_watched;  /* of this mapper */
    uint64_t generation; /* raised when collections of these can no longer be relied on */
    KithSlab images;     /* structs: baselines, and what the journal keeps */
    void *scratch;       /* a struct to read rows into */
    size_t *lengths;     /* of its texts and blobs, by column */
    KithReferrers **referrers; /* by foreign key; see referrers.h. NULL: nobody asked yet */
    GHashTable *pairs;   /* of a link table: see link.c; or NULL */
    bool has_referrers;        /* of the root: some set of the hierarchy has some */
};

/* Objects that came with one query: what is loaded for one of them is loaded for all. */
struct KithLoad {
    uint64_t epoch;        /* the unit of work that it was read in */
    KithEntity **entities; /* NULL where one has left */
    unsigned n_entities;
    unsigned n_room;
    unsigned n_live;
    bool is_strict;    /* nothing is loaded for these without being asked for by name */
    KithEntity *alone; /* where 'entities' points to as long as there is one at most */
};

typedef struct KithStream KithStream; /* see stream.c */

struct KithCollection {
    GPtrArray *items;    /* the structs; closed by NULL while handed out */
    bool is_handed_out;  /* the program may be walking the array */
    bool is_loading;     /* rows that were read are being added */
    bool is_unsorted;    /* items were added to one that has an order */
    const KithMany *many;
    uint64_t epoch;      /* the unit of work that it was read in */
    uint64_t generation; /* of the set of its target, then */
};

struct KithSession {
    KithEngine *engine;
    KithEntitySet *sets; /* by index of the mapper */
    KithSlab trackings;  /* of KithTracking */
    GPtrArray *watched;  /* objects that the next flush has to look at */
    GPtrArray *retired;  /* arrays of collections that the program may still be walking */
    GPtrArray *detached; /* objects that the session still owns, and has done with */
    GArray *journal;     /* of KithUndo: what was flushed and is not committed */
    GArray *savepoints;  /* of guint: the length of the journal at each */
    KithConnection *connection; /* while a transaction is open, else NULL */
    bool has_unknown_writes; /* in it: by SQL by hand, or to rows that are no objects */
    bool is_read_only;          /* the transaction that is open */
    KithWatch watch;            /* of all of its connections */
    KithStream *streams; /* all that are open, as a list */
    KithStream *reading; /* the one that is read in the open transaction, or NULL */
    KithLoad *written;          /* what was inserted in this unit of work */
    uint64_t epoch;             /* which unit of work it is, from 1 */
    uint64_t
        expired_epoch; /* what was read up to then is read anew when it is asked for */
    uint64_t next_sequence;
    GArray *hooks;    /* see events.c */
    GPtrArray *filters; /* see filter.c; NULL: none */
    uint64_t n_filter_changes;
    unsigned n_running_hooks;
    uint64_t hook_budget;  /* how many objects hooks may still be run for, or have changed */
    bool is_flushing;      /* hooks may not begin another flush */
    uint64_t n_flushes;
    KithFlush *flush; /* memory for the next one; NULL: none, or in use; see flush.c */
    KithCounts statistics;
    bool is_strict;           /* nothing is loaded without being asked for by name */
    unsigned n_strict;        /* how many kith_strict () blocks it is in */
    bool is_loading_strictly; /* what is loaded now is strict; see kith_strict_rows() */
    bool was_large;           /* so its memory is not kept; see session-life.c */
    uint64_t n_looked_at; /* objects that were looked at only to find who refers to what */
    GError *misuse;       /* of a call that could not return an error */
};

/* Free what a session is made of; it holds nothing any more. */
void kith_session_free_memory(KithSession *session, unsigned n_mappers);

/* The set of @mapping; NULL, and an error, if the engine does not know it. */
KithEntitySet *kith_session_set_of(KithSession *session,
                                   const KithMapping *mapping,
                                   GError **error);

/*
 * A key that no row can have is a mistake of the program, not a row that is not there.
 * Errors: NOT_NULL, TYPE.
 */
bool kith_session_check_key(const KithMapper *mapper, const void *row, GError **error);

/* Remember that a call made no sense; the next flush or query says so. */
void kith_session_blame(KithSession *session, KithPlace place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Hand out what kith_session_blame() remembers. Returns false if there is something. */
bool kith_session_check_misuse(KithSession *session, GError **error);

/* Put an object among the watched ones, or take it out. */
void kith_session_watch(KithSession *session, KithEntity *entity);
void kith_session_unwatch(KithSession *session, KithEntity *entity);

/*
 * The same for many that are taken out in a row: each leaves a gap, and nobody looks at the
 * watched ones until the gaps are closed.
 */
void kith_session_leave_gap(KithSession *session, KithEntity *entity);
void kith_session_close_gaps(KithSession *session);

/* Free an object that has a row, and that nothing refers to. */
void kith_session_drop(KithSession *session, KithEntity *entity);

/* The object is no longer part of the session; its memory stays until the session is
 * freed. */
void kith_session_detach(KithSession *session, KithEntity *entity);

/* The entity of an object that the program gave; NULL, and a critical warning, if it is
 * none. */
KithEntity *kith_session_entity(const void *object, KithPlace place, const char *action);

/* From now on what was read before is read anew when it is asked for, unless it is
 * edited. */
void kith_session_expire(KithSession *session);

/* Is there something of the object that has to be read anew? See expire.h. */
bool kith_entity_is_expired(KithEntity *entity);

/* --- connections ------------------------------------------------------------------- */

/* The connection of the open transaction, or a borrowed one; see kith_session_release().
 */
KithConnection *kith_session_connect(KithSession *session,
                                     KithPlace place,
                                     GError **error);

/*
 * Give a connection back that does not belong to an open transaction. If it does, and what
 * was asked has made the transaction fail, that is rolled back like one of a flush that failed.
 */
void kith_session_release(KithSession *session, KithConnection *connection);

/* --- loads ------------------------------------------------------------------------- */

KithLoad *kith_load_new(KithSession *session);
void kith_load_add(KithLoad *load,
                   KithEntity *entity); /* leaves the one that it was in */
void kith_load_leave(KithEntity *entity);
void kith_load_free_if_empty(KithLoad *load);

/* --- references -------------------------------------------------------------------- */

/* The target of a reference, else what its foreign key means, if that is loaded. */
const void *kith_reference_find_target(const KithEntity *entity,
                                       const KithForeignKey *foreign_key);

/* The object of the session that the foreign key of a reference means; NULL if it is not
 * loaded. */
const void *kith_reference_find(const KithEntity *entity,
                                const KithForeignKey *foreign_key);

#endif

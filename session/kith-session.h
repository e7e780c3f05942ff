/*
 * kith-session.h - a session: objects in memory, and their way to rows and back.
 *
 * What a session hands out is 'const T *': reading a member is an ordinary load and never
 * does I/O. The calls below are the only ways to change an object; what they change is
 * written by the next flush, in an order that the foreign keys allow, changed columns
 * only, in one transaction.
 *
 * The session owns all that it hands out. A pointer to an object stays valid, and stays
 * the only one for its row, until the session is freed or cleared, or the object is
 * evicted. Text and blobs are copied in. A text read from an object stays valid until
 * that member changes and the change is committed.
 *
 * A session is used by one thread at a time. Calls that return nothing cannot fail for a
 * right program; a call that makes no sense (changing a deleted object, say) changes
 * nothing, and the next flush, commit or query says so with KITH_ERROR_MISUSE, once.
 */
#ifndef KITH_SESSION_H
#define KITH_SESSION_H

#include "kith-engine.h"

G_BEGIN_DECLS

typedef struct KithSession KithSession;

/* Make a session. It does not connect before it has to. (transfer full) */
KITH_API KithSession *kith_session_new(KithEngine *engine);

/* Roll back what is open, and free the session with every object it gave out. Takes NULL.
 */
KITH_API void kith_session_free(KithSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KithSession, kith_session_free)

/* Where an object stands. */
typedef enum KithState {
    KITH_PENDING,    /* added, not yet in the table */
    KITH_PERSISTENT, /* in the table, as far as the session knows */
    KITH_DELETED,    /* deleted: by the next flush, or by one that is not yet committed */
    KITH_DETACHED /* the session is done with it: deleted and committed, or taken back */
} KithState;

KITH_API KithState kith_state(const void *entity);

/* The session of an object; NULL once it is detached. */
KITH_API KithSession *kith_session_of(const void *entity);

/* --- reading ----------------------------------------------------------------------- */

/*
 * Get the one object for a key. One that is loaded is returned without a statement.
 *   const Author *ann = kith_get(session, Author, 1, &error);
 * Returns NULL without an error if there is no such row; kith_require() makes that an
 * error. Errors: TYPE for a key of another type, those of a query.
 */
#define kith_get(session, T, key, error) \
    ((const T *) kith_session_get(       \
        (session), &kith_mapping_##T, KITH_VALUE(key), KITH_HERE, (error)))

/*
 * The same for a key of several members, named like in an initializer:
 *   kith_get_by(session, Seat, &error, .row = 3, .number = 14)
 */
#define kith_get_by(session, T, error, ...) \
    ((const T *) kith_session_get_by(       \
        (session), &kith_mapping_##T, &(const T){ __VA_ARGS__ }, KITH_HERE, (error)))

/*
 * The same where there has to be such a row. Returns NULL exactly with an error.
 *   const Author *ann = kith_require(session, Author, 1, &error);
 * Errors: NOT_FOUND, and those of kith_get().
 */
#define kith_require(session, T, key, error) \
    ((const T *) kith_session_require(       \
        (session), &kith_mapping_##T, KITH_VALUE(key), KITH_HERE, (error)))

#define kith_require_by(session, T, error, ...) \
    ((const T *) kith_session_require_by(       \
        (session), &kith_mapping_##T, &(const T){ __VA_ARGS__ }, KITH_HERE, (error)))

/*
 * The object that a reference means, loaded if it is not: then for all the objects that
 * came with the same query as @entity, by one statement.
 *   const Author *author = kith_ref(book, author, &error);
 * Returns NULL without an error if the reference is NULL. Of a KITH_ONE it is the one
 * object that refers to @entity, if there is one. Errors: STALE if the row is gone; those
 * of a query.
 */
#define kith_ref(entity, member, error)                     \
    ((__typeof__((entity)->member.target)) kith_entity_ref( \
        (entity), offsetof(__typeof__(*(entity)), member), KITH_HERE, (error)))

/*
 * The objects of a collection, loaded if they are not: then for all the objects that came
 * with the same query as @entity, by one statement.
 *   kith_each (book, kith_many(author, books, &error))
 *       puts(book->title);
 * Returns (transfer none): an array closed by NULL; NULL on error (those of a query).
 * Objects that have a row come by ascending key, or as the mapping says. The array lives,
 * and stays as it is, until the unit of work ends (commit or rollback), whatever is added
 * or deleted meanwhile; kith_many() called again knows of that.
 */
#define kith_many(entity, member, error)                     \
    ((__typeof__((entity)->member.u.type)) kith_entity_many( \
        (entity), offsetof(__typeof__(*(entity)), member), KITH_HERE, (error)))

/* Walk an array of objects closed by NULL; @var is 'const T *'. NULL is an empty array.
 */
#define kith_each(var, array)                                           \
    for (__typeof__(**(array)) *const *var##_at = (array), *var = NULL; \
         var##_at != NULL && (var = *var##_at) != NULL;                 \
         var##_at++)

/* How many objects an array closed by NULL holds; NULL is an empty array. */
#define kith_length(array) kith_array_length((__typeof__(**(array)) *const *){ (array) })

/*
 * An object as what it is: 'const Dog *dog = kith_as(Dog, animal);' is NULL if the animal is no
 * dog; a Puppy, which extends Dog, is one. NULL gives NULL. The other way is a member: &dog->animal.
 * Both are the same object, and all calls take either pointer.
 */
#define kith_as(T, entity) ((const T *) kith_entity_as((entity), &kith_mapping_##T))

/* Is the object a T? */
#define kith_is(T, entity) kith_entity_is((entity), &kith_mapping_##T)

/* Read the row of a clean object again now. Errors: STALE if it is gone; MISUSE if it has
 * changes, which are named, or no row. */
#define kith_refresh(entity, error) kith_entity_refresh((entity), KITH_HERE, (error))

/*
 * The same with what is loaded of its relations: the objects that it refers to, its
 * collections and the objects in them; a statement each. What of them has changes keeps
 * these. Errors: as kith_refresh().
 */
#define kith_refresh_related(entity, error) \
    kith_entity_refresh_related((entity), KITH_HERE, (error))

/*
 * Let an object be read again by the next call that does I/O with it: kith_get(),
 * kith_ref(), kith_many(), a query that finds it. Until then it keeps its values. What is
 * changed of it, or is set meanwhile, stays, and is written by the next flush. Siblings
 * that are expired are read by one statement. If the row is gone, kith_get() returns
 * NULL, kith_ref() and kith_many() are STALE. MISUSE for an object without a row.
 */
#define kith_expire(entity) kith_entity_expire((entity), KITH_HERE)

/* The same for one column, reference or collection. The key cannot be expired: MISUSE. */
#define kith_expire_member(entity, member)                                  \
    kith_entity_expire_member((entity),                                     \
                              0 * sizeof((entity)->member)                  \
                                  + offsetof(__typeof__(*(entity)), member), \
                              KITH_HERE)

/* The same for every object of the session that has a row. */
KITH_API void kith_expire_all(KithSession *session);

/*
 * Let go of a clean object: the pointer is no longer valid, its row is loaded anew when
 * needed. MISUSE while a change refers to it, or something is flushed and not committed.
 */
#define kith_evict(entity) kith_entity_evict((entity), KITH_HERE)

/* The same with the objects in its loaded collections, and in theirs; all or none. */
#define kith_evict_related(entity) kith_entity_evict_related((entity), KITH_HERE)

/*
 * From now on the database may take @msec for a statement of the session, with all of its
 * rows and with waiting for locks; of a flush, for what it sends at once. 0: any time. The
 * default is KithOptions.timeout_msec. What takes longer is stopped: TIMEOUT. Then it is as after any error: a
 * flush leaves its changes pending, and a transaction that the database has given up is
 * rolled back. A server that does not stop within three seconds is given up, and its
 * connection. To connect and to roll back have no such limit.
 */
KITH_API void kith_set_timeout(KithSession *session, int64_t msec);

/*
 * Stop what the session waits for; from another thread, or from a signal handler. If it
 * waits for nothing, what it asks the database for next is stopped before anything is sent.
 * Either way one call fails, with CANCELLED, as after a timeout, and the one after it runs.
 * The session must not be freed meanwhile.
 */
KITH_API void kith_cancel(KithSession *session);

/* Let go of every object, and of all changes that are not flushed. Every pointer is
 * invalid. */
KITH_API void kith_clear(KithSession *session);

/* --- changing ---------------------------------------------------------------------- */

/*
 * Add a new object, given like an initializer; the session makes its own copy.
 *   const Author *ann =
 *       kith_add(session, Author, .name = "Ann", .born = KITH_SOME(1966));
 * A generated key that is left at zero is known after the flush. So is a column with
 * '.default_sql' that is left at zero (0, false, NULL, no value): the database fills it.
 * To have the zero or the NULL itself written, say so with kith_set() or kith_set_null()
 * before the flush.
 */
#define kith_add(session, T, ...)  \
    ((const T *) kith_session_add( \
        (session), &kith_mapping_##T, &(const T){ __VA_ARGS__ }, KITH_HERE))

/*
 * Take over a struct of the program that is no object of this session: from a form, a
 * file, another session. It is changed as if each member had been set by kith_set():
 *   const Book *book = kith_merge(session, Book, &form, &error);
 * With a key, it is the object of that key, loaded if the session does not have it, by one
 * SELECT at most; where there is no such row it is added. Without a key (a generated one
 * that is zero) it is added, without a statement. All columns are taken over, NULL and
 * zero included. A version that is not zero has to be that of the row: else STALE. The
 * target of a reference is a struct to be merged too, or an object of this session; a
 * struct that was copied from an object keeps its references by their keys. Collections
 * are let be.
 *
 * Returns the object; NULL on error, and then nothing was changed. Errors: STALE,
 * NOT_NULL, TYPE, FOREIGN_KEY for a key that refers to no row, MISUSE for an object that
 * is deleted here; those of a query.
 */
#define kith_merge(session, T, row, error)                     \
    ((const T *) kith_session_merge((session),                 \
                                    &kith_mapping_##T,         \
                                    ((const T *){ (row) }),    \
                                    KITH_HERE,                 \
                                    (error)))

/*
 * The same for an array of @n structs: with one SELECT for all keys that the session does
 * not have (or one for each chunk, see KithOptions.load_chunk). Structs of one key are
 * merged into one object, the last one wins.
 * @ret_objects: (nullable): an array of @n 'const T *', for the objects.
 */
#define kith_merge_all(session, T, rows, n, ret_objects, error)                      \
    kith_session_merge_all((session),                                                \
                           &kith_mapping_##T,                                        \
                           ((const T *){ (rows) }),                                  \
                           (n),                                                      \
                           (const void **) ((const T **){ (ret_objects) }),          \
                           KITH_HERE,                                                \
                           (error))

/*
 * Set a member: a column or a reference. Of a KithOpt… member @x is the value itself, as
 * in kith_set(ann, born, 1966), or another KithOpt…. Text and blobs are copied now. A text or a
 * pointer to an object that is NULL when the program runs, and a KithOpt… without a
 * value, set it to NULL. Setting a member to what it is changes nothing.
 */
#define kith_set(entity, member, x)                                                      \
    kith_entity_set(                                                                     \
        (entity),                                                                        \
        KITH_REQUIRE(KITH_ACCEPTS((entity)->member, x), #member " cannot be set to " #x) \
            + offsetof(__typeof__(*(entity)), member),                                   \
        KITH_VALUE_OR_OBJECT(x),                                                         \
        KITH_HERE)

/* Set a member that can be NULL to NULL: a KithOpt…, a text or blob, a reference. */
#define kith_set_null(entity, member)                              \
    kith_entity_set((entity),                                      \
                    0 * sizeof((entity)->member)                   \
                        + offsetof(__typeof__(*(entity)), member), \
                    kith_value_null(),                             \
                    KITH_HERE)

/*
 * The same object to be written like any struct. What differs at the next flush is
 * written; text and blobs that are assigned are read then, so they have to live until
 * then. The pointer can be kept: the object stays watched until the session is cleared.
 */
#define kith_edit(entity) \
    ((KITH_UNCONST_(entity) *) kith_entity_edit((entity), KITH_HERE))
#define KITH_UNCONST_(entity) \
    __typeof__(1 ? *(entity) : *(entity)) /* of a value, not a place */

/* Delete an object: its row, at the next flush. One that is only pending is taken back.
 */
#define kith_delete(entity) kith_entity_delete((entity), KITH_HERE)

/*
 * Raise the version at the next flush, even if nothing else of the object changes: so
 * that others who read it are STALE. MISUSE for an object without a version.
 */
#define kith_touch(entity) kith_entity_touch((entity), KITH_HERE)

/* --- locks ------------------------------------------------------------------------- */

typedef enum KithLock {
    KITH_FOR_UPDATE, /* nobody else may lock or write the row */
    KITH_FOR_SHARE   /* others may read it with this lock as well, and nobody may write it
                      */
} KithLock;

typedef enum KithLockWait {
    KITH_WAIT,       /* until the row is free */
    KITH_NOWAIT,     /* BUSY if it is not free; the transaction goes on */
    KITH_SKIP_LOCKED /* of a query: leave such rows out */
} KithLockWait;

/*
 * Lock the row of an object until the transaction ends; one is opened if none is. If the
 * row is not as this unit of work has read it, that is STALE: refresh the object, and
 * lock it again. SQLite has no locks of rows: there the transaction, which writes, keeps
 * all others from writing. Errors: STALE, BUSY, SERIALIZATION (a deadlock), MISUSE.
 */
#define kith_lock(entity, lock, wait, error) \
    kith_entity_lock((entity), (lock), (wait), KITH_HERE, (error))

/* --- transactions ------------------------------------------------------------------ */

/*
 * Write what has changed, and commit. With nothing to write and no transaction open,
 * sends nothing.
 *
 * After a failure nothing is in the database, and every object is as the program made it,
 * with generated keys and versions taken back: mend the cause and commit again, or
 * kith_rollback(). Where a savepoint is open, what was done before it stays; and an error
 * that is found before anything is sent leaves a transaction that is open as it is.
 * Errors: UNIQUE, FOREIGN_KEY, NOT_NULL, CHECK, STALE, TYPE, each with entity and key;
 * MISUSE; SERIALIZATION, BUSY; CONNECTION; OUTCOME_UNKNOWN; SQL.
 */
#define kith_commit(session, error) kith_session_commit((session), KITH_HERE, (error))

/* Write what has changed, in a transaction that stays open. Errors: as kith_commit(). */
#define kith_flush(session, error) kith_session_flush((session), KITH_HERE, (error))

/*
 * Undo all since the last commit: in the database, and in memory, where every object has
 * the values of the last commit again, what was added is detached, and what was deleted
 * is back.
 */
#define kith_rollback(session) kith_session_rollback((session), KITH_HERE)

/*
 * Begin a transaction now; reads and flushes share it until kith_commit() or
 * kith_rollback().
 * @options: (nullable). Errors: MISUSE if one is open; BUSY, CONNECTION.
 */
#define kith_begin(session, options, error) \
    kith_session_begin((session), (options), KITH_HERE, (error))

/*
 * Set a savepoint: flushes first, and begins a transaction if none is open. Savepoints
 * nest; each is ended by one of the two calls below, which end the innermost. Errors: as
 * kith_flush().
 */
#define kith_savepoint(session, error) \
    kith_session_savepoint((session), KITH_HERE, (error))

/* Keep what was done since the innermost savepoint: flushes, then releases. Errors: as
 * kith_flush(). */
#define kith_savepoint_release(session, error) \
    kith_session_savepoint_release((session), KITH_HERE, (error))

/*
 * Undo what was done since the innermost savepoint, in the database and in memory, and
 * end it. Errors: MISUSE if there is none; CONNECTION: then all of the transaction is
 * undone.
 */
#define kith_savepoint_rollback(session, error) \
    kith_session_savepoint_rollback((session), KITH_HERE, (error))

/* Is there anything to write? Sends nothing. */
KITH_API bool kith_has_changes(KithSession *session);

/*
 * What the next flush would do, step by step, and why each step comes after others. Sends
 * nothing. Returns: (transfer full): text, to be freed with g_free(). Errors: those that
 * a flush finds before it sends anything.
 */
KITH_API KITH_MUST_CHECK char *kith_plan(KithSession *session, GError **error);

/* The same as a graph for Graphviz: 'dot -Tsvg'. (transfer full) */
KITH_API KITH_MUST_CHECK char *kith_plan_graph(KithSession *session, GError **error);

/* --- the functions behind the macros ----------------------------------------------- */

KITH_API KITH_MUST_CHECK const void *kith_session_get(KithSession *session,
                                                      const KithMapping *mapping,
                                                      KithValue key,
                                                      KithPlace place,
                                                      GError **error);
KITH_API KITH_MUST_CHECK const void *kith_session_get_by(KithSession *session,
                                                         const KithMapping *mapping,
                                                         const void *key,
                                                         KithPlace place,
                                                         GError **error);
KITH_API KITH_MUST_CHECK const void *kith_session_require(KithSession *session,
                                                          const KithMapping *mapping,
                                                          KithValue key,
                                                          KithPlace place,
                                                          GError **error);
KITH_API KITH_MUST_CHECK const void *kith_session_require_by(KithSession *session,
                                                             const KithMapping *mapping,
                                                             const void *key,
                                                             KithPlace place,
                                                             GError **error);
KITH_API const void *kith_session_add(KithSession *session,
                                      const KithMapping *mapping,
                                      const void *initial,
                                      KithPlace place);
KITH_API KITH_MUST_CHECK const void *kith_session_merge(KithSession *session,
                                                        const KithMapping *mapping,
                                                        const void *row,
                                                        KithPlace place,
                                                        GError **error);
KITH_API KITH_MUST_CHECK bool kith_session_merge_all(KithSession *session,
                                                     const KithMapping *mapping,
                                                     const void *rows,
                                                     size_t n_rows,
                                                     const void **ret_objects,
                                                     KithPlace place,
                                                     GError **error);
KITH_API const void *kith_entity_ref(const void *entity,
                                     size_t offset,
                                     KithPlace place,
                                     GError **error);
KITH_API const void *kith_entity_many(const void *entity,
                                      size_t offset,
                                      KithPlace place,
                                      GError **error);
KITH_API size_t kith_array_length(const void *array);
KITH_API KITH_MUST_CHECK bool kith_entity_refresh(const void *entity,
                                                  KithPlace place,
                                                  GError **error);
KITH_API KITH_MUST_CHECK bool kith_entity_refresh_related(const void *entity,
                                                          KithPlace place,
                                                          GError **error);
KITH_API void kith_entity_expire(const void *entity, KithPlace place);
KITH_API void kith_entity_expire_member(const void *entity,
                                        size_t offset,
                                        KithPlace place);
KITH_API void kith_entity_evict(const void *entity, KithPlace place);
KITH_API void kith_entity_evict_related(const void *entity, KithPlace place);
KITH_API void kith_entity_set(const void *entity,
                              size_t offset,
                              KithValue value,
                              KithPlace place);
KITH_API void *kith_entity_edit(const void *entity, KithPlace place);
KITH_API void kith_entity_touch(const void *entity, KithPlace place);
KITH_API KITH_MUST_CHECK bool kith_entity_lock(const void *entity,
                                               KithLock lock,
                                               KithLockWait wait,
                                               KithPlace place,
                                               GError **error);
KITH_API const void *kith_entity_as(const void *entity, const KithMapping *mapping);
KITH_API bool kith_entity_is(const void *entity, const KithMapping *mapping);
KITH_API void kith_entity_delete(const void *entity, KithPlace place);
KITH_API KITH_MUST_CHECK bool kith_session_commit(KithSession *session,
                                                  KithPlace place,
                                                  GError **error);
KITH_API KITH_MUST_CHECK bool kith_session_flush(KithSession *session,
                                                 KithPlace place,
                                                 GError **error);
KITH_API void kith_session_rollback(KithSession *session, KithPlace place);
KITH_API KITH_MUST_CHECK bool kith_session_begin(KithSession *session,
                                                 const KithTransactionOptions *options,
                                                 KithPlace place,
                                                 GError **error);
KITH_API KITH_MUST_CHECK bool kith_session_savepoint(KithSession *session,
                                                     KithPlace place,
                                                     GError **error);
KITH_API KITH_MUST_CHECK bool kith_session_savepoint_release(KithSession *session,
                                                             KithPlace place,
                                                             GError **error);
KITH_API KITH_MUST_CHECK bool kith_session_savepoint_rollback(KithSession *session,
                                                              KithPlace place,
                                                              GError **error);

G_END_DECLS

#endif

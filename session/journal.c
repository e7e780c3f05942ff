/*
 * journal.c - undoing in memory what a transaction wrote; see the header for the two
 * ways.
 *
 * Undoing a flush goes in three steps, so that keys that were swapped do not meet in the
 * identity map: all objects leave the map, all get their state of then, and those that
 * have a row are filed again.
 */
#include "journal.h"

#include "collection.h"
#include "expire.h"
#include "filled.h"
#include "foreign-key.h"
#include "keys.h"
#include "referrers.h"

static void
clear_undo(void *data)
{
    KithUndo *undo = data;
    kith_entity_image_free(undo->entity, undo->image);
    g_free(undo->given);
    g_free(undo->stored);
}

void
kith_journal_init(KithSession *session)
{
    session->journal = g_array_new(FALSE, FALSE, sizeof(KithUndo));
    g_array_set_clear_func(session->journal, clear_undo);
    session->savepoints = g_array_new(FALSE, FALSE, sizeof(guint));
}

void
kith_journal_finish(KithSession *session)
{
    g_array_unref(session->journal);
    g_array_unref(session->savepoints);
}

void
kith_journal_add(KithSession *session, KithUndo undo)
{
    g_array_append_val(session->journal, undo);
}

void
kith_journal_forget(KithSession *session)
{
    g_array_set_size(session->journal, 0);
    g_array_set_size(session->savepoints, 0);
}

void
kith_journal_clear(KithSession *session)
{
    g_array_set_size(session->journal, 0);
    for (guint i = 0; i < session->savepoints->len; i++)
        g_array_index(session->savepoints, guint, i) = 0;
}

/* Of references to objects the keys, too: they are taken anew by the next flush. */
static void
take_back_references(const KithMapper *mapper, void *row, const void *image)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET
            && *kith_reference_target(foreign_key, row) != NULL)
            kith_foreign_key_restore(foreign_key, row, image);
    }
}

void
kith_entity_take_back(KithEntity *entity, const void *image)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    bool made_key =
        entity->state == KITH_PENDING && kith_mapper_key_is_missing(mapper, image);
    if (made_key)
        kith_column_copy(&mapper->columns[mapper->generated], row, image);
    if (mapper->version != KITH_NO_INDEX)
        kith_column_copy(&mapper->columns[mapper->version], row, image);
    if (entity->state == KITH_PENDING)
        take_back_references(mapper, row, image);
}

/* What the program has not set since then is as it was. */
static void
undo_stored(KithEntity *entity, const KithUndo *undo)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    const void *row = kith_entity_row(entity);
    for (unsigned i = 0; undo->stored != NULL && i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (kith_bits_has(undo->stored, i) && kith_column_is_equal(column, own, row))
            kith_column_copy(column, own, undo->image);
    }
}

/* --- undoing one record ------------------------------------------------------------ */

static void
undo_insert(KithSession *session, KithUndo *undo, KithUndoScope scope)
{
    KithEntity *entity = undo->entity;
    bool is_wanted = scope == KITH_UNDO_ROWS && entity->state != KITH_DELETED;
    entity->state = KITH_PENDING;
    if (is_wanted) {
        KithTracking *tracking = kith_entity_track(entity);
        tracking->sequence = undo->sequence;
        tracking->given = g_steal_pointer(&undo->given);
        kith_entity_take_back(entity, undo->image);
        kith_filled_undo(entity, undo->image);
        kith_session_watch(session, entity);
        kith_entity_drop_baseline(entity);
        return;
    }
    kith_entity_drop_baseline(entity);
    kith_image_restore(
        kith_entity_mapper(entity), kith_entity_struct(entity), undo->image);
    kith_session_detach(session, entity);
}

static void
undo_update(KithSession *session, KithUndo *undo, KithUndoScope scope)
{
    KithEntity *entity = undo->entity;
    KithTracking *tracking = kith_entity_track(entity);
    const KithMapper *mapper = kith_entity_mapper(entity);
    if (scope == KITH_UNDO_ALL) {
        kith_image_restore(mapper, kith_entity_struct(entity), undo->image);
        entity->state = KITH_PERSISTENT;
        if (undo->given != NULL)
            kith_expire_object(entity); /* it was set without being known */
    } else {
        if (tracking->given == NULL)
            tracking->given = g_steal_pointer(&undo->given);
        kith_entity_take_back(entity, undo->image);
        kith_filled_undo(entity, undo->image);
        undo_stored(entity, undo);
        tracking->is_touched = tracking->is_touched || undo->was_touched;
    }
    kith_entity_image_free(entity, tracking->baseline);
    tracking->baseline = g_steal_pointer(&undo->image);
    kith_session_watch(session, entity);
}

static void
undo_delete(KithSession *session, KithUndo *undo, KithUndoScope scope)
{
    KithEntity *entity = undo->entity;
    const void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    if (scope == KITH_UNDO_ROWS && undo->has_followed) {
        entity->state = KITH_PERSISTENT;
        if (baseline != NULL)
            kith_session_watch(session, entity); /* it may have changes */
        return;
    }
    if (scope == KITH_UNDO_ROWS) {
        entity->state = KITH_DELETED;
        kith_session_watch(session, entity);
        return;
    }
    entity->state = KITH_PERSISTENT;
    if (baseline != NULL)
        kith_image_restore(
            kith_entity_mapper(entity), kith_entity_struct(entity), baseline);
    /* The program may still hold a pointer that it can write through. */
    if (baseline != NULL && entity->tracking->is_edited)
        kith_session_watch(session, entity);
}

/* A foreign key that the database emptied is what it was, unless it was set since. */
static void
restore_emptied(const KithForeignKey *foreign_key, void *row, const void *image)
{
    bool has_reference = foreign_key->reference != KITH_NO_OFFSET;
    if (!kith_foreign_key_is_null(foreign_key, row)
        || (has_reference && *kith_reference_target(foreign_key, row) != NULL))
        return;
    kith_foreign_key_restore(foreign_key, row, image);
    if (has_reference)
        *kith_reference_target(foreign_key, row) =
            *kith_reference_target(foreign_key, image);
}

static void
undo_emptied(const KithUndo *undo)
{
    const KithEntity *entity = undo->entity;
    if (entity->tracking != NULL && entity->tracking->baseline != NULL)
        restore_emptied(undo->emptied, entity->tracking->baseline, undo->image);
    restore_emptied(undo->emptied, kith_entity_struct(entity), undo->image);
}

/* After a failure the program keeps what it has set since; after a rollback nothing. */
static void
undo_bulk(const KithUndo *undo, KithUndoScope scope)
{
    KithEntity *entity = undo->entity;
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    if (baseline == NULL || scope == KITH_UNDO_ALL)
        kith_image_restore(mapper, own, undo->image);
    for (unsigned i = 0; baseline != NULL && i < mapper->n_columns; i++) {
        if (kith_column_is_equal(&mapper->columns[i], own, baseline))
            kith_column_copy(&mapper->columns[i], own, undo->image);
    }
    if (baseline != NULL)
        kith_image_restore(mapper, baseline, undo->image);
    kith_expire_object(entity);
}

static void
undo_one(KithSession *session, KithUndo *undo, KithUndoScope scope)
{
    kith_collections_forget(undo->entity);
    if (undo->is_bulk && undo->was == KITH_PENDING)
        kith_session_detach(session, undo->entity); /* nobody has added it */
    else if (undo->is_bulk)
        undo_bulk(undo, scope);
    else if (undo->emptied != NULL)
        undo_emptied(undo);
    else if (undo->was == KITH_PENDING)
        undo_insert(session, undo, scope);
    else if (undo->was == KITH_PERSISTENT)
        undo_update(session, undo, scope);
    else
        undo_delete(session, undo, scope);
}

/* --- changes that no flush has written --------------------------------------------- */

static void
drop_change(KithSession *session, KithEntity *entity)
{
    const void *baseline = entity->tracking->baseline;
    if (entity->state == KITH_PENDING) {
        kith_collections_forget(entity); /* they may hold it */
        kith_session_detach(session, entity);
        return;
    }
    bool is_assumed = entity->set->mapper->is_link && entity->load == NULL;
    if (entity->state == KITH_DELETED && entity->is_in_map && is_assumed) {
        kith_session_detach(session,
                            entity); /* nobody knows whether there is such a link */
        return;
    }
    if (entity->state == KITH_DELETED && entity->is_in_map)
        entity->state = KITH_PERSISTENT;
    if (baseline != NULL)
        kith_image_restore(
            kith_entity_mapper(entity), kith_entity_struct(entity), baseline);
    entity->tracking->is_touched = false;
    entity->tracking->orphaned_by = NULL;
    entity->tracking->unplaced = NULL;
    kith_expire_undo(entity);
    kith_collections_forget(entity);
}

/* Backwards, because an object that is detached leaves its place to the last one. */
static void
drop_changes(KithSession *session)
{
    for (guint i = session->watched->len; i-- > 0;)
        drop_change(session, g_ptr_array_index(session->watched, i));
}

/* An object that the program cannot write to any more need not be looked at. */
static void
unwatch_clean(KithSession *session)
{
    for (guint i = session->watched->len; i-- > 0;) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        if (entity->state != KITH_PERSISTENT || entity->tracking->is_edited)
            continue;
        kith_session_unwatch(session, entity);
        kith_entity_drop_baseline(entity);
    }
}

/* What the flush wrote referred to the keys of then, and does again. */
static bool
was_not_undone(const KithEntity *child, const KithForeignKey *foreign_key, void *undone)
{
    (void) foreign_key;
    return !g_hash_table_contains(undone, child);
}

/* The foreign keys that followed a change of a key follow it back. */
static void
follow_back(const KithSession *session, guint from, guint to, GArray *keys)
{
    g_autoptr(GHashTable) undone = g_hash_table_new(NULL, NULL);
    for (guint i = from; i < to; i++)
        g_hash_table_add(undone, g_array_index(session->journal, KithUndo, i).entity);
    kith_keys_follow(keys, was_not_undone, undone);
}

/* An object whose key the flush changed, with the row that it has before that is undone.
 */
static void
note_key(GArray *keys, const KithUndo *undo)
{
    const KithMapper *mapper = kith_entity_mapper(undo->entity);
    const void *row = kith_entity_row(undo->entity);
    if (undo->was != KITH_PERSISTENT || undo->emptied != NULL || undo->is_bulk
        || !kith_keys_differ(mapper, row, undo->image))
        return;
    KithKeyChange change = { undo->entity, kith_image_new(mapper, row) };
    g_array_append_val(keys, change);
}

/* The records of one flush. */
static void
undo_flush(KithSession *session, guint from, guint to, KithUndoScope scope)
{
    GArray *journal = session->journal;
    g_autoptr(GArray) keys = kith_key_changes_new();
    for (guint i = from; i < to; i++) {
        const KithUndo *undo = &g_array_index(journal, KithUndo, i);
        note_key(keys, undo);
        if (undo->entity->is_in_map)
            kith_entity_unfile(undo->entity);
    }
    for (guint i = to; i-- > from;)
        undo_one(session, &g_array_index(journal, KithUndo, i), scope);
    for (guint i = from; i < to; i++) {
        KithEntity *entity = g_array_index(journal, KithUndo, i).entity;
        bool has_row = entity->state == KITH_PERSISTENT || entity->state == KITH_DELETED;
        if (has_row && !entity->is_in_map)
            kith_entity_file(entity);
    }
    if (keys->len > 0)
        follow_back(session, from, to, keys);
}

/* Of @anew, from each struct that has a row no more to the one whose row it is now. */
static void
find_owner(GHashTable *anew, KithEntity *entity)
{
    void *object = kith_entity_struct(entity);
    const KithEntity *known = NULL;
    if (!kith_mapper_key_is_missing(entity->set->mapper, object))
        known = kith_identity_map_find(&entity->set->root->map, object);
    if (known != NULL && known != entity)
        g_hash_table_insert(anew, object, kith_entity_struct(known));
}

/*
 * What was inserted can have stood for a row that is another object's again: what the
 * session made to point to it means that one. @n_detached: how many there were before.
 */
static void
point_back(KithSession *session,
           const GPtrArray *inserted,
           guint n_detached,
           KithUndoScope scope)
{
    g_autoptr(GHashTable) anew = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < inserted->len; i++)
        find_owner(anew, g_ptr_array_index(inserted, i));
    for (guint i = n_detached; i < session->detached->len; i++)
        find_owner(anew, g_ptr_array_index(session->detached, i));
    kith_references_point_anew(session, anew, scope == KITH_UNDO_ROWS);
}

/* Flush by flush, the last one first: so the rows of each step belong together. */
void
kith_journal_undo(KithSession *session, guint from, KithUndoScope scope)
{
    GArray *journal = session->journal;
    guint n_detached = session->detached->len;
    g_autoptr(GPtrArray) inserted = g_ptr_array_new();
    if (scope == KITH_UNDO_ALL)
        drop_changes(session);
    for (guint i = from; i < journal->len; i++) {
        const KithUndo *undo = &g_array_index(journal, KithUndo, i);
        if (undo->was == KITH_PENDING)
            g_ptr_array_add(inserted, undo->entity);
    }
    for (guint to = journal->len; to > from;) {
        guint first = MAX(from, g_array_index(journal, KithUndo, to - 1).first);
        undo_flush(session, first, to, scope);
        to = first;
    }
    g_array_set_size(journal, from);
    point_back(session, inserted, n_detached, scope);
    if (scope == KITH_UNDO_ALL)
        unwatch_clean(session);
}

void
kith_journal_commit(KithSession *session)
{
    GArray *journal = session->journal;
    for (guint i = 0; i < journal->len; i++) {
        KithUndo *undo = &g_array_index(journal, KithUndo, i);
        KithEntity *entity = undo->entity;
        if (entity->state == KITH_DELETED && !entity->is_in_map)
            kith_session_detach(session, entity);
        kith_entity_image_free(entity, g_steal_pointer(&undo->image));
        kith_entity_sweep(entity);
    }
    kith_journal_forget(session);
}

/*
 * changeset-settle.c - a flush was written: states, baselines, the identity map and the
 * journal are brought in line with what the database now has.
 */
#include "changeset.h"

#include "cascade.h"
#include "changeset-follow.h"
#include "foreign-key.h"
#include "keys.h"
#include "referrers.h"

static bool
changes_key(const KithChange *change)
{
    for (unsigned i = 0; i < change->mapper->n_keys; i++) {
        if (kith_bits_has(change->bits, change->mapper->keys[i]))
            return true;
    }
    return false;
}

/*
 * What is committed cannot be undone. Then only those need a record that others follow:
 * rows that are deleted, and rows whose key is another one.
 */
static bool
needs_record(const KithChangeSet *set, const KithChange *change)
{
    return !set->is_committed || set->followers != NULL || kith_change_moves_key(change);
}

/* Without a record, what it would have kept is let go of. */
static void
forget(KithEntity *entity, void **image)
{
    kith_entity_image_free(entity, g_steal_pointer(image));
    g_clear_pointer(&entity->tracking->given, g_free);
    kith_entity_sweep(entity);
}

static void
remember_pending(KithEntity *entity, KithWrite *write, guint first)
{
    kith_journal_add(entity->set->session,
                     (KithUndo){ .entity = entity,
                                 .first = first,
                                 .was = KITH_PENDING,
                                 .sequence = entity->tracking->sequence,
                                 .image = g_steal_pointer(&write->image),
                                 .given = g_steal_pointer(&entity->tracking->given) });
}

static void
settle_insert(const KithChangeSet *set, KithEntity *entity, KithWrite *write, guint first)
{
    KithSession *session = set->session;
    if (set->is_committed)
        forget(entity, &write->image);
    else
        remember_pending(entity, write, first);
    entity->state = KITH_PERSISTENT;
    if (session->written == NULL)
        session->written = kith_load_new(session);
    kith_load_add(session->written, entity);
    if (entity->tracking->is_edited)
        kith_entity_take_baseline(entity);
}

static void
remember_update(const KithChangeSet *set,
                KithEntity *entity,
                bool was_touched,
                guint first)
{
    KithTracking *tracking = entity->tracking;
    kith_journal_add(set->session,
                     (KithUndo){ .entity = entity,
                                 .first = first,
                                 .was = KITH_PERSISTENT,
                                 .stored = kith_follows_of(set, entity),
                                 .was_touched = was_touched,
                                 .image = g_steal_pointer(&tracking->baseline),
                                 .given = g_steal_pointer(&tracking->given) });
}

static void
settle_update(const KithChangeSet *set,
              const KithChange *change,
              KithEntity *entity,
              guint first)
{
    KithTracking *tracking = entity->tracking;
    bool was_touched = tracking->is_touched;
    tracking->is_touched = false;
    /* The program may have written to a reference by itself, which the collections did
     * not see. */
    if (tracking->is_edited && kith_entity_mapper(entity)->n_foreign_keys > 0)
        entity->set->root->generation++;
    if (needs_record(set, change))
        remember_update(set, entity, was_touched, first);
    else
        forget(entity, &tracking->baseline);
    if (tracking->is_edited)
        kith_entity_take_baseline(entity);
}

static void
settle_delete(KithSession *session, KithEntity *entity, bool is_replaced, guint first)
{
    kith_journal_add(session,
                     (KithUndo){ .entity = entity,
                                 .first = first,
                                 .was = KITH_DELETED,
                                 .is_replaced = is_replaced });
    kith_session_leave_gap(session, entity);
}

/* The changes by the structs that they are of. */
static GHashTable *
changes_by_struct(const KithChangeSet *set)
{
    GHashTable *changes = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < set->writes->len; i++) {
        KithChange *change = kith_changeset_change(set, i);
        g_hash_table_insert(changes, change->row, change);
    }
    return changes;
}

/* What this flush wrote refers to the keys as they are now. */
static bool
was_not_written(const KithEntity *child, const KithForeignKey *foreign_key, void *changes)
{
    const KithChange *change = g_hash_table_lookup(changes, kith_entity_struct(child));
    return change == NULL || !kith_foreign_key_is_written(foreign_key, change->bits);
}

/* By ON UPDATE SET NULL: what referred to a key that is another one now refers to
 * nothing. */
static void
empty_referrers(const GArray *keys,
                const KithForeignKey *foreign_key,
                GHashTable *changes,
                guint first)
{
    for (guint i = 0; i < keys->len; i++) {
        const KithKeyChange *key = &g_array_index(keys, KithKeyChange, i);
        const void *row = kith_entity_row(key->entity);
        if (!kith_mapper_is_a(kith_entity_mapper(key->entity), foreign_key->target)
            || kith_foreign_key_has_same_target(foreign_key, key->old, row))
            continue;
        g_autoptr(GPtrArray) children =
            kith_referrers_find(key->entity->set->session, foreign_key, key->old);
        for (guint j = 0; j < children->len; j++) {
            KithEntity *child = g_ptr_array_index(children, j);
            if (child->state == KITH_PERSISTENT
                && was_not_written(child, foreign_key, changes))
                kith_cascade_empty(child, foreign_key, first);
        }
    }
}

static void
empty_all_referrers(const KithSession *session,
                    const GArray *keys,
                    GHashTable *changes,
                    guint first)
{
    const KithRegistry *registry = session->engine->registry;
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        const KithMapper *mapper = &registry->mappers[m];
        for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
            if (mapper->foreign_keys[i].on_update == KITH_SET_NULL)
                empty_referrers(keys, &mapper->foreign_keys[i], changes, first);
        }
    }
}

/* Was a row deleted, or its key changed? */
static bool
has_followers(const KithChangeSet *set, guint first)
{
    const GArray *journal = set->session->journal;
    for (guint i = first; i < journal->len; i++) {
        const KithUndo *undo = &g_array_index(journal, KithUndo, i);
        if (undo->was == KITH_DELETED
            || (undo->was == KITH_PERSISTENT
                && kith_keys_differ(kith_entity_mapper(undo->entity),
                                    kith_entity_row(undo->entity),
                                    undo->image)))
            return true;
    }
    return false;
}

/*
 * When all are filed under their new keys, those that refer to them follow. What refers
 * to a row that was deleted comes first: another one can have its key now.
 */
static void
follow_rows(const KithChangeSet *set, guint first)
{
    const GArray *journal = set->session->journal;
    if (!has_followers(set, first))
        return;
    g_autoptr(GArray) keys = kith_key_changes_new();
    for (guint i = first; i < journal->len; i++) {
        const KithUndo *undo = &g_array_index(journal, KithUndo, i);
        if (undo->was == KITH_PERSISTENT)
            kith_key_changes_add(keys, undo->entity, undo->image);
    }
    g_autoptr(GHashTable) changes = changes_by_struct(set);
    kith_cascade_settle(set->session, first, was_not_written, changes);
    empty_all_referrers(set->session, keys, changes, first);
    kith_keys_follow(keys, was_not_written, changes);
}

/* What means a row by its key means the object that has it now. */
static void
point_to_replacements(const KithChangeSet *set)
{
    if (!set->has_replacements)
        return;
    g_autoptr(GHashTable) anew = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < set->writes->len; i++) {
        const KithWrite *write = kith_changeset_write(set, i);
        if (write->replaces == KITH_NO_INDEX)
            continue;
        const KithEntity *replaced = kith_changeset_write(set, write->replaces)->entity;
        g_hash_table_insert(
            anew, kith_entity_struct(replaced), kith_entity_struct(write->entity));
    }
    kith_references_point_anew(set->session, anew, false);
}

/* Keys can move from object to object: all leave the map first, then all are filed again.
 */
static void
unfile_moved(const KithChangeSet *set)
{
    for (guint i = 0; i < set->writes->len; i++) {
        const KithChange *change = kith_changeset_change(set, i);
        bool leaves = change->operation == KITH_OPERATION_DELETE
                      || (change->operation == KITH_OPERATION_UPDATE
                          && !change->is_passing && changes_key(change));
        if (leaves)
            kith_entity_unfile(kith_changeset_write(set, i)->entity);
    }
}

static void
settle(KithChangeSet *set, guint index, guint first)
{
    KithSession *session = set->session;
    KithWrite *write = kith_changeset_write(set, index);
    KithEntity *entity = write->entity;
    const KithChange *change = kith_changeset_change(set, index);
    if (change->operation == KITH_OPERATION_DELETE) {
        settle_delete(session, entity, write->is_replaced, first);
        return;
    }
    if (change->operation == KITH_OPERATION_INSERT)
        settle_insert(set, entity, write, first);
    else
        settle_update(set, change, entity, first);
    if (!entity->is_in_map)
        kith_entity_file(entity);
    else
        kith_entity_refile(entity);
    if (!entity->tracking->is_edited) {
        kith_session_leave_gap(session, entity);
        kith_entity_drop_baseline(entity);
    }
}

void
kith_changeset_settle(KithChangeSet *set)
{
    guint first = set->session->journal->len;
    if (set->has_rows)
        unfile_moved(set);
    for (guint i = 0; i < set->writes->len; i++) {
        KithEntity *entity = kith_changeset_write(set, i)->entity;
        if (!kith_changeset_change(set, i)->is_passing) /* what is, follows below */
            settle(set, i, first);
        if (entity->tracking != NULL)
            entity->tracking->change = KITH_NO_INDEX;
    }
    set->is_settled = true;
    kith_session_close_gaps(set->session);
    if (set->has_rows)
        follow_rows(set, first);
    point_to_replacements(set);
}

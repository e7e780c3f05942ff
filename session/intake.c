/*
 * intake.c - rows to objects. A row is read into the scratch struct of its set, with text
 * borrowed from the driver; the key in it says whether the object is known. Only a new
 * one is allocated.
 */
#include "intake.h"

#include "change.h"
#include "error.h"
#include "expire.h"
#include "foreign-key.h"
#include "referrers.h"
#include "relation.h"
#include "wide.h"

#include <string.h>

/* --- one row ----------------------------------------------------------------------- */

/* Of an object that is expired, what is, and was not changed since; else all. */
static bool
is_taken_over(const KithEntity *entity, unsigned index)
{
    return !entity->is_expired
           || (kith_expire_is_unknown(entity, index)
               && !kith_expire_is_edited(entity, index));
}

/* Where a reference changes, what it refers to is not known any more. */
static void
forget_changed_targets(KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        bool is_taken = foreign_key->reference != KITH_NO_OFFSET;
        for (unsigned j = 0; is_taken && j < foreign_key->n_columns; j++)
            is_taken = is_taken_over(entity, foreign_key->columns[j]);
        /* A key that is the same is not taken: a failure may take it back. */
        if (!is_taken || kith_foreign_key_is_equal(foreign_key, own, row))
            continue;
        *kith_reference_target(foreign_key, own) = NULL;
        if (entity->tracking != NULL && entity->tracking->baseline != NULL)
            *kith_reference_target(foreign_key, entity->tracking->baseline) = NULL;
        entity->set->root->generation++;
    }
}

/* Take over what the row has, column by column, and only where it differs. */
static void
bring_up_to_date(KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *own = kith_entity_struct(entity);
    if (entity->set->session->journal->len == 0)
        kith_entity_sweep(entity); /* what an earlier read replaced */
    /* The program may have assigned a text of its own that is equal to ours. */
    if (entity->tracking != NULL && entity->tracking->is_edited)
        kith_entity_adopt(entity);
    forget_changed_targets(entity, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        if (!is_taken_over(entity, i))
            continue;
        if (!kith_column_is_equal(column, own, row))
            kith_entity_store(entity, i, kith_column_get(column, row));
        if (entity->tracking != NULL && entity->tracking->baseline != NULL)
            kith_column_copy(column, entity->tracking->baseline, own);
    }
    kith_entity_refile(entity);
    kith_expire_end(entity);
}

static bool
has_edits(KithEntity *entity)
{
    return entity->state != KITH_PERSISTENT || kith_entity_has_changes(entity);
}

/* Is the row another one than the session believes? A version tells, else every column
 * has to. */
static bool
is_outdated(const KithEntity *entity, const void *row)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *known = kith_entity_row(entity);
    if (mapper->version != KITH_NO_INDEX)
        return !kith_column_is_equal(&mapper->columns[mapper->version], known, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!kith_column_is_equal(&mapper->columns[i], known, row))
            return true;
    }
    return false;
}

static bool
refuse_outdated(const KithEntity *entity, GError **error)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
    KithErrorDetails details = { .table = mapper->table };
    kith_error_set_details(
        error,
        KITH_ERROR_STALE,
        &details,
        "the row that was locked is not as it was read: somebody else changed it; "
        "refresh it, and do it once more");
    if (error != NULL)
        kith_error_add_entity(*error, mapper->entity, key);
    return false;
}

/* --- objects of rows --------------------------------------------------------------- */

/* The load that the objects are siblings in is made when there is one of them. */
static void
join_load(KithIntake *intake, KithEntity *entity)
{
    if (intake->load == NULL)
        intake->load = kith_load_new(intake->set->session);
    kith_load_add(intake->load, entity);
}

static KithEntity *
take_new(KithIntake *intake, KithMapPlace place)
{
    KithEntitySet *set = intake->set;
    KithEntity *entity = kith_entity_new(set, set->scratch, set->lengths);
    kith_identity_map_put(&set->root->map, entity, place);
    if (set->root->has_referrers)
        kith_referrers_file(entity);
    join_load(intake, entity);
    set->session->statistics.n_objects++;
    if (intake->fresh != NULL)
        g_ptr_array_add(intake->fresh, entity);
    return entity;
}

static bool
take_known(KithIntake *intake, KithEntity *entity, GError **error)
{
    KithEntitySet *set = intake->set;
    set->session->statistics.n_known_rows++;
    bool was_read_in_this_unit =
        entity->load != NULL && entity->load->epoch == set->session->epoch;
    bool is_edited = has_edits(entity);
    if (intake->is_old)
        return true;
    if (!was_read_in_this_unit && !is_edited) {
        bring_up_to_date(entity, set->scratch);
        join_load(intake, entity);
        return true;
    }
    if (entity->is_expired && entity->state == KITH_PERSISTENT) {
        bring_up_to_date(entity, set->scratch);
        if (!was_read_in_this_unit)
            join_load(intake, entity);
    }
    return !intake->is_locking || !is_outdated(entity, set->scratch)
           || refuse_outdated(entity, error);
}

static void
give(KithIntake *intake, void *object)
{
    intake->last = object;
    if (intake->objects != NULL)
        g_ptr_array_add(intake->objects, object);
}

static bool
take_row(KithIntake *intake, GError **error)
{
    KithMapPlace place;
    KithEntity *entity = kith_identity_map_find_place(
        &intake->set->root->map, intake->set->scratch, &place);
    if (entity == NULL)
        entity = take_new(intake, place);
    else if (!take_known(intake, entity, error))
        return false;
    /* A row that this unit of work deletes is still there to be found, but gone for us.
     */
    if (entity->state == KITH_PERSISTENT)
        give(intake, kith_entity_struct(entity));
    return true;
}

/* The row is something that extends what was asked for, or that itself. */
static bool
take_wide_row(KithIntake *intake,
              const KithWideRow *wide,
              const void *row,
              const size_t *lengths,
              GError **error)
{
    const KithMapper *what = kith_wide_what(wide, row, error);
    if (what == NULL)
        return false;
    intake->set = &intake->set->session->sets[what->index];
    bool done =
        kith_wide_take(
            wide, what, row, lengths, intake->set->scratch, intake->set->lengths, error)
        && take_row(intake, error);
    memset(intake->set->scratch, 0, what->size);
    return done;
}

static bool
take_wide_rows(KithIntake *intake,
               const KithWideRow *wide,
               KithConnection *connection,
               bool *ret_is_end,
               GError **error)
{
    g_autofree void *row = g_malloc0(wide->size);
    g_autofree size_t *lengths = g_new0(size_t, wide->layout.n_columns + 1);
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(connection, &wide->layout, row, lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_wide_row(intake, wide, row, lengths, error);
        if (intake->is_by_key || ++n_rows == intake->n_wanted)
            break;
    }
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
}

/* What stands beside an object in its row, and is what its reference means. */
static bool
take_part(KithIntake *intake,
          const KithJoinedPart *part,
          KithEntity *owner,
          const void *row,
          const size_t *lengths,
          GError **error)
{
    KithEntitySet *targets = intake->set;
    if (!kith_joined_has(part, row))
        return true;
    kith_joined_take(part, targets, row, lengths);
    bool done = take_row(intake, error);
    const KithEntity *target =
        kith_identity_map_find(&targets->root->map, targets->scratch);
    memset(targets->scratch, 0, targets->mapper->size);
    if (done && kith_reference_known(owner, part->foreign_key) == NULL
        && target->state == KITH_PERSISTENT
        && kith_foreign_key_means(
            part->foreign_key, kith_entity_struct(owner), kith_entity_struct(target)))
        kith_reference_link(owner, part->foreign_key, kith_entity_struct(target));
    return done;
}

static bool
take_joined_row(
    KithIntake *intake, KithIntake *parts, const void *row, const size_t *lengths, GError **error)
{
    KithEntitySet *set = intake->set;
    const KithMapper *mapper = set->mapper;
    memcpy(set->scratch, row, mapper->size);
    memcpy(set->lengths, lengths, mapper->n_columns * sizeof *lengths);
    bool done = take_row(intake, error);
    KithEntity *owner = kith_identity_map_find(&set->root->map, set->scratch);
    memset(set->scratch, 0, mapper->size);
    for (unsigned i = 0; done && i < intake->joined->n_parts; i++)
        done =
            take_part(&parts[i], &intake->joined->parts[i], owner, row, lengths, error);
    return done;
}

/* What each part brings are siblings, as if they had come by a statement of their own. */
static void
begin_parts(const KithIntake *intake, KithIntake *parts)
{
    KithSession *session = intake->set->session;
    for (unsigned i = 0; i < intake->joined->n_parts; i++) {
        const KithMapper *target = intake->joined->parts[i].foreign_key->target;
        parts[i] = (KithIntake){ .set = &session->sets[target->index],
                             .fresh = intake->fresh,
                             .is_old = intake->is_old };
    }
}

static bool
take_joined_rows(KithIntake *intake,
                 KithConnection *connection,
                 bool *ret_is_end,
                 GError **error)
{
    const KithJoinedRow *joined = intake->joined;
    KithIntake parts[KITH_MAX_JOINED];
    g_autofree void *row = g_malloc0(joined->size);
    g_autofree size_t *lengths = g_new0(size_t, joined->layout.n_columns + 1);
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    begin_parts(intake, parts);
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(connection, &joined->layout, row, lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_joined_row(intake, parts, row, lengths, error);
        if (++n_rows == intake->n_wanted)
            break;
    }
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
}

bool
kith_intake_rows(KithIntake *intake,
                 KithConnection *connection,
                 bool *ret_is_end,
                 GError **error)
{
    KithEntitySet *set = intake->set;
    if (intake->joined != NULL)
        return take_joined_rows(intake, connection, ret_is_end, error);
    if (set->mapper->wide != NULL)
        return take_wide_rows(intake, set->mapper->wide, connection, ret_is_end, error);
    const KithMapper *mapper = set->mapper;
    bool done = true;
    size_t n_rows = 0;
    KithFetched fetched = KITH_FETCHED_ROW;
    memset(set->scratch, 0, mapper->size);
    while (done && fetched == KITH_FETCHED_ROW) {
        fetched = kith_connection_fetch(
            connection, &mapper->layout, set->scratch, set->lengths, error);
        done = fetched != KITH_FETCHED_ERROR;
        if (fetched == KITH_FETCHED_ROW)
            done = take_row(intake, error);
        if (intake->is_by_key || ++n_rows == intake->n_wanted)
            break;
    }
    memset(set->scratch, 0, mapper->size);
    if (ret_is_end != NULL)
        *ret_is_end = fetched == KITH_FETCHED_END;
    return done;
}

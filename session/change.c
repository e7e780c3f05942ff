/*
 * change.c - what the program tells the unit of work: add, set, edit, delete. Nothing is
 * sent here; what was said is kept in the objects until the flush.
 */
#include "change.h"

#include "collection.h"
#include "convert.h"
#include "error.h"
#include "expire.h"
#include "filled.h"
#include "foreign-key.h"
#include "inheritance.h"
#include "one.h"

#include <string.h>

/* --- references -------------------------------------------------------------------- */

static bool
is_entity(const void *object)
{
    return kith_entity_of(object)->magic == KITH_ENTITY_MAGIC;
}

static void
point_to(const KithForeignKey *foreign_key, void *row, const void *target)
{
    *kith_reference_target(foreign_key, row) = target;
}

/*
 * Did the program empty a reference by writing NULL to its target? One that was never
 * loaded has NULL there too, and the key that it came with. Where the columns are members
 * of the program, writing to them says what they are to be.
 */
bool
kith_reference_was_emptied(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    if (baseline == NULL)
        return false;
    bool had_target = *kith_reference_target(foreign_key, baseline) != NULL;
    bool is_as_before =
        kith_foreign_key_is_equal(foreign_key, kith_entity_struct(entity), baseline);
    return foreign_key->is_via ? had_target && is_as_before : had_target || !is_as_before;
}

/* Did the program write to the members of a foreign key, and leave the reference as it
 * was? */
static bool
were_members_set(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    const void *baseline = entity->tracking != NULL ? entity->tracking->baseline : NULL;
    const void *row = kith_entity_struct(entity);
    if (!foreign_key->is_via || baseline == NULL)
        return false;
    const void *target = *kith_reference_target(foreign_key, row);
    return target != NULL && target == *kith_reference_target(foreign_key, baseline)
           && !kith_foreign_key_is_equal(foreign_key, row, baseline)
           && !kith_foreign_key_means(foreign_key, row, target);
}

bool
kith_references_sync(KithEntity *entity, uint64_t *unknown)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    bool are_known = true;
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void *target = *kith_reference_target(foreign_key, row);
        if (were_members_set(entity, foreign_key)) {
            point_to(foreign_key, row, kith_reference_find(entity, foreign_key));
        } else if (target == NULL) {
            if (kith_reference_was_emptied(entity, foreign_key))
                kith_foreign_key_empty(foreign_key, row);
        } else {
            /* What cannot be has to be looked at by the flush, too, though nothing
             * differs. */
            bool is_known =
                kith_foreign_key_copy(entity, foreign_key, target)
                && kith_foreign_key_find_other(foreign_key, row, target) == KITH_NO_INDEX;
            if (!is_known && unknown != NULL)
                kith_foreign_key_mark(foreign_key, unknown);
            are_known = are_known && is_known;
        }
    }
    return are_known;
}

/* Does a new object have other members than its reference says? */
static bool
contradicts(const KithForeignKey *foreign_key, const void *row, const void *target)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *column = &foreign_key->mapper->columns[foreign_key->columns[i]];
        const KithColumn *meant = &foreign_key->target->columns[foreign_key->targets[i]];
        if (!kith_column_is_zero(column, row)
            && !kith_columns_are_equal(column, row, meant, target))
            return true;
    }
    return false;
}

/*
 * The key of a reference to an object is taken at the flush, and before that it is not
 * there: the program may still write NULL to the target. Members of the program have it
 * at once.
 */
static void
begin_references(KithEntity *entity, KithPlace place)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        const void *target = foreign_key->reference != KITH_NO_OFFSET
                                 ? *kith_reference_target(foreign_key, row)
                                 : NULL;
        if (target == NULL)
            continue;
        if (!foreign_key->is_via)
            kith_foreign_key_empty(foreign_key, row);
        else if (is_entity(target) && contradicts(foreign_key, row, target))
            kith_session_blame(entity->set->session,
                               place,
                               "%s.%s: its members have another key than its target; "
                               "give it the one or the other",
                               mapper->entity,
                               foreign_key->member);
        else
            (void) kith_foreign_key_copy(entity, foreign_key, target);
    }
}

/* --- is there anything? ------------------------------------------------------------ */

/* A foreign key that is another one only because its target gets another key is no
 * change. */
static void
leave_out_followed(const KithEntity *entity, uint64_t *bits)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        const void *target =
            foreign_key->reference != KITH_NO_OFFSET
                ? *kith_reference_target(foreign_key, kith_entity_struct(entity))
                : NULL;
        bool follows = target != NULL && is_entity(target)
                       && kith_foreign_key_means(foreign_key,
                                                 entity->tracking->baseline,
                                                 kith_entity_row(kith_entity_of(target)));
        for (unsigned j = 0; follows && j < foreign_key->n_columns; j++)
            kith_bits_clear(bits, foreign_key->columns[j]);
    }
}

bool
kith_entity_has_changes(KithEntity *entity)
{
    if (entity->state != KITH_PERSISTENT)
        return entity->state == KITH_PENDING || entity->is_in_map;
    if (entity->tracking == NULL || entity->tracking->baseline == NULL)
        return false;
    if (entity->tracking->is_touched)
        return true;
    size_t n_words = KITH_BITS(kith_entity_mapper(entity)->n_columns);
    g_autofree uint64_t *bits = g_new0(uint64_t, 2 * n_words);
    kith_references_sync(entity, bits + n_words);
    if (kith_entity_diff(entity, bits))
        leave_out_followed(entity, bits);
    bool has_changes = false;
    for (size_t i = 0; i < 2 * n_words; i++)
        has_changes = has_changes || bits[i] != 0;
    return has_changes;
}

bool
kith_set_has_changes(KithEntitySet *set)
{
    const GPtrArray *watched = set->session->watched;
    bool may_have = set->n_watched > 0 || set->mapper->n_below > 0;
    for (guint i = 0; may_have && i < watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(watched, i);
        if (kith_mapper_is_a(entity->set->mapper, set->mapper)
            && kith_entity_has_changes(entity))
            return true;
    }
    return false;
}

bool
kith_has_changes(KithSession *session)
{
    for (guint i = 0; i < session->watched->len; i++) {
        if (kith_entity_has_changes(g_ptr_array_index(session->watched, i)))
            return true;
    }
    return false;
}

/* --- add --------------------------------------------------------------------------- */

/* What was given as the one that refers to a new object is made to refer to it. */
static void
begin_ones(KithEntity *entity, KithPlace place)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (unsigned i = 0; i < mapper->n_many; i++) {
        const KithMany *many = &mapper->many[i];
        const void **target = kith_one_target(many, kith_entity_struct(entity));
        const void *given = many->is_one ? *target : NULL;
        if (given == NULL)
            continue;
        *target = NULL;
        kith_one_set(entity, many, given, place);
    }
}

KithEntity *
kith_set_add(KithEntitySet *set, const void *initial, KithPlace place)
{
    KithSession *session = set->session;
    KithEntity *entity = kith_entity_new(set, initial, NULL);
    kith_entity_say_what(entity, place);
    entity->state = KITH_PENDING;
    kith_entity_track(entity)->sequence = session->next_sequence++;
    kith_session_watch(session, entity);
    begin_references(entity, place);
    kith_collections_enter(entity);
    begin_ones(entity, place);
    return entity;
}

const void *
kith_session_add(KithSession *session,
                 const KithMapping *mapping,
                 const void *initial,
                 KithPlace place)
{
    g_autoptr(GError) error = NULL;
    KithEntitySet *set = kith_session_set_of(session, mapping, &error);
    if (set != NULL && kith_set_can_have_objects(set, place))
        return kith_entity_struct(kith_set_add(set, initial, place));
    if (set == NULL)
        kith_session_blame(session, place, "%s", error->message);
    return NULL;
}

/* --- set and edit ------------------------------------------------------------------ */

/* Make an object ready to be changed; false, and blame, if it cannot be. */
static bool
begin_change(KithEntity *entity, KithPlace place, const char *action)
{
    KithSession *session = entity->set->session;
    if (entity->state == KITH_DELETED || entity->state == KITH_DETACHED) {
        g_autofree char *key =
            kith_mapper_key_text(entity->set->mapper, kith_entity_row(entity));
        kith_session_blame(session,
                           place,
                           "%s %s: %s: the object is %s",
                           entity->set->mapper->entity,
                           key,
                           action,
                           entity->state == KITH_DELETED ? "deleted"
                                                         : "no longer in the session");
        return false;
    }
    return true;
}

static void
watch_for_change(KithEntity *entity)
{
    if (entity->state == KITH_PERSISTENT)
        kith_entity_take_baseline(entity);
    kith_session_watch(entity->set->session, entity);
}

static bool
has_column(const KithForeignKey *foreign_key, unsigned index)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (foreign_key->columns[i] == index)
            return true;
    }
    return false;
}

/* Is the column a member that a reference is made of? */
static bool
is_of_reference(const KithMapper *mapper, unsigned index)
{
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        if (mapper->foreign_keys[i].is_via && has_column(&mapper->foreign_keys[i], index))
            return true;
    }
    return false;
}

/* References whose columns are members follow the member, to what is loaded of its new
 * value. */
static void
store_column(KithEntity *entity, unsigned index, const void *value)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    if (!is_of_reference(mapper, index)) {
        kith_entity_store(entity, index, value);
        return;
    }
    g_autofree const void **targets = g_new0(const void *, mapper->n_foreign_keys + 1);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (!foreign_key->is_via || !has_column(foreign_key, index))
            continue;
        targets[i] = *kith_reference_target(foreign_key, row);
        if (targets[i] == NULL)
            targets[i] = kith_reference_find(entity, foreign_key);
    }
    kith_entity_store(entity, index, value);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (!foreign_key->is_via || !has_column(foreign_key, index))
            continue;
        const void *target = kith_reference_find(entity, foreign_key);
        kith_collections_move(entity, foreign_key, targets[i], target);
        point_to(foreign_key, row, target);
    }
}

/* Why a column cannot be NULL, or what would let it be. */
static const char *
not_null(const KithMapper *mapper, unsigned index)
{
    KithKind kind = mapper->columns[index].kind;
    if (mapper->details[index].is_key)
        return "cannot be NULL: it is of the key";
    if (index == mapper->version)
        return "cannot be NULL: it is the version";
    return kind == KITH_KIND_TEXT || kind == KITH_KIND_BLOB
               ? "cannot be NULL; map it as nullable"
               : "cannot be NULL; make the member a KithOpt…";
}

/* Why a column cannot be set to a value whatever its type is; NULL if it can. */
static const char *
fault_of(const KithMapper *mapper, unsigned index, const KithValue *value)
{
    if (mapper->details[index].computed_sql != NULL)
        return "cannot be set: the database computes it";
    if (index == mapper->discriminator)
        return "cannot be set: it says what the object was added as";
    if (value->kind == KITH_KIND_NONE && !mapper->columns[index].nullable)
        return not_null(mapper, index);
    return NULL;
}

static void
set_column(KithEntity *entity, unsigned index, KithValue *value, KithPlace place)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const KithColumn *column = &mapper->columns[index];
    g_autoptr(GError) error = NULL;
    const char *fault = fault_of(mapper, index, value);
    if (fault != NULL) {
        kith_session_blame(entity->set->session,
                           place,
                           "%s.%s %s",
                           mapper->entity,
                           column->member,
                           fault);
        return;
    }
    if (!kith_value_fit(mapper->entity, column, value, &error)) {
        kith_session_blame(entity->set->session, place, "%s", error->message);
        return;
    }
    KithEntitySet *set = entity->set;
    kith_column_set_value(column, set->scratch, value);
    bool takes_key = entity->state == KITH_PERSISTENT && index == mapper->generated
                     && kith_column_is_zero(column, set->scratch);
    bool is_equal =
        kith_column_is_equal(column, kith_entity_struct(entity), set->scratch);
    memset(set->scratch, 0, mapper->size);
    if (takes_key) {
        g_autofree char *key = kith_mapper_key_text(mapper, kith_entity_row(entity));
        kith_session_blame(set->session,
                           place,
                           "%s %s: a row cannot lose its key; set %s to another one",
                           mapper->entity,
                           key,
                           column->member);
        return;
    }
    if (entity->state == KITH_PENDING)
        kith_filled_mark_given(entity, index);
    bool is_unknown = kith_expire_is_unknown(entity, index);
    if (is_equal && !is_unknown)
        return; /* nothing to watch, nothing to copy */
    watch_for_change(entity);
    if (is_unknown)
        kith_expire_note_set(entity, index);
    store_column(entity, index, kith_value_data(value));
}

/* Does the reference mean @target already, though maybe it was not loaded? */
static bool
means(const KithForeignKey *foreign_key, const void *row, const void *target)
{
    const void *present = *kith_reference_target(foreign_key, row);
    if (present != NULL || target == NULL)
        return present == target
               && (target != NULL || kith_foreign_key_is_null(foreign_key, row));
    /* By the key that the target has now: the row refers to nobody by one that is to be.
     */
    /* A new object can have the key of one that is deleted, and mean another one. */
    return is_entity(target) && kith_entity_of(target)->state != KITH_PENDING
           && !kith_mapper_key_is_missing(foreign_key->target, target)
           && kith_foreign_key_means(
               foreign_key, row, kith_entity_row(kith_entity_of(target)));
}

/* Has the program written NULL to it since, through a pointer that it kept? */
static bool
is_emptied_by_hand(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    return *kith_reference_target(foreign_key, kith_entity_struct(entity)) == NULL
           && kith_reference_was_emptied(entity, foreign_key);
}

static bool
is_any_unknown(const KithEntity *entity, const KithForeignKey *foreign_key)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        if (kith_expire_is_unknown(entity, foreign_key->columns[i]))
            return true;
    }
    return false;
}

/* An object that has lost an owner, and gets no other one, is deleted by the next flush.
 */
static void
note_orphan(KithEntity *entity, const KithForeignKey *foreign_key, const void *target)
{
    KithTracking *tracking = entity->tracking;
    if (target == NULL && foreign_key->deletes_orphan)
        tracking->orphaned_by = foreign_key;
    else if (target != NULL && tracking->orphaned_by == foreign_key)
        tracking->orphaned_by = NULL;
}

/* A flush that failed may have deleted an orphan, which now gets an owner after all. */
void
kith_orphan_revive(KithEntity *entity, const KithForeignKey *foreign_key)
{
    bool is_deleted_orphan = entity->state == KITH_DELETED && entity->is_in_map
                             && entity->tracking->orphaned_by == foreign_key;
    if (!is_deleted_orphan)
        return;
    entity->state = KITH_PERSISTENT;
    kith_collections_enter(entity);
}

static void
set_reference(KithEntity *entity, const KithForeignKey *foreign_key, const void *target)
{
    void *row = kith_entity_struct(entity);
    bool is_unknown = is_any_unknown(entity, foreign_key);
    if (means(foreign_key, row, target) && !is_emptied_by_hand(entity, foreign_key)
        && !is_unknown)
        return;
    watch_for_change(entity);
    for (unsigned i = 0; is_unknown && i < foreign_key->n_columns; i++)
        kith_expire_note_set(entity, foreign_key->columns[i]);
    const void *from = *kith_reference_target(foreign_key, row);
    if (foreign_key->has_one && target != NULL)
        kith_one_make_room(entity, foreign_key, target);
    kith_collections_move(entity,
                          foreign_key,
                          from != NULL ? from : kith_reference_find(entity, foreign_key),
                          target);
    point_to(foreign_key, row, target);
    note_orphan(entity, foreign_key, target);
    if (target != NULL && (entity->state != KITH_PENDING || foreign_key->is_via))
        (void) kith_foreign_key_copy(entity, foreign_key, target);
    else
        kith_foreign_key_empty(foreign_key, row);
}

void
kith_reference_set(KithEntity *entity,
                   const KithForeignKey *foreign_key,
                   const void *target,
                   KithPlace place)
{
    kith_orphan_revive(entity, foreign_key);
    if (begin_change(entity, place, "setting a reference"))
        set_reference(entity, foreign_key, target);
}

void
kith_entity_set(const void *object, size_t offset, KithValue value, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_set");
    if (entity == NULL)
        return;
    const KithMapper *mapper = kith_entity_mapper(entity);
    unsigned column = kith_mapper_column_at(mapper, offset);
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned one = kith_mapper_many_at(mapper, offset);
    const void *target = value.kind == KITH_KIND_OBJECT ? value.as.object : NULL;
    if (reference != KITH_NO_INDEX)
        kith_orphan_revive(entity, &mapper->foreign_keys[reference]);
    if (!begin_change(entity, place, "kith_set"))
        return;
    if (column != KITH_NO_INDEX)
        set_column(entity, column, &value, place);
    else if (reference != KITH_NO_INDEX)
        set_reference(entity, &mapper->foreign_keys[reference], target);
    else if (one != KITH_NO_INDEX && mapper->many[one].is_one)
        kith_one_set(entity, &mapper->many[one], target, place);
    else
        kith_session_blame(entity->set->session,
                           place,
                           "%s: kith_set of a member that is not mapped",
                           mapper->entity);
}

void *
kith_entity_edit(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_edit");
    if (entity == NULL)
        return NULL;
    /* A refused edit still gets a pointer: what is written through it goes nowhere. */
    if (begin_change(entity, place, "kith_edit")) {
        watch_for_change(entity);
        entity->tracking->is_edited = true;
    }
    return kith_entity_struct(entity);
}

void
kith_entity_touch(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_touch");
    if (entity == NULL || !begin_change(entity, place, "kith_touch"))
        return;
    if (kith_entity_mapper(entity)->version == KITH_NO_INDEX) {
        kith_session_blame(entity->set->session,
                           place,
                           "%s: kith_touch of an entity without a KITH_VERSION",
                           kith_entity_mapper(entity)->entity);
        return;
    }
    watch_for_change(entity);
    entity->tracking->is_touched = entity->state == KITH_PERSISTENT;
}

/* --- delete ------------------------------------------------------------------------ */

void
kith_entity_delete(const void *object, KithPlace place)
{
    KithEntity *entity = kith_session_entity(object, place, "kith_delete");
    if (entity == NULL || entity->state == KITH_DELETED)
        return;
    if (!begin_change(entity, place, "kith_delete"))
        return;
    KithSession *session = entity->set->session;
    kith_collections_leave(entity);
    if (entity->state == KITH_PENDING) {
        kith_session_detach(session, entity);
        return;
    }
    entity->state = KITH_DELETED;
    kith_session_watch(session, entity);
    entity->tracking->is_cascaded = false;
    entity->tracking->has_followed = false;
    entity->tracking->is_taken_over = false;
}

/*
 * changeset.c - finds what has changed in a session, and has it planned. Checking it is
 * done in changeset-check.c, making it last in changeset-settle.c.
 */
#include "changeset.h"

#include "change.h"
#include "changeset-follow.h"
#include "convert.h"
#include "filled.h"
#include "foreign-key.h"

#include <string.h>

void
kith_changeset_init(KithChangeSet *set)
{
    *set = (KithChangeSet){ .session = NULL };
    set->changes = g_array_new(FALSE, FALSE, sizeof(KithChange));
    set->writes = g_array_new(FALSE, FALSE, sizeof(KithWrite));
    set->memory = g_ptr_array_new_with_free_func(g_free);
    set->images = g_ptr_array_new_with_free_func(g_free);
}

void
kith_changeset_finish(KithChangeSet *set)
{
    g_array_unref(set->changes);
    g_array_unref(set->writes);
    g_ptr_array_unref(set->memory);
    g_ptr_array_unref(set->images);
}

/* Few need no room made for them ahead. */
#define FEW 64

static void
make_room(GArray *array, guint n_elements)
{
    if (n_elements <= FEW)
        return;
    g_array_set_size(array, n_elements);
    g_array_set_size(array, 0);
}

void
kith_changeset_begin(KithChangeSet *set, KithSession *session)
{
    set->session = session;
    /* More only if deletes cascade. */
    make_room(set->changes, session->watched->len);
    make_room(set->writes, session->watched->len);
}

/* The first block of bits stays, and is all zero again. */
static void
clear_bits(KithChangeSet *set)
{
    if (set->memory->len == 0)
        return;
    if (set->memory->len > 1)
        g_ptr_array_set_size(set->memory, 1);
    set->free_bits = g_ptr_array_index(set->memory, 0);
    set->n_free_bits = set->n_first_bits;
    memset(set->free_bits, 0, set->n_first_bits * sizeof *set->free_bits);
}

/* Of objects that were not written. */
static void
let_go(KithChangeSet *set)
{
    for (guint i = 0; i < set->writes->len; i++) {
        KithWrite *write = kith_changeset_write(set, i);
        kith_entity_image_free(write->entity, write->image);
        if (write->entity->tracking != NULL)
            write->entity->tracking->change = KITH_NO_INDEX;
    }
}

void
kith_changeset_clear(KithChangeSet *set)
{
    if (!set->is_settled)
        let_go(set);
    g_array_set_size(set->changes, 0);
    g_array_set_size(set->writes, 0);
    clear_bits(set);
    if (set->images->len > 0)
        g_ptr_array_set_size(set->images, 0);
    kith_follows_finish(set);
    set->session = NULL;
    set->has_replacements = false;
    set->has_parts = false;
    set->has_rows = false;
    set->moves_keys = false;
    set->is_committed = false;
    set->is_settled = false;
}

/* --- collecting -------------------------------------------------------------------- */

static void
add_change(KithChangeSet *set, KithEntity *entity, KithChange change, void *image)
{
    KithWrite write = { .entity = entity, .image = image, .replaces = KITH_NO_INDEX };
    entity->tracking->change = set->changes->len;
    set->has_parts = set->has_parts || change.mapper->part != change.mapper;
    set->has_rows = set->has_rows || change.operation != KITH_OPERATION_INSERT;
    g_array_append_val(set->changes, change);
    g_array_append_val(set->writes, write);
}

/* Words that are given out together, so that many small sets are few allocations. */
#define FIRST_BLOCK ((size_t) 16)
#define LAST_BLOCK ((size_t) 4096)

static void
take_block(KithChangeSet *set, size_t least)
{
    size_t size = (size_t) FIRST_BLOCK << MIN(set->memory->len, 8);
    size = MAX(MIN(size, LAST_BLOCK), least);
    set->free_bits = g_new0(uint64_t, size);
    set->n_free_bits = size;
    if (set->memory->len == 0)
        set->n_first_bits = size;
    g_ptr_array_add(set->memory, set->free_bits);
}

uint64_t *
kith_changeset_new_bits(KithChangeSet *set, const KithMapper *mapper)
{
    size_t n_words = KITH_BITS(mapper->n_columns);
    if (set->n_free_bits < n_words)
        take_block(set, n_words);
    uint64_t *bits = set->free_bits;
    set->free_bits += n_words;
    set->n_free_bits -= n_words;
    return bits;
}

/* A version starts at 1, and goes up by one with every update. */
static void
raise_version(const KithMapper *mapper, void *row, const void *before)
{
    if (mapper->version == KITH_NO_INDEX)
        return;
    const KithColumn *column = &mapper->columns[mapper->version];
    const char *from = (const char *) (before != NULL ? before : row) + column->offset;
    char *to = (char *) row + column->offset;
    int64_t step = before != NULL ? 1 : 0;
    if (column->kind == KITH_KIND_INT32)
        *(int32_t *) (void *) to =
            (int32_t) (*(const int32_t *) (const void *) from + step);
    else
        *(int64_t *) (void *) to = *(const int64_t *) (const void *) from + step;
}

static void
start_version(const KithMapper *mapper, void *row)
{
    if (mapper->version == KITH_NO_INDEX)
        return;
    const KithColumn *column = &mapper->columns[mapper->version];
    char *at = (char *) row + column->offset;
    if (column->kind == KITH_KIND_INT32 && *(int32_t *) (void *) at == 0)
        *(int32_t *) (void *) at = 1;
    else if (column->kind == KITH_KIND_INT64 && *(int64_t *) (void *) at == 0)
        *(int64_t *) (void *) at = 1;
}

static void
collect_insert(KithChangeSet *set, KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    void *image = kith_entity_image_new(entity, row);
    uint64_t *bits = kith_changeset_new_bits(set, mapper);
    bool awaits_keys = !kith_references_sync(entity, NULL);
    if (mapper->generates_uuid && kith_mapper_key_is_missing(mapper, row)) {
        KithValue key = kith_value_uuid(kith_uuid_new());
        kith_column_set_value(&mapper->columns[mapper->generated], row, &key);
    }
    start_version(mapper, row);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        if (!mapper->is_filled || !kith_filled_is_left_out(entity, i))
            kith_bits_set(bits, i);
    }
    if (kith_mapper_key_is_missing(mapper, row))
        bits[mapper->generated / 64] &= ~(UINT64_C(1) << (mapper->generated % 64));
    add_change(set,
               entity,
               (KithChange){ .operation = KITH_OPERATION_INSERT,
                             .mapper = mapper,
                             .object = row,
                             .row = row,
                             .bits = bits,
                             .sequence = entity->tracking->sequence,
                             .awaits_keys = awaits_keys },
               image);
}

/*
 * A reference to an object that was taken back before it had a row, and that has the key
 * which is there already, means who has that key.
 */
static void
forget_detached_targets(KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference == KITH_NO_OFFSET)
            continue;
        const void **target = kith_reference_target(foreign_key, row);
        bool is_detached = *target != NULL
                           && kith_entity_of(*target)->magic == KITH_ENTITY_MAGIC
                           && kith_entity_of(*target)->state == KITH_DETACHED;
        if (is_detached && !kith_foreign_key_is_null(foreign_key, row)
            && kith_foreign_key_is_equal(foreign_key, row, entity->tracking->baseline))
            *target = *kith_reference_target(foreign_key, entity->tracking->baseline);
    }
}

static void
collect_update(KithChangeSet *set, KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    KithTracking *tracking = entity->tracking;
    uint64_t *bits = kith_changeset_new_bits(set, mapper);
    uint64_t *unknown = kith_changeset_new_bits(set, mapper);
    if (tracking->baseline == NULL)
        return;
    kith_references_sync(entity, unknown);
    forget_detached_targets(entity);
    (void) kith_entity_diff(entity, bits);
    bool has_changes = tracking->is_touched;
    for (unsigned i = 0; i < KITH_BITS(mapper->n_columns); i++)
        bits[i] |= unknown[i];
    kith_follows_adjust(set, entity, bits);
    for (unsigned i = 0; i < KITH_BITS(mapper->n_columns); i++)
        has_changes = has_changes || bits[i] != 0;
    if (!has_changes)
        return;
    void *row = kith_entity_struct(entity);
    raise_version(mapper, row, tracking->baseline);
    if (mapper->version != KITH_NO_INDEX)
        kith_bits_set(bits, mapper->version);
    add_change(set,
               entity,
               (KithChange){ .operation = KITH_OPERATION_UPDATE,
                             .mapper = mapper,
                             .object = row,
                             .row = row,
                             .before = tracking->baseline,
                             .bits = bits },
               NULL);
}

static bool
has_whole_key(const KithMapper *mapper, const void *row)
{
    for (unsigned i = 0; i < mapper->n_keys; i++) {
        if (kith_column_get(&mapper->columns[mapper->keys[i]], row) == NULL)
            return false;
    }
    return !kith_mapper_key_is_missing(mapper, row);
}

/* Delete and add of one key is an update of what differs: the row stays, and what refers
 * to it. */
static void
find_replacements(KithChangeSet *set)
{
    for (guint i = 0; i < set->changes->len; i++) {
        const KithChange *change = kith_changeset_change(set, i);
        const KithMapper *mapper = change->mapper;
        if (change->operation != KITH_OPERATION_INSERT
            || !has_whole_key(mapper, change->row))
            continue;
        const KithIdentityMap *map =
            &kith_changeset_write(set, i)->entity->set->root->map;
        const KithEntity *known = kith_identity_map_find(map, change->row);
        bool is_free =
            known != NULL && known->state == KITH_DELETED && known->set->mapper == mapper
            && !kith_changeset_write(set, known->tracking->change)->is_replaced;
        if (!is_free)
            continue;
        kith_changeset_write(set, i)->replaces = known->tracking->change;
        kith_changeset_write(set, known->tracking->change)->is_replaced = true;
        set->has_replacements = true;
    }
}

void
kith_changeset_collect(KithChangeSet *set)
{
    const GPtrArray *watched = set->session->watched;
    bool has_deletes = false;
    kith_follows_find(set);
    for (guint i = 0; i < watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(watched, i);
        if (entity->state == KITH_PENDING) {
            collect_insert(set, entity);
        } else if (entity->state == KITH_PERSISTENT) {
            collect_update(set, entity);
        } else if (entity->state == KITH_DELETED && entity->is_in_map) {
            has_deletes = true;
            add_change(set,
                       entity,
                       (KithChange){ .operation = KITH_OPERATION_DELETE,
                                     .mapper = kith_entity_mapper(entity),
                                     .object = kith_entity_struct(entity),
                                     .before = kith_entity_row(entity) },
                       NULL);
        }
    }
    if (has_deletes)
        find_replacements(set);
    kith_follows_add(set);
}

/* --- planning ---------------------------------------------------------------------- */

/* The update that an insert becomes. Returns false if the row is the same already. */
static bool
make_replacement(KithChangeSet *set, KithChange *change, const void *before)
{
    const KithMapper *mapper = change->mapper;
    uint64_t *bits = kith_changeset_new_bits(set, mapper);
    bool differs = false;
    kith_filled_inherit(kith_entity_of(change->row), change->bits, before);
    kith_references_sync(kith_entity_of(change->row), bits); /* keys yet to be made */
    /* The row that is replaced may follow a key, away from the value that it has. */
    for (unsigned i = 0; set->moves_keys && i < mapper->n_foreign_keys; i++) {
        if (!kith_foreign_key_is_null(&mapper->foreign_keys[i], before))
            kith_foreign_key_mark(&mapper->foreign_keys[i], bits);
    }
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        bool is_version = i == mapper->version;
        bool is_same = !kith_bits_has(bits, i)
                       && kith_column_is_equal(&mapper->columns[i], change->row, before);
        if (is_version || is_same)
            continue;
        kith_bits_set(bits, i);
        differs = true;
    }
    if (mapper->version != KITH_NO_INDEX && differs) {
        raise_version(mapper, change->row, before);
        kith_bits_set(bits, mapper->version);
    } else if (mapper->version != KITH_NO_INDEX) {
        kith_column_copy(&mapper->columns[mapper->version], change->row, before);
    }
    change->operation = KITH_OPERATION_UPDATE;
    change->before = before;
    change->bits = bits;
    return differs;
}

/*
 * The change of an object, as changes of its rows: one for each table that has something
 * to be written. The key of a table that extends another comes with its row, and follows
 * that key.
 */
static void
add_parts(KithChangeSet *set, GArray *planned, const KithChange *change)
{
    const KithMapper *mapper = change->mapper;
    for (unsigned p = 0; p < mapper->n_parts; p++) {
        KithChange own = *change;
        bool writes = change->operation != KITH_OPERATION_UPDATE || mapper->n_parts == 1;
        own.mapper = mapper->parts[p];
        own.what = mapper;
        own.has_made_key = p > 0 && change->operation == KITH_OPERATION_INSERT
                           && mapper->generated != KITH_NO_INDEX
                           && !kith_bits_has(change->bits, mapper->generated);
        if (change->bits != NULL && mapper->n_parts > 1)
            own.bits = kith_changeset_new_bits(set, own.mapper);
        for (unsigned i = 0; own.bits != change->bits && i < own.mapper->n_columns; i++) {
            bool is_key_of_base = p > 0 && own.mapper->details[i].is_key;
            bool is_written = is_key_of_base ? change->operation == KITH_OPERATION_INSERT
                                             : kith_mapper_stores(own.mapper, i)
                                                   && kith_bits_has(change->bits, i);
            if (is_written)
                kith_bits_set(own.bits, i);
            writes = writes || is_written;
        }
        if (writes)
            g_array_append_val(planned, own);
    }
}

/* What is to be planned: the changes, with an update in place of each delete and add of
 * one key. */
static GArray *
changes_to_plan(KithChangeSet *set)
{
    GArray *planned =
        g_array_sized_new(FALSE, FALSE, sizeof(KithChange), set->changes->len);
    for (guint i = 0; i < set->changes->len; i++) {
        KithChange change = *kith_changeset_change(set, i);
        const KithWrite *write = kith_changeset_write(set, i);
        if (write->is_replaced)
            continue;
        if (write->replaces != KITH_NO_INDEX
            && !make_replacement(
                set, &change, kith_changeset_change(set, write->replaces)->before))
            continue;
        add_parts(set, planned, &change);
    }
    return planned;
}

bool
kith_changeset_plan(KithChangeSet *set, KithPlan *plan, GError **error)
{
    g_autoptr(GArray) planned = NULL;
    if (set->has_replacements || set->has_parts)
        planned = changes_to_plan(set);
    return kith_plan_make(plan, planned != NULL ? planned : set->changes, error);
}

/* Take the keys and versions back that were given to objects, and did not get to
 * write. */
void
kith_changeset_take_back(KithChangeSet *set)
{
    for (guint i = 0; i < set->writes->len; i++) {
        const KithChange *change = kith_changeset_change(set, i);
        const KithWrite *write = kith_changeset_write(set, i);
        if (change->operation == KITH_OPERATION_DELETE || change->is_passing)
            continue;
        const void *image = change->before != NULL ? change->before : write->image;
        kith_entity_take_back(write->entity, image);
        kith_filled_take_back(write->entity, change->bits, image);
    }
    kith_follows_take_back(set);
}

/*
 * entity.c - one object: its memory, its baseline, its differences. Which objects there
 * are, and what is to be written, is the business of the session.
 */
#include "entity.h"

#include "collection.h"

#include <string.h>

typedef struct AnyReference {
    const void *target;
    KithLink link;
} AnyReference;

const KithMapper *
kith_entity_mapper(const KithEntity *entity)
{
    return entity->set->mapper;
}

/* --- values ------------------------------------------------------------------------ */

static size_t
kind_size(KithKind kind)
{
    static const uint8_t sizes[] = {
        [KITH_KIND_BOOL] = sizeof(bool),         [KITH_KIND_INT32] = sizeof(int32_t),
        [KITH_KIND_INT64] = sizeof(int64_t),     [KITH_KIND_DOUBLE] = sizeof(double),
        [KITH_KIND_TEXT] = sizeof(const char *), [KITH_KIND_BLOB] = sizeof(KithBlob),
        [KITH_KIND_TIME] = sizeof(KithTime),     [KITH_KIND_DATE] = sizeof(KithDate),
        [KITH_KIND_UUID] = sizeof(KithUuid),     [KITH_KIND_ENUM] = sizeof(int32_t),
    };
    return sizes[kind];
}

size_t
kith_column_size(const KithColumn *column)
{
    return kind_size(column->kind);
}

static bool
is_pointer(const KithColumn *column)
{
    return column->kind == KITH_KIND_TEXT || column->kind == KITH_KIND_BLOB;
}

/* What a text or blob points to; NULL for NULL. */
static const void *
pointer_at(const KithColumn *column, const void *row)
{
    const char *at = (const char *) row + column->offset;
    if (column->kind == KITH_KIND_BLOB)
        return ((const KithBlob *) (const void *) at)->data;
    return *(const char *const *) (const void *) at;
}

/* Where the bytes of a text or blob are; NULL for NULL. */
static const void *
data_of(const KithColumn *column, const void *row, size_t *ret_size)
{
    const void *value = kith_column_get(column, row);
    if (value == NULL)
        return NULL;
    if (column->kind == KITH_KIND_BLOB) {
        const KithBlob *blob = value;
        *ret_size = blob->size;
        return blob->data;
    }
    const char *text = *(const char *const *) value;
    *ret_size = text != NULL ? strlen(text) : 0;
    return text;
}

static void
point_to(const KithColumn *column, void *row, const void *data)
{
    char *at = (char *) row + column->offset;
    if (column->kind == KITH_KIND_BLOB)
        ((KithBlob *) (void *) at)->data = data;
    else
        *(const char **) (void *) at = data;
}

bool
kith_columns_are_equal(const KithColumn *column,
                       const void *row,
                       const KithColumn *other_column,
                       const void *other)
{
    const void *a = kith_column_get(column, row);
    const void *b = kith_column_get(other_column, other);
    if (a == NULL || b == NULL)
        return a == b;
    /* Of a text or blob: the same memory is the same content. */
    if (memcmp(a, b, kind_size(column->kind)) == 0)
        return true;
    if (!is_pointer(column))
        return false;
    size_t a_size = 0, b_size = 0;
    const void *a_data = data_of(column, row, &a_size);
    const void *b_data = data_of(other_column, other, &b_size);
    return a_size == b_size && a_data != NULL && b_data != NULL
           && memcmp(a_data, b_data, a_size) == 0;
}

bool
kith_column_is_equal(const KithColumn *column, const void *row, const void *other)
{
    return kith_columns_are_equal(column, row, column, other);
}

bool
kith_column_is_zero(const KithColumn *column, const void *row)
{
    const char *value = kith_column_get(column, row);
    if (value == NULL)
        return true;
    if (is_pointer(column) || column->null_offset != KITH_NO_OFFSET)
        return false;
    for (size_t i = 0; i < kind_size(column->kind); i++) {
        if (value[i] != 0)
            return false;
    }
    return true;
}

uint64_t
kith_column_hash(uint64_t hash, const KithColumn *column, const void *row)
{
    size_t size = kind_size(column->kind);
    const uint8_t *bytes =
        is_pointer(column) ? data_of(column, row, &size) : kith_column_get(column, row);
    if (bytes == NULL)
        return hash;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    /* So that ("a", "bc") and ("ab", "c") differ. */
    return (hash ^ size) * UINT64_C(0x100000001B3);
}

void
kith_column_empty(const KithColumn *column, void *row)
{
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) ((char *) row + column->null_offset) = false;
    else
        memset((char *) row + column->offset, 0, kind_size(column->kind));
}

void
kith_column_copy(const KithColumn *column, void *to, const void *from)
{
    memcpy((char *) to + column->offset,
           (const char *) from + column->offset,
           kind_size(column->kind));
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) ((char *) to + column->null_offset) =
            *(const bool *) ((const char *) from + column->null_offset);
}

const void **
kith_reference_target(const KithForeignKey *foreign_key, const void *row)
{
    char *at = (char *) (uintptr_t) row + foreign_key->reference;
    return &((AnyReference *) (void *) at)->target;
}

/* --- memory ------------------------------------------------------------------------ */

/* Measure the texts and blobs of a row. */
static void
measure_texts(const KithMapper *mapper, const void *row, size_t *ret_lengths)
{
    for (unsigned i = 0; i < mapper->n_texts; i++) {
        unsigned index = mapper->texts[i];
        ret_lengths[index] = 0;
        (void) data_of(&mapper->columns[index], row, &ret_lengths[index]);
    }
}

/* Text gets its zero byte; a blob does not need one, but is then never of size 0. */
static size_t
room_for_texts(const KithMapper *mapper, const size_t *lengths)
{
    size_t room = 0;
    for (unsigned i = 0; i < mapper->n_texts; i++)
        room += lengths[mapper->texts[i]] + 1;
    return room;
}

/* Copy the texts and blobs that @row borrows to @room, and let it point there. */
static void
copy_texts(const KithMapper *mapper, void *row, const size_t *lengths, char *room)
{
    for (unsigned i = 0; i < mapper->n_texts; i++) {
        const KithColumn *column = &mapper->columns[mapper->texts[i]];
        size_t size = lengths[mapper->texts[i]];
        const void *data = pointer_at(column, row);
        if (data == NULL)
            continue;
        memcpy(room, data, size);
        room[size] = '\0';
        point_to(column, row, room);
        room += size + 1;
    }
}

KithEntity *
kith_entity_new(KithEntitySet *set, const void *row, const size_t *lengths)
{
    const KithMapper *mapper = set->mapper;
    if (lengths == NULL) {
        measure_texts(mapper, row, set->lengths);
        lengths = set->lengths;
    }
    KithEntity *entity =
        g_malloc(sizeof(KithEntity) + mapper->size + room_for_texts(mapper, lengths));
    *entity =
        (KithEntity){ .set = set, .magic = KITH_ENTITY_MAGIC, .state = KITH_PERSISTENT };
    char *own = kith_entity_struct(entity);
    memcpy(own, row, mapper->size);
    copy_texts(mapper, own, lengths, own + mapper->size);
    return entity;
}

static void
free_tracking(KithEntity *entity)
{
    KithTracking *tracking = g_steal_pointer(&entity->tracking);
    g_free(tracking->given);
    kith_slab_free(&entity->set->session->trackings, tracking);
}

void
kith_entity_free(KithEntity *entity)
{
    const KithMapper *mapper = entity->set->mapper;
    for (unsigned i = 0; i < mapper->n_many; i++)
        kith_collection_free(
            *kith_many_state(&mapper->many[i], kith_entity_struct(entity)));
    if (entity->tracking != NULL) {
        g_clear_pointer(&entity->tracking->owned, g_ptr_array_unref);
        kith_entity_image_free(entity, entity->tracking->baseline);
        g_free(entity->tracking->unknown);
        free_tracking(entity);
    }
    entity->magic = 0;
    g_free(entity);
}

/* --- tracking ---------------------------------------------------------------------- */

KithTracking *
kith_entity_track(KithEntity *entity)
{
    if (entity->tracking == NULL) {
        entity->tracking = kith_slab_alloc(&entity->set->session->trackings);
        *entity->tracking = (KithTracking){ .position = KITH_NO_INDEX,
                                            .change = KITH_NO_INDEX };
    }
    return entity->tracking;
}

void
kith_entity_take_baseline(KithEntity *entity)
{
    KithTracking *tracking = kith_entity_track(entity);
    if (tracking->baseline == NULL)
        tracking->baseline = kith_entity_image_new(entity, kith_entity_struct(entity));
}

void
kith_entity_drop_baseline(KithEntity *entity)
{
    KithTracking *tracking = entity->tracking;
    if (tracking == NULL)
        return;
    kith_entity_image_free(entity, g_steal_pointer(&tracking->baseline));
    if (tracking->owned != NULL || tracking->unknown != NULL
        || tracking->position != KITH_NO_INDEX)
        return;
    free_tracking(entity);
}

static const void *
keep_copy(KithEntity *entity, const void *data, size_t size)
{
    KithTracking *tracking = kith_entity_track(entity);
    if (tracking->owned == NULL)
        tracking->owned = g_ptr_array_new_with_free_func(g_free);
    char *copy = g_malloc(size + 1);
    memcpy(copy, data, size);
    copy[size] = '\0';
    g_ptr_array_add(tracking->owned, copy);
    return copy;
}

void
kith_entity_store(KithEntity *entity, unsigned index, const void *value)
{
    const KithColumn *column = &kith_entity_mapper(entity)->columns[index];
    char *row = kith_entity_struct(entity);
    if (value == NULL) {
        kith_column_empty(column, row);
        return;
    }
    if (column->null_offset != KITH_NO_OFFSET)
        *(bool *) (row + column->null_offset) = true;
    memcpy(row + column->offset, value, kind_size(column->kind));
    if (!is_pointer(column))
        return;
    size_t size = 0;
    const void *data = data_of(column, row, &size);
    point_to(column, row, keep_copy(entity, data, size));
}

void
kith_entity_keep(KithEntity *entity, const KithColumn *column)
{
    void *row = kith_entity_struct(entity);
    size_t size = 0;
    const void *data = is_pointer(column) ? data_of(column, row, &size) : NULL;
    if (data != NULL)
        point_to(column, row, keep_copy(entity, data, size));
}

/* Does the object, or its tracking, hold the memory that @data points to? */
static bool
is_own(const KithEntity *entity, const KithColumn *column, const void *data)
{
    size_t size = 0;
    const KithTracking *tracking = entity->tracking;
    if (tracking->baseline != NULL && data_of(column, tracking->baseline, &size) == data)
        return true;
    return tracking->owned != NULL && g_ptr_array_find(tracking->owned, data, NULL);
}

void
kith_entity_adopt(KithEntity *entity)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *row = kith_entity_struct(entity);
    for (unsigned i = 0; i < mapper->n_texts; i++) {
        const KithColumn *column = &mapper->columns[mapper->texts[i]];
        size_t size = 0;
        const void *data = data_of(column, row, &size);
        if (data != NULL && !is_own(entity, column, data))
            point_to(column, row, keep_copy(entity, data, size));
    }
}

static bool
uses(const KithMapper *mapper, const void *row, const void *data)
{
    for (unsigned i = 0; i < mapper->n_texts; i++) {
        if (pointer_at(&mapper->columns[mapper->texts[i]], row) == data)
            return true;
    }
    return false;
}

void
kith_entity_sweep(KithEntity *entity)
{
    KithTracking *tracking = entity->tracking;
    if (tracking == NULL || tracking->owned == NULL)
        return;
    const KithMapper *mapper = kith_entity_mapper(entity);
    for (guint i = tracking->owned->len; i-- > 0;) {
        const void *data = g_ptr_array_index(tracking->owned, i);
        bool used =
            uses(mapper, kith_entity_struct(entity), data)
            || (tracking->baseline != NULL && uses(mapper, tracking->baseline, data));
        if (!used)
            g_ptr_array_remove_index_fast(tracking->owned, i);
    }
    if (tracking->owned->len == 0)
        g_clear_pointer(&tracking->owned, g_ptr_array_unref);
}

/* --- images ------------------------------------------------------------------------ */

void *
kith_image_new(const KithMapper *mapper, const void *row)
{
    return g_memdup2(row, mapper->size);
}

void *
kith_entity_image_new(KithEntity *entity, const void *row)
{
    void *image = kith_slab_alloc(&entity->set->images);
    memcpy(image, row, kith_entity_mapper(entity)->size);
    return image;
}

void
kith_entity_image_free(KithEntity *entity, void *image)
{
    if (image != NULL)
        kith_slab_free(&entity->set->images, image);
}

void
kith_image_restore(const KithMapper *mapper, void *row, const void *image)
{
    for (unsigned i = 0; i < mapper->n_columns; i++)
        kith_column_copy(&mapper->columns[i], row, image);
    for (unsigned i = 0; i < mapper->n_foreign_keys; i++) {
        const KithForeignKey *foreign_key = &mapper->foreign_keys[i];
        if (foreign_key->reference != KITH_NO_OFFSET)
            *kith_reference_target(foreign_key, row) =
                *kith_reference_target(foreign_key, image);
    }
}

/* The same bytes: what has not been touched, and most that was not changed. */
static inline bool
has_same_bytes(const KithColumn *column, const char *row, const char *other)
{
    const char *a = row + column->offset, *b = other + column->offset;
    bool is_same;
    switch (kind_size(column->kind)) {
    case sizeof(int64_t):
        is_same = memcmp(a, b, sizeof(int64_t)) == 0;
        break;
    case sizeof(int32_t):
        is_same = memcmp(a, b, sizeof(int32_t)) == 0;
        break;
    default:
        is_same = memcmp(a, b, kind_size(column->kind)) == 0;
    }
    return is_same
           && (column->null_offset == KITH_NO_OFFSET
               || row[column->null_offset] == other[column->null_offset]);
}

bool
kith_entity_diff(const KithEntity *entity, uint64_t *bits)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    const void *row = kith_entity_struct(entity);
    const void *baseline = entity->tracking->baseline;
    const uint64_t *given = entity->tracking->given;
    bool differs = false;
    memset(bits, 0, KITH_BITS(mapper->n_columns) * sizeof *bits);
    for (unsigned i = 0; i < mapper->n_columns; i++) {
        const KithColumn *column = &mapper->columns[i];
        bool is_same = has_same_bytes(column, row, baseline)
                       || kith_column_is_equal(column, row, baseline);
        if (!is_same || (given != NULL && kith_bits_has(given, i))) {
            kith_bits_set(bits, i);
            differs = true;
        }
    }
    return differs;
}

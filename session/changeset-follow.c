/*
 * changeset-follow.c - see the header. Which objects refer to a key is known from the
 * index in referrers.c. In a flush that changes no key nothing is looked up.
 */
#include "changeset-follow.h"

#include "change.h"
#include "convert.h"
#include "foreign-key.h"
#include "keys.h"
#include "referrers.h"

#include <string.h>

/* A row whose key, or other column that is referred to, is going to be another one. */
typedef struct Move {
    const KithEntity *entity;
    const void *before;
    const void *row;
} Move;

/* A foreign key of an object that means such a row. */
typedef struct Follow {
    const KithForeignKey *foreign_key;
    Move target;
} Follow;

/* The follows of one object. */
typedef struct Follower {
    KithEntity *entity;
    GArray *follows;  /* of Follow */
    uint64_t *stored; /* the columns that were written to the object; or NULL */
} Follower;

static void
free_follower(void *data)
{
    Follower *follower = data;
    g_array_unref(follower->follows);
    g_free(follower->stored);
    g_free(follower);
}

void
kith_follows_finish(KithChangeSet *set)
{
    g_clear_pointer(&set->followers, g_hash_table_unref);
    g_clear_pointer(&set->followers_in_order, g_ptr_array_unref);
}

/* --- finding ----------------------------------------------------------------------- */

static bool
is_by_database(const KithForeignKey *foreign_key)
{
    return foreign_key->on_update == KITH_CASCADE
           || foreign_key->on_update == KITH_SET_NULL;
}

/*
 * Can the session do what the database does not? The row has to be written after the key,
 * or be empty while that changes.
 */
static bool
can_follow(const KithForeignKey *foreign_key)
{
    return foreign_key->nullable
           || (foreign_key->deferrable && foreign_key->on_update != KITH_RESTRICT);
}

static Follower *
get_follower(KithChangeSet *set, KithEntity *entity)
{
    if (set->followers == NULL) {
        set->followers = g_hash_table_new(NULL, NULL);
        set->followers_in_order = g_ptr_array_new_with_free_func(free_follower);
    }
    Follower *follower = g_hash_table_lookup(set->followers, entity);
    if (follower != NULL)
        return follower;
    follower = g_new0(Follower, 1);
    follower->entity = entity;
    follower->follows = g_array_new(FALSE, FALSE, sizeof(Follow));
    g_hash_table_insert(set->followers, entity, follower);
    g_ptr_array_add(set->followers_in_order, follower);
    return follower;
}

static void
copy_key(const KithForeignKey *foreign_key, void *row, const void *target)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *to = &foreign_key->mapper->columns[foreign_key->columns[i]];
        const KithColumn *from = &foreign_key->target->columns[foreign_key->targets[i]];
        const void *key = kith_column_get(from, target);
        KithValue value = { .kind = from->kind };
        if (key == NULL) {
            kith_column_empty(to, row);
            continue;
        }
        memcpy(&value.as, key, kith_column_size(from));
        kith_column_set_value(to, row, &value);
    }
}

/* What the row of @child will be, with texts borrowed from its target. */
static void *
new_image(KithChangeSet *set, const KithEntity *child)
{
    void *image = kith_image_new(kith_entity_mapper(child), kith_entity_row(child));
    g_ptr_array_add(set->images, image);
    return image;
}

/* A key can be made of one that moves: who refers to it follows as well. */
static void
add_child(KithChangeSet *set, GArray *moves, KithEntity *child, const Follow *follow)
{
    const KithMapper *mapper = kith_entity_mapper(child);
    g_array_append_val(get_follower(set, child)->follows, *follow);
    bool is_changed = child->tracking != NULL && child->tracking->baseline != NULL;
    if (is_changed || mapper->n_referring == 0)
        return; /* its own key is compared with its baseline */
    void *image = new_image(set, child);
    copy_key(follow->foreign_key, image, follow->target.row);
    Move move = { child, kith_entity_row(child), image };
    if (kith_keys_differ(mapper, image, move.before))
        g_array_append_val(moves, move);
}

static void
add_children(KithChangeSet *set,
             GArray *moves,
             const Move *move,
             const KithForeignKey *foreign_key)
{
    if (!(is_by_database(foreign_key) || can_follow(foreign_key))
        || !kith_mapper_is_a(kith_entity_mapper(move->entity), foreign_key->target)
        || kith_foreign_key_has_same_target(foreign_key, move->before, move->row))
        return;
    const Follow follow = { foreign_key, *move };
    g_autoptr(GPtrArray) children =
        kith_referrers_find(set->session, foreign_key, move->before);
    for (guint i = 0; i < children->len; i++) {
        KithEntity *child = g_ptr_array_index(children, i);
        if (child->state == KITH_PERSISTENT)
            add_child(set, moves, child, &follow);
    }
}

/* NULL: there are none. (transfer full) */
static GArray *
find_moves(const KithSession *session)
{
    GArray *moves = NULL;
    for (guint i = 0; i < session->watched->len; i++) {
        KithEntity *entity = g_ptr_array_index(session->watched, i);
        const KithMapper *mapper = kith_entity_mapper(entity);
        /* Of a deleted one too: its texts are looked at for as long as it is kept. */
        if (entity->tracking->is_edited)
            kith_entity_adopt(entity);
        const void *baseline = entity->tracking->baseline;
        if (mapper->n_referring == 0 || entity->state != KITH_PERSISTENT
            || baseline == NULL)
            continue;
        kith_references_sync(entity, NULL);
        Move move = { entity, baseline, kith_entity_struct(entity) };
        if (!kith_keys_differ(mapper, move.row, baseline))
            continue;
        if (moves == NULL)
            moves = g_array_new(FALSE, FALSE, sizeof(Move));
        g_array_append_val(moves, move);
    }
    return moves;
}

void
kith_follows_find(KithChangeSet *set)
{
    const KithRegistry *registry = set->session->engine->registry;
    g_autoptr(GArray) moves = find_moves(set->session);
    set->moves_keys = moves != NULL;
    for (guint i = 0; moves != NULL && i < moves->len; i++) {
        const Move move = g_array_index(moves, Move, i);
        for (unsigned m = 0; m < registry->n_mappers; m++) {
            const KithMapper *mapper = &registry->mappers[m];
            for (unsigned j = 0; j < mapper->n_foreign_keys; j++) {
                if (mapper->foreign_keys[j].mapper == mapper) /* and not inherited */
                    add_children(set, moves, &move, &mapper->foreign_keys[j]);
            }
        }
    }
}

/* --- objects that are watched ------------------------------------------------------ */

static void
set_columns(const KithForeignKey *foreign_key, uint64_t *bits, bool is_set)
{
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        unsigned column = foreign_key->columns[i];
        if (is_set)
            kith_bits_set(bits, column);
        else
            kith_bits_clear(bits, column);
    }
}

/* Does the object refer to another one, though maybe by the value that its row has? */
static bool
means_another(const KithEntity *entity, const Follow *follow)
{
    const KithForeignKey *foreign_key = follow->foreign_key;
    const void *own = kith_entity_struct(entity);
    const void *target = foreign_key->reference != KITH_NO_OFFSET
                             ? *kith_reference_target(foreign_key, own)
                             : NULL;
    return target != NULL && target != kith_entity_struct(follow->target.entity);
}

static void
store_key(Follower *follower, const Follow *follow)
{
    const KithForeignKey *foreign_key = follow->foreign_key;
    const KithMapper *mapper = kith_entity_mapper(follower->entity);
    if (follower->stored == NULL)
        follower->stored = g_new0(uint64_t, KITH_BITS(mapper->n_columns));
    for (unsigned i = 0; i < foreign_key->n_columns; i++) {
        const KithColumn *from = &foreign_key->target->columns[foreign_key->targets[i]];
        kith_entity_store(follower->entity,
                          foreign_key->columns[i],
                          kith_column_get(from, follow->target.row));
    }
    set_columns(foreign_key, follower->stored, true);
}

/*
 * The object follows when its row has: until then it has the key that its row has, which
 * another row can take in the same flush.
 */
static void
leave_to_database(KithEntity *entity, const KithForeignKey *foreign_key, uint64_t *bits)
{
    set_columns(foreign_key, bits, false);
    kith_foreign_key_restore(
        foreign_key, kith_entity_struct(entity), entity->tracking->baseline);
}

static void
adjust(Follower *follower, const Follow *follow, uint64_t *bits)
{
    const KithForeignKey *foreign_key = follow->foreign_key;
    KithEntity *entity = follower->entity;
    const void *own = kith_entity_struct(entity);
    if (means_another(entity, follow)) {
        /*
         * The database moves it away even from the value that it has, or does not let go
         * of that value while the row has it.
         */
        if (is_by_database(foreign_key) || !foreign_key->deferrable)
            set_columns(foreign_key, bits, true);
    } else if (is_by_database(foreign_key)) {
        if (kith_foreign_key_means(foreign_key, own, follow->target.row))
            leave_to_database(entity, foreign_key, bits);
    } else if (kith_foreign_key_is_equal(foreign_key, own, entity->tracking->baseline)) {
        store_key(follower, follow);
        set_columns(foreign_key, bits, true);
    }
}

void
kith_follows_adjust(KithChangeSet *set, KithEntity *entity, uint64_t *bits)
{
    Follower *follower =
        set->followers != NULL ? g_hash_table_lookup(set->followers, entity) : NULL;
    for (guint i = 0; follower != NULL && i < follower->follows->len; i++)
        adjust(follower, &g_array_index(follower->follows, Follow, i), bits);
}

void
kith_follows_take_back(const KithChangeSet *set)
{
    for (guint i = 0; set->followers != NULL && i < set->followers_in_order->len; i++) {
        const Follower *follower = g_ptr_array_index(set->followers_in_order, i);
        const KithMapper *mapper = kith_entity_mapper(follower->entity);
        for (unsigned j = 0; follower->stored != NULL && j < mapper->n_columns; j++) {
            if (kith_bits_has(follower->stored, j))
                kith_column_copy(&mapper->columns[j],
                                 kith_entity_struct(follower->entity),
                                 follower->entity->tracking->baseline);
        }
    }
}

uint64_t *
kith_follows_of(const KithChangeSet *set, const KithEntity *entity)
{
    const Follower *follower =
        set->followers != NULL ? g_hash_table_lookup(set->followers, entity) : NULL;
    if (follower == NULL || follower->stored == NULL)
        return NULL;
    return g_memdup2(follower->stored,
                     KITH_BITS(kith_entity_mapper(entity)->n_columns)
                         * sizeof *follower->stored);
}

/* --- objects that are not ---------------------------------------------------------- */

static void
add_change(KithChangeSet *set, const Follower *follower)
{
    KithEntity *entity = follower->entity;
    const KithMapper *mapper = kith_entity_mapper(entity);
    void *image = new_image(set, entity);
    KithChange change = { .operation = KITH_OPERATION_UPDATE,
                          .mapper = mapper,
                          .object = image,
                          .row = image,
                          .before = kith_entity_row(entity),
                          .bits = kith_changeset_new_bits(set, mapper),
                          .is_passing = true };
    bool any = false;
    for (guint i = 0; i < follower->follows->len; i++) {
        const Follow *follow = &g_array_index(follower->follows, Follow, i);
        if (is_by_database(follow->foreign_key))
            continue;
        any = true;
        copy_key(follow->foreign_key, image, follow->target.row);
        set_columns(follow->foreign_key, change.bits, true);
        if (follow->foreign_key->reference != KITH_NO_OFFSET)
            *kith_reference_target(follow->foreign_key, image) =
                kith_entity_struct(follow->target.entity);
    }
    if (!any)
        return;
    KithWrite write = { .entity = entity, .replaces = KITH_NO_INDEX };
    g_array_append_val(set->changes, change);
    g_array_append_val(set->writes, write);
}

void
kith_follows_add(KithChangeSet *set)
{
    for (guint i = 0; set->followers != NULL && i < set->followers_in_order->len; i++) {
        const Follower *follower = g_ptr_array_index(set->followers_in_order, i);
        const KithTracking *tracking = follower->entity->tracking;
        if (tracking == NULL || tracking->baseline == NULL)
            add_change(set, follower);
    }
}

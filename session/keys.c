/*
 * keys.c - foreign keys in memory follow the keys that they refer to: first it is found
 * out who refers to what, then all are changed, because a new key can be the old one of
 * another.
 */
#include "keys.h"

#include "foreign-key.h"
#include "referrers.h"

/* A foreign key of @child that is to follow. */
typedef struct Move {
    KithEntity *child;
    const KithForeignKey *foreign_key;
    const KithEntity *target;
    bool of_baseline;
    bool of_struct;
} Move;

/* --- changes ----------------------------------------------------------------------- */

static void
clear_change(void *data)
{
    g_free(((KithKeyChange *) data)->old);
}

GArray *
kith_key_changes_new(void)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(KithKeyChange));
    g_array_set_clear_func(changes, clear_change);
    return changes;
}

void
kith_key_changes_add(GArray *changes, const KithEntity *entity, const void *old)
{
    const KithMapper *mapper = kith_entity_mapper(entity);
    if (!kith_keys_differ(mapper, kith_entity_row(entity), old))
        return;
    KithKeyChange change = { entity, kith_image_new(mapper, old) };
    g_array_append_val(changes, change);
}

bool
kith_keys_differ(const KithMapper *mapper, const void *row, const void *other)
{
    for (unsigned i = 0; i < mapper->n_referring; i++) {
        if (!mapper->referring[i]->is_extension
            && !kith_foreign_key_has_same_target(mapper->referring[i], row, other))
            return true;
    }
    return false;
}

/* --- who refers to what ------------------------------------------------------------ */

/* What the program has set stays; what is as in the row follows with it. */
static Move
find_move(KithEntity *child,
          const KithForeignKey *foreign_key,
          const KithKeyChange *change,
          bool may_follow)
{
    const void *row = kith_entity_row(child);
    const void *own = kith_entity_struct(child);
    const void *new = kith_entity_row(change->entity);
    bool follows = may_follow && kith_foreign_key_means(foreign_key, row, change->old);
    Move move = { child, foreign_key, change->entity, follows && row != own, follows };
    if (row != own)
        move.of_struct = kith_foreign_key_means(foreign_key, own, change->old)
                         && (follows || kith_foreign_key_means(foreign_key, row, new));
    return move;
}

/* Of the objects whose row refers to @row, the old key or the new one. */
static void
find_moves_among(GArray *moves,
                 const KithForeignKey *foreign_key,
                 const KithKeyChange *change,
                 const void *row,
                 KithFollows follows,
                 void *data)
{
    g_autoptr(GPtrArray) children =
        kith_referrers_find(change->entity->set->session, foreign_key, row);
    for (guint i = 0; i < children->len; i++) {
        KithEntity *child = g_ptr_array_index(children, i);
        bool may_follow = follows(child, foreign_key, data);
        Move move = find_move(child, foreign_key, change, may_follow);
        if (move.of_baseline || move.of_struct)
            g_array_append_val(moves, move);
    }
}

static void
find_moves(GArray *moves, const KithKeyChange *change, KithFollows follows, void *data)
{
    const KithRegistry *registry = change->entity->set->session->engine->registry;
    const KithMapper *mapper = kith_entity_mapper(change->entity);
    const void *row = kith_entity_row(change->entity);
    for (unsigned m = 0; m < registry->n_mappers; m++) {
        for (unsigned i = 0; i < registry->mappers[m].n_foreign_keys; i++) {
            const KithForeignKey *foreign_key = &registry->mappers[m].foreign_keys[i];
            if (foreign_key->mapper != &registry->mappers[m] /* inherited */
                || foreign_key->on_update == KITH_SET_NULL
                || !kith_mapper_is_a(mapper, foreign_key->target)
                || kith_foreign_key_has_same_target(foreign_key, change->old, row))
                continue;
            find_moves_among(moves, foreign_key, change, change->old, follows, data);
            find_moves_among(moves, foreign_key, change, row, follows, data);
        }
    }
}

/* --- following --------------------------------------------------------------------- */

/* Text is copied, because the row that it comes from can change again. */
static void
store_new_values(const Move *move)
{
    KithEntity *child = move->child;
    const KithForeignKey *foreign_key = move->foreign_key;
    void *own = kith_entity_struct(child);
    g_autofree void *before = kith_image_new(kith_entity_mapper(child), own);
    for (unsigned i = 0; i < foreign_key->n_columns; i++)
        kith_entity_store(
            child,
            foreign_key->columns[i],
            kith_column_get(&foreign_key->target->columns[foreign_key->targets[i]],
                            kith_entity_row(move->target)));
    if (move->of_baseline)
        kith_foreign_key_restore(foreign_key, child->tracking->baseline, own);
    if (!move->of_struct)
        kith_foreign_key_restore(foreign_key, own, before);
}

/* The foreign key can be a part of the child's own key, under which it is filed, and
 * which others can refer to. */
static void
make_moves(const GArray *moves, GArray *changes)
{
    g_autoptr(GPtrArray) olds = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < moves->len; i++) {
        KithEntity *child = g_array_index(moves, Move, i).child;
        g_ptr_array_add(
            olds, kith_image_new(kith_entity_mapper(child), kith_entity_row(child)));
        if (child->is_in_map)
            kith_entity_unfile(child);
    }
    for (guint i = 0; i < moves->len; i++)
        store_new_values(&g_array_index(moves, Move, i));
    for (guint i = 0; i < moves->len; i++) {
        KithEntity *child = g_array_index(moves, Move, i).child;
        if (!child->is_in_map)
            kith_entity_file(child);
        kith_key_changes_add(changes, child, g_ptr_array_index(olds, i));
    }
}

void
kith_keys_follow(GArray *changes, KithFollows follows, void *data)
{
    for (guint done = 0; done < changes->len;) {
        g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(Move));
        for (guint n = changes->len; done < n; done++)
            find_moves(
                moves, &g_array_index(changes, KithKeyChange, done), follows, data);
        make_moves(moves, changes);
    }
}

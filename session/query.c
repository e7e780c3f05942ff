/*
 * query.c - asking for objects: predicates and orders become one SELECT. Values are
 * always bound.
 */
#include "kith-query.h"

#include "convert.h"
#include "eager.h"
#include "error.h"
#include "flush.h"
#include "loader.h"
#include "sql.h"
#include "transaction.h"

#include <string.h>

/* A condition of the query's own: what it borrowed is copied. */
typedef struct KithCondition KithCondition;
struct KithCondition {
    KithOp op;
    size_t offset;
    KithValue value;
    GPtrArray *parts; /* of KithCondition; AND, OR, NOT */
};

struct KithQuery {
    KithSession *session;
    KithEntitySet *set; /* NULL if the engine does not know the mapping */
    const KithMapping *mapping;
    GPtrArray *conditions; /* that must all hold */
    GArray *orders;        /* of KithOrder */
    bool is_locking;
    KithLock lock;
    KithLockWait wait;
    int64_t limit; /* negative: none */
    int64_t offset;
    KithEager eager;    /* what is loaded with it */
    GPtrArray *objects; /* of the last run */
    GPtrArray *texts;   /* copies of texts and blobs */
};

/* --- building ---------------------------------------------------------------------- */

static void
free_condition(void *data)
{
    KithCondition *condition = data;
    g_clear_pointer(&condition->parts, g_ptr_array_unref);
    g_free(condition);
}

KithQuery *
kith_query_new(KithSession *session, const KithMapping *mapping)
{
    g_return_val_if_fail(session != NULL, NULL);
    KithQuery *query = g_new0(KithQuery, 1);
    query->session = session;
    query->mapping = mapping;
    query->set = kith_session_set_of(session, mapping, NULL);
    query->conditions = g_ptr_array_new_with_free_func(free_condition);
    query->orders = g_array_new(FALSE, FALSE, sizeof(KithOrder));
    query->limit = -1;
    query->objects = g_ptr_array_new();
    query->texts = g_ptr_array_new_with_free_func(g_free);
    return query;
}

void
kith_query_free(KithQuery *query)
{
    if (query == NULL)
        return;
    kith_eager_clear(&query->eager);
    g_ptr_array_unref(query->conditions);
    g_array_unref(query->orders);
    g_ptr_array_unref(query->objects);
    g_ptr_array_unref(query->texts);
    g_free(query);
}

KithEager *
kith_query_eager(KithQuery *query)
{
    return &query->eager;
}

static KithValue
copy_value(KithQuery *query, KithValue value)
{
    if (value.kind == KITH_KIND_TEXT) {
        value.as.text = g_strdup(value.as.text);
        g_ptr_array_add(query->texts, (void *) (uintptr_t) value.as.text);
    } else if (value.kind == KITH_KIND_BLOB) {
        void *data = g_malloc(value.as.blob.size + 1);
        memcpy(data, value.as.blob.data, value.as.blob.size);
        value.as.blob.data = data;
        g_ptr_array_add(query->texts, data);
    }
    return value;
}

static KithCondition *
copy_predicate(KithQuery *query, const KithPredicate *predicate)
{
    KithCondition *condition = g_new0(KithCondition, 1);
    condition->op = predicate->op;
    condition->offset = predicate->offset;
    condition->value = copy_value(query, predicate->value);
    if (predicate->parts == NULL)
        return condition;
    condition->parts = g_ptr_array_new_with_free_func(free_condition);
    for (const KithPredicate *part = predicate->parts; part->op != KITH_OP_END; part++)
        g_ptr_array_add(condition->parts, copy_predicate(query, part));
    return condition;
}

void
kith_query_where(KithQuery *query, KithPredicate predicate)
{
    g_ptr_array_add(query->conditions, copy_predicate(query, &predicate));
}

void
kith_query_order_by(KithQuery *query, KithOrder order)
{
    g_array_append_val(query->orders, order);
}

void
kith_query_limit(KithQuery *query, int64_t limit)
{
    query->limit = limit;
}

void
kith_query_offset(KithQuery *query, int64_t offset)
{
    query->offset = offset;
}

void
kith_query_lock(KithQuery *query, KithLock lock, KithLockWait wait)
{
    query->is_locking = true;
    query->lock = lock;
    query->wait = wait;
}

/* --- to SQL ------------------------------------------------------------------------ */

/* A statement while it is written, with the values that it refers to by number. */
typedef struct Writer {
    const KithQuery *query;
    const KithDialect *dialect;
    GString *sql;
    GPtrArray *values;  /* of KithValue: owned, because parameters point into them */
    GArray *parameters; /* of KithParameter */
} Writer;

static void
writer_init(Writer *writer, const KithQuery *query)
{
    writer->query = query;
    writer->dialect = query->session->engine->driver->dialect;
    writer->sql = g_string_new(NULL);
    writer->values = g_ptr_array_new_with_free_func(g_free);
    writer->parameters = g_array_new(FALSE, FALSE, sizeof(KithParameter));
}

static void
writer_finish(Writer *writer)
{
    g_string_free(writer->sql, TRUE);
    g_ptr_array_unref(writer->values);
    g_array_unref(writer->parameters);
}

static void
write_parameter(Writer *writer, KithKind kind, KithValue value, bool secret)
{
    KithValue *own = g_memdup2(&value, sizeof value);
    g_ptr_array_add(writer->values, own);
    KithParameter parameter = { .kind = kind,
                                .value = kith_value_data(own),
                                .secret = secret };
    g_array_append_val(writer->parameters, parameter);
    kith_sql_parameter(writer->sql, writer->dialect, writer->parameters->len);
}

/* The column of a member; of a reference, that of its foreign key. */
static const KithColumn *
find_column(const KithMapper *mapper,
            size_t offset,
            const KithForeignKey **ret_foreign_key)
{
    unsigned reference = kith_mapper_reference_at(mapper, offset);
    unsigned column = kith_mapper_column_at(mapper, offset);
    *ret_foreign_key =
        reference != KITH_NO_INDEX ? &mapper->foreign_keys[reference] : NULL;
    if (*ret_foreign_key != NULL)
        return &mapper->columns[(*ret_foreign_key)->columns[0]];
    return column != KITH_NO_INDEX ? &mapper->columns[column] : NULL;
}

static bool
refuse(const KithMapper *mapper, const char *why, GError **error)
{
    kith_error_set(error, KITH_ERROR_MISUSE, "%s: %s", mapper->entity, why);
    return false;
}

/* The key of the object that a reference is compared with. */
static bool
key_of_object(const KithMapper *mapper,
              const KithForeignKey *foreign_key,
              KithValue *value,
              GError **error)
{
    const KithMapper *target = foreign_key->target;
    const void *object = value->as.object;
    if (foreign_key->n_columns > 1)
        return refuse(
            mapper,
            "a reference of several columns cannot be compared; compare its members",
            error);
    const KithEntity *entity = kith_entity_of(object);
    if (entity->magic != KITH_ENTITY_MAGIC
        || !kith_mapper_is_a(entity->set->mapper, target))
        return refuse(
            mapper, "a reference is compared with no object of a session", error);
    if (kith_mapper_key_is_missing(target, object))
        return refuse(
            mapper,
            "a reference is compared with an object that has no key yet; flush first",
            error);
    const KithColumn *key = &target->columns[foreign_key->targets[0]];
    *value = (KithValue){ .kind = key->kind };
    memcpy(&value->as, (const char *) object + key->offset, kith_column_size(key));
    return true;
}

/* Names of an enum are stored: compare with the name, not with the number. */
static bool
name_of_enum(const KithMapper *mapper,
             const KithColumn *column,
             KithValue *value,
             GError **error)
{
    int32_t number = value->as.int32;
    const char *name = NULL;
    if (number >= 0 && (size_t) number < column->names.count)
        name = column->names.items[number];
    if (name == NULL)
        return refuse(
            mapper, "an enum is compared with an enumerator that has no name", error);
    *value = kith_value_text(name);
    return true;
}

static const char *
operator_of(KithOp op)
{
    switch (op) {
    case KITH_OP_EQ:
        return " = ";
    case KITH_OP_NE:
        return " <> ";
    case KITH_OP_LT:
        return " < ";
    case KITH_OP_LE:
        return " <= ";
    case KITH_OP_GT:
        return " > ";
    case KITH_OP_GE:
        return " >= ";
    case KITH_OP_IS_NULL:
        return " IS NULL";
    case KITH_OP_IS_NOT_NULL:
        return " IS NOT NULL";
    default:
        return NULL;
    }
}

static bool
write_comparison(Writer *writer, const KithCondition *condition, GError **error)
{
    const KithMapper *mapper = writer->query->set->mapper;
    const KithForeignKey *foreign_key;
    const KithColumn *column = find_column(mapper, condition->offset, &foreign_key);
    if (column == NULL)
        return refuse(mapper, "a query names a member that is not mapped", error);
    kith_sql_identifier(writer->sql, column->name);
    g_string_append(writer->sql, operator_of(condition->op));
    if (condition->op == KITH_OP_IS_NULL || condition->op == KITH_OP_IS_NOT_NULL)
        return true;
    KithValue value = condition->value;
    if (value.kind == KITH_KIND_OBJECT
        && !key_of_object(mapper, foreign_key, &value, error))
        return false;
    if (!kith_value_fit(mapper->entity, column, &value, error))
        return false;
    if (value.kind == KITH_KIND_TEXT && !g_utf8_validate(value.as.text, -1, NULL)) {
        kith_error_set(error,
                       KITH_ERROR_TYPE,
                       "%s.%s: it is compared with a text that is not UTF-8",
                       mapper->entity,
                       column->member);
        return false;
    }
    bool is_name = column->kind == KITH_KIND_ENUM && value.kind != KITH_KIND_NONE;
    if (is_name && !name_of_enum(mapper, column, &value, error))
        return false;
    write_parameter(
        writer, is_name ? KITH_KIND_TEXT : column->kind, value, column->secret);
    return true;
}

static bool write_condition(Writer *writer,
                            const KithCondition *condition,
                            GError **error);

static bool
write_joined(Writer *writer, const GPtrArray *parts, const char *joint, GError **error)
{
    for (guint i = 0; i < parts->len; i++) {
        g_string_append(writer->sql, i > 0 ? joint : "");
        if (!write_condition(writer, g_ptr_array_index(parts, i), error))
            return false;
    }
    return true;
}

static bool
write_condition(Writer *writer, const KithCondition *condition, GError **error)
{
    bool done;
    switch (condition->op) {
    case KITH_OP_AND:
    case KITH_OP_OR:
        g_string_append_c(writer->sql, '(');
        done = write_joined(writer,
                            condition->parts,
                            condition->op == KITH_OP_AND ? " AND " : " OR ",
                            error);
        g_string_append_c(writer->sql, ')');
        return done;
    case KITH_OP_NOT:
        g_string_append(writer->sql, "NOT (");
        done = write_joined(writer, condition->parts, " AND ", error);
        g_string_append_c(writer->sql, ')');
        return done;
    default:
        return write_comparison(writer, condition, error);
    }
}

static bool
write_where(Writer *writer, GError **error)
{
    if (writer->query->conditions->len == 0)
        return true;
    g_string_append(writer->sql, " WHERE ");
    return write_joined(writer, writer->query->conditions, " AND ", error);
}

static bool
write_order(Writer *writer, GError **error)
{
    const KithMapper *mapper = writer->query->set->mapper;
    const GArray *orders = writer->query->orders;
    for (guint i = 0; i < orders->len; i++) {
        const KithOrder *order = &g_array_index(orders, KithOrder, i);
        const KithForeignKey *foreign_key;
        const KithColumn *column = find_column(mapper, order->offset, &foreign_key);
        if (column == NULL)
            return refuse(
                mapper, "a query is ordered by a member that is not mapped", error);
        g_string_append(writer->sql, i > 0 ? ", " : " ORDER BY ");
        kith_sql_identifier(writer->sql, column->name);
        g_string_append(writer->sql, order->descending ? " DESC" : "");
    }
    return true;
}

/* Numbers of rows are parameters too: pages of a query are one statement. */
static void
write_limit(Writer *writer, int64_t limit, int64_t offset)
{
    if (limit >= 0) {
        g_string_append(writer->sql, " LIMIT ");
        write_parameter(writer, KITH_KIND_INT64, kith_value_int64(limit), false);
    } else if (offset > 0 && writer->dialect->no_limit != NULL) {
        g_string_append_printf(writer->sql, " LIMIT %s", writer->dialect->no_limit);
    }
    if (offset > 0) {
        g_string_append(writer->sql, " OFFSET ");
        write_parameter(writer, KITH_KIND_INT64, kith_value_int64(offset), false);
    }
}

/* --- running ----------------------------------------------------------------------- */

static bool
begin_query(KithQuery *query, KithPlace place, GError **error)
{
    g_ptr_array_set_size(query->objects, 0);
    if (query->set == NULL)
        return kith_session_set_of(query->session, query->mapping, error) != NULL;
    if (!kith_flush_before_query(query->set, place, error))
        return false;
    /* A lock lasts as long as the transaction: there has to be one. */
    return !query->is_locking
           || kith_transaction_open(query->session, NULL, place, error);
}

static bool
run(KithQuery *query, int64_t limit, KithPlace place, GError **error)
{
    if (!begin_query(query, place, error))
        return false;
    Writer writer;
    writer_init(&writer, query);
    kith_sql_select(writer.sql, query->set->mapper);
    bool done = write_where(&writer, error) && write_order(&writer, error);
    if (done) {
        write_limit(&writer, limit, query->offset);
        if (query->is_locking)
            g_string_append(writer.sql,
                            kith_sql_lock(writer.dialect, query->lock, query->wait));
        KithSelect select = {
            .sql = writer.sql->str,
            .parameters = (const KithParameter *) (void *) writer.parameters->data,
            .n_parameters = writer.parameters->len,
            .place = place,
            .is_locking = query->is_locking,
            .is_nowait = query->is_locking && query->wait == KITH_NOWAIT
        };
        bool was_strict = query->session->is_loading_strictly;
        query->session->is_loading_strictly = was_strict || query->eager.is_strict;
        done = kith_load_objects(query->set, &select, query->objects, error)
               && kith_eager_load(
                   &query->eager, query->set, query->objects, place, error);
        query->session->is_loading_strictly = was_strict;
    }
    writer_finish(&writer);
    return done;
}

const void *
kith_query_all(KithQuery *query, KithPlace place, GError **error)
{
    if (!run(query, query->limit, place, error))
        return NULL;
    g_ptr_array_add(query->objects, NULL);
    return query->objects->pdata;
}

const void *
kith_query_first(KithQuery *query, KithPlace place, GError **error)
{
    if (!run(query, query->limit == 0 ? 0 : 1, place, error) || query->objects->len == 0)
        return NULL;
    return g_ptr_array_index(query->objects, 0);
}

bool
kith_query_count(KithQuery *query, int64_t *ret_count, KithPlace place, GError **error)
{
    if (!begin_query(query, place, error))
        return false;
    Writer writer;
    writer_init(&writer, query);
    g_string_append(writer.sql, "SELECT count(*) FROM ");
    kith_sql_table(writer.sql, query->set->mapper->table);
    bool done =
        write_where(&writer, error)
        && kith_load_integer(query->session,
                             writer.sql->str,
                             (const KithParameter *) (void *) writer.parameters->data,
                             writer.parameters->len,
                             ret_count,
                             place,
                             error);
    writer_finish(&writer);
    return done;
}

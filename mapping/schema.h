/*
 * schema.h - the statements that make the tables of a mapping, and that take them away
 * again.
 */
#ifndef KITH_MAPPING_SCHEMA_PRIVATE_H
#define KITH_MAPPING_SCHEMA_PRIVATE_H

#include "registry.h"

/*
 * Both are to be run in one transaction, in their order, and can be repeated: what is
 * there already, or is gone already, is passed over by its name, not compared. A schema
 * that a table names is not made. (transfer full): an array of char *, freed with it.
 */
GPtrArray *kith_schema_create_statements(const KithRegistry *registry,
                                         const KithDialect *dialect);
GPtrArray *kith_schema_drop_statements(const KithRegistry *registry,
                                       const KithDialect *dialect);

#endif

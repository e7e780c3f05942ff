/*
 * predicate.c - makes predicates. What becomes of them is the query's business.
 */
#include "kith-predicate.h"

KithPredicate
kith_predicate(KithOp op, const KithMapping *mapping, size_t offset, KithValue value)
{
    return (
        KithPredicate){ .op = op, .mapping = mapping, .offset = offset, .value = value };
}

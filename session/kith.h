/*
 * kith.h - all of Kith, for a program that uses it.
 */
#ifndef KITH_H
#define KITH_H

#include "kith-bulk.h"
#include "kith-core.h"
#include "kith-engine.h"
#include "kith-error.h"
#include "kith-events.h"
#include "kith-loading.h"
#include "kith-mapping.h"
#include "kith-predicate.h"
#include "kith-query.h"
#include "kith-relation.h"
#include "kith-session.h"
#include "kith-trace.h"
#include "kith-transact.h"

#endif

/*
 * faulty.h - a driver that wraps the one of an engine, and fails when it is told to: the n-th call
 * that sends something, as if the database were busy or the connection lost.
 *
 * It holds the session to the contract of kith-driver.h as well: after a failure in a transaction
 * nothing but a rollback may come.
 */
#ifndef KITH_TESTS_FAULTY_H
#define KITH_TESTS_FAULTY_H

#include "kith-engine.h"

typedef enum Fault {
    FAULT_BUSY,           /* the call fails, and the connection goes on */
    FAULT_LOST,           /* the connection is gone; in a COMMIT, before it was done */
    FAULT_LOST_AFTERWARDS /* the same, but a COMMIT was done before */
} Fault;

/* Put the wrapper around the driver of @engine. There is one such engine at a time. */
void faulty_install(KithEngine *engine);

/* Let call number @countdown from now (1: the next one) fail; 0: none. */
void faulty_arm(Fault fault, unsigned countdown);
void faulty_disarm(void);

/* The call in which the fault that was armed last came. */
typedef enum FaultyCall {
    FAULTY_NONE, /* it did not come */
    FAULTY_OPEN,
    FAULTY_BEGIN,
    FAULTY_COMMAND, /* another one */
    FAULTY_SUBMIT,
    FAULTY_SYNC,
    FAULTY_LAST_SYNC, /* after a command that was not BEGIN */
    FAULTY_COMMIT,
    FAULTY_KEYS, /* the query by which keys are made, in the middle of a flush */
    FAULTY_QUERY
} FaultyCall;

FaultyCall faulty_fired_at(void);

/* What the session did that the contract forbids; NULL: nothing. Forgets it. (transfer full) */
char *faulty_take_complaint(void);

#endif

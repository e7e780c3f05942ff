/*
 * intake.h - the rows of a query, on their way to be objects.
 */
#ifndef KITH_SESSION_INTAKE_PRIVATE_H
#define KITH_SESSION_INTAKE_PRIVATE_H

#include "joined.h"
#include "session.h"

typedef struct KithIntake {
    KithEntitySet *set;
    KithLoad *load;     /* of those that are read now; NULL: there is none yet */
    void *last;         /* the struct of the last row that is an object, or NULL */
    GPtrArray *objects; /* of structs: all of them; NULL: nobody asks */
    GPtrArray *fresh;   /* of entities that are new to the session; NULL: nobody asks */
    bool is_locking;
    bool is_by_key;
    bool is_old;
    size_t n_wanted; /* rows, before it stops; 0: all there are */
    const KithJoinedRow *joined;
} KithIntake;

/*
 * Take the rows of the query that is open on @connection. @ret_is_end: were these all?
 * (nullable)
 */
bool kith_intake_rows(KithIntake *intake,
                      KithConnection *connection,
                      bool *ret_is_end,
                      GError **error);

#endif

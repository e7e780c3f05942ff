/*
 * events.h - for the library: running hooks.
 */
#ifndef KITH_SESSION_EVENTS_PRIVATE_H
#define KITH_SESSION_EVENTS_PRIVATE_H

#include "kith-events.h"
#include "session.h"

/* Is there a hook at all? Without one, a flush does nothing for hooks. */
bool kith_events_any(const KithSession *session);

/* Run the hooks of an event of the session. */
bool kith_events_run(KithSession *session, KithEvent event, GError **error);

/* Run the hooks of an event of one object; an error is given its name. */
bool kith_events_run_for(KithEntity *entity, KithEvent event, GError **error);

/* Is there a hook for this event of the objects of @mapper? */
bool kith_events_has(const KithSession *session,
                     KithEvent event,
                     const KithMapper *mapper);

void kith_events_init(KithSession *session);
void kith_events_forget(KithSession *session); /* all hooks */
void kith_events_finish(KithSession *session);

#endif

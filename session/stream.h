/*
 * stream.h - the objects of a query, a part of them at a time.
 */
#ifndef KITH_SESSION_STREAM_PRIVATE_H
#define KITH_SESSION_STREAM_PRIVATE_H

#include "session.h"

/* End the stream of a query, and let go of its objects. Takes NULL. */
void kith_stream_free(KithStream *stream);

/*
 * End the streams that are read in the open transaction; their loops end with MISUSE.
 * @frees_objects: all others too, for all objects of the session are about to be freed.
 */
void kith_streams_close(KithSession *session, bool frees_objects);

/* An object is about to be freed, by whatever was called meanwhile. */
void kith_streams_forget(KithSession *session, const KithEntity *entity);

/* Is nobody reading rows over the connection of the open transaction? Error: MISUSE. */
bool kith_streams_check(const KithSession *session, GError **error);

#endif

/*
 * comment.h - statements with the place that causes them behind their text, as a comment.
 */
#ifndef KITH_CORE_COMMENT_PRIVATE_H
#define KITH_CORE_COMMENT_PRIVATE_H

#include "kith-driver.h"

/*
 * Statements and shapes with comments: one for each of them and place, as long as the table
 * lives.
 */
typedef GHashTable KithComments;

KithComments *kith_comments_new(void);

/* @statement with @place behind it; itself where there is no place. (transfer none) */
const KithStatement *kith_comments_statement(KithComments *comments,
                                             const KithStatement *statement,
                                             KithPlace place);

/* The same of a shape; one that has a comment keeps it. (transfer none) */
const KithShape *kith_comments_shape(KithComments *comments,
                                     const KithShape *shape,
                                     KithPlace place);

#endif

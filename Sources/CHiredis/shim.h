#pragma once
#include <hiredis/hiredis.h>
#include <stdlib.h>

/* hiredis 1.x counts an array's elements in size_t, 0.14 in int. */
#if HIREDIS_MAJOR >= 1
typedef size_t voice_redis_count;
#else
typedef int voice_redis_count;
#endif

/* No reply asked for here has more elements. An array is allocated when its header comes, long before what it announces. */
enum { VOICE_REDIS_MAX_ELEMENTS = 1 << 20 };

static inline void *voice_redis_create_array(const redisReadTask *task, voice_redis_count count) {
  const redisReplyObjectFunctions *standard = task->privdata;
  if (count > VOICE_REDIS_MAX_ELEMENTS) return NULL;
  return standard->createArray(task, count);
}

/* A reader of hiredis's own reply objects that refuses arrays of absurd length. NULL when there is no memory. */
static inline redisReader *voice_redis_reader_create(void) {
  redisReader *reader = redisReaderCreate();
  if (reader == NULL) return NULL;
  redisReplyObjectFunctions *bounded = malloc(sizeof *bounded);
  if (bounded == NULL) {
    redisReaderFree(reader);
    return NULL;
  }
  *bounded = *reader->fn;
  bounded->createArray = voice_redis_create_array;
  reader->privdata = (void *)reader->fn;
  reader->fn = bounded;
  return reader;
}

static inline void voice_redis_reader_free(redisReader *reader) {
  redisReplyObjectFunctions *bounded = reader->fn;
  redisReaderFree(reader);
  free(bounded);
}

static inline const char *voice_redis_reader_error(const redisReader *reader) { return reader->errstr; }

#ifndef RELAYBENCH_MESSAGES_H
#define RELAYBENCH_MESSAGES_H
#include <stddef.h>
#include <stdint.h>

// The events of the benchmark: both ends build the same ones, so that each can compare what it gets, byte for byte.

extern const char message_session_created[];
extern const char message_session_updated[];
extern const char message_response_created[];

/// `input_audio_buffer.append` and `response.output_audio.delta` of exactly `size` bytes. The caller frees them.
char *message_append(size_t size);
char *message_delta(size_t size);
#endif

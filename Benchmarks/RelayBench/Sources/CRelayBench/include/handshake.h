#ifndef RELAYBENCH_HANDSHAKE_H
#define RELAYBENCH_HANDSHAKE_H
#include <stddef.h>

/// Writes the Sec-WebSocket-Accept for `key` (RFC 6455 section 4.2.2) to `accept`, with a closing zero.
void handshake_accept(const char *key, size_t length, char accept[29]);

/// The value of a header field in `head`, a whole HTTP head with its blank line; NULL when there is none.
const char *handshake_field(const char *head, const char *name, size_t *length);
#endif

#include "frames.h"
#include <string.h>

int frame_parse(uint8_t *bytes, size_t count, struct frame *frame) {
    if (count < 2) return 0;
    if ((bytes[0] & 0xF0) != 0x80) return -1;
    size_t length = bytes[1] & 0x7F, at = 2;
    if (length == 126) {
        if (count < 4) return 0;
        length = (size_t)bytes[2] << 8 | bytes[3];
        at = 4;
    } else if (length == 127) {
        if (count < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | bytes[i];
        at = 10;
    }
    frame->opcode = bytes[0] & 0x0F;
    frame->masked = bytes[1] & 0x80;
    if (frame->masked) {
        if (count < at + 4) return 0;
        memcpy(frame->key, bytes + at, 4);
        at += 4;
    }
    frame->payload = bytes + at;
    frame->length = length;
    frame->total = at + length;
    return count - at >= length;
}

size_t frame_header(uint8_t *to, uint8_t opcode, size_t length, const uint8_t *key) {
    uint8_t mask = key ? 0x80 : 0;
    size_t at = 2;
    to[0] = 0x80 | opcode;
    if (length < 126) {
        to[1] = mask | (uint8_t)length;
    } else if (length < 65536) {
        to[1] = mask | 126;
        to[2] = (uint8_t)(length >> 8);
        to[3] = (uint8_t)length;
        at = 4;
    } else {
        to[1] = mask | 127;
        for (int i = 0; i < 8; i++) to[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
        at = 10;
    }
    if (key) {
        memcpy(to + at, key, 4);
        at += 4;
    }
    return at;
}

void frame_mask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t key[4]) {
    uint32_t half;
    memcpy(&half, key, 4);
    uint64_t wide = (uint64_t)half << 32 | half, word;
    size_t at = 0;
    for (; at + 8 <= count; at += 8) {
        memcpy(&word, from + at, 8);
        word ^= wide;
        memcpy(to + at, &word, 8);
    }
    for (; at < count; at++) to[at] = from[at] ^ key[at & 3];
}

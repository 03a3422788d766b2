#include "messages.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A session as the provider describes it; behind its type.
#define SESSION \
    "\"event_id\":\"event_wwso6BeFIAy1MTgNi4qWq\",\"session\":{\"type\":\"realtime\",\"object\":\"realtime.session\",\"id\":\"sess_k" \
    "9duFiSXyfaZ1rfchTrnd\",\"model\":\"gpt-realtime-2.1\",\"output_modalities\":[\"audio\"],\"instructions\":\"You are a helpf" \
    "ul assistant.\",\"tools\":[],\"tool_choice\":\"auto\",\"max_output_tokens\":\"inf\",\"tracing\":null,\"truncation\":\"auto\",\"p" \
    "rompt\":null,\"expires_at\":1795000000,\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"transcriptio" \
    "n\":null,\"noise_reduction\":null,\"turn_detection\":{\"type\":\"server_vad\",\"threshold\":0.5,\"prefix_padding_ms\":300,\"" \
    "silence_duration_ms\":200,\"idle_timeout_ms\":null,\"create_response\":true,\"interrupt_response\":true}},\"output\":{\"" \
    "format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"voice\":\"marin\",\"speed\":1.0}},\"include\":null}}"

const char message_session_created[] = "{\"type\":\"session.created\"," SESSION;
const char message_session_updated[] = "{\"type\":\"session.updated\"," SESSION;
const char message_response_created[] =
    "{\"type\":\"response.created\",\"event_id\":\"event_7Lw2mXbQ0cVtYkRzNfHsA\",\"response\":{\"object\":\"realtime.response\","
    "\"id\":\"resp_SAL1Ci2rJyViNel9fNivY\",\"status\":\"in_progress\",\"status_details\":null,\"output\":[],"
    "\"conversation_id\":\"conv_pB7uQx3ZsKdE0hTfWnLyR\",\"output_modalities\":[\"audio\"],\"max_output_tokens\":\"inf\","
    "\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"voice\":\"marin\"}},\"usage\":null,"
    "\"metadata\":null}}";

// The size is met to the byte: Base64 comes in fours, so the event's id takes what is left.
static char *audio_event(const char *before, const char *id, const char *after, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t fixed = strlen(before) + strlen(id) + strlen(after) + 2;
    if (size < fixed + 8) {
        fprintf(stderr, "a message of %zu bytes has no room for audio\n", size);
        exit(2);
    }
    size_t pad = (size - fixed) % 4, audio = size - fixed - pad;
    char *event = malloc(size + 1), *at = event;
    at += sprintf(at, "%s%s", before, id);
    memset(at, 'x', pad);
    at += pad;
    at += sprintf(at, "%s", after);
    uint32_t state = 2463534242;
    for (size_t i = 0; i < audio; i++) {
        state ^= state << 13, state ^= state >> 17, state ^= state << 5;
        *at++ = digits[state >> 26];
    }
    memcpy(at, "\"}", 3);
    return event;
}

char *message_append(size_t size) {
    return audio_event("{\"type\":\"input_audio_buffer.append\",\"event_id\":\"", "event_0001", "\",\"audio\":\"", size);
}

char *message_delta(size_t size) {
    return audio_event(
        "{\"type\":\"response.output_audio.delta\",\"event_id\":\"", "event_uYQBseSVtzgJ4hw8g",
        "\",\"response_id\":\"resp_SAL1Ci2rJyViNel9fNivY\",\"item_id\":\"item_exdu3BEYdTtBiInsfzfem\",\"output_index\":0,"
        "\"content_index\":0,\"delta\":\"", size);
}

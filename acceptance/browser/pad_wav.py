#!/usr/bin/env python3
"""Resamples a mono 16 bit WAV to 48 kHz, with a second of silence before it and six behind. usage: pad_wav.py IN OUT"""
import array, sys, wave

with wave.open(sys.argv[1]) as file:
    rate, samples = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
count = len(samples) * 48000 // rate
out = array.array("h", bytes(2 * 48000))
for index in range(count):
    place = index * rate / 48000
    left = int(place)
    right = min(left + 1, len(samples) - 1)
    out.append(int(samples[left] + (samples[right] - samples[left]) * (place - left)))
out.extend(array.array("h", bytes(2 * 48000 * 6)))
with wave.open(sys.argv[2], "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(48000)
    file.writeframes(out.tobytes())

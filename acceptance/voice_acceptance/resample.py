"""Resamples a mono 16 bit WAV to the Realtime API's 24 kHz."""

import array
import wave

RATE = 24_000


def resample(source, target) -> None:
    with wave.open(str(source)) as file:
        rate, samples = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    out = array.array("h")
    for index in range(len(samples) * RATE // rate):
        place = index * rate / RATE
        left = int(place)
        right = min(left + 1, len(samples) - 1)
        out.append(int(samples[left] + (samples[right] - samples[left]) * (place - left)))
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(out.tobytes())

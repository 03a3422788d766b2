/// Writes moments as ISO 8601 in UTC, `2026-11-21T03:09:56.123Z`.
package enum ISO8601 {
  /// Returns the time in UTC with milliseconds, `2026-11-21T09:30:00.000Z`.
  package static func text(_ time: UnixTime) -> String {
    let (days, ofDay) = floorDivide(time.milliseconds, 86_400_000)
    let date = civil(days)
    let (seconds, milliseconds) = (ofDay / 1_000, ofDay % 1_000)
    return
      "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))T\(pad(seconds / 3_600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60)).\(pad(milliseconds, 3))Z"
  }

  /// The proleptic Gregorian date of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  static func floorDivide(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
    // Holds for every value, also those that a damaged record has.
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
    return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
  }

  private static func pad(_ number: Int64, _ width: Int = 2) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

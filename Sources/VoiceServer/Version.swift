/// What this build calls itself when `APP_VERSION` is not set.
enum Version {
  static let current = "0.1.0"
}

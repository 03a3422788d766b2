/// Version of this build, used when `APP_VERSION` is not set.
enum Version {
  static let current = "0.1.0"
}

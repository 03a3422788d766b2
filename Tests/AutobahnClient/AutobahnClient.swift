@main
struct AutobahnClient {
  static func main() {}
}

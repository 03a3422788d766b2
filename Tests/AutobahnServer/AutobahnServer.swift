@main
struct AutobahnServer {
  static func main() {}
}

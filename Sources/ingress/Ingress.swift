import ArgumentParser
import Runtime

@main
enum Main {
  static func main() async { await Ingress.main() }
}

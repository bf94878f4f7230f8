import ArgumentParser
import Foundation
import Runtime

@main
enum Main {
  /// Runs the service by whose name it was called, or the operator's command.
  ///
  /// A container image has this executable once, with a link to it for each service.
  static func main() async {
    let name = URL(fileURLWithPath: CommandLine.arguments[0]).lastPathComponent
    if let service = Services.named(name) {
      await service.main()
    } else {
      await HandoverTool.main()
    }
  }
}

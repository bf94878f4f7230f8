import Foundation
import Market
import Testbed
import Testing

@testable import HTTPIngress

/// The calls by which REST clients send commands.
@Suite struct CommandRouteTests {
  @Test func `every call of a command is documented`() throws {
    let page = "Sources/Documentation/Documentation.docc/HTTP.md"
    let text = try String(contentsOf: Executables.package.appending(path: page), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }
    for kind in CommandKind.allCases {
      let collection = "/\(Resource.of(kind.entity).collection)"
      for route in kind.routes {
        let (method, path) =
          switch route {
          case .create: ("POST", collection)
          case .change: ("PATCH", "\(collection)/{id}")
          case .remove: ("DELETE", "\(collection)/{id}")
          case .action(let method, let name, _): (method.rawValue, "\(collection)/{id}/\(name)")
          }
        if !rows.contains(where: { $0.contains(method) && $0.contains("\(path)`") }) {
          Issue.record("HTTP.md does not list \(method) \(path) of \(kind.rawValue)")
        }
      }
    }
  }

  @Test func `only a final status of the item itself asks for a command`() {
    for kind in CommandKind.allCases {
      guard let status = kind.askedForBy else { continue }
      #expect(status.span == .final && status.isOf(kind.entity), "\(kind)")
    }
  }
}

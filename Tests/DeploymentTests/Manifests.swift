import Foundation
import Processes
import Testbed

/// The objects of a kustomization, as Kubernetes would receive them.
struct Manifests {
  /// Only kubectl renders kustomizations, and Debian has no version that is new enough to require.
  static let canRender = (try? run("command -v kubectl")) != nil

  let objects: [JSON]

  init(_ path: String) throws {
    let folder = Deployment.folder.appending(path: "kubernetes/\(path)").path
    // Adding a label without a cluster makes kubectl convert any YAML to JSON.
    let text = try Self.run(
      "kubectl kustomize '\(folder)' | kubectl label --local --overwrite -f - -o json rendered=yes")
    objects = try text.split(separator: "\n}\n").map {
      try JSONDecoder().decode(JSON.self, from: Data(($0 + "\n}").utf8))
    }
  }

  func all(_ kind: String) -> [JSON] { objects.filter { $0["kind"].text == kind } }

  func named(_ kind: String, _ name: String) -> JSON? {
    all(kind).first { $0["metadata"]["name"].text == name }
  }

  /// The pod templates of all deployments and stateful sets.
  var templates: [JSON] { (all("Deployment") + all("StatefulSet")).map { $0["spec"]["template"] } }

  /// Returns the pod templates that a selector's labels match.
  func templates(_ labels: JSON) -> [JSON] {
    let wanted = labels.members
    return templates.filter { template in
      wanted.allSatisfy { template["metadata"]["labels"][$0.key] == $0.value }
    }
  }

  private static func run(_ command: String) throws -> String {
    let log = URL(fileURLWithPath: "/tmp/handover-manifests-\(UInt32.random(in: 0...UInt32.max))")
    defer { try? FileManager.default.removeItem(at: log) }
    let shell = try RunningProcess("bash", ["-o", "pipefail", "-c", command], log: log)
    shell.wait()
    let text = try String(contentsOf: log, encoding: .utf8)
    guard !text.isEmpty, !text.hasPrefix("error") else { throw Failure(description: "\(command): \(text)") }
    return text
  }

  private struct Failure: Error, CustomStringConvertible { let description: String }
}

extension JSON {
  var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }

  /// A container's variables, by name.
  var environment: [String: JSON] {
    let variables = self["env"].elements.map { ($0["name"].text ?? "", $0) }
    return Dictionary(variables, uniquingKeysWith: { first, _ in first })
  }

  /// Returns the number of a container's named port.
  func port(_ name: JSON) -> Int? {
    self["ports"].elements.first { $0["name"] == name }?["containerPort"].integer
  }
}

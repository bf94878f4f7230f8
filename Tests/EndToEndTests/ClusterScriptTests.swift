import Foundation
import Processes
import Redis
import Testbed
import Testing

/// `scripts/cluster`: everything on a Redis Cluster, by one command.
@Suite struct ClusterScriptTests {
  @Test func `scripts cluster runs everything on six nodes, ends them all, and keeps their data`()
    async throws
  {
    let folder = URL(fileURLWithPath: "/tmp/handover-cluster-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try FreePort.find()
    let http = HTTP(port: port)
    let log = folder.appending(path: "cluster.log")
    func start() async throws -> RunningProcess {
      let script = try RunningProcess(
        Executables.package.appending(path: "scripts/cluster").path, [],
        environment: [
          "HANDOVER_DATA": folder.path, "HANDOVER_PORT": "\(port)", "HANDOVER_CLUSTER_PORT": "0",
          "HANDOVER_EXECUTABLE": Executables.path("handover"),
        ], log: log)
      do {
        try await eventually("the ingress answers") {
          try await http.call(.GET, "/actuator/health").status == 200
        }
      } catch {
        script.terminate()
        throw error
      }
      return script
    }
    /// The port of every node, as the script tells it.
    func ports() throws -> [Int] {
      let text = try String(contentsOf: folder.appending(path: "port"), encoding: .utf8)
      let first = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      return Array(first..<first + 6)
    }

    let first = try await start()
    let nodes = try ports()
    let seeds = try nodes.map { try RedisURL("redis://127.0.0.1:\($0)") }
    let cluster = try Cluster(#require(seeds.last))
    #expect(cluster.masters.count == 3)
    #expect(cluster.masters.allSatisfy { cluster.replicas[$0] == 1 })
    let demo = try RunningProcess(
      Executables.package.appending(path: "scripts/demo").path, [],
      environment: [
        "HANDOVER_URL": http.base, "HANDOVER_REDIS": "-c -p \(nodes[0])",
      ], log: folder.appending(path: "demo.log"))
    demo.wait()
    let shown = try String(contentsOf: folder.appending(path: "demo.log"), encoding: .utf8)
    #expect(demo.exitStatus == 0, "\(shown)")
    try ClusterConnection(cluster).call("SET", "kept", "yes")
    let time = try #require(first.terminate(by: SIGINT), "Ctrl-C did not end it")
    #expect(time < Patience.prompt)
    let told = try String(contentsOf: log, encoding: .utf8)
    #expect(first.exitStatus == 0, "\(told.suffix(2000))")
    for seed in seeds { #expect(throws: RedisError.self) { try RedisConnection(seed).call("PING") } }

    let second = try await start()
    #expect(try ports() == nodes)
    #expect(try ClusterConnection(Cluster(seeds[0])).call("GET", "kept").string == "yes")
    // A system that cannot go on takes its Redis with it.
    let system = try #require(try Self.children(of: second.id).first { $0.name == "handover" })
    kill(system.id, SIGKILL)
    try await eventually("the script has ended") { second.hasEnded }
    #expect(second.exitStatus != 0)
    for seed in seeds { #expect(throws: RedisError.self) { try RedisConnection(seed).call("PING") } }
  }

  private static func children(of parent: pid_t) throws -> [(id: pid_t, name: String)] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.compactMap { id in
      guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
        let match = stat.firstMatch(of: /\((.*)\) \S (\d+)/), pid_t(String(match.2)) == parent
      else { return nil }
      return (id, String(match.1))
    }
  }
}

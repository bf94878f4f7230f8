import Foundation
import Processes
import Testbed
import Testing

/// The benchmarks work: with so little of everything that their figures mean nothing.
@Suite struct BenchTests {
  @Test func `the performance table has a line for everything that has a goal`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let floor = folder.appending(path: "floor")
    try "#!/bin/sh\necho \"floor: $1 entries, batch $2, $3 shards: 87000 entries/s\"\n"
      .write(to: floor, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: floor.path)
    let log = folder.appending(path: "log")
    let bench = try RunningProcess(
      Executables.path("handover-bench"),
      ["table", "--tiny", "--floor", floor.path, "--beside", Executables.folder.path], log: log)
    bench.wait()
    let output = try String(contentsOf: log, encoding: .utf8)
    #expect(bench.exitStatus == 0, "\(output)")
    let verdicts = output.split(separator: "\n").filter { $0.hasSuffix("met") || $0.hasSuffix("missed") }
    #expect(verdicts.count == 11, "\(output)")
  }
}

import Foundation
import Processes
import Testbed
import Testing

/// The two commands of the README: everything in one process, and the demonstration against it.
@Suite struct DevTests {
  @Test func `handover dev runs everything in one process and keeps its data`() async throws {
    let folder = URL(fileURLWithPath: "/tmp/handover-dev-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try FreePort.find()
    let http = HTTP(port: port)
    let environment = ["HANDOVER_DATA": folder.path, "HANDOVER_PORT": "\(port)"]
    func start() async throws -> RunningProcess {
      let dev = try RunningProcess(
        Executables.path("handover"), ["dev"], environment: environment,
        log: folder.appending(path: "dev.log"))
      try await eventually("handover dev answers") {
        try await http.call(.GET, "/actuator/health").status == 200
      }
      return dev
    }

    func health() throws -> Int32? {
      let check = try RunningProcess(Executables.path("handover"), ["health", "--port", "\(port)"])
      check.wait()
      return check.exitStatus
    }

    #expect(try health() == 1)
    let first = try await start()
    #expect(try health() == 0)
    // All of 127.0.0.0/8 is this machine, but only one address of it is listened on.
    let elsewhere = try RunningProcess("curl", ["-s", "http://127.0.0.2:\(port)/liveness"])
    elsewhere.wait()
    #expect(elsewhere.exitStatus == 7, "curl could connect")
    let demo = try RunningProcess(
      Executables.package.appending(path: "scripts/demo").path, [],
      environment: [
        "HANDOVER_URL": http.base, "HANDOVER_REDIS": "-s \(folder.path)/redis.sock",
      ], log: folder.appending(path: "demo.log"))
    try await eventually("the demonstration ends") { demo.hasEnded }
    let shown = try String(contentsOf: folder.appending(path: "demo.log"), encoding: .utf8)
    #expect(demo.exitStatus == 0, "\(shown)")
    for status in ["예약대기", "거래진행중", "거래완료", "재고감소", "거래불가", "재고확보"] {
      #expect(shown.contains(status))
    }
    // Codes work without a secret: this process takes one of its own.
    let coded = try await http.post(
      "/trades",
      #"{"productid":77,"userid":"abc","productname":"책","qty":1,"price":5000,"confirm":"code"}"#)
    #expect(coded.status == 201, "\(coded.text)")
    let time = try #require(first.terminate(by: SIGINT), "Ctrl-C did not end it")
    #expect(time < Patience.prompt)
    #expect(first.exitStatus == 0)

    let second = try await start()
    #expect(try await http.get("/reserves")["page"]["totalElements"].integer == 3)
    // After a crash, the next start finds the Redis that was left over.
    second.kill()
    let third = try await start()
    #expect(try await http.get("/reserves")["page"]["totalElements"].integer == 3)
    try #require(third.terminate() != nil)
  }
}

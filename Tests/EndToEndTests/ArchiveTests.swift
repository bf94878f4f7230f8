import Foundation
import Keys
import Testbed
import Testing

/// A deal from its start to the archive, and a person who is forgotten, with real processes.
@Suite struct ArchiveTests {
  /// Starts a deal in listing 1001, in data of the format in which things leave and people are forgotten. Returns the
  /// path of the reservation, and its id.
  private static func startDeal(on system: TestSystem) async throws -> (path: String, id: String) {
    let http = system.http
    try system.redis.connect().call("HSET", Key.format, "writes", "2")
    #expect(try await http.list(1001, product: 1001).status == 201)
    #expect(try await http.register(1001, product: 1001).status == 201)
    let path = try #require(try await http.reserve(product: 1001, buyer: "김민지").headers["Location"].first)
    try await system.waitFor(path, "거래진행중")
    return (path, String(path.split(separator: "/").last ?? ""))
  }

  @Test func `a deal ends, leaves, is shown from a file, and its buyer is exported and forgotten`()
    async throws
  {
    let system = try await TestSystem(environment: ["HANDOVER_KEEP_ENDED_DAYS": "0.00002"])
    let http = system.http
    let (_, id) = try await Self.startDeal(on: system)
    #expect(try await http.post("/trades/1001/handover", #"{"reserveid":\#(id)}"#).status == 200)
    for gone in ["/reserves/\(id)", "/trades/1001", "/inventories/1001"] {
      try await eventually("\(gone) has left") { try await http.call(.GET, gone).status == 410 }
    }
    let problem = try await http.call(.DELETE, "/trades/1001")
    #expect(try problem.status == 410 && problem.json["code"].text == "archived")
    #expect(try await http.call(.GET, "/reserves/999").status == 404)

    let folder = system.redis.folder.appending(path: "archive").path
    try await onThread {
      #expect(try system.operate("archive", "show", id).output.contains("김민지"))
      let export = try system.operate("archive", "--to", folder)
      #expect(export.status == 0 && export.output.hasPrefix("3 records are in"), "\(export.output)")
      #expect(try system.operate("archive", "--to", folder).output.hasPrefix("0 records"))
      let blind = try system.operate("archive", "show", id)
      #expect(blind.status == 1 && blind.output.contains("--from FOLDER"), "\(blind.output)")
      let shown = try system.operate("archive", "show", id, "--from", folder)
      #expect(shown.status == 0 && shown.output.contains("거래완료") && shown.output.contains("김민지"))
      let json = try system.operate("archive", "show", "1001", "--of", "trade", "--from", folder, "--json")
        .output
      #expect(json.contains(#""entity":"trade","#) && json.contains(#""productid":1001"#), "\(json)")
      let timeline = try system.operate("timeline", "reserve", id, "--from", folder).output
      #expect(timeline.contains("TradeCompleted") && timeline.contains("archived"), "\(timeline)")

      let exported = try system.operate("export-user", "김민지", "--archive", folder).output
      let document = try JSONDecoder().decode(JSON.self, from: Data(exported.utf8))
      let kinds = Set(document["things"].elements.compactMap { $0["kind"].text })
      #expect(kinds.isSuperset(of: ["archived reserve", "notice", "event", "command"]), "\(kinds)")

      let forgotten = try system.operate("forget-user", "김민지", "--archive", folder)
      #expect(
        forgotten.status == 0 && forgotten.output.contains("HANDOVER_RETENTION_HOURS"), "\(forgotten.output)")
      let after = try system.operate("archive", "show", id, "--from", folder).output
      #expect(after.contains("탈퇴한 사용자") && !after.contains("김민지"), "\(after)")
      let again = try system.operate("forget-user", "김민지", "--archive", folder).output
      #expect(again.hasPrefix("Nothing names this person."), "\(again)")
      let audit = try system.operate("audit", "--wait", "60")
      #expect(audit.status == 0, "\(audit.output)")
    }
    // Nobody acts by the name that stands for the forgotten.
    #expect(try await http.reserve(product: 1001, buyer: "탈퇴한 사용자").status == 422)
  }

  @Test func `who deals is not forgotten, and who has dealt is`() async throws {
    let system = try await TestSystem()
    let http = system.http
    let (path, id) = try await Self.startDeal(on: system)
    let refused = try await onThread { try system.operate("forget-user", "김민지") }
    #expect(refused.status == 1 && refused.output.contains("reservation \(id) is 거래진행중"), "\(refused.output)")
    #expect(try await http.post("/trades/1001/handover", #"{"reserveid":\#(id)}"#).status == 200)
    try await system.waitFor(path, "거래완료")
    let done = try await onThread { try system.operate("forget-user", "김민지") }
    #expect(done.status == 0, "\(done.output)")
    let reserve = try await http.get(path)
    #expect(reserve["userid"].text == "탈퇴한 사용자" && reserve["address"].text == "")
    #expect(try await http.get("/mypages/김민지")["page"]["totalElements"].integer == 0)
    #expect(try await http.get("/notices?userid=김민지")["page"]["totalElements"].integer == 0)
    let seller = try await http.get("/mypages/abc")["_embedded"]["mypages"][0]
    #expect(seller["buyer"].text == "탈퇴한 사용자" && seller["address"].text == "")
    let audit = try await onThread { try system.operate("audit", "--wait", "60") }
    #expect(audit.status == 0, "\(audit.output)")
  }
}

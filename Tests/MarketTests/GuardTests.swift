import Foundation
import Testing

@testable import Market

/// What keeps additions honest where the compiler cannot.
@Suite("The guard")
struct GuardTests {
  @Test("lets every worker hear what it decides by, and nothing of its own")
  func audiences() {
    #expect(Worker.stock.listensTo == ["TradeStarted", "TradeCompleted", "TradeCanceled"])
    #expect(
      Worker.reservation.listensTo == [
        "TradeStarted", "TradeWaiting", "TradeRejected", "TradeCompleted", "TradeCanceled", "CancelRefused",
      ])
    #expect(
      Worker.trade.listensTo == [
        "ReserveCompleted", "ReserveCancelRequested", "StockHeld", "StockShort", "StockDecreased",
        "StockReleased", "StockRegistered", "StockAdjusted", "StockWithdrawn",
      ])
    for step in Event.steps { #expect(!step.heardBy.contains(step.worker), "\(step.rawValue)") }
    #expect(Set(Event.steps.map { $0.rawValue }).count == Event.steps.count)
  }

  @Test("lets stock answer every task of a deal")
  func tasks() {
    for step in DealStep.allCases where step.stockTask != nil {
      #expect(step.worker == .trade && HoldStep.allCases.contains { $0.task == step.stockTask })
    }
  }

  @Test("gives every status one beginning or end at most, and something that can stand at it")
  func statuses() {
    for status in Status.allCases { #expect(Entity.allCases.contains(where: status.isOf), "\(status)") }
    for step in DealStep.allCases {
      #expect(step.status.map { $0.isOf(.reserve) } ?? true, "\(step)")
      let ends = step.status.map { Reservation(deal(1), standing: $0).ended != nil } ?? false
      #expect(ends == (step.status?.span == .final), "\(step)")
    }
    for step in StockStep.allCases { #expect(step.status.isOf(.inventory)) }
    for step in HoldStep.allCases { #expect(step.status.isOf(.inventory)) }
  }

  /// A `default:` swallows what is added later. Only what is no enum of the domain's may have one.
  @Test("has no default where the domain's words are told apart")
  func defaults() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
      .standardizedFileURL
    var found: Set<String> = []
    for layer in ["Market", "Workers", "Audit", "Gateway", "Layout", "Doors"] {
      let files = try #require(
        FileManager.default.enumerator(at: sources.appending(path: layer), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        if lines.contains(where: { $0.drop { $0 == " " }.hasPrefix("default:") }) {
          found.insert("\(layer)/\(file.lastPathComponent)")
        }
      }
    }
    #expect(found.subtracting(Self.foreign) == [])
  }

  /// These switch over texts, characters, and the errors of libraries.
  private static let foreign: Set<String> = [
    "Market/CommandDigest.swift", "Market/FlagField.swift", "Market/String+printable.swift",
    "Market/String+steers.swift", "Gateway/Authority.swift", "Gateway/ChosenOrigins.swift",
    "Gateway/JSONScanner.swift", "Gateway/Problem+connection.swift", "Audit/DeadLetterOffice.swift",
    "Audit/Keyspace.swift", "Gateway/JSONBody.swift",
    "Gateway/JSONWriter.swift", "Gateway/Preference.swift", "Gateway/Problem+causes.swift",
    "Gateway/URLText.swift", "Layout/Key.swift",
  ]
}

import Foundation
import Testbed
import Testing

@testable import Market

/// Guards against incomplete additions that the compiler does not catch.
@Suite struct GuardTests {
  @Test func `every worker listens to the events that it decides by, and not to its own`() {
    #expect(
      DecidingWorker.stock.listensTo == [
        "TradeListed", "TradeStarted", "TradeCompleted", "TradeCanceled", "TradeCalledOff", "TradeExpired",
        "TradeArchived", "TradeForgotten",
      ])
    #expect(
      DecidingWorker.reservation.listensTo == [
        "TradeStarted", "TradeWaiting", "TradeRejected", "TradeCompleted", "TradeCanceled", "CancelRefused",
        "TradeHandedOver", "TradeCalledOff", "TradeExpired", "TradeRescheduled", "TradeNext",
        "TradeTermsChanged",
      ])
    #expect(
      DecidingWorker.trade.listensTo == [
        "ReserveCompleted", "ReserveChanged", "ReserveCancelRequested", "StockHeld", "StockShort",
        "StockDecreased",
        "StockReleased", "StockRegistered", "StockAdjusted", "StockWithdrawn", "StockArchived",
      ])
    for step in Event.steps { #expect(!step.heardBy.contains(step.worker), "\(step.rawValue)") }
    #expect(Set(Event.steps.map { $0.rawValue }).count == Event.steps.count)
  }

  @Test func `the stock worker answers every task of a deal`() {
    for step in DealStep.allCases where step.stockTask != nil {
      #expect(step.worker == .trade && StockAnswer.allCases.contains { $0.task == step.stockTask })
    }
  }

  @Test func `every status belongs to an entity, and only final ones end a reservation`() {
    for status in Status.allCases { #expect(Entity.allCases.contains(where: status.isOf), "\(status)") }
    for step in DealStep.allCases {
      #expect(step.status.map { $0.isOf(.reserve) } ?? true, "\(step)")
      let ends = step.status.map { Reservation(deal(1), standing: $0).ended != nil } ?? false
      #expect(ends == (step.status?.span == .final), "\(step)")
    }
    for step in StockStep.allCases { #expect(step.status.isOf(.inventory)) }
    for step in StockAnswer.allCases { #expect(step.status.isOf(.inventory)) }
  }

  /// A `default:` hides cases that are added later. No switch over an enum of the domain can have one.
  @Test func `no switch over a domain enum has a default`() throws {
    var found: Set<String> = []
    for folder in ["Sources", "Tests"] {
      let files = try #require(
        FileManager.default.enumerator(
          at: Executables.package.appending(path: folder), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        if Self.hasDefaultOverCases(try String(contentsOf: file, encoding: .utf8)) {
          found.insert(file.lastPathComponent)
        }
      }
    }
    #expect(found.subtracting(Self.foreign) == [])
  }

  /// Returns whether a `default:` is next to a `case .something`; switches over text do not count.
  private static func hasDefaultOverCases(_ source: String) -> Bool {
    var seen: [Int: Bool] = [:]
    for line in source.split(separator: "\n") {
      let text = line.drop { $0 == " " }
      let indent = line.count - text.count
      if text.contains("switch ") {
        seen = seen.filter { $0.key < indent }
      } else if ["case .", "case (."].contains(where: text.hasPrefix), !text.hasPrefix("case .init("),
        !text.hasPrefix("case ..")
      {
        seen[indent] = true
      } else if text.hasPrefix("default:"), seen[indent] == true {
        return true
      }
    }
    return false
  }

  /// These files switch over other enums.
  private static let foreign: Set<String> = [
    "ChosenOrigins.swift", "Problem+causes.swift", "Problem+connection.swift", "RateLimits.swift",
    "Reply.swift",
    "Saboteur.swift", "TLSStream.swift",
  ]
}

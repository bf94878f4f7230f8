import ArgumentParser
import Keys
import Market
import Workers

/// An executable that runs replicas of one worker.
package protocol WorkerCommand: AsyncParsableCommand {
  static var kind: WorkerKind { get }
  var settings: Settings { get }
  var worker: WorkerSettings { get }

  /// Returns what the worker decides by. Throws if a setting makes no sense.
  func policy() throws -> Policy
}

extension WorkerCommand {
  package func run() async throws { try await WorkerProcess.run(Self.kind, settings, worker, policy()) }

  package func policy() throws -> Policy { Policy() }
}

package struct ReservationWorker: WorkerCommand {
  package static let configuration = CommandConfiguration(
    commandName: "reservation-worker", abstract: "Decides reservations: reserve, change, cancel.",
    version: Release.version)
  package static let kind = WorkerKind.reservation

  @OptionGroup package var settings: Settings
  @OptionGroup package var worker: WorkerSettings
  @OptionGroup package var keep: KeepSettings

  package init() {}

  package func policy() throws -> Policy {
    var policy = Policy()
    try keep.apply(to: &policy)
    return policy
  }
}

package struct TradeWorker: WorkerCommand {
  package static let configuration = CommandConfiguration(
    commandName: "trade-worker", abstract: "Decides trades: lists, starts, waits, hands over, cancels.",
    version: Release.version)
  package static let kind = WorkerKind.trade

  @OptionGroup package var settings: Settings
  @OptionGroup package var worker: WorkerSettings
  @OptionGroup package var deals: DealSettings
  @OptionGroup package var codes: CodeSettings
  @OptionGroup package var keep: KeepSettings

  package init() {}

  package func policy() throws -> Policy {
    var policy = try deals.policy(codes: codes.codes())
    try keep.apply(to: &policy)
    return policy
  }
}

package struct StockWorker: WorkerCommand {
  package static let configuration = CommandConfiguration(
    commandName: "stock-worker", abstract: "Keeps stock: registers, holds, decreases, releases.",
    version: Release.version)
  package static let kind = WorkerKind.stock

  @OptionGroup package var settings: Settings
  @OptionGroup package var worker: WorkerSettings

  package init() {}
}

package struct NotificationWorker: WorkerCommand {
  package static let configuration = CommandConfiguration(
    commandName: "notification-worker", abstract: "Tells buyers and sellers of every change.",
    version: Release.version)
  package static let kind = WorkerKind.notification

  @OptionGroup package var settings: Settings
  @OptionGroup package var worker: WorkerSettings

  package init() {}
}

package struct MypageWorker: WorkerCommand {
  package static let configuration = CommandConfiguration(
    commandName: "mypage-worker", abstract: "Keeps every user's my page.", version: Release.version)
  package static let kind = WorkerKind.mypage

  @OptionGroup package var settings: Settings
  @OptionGroup package var worker: WorkerSettings

  package init() {}
}

import ArgumentParser
import Runtime

@main
struct TradeWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trade-worker", abstract: "Judges deals: starts, waits, hands over, cancels.")

  @OptionGroup var settings: Settings
  @OptionGroup var worker: WorkerSettings

  func run() async throws { try await WorkerProcess.run(.trade, settings, worker) }
}

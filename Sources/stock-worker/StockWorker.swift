import ArgumentParser
import Runtime

@main
struct StockWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stock-worker", abstract: "Keeps stock: registers, holds, decreases, releases.")

  @OptionGroup var settings: Settings
  @OptionGroup var worker: WorkerSettings

  func run() async throws { try await WorkerProcess.run(.stock, settings, worker) }
}

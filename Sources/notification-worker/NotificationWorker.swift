import ArgumentParser
import Runtime

@main
struct NotificationWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notification-worker", abstract: "Tells buyers and sellers of every change.")

  @OptionGroup var settings: Settings
  @OptionGroup var worker: WorkerSettings

  func run() async throws { try await WorkerProcess.run(.notification, settings, worker) }
}

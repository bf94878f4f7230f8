import ArgumentParser
import Runtime

@main
struct ReservationWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reservation-worker", abstract: "Decides reservations: reserve, change, cancel.")

  @OptionGroup var settings: Settings
  @OptionGroup var worker: WorkerSettings

  func run() async throws { try await WorkerProcess.run(.reservation, settings, worker) }
}

import ArgumentParser
import Runtime

@main
struct MypageWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mypage-worker", abstract: "Keeps every user's my page.")

  @OptionGroup var settings: Settings
  @OptionGroup var worker: WorkerSettings

  func run() async throws { try await WorkerProcess.run(.mypage, settings, worker) }
}

import ArgumentParser
import Foundation

/// Does something again and again until Ctrl-C or SIGTERM. What fails is told, and tried again the next time.
struct Repetition {
  let every: Duration

  func run(_ work: () async throws -> Void) async throws {
    let interruption = Interruption()
    while !interruption.isAsked {
      do {
        try await work()
      } catch let error where !(error is ExitCode) {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
      }
      let next = ContinuousClock.now + every
      while ContinuousClock.now < next, !interruption.isAsked {
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }
}

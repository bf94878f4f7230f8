import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and SIGTERM into a flag, so that a command can finish its output. A second signal ends it at
/// once.
struct Interruption {
  private final class Flag: Sendable { let hasCome = Atomic(false) }

  private let flag = Flag()
  private let sources: [any DispatchSourceSignal]

  init() {
    sources = [SIGINT, SIGTERM].map { [flag] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if flag.hasCome.exchange(true, ordering: .relaxed) { Foundation.exit(128 + number) }
      }
      source.resume()
      return source
    }
  }

  var isAsked: Bool { flag.hasCome.load(ordering: .relaxed) }
}

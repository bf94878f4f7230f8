import Foundation
import Processes
import Synchronization

/// The processes and folders to remove when a benchmark is interrupted.
enum Cleanup {
  private struct State {
    var processes: Set<pid_t> = []
    var folders: Set<String> = []
  }

  private static let state = Mutex(State())

  static func add(_ process: pid_t) { state.withLock { _ = $0.processes.insert(process) } }
  static func remove(_ process: pid_t) { state.withLock { _ = $0.processes.remove(process) } }
  static func add(_ folder: URL) { state.withLock { _ = $0.folders.insert(folder.path) } }
  static func remove(_ folder: URL) { state.withLock { _ = $0.folders.remove(folder.path) } }

  /// Makes Ctrl-C and SIGTERM remove everything before they end this process.
  static func guardAgainstSignals() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        clear()
        exit(128 + number)
      }
      source.activate()
      // The source works as long as it is retained: here, until the process ends.
      _ = Unmanaged.passRetained(source as AnyObject)
    }
  }

  private static func clear() {
    state.withLock { state in
      for process in state.processes { kill(process, SIGKILL) }
      for folder in state.folders { try? FileManager.default.removeItem(atPath: folder) }
    }
  }
}

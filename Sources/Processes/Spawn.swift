import Foundation

/// Starts a process that inherits nothing but the given environment: no open files, no blocked signals.
struct Spawn {
  /// More than any caller has open together; closing one that is not open is no error.
  private static let mostFiles: Int32 = 4096

  private let words: [String]
  private let environment: [String: String]
  private let output: String

  /// - Parameters:
  ///   - program: a path, or a name to look up in `PATH`.
  ///   - output: the file to which its output is appended.
  init(_ program: String, _ arguments: [String], environment: [String: String], output: String) {
    words = [program] + arguments
    self.environment = environment
    self.output = output
  }

  /// Starts the process and returns its id. Throws if it cannot be started.
  func run() throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    // Including connections to other servers, which would not see them close.
    for file in 3..<min(Int32(sysconf(Int32(_SC_OPEN_MAX))), Self.mostFiles) {
      posix_spawn_file_actions_addclose(&files, file)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of the cooperative pool block all signals.
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    var id: pid_t = 0
    let failure = Self.withPointers(to: words) { words in
      Self.withPointers(to: environment.map { "\($0)=\($1)" }) { environment in
        posix_spawnp(&id, self.words[0], &files, &attributes, words, environment)
      }
    }
    guard failure == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EINVAL, userInfo: ["program": words[0]])
    }
    return id
  }

  /// Passes the texts to the body as C strings.
  private static func withPointers(
    to texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
  ) -> Int32 {
    let pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}

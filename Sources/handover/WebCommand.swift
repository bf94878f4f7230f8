import ArgumentParser
import Foundation
import OperatorWeb
import Redis
import Runtime

/// Serves the operator's page.
struct WebCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "web", abstract: "Serves the operator's page, on this machine only unless told otherwise.",
    discussion: """
      EXAMPLES
        handover web
        handover web --allow-actions
        handover web --hash kim >> operators.txt && handover web --host 0.0.0.0 --auth-file operators.txt

      It shows what status, deadletters, timeline, tail and audit do, and hides personal data until somebody asks for it.
      Without --allow-actions it changes nothing. Who asked for what, and who changed what: handover audit-log.
      """)

  @Option(
    help: ArgumentHelp(
      "The address to listen on; others than loopback need --auth-file.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The port to listen on.", valueName: "port"))
  var port = OperatorWebOptions.usualPort

  @Flag(name: .customLong("allow-actions"), help: "Let operators replay and drop dead letters.")
  var allowsActions = false

  @Option(
    name: .customLong("auth-file"),
    help: ArgumentHelp(
      "Who may sign in: a file of lines that --hash prints, read at the start.", valueName: "file"))
  var authFile: String?

  @Option(
    help: ArgumentHelp(
      "Read a password from standard input, print the operator's line for --auth-file, and end.",
      valueName: "name"))
  var hash: String?

  @OptionGroup var settings: Settings

  func validate() throws {
    if !(0...65535).contains(port) { throw ValidationError("--port must be a number from 0 to 65535.") }
    if authFile == nil, !OperatorWebOptions.isLoopback(host) {
      throw ValidationError(
        "--host \(host) can be reached from elsewhere: say with --auth-file who may sign in.")
    }
    if let hash, hash.isEmpty || hash.contains(where: { $0 == ":" || $0.isNewline }) {
      throw ValidationError("A name is not empty and has no colon.")
    }
  }

  func run() async throws {
    if let hash { return try Self.printLine(of: hash) }
    let logger = try settings.logger("handover")
    var options = OperatorWebOptions(redis: try settings.redis())
    options.shards = try settings.wantedShards()
    options.host = host
    options.port = port
    options.allowsActions = allowsActions
    options.passwords = try authFile.map { try Passwords(file: $0) }
    let shown = host.contains(":") ? "[\(host)]" : host
    let web = OperatorWeb(options: options, logger: logger) { [allowsActions] port in
      logger.info(
        "listening", metadata: ["url": "http://\(shown):\(port)/", "actions": "\(allowsActions)"])
    }
    try await WorkerProcess.run([web], logger: logger)
  }

  private static func printLine(of name: String) throws {
    let isTyped = isatty(STDIN_FILENO) == 1
    if isTyped { FileHandle.standardError.write(Data("Password of \(name): ".utf8)) }
    let password = isTyped ? hidden { readLine() } : readLine()
    guard let password, password.count >= 12 else {
      throw StartError("A password has 12 characters or more, on one line.")
    }
    print(try Passwords.line(name, password: password))
  }

  /// Reads from the terminal without showing what is typed.
  private static func hidden(_ read: () -> String?) -> String? {
    var usual = termios()
    tcgetattr(STDIN_FILENO, &usual)
    var silent = usual
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &silent)
    defer {
      tcsetattr(STDIN_FILENO, TCSANOW, &usual)
      FileHandle.standardError.write(Data("\n".utf8))
    }
    return read()
  }
}

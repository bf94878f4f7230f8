import ArgumentParser
import Hummingbird
import Logging

/// A minimal HTTP server: one route, one prepared response.
struct BareServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bare-server", abstract: "Answers POST /reserves with the same bytes every time.",
    shouldDisplay: false)

  @Option var port: Int
  @Option var body: String
  @Option(help: "name: value") var header: [String] = []

  func run() async throws {
    var headers = HTTPFields()
    for line in header {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let name = HTTPFields.Element.Name(String(parts[0])) else {
        throw ValidationError("--header must be name: value.")
      }
      headers[name] = parts[1].trimmingPrefix(" ").description
    }
    let (fields, answer) = (headers, ByteBuffer(string: body))
    let router = Router()
    router.get("/") { _, _ in HTTPResponse.Status.ok }
    router.post("/reserves") { request, _ in
      for try await _ in request.body {}
      return Response(status: .accepted, headers: fields, body: .init(byteBuffer: answer))
    }
    var logger = Logger(label: "bare-server")
    logger.logLevel = .warning
    let app = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 1024),
      logger: logger)
    try await app.runService()
  }
}

import ArgumentParser
import Operations
import Redis
import Runtime

/// Shows everything that happens, as it happens.
struct TailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Follows the journals of all shards, until Ctrl-C.",
    discussion: """
      EXAMPLES
        handover tail
        handover tail --product 100
        handover tail --user buyer --type TradeStarted --type TradeCompleted
      """)

  @Option(help: "Only events of this product.")
  var product: Int?

  @Option(help: "Only events of deals of this user, as buyer or seller.")
  var user: String?

  @Option(help: "Only events of this type. Can be repeated.")
  var type: [String] = []

  @Flag(help: "Print one JSON object per line.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let (product, user, types, json) = (product.map { "\($0)" }, user, Set(type), json)
    try await Start.onThread {
      let interruption = Interruption()
      let tail = try JournalTail(RedisDeployment(of: url))
      var isLast = false
      while !isLast {
        // On an interruption, the rest of what the journals contain is still shown.
        let isAsked = interruption.isAsked
        let lines = try tail.next(waits: !isAsked)
        isLast = isAsked && lines.isEmpty
        let wanted = lines.filter { line in
          if let product, line.fields["productid"] != product { return false }
          if let user, line.fields["userid"] != user, line.fields["seller"] != user { return false }
          return types.isEmpty || types.contains(line.type)
        }
        try Output.write(wanted.map { json ? try $0.encoded() : $0.shown() })
      }
    }
  }
}

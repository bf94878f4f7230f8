import ArgumentParser

/// The executables that a deployment runs.
package enum Services {
  private static let all: [any AsyncParsableCommand.Type] = [
    ReservationWorker.self, TradeWorker.self, StockWorker.self, NotificationWorker.self, MypageWorker.self,
    Ingress.self,
  ]

  /// Returns the service with this name, or nil if there is none.
  ///
  /// A container image has one executable, with a link to it for each service: it runs what it was called by.
  package static func named(_ name: String) -> (any AsyncParsableCommand.Type)? {
    all.first { $0.configuration.commandName == name }
  }
}

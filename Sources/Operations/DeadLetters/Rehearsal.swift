import Doors
import Market
import Redis

/// What a replay would come to, found out without writing anything.
package enum Rehearsal: Equatable, Sendable {
  /// The door, or the lane of an event, would take it.
  case passes
  /// It would stay a dead letter, for this reason, which is about this field if it is about one.
  case refused(String, field: String?)
}

extension DeadLetterOffice {
  /// Finds out what `replay` would come to. Only reads, so somebody can change it meanwhile.
  ///
  /// What a worker decides about a command that passes, nobody knows before: it can still be refused, as any command.
  package func rehearse(
    _ letter: DeadLetter, setting corrections: Fields = [:]
  ) throws(RedisError) -> Rehearsal {
    if let position = letter.event {
      switch try handback(of: letter, position, correcting: !corrections.isEmpty) {
      case .ready: return .passes
      case .refused(let why): return .refused(why, field: nil)
      }
    }
    if letter.cut != nil { return .refused(Self.isCut, field: nil) }
    guard let worker = letter.recipient else {
      return .refused("It comes from \(letter.stream), which no worker reads.", field: nil)
    }
    if letter.isTimer {
      return Self.refusal(ofTimer: letter, correcting: !corrections.isEmpty).map { .refused($0, field: nil) }
        ?? .passes
    }
    let request: CommandRequest
    do throws(FieldError) {
      request = try self.request(for: letter, to: worker, setting: corrections)
    } catch {
      return .refused(error.message, field: error.field)
    }
    guard let error = try Door.foresee(request, shards: shards, on: connection) else { return .passes }
    return .refused(error.message, field: error.field)
  }
}

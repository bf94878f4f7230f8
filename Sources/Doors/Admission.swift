import Lanes
import Market

/// What a door did with a request.
package enum Admission: Sendable {
  /// The command was appended to its shard's stream.
  case admitted(id: Int, productid: Int, shard: Shard)
  /// The id is unknown.
  case unknown(Entity, id: Int)
  /// The product's shard is too far behind to accept commands.
  case full(Shard)
  /// The user has so many reservations that somebody has to look how many of them wait.
  case crowded
  /// The id is already in use, for another product or by another command.
  case conflict(Entity, id: Int, productid: Int)

  /// What is wrong with the request; nil if it was admitted, or only not now.
  package var error: FieldError? {
    switch self {
    case .admitted, .full, .crowded: nil
    case .unknown(let entity, let id):
      FieldError(
        field: "id", reason: .unknownId, message: "id \(id) names no \(entity.rawValue) that is known here.")
    case .conflict(let entity, let id, let productid):
      FieldError(
        field: "id", reason: .idTaken,
        message:
          "id \(id) already names a \(entity.rawValue) of product \(productid): choose another, or send none."
      )
    }
  }
}

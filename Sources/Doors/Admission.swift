import Lanes
import Market

/// What a door did with a request.
package enum Admission: Sendable {
  /// The command stands in its shard's stream.
  case admitted(id: Int, productid: Int, shard: Shard)
  /// No such id is known.
  case unknown(Entity, id: Int)
  /// The product's shard is too far behind to take anything in.
  case full(Shard)
  /// The id belongs to something of another product.
  case conflict(Entity, id: Int, productid: Int)

  /// What is wrong with the request, if it was not let in.
  package var error: FieldError? {
    switch self {
    case .admitted, .full: nil
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

import Foundation
import Hummingbird
import Market
import Operations

extension OperatorRoutes {
  /// The most letters of a page, and of one call that changes some.
  private static let most = 1000

  func letters(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let filter = LetterFilter(
      worker: try request.text("worker", longest: 100), reason: try request.text("reason", longest: 100))
    let before = try request.text("before", longest: 200)
    let size = try request.number("size", in: 1...Self.most) ?? 50
    return Response(
      json: try await store.run { connection in
        LetterPageImage(try DeadLetterOffice(connection).page(filter, before: before, size: size))
      })
  }

  func letter(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let id = try "\(context.parameters.require("tag"))/\(context.parameters.require("position"))"
    let (isShown, author) = (request.isShown, context.author)
    return Response(
      json: try await store.run { connection in
        guard let letter = try DeadLetterOffice(connection).letter(id) else {
          throw NotFound("dead letter \(id)")
        }
        if isShown { try OperatorLog(connection, as: author).write(.show, "dead letter \(letter.id)") }
        return LetterImage(letter, isShown: isShown)
      })
  }

  /// Which letters are meant, and what is corrected.
  private struct Wish: Decodable {
    let ids: [String]
    /// The number that the operator has confirmed.
    let count: Int?
    let set: [String: String]?

    var corrections: Fields { Fields((set ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) }
  }

  private func wish(_ request: Request) async throws -> Wish {
    let wish = try await request.json(Wish.self)
    guard (1...Self.most).contains(wish.ids.count), Set(wish.ids).count == wish.ids.count else {
      throw Failure(.badRequest, "badBody", "ids must be 1 to \(Self.most) different ids of dead letters.")
    }
    return wish
  }

  func rehearse(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let wish = try await wish(request)
    return Response(
      json: try await store.run { connection in
        let office = try DeadLetterOffice(connection)
        return try RehearsalImage(
          wish.ids.map { id in
            guard let letter = try office.letter(id) else { return (id, nil) }
            return (id, try office.rehearse(letter, setting: wish.corrections))
          })
      })
  }

  /// Returns the letters that are meant, the oldest first. Throws unless they are as many as was confirmed.
  private static func confirmed(_ wish: Wish, _ office: DeadLetterOffice) throws -> [DeadLetter] {
    let letters = try wish.ids.compactMap { try office.letter($0) }.sorted { $0.position < $1.position }
    guard let count = wish.count, count == letters.count else {
      throw Failure(
        .conflict, "countChanged",
        "\(wish.count.map { "\($0)" } ?? "No number") was confirmed, but there are \(letters.count) of them now."
      )
    }
    return letters
  }

  func replay(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let (wish, author) = (try await wish(request), context.author)
    return Response(
      json: try await store.run { connection in
        let office = try DeadLetterOffice(connection)
        let letters = try Self.confirmed(wish, office)
        let log = OperatorLog(connection, as: author)
        let (ids, corrections) = (OperatorLog.list(letters.map(\.id)), wish.corrections)
        try log.write(.replay, ids, change: OperatorLog.changes(corrections, of: letters))
        var image = DeliveryImage()
        for letter in letters { image.add(letter, try office.replay(letter, setting: corrections)) }
        try log.write(.replay, ids, result: "\(image.sent.count) sent, \(image.refused.count) refused")
        return image
      })
  }

  func drop(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let (wish, author) = (try await wish(request), context.author)
    struct Image: Encodable { let dropped: Int }
    return Response(
      json: try await store.run { connection in
        let office = try DeadLetterOffice(connection)
        let letters = try Self.confirmed(wish, office)
        let log = OperatorLog(connection, as: author)
        let ids = OperatorLog.list(letters.map(\.id))
        try log.write(.drop, ids)
        for letter in letters { try office.drop(letter) }
        try log.write(.drop, ids, result: "\(letters.count) dropped")
        return Image(dropped: letters.count)
      })
  }
}

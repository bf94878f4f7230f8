import Foundation
import JWTKit

/// The keys of an issuer, as they were at one time.
///
/// Immutable, so any number of tasks verify with it at the same time.
final class KeySet: Sendable {
  private struct Key {
    let id: String?
    let verifiers: [SigningAlgorithm: any JWTAlgorithm]
  }

  private let keys: [Key]
  /// What the keys were made of.
  let sources: Set<WebKey>
  /// How many keys of the set cannot verify anything here.
  let ignored: Int

  /// Reads a JSON Web Key Set. Throws if it is none, or has no key that can be used.
  init(json: Data) async throws(KeyFault) {
    guard let set = try? JSONDecoder().decode(WebKeySet.self, from: json) else {
      throw KeyFault("It is no JSON Web Key Set: a JSON object with an array named keys.")
    }
    var keys: [Key] = []
    var sources: Set<WebKey> = []
    // The same key twice is one key.
    for case let source? in set.keys where !sources.contains(source) {
      var verifiers: [SigningAlgorithm: any JWTAlgorithm] = [:]
      for algorithm in source.algorithms { verifiers[algorithm] = try? await source.verifier(algorithm) }
      if verifiers.isEmpty { continue }
      keys.append(Key(id: source.kid, verifiers: verifiers))
      sources.insert(source)
    }
    guard !keys.isEmpty else {
      let names = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
      throw KeyFault("None of its \(set.keys.count) keys can verify one of \(names).")
    }
    self.keys = keys
    self.sources = sources
    ignored = set.keys.count - keys.count
  }

  func has(_ id: String) -> Bool { keys.contains { $0.id == id } }

  /// Returns the key that a token names, or the only one that fits if it names none.
  func verifier(_ id: String?, _ algorithm: SigningAlgorithm) throws(TokenRefusal) -> any JWTAlgorithm {
    let named = if let id { keys.filter { $0.id == id } } else { keys }
    let fitting = named.compactMap { $0.verifiers[algorithm] }
    guard let verifier = fitting.first else {
      throw TokenRefusal("No key of the issuer fits the algorithm of the token.")
    }
    guard fitting.count == 1 else {
      throw TokenRefusal(
        "Several keys of the issuer fit: the token must name one of them by a kid of its own.")
    }
    return verifier
  }
}

/// Why there are no keys, in a sentence.
struct KeyFault: Error, Hashable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

import Foundation

/// How tokens are verified.
package struct IdentityOptions: Sendable {
  package var keys: KeySource
  /// What `iss` must be.
  package var issuer: String
  /// What `aud` must be or contain.
  package var audience: String
  /// The claim that holds the user's id.
  package var userClaim = "sub"
  /// The scope that lets a user act for everybody.
  package var operatorScope = "handover:operator"

  /// How long keys are used before they are fetched again. What the issuer removes works until then.
  package var refreshInterval: Duration
  /// The least time between two fetches, whoever asks for them; also the wait after one that failed.
  package var fetchSpacing = Duration.seconds(5)
  /// How long one fetch can take.
  package var fetchTimeout = Duration.seconds(5)
  /// How long keys can go without a refresh before readiness says so.
  package var staleAfter = Duration.seconds(900)

  package init(keys: KeySource, issuer: String, audience: String) {
    self.keys = keys
    self.issuer = issuer
    self.audience = audience
    refreshInterval =
      switch keys {
      case .file: .seconds(10)
      case .url: .seconds(300)
      }
  }
}

extension IdentityOptions {
  /// Where the issuer's keys are: a JSON Web Key Set (RFC 7517).
  package enum KeySource: Hashable, Sendable, CustomStringConvertible {
    /// A path.
    case file(String)
    case url(String)

    /// Why a text names no key source, in a sentence that says what to write.
    package struct Refusal: Error, Hashable, CustomStringConvertible {
      package let description: String
    }

    /// Reads a setting: a path, or a URL whose answers nobody on the way can change.
    package init(_ text: String) throws(Refusal) {
      let start = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
      let scheme = text.dropFirst(start.count).first == ":" ? start.lowercased() : nil
      switch scheme {
      case nil:
        guard !text.isEmpty, !text.contains("\0"), !text.contains("://") else {
          throw Self.refusal("is no path")
        }
        self = .file(text)
      case "http", "https":
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false),
          let host = parts.host, !host.isEmpty
        else {
          throw Self.refusal("is a URL without a host, or with characters that a URL cannot have")
        }
        guard parts.user == nil, parts.password == nil, parts.fragment == nil else {
          throw Self.refusal("has a user, a password or a fragment")
        }
        guard scheme == "https" || Self.isLoopback(host) else {
          throw Self.refusal("is a URL without encryption, so anybody on the way could put in keys")
        }
        self = .url(text)
      case .some: throw Self.refusal("has an unknown scheme")
      }
    }

    private static func refusal(_ fault: String) -> Refusal {
      Refusal(
        description:
          "The source of the keys \(fault): write the path of a file, as in /etc/handover/jwks.json, "
          + "or an https URL, as in https://issuer.example/.well-known/jwks.json; "
          + "http only for this machine, as in http://127.0.0.1:8080/jwks.json.")
    }

    private static func isLoopback(_ host: String) -> Bool {
      if ["localhost", "[::1]", "::1"].contains(host.lowercased()) { return true }
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts[0] == "127"
        && parts.allSatisfy { $0.allSatisfy(\.isNumber) && UInt8($0) != nil }
    }

    /// The source as logs show it: a query can hold a secret.
    package var description: String {
      switch self {
      case .file(let path): path
      case .url(let text): String(text.prefix { $0 != "?" })
      }
    }
  }
}

import Foundation
import Market

/// The claims of a token whose signature is verified.
struct Claims {
  /// How far the clocks of the issuer and this machine can be apart, in seconds.
  static let leeway = 30.0

  let user: ActingUser
  /// When the token ends, leeway included, in seconds since 1970.
  let end: Double

  /// Reads and checks the claims, at a time in seconds since 1970.
  init(_ json: [UInt8], _ options: IdentityOptions, at now: Double) throws(TokenRefusal) {
    let claims: Members
    do {
      claims = try JSONDecoder().decode(
        Members.self, from: Data(json), configuration: (json, options.userClaim))
    } catch let DecodingError.keyNotFound(name, _) {
      throw Self.refusal(of: name, "is missing", options)
    } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
      throw Self.refusal(of: context.codingPath.first, "has a value of another type", options)
    } catch {
      throw TokenRefusal("The claims of the token are no JSON object, or say something twice.")
    }
    guard claims.issuer.utf8.elementsEqual(options.issuer.utf8) else {
      throw TokenRefusal("The token is from another issuer.")
    }
    guard claims.audience.values.contains(where: { $0.utf8.elementsEqual(options.audience.utf8) }) else {
      throw TokenRefusal("The token is for another audience.")
    }
    end = claims.expires + Self.leeway
    guard now < end else { throw TokenRefusal("The token has expired.") }
    for start in [claims.notBefore, claims.issued].compactMap({ $0 }) where now < start - Self.leeway {
      throw TokenRefusal("The token is not valid yet.")
    }
    guard ActingUser.isUserid(claims.userid) else {
      throw TokenRefusal("The claim that names the user is not 1 to 100 characters that a user id can have.")
    }
    user = ActingUser(claims.userid, isOperator: claims.scopes.contains(options.operatorScope))
  }

  private static func refusal(
    of name: (any CodingKey)?, _ fault: String, _ options: IdentityOptions
  ) -> TokenRefusal {
    // Names are set by the operator, and need not be ASCII.
    let known = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"]
    guard let name = name?.stringValue, known.contains(name) else {
      return TokenRefusal("The claim that names the user \(fault).")
    }
    return TokenRefusal("The claim \(name) \(fault).")
  }

  /// The claims as they stand; read with their own text and the name of the user's claim.
  private struct Members: DecodableWithConfiguration {
    let issuer: String
    let audience: Texts
    let expires: Double
    let notBefore: Double?
    let issued: Double?
    let userid: String
    let scopes: Set<String>

    init(from decoder: any Decoder, configuration: (json: [UInt8], userClaim: String)) throws {
      let members = try decoder.container(keyedBy: MemberName.self)
      try members.checkDistinct(in: configuration.json)
      issuer = try members.decode(String.self, forKey: "iss")
      audience = try members.decode(Texts.self, forKey: "aud")
      expires = try members.decode(Double.self, forKey: "exp")
      notBefore = try members.decodeIfPresent(Double.self, forKey: "nbf")
      issued = try members.decodeIfPresent(Double.self, forKey: "iat")
      userid = try members.decode(String.self, forKey: MemberName(stringValue: configuration.userClaim))
      let scope = try members.decodeIfPresent(String.self, forKey: "scope").map { Texts.words(of: $0) } ?? []
      scopes =
        switch try members.decodeIfPresent(Texts.self, forKey: "scp") {
        case nil: Set(scope)
        case .one(let text): Set(scope + Texts.words(of: text))
        case .several(let texts): Set(scope + texts)
        }
    }
  }

  /// A text, or an array of texts.
  private enum Texts: Decodable {
    case one(String)
    case several([String])

    var values: [String] {
      switch self {
      case .one(let text): [text]
      case .several(let texts): texts
      }
    }

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      self =
        if let text = try? value.decode(String.self) { .one(text) } else {
          .several(try value.decode([String].self))
        }
    }

    static func words(of text: String) -> [String] { text.split(separator: " ").map(String.init) }
  }
}

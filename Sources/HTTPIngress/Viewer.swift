import Market

/// Who makes a call, and so what it may do and show.
enum Viewer: Hashable, Sendable {
  /// Anybody: authentication is off, so everybody may do and see everything.
  case anyone
  /// Somebody without a token.
  case nobody
  case user(ActingUser)

  /// The user on whose behalf commands are sent; nil if anybody may do anything.
  var actor: ActingUser? {
    switch self {
    case .anyone, .nobody: nil
    case .user(let user): user
    }
  }

  /// Whether nothing is somebody else's.
  var isTrusted: Bool {
    switch self {
    case .anyone: true
    case .nobody: false
    case .user(let user): user.isOperator
    }
  }

  /// The user to whose own things it is confined; nil if it is trusted, or nobody.
  var confined: String? { isTrusted ? nil : actor?.userid }

  /// Whether it may do and see what only `owner` may.
  func mayAct(for owner: String?) -> Bool {
    isTrusted || owner.map { actor?.mayAct(for: $0) ?? false } ?? false
  }

  /// Throws a 403 if it is not the owner.
  func requireOwner(_ owner: String?, _ refusal: Refusal = .notYours) throws(Problem) {
    if !mayAct(for: owner) { throw Problem(refusal) }
  }
}

extension Viewer {
  /// Throws a 403 unless it is a party of a reservation.
  func requireParty(of reserve: Fields) throws(Problem) {
    if !mayAct(for: reserve["userid"]) { try requireOwner(reserve["seller"]) }
  }

  /// Returns an item as it is shown to this viewer.
  ///
  /// The buyer's address is for the handover: the seller sees it while the deal runs, or waits for its receipt, and once it
  /// is completed.
  func shown(_ item: Fields, _ resource: Resource) -> Fields {
    guard resource.hasAddress, !isTrusted, !mayAct(for: item["buyer"] ?? item["userid"]) else { return item }
    let status = item["status"].flatMap { Status(rawValue: $0) }
    if status == .running || status == .handedOver || status == .completed { return item }
    return Fields(item.pairs.filter { $0.name != "address" })
  }

  /// Returns what is sent with the user's name on it: a user signs by being signed in.
  func signed(_ sent: Fields) throws(Problem) -> Fields {
    guard let own = confined else { return sent }
    if let named = sent["userid"], named.contains(where: { $0 != " " }) {
      guard named.utf8.elementsEqual(own.utf8) else {
        throw Problem(
          .refusal(.notYours), "userid is another user than the one of the token.",
          field: "userid", message: "다른 사람의 이름으로 할 수 없습니다.")
      }
      return sent
    }
    return Fields([("userid", own)] + sent.pairs.filter { $0.name != "userid" })
  }
}

extension Resource {
  fileprivate var hasAddress: Bool { isNumber("address") != nil }
}

extension Problem {
  /// Why a viewer may not do something.
  init(_ refusal: Refusal) {
    self.init(.refusal(refusal), refusal.english, message: refusal.message)
  }
}

import Market

/// Where the archive has something that has left.
struct ArchivePlace: Sendable {
  /// The day on which it left, in UTC.
  let day: String
  let shard: Int
}

extension Problem {
  /// A 410 for something that has left for the archive.
  ///
  /// Whoever may make the call gets it: what has left names nobody here any more, and that an id was used is no secret,
  /// as others get a 403 while it is there.
  init(archived entity: Entity, _ id: Int, in place: ArchivePlace) {
    let verb = "handover archive show \(id)\(entity == .reserve ? "" : " --of \(entity.rawValue)")"
    let noun =
      switch entity {
      case .reserve: "예약"
      case .trade: "판매"
      case .inventory: "재고"
      }
    self.init(
      .archived,
      """
      \(entity.rawValue) \(id) ended long ago and was moved to the archive on \(place.day) (UTC). An operator can show \
      its record: \(verb).
      """,
      field: "id",
      message: """
        오래전에 끝난 \(noun)입니다. \(place.day)(UTC)에 보관소로 옮겼습니다. 운영자가 기록을 보여 줄 수 있습니다: \(verb)
        """)
    archived = place
  }
}

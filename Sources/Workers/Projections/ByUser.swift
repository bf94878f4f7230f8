/// Values by user, in the order in which the users were added.
///
/// Compares user ids byte for byte, like Redis: `String` would merge canonically equal ids, and one user's
/// notices would go to another.
struct ByUser<Value> {
  private var places: [[UInt8]: Int] = [:]
  private(set) var all: [(userid: String, value: Value)] = []

  subscript(userid: String, default initial: @autoclosure () -> Value) -> Value {
    get { places[Array(userid.utf8)].map { all[$0].value } ?? initial() }
    _modify {
      let bytes = Array(userid.utf8)
      let place = places[bytes] ?? all.count
      if place == all.count {
        places[bytes] = place
        all.append((userid, initial()))
      }
      yield &all[place].value
    }
  }
}

import Foundation

/// One of the two descriptions of the interfaces, with as much of JSON Schema as they use.
package struct Description {
  package let root: JSON

  /// - Parameter name: `openapi` or `asyncapi`.
  package init(_ name: String) throws {
    let file = Executables.package.appending(path: "Sources/HTTPIngress/API/\(name).json")
    root = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
  }

  /// Follows a `$ref` to where it leads; anything else is itself.
  package func resolve(_ value: JSON) -> JSON {
    guard let reference = value["$ref"].text else { return value }
    let found = reference.split(separator: "/").dropFirst().reduce(root) { place, name in
      place[String(name).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
    return resolve(found)
  }

  /// A schema of `components`.
  package func schema(_ name: String) -> JSON { root["components"]["schemas"][name] }

  /// The properties of an object, those of the parts of `allOf` too.
  package func properties(of schema: JSON) -> [String: JSON] {
    let schema = resolve(schema)
    return schema["allOf"].elements.map(properties).reduce(schema["properties"].members) { all, part in
      all.merging(part) { $0.isEmpty ? $1 : $0 }
    }
  }

  package func required(by schema: JSON) -> Set<String> {
    let schema = resolve(schema)
    return schema["allOf"].elements.map(required).reduce(Set(schema["required"].elements.compactMap(\.text)))
    {
      $0.union($1)
    }
  }

  /// Returns what is wrong with a value.
  ///
  /// - Parameter isExact: whether a member that is not described is wrong too.
  package func faults(in value: JSON, of schema: JSON, isExact: Bool = false, at place: String = "")
    -> [String]
  {
    let schema = resolve(schema)
    var faults: [String] = []
    func check(_ isFine: Bool, _ what: String) { if !isFine { faults.append("\(place): \(what)") } }

    for part in schema["allOf"].elements { faults += self.faults(in: value, of: part, at: place) }
    let choices = schema["anyOf"].elements
    if !choices.isEmpty {
      check(choices.contains { self.faults(in: value, of: $0).isEmpty }, "none of anyOf")
    }
    if schema.names.contains("const") { check(value == schema["const"], "is not \(schema["const"])") }
    if schema.names.contains("enum") {
      check(schema["enum"].elements.contains(value), "\(value) is not in enum")
    }
    let types = (schema["type"].text.map { [$0] } ?? schema["type"].elements.compactMap(\.text))
    check(types.isEmpty || types.contains { value.isOf($0) }, "\(value) is not \(types)")
    switch value {
    case .null, .bool: break
    case .number(let number):
      if case .number(let least) = schema["minimum"] { check(number >= least, "\(number) is too small") }
      if case .number(let most) = schema["maximum"] { check(number <= most, "\(number) is too large") }
    case .string(let text):
      if let most = schema["maxLength"].integer { check(text.unicodeScalars.count <= most, "is too long") }
      if let least = schema["minLength"].integer { check(text.unicodeScalars.count >= least, "is too short") }
      if let pattern = schema["pattern"].text {
        check(text.matches(pattern), "\(text) does not match \(pattern)")
      }
    case .array(let elements):
      guard schema.names.contains("items") else { break }
      for (index, element) in elements.enumerated() {
        faults += self.faults(in: element, of: schema["items"], isExact: isExact, at: "\(place)[\(index)]")
      }
    case .object(let members):
      let known = properties(of: schema)
      for name in schema["required"].elements.compactMap(\.text) {
        check(members[name] != nil, "lacks \(name)")
      }
      for (name, member) in members {
        let pattern = schema["patternProperties"].members.first { name.matches($0.key) }?.value
        if let rule = known[name] ?? pattern ?? schema.ifThere("additionalProperties") {
          faults += self.faults(in: member, of: rule, isExact: isExact, at: "\(place).\(name)")
        } else {
          check(!isExact, "has \(name), which is not described")
        }
      }
    }
    return faults
  }
}

extension JSON {
  package var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }

  fileprivate var isEmpty: Bool { self == .object([:]) }

  fileprivate func ifThere(_ name: String) -> JSON? { names.contains(name) ? self[name] : nil }

  fileprivate func isOf(_ type: String) -> Bool {
    switch self {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .number(let number): type == "number" || type == "integer" && number == number.rounded()
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }

  /// Every object in it, from the outside in, with the path to it.
  package func objects(_ path: [String] = []) -> [(path: [String], object: JSON)] {
    switch self {
    case .null, .bool, .number, .string: []
    case .array(let elements): elements.enumerated().flatMap { $1.objects(path + ["\($0)"]) }
    case .object(let members): [(path, self)] + members.flatMap { $1.objects(path + [$0]) }
    }
  }
}

extension String {
  /// Whether a pattern of JSON Schema, which is one of ECMAScript, is found in it.
  fileprivate func matches(_ pattern: String) -> Bool {
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return false }
    return expression.firstMatch(in: self, range: NSRange(startIndex..., in: self)) != nil
  }
}

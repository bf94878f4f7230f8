import Doors
import Foundation
import Health
import Hummingbird
import Logging
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// `openapi.json` says what there is, and leaves out nothing. `scripts/api` tries out whether it is true.
@Suite struct OpenAPITests {
  private let description: Description

  init() throws { description = try Description("openapi") }

  private typealias Operation = (path: String, method: String, operation: JSON)

  private var operations: [Operation] {
    description.root["paths"].members.flatMap { path, item in
      item.members.compactMap { $0.key == "parameters" ? nil : (path, $0.key, $0.value) }
    }
  }

  private func responses(of operation: JSON) -> [(status: String, response: JSON)] {
    operation["responses"].members.map { ($0.key, description.resolve($0.value)) }
  }

  @Test func `every method of every path is described, and the other way round`() async throws {
    let paths = try RouteTableTests.router().routes.map { "\($0.path)" }
    let described = Dictionary(grouping: operations, by: \.path).mapValues {
      Set($0.map { $0.method.uppercased() })
    }
    #expect(Set(described.keys) == Set(paths.map { "/" + $0.drop { $0 == "/" } }))
    try await TestIngress.run(setUp: { $0.metrics = { "" } }) { stage in
      for (path, methods) in described {
        let answer = try await stage.call("OPTIONS", path.replacing(/\{\w+\}/, with: "1"))
        let allowed = (answer.headers["allow"] ?? "").split(separator: ", ").map { String($0) }
        #expect(methods == Set(allowed).subtracting(["OPTIONS", "HEAD"]), "\(path)")
      }
    }
  }

  @Test func `every code of a problem is described, and the other way round`() {
    let known = Set(ProblemCode.allCases.map(\.name))
    #expect(Set(description.schema("ProblemCode")["enum"].elements.compactMap(\.text)) == known)
    var told: Set<String> = []
    func tell(_ codes: JSON, _ status: String) {
      for code in codes.elements.compactMap(\.text) {
        told.insert(code)
        // A connection too many is refused for all or for one client, what is stale by the body or by If-Match.
        let other = ["tooManyConnections": "429", "stale": "412"][code]
        #expect(
          ProblemCode(code).map { "\($0.status.code)" } == status || other == status, "\(code) in a \(status)"
        )
      }
    }
    for (_, _, operation) in operations {
      for (status, response) in responses(of: operation) {
        let schema = response["content"]["application/problem+json"]["schema"]
        for part in schema["allOf"].elements { tell(part["properties"]["code"]["enum"], status) }
      }
    }
    for (status, codes) in description.root["x-any-request"]["problems"].members { tell(codes, status) }
    let elsewhere = Set(description.root["x-not-in-answers"]["codes"].elements.compactMap(\.text))
    #expect(told.isDisjoint(with: elsewhere))
    #expect(told.union(elsewhere) == known)
  }

  @Test func `items have the members that are described, and can be sorted by them`() {
    for (name, resource) in [
      ("Reserve", Resource.reserve), ("Trade", .trade), ("Inventory", .inventory), ("Notice", .notice),
      ("MypageRow", .mypage),
    ] {
      let properties = description.schema(name)["properties"].members
      // The place in the line is no member of lists.
      let more = resource.name == "reserve" ? ["_links", "position"] : ["_links"]
      #expect(Set(properties.keys) == Set(resource.columns.map(\.name) + more), "\(name)")
      let required = Set(description.schema(name)["required"].elements.compactMap(\.text))
      for column in resource.columns {
        let isNumber = properties[column.name]?["type"].text == "integer"
        #expect(isNumber == column.isNumber, "\(name).\(column.name)")
        // Numbers are left out only where there can be none.
        #expect(
          column.isNumber || required.contains(column.name) == !column.isOptional, "\(name).\(column.name)")
      }
      let sort = "Sort\(resource.collection.prefix(1).uppercased())\(resource.collection.dropFirst())"
      let schema = description.root["components"]["parameters"][sort]["schema"]
      for column in resource.columns.map(\.name) {
        #expect(description.faults(in: .string("\(column),DESC"), of: schema).isEmpty, "\(sort) by \(column)")
      }
      #expect(!description.faults(in: .string("_links"), of: schema).isEmpty)
    }
  }

  @Test func `every reference leads somewhere, every component is used, and every example is one`() {
    let objects = description.root.objects()
    let references = Set(objects.compactMap { $0.object["$ref"].text })
    for reference in references {
      #expect(description.resolve(.object(["$ref": .string(reference)])) != .null, "\(reference)")
    }
    for (kind, parts) in description.root["components"].members where kind != "securitySchemes" {
      for name in parts.names {
        #expect(references.contains("#/components/\(kind)/\(name)"), "\(kind)/\(name)")
      }
    }
    let ids = operations.compactMap { $0.operation["operationId"].text }
    #expect(ids.count == operations.count && Set(ids).count == ids.count)
    for (path, object) in objects {
      if let id = object["operationId"].text { #expect(ids.contains(id)) }
      for example in object["examples"].elements {
        #expect(description.faults(in: example, of: object, isExact: true) == [], "\(path)")
      }
      guard object.names.contains("schema"), object.names.contains("example") else { continue }
      #expect(description.faults(in: object["example"], of: object["schema"]) == [], "\(path)")
    }
  }

  @Test func `the examples of requests are accepted, and the answers are as described`() async throws {
    try await TestIngress.run { stage in
      for path in ["/trades", "/inventories", "/reserves"] {
        let operation = description.root["paths"][path]["post"]
        let example = operation["requestBody"]["content"]["application/json"]["example"]
        let body = String(decoding: try JSONEncoder().encode(example), as: UTF8.self)
        let answer = try await stage.call("POST", path, body, ["Prefer": "wait=10"])
        #expect(answer.status == 201, "\(path)")
        for name in operation["responses"]["201"]["headers"].names
        where !name.hasPrefix("RateLimit") && name != "Idempotency-Replayed" {
          #expect(answer.headers[name.lowercased()] != nil, "\(path) \(name)")
        }
        let other = JSON.object(example.members.filter { $0.key != "id" })
        let later = try await stage.call(
          "POST", path, String(decoding: try JSONEncoder().encode(other), as: UTF8.self),
          ["Prefer": "respond-async", "Idempotency-Key": path])
        #expect(later.status == 202)
        #expect(description.faults(in: later.json, of: description.schema("Accepted"), isExact: true) == [])
        let wrong = try await stage.call("POST", path, "[]")
        #expect(description.faults(in: wrong.json, of: description.schema("Problem"), isExact: true) == [])
      }
    }
  }

  @Test(arguments: ["/openapi.json", "/asyncapi.json", "/problems/stale"])
  func `who has a description already does not get it again`(path: String) async throws {
    try await TestIngress.run { stage in
      let first = try await stage.call("GET", path)
      #expect(first.status == 200)
      #expect(first.headers["cache-control"] == "no-cache")
      let tag = try #require(first.headers["etag"])
      for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
        let second = try await stage.call("GET", path, nil, ["If-None-Match": known])
        #expect(second.status == 304 && second.headers["etag"] == tag)
        #expect(second.headers["content-length"] ?? "0" == "0")
      }
      #expect(try await stage.call("GET", path, nil, ["If-None-Match": "\"other\""]).status == 200)
    }
  }

  @Test func `what is served is the file, and the root leads to it`() async throws {
    try await TestIngress.run { stage in
      let root = try await stage.call("GET", "/")
      let place = try #require(root.json["_links"]["describedby"]["href"].text)
      let served = try await stage.call("GET", place)
      #expect(served.headers["content-type"] == "application/json")
      #expect(served.json == description.root)
      #expect(try await stage.call("GET", "/asyncapi.json").json == Description("asyncapi").root)
    }
  }
}

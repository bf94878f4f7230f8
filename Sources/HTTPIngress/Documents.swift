import Pages

extension Document {
  /// The description of the HTTP interface, in OpenAPI 3.1.
  static let openapi = Document("application/json", PackageResources.openapi_json)
  /// The description of the streams in Redis, in AsyncAPI 3.
  static let asyncapi = Document("application/json", PackageResources.asyncapi_json)
}

extension Endpoint {
  static func document(_ document: Document) -> Endpoint {
    Endpoint(for: .everybody) { request, _ in document.response(to: request) }
  }
}

extension TestIssuer {
  /// The environment of an ingress that takes this issuer's tokens, and nobody without one.
  package var settings: [String: String] {
    [
      "HANDOVER_AUTH": "required", "HANDOVER_JWKS": jwksFile, "HANDOVER_JWT_ISSUER": name,
      "HANDOVER_JWT_AUDIENCE": audience,
    ]
  }
}

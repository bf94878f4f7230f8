/// The algorithms that are accepted: asymmetric ones only, by their JOSE names.
enum SigningAlgorithm: String, CaseIterable {
  case rs256 = "RS256"
  case ps256 = "PS256"
  case es256 = "ES256"
  case edDSA = "EdDSA"
}

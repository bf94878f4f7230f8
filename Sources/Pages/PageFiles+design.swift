extension PageFiles {
  /// The design language that the pages share, and how they build elements and speak.
  package static let design: [String: [UInt8]] = [
    "design.css": PackageResources.design_css,
    "dom.js": PackageResources.dom_js,
    "language.js": PackageResources.language_js,
  ]
}

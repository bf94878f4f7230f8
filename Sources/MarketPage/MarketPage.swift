import Pages

/// The page on which people sell, reserve and hand over. It calls the API as any other client does.
package enum MarketPage {
  /// `market.html` is what `GET /` shows; everything that it refers to is below `market/`.
  package static let files = PageFiles(PageFiles.design)
}

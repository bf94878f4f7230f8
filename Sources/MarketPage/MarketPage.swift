import Pages

/// The page on which people sell, reserve and hand over. It calls the API as any other client does.
package enum MarketPage {
  /// `market.html` is what `GET /` shows; everything that it refers to is below `market/`.
  package static let files = PageFiles([
    "market-actions.js": PackageResources.market_actions_js,
    "market-api.js": PackageResources.market_api_js,
    "market-cards.js": PackageResources.market_cards_js,
    "market-deals.js": PackageResources.market_deals_js,
    "market-en.js": PackageResources.market_en_js,
    "market-form.js": PackageResources.market_form_js,
    "market-ko.js": PackageResources.market_ko_js,
    "market-live.js": PackageResources.market_live_js,
    "market-session.js": PackageResources.market_session_js,
    "market-store.js": PackageResources.market_store_js,
    "market-views.js": PackageResources.market_views_js,
    "market-words.js": PackageResources.market_words_js,
    "market.css": PackageResources.market_css,
    "market.html": PackageResources.market_html,
    "market.js": PackageResources.market_js,
  ])
}

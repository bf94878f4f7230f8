// swift-tools-version: 6.2
import PackageDescription

/// Layers are targets, so that the compiler enforces their direction:
/// Redis → Lanes → Keys → Doors → Workers, HTTPIngress → Runtime → executables.
/// Market, the domain, depends on nothing; Identity, who calls, only on it.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTPCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")

/// - Parameter files: The files that become part of the executable: one, or a folder of them.
func layer(_ name: String, files: String? = nil, _ dependencies: Target.Dependency...) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: files.map { [.embedInCode($0)] } ?? [],
    swiftSettings: settings)
}

func executable(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .executableTarget(name: name, dependencies: dependencies + [argumentParser], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  // Golden files are read from their source folder.
  .testTarget(name: name, dependencies: dependencies, exclude: golden(name), swiftSettings: settings)
}

func golden(_ name: String) -> [String] {
  ["MarketTests", "OperationsTests", "WorkersTests"].contains(name) ? ["Golden"] : []
}

let package = Package(
  name: "handover",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.1.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.5.0"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.0"),
  ],
  targets: [
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    layer("Redis", "CHiredis", nioCore, nioEmbedded, nioSSL, nioTLS),
    layer("Market"),
    layer("Telemetry", coreMetrics),
    layer("Identity", "Market", asyncHTTPClient, crypto, jwt, lifecycle, logging, nioCore),
    // Child processes and free ports, for whatever starts servers of its own: the tool, benchmarks and tests.
    layer("Processes"),
    layer("Lanes", "Market", "Redis", "Telemetry", coreMetrics, logging),
    layer("Keys", "Lanes", "Market", "Redis"),
    layer("Doors", "Keys", "Lanes", "Market", "Redis", crypto),
    layer("Workers", "Doors", "Keys", "Lanes", "Market", "Redis", "Telemetry", logging),
    layer("Health", hummingbird),
    // Files for browsers, and the design language that the pages share.
    layer(
      "Pages", files: "Design", crypto, hummingbird, nioCore, nioEmbedded, nioHTTP1, nioHTTPCompression),
    layer("MarketPage", files: "Page", "Pages"),
    layer(
      "HTTPIngress", files: "API", "Doors", "Health", "Identity", "Keys", "Lanes", "Market", "MarketPage",
      "Pages", "Redis", "Telemetry",
      coreMetrics, crypto, hummingbird, lifecycle, logging),
    layer(
      "Runtime", "Doors", "HTTPIngress", "Health", "Identity", "Keys", "Lanes", "Market", "Redis",
      "Telemetry", "Workers",
      argumentParser, configuration, coreMetrics, hummingbird, lifecycle, logging),
    // The doctor tries the rights that compose/redis/users.acl grants.
    layer(
      "Operations", files: "Doctor/users.acl", "Doors", "Keys", "Lanes", "Market", "Redis", "Workers", crypto,
      logging),
    layer(
      "OperatorWeb", files: "Page", "HTTPIngress", "Health", "Keys", "Market", "Operations", "Pages", "Redis",
      "Runtime", crypto, cryptoExtras, hummingbird, lifecycle, logging, nioCore),
    // The design documentation: a DocC catalogue and no code.
    layer("Documentation"),

    executable("reservation-worker", "Runtime"),
    executable("trade-worker", "Runtime"),
    executable("stock-worker", "Runtime"),
    executable("notification-worker", "Runtime"),
    executable("mypage-worker", "Runtime"),
    executable("ingress", "Runtime"),
    executable(
      "handover", "Keys", "Lanes", "Market", "Operations", "OperatorWeb", "Processes", "Redis", "Runtime",
      "Telemetry",
      "Workers",
      lifecycle, logging),
    executable(
      "handover-bench", "Doors", "Keys", "Lanes", "Market", "Processes", "Redis", "Runtime", "Workers",
      asyncHTTPClient, crypto, histogram, hummingbird, logging),
    // The same deals by hand in C, beside which whole deals are measured.
    .executableTarget(
      name: "deal-floor", dependencies: ["CHiredis"],
      cSettings: [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]),

    .target(
      name: "Testbed",
      dependencies: [
        "Processes", "Redis", asyncHTTPClient, crypto, cryptoExtras, nioCore, nioHTTP1, nioPosix,
      ],
      path: "Tests/Testbed",
      swiftSettings: settings),
    .executableTarget(
      name: "PoisonWorker", dependencies: ["Lanes", "Redis", "Workers", logging], path: "Tests/PoisonWorker",
      swiftSettings: settings),
    .executableTarget(
      name: "Chaos",
      dependencies: [
        "Doors", "Keys", "Lanes", "Market", "Operations", "Processes", "Redis", "Testbed", argumentParser,
      ],
      path: "Tests/Chaos", swiftSettings: settings),
    .executableTarget(
      name: "Strangers",
      dependencies: ["Doors", "Keys", "Lanes", "Market", "Redis", "Testbed", argumentParser],
      path: "Tests/Strangers", swiftSettings: settings),
    tests("MarketTests", "Market", "Testbed"),
    tests("RedisTests", "Redis", "Testbed"),
    tests("LanesTests", "Lanes", "Market", "Redis", "Testbed", logging),
    tests("DoorsTests", "Doors", "Keys", "Lanes", "Market", "Redis", "Testbed"),
    tests("WorkersTests", "Keys", "Lanes", "Market", "Redis", "Testbed", "Workers", logging),
    tests("RuntimeTests", "Market", "Runtime"),
    tests("IdentityTests", "Identity", "Market", "Testbed", crypto, lifecycle, logging),
    tests("PagesTests", "MarketPage", "OperatorWeb", "Pages", "Testbed", hummingbird, nioCore),
    tests("HTTPIngressTests", "HTTPIngress", "Health", "Identity", "Testbed", asyncHTTPClient),
    tests(
      "OperationsTests", "Doors", "Keys", "Lanes", "Market", "Operations", "Redis", "Testbed", "Workers",
      logging),
    tests(
      "OperatorWebTests", "Keys", "Lanes", "Market", "Operations", "OperatorWeb", "Pages", "Redis", "Testbed",
      "Processes", "Workers", "handover", asyncHTTPClient, lifecycle, logging, nioCore, nioHTTP1),
    tests(
      "DeploymentTests", "Keys", "Lanes", "Market", "Processes", "Redis", "Telemetry", "Testbed", "Workers",
      "handover", "ingress",
      "reservation-worker", "trade-worker", "stock-worker", "notification-worker", "mypage-worker"),
    tests(
      "EndToEndTests", "Keys", "Lanes", "Market", "PoisonWorker", "Processes", "Redis", "Testbed", "handover",
      "ingress",
      "reservation-worker", "trade-worker", "stock-worker", "notification-worker", "mypage-worker"),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

/// Layers are targets, so that the compiler keeps their direction:
/// Redis → Lanes → Layout → Doors → Workers, Gateway → executables. Market, the domain, depends on nothing.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
  name: "handover",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    .target(name: "Redis", dependencies: ["CHiredis"], swiftSettings: settings),
    .target(name: "Market", swiftSettings: settings),
    .target(name: "Lanes", dependencies: ["Redis", "Market", logging], swiftSettings: settings),
    .target(name: "Layout", dependencies: ["Lanes", "Market"], swiftSettings: settings),
    .target(name: "Doors", dependencies: ["Layout", "Lanes", "Market", "Redis"], swiftSettings: settings),
    .target(
      name: "Workers", dependencies: ["Doors", "Layout", "Lanes", "Market", "Redis"], swiftSettings: settings),
    .target(name: "Health", dependencies: [hummingbird], swiftSettings: settings),
    .target(
      name: "Gateway",
      dependencies: [
        "Doors", "Health", "Layout", "Lanes", "Market", "Redis", "Runtime", argumentParser, hummingbird, logging,
        lifecycle,
      ], swiftSettings: settings),
    .target(
      name: "Runtime",
      dependencies: [
        "Health", "Workers", "Lanes", "Layout", "Redis", argumentParser, configuration, hummingbird, logging,
        lifecycle,
      ], swiftSettings: settings),
    .executableTarget(
      name: "handover",
      dependencies: [
        "Gateway", "Health", "Lanes", "Redis", "Runtime", "Workers", argumentParser, logging, lifecycle,
      ], swiftSettings: settings),
    .executableTarget(
      name: "ingress", dependencies: ["Gateway", "Runtime", argumentParser], swiftSettings: settings),
  ]
    + [
      "reservation-worker", "trade-worker", "stock-worker", "notification-worker", "mypage-worker",
    ].map { name in
      .executableTarget(name: name, dependencies: ["Runtime", argumentParser], swiftSettings: settings)
    },
  swiftLanguageModes: [.v6]
)

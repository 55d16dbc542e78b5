// swift-tools-version: 6.2
import PackageDescription

// Not for `swift build` alone: run.sh gives the sanitizers to all modules and links libFuzzer.
let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  products: [.library(name: "FuzzCheckpoints", type: .static, targets: ["FuzzCheckpoints"])],
  dependencies: [.package(name: "Tessera", path: "../..")],
  targets: [
    .target(
      name: "FuzzCheckpoints", dependencies: [.product(name: "Tessera", package: "Tessera")])
  ],
  swiftLanguageModes: [.v6]
)

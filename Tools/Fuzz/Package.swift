// swift-tools-version: 6.2
import PackageDescription

// Not for `swift build` alone: run.sh gives the sanitizers to all modules and links libFuzzer.
let names = ["FuzzCheckpoints", "FuzzTokenFiles"]

let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  products: names.map { .library(name: $0, type: .static, targets: [$0]) },
  dependencies: [.package(name: "Tessera", path: "../..")],
  targets: names.map {
    .target(name: $0, dependencies: [.product(name: "Tessera", package: "Tessera")])
  },
  swiftLanguageModes: [.v6]
)

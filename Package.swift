// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library room: its folder is Sources/<name>.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil)
  -> Target
{
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

/// A program: its folder is Sources/<name>.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of one room or program: their folder is Tests/<name>.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil)
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "Tessera",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "separate-stems", targets: ["separate-stems"]),
    .executable(name: "evaluate-stems", targets: ["evaluate-stems"]),
    .library(
      name: "Tessera",
      targets: [
        "Tensors", "NeuralLayers", "SpectralTransforms", "SoundFiles", "Checkpoints",
        "ConvTasNet", "ModelLibrary", "Separation", "Evaluation",
      ]),
    // For Tools/Benchmarks; no interface to rely on.
    .library(name: "TesseraKernels", targets: ["COneDNN", "CKernels"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev", brew: "fftw"),
    system("CSndfile", pkgConfig: "sndfile", apt: "libsndfile1-dev", brew: "libsndfile"),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CKernels"),

    // Ground
    room("Tensors", ["CKernels"]),

    // Parts
    room("NeuralLayers", ["Tensors", "CKernels", "COneDNN"]),
    room("SpectralTransforms", ["Tensors", "CFFTW", "CKernels"]),
    room("SoundFiles", ["CSndfile", "CKernels"]),
    room("Checkpoints", ["Tensors"]),

    // Models
    room("ConvTasNet", ["NeuralLayers", "Checkpoints", "Tensors"]),

    // Catalogue
    room("ModelLibrary", ["ConvTasNet", "Checkpoints"]),

    // Use
    room("Separation", ["ConvTasNet", "ModelLibrary", "SoundFiles", "Tensors", "Checkpoints"]),
    room("Evaluation", ["SpectralTransforms"]),

    // Programs
    room("CommandSupport", ["SoundFiles", "Checkpoints", argumentParser]),
    program("separate-stems", ["CommandSupport", "Separation", "ModelLibrary", "SoundFiles"]),
    program("evaluate-stems", ["CommandSupport", "Evaluation", "SoundFiles"]),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Tensors", "SoundFiles", "Checkpoints"],
      path: "Tests/TestSupport", swiftSettings: swiftSettings),
    tests("TensorsTests", ["Tensors", "CKernels", "TestSupport"]),
    tests("NeuralLayersTests", ["NeuralLayers", "Tensors", "COneDNN", "TestSupport"]),
    tests("SpectralTransformsTests", ["SpectralTransforms", "TestSupport"]),
    tests("SoundFilesTests", ["SoundFiles", "TestSupport"]),
    tests("CheckpointsTests", ["Checkpoints", "TestSupport"]),
    tests("ConvTasNetTests", ["ConvTasNet", "Checkpoints", "TestSupport"]),
    tests("SeparationTests", ["Separation", "TestSupport"]),
    tests("EvaluationTests", ["Evaluation", "TestSupport"]),
    tests("CommandTests", ["TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

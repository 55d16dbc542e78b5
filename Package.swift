// swift-tools-version: 6.2
import PackageDescription

/// Whether warnings end the build, as .ci/run asks; a user's newer compiler may warn of more.
let warningsAreErrors = Context.environment["TESSERA_WARNINGS_AS_ERRORS"] != nil

let swiftSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] = warningsAreErrors ? [.treatAllWarnings(as: .error)] : []

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

/// Tests that read expected values from a folder Goldens of the checkout; they are no resources.
let goldenOwners: Set = [
  "CheckpointsTests", "ConvTasNetTests", "DemucsTests", "EvaluationTests", "SoundFilesTests",
  "SpectralTransformsTests", "UniversalSeparationTests", "WavTokenizerTests",
]

/// The tests of one room or program: their folder is Tests/<name>.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies,
    exclude: goldenOwners.contains(name) ? ["Goldens"] : [], swiftSettings: swiftSettings)
}

func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "Tessera",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "separate-stems", targets: ["separate-stems"]),
    .executable(name: "audio-tokens", targets: ["audio-tokens"]),
    .executable(name: "evaluate-stems", targets: ["evaluate-stems"]),
    .library(
      name: "Tessera",
      targets: [
        "Tensors", "NeuralLayers", "SpectralTransforms", "SoundFiles", "Checkpoints",
        "ConvTasNet", "Demucs", "UniversalSeparation", "WavTokenizer", "ModelLibrary",
        "Separation", "Evaluation", "TokenFiles",
      ]),
    // For Tools/Benchmarks; no interface to rely on.
    .library(name: "TesseraKernels", targets: ["COneDNN", "CKernels"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev", brew: "fftw"),
    system("CSndfile", pkgConfig: "sndfile", apt: "libsndfile1-dev", brew: "libsndfile"),
    system("CLAPACK", pkgConfig: "openblas", apt: "libopenblas-dev", brew: "openblas"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl"),
    .target(name: "COneDNN", cSettings: cSettings, linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CKernels", cSettings: cSettings),

    // Ground
    room("Tensors"),
    room("Files"),

    // Parts
    room("NeuralLayers", ["Tensors", "CKernels", "COneDNN"]),
    room("SpectralTransforms", ["CFFTW"]),
    room("SoundFiles", ["CSndfile", "CKernels", "Files"]),
    room("Checkpoints", ["Tensors", "Files", "CZlib"]),

    // Models
    room("ConvTasNet", ["NeuralLayers", "Checkpoints", "Tensors"]),
    room("Demucs", ["NeuralLayers", "SpectralTransforms", "Checkpoints", "Tensors"]),
    room(
      "UniversalSeparation", ["NeuralLayers", "SpectralTransforms", "Checkpoints", "Tensors"]),
    room(
      "WavTokenizer",
      ["NeuralLayers", "SpectralTransforms", "SoundFiles", "Checkpoints", "Tensors"]),

    // Catalogue
    room(
      "ModelLibrary", ["Checkpoints", "CCurl", "CCrypto", yams], resources: [.copy("Resources")]),

    // Use
    room(
      "Separation",
      [
        "ConvTasNet", "Demucs", "UniversalSeparation", "ModelLibrary", "SoundFiles", "Tensors",
        "Checkpoints",
      ]),
    room("Evaluation", ["SpectralTransforms", "Tensors", "CLAPACK"]),
    room("TokenFiles", ["Checkpoints", "Tensors", "Files", "CZlib"]),

    // Programs
    room(
      "CommandSupport", ["SoundFiles", "Checkpoints", "ModelLibrary", "Files", argumentParser]),
    program(
      "separate-stems",
      [
        "CommandSupport", "Separation", "UniversalSeparation", "ModelLibrary", "SoundFiles",
        "Checkpoints", "Tensors", argumentParser,
      ]),
    program(
      "audio-tokens",
      [
        "CommandSupport", "TokenFiles", "WavTokenizer", "Evaluation", "ModelLibrary", "SoundFiles",
        "Checkpoints", "Tensors", yams, argumentParser,
      ]),
    program(
      "evaluate-stems",
      [
        "CommandSupport", "Evaluation", "Separation", "ModelLibrary", "SoundFiles", argumentParser,
      ]),

    // Tests
    .target(
      name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
    tests("TensorsTests", ["Tensors", "CKernels", "TestSupport"]),
    tests("NeuralLayersTests", ["NeuralLayers", "Tensors", "COneDNN", "TestSupport"]),
    tests("SpectralTransformsTests", ["SpectralTransforms", "TestSupport"]),
    tests("SoundFilesTests", ["SoundFiles", "TestSupport"]),
    tests("CheckpointsTests", ["Checkpoints", "Tensors", "TestSupport"]),
    tests(
      "ConvTasNetTests",
      ["ConvTasNet", "NeuralLayers", "Tensors", "Checkpoints", "TestSupport"]),
    tests(
      "DemucsTests",
      [
        "Demucs", "Separation", "ModelLibrary", "SoundFiles", "Tensors", "Checkpoints",
        "TestSupport",
      ]),
    tests(
      "UniversalSeparationTests",
      [
        "UniversalSeparation", "Separation", "SpectralTransforms", "Tensors", "Checkpoints",
        "TestSupport",
      ]),
    tests(
      "WavTokenizerTests",
      ["WavTokenizer", "NeuralLayers", "Tensors", "Checkpoints", "TestSupport"]),
    tests(
      "SeparationTests",
      [
        "Separation", "ConvTasNet", "Demucs", "ModelLibrary", "SoundFiles", "Tensors",
        "Checkpoints", "TestSupport",
      ]),
    tests("ModelLibraryTests", ["ModelLibrary", "TestSupport"]),
    tests("EvaluationTests", ["Evaluation", "SoundFiles", "TestSupport"]),
    tests("TokenFilesTests", ["TokenFiles", "TestSupport"]),
    tests(
      "CommandTests",
      ["CommandSupport", "ModelLibrary", "SoundFiles", "Checkpoints", "Tensors", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

// SPDX-License-Identifier: Apache-2.0

/// A signal made of a separation: one source, the sum of others, or what no source holds.
public struct Stem: Sendable, Hashable {
  /// What it consists of.
  public enum Content: Sendable, Hashable {
    /// The sum of these sources.
    case sources([Int])
    /// The mixture minus the sum of all sources.
    case residual
  }

  /// What it is called.
  public let name: String
  /// What it consists of.
  public let content: Content

  /// A stem of its own making.
  public init(name: String, content: Content) {
    self.name = name
    self.content = content
  }
}

extension Separator {
  /// One stem for each source.
  public var stems: [Stem] {
    sources.enumerated().map { Stem(name: $1, content: .sources([$0])) }
  }

  /// The sources that stems are made of.
  func sources(of stems: [Stem]) -> Set<Int> {
    stems.reduce(into: []) { wanted, stem in
      switch stem.content {
      case .sources(let parts): wanted.formUnion(parts)
      case .residual: wanted.formUnion(sources.indices)
      }
    }
  }

  /// One source, and the sum of the others as `no_NAME`; `nil` where no source has that name.
  public func twoStems(_ name: String) -> [Stem]? {
    guard let chosen = sources.firstIndex(of: name) else { return nil }
    let others = sources.indices.filter { $0 != chosen }
    return [
      Stem(name: name, content: .sources([chosen])),
      Stem(name: "no_\(name)", content: .sources(others)),
    ]
  }
}

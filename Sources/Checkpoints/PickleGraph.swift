// SPDX-License-Identifier: Apache-2.0

/// The objects of a pickle, as nodes that name each other by index.
///
/// A pickle may refer to an object before it is filled, and even from within itself. Indices carry
/// that without reference cycles and without recursion when the graph is freed.
struct PickleGraph {
  enum Node {
    /// A finished value without parts.
    case scalar(Value)
    /// Items, by index into `children`.
    case list(Int)
    case tuple(Int)
    /// Keys and values in turn, by index into `children`.
    case dict(Int)
    /// A class or function, by its full name.
    case global(String)
    /// By index into `objects`.
    case object(Int)
    /// By index into `storages`.
    case storage(Int)
    /// By index into `tensors`.
    case tensor(Int)
  }

  /// What a call of a global would have made.
  struct Object {
    var name: String
    /// By index into `children`.
    var arguments: Int
    /// A node.
    var state: Int?
    /// The node of a list or dictionary that the pickle adds to.
    var items: Int?
  }

  /// A storage, or a view into one.
  struct Storage {
    /// Which of the file's storages.
    var key: String
    var elementType: ElementType
    /// How many elements the whole storage has.
    var wholeCount: Int
    /// Where the view begins, in elements.
    var offset: Int
    /// How many elements the view has.
    var count: Int
  }

  struct PlannedTensor {
    var storage: Int
    var elementType: ElementType
    /// Within the whole storage.
    var layout: TensorLayout
  }

  var nodes: [Node] = []
  var children: [[Int]] = []
  var objects: [Object] = []
  var storages: [Storage] = []
  var tensors: [PlannedTensor] = []

  mutating func add(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }

  mutating func addChildren(_ items: [Int] = []) -> Int {
    children.append(items)
    return children.count - 1
  }

  /// The items of a list or tuple.
  func items(_ node: Int) -> [Int]? {
    switch nodes[node] {
    case .list(let index), .tuple(let index): children[index]
    default: nil
    }
  }

  func string(_ node: Int) -> String? {
    if case .scalar(.string(let text)) = nodes[node] { text } else { nil }
  }

  func int(_ node: Int) -> Int? {
    if case .scalar(.int(let number)) = nodes[node] { number } else { nil }
  }

  /// The numbers of a list or tuple of integers.
  func ints(_ node: Int) -> [Int]? {
    guard let items = items(node), items.count <= TensorLayout.maximumRank else { return nil }
    let numbers = items.compactMap { int($0) }
    return numbers.count == items.count ? numbers : nil
  }
}

/// Turns the nodes of a graph into values; shared nodes become shared storage.
struct PickleGraphReader {
  /// Deeper nesting is refused, because values are built and freed recursively.
  static let maximumDepth = 200

  private let graph: PickleGraph
  private let path: String
  private let storages: [String: StoredBytes]
  private var finished: [(value: Value, height: Int)?]
  private var isOpen: [Bool]

  /// `storages` holds the bytes of every storage in the graph, checked against its size.
  init(_ graph: PickleGraph, storages: [String: StoredBytes], path: String) {
    self.graph = graph
    self.storages = storages
    self.path = path
    finished = Array(repeating: nil, count: graph.nodes.count)
    isOpen = Array(repeating: false, count: graph.nodes.count)
  }

  mutating func value(of node: Int) throws(CheckpointError) -> Value {
    try build(node, depth: 0).value
  }

  private mutating func build(
    _ node: Int, depth: Int
  ) throws(CheckpointError) -> (value: Value, height: Int) {
    if let done = finished[node] { return done }
    // An object that contains itself ends where it would repeat.
    guard !isOpen[node] else {
      return (.opaque(name: "reference cycle", arguments: [], state: nil), 0)
    }
    isOpen[node] = true
    defer { isOpen[node] = false }
    var height = 0
    func tooDeep() -> CheckpointError {
      .malformed(path: path, detail: "objects nested deeper than \(Self.maximumDepth)")
    }
    guard depth <= Self.maximumDepth else { throw tooDeep() }
    let value: Value
    switch graph.nodes[node] {
    case .scalar(let scalar): value = scalar
    case .list(let index): value = .list(try parts(index, depth, &height))
    case .tuple(let index): value = .tuple(try parts(index, depth, &height))
    case .dict(let index):
      let parts = try parts(index, depth, &height)
      value = .dict(
        stride(from: 0, to: parts.count - 1, by: 2).map { (key: parts[$0], value: parts[$0 + 1]) })
    case .global(let name): value = .opaque(name: name, arguments: [], state: nil)
    case .object(let index):
      let object = graph.objects[index]
      var arguments = try parts(object.arguments, depth, &height)
      var state: Value?
      if let node = object.items { arguments.append(try part(node, depth, &height)) }
      if let node = object.state { state = try part(node, depth, &height) }
      value = Value.translating(name: object.name, arguments: arguments, state: state)
    case .storage(let index):
      let storage = graph.storages[index]
      value = .opaque(
        name: "torch storage", arguments: [.string(storage.key), .int(storage.count)], state: nil)
    case .tensor(let index):
      let tensor = graph.tensors[index]
      guard let storage = storages[graph.storages[tensor.storage].key] else {
        throw .malformed(path: path, detail: "a tensor's storage is missing")
      }
      value = .tensor(
        TensorReference(
          elementType: tensor.elementType, layout: tensor.layout, storage: storage))
    }
    guard height <= Self.maximumDepth else { throw tooDeep() }
    finished[node] = (value, height)
    return (value, height)
  }

  private mutating func part(
    _ node: Int, _ depth: Int, _ height: inout Int
  ) throws(CheckpointError) -> Value {
    let part = try build(node, depth: depth + 1)
    height = max(height, part.height + 1)
    return part.value
  }

  private mutating func parts(
    _ children: Int, _ depth: Int, _ height: inout Int
  ) throws(CheckpointError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(graph.children[children].count)
    for node in graph.children[children] { values.append(try part(node, depth, &height)) }
    return values
  }
}
